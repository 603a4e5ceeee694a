"""What the client lists of a version's files, and who gets their addresses."""

import base64
import json

import pytest
from django.test import Client

from artifacts.actions import people
from artifacts.models import OrganizationMember, ProjectMember, TeamMember
from registry.actions.link import link_by_name
from registry_site.wandb_api.engine import ids
from tests import factories
from tests.uploading import logged

FILES = {f"file{number}": str(number).encode() for number in range(5)}
LIST = """query($entity: String!, $project: String!, $first: Int, $after: String, $urls: Boolean!) {
  project(entityName: $entity, name: $project) { artifactCollection(name: "detectors") {
    artifactMembership(aliasName: "v0") {
      files(first: $first, after: $after) {
        totalCount pageInfo { endCursor hasNextPage }
        edges { node { name sizeBytes directUrl @include(if: $urls) } }
      }
      artifact { currentManifest { file { directUrl @include(if: $urls) id } } }
    } } } }"""


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.STORAGES = {
        **settings.STORAGES,
        "artifacts": {**settings.STORAGES["artifacts"], "OPTIONS": {"location": tmp_path}},
    }


@pytest.fixture
def link(world):
    version = logged(factories.project(world.team, user=world.bob), FILES, user=world.bob)
    return link_by_name(version, world.model, "detectors", acting_user=world.bob)


def ask(user, link, **variables):
    _, key = people.create_api_key(user, acting_user=user)
    registry = link.collection.project
    variables = {"entity": registry.entity.name, "project": registry.name, "urls": True, **variables}
    header = {"Authorization": "Basic " + base64.b64encode(f"api:{key}".encode()).decode()}
    data = json.dumps({"query": LIST, "variables": variables})
    return Client().post("/graphql", data, content_type="application/json", headers=header).json()


def place_of(answer):
    return answer["data"]["project"]["artifactCollection"]["artifactMembership"]


def test_files_come_in_pages_with_addresses_that_work(world, link):
    found, after = {}, None
    while True:
        page = place_of(ask(world.carol, link, first=2, after=after))["files"]
        assert page["totalCount"] == 5
        found |= {edge["node"]["name"]: edge["node"]["directUrl"] for edge in page["edges"]}
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert list(found) == sorted(FILES)
    for name, address in found.items():
        assert address.startswith("http://testserver/wandb_artifacts/")
        assert b"".join(Client().get(address.removeprefix("http://testserver")).streaming_content) == FILES[name]


def test_a_restricted_viewer_sees_names_but_fetches_nothing(world, link):
    OrganizationMember.objects.filter(user=world.carol).delete()
    TeamMember.objects.filter(user=world.carol).delete()
    ProjectMember.objects.create(project=world.model, user=world.carol, role="restricted_viewer")
    names = place_of(ask(world.carol, link, urls=False))["files"]
    assert [edge["node"]["name"] for edge in names["edges"]] == sorted(FILES)
    refused = ask(world.carol, link)
    assert "permission denied" in refused["errors"][0]["message"]
    assert "/wandb_artifacts/" not in json.dumps(refused)


def test_an_outsider_sees_nothing(world, link):
    assert ask(world.mallory, link)["data"]["project"] is None


def test_entries_left_out_are_no_entries(world, link):
    _, key = people.create_api_key(world.bob, acting_user=world.bob)
    text = """query($id: ID!) { artifact(id: $id) {
      filesByManifestEntries(storageLayout: "V2", manifestVersion: "1") { edges { node { name } } } } }"""
    data = json.dumps({"query": text, "variables": {"id": ids.encode("Artifact", link.version_id)}})
    header = {"Authorization": "Basic " + base64.b64encode(f"api:{key}".encode()).decode()}
    answer = Client().post("/graphql", data, content_type="application/json", headers=header).json()
    assert answer == {"data": {"artifact": {"filesByManifestEntries": {"edges": []}}}}
