"""What is done to registries as a whole."""

from collections.abc import Iterable

from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Now

from artifacts import access, addresses, audit, naming
from artifacts.access import Can
from artifacts.actions import aliases_and_tags, locks, organizations, search_index
from artifacts.actions.collections import find_or_create_collection
from artifacts.actions.former_names import formerly, take_over
from artifacts.errors import Conflict, Forbidden, Invalid, NotFound
from artifacts.models import (
    Collection,
    Organization,
    Project,
    ProjectMember,
    ProtectedAlias,
    Role,
    SearchTerm,
    User,
    Verb,
)
from artifacts.naming import key_of
from artifacts.text.cleaning import clean_text
from registry.models import AcceptedType, Registry, Star

CORE = {
    "model": "Models ready to share across the organization.",
    "dataset": "Datasets ready to share across the organization.",
}


@transaction.atomic
def create_organization(name: str, *, owner: User | None = None, acting_user: User | None) -> Organization:
    """Make an organization with its two core registries, `model` and `dataset`."""
    organization = organizations.create_organization(name, owner=owner, acting_user=acting_user)
    for core, description in CORE.items():
        _create(organization, core, description, Project.Visibility.ORGANIZATION, [core], acting_user, is_core=True)
    return organization


@transaction.atomic
def create_registry(
    organization: Organization,
    name: str,
    *,
    description: str = "",
    visibility: str = Project.Visibility.ORGANIZATION,
    types: Iterable[str] = (),
    acting_user: User,
) -> Registry:
    """Make a registry; no types means that it accepts all. Its maker becomes its administrator.

    Raises Forbidden, Invalid, Conflict.
    """
    if not access.creates_registries(acting_user, organization):
        raise Forbidden(
            f"permission denied: viewers of “{organization.name}” can't make registries; ask one of its administrators."
        )
    if visibility not in {Project.Visibility.ORGANIZATION, Project.Visibility.RESTRICTED}:
        raise Invalid(f"“{naming.shown(visibility)}” is no visibility of a registry; take organization or restricted.")
    return _create(organization, name, description, visibility, types, acting_user)


def _create(
    organization: Organization,
    name: str,
    description: str,
    visibility: str,
    types: Iterable[str],
    acting_user: User | None,
    *,
    is_core: bool = False,
) -> Registry:
    stored = refuse_taken_name(organization, name)
    wanted = naming.distinct(map(naming.type_name, types))
    naming.refuse_two_spellings(wanted)
    entity = addresses.organization_entity(organization)
    try:
        with transaction.atomic():
            project = Project.objects.create(
                entity=entity,
                name=stored,
                name_key=key_of(stored),
                kind=Project.Kind.REGISTRY,
                visibility=visibility,
                is_core=is_core,
                description=clean_text(description, longest=100_000),
                created_by=acting_user,
            )
    except IntegrityError:
        raise name_taken(organization, stored) from None
    registry = Registry.objects.create(project=project, accepts_all_types=not wanted, owner=acting_user)
    AcceptedType.objects.bulk_create([AcceptedType(registry=registry, name=type_name) for type_name in wanted])
    if acting_user is not None:
        ProjectMember.objects.create(project=project, user=acting_user, role=Role.ADMIN)
    take_over(entity, stored, project, acting_user=acting_user)
    search_index.remember(project, SearchTerm.Kind.REGISTRY, project.title)
    audit.record(
        Verb.REGISTRY_CREATED,
        acting_user=acting_user,
        project=project,
        visibility=visibility,
        types=wanted,
    )
    return registry


def refuse_taken_name(organization: Organization, name: str) -> str:
    """The name under which a new registry would be stored; Invalid if it can't be one, Conflict if an organization has it."""
    stored = naming.registry_project_name(name)
    if addresses.organization_entity(organization).projects.filter(name_key=key_of(stored)).exists():
        raise name_taken(organization, stored)
    return stored


def name_taken(organization: Organization, stored: str) -> Conflict:
    """The refusal of a name that another registry of the organization has."""
    own = naming.shown(stored.removeprefix(naming.REGISTRY_PREFIX))
    return Conflict(
        f"A registry named “{own}” exists in “{organization.name}”; choose another name.", field="name", value=own
    )


def locked_registry(project: Project) -> Registry:
    """The registry of a project, locked and fresh. Raises NotFound if somebody deleted it."""
    registry = Registry.objects.select_for_update().filter(project=project).first()
    if registry is None:
        raise NotFound(access.NO_PLACE)
    registry.project = project
    return registry


def refuse_type(project: Project, type_name: str) -> None:
    """Refuse a type that a registry doesn't accept; an ordinary project accepts all."""
    if not project.is_registry:
        return
    registry = (
        Registry.objects.select_related("project").prefetch_related("accepted_types").filter(project=project).first()
    )
    if registry is None:
        raise NotFound(access.NO_PLACE)
    if not registry.accepts(type_name):
        accepted = ", ".join(f"“{name}”" for name in registry.type_names) or "no type yet"
        raise Invalid(
            f"Registry “{registry.project.title}” doesn't accept artifacts of type “{naming.shown(type_name)}” (it accepts {accepted}); "
            "link to another registry, or ask one of its administrators to add the type.",
            field="types",
            value=type_name,
        )


@transaction.atomic
def find_or_create_portfolio(
    project: Project, type_name: str, name: str, *, acting_user: User, description: str = ""
) -> tuple[Collection, bool]:
    """The collection of a registry or a project that a link names, made on the fly if its type is accepted."""
    access.require(acting_user, Can.LINK, project)
    if not project.collections.filter(name_key=key_of(name)).exists():
        if project.is_registry:
            # Locked before the collection's row is made: whoever deletes the registry locks it and then the project.
            locked_registry(project)
        refuse_type(project, type_name)
    collection, is_new = find_or_create_collection(
        project, Collection.Kind.PORTFOLIO, type_name, name, acting_user=acting_user, description=description
    )
    if is_new:
        Registry.objects.filter(project=project).update(collection_count=F("collection_count") + 1)
    return collection, is_new


@transaction.atomic
def create_collection(
    project: Project, type_name: str, name: str, *, description: str = "", tags: Iterable[str] = (), acting_user: User
) -> Collection:
    """Make an empty collection in a registry; a name that is taken is a Conflict, also one that leads to a renamed collection."""
    if not project.collections.filter(name_key=key_of(name)).exists() and formerly(project, name):
        access.require(acting_user, Can.LINK, project)
        take_over(project, name, project, acting_user=acting_user)
    collection, is_new = find_or_create_portfolio(
        project, type_name, name, acting_user=acting_user, description=description
    )
    if not is_new:
        raise Conflict(
            f"A collection named “{collection.name}” exists in “{project.title}”; choose another name.",
            field="name",
            value=name,
        )
    aliases_and_tags.tag_collection(collection, tags, acting_user=acting_user)
    return collection


@transaction.atomic
def delete_collection(collection: Collection, *, acting_user: User) -> None:
    """Delete a collection with its links; the linked versions stay in their projects."""
    access.require(acting_user, Can.LINK, collection.project)
    collection = locks.lock_collection(collection.pk)
    if not collection.is_portfolio:
        raise Invalid(f"“{collection.name}” isn't a collection of a registry; delete it in its project.")
    aliases_and_tags.refuse_holder(collection, acting_user=acting_user)
    Registry.objects.filter(project=collection.project).update(
        collection_count=F("collection_count") - 1, version_count=F("version_count") - collection.version_count
    )
    audit.record(
        Verb.COLLECTION_DELETED,
        acting_user=acting_user,
        collection=collection,
        versions=collection.version_count,
    )
    collection.delete()


@transaction.atomic
def protect_alias(project: Project, name: str, *, acting_user: User | None) -> None:
    """Let only administrators move an alias of a registry from now on; again does nothing."""
    if acting_user is not None:
        access.require(acting_user, Can.MANAGE, project)
    name = naming.alias_name(name)
    locked_registry(project)
    _, is_new = ProtectedAlias.objects.get_or_create(project=project, name_key=key_of(name), defaults={"name": name})
    if is_new:
        audit.record(Verb.ALIAS_PROTECTED, acting_user=acting_user, project=project, alias=name)


@transaction.atomic
def unprotect_alias(project: Project, name: str, *, acting_user: User) -> None:
    """Let members move an alias again; one that isn't protected is passed over."""
    access.require(acting_user, Can.MANAGE, project)
    row = project.protected_aliases.filter(name_key=key_of(name)).first()
    if row is not None:
        row.delete()
        audit.record(Verb.ALIAS_UNPROTECTED, acting_user=acting_user, project=project, alias=row.name)


@transaction.atomic
def accept_types(project: Project, names: Iterable[str], *, acting_user: User) -> None:
    """Let a registry accept more types; those it has stay, since collections may rely on them."""
    access.require(acting_user, Can.MANAGE, project)
    registry = locked_registry(project)
    wanted = naming.distinct(map(naming.type_name, names))
    if not wanted:
        raise Invalid("No type is given; write the name of the type that the registry shall accept.", field="types")
    if registry.accepts_all_types:
        raise Invalid(f"“{project.title}” accepts all types already; nothing needs to be added.", field="types")
    naming.refuse_two_spellings([*registry.type_names, *wanted])
    added = [name for name in wanted if name not in registry.type_names]
    AcceptedType.objects.bulk_create([AcceptedType(registry=registry, name=name) for name in added])
    if added:
        audit.record(
            Verb.REGISTRY_CHANGED,
            acting_user=acting_user,
            project=project,
            changed="types",
            types=added,
        )


@transaction.atomic
def star_registry(project: Project, is_on: bool, *, acting_user: User) -> None:
    """Put a registry first for one person, or no longer; this is theirs alone and isn't logged."""
    access.require(acting_user, Can.VIEW, project)
    registry = locked_registry(project)
    if is_on:
        Star.objects.get_or_create(registry=registry, user=acting_user)
    else:
        Star.objects.filter(registry=registry, user=acting_user).delete()


@transaction.atomic
def describe_registry(project: Project, description: str, *, acting_user: User) -> None:
    """Replace a registry's description; a core registry keeps its own."""
    access.require(acting_user, Can.EDIT, project)
    if project.is_core:
        raise Invalid(
            f"“{project.title}” is a core registry, whose description is fixed; make a registry of your own.",
            field="description",
        )
    description = clean_text(description, longest=100_000)
    if description != project.description:
        project.description = description
        project.updated_at = Now()
        project.save(update_fields=["description", "updated_at"])
        audit.record(Verb.REGISTRY_CHANGED, acting_user=acting_user, project=project, changed="description")
