"""Roles of people and teams in a registry."""

from typing import Any

from artifacts import access
from artifacts.errors import NotFound
from artifacts.models import Entity, User
from registry.actions import members
from registry.actions.members import Holder
from registry_site.wandb_api.engine import ids
from registry_site.wandb_api.engine.context import Context
from registry_site.wandb_api.engine.resolve import Permission, resolves
from registry_site.wandb_api.resolvers.people import visible_people
from registry_site.wandb_api.resolvers.registries import find_registry

MANAGED = Permission.checked("manage")


def find_person(context: Context, number: str) -> User:
    """A colleague by id."""
    found = visible_people(context.person).filter(pk=ids.decode(number, "User")).first()
    if found is None:
        raise NotFound("No colleague has this id; search for the person again.")
    return found


def find_team(context: Context, number: str) -> Entity:
    """A team by id."""
    seen = access.visible_entities(context.person).filter(kind=Entity.Kind.TEAM)
    found = seen.filter(pk=ids.decode(number, "Entity")).first()
    if found is None:
        raise NotFound("No team has this id; load the team again by its name.")
    return found


def holders(context: Context, input: dict[str, Any]) -> list[Holder]:
    """The people and the teams of an input."""
    people = [find_person(context, number) for number in input.get("user_ids") or []]
    return [*people, *(find_team(context, number) for number in input.get("team_ids") or [])]


@resolves("Mutation.createProjectMembers", permission=MANAGED)
def create_members(source: None, context: Context, input: dict[str, Any]) -> dict[str, Any]:
    registry = find_registry(context, input["project_id"])
    members.add_members(registry, holders(context, input), acting_user=context.person)
    return {"success": True}


@resolves("Mutation.deleteProjectMembers", permission=MANAGED)
def delete_members(source: None, context: Context, input: dict[str, Any]) -> dict[str, Any]:
    registry = find_registry(context, input["project_id"])
    members.remove_members(registry, holders(context, input), acting_user=context.person)
    return {"success": True}


@resolves("Mutation.updateProjectMember", permission=MANAGED)
def update_member(source: None, context: Context, input: dict[str, Any]) -> dict[str, Any]:
    registry = find_registry(context, input["project_id"])
    person = find_person(context, input["user_id"])
    members.change_role(registry, person, input["user_project_role"], acting_user=context.person)
    return {"success": True}


@resolves("Mutation.updateProjectTeamMember", permission=MANAGED)
def update_team_member(source: None, context: Context, input: dict[str, Any]) -> dict[str, Any]:
    registry = find_registry(context, input["project_id"])
    team = find_team(context, input["team_id"])
    members.change_role(registry, team, input["team_project_role"], acting_user=context.person)
    return {"success": True}
