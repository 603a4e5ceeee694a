"""The code that pages hand out for linking: it runs as it stands once what is in <> is filled in."""

import json

from artifacts import addresses
from artifacts.models import Collection, Entity, Organization, Project, User


def quoted(text: str) -> str:
    """Text as a Python string."""
    return json.dumps(text, ensure_ascii=False)


def own_team(user: User, organization: Organization) -> str:
    """The team to write into somebody's code: theirs in this organization, else a placeholder."""
    teams = Entity.objects.teams().filter(organization=organization, members__user=user)
    name = teams.order_by("members__pk").values_list("name", flat=True).first()
    return name or "<team_entity>"


def target_path(registry: Project, collection_name: str, *, organization: Organization | None = None) -> str:
    """The path that `link_artifact` takes, with the organization's entity in front."""
    entity = registry.entity if organization is None else addresses.organization_entity(organization)
    return f"{entity.name}/{registry.name}/{collection_name}"


def link_code(registry: Project, team: str, *, type_name: str, collection: Collection | None = None) -> str:
    """Code that logs a file and links it, inside a run."""
    path = target_path(registry, collection.name if collection else "<COLLECTION_NAME>")
    return f"""import wandb

# Initialize a run in a project of your team
with wandb.init(entity={quoted(team)}, project="<project_name>") as run:
    # Create an artifact of the type that the collection holds, and add a file
    artifact = wandb.Artifact(name="<name>", type={quoted(type_name)})
    artifact.add_file(local_path="<local_path_to_artifact>")

    # Log it, and link it to the collection
    run.link_artifact(
        artifact=artifact,
        target_path={quoted(path)},
    )
"""
