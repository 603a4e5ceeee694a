"""Linking, unlinking and the names of versions in collections."""

from collections.abc import Callable, Iterator
from typing import Any

from artifacts import access, addresses
from artifacts.actions import aliases_and_tags
from artifacts.actions.projects import find_or_create_project
from artifacts.actions.runs import DEFAULT_PROJECT
from artifacts.errors import Invalid, NotFound
from artifacts.models import ArtifactVersion, ClientId, Membership, Project
from artifacts.naming import REGISTRY_PREFIX, key_of
from registry.actions.link import link_by_name, link_version, refuse_personal, unlink_from
from registry_site.wandb_api.engine import ids
from registry_site.wandb_api.engine.context import Context
from registry_site.wandb_api.engine.resolve import Permission, resolves
from registry_site.wandb_api.resolvers.collections import find_collection, named_collection
from registry_site.wandb_api.resolvers.projects import NEW_REGISTRY, OLD_REGISTRY, find_project
from registry_site.wandb_api.resolvers.versions import find_version


@resolves("Mutation.linkArtifact", permission=Permission.checked("link", "download"))
def link_artifact(source: None, context: Context, input: dict[str, Any]) -> dict[str, Any]:
    version = version_of(context, input)
    aliases = [alias["alias"] for alias in input.get("aliases") or []]
    if number := input.get("artifact_portfolio_id"):
        place = find_collection(context, number, "ArtifactPortfolio")
        membership = link_version(version, place, aliases=aliases, acting_user=context.person)
    else:
        target = target_of(context, version, input.get("entity_name"), input.get("project_name"))
        name = input.get("artifact_portfolio_name") or ""
        membership = link_by_name(version, target, name, aliases=aliases, acting_user=context.person)
    return {"version_index": membership.index, "artifact_membership": membership}


def version_of(context: Context, input: dict[str, Any]) -> ArtifactVersion:
    """The version by the server's id, or by the one that the client gave it before it knew that."""
    if input.get("artifact_id"):
        return find_version(context, input["artifact_id"])
    row = ClientId.objects.filter(client_id=input.get("client_id") or "").first()
    if row is None or not access.visible_versions(context.person).filter(pk=row.version_id).exists():
        raise NotFound("artifact not found: no version has this id; log it first.")
    return find_version(context, ids.encode("Artifact", row.version_id))


def target_of(context: Context, version: ArtifactVersion, entity_name: str | None, name: str | None) -> Project:
    """The registry or project of a target path; `model-registry` in a team is its organization's registry for models."""
    if not entity_name or not name:
        raise Invalid("The target is incomplete; write it as wandb-registry-<registry>/<collection>.")
    key = key_of(name)
    if key == OLD_REGISTRY or key.startswith(REGISTRY_PREFIX):
        refuse_personal(version.project.entity)
    if key == OLD_REGISTRY:
        organization = addresses.entity(context.person, entity_name).organization
        if organization is not None:
            return addresses.registry(context.person, organization, NEW_REGISTRY)
    own = version.project.entity
    if key == DEFAULT_PROJECT and key_of(entity_name) == own.name_key:
        # Where the client links a bare name outside a run: it is made like that of a run without a project.
        return find_or_create_project(own, DEFAULT_PROJECT, acting_user=context.person)
    return find_project(context, entity_name, name)


@resolves("Mutation.unlinkArtifact", permission=Permission.checked("link"))
def unlink_artifact(source: None, context: Context, input: dict[str, Any]) -> dict[str, Any]:
    collection = find_collection(context, input["artifact_portfolio_id"])
    unlink_from(collection, find_version(context, input["artifact_id"]), acting_user=context.person)
    return {"artifact_id": input["artifact_id"], "client_mutation_id": input.get("client_mutation_id"), "success": True}


def places_named(context: Context, input: dict[str, Any]) -> Iterator[tuple[Membership, list[str]]]:
    """The version's place in each collection that an input names, with the aliases for it."""
    pk = ids.decode(input["artifact_id"], "Artifact")
    groups: dict[tuple[str, str, str], list[str]] = {}
    for alias in input["aliases"]:
        place = (alias["entity_name"], alias["project_name"], alias["artifact_collection_name"])
        groups.setdefault(place, []).append(alias["alias"])
    for (entity, project, name), aliases in groups.items():
        words = {"entity_name": entity, "project_name": project, "artifact_collection_name": name}
        collection = named_collection(context, words)
        found = (
            collection.memberships.select_related("version__sequence")
            .filter(version__in=ArtifactVersion.objects.known_as(pk))
            .first()
        )
        if found is None or found.version.is_deleted:
            raise NotFound(f"“{collection.name}” doesn't hold this version; fetch it again by its name.")
        found.collection = collection
        yield found, aliases


def change(context: Context, input: dict[str, Any], act: Callable[..., None]) -> dict[str, Any]:
    """Do something with the aliases of each place that an input names, after all of them were found."""
    for membership, aliases in list(places_named(context, input)):
        act(membership, aliases, acting_user=context.person)
    return {"success": True}


@resolves("Mutation.addAliases", permission=Permission.checked("edit"))
def add_aliases(source: None, context: Context, input: dict[str, Any]) -> dict[str, Any]:
    return change(context, input, aliases_and_tags.add_aliases)


@resolves("Mutation.deleteAliases", permission=Permission.checked("edit"))
def delete_aliases(source: None, context: Context, input: dict[str, Any]) -> dict[str, Any]:
    return change(context, input, aliases_and_tags.remove_aliases)
