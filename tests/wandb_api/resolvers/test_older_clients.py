"""What clients from 0.19 on ask for beside the installed one, in our own words: CI sees when it goes, without installing them.

`uv run python -m benchmarks.client_versions` tries the real ones.
"""

from typing import Any

import pytest
from graphql import GraphQLInputObjectType, GraphQLNonNull, GraphQLObjectType

from artifacts.models import Collection
from registry_site.wandb_api.operation import run_document
from registry_site.wandb_api.schema import schema
from tests.conftest import World
from tests.wandb_api.asking import post
from tests.wandb_api.conftest import Linked
from tests.wandb_api.engine.test_limits import SIGNED_IN

# The types that they look at before they send a document, with the fields that decide how they go on.
PROBED = {
    "AddAliasesInput": {"aliases"},
    "Artifact": {"tags", "ttlDurationSeconds", "ttlIsInherited"},
    "CreateArtifactFileSpecInput": {"artifactManifestID", "uploadPartsInput"},
    "CreateArtifactInput": {"historyStep", "tags", "ttlDurationSeconds"},
    "Mutation": {"createRunFiles", "updateRunState"},
    "Organization": {"orgEntity"},
    "Project": {"artifact"},
    "Query": {"artifact", "organization", "serverInfo", "viewer"},
    "Run": {"projectId"},
    "ServerInfo": {"cliVersionInfo", "latestLocalVersionInfo"},
    "ServerSettings": {"serverMessages"},
    "UseArtifactInput": {"artifactEntityName", "artifactProjectName", "usedAs"},
}

# Payloads whose type they compare with a name of their own.
PAYLOADS = {
    "createFilterTrigger": "CreateFilterTriggerPayload",
    "deleteModel": "DeleteModelPayload",
    "deleteTrigger": "DeleteTriggerPayload",
    "unlinkArtifact": "UnlinkArtifactPayload",
    "updateFilterTrigger": "UpdateFilterTriggerPayload",
}


def ask(world: World, text: str, **variables: Any) -> Any:
    """The data that bob is answered with; there must be no errors."""
    answer = post(world.bob, text, variables)
    assert "errors" not in answer, answer["errors"]
    return answer["data"]


@pytest.mark.parametrize("name", PROBED)
def test_a_type_that_is_probed_is_there(name: str) -> None:
    text = f'query Probe {{ found: __type(name: "{name}") {{ fields {{ name }} inputFields {{ name }} }} }}'
    found = run_document(text, None, None, SIGNED_IN)["data"]["found"]
    fields = {field["name"] for field in (found["fields"] or found["inputFields"])}
    assert fields >= PROBED[name]


def test_three_types_may_be_probed_at_once() -> None:
    text = "query Probe { " + " ".join(
        f'{name}: __type(name: "{name}") {{ fields {{ name }} }}' for name in ("Query", "Mutation", "ServerInfo")
    )
    assert run_document(text + " }", None, None, SIGNED_IN)["data"]["Mutation"]["fields"]


def test_no_input_demands_what_they_do_not_know() -> None:
    """What was added to an input since 0.19 must stay optional."""
    demanded = {
        "AddAliasesInput": {"aliases", "artifactID"},
        "CreateArtifactFileSpecInput": {"artifactID", "name"},
        "CreateArtifactInput": {"artifactTypeName", "digest", "digestAlgorithm", "entityName", "projectName"},
        "LinkArtifactInput": set(),
        "UnlinkArtifactInput": {"artifactID", "artifactPortfolioID"},
        "UpdateArtifactInput": {"artifactID"},
        "UpsertBucketInput": set(),
        "UpsertModelInput": set(),
        "UseArtifactInput": {"artifactID", "entityName", "projectName", "runName"},
    }
    for name, expected in demanded.items():
        kind = schema().type_map[name]
        assert isinstance(kind, GraphQLInputObjectType)
        assert {field for field, known in kind.fields.items() if isinstance(known.type, GraphQLNonNull)} == expected


def test_payloads_bear_the_names_that_they_compare() -> None:
    mutation = schema().mutation_type
    assert isinstance(mutation, GraphQLObjectType)
    assert {name: str(mutation.fields[name].type) for name in PAYLOADS} == PAYLOADS


def test_a_sequence_is_told_from_a_portfolio_by_its_type(world: World, linked: Linked) -> None:
    text = """query Kind($entity: String!, $project: String!, $name: String!) {
      project(name: $project, entityName: $entity) { artifactType(name: "model") {
        artifactCollection(name: $name) { __typename name tags { edges { node { id name tagCategoryName } } } }
        artifactSequence(name: $name) { __typename } } } }"""
    own = ask(world, text, entity="vision", project=linked.project.name, name="yolo")["project"]["artifactType"]
    assert own["artifactSequence"] == {"__typename": "ArtifactSequence"}
    place = {"entity": world.model.entity.name, "project": world.model.name}
    published = ask(world, text, **place, name="detectors")["project"]["artifactType"]
    assert published["artifactCollection"]["__typename"] == "ArtifactPortfolio"
    assert published["artifactSequence"] is None
    assert ask(world, text, **place, name="nothing")["project"]["artifactType"]["artifactSequence"] is None


def test_an_unlinked_version_is_named_in_the_answer(world: World, linked: Linked) -> None:
    portfolio = ask(
        world,
        """query($entity: String!, $project: String!) { project(name: $project, entityName: $entity) {
        artifactCollection(name: "best") { id } } }""",
        entity=world.model.entity.name,
        project=world.model.name,
    )["project"]["artifactCollection"]["id"]
    text = """mutation Unlink($artifact: ID!, $portfolio: ID!) { unlinkArtifact(
      input: {artifactID: $artifact, artifactPortfolioID: $portfolio, clientMutationId: "x"}
    ) { artifactID success clientMutationId } }"""
    answer = ask(world, text, artifact=linked.id_of(2), portfolio=portfolio)["unlinkArtifact"]
    assert answer == {"artifactID": linked.id_of(2), "success": True, "clientMutationId": "x"}
    assert not Collection.objects.get(name="best").memberships.exists()


def test_a_tag_has_a_category_though_there_are_none(world: World, linked: Linked) -> None:
    text = """mutation Tag($input: CreateArtifactCollectionTagAssignmentsInput!) {
      createArtifactCollectionTagAssignments(input: $input) { tags { id name tagCategoryName } } }"""
    place = {"entityName": world.model.entity.name, "projectName": world.model.name}
    words = {**place, "artifactCollectionName": "detectors", "tags": [{"tagName": "t"}]}
    [tag] = ask(world, text, input=words)["createArtifactCollectionTagAssignments"]["tags"]
    assert (tag["name"], tag["tagCategoryName"]) == ("t", "")


def test_the_number_in_a_registry_is_among_the_aliases_there(world: World, linked: Linked) -> None:
    """0.23 reads `version` off the membership's aliases and else takes the source's number."""
    text = """query Named($entity: String!, $project: String!) { project(name: $project, entityName: $entity) {
      artifactCollectionMembership(name: "best:latest") { aliases { id alias } artifact { versionIndex } } } }"""
    found = ask(world, text, entity=world.model.entity.name, project=world.model.name)
    membership = found["project"]["artifactCollectionMembership"]
    assert [alias["alias"] for alias in membership["aliases"]] == ["latest", "v0"]
    assert membership["artifact"]["versionIndex"] == 2


def test_sync_of_an_older_client_gets_the_settings_that_it_asks_for(world: World) -> None:
    text = """mutation Begin($name: String!) { upsertBucket(input: {name: $name, modelName: "p", entityName: "vision"}) {
      inserted serverSettings { serverMessages { utfText plainText htmlText messageType messageLevel } } } }"""
    assert ask(world, text, name="abcd1234")["upsertBucket"] == {
        "inserted": True,
        "serverSettings": {"serverMessages": []},
    }
