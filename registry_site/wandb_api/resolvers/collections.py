"""Collections: sequences that versions are logged into, portfolios that they are linked into.

A sequence may be reached from a link by somebody who can't see its project: then it is a name and nothing more.
"""

from collections.abc import Mapping
from typing import Any

from django.db.models import Window
from django.db.models.functions import RowNumber

from artifacts import access, addresses
from artifacts.actions import aliases_and_tags, collections
from artifacts.errors import NotFound
from artifacts.listing.filters import filtered
from artifacts.models import Alias, ArtifactVersion, Collection, CollectionTag, Membership, Project, VersionTag
from registry.actions.delete import delete_sequence
from registry.actions.registries import delete_collection
from registry_site.wandb_api.engine import filters_and_orders, ids
from registry_site.wandb_api.engine.batching import (
    peers_of,
    read_for_peers,
    related,
    remember_visible,
    visible_project,
    with_peers,
)
from registry_site.wandb_api.engine.context import Context
from registry_site.wandb_api.engine.paging import connection, page_size, read_page, whole
from registry_site.wandb_api.engine.resolve import Permission, names_type, null_if_missing, resolves
from registry_site.wandb_api.resolvers.projects import find_project, membership_of, type_of

KINDS = ("ArtifactSequence", "ArtifactPortfolio")


def both(name: str) -> list[str]:
    """A field of the interface, in both types that have it."""
    return [f"{kind}.{name}" for kind in KINDS]


@names_type(Collection)
def type_of_collection(collection: Collection) -> str:
    return "ArtifactPortfolio" if collection.is_portfolio else "ArtifactSequence"


def find_collection(context: Context, number: str, *kinds: str) -> Collection:
    """The collection with this id, if the person may see it."""
    pk = ids.decode(number, *(kinds or (*KINDS, "ArtifactCollection")))
    seen = access.visible_projects(context.person).values("pk")
    found = Collection.objects.with_place().filter(pk=pk, project__in=seen).first()
    if found is None or (kinds and type_of_collection(found) not in kinds):
        raise NotFound("No collection has this id; list the collections again.")
    remember_visible(context, found.project)
    return found


@resolves("Query.artifactCollection", permission=Permission.checked("view"))
@null_if_missing
def artifact_collection(source: None, context: Context, id: str) -> Collection:
    return find_collection(context, id)


@resolves(*both("id"), permission=Permission.PARENT)
def collection_id(collection: Collection, context: Context) -> str:
    return ids.encode(type_of_collection(collection), collection.pk)


@resolves(*both("project"), permission=Permission.checked("view"))
def project(collection: Collection, context: Context) -> Project | None:
    return visible_project(context, collection.project)


@resolves(*both("defaultArtifactType"), permission=Permission.PARENT)
def default_artifact_type(collection: Collection, context: Context) -> dict[str, Any]:
    return type_of(collection, context)


@resolves(*both("description"), permission=Permission.checked("view"))
def description(collection: Collection, context: Context) -> str | None:
    return (collection.description or None) if visible_project(context, collection.project) else None


@resolves(*both("state"), permission=Permission.PARENT)
def state(collection: Collection, context: Context) -> str:
    return "DELETED" if collection.pk in context.cache.get("deleted collections", ()) else "READY"


@resolves("ArtifactSequence.digestAlgorithm", permission=Permission.PARENT)
def digest_algorithm(collection: Collection, context: Context) -> str:
    return "MANIFEST_MD5"


@resolves(*both("tags"), permission=Permission.checked("view"))
def tags(collection: Collection, context: Context) -> dict[str, Any]:
    found = related(collection, "tags") if visible_project(context, collection.project) else []
    return whole(sorted(found, key=lambda tag: tag.pk))


@resolves("Tag.id", permission=Permission.PARENT)
def tag_id(tag: CollectionTag | VersionTag, context: Context) -> str:
    return ids.encode(type(tag).__name__, tag.pk)


@resolves("Tag.tagCategoryName", permission=Permission.PARENT)
def tag_category_name(tag: CollectionTag | VersionTag, context: Context) -> str:
    """Tags are not sorted into categories here; clients before 0.23 want a text all the same."""
    return ""


@resolves(*both("aliases"), permission=Permission.checked("view"))
def aliases(
    collection: Collection, context: Context, after: str | None = None, first: int | None = None
) -> dict[str, Any]:
    found = collection.aliases.all() if visible_project(context, collection.project) else Alias.objects.none()
    return connection(with_peers(found), first=first, after=after, key="pk")


@resolves("ArtifactAlias.id", permission=Permission.PARENT)
def alias_id(alias: Alias | dict[str, Any], context: Context) -> str:
    return alias["id"] if isinstance(alias, dict) else ids.encode("ArtifactAlias", alias.pk)


@resolves("ArtifactAlias.alias", permission=Permission.PARENT)
def alias_name(alias: Alias | dict[str, Any], context: Context) -> str:
    return alias["alias"] if isinstance(alias, dict) else alias.name


@resolves("ArtifactAlias.artifactCollection", permission=Permission.PARENT)
def alias_collection(alias: Alias | dict[str, Any], context: Context) -> Collection:
    return alias["collection"] if isinstance(alias, dict) else alias.collection


@resolves(*both("artifactMembership"), permission=Permission.checked("view"))
@null_if_missing
def artifact_membership(collection: Collection, context: Context, alias_name: str) -> Membership | None:
    return membership_of(collection, alias_name) if visible_project(context, collection.project) else None


@resolves("ArtifactSequence.latestArtifact", permission=Permission.checked("view"))
@null_if_missing
def latest_artifact(collection: Collection, context: Context) -> ArtifactVersion | None:
    return membership_of(collection, "latest").version if visible_project(context, collection.project) else None


@resolves(*both("artifacts"), permission=Permission.checked("view"))
def artifacts(
    collection: Collection,
    context: Context,
    after: str | None = None,
    first: int | None = None,
    order: str | None = None,
    filters: str | None = None,
) -> dict[str, Any]:
    """A page of versions with their numbers in this collection, the newest first."""
    seen = collection.memberships.live() if visible_project(context, collection.project) else Membership.objects.none()
    found = filtered(seen, filters, filters_and_orders.MEMBERSHIP_FIELDS)
    key = filters_and_orders.key_for(order, filters_and_orders.MEMBERSHIP_ORDERS, default="-index")
    if len(peers_of(collection)) > 1 and not (after or order or filters):
        newest = newest_of(collection, context, page_size(first))
        page = read_page(newest, page_size(first), key="-index", total=found.count)
    else:
        page = connection(with_peers(found), first=first, after=after, key=key, total=found.count)
    page["edges"] = [{**edge, "version": edge["node"].name, "node": edge["node"].version} for edge in page["edges"]]
    return page


def newest_of(collection: Collection, context: Context, size: int) -> list[Membership]:
    """The newest places in a collection and one more, read for all the collections of its page at once."""

    def load(page: list[Collection]) -> Mapping[int, list[Membership]]:
        rank = Window(RowNumber(), partition_by="collection", order_by="-index")
        seen = Membership.objects.live().filter(
            collection__in=[peer for peer in page if visible_project(context, peer.project)]
        )
        found: dict[int, list[Membership]] = {peer.pk: [] for peer in page}
        for place in with_peers(seen.annotate(rank=rank).filter(rank__lte=size + 1).order_by("collection", "-index")):
            found[place.collection_id].append(place)
        return found

    return read_for_peers(context, f"newest {size} of collections", collection, load) or []


@resolves("Mutation.updateArtifactSequence", permission=Permission.checked("edit"))
def update_sequence(source: None, context: Context, input: dict[str, Any]) -> dict[str, Any]:
    return updated(find_collection(context, input["artifact_sequence_id"], "ArtifactSequence"), context, input)


@resolves("Mutation.updateArtifactPortfolio", permission=Permission.checked("edit"))
def update_portfolio(source: None, context: Context, input: dict[str, Any]) -> dict[str, Any]:
    return updated(find_collection(context, input["artifact_portfolio_id"], "ArtifactPortfolio"), context, input)


def updated(collection: Collection, context: Context, input: dict[str, Any]) -> dict[str, Any]:
    """The collection with the name and the description that are given."""
    if input.get("name") is not None:
        collections.rename_collection(collection, input["name"], acting_user=context.person)
    if input.get("description") is not None:
        collections.describe_collection(collection, input["description"], acting_user=context.person)
    collection.refresh_from_db(fields=["updated_at"])
    return {"artifact_collection": collection}


@resolves("Mutation.moveArtifactSequence", permission=Permission.checked("edit"))
def move_sequence(source: None, context: Context, input: dict[str, Any]) -> dict[str, Any]:
    collection = find_collection(context, input["artifact_sequence_id"], "ArtifactSequence")
    collections.retype_sequence(collection, input["destination_artifact_type_name"], acting_user=context.person)
    collection.refresh_from_db(fields=["updated_at"])
    return {"artifact_collection": collection}


@resolves("Mutation.deleteArtifactSequence", permission=Permission.checked("edit"))
def delete_artifact_sequence(source: None, context: Context, input: dict[str, Any]) -> dict[str, Any]:
    collection = find_collection(context, input["artifact_sequence_id"], "ArtifactSequence")
    delete_sequence(collection, acting_user=context.person)
    context.cache["deleted collections"] = {collection.pk}
    return {"artifact_collection": collection}


@resolves("Mutation.deleteArtifactPortfolio", permission=Permission.checked("link"))
def delete_artifact_portfolio(source: None, context: Context, input: dict[str, Any]) -> dict[str, Any]:
    collection = find_collection(context, input["artifact_portfolio_id"], "ArtifactPortfolio")
    delete_collection(collection, acting_user=context.person)
    context.cache["deleted collections"] = {collection.pk}
    return {"artifact_collection": collection}


def named_collection(context: Context, input: dict[str, Any]) -> Collection:
    """The collection that an input names by entity, project and collection."""
    place = find_project(context, input["entity_name"], input["project_name"])
    return addresses.collection(place, input["artifact_collection_name"])


@resolves("Mutation.createArtifactCollectionTagAssignments", permission=Permission.checked("edit"))
def tag_collection(source: None, context: Context, input: dict[str, Any]) -> dict[str, Any]:
    collection = named_collection(context, input)
    names = [tag["tag_name"] for tag in input["tags"]]
    aliases_and_tags.tag_collection(collection, names, acting_user=context.person)
    return {"tags": list(collection.tags.filter(name__in=names).order_by("pk"))}


@resolves("Mutation.deleteArtifactCollectionTagAssignments", permission=Permission.checked("edit"))
def untag_collection(source: None, context: Context, input: dict[str, Any]) -> dict[str, Any]:
    names = [tag["tag_name"] for tag in input["tags"]]
    aliases_and_tags.untag_collection(named_collection(context, input), names, acting_user=context.person)
    return {"success": True}
