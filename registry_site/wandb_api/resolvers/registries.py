"""Making, saving, renaming and deleting registries; the client calls them projects, or models."""

from typing import Any

from django.db.models import Q

from artifacts import access, addresses
from artifacts.actions import people, projects
from artifacts.errors import NotFound
from artifacts.models import AuditEvent, Entity, Project, Verb
from registry.actions.settings import delete_registry, rename_registry, save_registry
from registry_site.wandb_api.engine import ids
from registry_site.wandb_api.engine.batching import remember_visible
from registry_site.wandb_api.engine.context import Context
from registry_site.wandb_api.engine.resolve import Permission, resolves
from registry_site.wandb_api.resolvers.projects import find_project

VISIBILITY = {"PRIVATE": Project.Visibility.ORGANIZATION, "RESTRICTED": Project.Visibility.RESTRICTED}


def find_registry(context: Context, number: str) -> Project:
    """The registry with this id, if the person may see it."""
    pk = ids.decode(number, "Project")
    found = access.visible_projects(context.person).registries().with_entity().filter(pk=pk).first()
    if found is None:
        raise NotFound("No registry has this id; load it again by its name.")
    return remember_visible(context, found)


@resolves("Mutation.upsertModel", permission=Permission.checked("manage", "log"))
def upsert_model(source: None, context: Context, input: dict[str, Any]) -> dict[str, Any]:
    """Make or change a project: in an organization's entity a registry, elsewhere one that runs are logged to."""
    name = input.get("entity_name")
    entity = addresses.entity(context.person, name) if name else people.default_entity(context.person)
    project, is_new = (saved_registry if entity.kind == Entity.Kind.ORGANIZATION else saved_project)(
        context, entity, input
    )
    remember_visible(context, project)
    return {"project": project, "model": project, "inserted": is_new}


def saved_registry(context: Context, entity: Entity, input: dict[str, Any]) -> tuple[Project, bool]:
    """A registry with the settings of the input; what isn't given stays, a word that isn't known is the organization."""
    assert entity.organization is not None
    word = input.get("access")
    return save_registry(
        entity.organization,
        input.get("name") or "",
        description=input.get("description"),
        visibility=None if word is None else VISIBILITY.get(word, Project.Visibility.ORGANIZATION),
        accepts_all_types=input.get("allow_all_artifact_types_in_registry"),
        types=[row["name"] for row in input.get("artifact_types") or []],
        acting_user=context.person,
    )


def saved_project(context: Context, entity: Entity, input: dict[str, Any]) -> tuple[Project, bool]:
    """An ordinary project, made if it is missing."""
    name = input.get("name") or ""
    is_new = addresses.project_in(entity, name) is None
    return projects.find_or_create_project(entity, name, acting_user=context.person), is_new


@resolves("Mutation.renameProject", permission=Permission.checked("manage"))
def rename_project(source: None, context: Context, input: dict[str, Any]) -> dict[str, Any]:
    project = find_project(context, input["entity_name"], input["old_project_name"])
    rename = rename_registry if project.is_registry else projects.rename_project
    rename(project, input["new_project_name"], acting_user=context.person)
    return {"project": project, "model": project, "inserted": False}


@resolves("Mutation.deleteModel", permission=Permission.checked("manage"))
def delete_model(source: None, context: Context, input: dict[str, Any]) -> dict[str, Any]:
    number = input.get("id") or ""
    if not was_deleted(context, Verb.REGISTRY_DELETED, project_number=ids.decode(number, "Project")):
        delete_registry(find_registry(context, number), acting_user=context.person)
    return {"success": True}


def was_deleted(context: Context, verb: Verb, **number: int) -> bool:
    """Whether the log of an organization of theirs, or of a project they see, has the end of what an id named: again is no error then."""
    places = Q(organization__in=access.visible_organizations(context.person).values("pk"))
    if verb == Verb.COLLECTION_DELETED:
        places = Q(project_number__in=access.visible_projects(context.person).values("pk"))
    return AuditEvent.objects.filter(places, verb=verb, **number).exists()
