"""Aliases and tags: every way in which a name begins to point at a version, moves or ends."""

import unicodedata
from collections.abc import Iterable
from collections.abc import Set as AbstractSet

from django.db import transaction

from artifacts import access, audit, naming
from artifacts.access import Can
from artifacts.actions import locks, search_index
from artifacts.errors import Conflict, Forbidden, Invalid, NotFound
from artifacts.models import (
    Alias,
    ArtifactVersion,
    Collection,
    CollectionTag,
    Membership,
    Project,
    SearchTerm,
    User,
    Verb,
    VersionTag,
)
from artifacts.models.collections import AliasQuerySet
from artifacts.naming import LATEST, key_of

MOST_ALIASES = 100
# Which registry isn't said: it may be hidden from whoever deletes.
TAKE_IT_OFF = "an administrator of that registry must take the alias off first."
NO_PLACE = "This version isn't in the collection any more; reload the page."
MOST_NAMES = 1_000  # changed by one act: more would make everybody else who writes wait


def protected_keys(project: Project) -> set[str]:
    """The keys of the aliases that only a registry's administrators move."""
    return {alias.name_key for alias in project.protected_aliases.all()} if project.is_registry else set()


def may_move(name: str, protected: AbstractSet[str], *, is_administrator: bool) -> bool:
    """Whether a registry's administrator, or whoever isn't one, may add, move or remove an alias; `protected` are `protected_keys`."""
    # Also what only looks like a protected one, such as the full-width “ｐｒｏｄ”: readers couldn't tell the two apart.
    return is_administrator or protected.isdisjoint({key_of(name), key_of(unicodedata.normalize("NFKC", name))})


def refuse_protected(names: Iterable[str], project: Project, *, acting_user: User) -> None:
    """Refuse whoever isn't administrator and would move or remove a protected alias."""
    protected = protected_keys(project)
    guarded = [name for name in names if not may_move(name, protected, is_administrator=False)]
    if guarded and not access.allowed(acting_user, Can.MANAGE, project):
        raise Forbidden(
            f"You do not have permission to add, move or remove the protected alias “{guarded[0]}” in “{project.title}”; "
            "ask one of the registry's administrators.",
            field="aliases",
            value=guarded[0],
        )


def refuse_holder(collection: Collection, consequence: str = "", *, acting_user: User) -> None:
    """Refuse whoever isn't administrator if a collection holds a protected alias; `consequence` says what would become of the alias."""
    held = Alias.objects.protected().filter(collection=collection).first()
    if held is not None and not access.allowed(acting_user, Can.MANAGE, collection.project):
        raise Forbidden(
            f"permission denied: “{collection.name}” holds the protected alias “{held.name}”{consequence}; "
            "ask one of the registry's administrators."
        )


def refuse_held_version(version: ArtifactVersion) -> None:
    """Refuse to delete a version to which a registry links by a protected alias, whoever asks."""
    if _protected_links().filter(membership__version=version).exists():
        raise Forbidden(f"permission denied: a registry holds this version by a protected alias; {TAKE_IT_OFF}")


def refuse_held_sequence(sequence: Collection) -> None:
    """Refuse to delete a sequence if a registry links to one of its versions by a protected alias, whoever asks."""
    held = _protected_links().filter(membership__version__sequence=sequence).order_by("pk")
    first = held.values_list("membership__version__index", flat=True).first()
    if first is not None:
        raise Forbidden(
            f"permission denied: a registry holds one of these versions by a protected alias ({sequence.name}:v{first}); "
            f"{TAKE_IT_OFF}"
        )


def _protected_links() -> AliasQuerySet:
    return Alias.objects.protected().filter(collection__kind=Collection.Kind.PORTFOLIO)


def move_latest(membership: Membership) -> None:
    """Point `latest` at the newest version, in the act that made it the newest: no permission of its own, no event."""
    _point(membership, LATEST)


def _point(membership: Membership, name: str) -> bool:
    """Point a name at a membership in one statement; says whether anything changed."""
    key = key_of(name)
    held = Alias.objects.filter(collection=membership.collection, name_key=key).first()
    if held is not None and held.membership_id == membership.pk and held.name == name:
        return False
    Alias.objects.bulk_create(
        [Alias(collection=membership.collection, membership=membership, name=name, name_key=key)],
        update_conflicts=True,
        unique_fields=["collection", "name_key"],
        update_fields=["membership", "name"],
    )
    return True


def checked_aliases(names: Iterable[str]) -> list[str]:
    """The aliases somebody asks for, each once and each allowed as a name."""
    wanted = naming.distinct(naming.alias_name(name) for name in bounded_names(names, field="aliases"))
    if len(wanted) > MOST_ALIASES:
        raise Invalid(
            f"{len(wanted)} aliases are too many for one version; {MOST_ALIASES} are the most.", field="aliases"
        )
    return wanted


def bounded_names(names: Iterable[str], *, field: str) -> list[str]:
    """Each name once; Invalid for more than one act takes."""
    wanted = naming.distinct(names)
    if len(wanted) > MOST_NAMES:
        raise Invalid(
            f"{len(wanted)} names are too many at once; {MOST_NAMES} are the most, so do it in several steps.",
            field=field,
        )
    return wanted


def checked_tags(names: Iterable[str]) -> list[str]:
    """The tags somebody asks for, each once and each allowed as a name."""
    return naming.distinct(map(naming.tag_name, bounded_names(names, field="tags")))


@transaction.atomic
def add_aliases(membership: Membership, names: Iterable[str], *, acting_user: User) -> None:
    """Point aliases at a version's place; whoever held one loses it. Setting what is set leaves no trace.

    Raises Invalid for a name that can't be one, Forbidden without the right to edit or, for protected ones, to manage, Conflict
    for a deleted version: whoever asks for the alias would be given nothing.
    """
    wanted = checked_aliases(names)
    collection = membership.collection
    access.require(acting_user, Can.EDIT, collection.project)
    locks.lock_collection(collection.pk)
    if not Membership.objects.filter(pk=membership.pk).exists():
        raise NotFound(NO_PLACE)
    held = dict(
        Alias.objects.filter(collection=collection, name_key__in=map(key_of, wanted)).values_list(
            "name", "membership__index"
        )
    )
    moving = [name for name in wanted if held.get(name) != membership.index]
    if LATEST in moving:
        raise Invalid(
            f"“{LATEST}” points at the newest version by itself and can't be set by hand; choose another alias.",
            field="aliases",
            value=LATEST,
        )
    refuse_protected(moving, collection.project, acting_user=acting_user)
    if moving and ArtifactVersion.objects.filter(pk=membership.version_id, deleted_at__isnull=False).exists():
        raise Conflict(f"Version “{collection.name}:{membership.name}” was deleted; choose another version.")
    # In one order: two acts that make the same names findable would else wait for each other.
    for name in sorted(moving):
        search_index.remember(collection.project, SearchTerm.Kind.ALIAS, name)
    for name in moving:
        _point(membership, name)
        moved_from = held.get(name)
        audit.record(
            Verb.ALIAS_SET,
            acting_user=acting_user,
            membership=membership,
            alias=name,
            moved_from=None if moved_from is None else f"v{moved_from}",
        )


@transaction.atomic
def remove_aliases(membership: Membership, names: Iterable[str], *, acting_user: User) -> None:
    """Take aliases off a version's place; those it doesn't hold are passed over, so that a retry is harmless."""
    collection = membership.collection
    access.require(acting_user, Can.EDIT, collection.project)
    locks.lock_collection(collection.pk)
    rows = list(membership.aliases.filter(name__in=bounded_names(names, field="aliases")))
    refuse_protected([row.name for row in rows], collection.project, acting_user=acting_user)
    for row in rows:
        row.delete()
        audit.record(
            Verb.ALIAS_REMOVED,
            acting_user=acting_user,
            membership=membership,
            alias=row.name,
        )


def give_latest_back(collection: Collection) -> None:
    """After `latest` lost its holder: the highest live version gets it. Call inside the act that took it."""
    if Alias.objects.filter(collection=collection, name=LATEST).exists():
        return
    newest = collection.memberships.live().newest_first().first()
    if newest is not None:
        newest.collection = collection
        _point(newest, LATEST)


@transaction.atomic
def tag_version(version: ArtifactVersion, names: Iterable[str], *, acting_user: User) -> None:
    """Label a version, wherever it is linked; needs the right to edit its source project."""
    access.require(acting_user, Can.EDIT, version.project)
    locks.lock_version(version)  # a link made at this moment sees the tags, or they see the link
    links = Collection.objects.portfolios().filter(memberships__version=version)
    # Locked, since a registry may be deleted at this moment, and what search remembers of it with it.
    places = Project.objects.filter(pk__in=links.values("project")).order_by("pk")
    registries = list(places.select_for_update(no_key=True))
    for name in sorted(checked_tags(names)):
        _, is_new = VersionTag.objects.get_or_create(version=version, name=name)
        if is_new:
            for registry in registries:
                search_index.remember(registry, SearchTerm.Kind.TAG, name)
            audit.record(
                Verb.VERSION_TAGGED,
                acting_user=acting_user,
                collection=version.sequence,
                version=version,
                tag=name,
            )


@transaction.atomic
def untag_version(version: ArtifactVersion, names: Iterable[str], *, acting_user: User) -> None:
    """Take labels off a version; those it doesn't have are passed over."""
    access.require(acting_user, Can.EDIT, version.project)
    for row in version.tags.filter(name__in=bounded_names(names, field="tags")):
        row.delete()
        audit.record(
            Verb.VERSION_UNTAGGED,
            acting_user=acting_user,
            collection=version.sequence,
            version=version,
            tag=row.name,
        )


@transaction.atomic
def tag_collection(collection: Collection, names: Iterable[str], *, acting_user: User) -> None:
    """Label a collection."""
    access.require(acting_user, Can.EDIT, collection.project)
    locks.lock_collection(collection.pk)
    for name in sorted(checked_tags(names)):
        _, is_new = CollectionTag.objects.get_or_create(collection=collection, name=name)
        if is_new:
            search_index.remember(collection.project, SearchTerm.Kind.TAG, name)
            audit.record(Verb.COLLECTION_TAGGED, acting_user=acting_user, collection=collection, tag=name)


@transaction.atomic
def untag_collection(collection: Collection, names: Iterable[str], *, acting_user: User) -> None:
    """Take labels off a collection; those it doesn't have are passed over."""
    access.require(acting_user, Can.EDIT, collection.project)
    for row in collection.tags.filter(name__in=bounded_names(names, field="tags")):
        row.delete()
        audit.record(
            Verb.COLLECTION_UNTAGGED,
            acting_user=acting_user,
            collection=collection,
            tag=row.name,
        )
