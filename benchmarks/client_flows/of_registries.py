"""Registries: linking, listing, and what is edited there."""

from typing import Any

import wandb
from flow import (
    ORGANIZATION,
    PERSONAL,
    PROJECT,
    TEAM,
    api,
    artifact,
    flow,
    fresh,
    logged,
    needs,
    new_registry,
    refused,
    registered,
    source,
)


@flow("link in a run")
def link_in_a_run() -> None:
    name = fresh("zoo")
    with wandb.init(entity=TEAM, project=PROJECT) as run:
        made = artifact(name)
        run.link_artifact(made, registered(name), aliases=["prod"])
        run.link_artifact(made, f"wandb-registry-model/{name}-short")
    seen = api().artifact(f"{registered(name)}:prod")
    assert (seen.version, sorted(seen.aliases), seen.source_name) == ("v0", ["latest", "prod"], f"{name}:v0")
    assert (seen.project, seen.source_entity, seen.source_project) == ("wandb-registry-model", TEAM, PROJECT)
    assert api().artifact(f"wandb-registry-model/{name}-short").id == seen.id


@flow("link outside a run, `link_model`")
def link_outside_a_run() -> None:
    name = fresh("zoo")
    made = artifact(name)
    made.save(project=PROJECT)
    made.wait()
    made.link(registered(name), aliases=["candidate"])
    assert wandb.run is None
    assert sorted(api().artifact(f"{registered(name)}:v0").aliases) == ["candidate", "latest"]
    with wandb.init(entity=TEAM, project=PROJECT) as run:
        run.link_model(artifact_file(), name, name=f"{name}-model", aliases=["champion"])
    assert api().artifact(f"{registered(name)}:champion").version == "v1"


def artifact_file() -> str:
    with open(fresh("model"), "wb") as out:
        out.write(b"other weights")
    return out.name


@flow("unlink; link again")
def unlink() -> None:
    name = fresh("zoo")
    version = logged(name)
    version.link(registered(name))
    api().artifact(f"{registered(name)}:v0").unlink()
    assert not api().artifact_exists(f"{registered(name)}:v0")
    assert api().artifact(source(f"{name}:v0")).state == "COMMITTED"
    version.link(registered(name))
    assert api().artifact(f"{registered(name)}:latest").version == "v1"


@flow("delete a version, a collection")
def delete() -> None:
    name = fresh("zoo")
    logged(name, aliases=["best"])
    logged(name, content=b"second").link(registered(name))
    with refused("alias"):
        api().artifact(source(f"{name}:v0")).delete()
    api().artifact(source(f"{name}:v0")).delete(delete_aliases=True)
    assert not api().artifact_exists(source(f"{name}:v0"))
    api().artifact_collection("model", registered(name)).delete()
    assert not api().artifact_exists(f"{registered(name)}:v0")
    assert api().artifact(source(f"{name}:v1")).state == "COMMITTED"


@flow("edit a collection: name, description, tags, type")
def edit_a_collection() -> None:
    name = fresh("zoo")
    logged(name).link(registered(name))
    collection = api().artifact_collection("model", registered(name))
    assert not collection.is_sequence()
    collection.name, collection.description, collection.tags = f"{name}-new", "told", ["one", "two"]
    collection.save()
    seen = api().artifact_collection("model", registered(f"{name}-new"))
    assert (seen.description, sorted(seen.tags)) == ("told", ["one", "two"])
    seen.tags.remove("one")
    seen.save()
    assert list(api().artifact_collection("model", registered(f"{name}-new")).tags) == ["two"]
    sequence = api().artifact_collection("model", source(name))
    assert sequence.is_sequence()
    sequence.change_type("model2")
    assert api().artifact(source(f"{name}:v0")).type == "model2"


@flow("list types, collections and versions of a project and a registry")
def listings() -> None:
    name = fresh("zoo")
    for number in range(3):
        logged(name, content=b"%d" % number, tags=["even"] if number % 2 == 0 else None).link(registered(name))
    for place in (source(name), registered(name)):
        assert [each.version for each in api().artifacts("model", place)] == ["v2", "v1", "v0"]
        assert len(api().artifacts("model", place, per_page=2)) == 3
        project = place.rpartition("/")[0]
        assert name in [each.name for each in api().artifact_type("model", project).collections()]
        assert name in [each.name for each in api().artifact_collections(project, "model")]
        assert "model" in [each.name for each in api().artifact_types(project)]
        assert api().artifact_collection_exists(place, "model")
        assert not api().artifact_exists(f"{place}:v9")
    assert [each.version for each in api().artifacts("model", source(name), tags=["even"])] == ["v2", "v0"]
    assert PROJECT in [each.name for each in api().projects(TEAM)]
    seen = api().artifact(f"{registered(name)}:v1")
    links = [each.qualified_name for each in seen.source_artifact.linked_artifacts]
    assert links == [seen.qualified_name], links
    assert (seen.source_artifact.project, seen.is_link) == (PROJECT, True)


@flow("search registries, their collections and versions")
def search() -> None:
    registry = new_registry()
    name = fresh("zoo")
    for number in range(3):
        version = logged(name, content=b"%d" % number)
        version.metadata["acc"] = number / 10
        version.save()
        version.link(registered(name, registry.name), aliases=[f"x{number}"])

    def registries(**how: Any) -> Any:
        return api().registries(organization=ORGANIZATION, **how)

    for wanted in (registry.name, {"$regex": registry.name[:-1]}):
        found = [each.name for each in registries(filter={"name": wanted})]
        # Lists of 0.19 and 0.21 give the whole name.
        assert [each.removeprefix("wandb-registry-") for each in found] == [registry.name]
    assert len(list(registries())) >= 3
    one = registries(filter={"name": registry.name})
    assert [each.name for each in one.collections(filter={"name": {"$regex": "^zoo"}})] == [name]
    assert [each.version for each in one.collections().versions(filter={"alias": "x1"})] == ["v1"]
    assert len(list(one.versions())) == 3
    metric = {"$and": [{"metadata.acc": {"$gt": 0.05}}, {"metadata.acc": {"$lt": 0.15}}]}
    assert [each.version for each in one.versions(filter=metric)] == ["v1"]
    assert {each.name for each in one.versions(filter={"$or": [{"alias": "x0"}, {"alias": "x2"}]})} == {
        f"{name}:v0",
        f"{name}:v2",
    }


@flow("create, change, rename and delete a registry")
def registries() -> None:
    made = new_registry(["model"])
    name = made.name
    assert made.full_name == f"wandb-registry-{name}"
    with refused("already exists"):
        api().create_registry(name, visibility="organization", organization=ORGANIZATION)
    made.description = "told"
    made.artifact_types.append("dataset")
    made.save()
    seen = api().registry(name, organization=ORGANIZATION)
    assert (seen.description, sorted(seen.artifact_types)) == ("told", ["dataset", "model"])
    seen.name = f"{name}-new"
    seen.save()
    assert api().registry(f"{name}-new", organization=ORGANIZATION).description == "told"
    api().registry(f"{name}-new", organization=ORGANIZATION).delete()
    with refused("failed to load", "not found"):
        api().registry(f"{name}-new", organization=ORGANIZATION)


@flow("members of a registry and their roles")
def members() -> None:
    made = new_registry()
    needs(hasattr(made, "add_members"), "It has no `Registry.add_members`.")
    team = api().team(TEAM)
    person = api().user(next(each.username for each in team.members if each.username != PERSONAL))
    made.add_members(person, team)
    made.update_member(person, "admin")
    made.update_member(team, "member")
    assert {each.user.username: each.role for each in made.user_members()}[person.username] == "admin"
    assert [(each.team.name, each.role) for each in made.team_members()] == [(TEAM, "member")]
    made.remove_members(person, team)
    assert made.team_members() == []
    assert person.username not in [each.user.username for each in made.user_members()]
