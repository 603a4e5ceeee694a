"""Linking and unlinking: the only code that makes or ends a membership in a portfolio."""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from artifacts import access, audit
from artifacts.access import Can
from artifacts.actions import aliases_and_tags, locks, search_index, versions
from artifacts.actions.former_names import formerly
from artifacts.errors import Conflict, Invalid, NotFound
from artifacts.models import (
    ArtifactVersion,
    Collection,
    Entity,
    Membership,
    Organization,
    Project,
    SearchTerm,
    User,
    Verb,
)
from artifacts.naming import LATEST, key_of
from registry.actions.registries import create_collection, create_registry, find_or_create_portfolio, refuse_type
from registry.models import Registry


@transaction.atomic
def link_version(
    version: ArtifactVersion, collection: Collection, *, aliases: Iterable[str] = (), acting_user: User
) -> Membership:
    """Link a committed version into a portfolio; linking it again returns the link it has and adds the aliases.

    Raises NotFound or Forbidden without DOWNLOAD on the source project and LINK on the registry, Invalid for a version that
    can't be linked, an alias that can't be one, or a type that isn't accepted.
    """
    # Locked first: two first links of one version queue here, and what is judged below stays true until the end. The sequence
    # too, so that nobody changes its type or deletes it or the version meanwhile.
    collection, sequence = locks.lock_these([collection.pk, version.sequence_id])
    version = locks.lock_version(version)
    version.sequence = sequence
    access.require(acting_user, Can.LINK, collection.project)
    refuse_unlinkable(version, collection.project)
    access.require(acting_user, Can.DOWNLOAD, version.project)
    refuse_misfit(version, collection)
    # `latest` in a link is the client's way to say "a version of this collection": it moves by itself.
    wanted = [name for name in aliases_and_tags.checked_aliases(aliases) if name != LATEST]
    membership = collection.memberships.filter(version=version).first()
    if membership is None:
        membership = collection.memberships.create(
            collection=collection, version=version, index=collection.take_index(), created_by=acting_user
        )
        aliases_and_tags.move_latest(membership)
        versions.never_expire(version)
        Registry.objects.filter(project=collection.project_id).update(
            version_count=F("version_count") + 1, last_linked_at=Now()
        )
        for tag in version.tags.order_by("name"):
            search_index.remember(collection.project, SearchTerm.Kind.TAG, tag.name)
        search_index.remember_files(collection, version)
        audit.record(
            Verb.LINKED,
            acting_user=acting_user,
            label=f"{version.project.name}/{version} → {membership}",  # without the team, which `source` names
            membership=membership,
            source=f"{version.project.entity.name}/{version.project.name}/{version}",
            index=membership.index,
        )
    membership.collection, membership.version = collection, version
    aliases_and_tags.add_aliases(membership, wanted, acting_user=acting_user)
    return membership


@transaction.atomic
def link_by_name(
    version: ArtifactVersion, registry: Project, name: str, *, aliases: Iterable[str] = (), acting_user: User
) -> Membership:
    """Link into the collection of this name, which is made if it is missing; nothing is made when the link is refused."""
    access.require(acting_user, Can.LINK, registry)
    refuse_unlinkable(version, registry)

    def link() -> Membership:
        is_missing = (
            not registry.collections.filter(name_key=key_of(name)).exists() and formerly(registry, name) is None
        )
        if is_missing:
            locks.lock_these([version.sequence_id])  # before the rows of the new one, as in every link
        collection, is_new = find_or_create_portfolio(registry, version.type, name, acting_user=acting_user)
        if is_missing and not is_new:  # somebody else made it: its lock comes before the sequence's
            raise locks.Moved
        return link_version(version, collection, aliases=aliases, acting_user=acting_user)

    return locks.settled(link)


@transaction.atomic
def link_into_new_collection(
    version: ArtifactVersion,
    registry: Project,
    name: str,
    *,
    description: str = "",
    tags: Iterable[str] = (),
    aliases: Iterable[str] = (),
    acting_user: User,
) -> Membership:
    """Make a collection that holds this version; neither is made when one of them is refused, or the name is taken."""
    refuse_unlinkable(version, registry)
    locks.lock_these([version.sequence_id])
    collection = create_collection(
        registry, version.type, name, description=description, tags=tags, acting_user=acting_user
    )
    return link_version(version, collection, aliases=aliases, acting_user=acting_user)


@transaction.atomic
def link_into_new_registry(
    version: ArtifactVersion,
    organization: Organization,
    registry_name: str,
    name: str,
    *,
    visibility: str = Project.Visibility.ORGANIZATION,
    types: Iterable[str] = (),
    aliases: Iterable[str] = (),
    acting_user: User,
) -> Membership:
    """Make a registry with a collection that holds this version; nothing of it stays when any part is refused."""
    made = create_registry(organization, registry_name, visibility=visibility, types=types, acting_user=acting_user)
    return link_by_name(version, made.project, name, aliases=aliases, acting_user=acting_user)


def refuse_unlinkable(version: ArtifactVersion, registry: Project) -> None:
    """Refuse a version that no collection of this registry, or of this project, may hold, whatever its name and type."""
    source = version.project
    if not registry.is_registry:
        if source.entity_id != registry.entity_id:
            raise Invalid(
                f"The version was logged in “{source.entity.name}” and project “{registry.name}” belongs to “{registry.entity.name}”; "
                "link it to a project of its own entity, or to the organization's registry: wandb-registry-<registry>/<collection>."
            )
    else:
        refuse_personal(source.entity)
    if registry.is_registry and source.entity.organization_id != registry.entity.organization_id:
        raise Invalid(
            f"The version belongs to another organization than registry “{registry.title}”; linking is only allowed "
            "to a collection in your organization's registry: log the artifact to one of its teams."
        )
    if version.is_deleted:
        raise Conflict(f"Version “{version}” was deleted; choose another version.")
    if not version.is_committed:
        raise Invalid("The version is still uploading; wait until it is complete (artifact.wait()) and link it then.")


def refuse_personal(entity: Entity) -> None:
    """Refuse what was logged by somebody for themselves: a registry holds the work of its organization's teams."""
    if entity.kind == Entity.Kind.PERSONAL:
        raise Invalid(
            f"“{entity.name}” is a personal entity, and only artifacts logged within an organization's team can be linked "
            f'to its registry; log the artifact to a team: wandb.init(entity="<team>", …).'
        )


def refuse_misfit(version: ArtifactVersion, collection: Collection) -> None:
    """Refuse a version that this collection can't hold."""
    if not collection.is_portfolio:
        raise Invalid(
            f"“{collection.name}” isn't a collection that versions are linked into; choose one of a registry, or another name."
        )
    if version.type != collection.type:
        raise Invalid(
            f"Collection “{collection.name}” holds artifacts of type “{collection.type}” and this one is of type “{version.type}”; "
            f"choose a collection of type “{version.type}”."
        )
    refuse_type(collection.project, version.type)


@transaction.atomic
def unlink_version(membership: Membership, *, acting_user: User) -> None:
    """End a link; the source version stays, the number is never used again. Raises Forbidden where a protected alias holds it."""
    collection = locks.lock_collection(membership.collection_id)
    access.require(acting_user, Can.LINK, collection.project)
    if not collection.is_portfolio:
        raise Invalid(f"“{collection.name}” holds versions that were logged, not linked; delete the version instead.")
    found = collection.memberships.select_related("version__sequence__project__entity").filter(pk=membership.pk).first()
    if found is None:
        raise NotFound("This version isn't linked here any more; reload the page.")
    found.collection = collection
    aliases = found.alias_names
    aliases_and_tags.refuse_protected(aliases, collection.project, acting_user=acting_user)
    audit.record(
        Verb.UNLINKED,
        acting_user=acting_user,
        membership=found,
        source=f"{found.version.project.entity.name}/{found.version.project.name}/{found.version}",
        aliases=aliases,
    )
    was_latest = LATEST in aliases
    is_counted = not found.version.is_deleted  # a deleted version left the counts when it was deleted
    found.delete()
    if is_counted:
        Collection.objects.filter(pk=collection.pk).update(version_count=F("version_count") - 1)
        Registry.objects.filter(project=collection.project_id).update(version_count=F("version_count") - 1)
    if was_latest:
        aliases_and_tags.give_latest_back(collection)


@transaction.atomic
def unlink_from(collection: Collection, version: ArtifactVersion, *, acting_user: User) -> None:
    """End the link that a collection has to a version; where there is none (any more) nothing happens."""
    access.require(acting_user, Can.LINK, collection.project)
    membership = collection.memberships.filter(version=version).first()
    if membership is not None:
        unlink_version(membership, acting_user=acting_user)
