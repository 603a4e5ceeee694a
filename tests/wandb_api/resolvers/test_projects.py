"""Projects, types and what is found in them by name."""

import pytest

from artifacts import access
from artifacts.actions import aliases_and_tags
from artifacts.models import Project, Role
from registry.actions.members import add_members
from registry_site.wandb_api.engine import ids
from tests import factories
from tests.conftest import World
from tests.wandb_api.asking import ask, document, nodes, post, queries_of, refusal
from tests.wandb_api.conftest import Linked

REGISTRY = {"entity": "acme-corp", "project": "wandb-registry-model"}
SOURCE = {"entity": "vision", "project": "detector"}


def test_a_registry_is_loaded_in_any_capitalization(linked: Linked, world: World) -> None:
    found = ask(world.carol, "FetchRegistry", name="wandb-registry-MODEL", entity="acme-corp")["entity"]["project"]
    assert found["name"] == "wandb-registry-model"
    assert found["entity"] == {"name": "acme-corp", "organization": {"name": "Acme Corp"}}
    assert ids.decode(found["internalId"], "ProjectInternalId") == world.model.pk
    assert (found["access"], found["allowAllArtifactTypes"]) == ("PRIVATE", False)
    assert [node["name"] for node in nodes(found["artifactTypes"])] == ["model"]


def test_what_is_hidden_is_answered_as_what_is_not_there(linked: Linked, world: World) -> None:
    def both(operation, **variables):
        gone = {key: "nothing" if value in {"acme-corp", "vision"} else value for key, value in variables.items()}
        assert ask(world.mallory, operation, **variables) == ask(world.mallory, operation, **gone)

    both("FetchRegistry", name="wandb-registry-model", entity="acme-corp")
    both("ArtifactMembershipByName", **REGISTRY, name="detectors:v0")
    both("ArtifactMembershipByName", **SOURCE, name="yolo:v0")
    hidden, gone = (refusal(world.mallory, "GetProjects", entity=name) for name in ("vision", "nothing"))
    assert hidden.replace("vision", "nothing") == gone
    both("RegistryUserMembers", **REGISTRY)
    both("ArtifactType", **SOURCE, name="yolo")


def test_a_version_is_found_by_number_alias_and_without(linked: Linked, world: World) -> None:
    def index(name, place=REGISTRY):
        found = ask(world.bob, "ArtifactMembershipByName", **place, name=name)["project"][
            "artifactCollectionMembership"
        ]
        return found and found["versionIndex"]

    assert [index(name) for name in ("detectors:v1", "detectors:x0", "detectors", "best:latest")] == [1, 0, 2, 0]
    assert index("yolo:latest", SOURCE) == 2
    for name in ("detectors:v9", "detectors:nope", "nope", "nope:v0", "", ":", "detectors:v0:v1", "Detectors:v0"):
        assert index(name) is None, name


def test_the_newest_stands_in_when_nobody_holds_latest(linked: Linked, world: World) -> None:
    aliases_and_tags.remove_aliases(linked.links[2], ["latest"], acting_user=world.bob)
    found = ask(world.bob, "ArtifactMembershipByName", **REGISTRY, name="detectors:latest")
    assert found["project"]["artifactCollectionMembership"]["versionIndex"] == 2


def test_the_old_model_registry_is_the_one_for_models(linked: Linked, world: World) -> None:
    found = ask(
        world.bob, "ArtifactMembershipByName", entity="vision", project="model-registry", name="detectors:v0"
    )  # fmt: skip
    place = found["project"]["artifactCollectionMembership"]["artifactCollection"]
    assert place["project"]["name"] == "wandb-registry-model"
    assert ask(world.mallory, "GetProject", name="model-registry", entity="vision") == {"project": None}


def test_types_are_those_in_use(linked: Linked, world: World) -> None:
    factories.version(linked.project, "coco", "dataset", user=world.bob)
    found = ask(world.bob, "ProjectArtifactTypes", **SOURCE)["project"]["artifactTypes"]
    assert sorted(node["name"] for node in nodes(found)) == ["dataset", "model"]
    one = ask(world.bob, "ProjectArtifactType", **SOURCE, type="dataset")["project"]["artifactType"]
    assert ids.decode(one["id"], "ArtifactType")
    assert ask(world.bob, "ProjectArtifactType", **SOURCE, type="x")["project"]["artifactType"] is None
    wanted = ask(world.bob, "ArtifactType", **SOURCE, name="coco:latest")["project"]["artifact"]
    assert wanted["artifactType"]["name"] == "dataset"


def test_a_collection_is_found_among_those_of_its_type(linked: Linked, world: World) -> None:
    def found(**variables):
        answer = ask(world.bob, "ProjectArtifactCollection", **{**REGISTRY, **variables})["project"]
        return answer["artifactType"] and answer["artifactType"]["artifactCollection"]

    assert found(type="model", name="detectors")["__typename"] == "ArtifactPortfolio"
    assert found(**SOURCE, type="model", name="yolo")["__typename"] == "ArtifactSequence"
    assert found(type="dataset", name="detectors") is None
    assert found(type="model", name="nope") is None


def test_who_may_write_is_told(linked: Linked, world: World) -> None:
    for user, expected in ((world.bob, False), (world.carol, True)):
        assert ask(user, "IsProjectReadOnly", **SOURCE)["project"]["readOnly"] is expected
        assert ask(user, "IsProjectReadOnly", **REGISTRY)["project"]["readOnly"] is expected


def test_the_projects_of_a_team(linked: Linked, world: World) -> None:
    factories.project(world.team, "second", user=world.alice)
    found = nodes(ask(world.carol, "GetProjects", entity="vision")["models"])
    assert [row["name"] for row in found] == ["second", "detector"]
    assert [row["user"]["username"] for row in found] == ["alice", "bob"]
    assert found[1]["entityName"] == "vision"


def test_members_of_a_registry_are_people_and_teams_with_their_roles(world: World) -> None:
    add_members(world.model, [world.bob, world.team], acting_user=world.alice)
    people = ask(world.carol, "RegistryUserMembers", **REGISTRY)["project"]["members"]
    assert [(row["username"], row["role"]["name"]) for row in people] == [("bob", "restricted_viewer")]
    teams = ask(world.carol, "RegistryTeamMembers", **REGISTRY)["project"]["teamMembers"]
    assert [(row["team"]["name"], row["role"]["name"]) for row in teams] == [("vision", "restricted_viewer")]
    assert len(teams[0]["team"]["members"]) == 3


def test_a_restricted_registry_is_there_for_those_let_in(world: World) -> None:
    Project.objects.filter(pk=world.dataset.pk).update(visibility="restricted")
    place = {"name": "wandb-registry-dataset", "entity": "acme-corp"}
    assert ask(world.bob, "FetchRegistry", **place)["entity"]["project"] is None
    world.dataset.refresh_from_db()
    add_members(world.dataset, [world.bob], acting_user=world.alice)
    assert access.role_in(world.bob, world.dataset) == Role.RESTRICTED_VIEWER
    assert ask(world.bob, "FetchRegistry", **place)["entity"]["project"]["access"] == "RESTRICTED"


def test_many_projects_cost_no_more_queries_than_few(linked: Linked, world: World) -> None:
    factories.project(world.team, "another", user=world.alice)
    few = queries_of(world.bob, "GetProjects", entity="vision")
    for number in range(48):
        factories.project(world.team, f"p{number}", user=world.alice)
    assert queries_of(world.bob, "GetProjects", entity="vision") == few


def test_a_hidden_project_is_not_reached_through_a_type_or_a_sequence(linked: Linked, world: World) -> None:
    text = """query ($id: ID!) { artifact(id: $id) {
        artifactType { name artifactCollections { edges { node { name } } } artifactCollection(name: "yolo") { name } }
        artifactSequence { name description project { name } tags { edges { node { name } } }
            aliases { edges { node { alias } } } artifacts { edges { version } } latestArtifact { id }
            defaultArtifactType { artifact(name: "yolo") { id } } artifactMembership(aliasName: "v0") { id } }
        createdBy { __typename } usedBy { edges { node { id } } } aliases { artifactCollection { name } }
    } }"""
    Project.objects.filter(pk=linked.project.pk).update(visibility="restricted")
    found = post(world.bob, text, {"id": linked.id_of(0)})["data"]["artifact"]
    sequence, kind = found["artifactSequence"], found["artifactType"]
    assert (sequence["name"], sequence["project"], found["createdBy"]) == ("yolo", None, None)
    assert nodes(sequence["aliases"]) == nodes(sequence["tags"]) == sequence["artifacts"]["edges"] == []
    assert sequence["latestArtifact"] is sequence["artifactMembership"] is None
    assert sequence["defaultArtifactType"]["artifact"] is kind["artifactCollection"] is None
    assert kind["artifactCollections"] is None
    assert {row["artifactCollection"]["name"] for row in found["aliases"]} == {"detectors"}


@pytest.mark.parametrize("text", ["a\x00b", "\ud800", "x" * 100_000, "' OR 1=1--", "%", "../..", ""])
def test_text_that_no_row_can_hold_is_answered(linked: Linked, world: World, text: str) -> None:
    for operation, variables in (
        ("GetProject", {"name": text, "entity": "vision"}),
        ("GetProject", {"name": "detector", "entity": text}),
        ("ArtifactMembershipByName", {**SOURCE, "name": text}),
        ("FetchOrganization", {"org": text}),
        ("SearchUsers", {"query": text}),
        ("ProjectArtifactType", {**SOURCE, "type": text}),
        ("ClientIDMapping", {"clientID": text}),
        ("ArtifactByID", {"id": text}),
    ):
        answer = post(world.bob, document(operation), variables)
        for error in answer.get("errors", ()):
            assert not error["message"].startswith("Internal error"), (operation, error)
