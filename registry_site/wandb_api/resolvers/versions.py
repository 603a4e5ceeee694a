"""Versions and their places, as the client reads them; their files and manifests are served elsewhere."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from artifacts import access
from artifacts.actions import aliases_and_tags, versions
from artifacts.errors import Invalid, NotFound
from artifacts.models import Alias, ArtifactVersion, ClientId, Collection, Membership, Run, User, VersionTag
from artifacts.naming import LATEST
from registry_site.wandb_api.engine import ids
from registry_site.wandb_api.engine.batching import read_for_peers, related, visible_project, with_peers
from registry_site.wandb_api.engine.context import Context
from registry_site.wandb_api.engine.paging import connection, whole
from registry_site.wandb_api.engine.resolve import Permission, names_type, null_if_missing, resolves
from registry_site.wandb_api.resolvers.projects import type_of

MOST_USERS = 1_000
MOST_PLACES = 1_000
INHERIT, DISABLED = -1, -2  # artifact.py `_ttl_duration_seconds_to_gql`


@names_type(Run)
def type_of_run(run: Run) -> str:
    return "Run"


def find_version(context: Context, number: str) -> ArtifactVersion:
    """The version with this id, if the person may read it through any place."""
    seen = access.visible_versions(context.person).filter(deleted_at__isnull=True)
    found = seen.with_place().known_as(ids.decode(number, "Artifact")).first()
    if found is None:
        raise NotFound("artifact not found: no version has this id; fetch it again by its name.")
    return found


@resolves("Query.artifact", permission=Permission.checked("view"))
@null_if_missing
def artifact(source: None, context: Context, id: str) -> ArtifactVersion:
    return find_version(context, id)


@resolves("Query.clientIDMapping", permission=Permission.checked("view"))
def client_id_mapping(source: None, context: Context, client_id: str) -> dict[str, Any] | None:
    row = ClientId.objects.filter(client_id=client_id, version__in=access.visible_versions(context.person)).first()
    return {"server_id": ids.encode("Artifact", row.version_id)} if row else None


@resolves("Artifact.id", permission=Permission.PARENT)
def version_id(version: ArtifactVersion, context: Context) -> str:
    return ids.encode("Artifact", version.pk)


@resolves("Artifact.artifactSequence", permission=Permission.PARENT)
def artifact_sequence(version: ArtifactVersion, context: Context) -> Collection:
    """Where it was logged. Whoever only sees a link gets its name and type; its project is null for them."""
    return version.sequence


@resolves("Artifact.artifactType", permission=Permission.PARENT)
def artifact_type(version: ArtifactVersion, context: Context) -> dict[str, Any]:
    return type_of(version.sequence, context)


@resolves("Artifact.versionIndex", permission=Permission.PARENT)
def version_index(version: ArtifactVersion, context: Context) -> int | None:
    return version.index


@resolves("Artifact.state", permission=Permission.PARENT)
def state(version: ArtifactVersion, context: Context) -> str:
    return "DELETED" if version.is_deleted else version.state


@resolves("Artifact.commitHash", permission=Permission.PARENT)
def commit_hash(version: ArtifactVersion, context: Context) -> str | None:
    """A committed version always has one: artifact.py `commit_hash` asserts it."""
    return version.commit_hash


@resolves("Artifact.ttlDurationSeconds", permission=Permission.PARENT)
def ttl(version: ArtifactVersion, context: Context) -> int:
    """An inherited one is that of the team, if it sets one: the client shows it, with `ttlIsInherited`."""
    if version.ttl_seconds is None:
        return version.project.entity.ttl_seconds or INHERIT
    return version.ttl_seconds or DISABLED


@resolves("Artifact.ttlIsInherited", permission=Permission.PARENT)
def ttl_is_inherited(version: ArtifactVersion, context: Context) -> bool:
    return version.ttl_seconds is None


@resolves("Artifact.tags", permission=Permission.PARENT)
def tags(version: ArtifactVersion, context: Context) -> list[VersionTag]:
    return sorted(related(version, "tags"), key=lambda tag: tag.pk)


def visible_places(version: ArtifactVersion, context: Context) -> list[Membership]:
    """Where a version is, as far as the person may see; read with the names there for the whole page."""

    def load(page: list[ArtifactVersion]) -> Mapping[int, list[Membership]]:
        seen = access.visible_projects(context.person).values("pk")
        places = Membership.objects.filter(version__in=page, collection__project__in=seen).order_by("pk")
        found: dict[int, list[Membership]] = {peer.pk: [] for peer in page}
        for place in with_peers(places).with_aliases():  # type: ignore[attr-defined]
            found[place.version_id].append(place)
        return found

    return read_for_peers(context, "places", version, load) or []


@resolves("Artifact.aliases", permission=Permission.checked("view"))
def aliases(version: ArtifactVersion, context: Context) -> list[dict[str, Any]]:
    """The names by which it is known in each place, among them its number there: the client reads `vN` off them."""
    return [alias for place in visible_places(version, context) for alias in names_in(place)]


def names_in(place: Membership) -> list[dict[str, Any]]:
    """The aliases that a version has in a place, and its number there."""
    number = {"id": ids.encode("VersionAlias", place.pk), "alias": place.name, "collection": place.collection}
    return [*(named(alias, place.collection) for alias in sorted_aliases(place)), number]


def named(alias: Alias, collection: Collection) -> dict[str, Any]:
    """An alias with its collection, which is there already."""
    return {"id": ids.encode("ArtifactAlias", alias.pk), "alias": alias.name, "collection": collection}


def sorted_aliases(place: Membership) -> list[Alias]:
    """`latest` first, then as they were given."""
    return sorted(related(place, "aliases"), key=lambda alias: (alias.name != LATEST, alias.pk))


@resolves("Artifact.description", permission=Permission.PARENT)
def description(version: ArtifactVersion, context: Context) -> str | None:
    return version.description or None  # what the client has for "nobody wrote one"


@resolves("Artifact.artifactMemberships", permission=Permission.checked("view"))
def artifact_memberships(
    version: ArtifactVersion, context: Context, after: str | None = None, first: int | None = None
) -> dict[str, Any]:
    """All its places that the person may see; the client asks for them without paging."""
    seen = access.visible_projects(context.person).values("pk")
    places = with_peers(Membership.objects.filter(version=version, collection__project__in=seen))
    return connection(places, first=first or MOST_PLACES, after=after, key="pk", total=places.count)


@resolves("Artifact.createdBy", permission=Permission.checked("view"))
def created_by(version: ArtifactVersion, context: Context) -> Run | User | None:
    """The run that logged it, nobody if that is hidden; without a run the person."""
    if version.run is not None:
        return version.run if visible_project(context, version.run.project) else None
    return version.created_by if visible_project(context, version.sequence.project) else None


@resolves("Artifact.usedBy", permission=Permission.checked("view"))
def used_by(version: ArtifactVersion, context: Context) -> dict[str, Any]:
    """The newest runs that used it, here or through a link, as far as the person may see them."""
    seen = access.visible_projects(context.person).values("pk")
    runs = Run.objects.filter(uses__version=version, project__in=seen).newest_first()
    return whole(with_peers(runs[:MOST_USERS]))


@resolves("ArtifactCollectionMembership.id", permission=Permission.PARENT)
def membership_id(membership: Membership, context: Context) -> str:
    return ids.encode("ArtifactCollectionMembership", membership.pk)


@resolves("ArtifactCollectionMembership.versionIndex", permission=Permission.PARENT)
def membership_index(membership: Membership, context: Context) -> int:
    return membership.index


@resolves("ArtifactCollectionMembership.aliases", permission=Permission.PARENT)
def membership_aliases(membership: Membership, context: Context) -> list[dict[str, Any]]:
    return names_in(membership)


@resolves("ArtifactCollectionMembership.artifactCollection", permission=Permission.PARENT)
def membership_collection(membership: Membership, context: Context) -> Collection:
    return membership.collection


@resolves("ArtifactCollectionMembership.artifact", permission=Permission.PARENT)
def membership_version(membership: Membership, context: Context) -> ArtifactVersion:
    return membership.version


@resolves("Mutation.updateArtifact", permission=Permission.checked("edit"))
@transaction.atomic
def update_artifact(source: None, context: Context, input: dict[str, Any]) -> dict[str, Any]:
    version, who = find_version(context, input["artifact_id"]), context.person
    if input.get("aliases"):
        raise Invalid("Aliases aren't changed with a version's description; use addAliases and deleteAliases.")
    metadata = input.get("metadata")
    read = versions.read_metadata(metadata) if metadata is not None else None
    versions.describe_version(version, description=input.get("description"), metadata=read, acting_user=who)
    if (seconds := input.get("ttl_duration_seconds")) is not None:
        versions.keep_version(version, ttl_from_client(seconds), acting_user=who)
    aliases_and_tags.tag_version(version, [tag["tag_name"] for tag in input.get("tags_to_add") or []], acting_user=who)
    aliases_and_tags.untag_version(
        version, [tag["tag_name"] for tag in input.get("tags_to_delete") or []], acting_user=who
    )
    return {"artifact": find_version(context, input["artifact_id"])}


def ttl_from_client(seconds: int) -> int | None:
    """What the client's time to live means: seconds, the team's rule, or for ever."""
    return None if seconds == INHERIT else max(seconds, versions.FOR_EVER)
