"""Projects and registries as the client reads them, without their runs, and the artifact types in them."""

from functools import partial
from typing import Any

from django.db.models import Exists, OuterRef

from artifacts import access, addresses
from artifacts.access import Can
from artifacts.actions import people
from artifacts.errors import NotFound
from artifacts.listing.filters import filtered
from artifacts.models import ArtifactType, ArtifactVersion, Collection, Membership, Project, ProjectMember
from artifacts.naming import LATEST, key_of, shown
from registry.models import AcceptedType, Registry
from registry_site.wandb_api.engine import filters_and_orders, ids
from registry_site.wandb_api.engine.batching import read_for_peers, remember_visible, visible_project, with_peers
from registry_site.wandb_api.engine.context import Context
from registry_site.wandb_api.engine.paging import connection, whole
from registry_site.wandb_api.engine.resolve import Permission, null_if_missing, reads, resolves
from registry_site.wandb_api.resolvers.people import visible_people

OLD_REGISTRY = "model-registry"  # where `run.link_model` links to: it stands for the registry named so
NEW_REGISTRY = "model"

reads("Project.entity")


def find_project(context: Context, entity_name: str | None, name: str | None, *, can: Can = Can.VIEW) -> Project:
    """The project or registry at a path of the client; `model-registry` is the organization's registry for models."""
    entity_name = entity_name or people.default_entity(context.person).name
    try:
        return remember_visible(context, addresses.project(context.person, entity_name, name or "", can=can))
    except NotFound:
        organization = None
        if key_of(name or "") == OLD_REGISTRY:
            organization = addresses.entity(context.person, entity_name).organization
        if organization is None:
            raise
        return remember_visible(context, addresses.registry(context.person, organization, NEW_REGISTRY, can=can))


def find_membership(project: Project, path: str) -> Membership:
    """A live version's place by "collection", "collection:v3" or "collection:alias"."""
    name, _, reference = path.partition(":")
    return membership_of(addresses.collection(project, name), reference or LATEST)


def membership_of(collection: Collection, reference: str) -> Membership:
    """A live version's place; without a holder of `latest` the newest has that meaning."""
    try:
        found = addresses.membership(collection, reference)
    except NotFound:
        newest = collection.memberships.live().newest_first().select_related("version").first()
        if reference != LATEST or newest is None:
            raise
        found = newest
        found.collection = collection
    if found.version.is_deleted:
        raise NotFound(f"Version “{found}” was deleted; choose another one.")
    return found


@resolves("Query.project", "Query.model", permission=Permission.checked("view"))
@null_if_missing
def project(source: None, context: Context, name: str | None = None, entity_name: str | None = None) -> Project:
    return find_project(context, entity_name, name)


@resolves("Query.models", permission=Permission.checked("view"))
def models(
    source: None, context: Context, entity_name: str | None = None, after: str | None = None, first: int | None = None
) -> dict[str, Any]:
    entity = addresses.entity(context.person, entity_name) if entity_name else people.default_entity(context.person)
    seen = access.visible_projects(context.person).filter(entity=entity)
    return connection(with_peers(seen), first=first, after=after)


@resolves("Project.id", permission=Permission.PARENT)
def project_id(project: Project, context: Context) -> str:
    return ids.encode("Project", project.pk)


@resolves("Project.internalId", permission=Permission.PARENT)
def internal_id(project: Project, context: Context) -> str:
    return ids.encode("ProjectInternalId", project.pk)


@resolves("Project.entityName", permission=Permission.PARENT)
def entity_name(project: Project, context: Context) -> str:
    return project.entity.name


@resolves("Project.access", permission=Permission.PARENT)
def visibility(project: Project, context: Context) -> str:
    """The client's word PRIVATE is what we call visible to the organization, or to the team."""
    return "RESTRICTED" if project.visibility == Project.Visibility.RESTRICTED else "PRIVATE"


@resolves("Project.isBenchmark", permission=Permission.PARENT)
def is_benchmark(project: Project, context: Context) -> bool:
    return False


@resolves("Project.views", permission=Permission.PARENT)
def nothing(project: Project, context: Context) -> None:
    return None


@resolves("Project.user", permission=Permission.PARENT)
def made_by(project: Project, context: Context) -> Any:
    return project.created_by


@resolves("Project.readOnly", permission=Permission.PARENT)
def is_read_only(project: Project, context: Context) -> bool:
    return not access.allowed(context.person, Can.EDIT, project)


@resolves("Project.allowAllArtifactTypesInRegistry", permission=Permission.PARENT)
def accepts_all_types(project: Project, context: Context) -> bool:
    row = registry_of(project, context)
    return row is not None and row.accepts_all_types


def registry_of(project: Project, context: Context) -> Registry | None:
    """The registry's own row, None for an ordinary project."""

    def load(page: list[Project]) -> dict[int, Registry]:
        rows = Registry.objects.filter(project__in=page).prefetch_related("accepted_types")
        return {row.project_id: row for row in rows}

    return read_for_peers(context, "registries", project, load)


@resolves("Project.artifactTypes", permission=Permission.PARENT)
def artifact_types(
    project: Project,
    context: Context,
    include_all: bool | None = None,
    after: str | None = None,
    first: int | None = None,
) -> dict[str, Any]:
    """The types that collections here have or had; with `includeAll` also those that the registry accepts."""
    if not include_all:
        return connection(project.artifact_types.all(), first=first, after=after, key="pk", node=named_type)

    def load(page: list[Project]) -> dict[int, list[ArtifactType]]:
        found: dict[int, list[ArtifactType]] = {peer.pk: [] for peer in page}
        for row in ArtifactType.objects.filter(project__in=page).order_by("name"):
            found[row.project_id].append(row)
        return found

    used: list[Any] = read_for_peers(context, "types of projects", project, load) or []
    registry = registry_of(project, context)
    accepted: list[Any] = list(registry.accepted_types.all()) if registry else []
    rows = {row.name: row for row in [*accepted, *used]}
    return whole([named_type(rows[name]) for name in sorted(rows)])


def named_type(row: ArtifactType | AcceptedType) -> dict[str, Any]:
    """A type as the resolvers of ArtifactType take it: the name at once, the row when it is needed."""
    return {"name": row.name, "row": lambda: row}


def type_of(collection: Collection, context: Context) -> dict[str, Any]:
    """The type of a collection; its row, which few ask for, is read for the whole page."""

    def load(page: list[Collection]) -> dict[int, ArtifactType]:
        rows = ArtifactType.objects.filter(project__in={peer.project_id for peer in page})
        known = {(row.project_id, row.name): row for row in rows.filter(name__in={peer.type for peer in page})}
        return {peer.pk: known[peer.project_id, peer.type] for peer in page}

    return {"name": collection.type, "row": partial(read_for_peers, context, "types of collections", collection, load)}


@resolves("Project.artifactType", permission=Permission.PARENT)
@null_if_missing
def artifact_type(project: Project, context: Context, name: str) -> dict[str, Any]:
    row = project.artifact_types.filter(name=name).first()
    if row is None:
        raise NotFound(f"artifact type “{shown(name)}” not found in “{project.title}”; check its spelling.")
    return named_type(row)


@resolves("ArtifactType.id", permission=Permission.PARENT)
def type_id(source: dict[str, Any], context: Context) -> str:
    row = source["row"]()
    return ids.encode(type(row).__name__, row.pk)


@resolves("ArtifactType.createdAt", permission=Permission.PARENT)
def type_created_at(source: dict[str, Any], context: Context) -> Any:
    return source["row"]().created_at


@resolves("ArtifactType.description", permission=Permission.PARENT)
def type_description(source: dict[str, Any], context: Context) -> str:
    return getattr(source["row"](), "description", "")


def place_of(source: dict[str, Any], context: Context) -> Project:
    """The project of a type; hidden from whoever came to the type by a link alone."""
    place: Project = source["row"]().project
    if visible_project(context, place) is None:
        raise NotFound(access.NO_PLACE)
    return place


@resolves("ArtifactType.artifactCollection", permission=Permission.checked("view"))
@null_if_missing
def collection_of_type(source: dict[str, Any], context: Context, name: str) -> Collection:
    found = addresses.collection(place_of(source, context), name)
    if found.type != source["name"]:
        raise NotFound(
            f"Collection “{found.name}” is of type “{found.type}”, not “{source['name']}”; ask for that type."
        )
    return found


@resolves("ArtifactType.artifactSequence", permission=Permission.checked("view"))
@null_if_missing
def sequence_of_type(source: dict[str, Any], context: Context, name: str) -> Collection | None:
    """The sequence of this name, null for a portfolio: by this clients before 0.23 tell the two apart."""
    found: Collection | None = collection_of_type(source, context, name=name)
    return None if found is None or found.is_portfolio else found


@resolves("ArtifactType.artifact", permission=Permission.checked("view"))
@null_if_missing
def artifact_of_type(source: dict[str, Any], context: Context, name: str) -> ArtifactVersion | None:
    found = find_membership(place_of(source, context), name)
    return found.version if found.collection.type == source["name"] else None


@resolves("ArtifactType.artifactCollections", permission=Permission.checked("view"))
@null_if_missing
def collections_of_type(
    source: dict[str, Any],
    context: Context,
    after: str | None = None,
    first: int | None = None,
    filters: str | None = None,
    order: str | None = None,
) -> dict[str, Any]:
    seen = place_of(source, context).collections.filter(type=source["name"])
    return page_of_collections(seen, filters, after=after, first=first, order=order)


@resolves("Project.artifactCollections", permission=Permission.PARENT)
def artifact_collections(
    project: Project,
    context: Context,
    filters: str | None = None,
    after: str | None = None,
    first: int | None = None,
    order: str | None = None,
) -> dict[str, Any]:
    return page_of_collections(project.collections.all(), filters, after=after, first=first, order=order)


def page_of_collections(
    collections: Any, filters: str | None, *, after: str | None, first: int | None, order: str | None
) -> dict[str, Any]:
    """A page of collections of one project."""
    found = filtered(collections, filters, filters_and_orders.collection_fields())
    key = filters_and_orders.key_for(order, filters_and_orders.NAMED_ORDERS, default="-pk")
    return connection(with_peers(found), first=first, after=after, key=key, total=found.count)


@resolves("Project.artifactCollection", permission=Permission.PARENT)
@null_if_missing
def artifact_collection(project: Project, context: Context, name: str) -> Collection:
    return addresses.collection(project, name)


@resolves("Project.artifactCollectionMembership", permission=Permission.PARENT)
@null_if_missing
def artifact_collection_membership(project: Project, context: Context, name: str) -> Membership:
    return find_membership(project, name)


@resolves("Project.artifact", permission=Permission.PARENT)
@null_if_missing
def artifact(project: Project, context: Context, name: str) -> ArtifactVersion:
    return find_membership(project, name).version


@resolves("Project.members", permission=Permission.PARENT)
def members(project: Project, context: Context) -> list[dict[str, Any]]:
    """The people with a role of their own here; the id is the person's, which the client sends back to change it."""
    rows = ProjectMember.objects.filter(project=project, user__isnull=False).select_related("user").order_by("pk")
    colleague = visible_people(context.person).filter(pk=OuterRef("user"))
    return [
        {
            "id": ids.encode("User", row.user.pk),
            "email": (row.user.email or None) if row.is_colleague else None,
            "name": row.user.full_name or row.user.name,
            "role": {"name": row.role},
            "username": row.user.name,
        }
        for row in rows.annotate(is_colleague=Exists(colleague))
        if row.user is not None
    ]


@resolves("Project.teamMembers", permission=Permission.PARENT)
def team_members(project: Project, context: Context) -> list[dict[str, Any]]:
    rows = ProjectMember.objects.filter(project=project, team__isnull=False).order_by("pk")
    return [{"team": row.team, "role": {"name": row.role}} for row in with_peers(rows)]
