"""“Create collection” with its optional part “Link version”: all of it is made, or nothing."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from artifacts.models import AuditEvent, Collection, Membership
from registry.actions import registries
from tests import factories
from tests.conftest import World

PANEL = "/orgs/Acme Corp/registry/model/-/new-collection"
HTMX = {"HX-Request": "true", "HX-Target": "dialog"}
CHOSEN = {"project": "vision/detector", "artifact": "yolo", "version": "v0"}
WHOLE = {"name": "detectors", "type": "model", "description": "*fast*", "tags": "night", **CHOSEN}


@pytest.fixture
def stocked(world: World) -> World:
    source = factories.project(world.team, "detector", user=world.bob)
    factories.version(source, "yolo", user=world.bob)
    factories.version(source, "coco", "dataset", user=world.bob)
    factories.version(source, "net", user=world.bob)
    factories.version(factories.project(world.team, "other", user=world.bob), "net", user=world.bob)
    return world


def test_the_collection_and_its_first_version_are_made_together(client: Client, stocked: World) -> None:
    client.force_login(stocked.bob)
    page = client.get(PANEL).content.decode()
    assert "<summary>" in page
    assert "Link version" in page
    for label in ("Name", "Type", "Description", "Tags", "Project", "Artifact", "Version"):
        assert f">{label}</label>" in page
    response = client.post(PANEL, WHOLE, headers=HTMX)
    assert (response.status_code, response["HX-Redirect"]) == (204, "/orgs/Acme%20Corp/registry/model/detectors")
    made = Membership.objects.get(collection__name="detectors")
    assert (made.version.sequence.name, made.name, made.collection.description) == ("yolo", "v0", "*fast*")
    assert list(made.collection.tags.values_list("name", flat=True)) == ["night"]
    page = client.get(response["HX-Redirect"]).content.decode()
    assert (
        'Created collection; linked as <a href="/orgs/Acme%20Corp/registry/model/detectors/v0">detectors:v0</a>' in page
    )


def test_the_type_decides_what_can_be_linked(client: Client, stocked: World) -> None:
    registries.create_registry(stocked.organization, "Sandbox", acting_user=stocked.bob)
    panel = "/orgs/Acme Corp/registry/Sandbox/-/new-collection"
    client.force_login(stocked.bob)
    headers = {"HX-Request": "true", "HX-Target": "source-fields", "HX-Trigger": "id_type"}

    def offered(**asked: str) -> list[str]:
        response = client.get(panel, {"project": "vision/detector", "name": "x", **asked}, headers=headers)
        assert response.content.decode().lstrip().startswith('<div id="source-fields"')
        return [name for name, _ in response.context["source"].artifact.options]

    assert offered(type="dataset") == ["coco"]
    assert offered(type="model", artifact="coco") == ["net", "yolo"]
    assert offered(type="engine") == []
    given = {**WHOLE, "type": "dataset", "artifact": "yolo"}
    response = client.post(panel, given, headers=HTMX)
    assert "no artifact of this name and of type dataset" in response.context["source"].artifact.error
    assert client.post(panel, {**given, "artifact": "coco"}, headers=HTMX).status_code == 204
    assert Collection.objects.get(name="detectors").type == "dataset"


@pytest.mark.parametrize(
    ("given", "control", "words"),
    [
        ({"version": "v9"}, "version", "no version “v9”"),
        ({"version": ""}, "version", "Choose a version."),
        ({"artifact": "", "version": ""}, "artifact", "Choose an artifact."),
        ({"artifact": "coco"}, "artifact", "of type model"),
        ({"project": "vision/nothing"}, "project", "no project of this name"),
        ({"project": "strangers/secret"}, "project", "no project of this name"),
        ({"project": "bob/mine"}, "project", "no project of this name"),
    ],
)
def test_what_is_wrong_stands_beside_its_control_and_nothing_is_made(
    client: Client, stocked: World, given: dict[str, str], control: str, words: str
) -> None:
    factories.version(factories.project(stocked.bob.personal, "mine", user=stocked.bob), "own", user=stocked.bob)
    factories.version(factories.project(stocked.strangers, "secret", user=stocked.mallory), "x", user=stocked.mallory)
    client.force_login(stocked.bob)
    before = AuditEvent.objects.count()
    response = client.post(PANEL, {**WHOLE, **given}, headers=HTMX)
    assert response.status_code == 422
    assert words in getattr(response.context["source"], control).error
    page = response.content.decode()
    for kept in ('value="detectors"', "*fast*", 'value="night"', '<details class="summary linking fold" open>'):
        assert kept in page
    assert (Collection.objects.portfolios().count(), AuditEvent.objects.count()) == (0, before)


def test_a_name_that_is_taken_leaves_the_version_unlinked(client: Client, stocked: World) -> None:
    factories.portfolio(stocked.model, "detectors", user=stocked.bob)
    client.force_login(stocked.bob)
    response = client.post(PANEL, WHOLE, headers=HTMX)
    assert "A collection named “detectors” exists" in response.context["form"].errors["name"][0]
    assert '<option value="v0" selected>' in response.content.decode()
    assert not Membership.objects.filter(collection__kind="portfolio").exists()


def test_without_a_version_it_stays_empty_even_where_there_is_but_one_to_choose(client: Client, world: World) -> None:
    factories.version(factories.project(world.team, "detector", user=world.bob), "yolo", user=world.bob)
    client.force_login(world.bob)
    source = client.get(PANEL).context["source"]
    given = {"name": "empty", "type": "model", **{choice.name: choice.value for choice in source.choices}}
    assert client.post(PANEL, given, headers=HTMX).status_code == 204
    assert Collection.objects.get(name="empty").version_count == 0


def test_long_lists_of_projects_are_searched_by_team_and_name(client: Client, stocked: World) -> None:
    for number in range(60):
        factories.project(stocked.team, f"p{number:02}", user=stocked.bob)
    client.force_login(stocked.bob)

    def found(typed: str) -> list[str]:
        return [name for name, _ in client.get(PANEL, {"project": typed}).context["source"].project.options]

    assert found("det") == ["vision/detector"]
    assert found("vision/p5") == [f"vision/p{number}" for number in range(50, 60)]
    assert found("strangers/p") == []
    step = client.post(PANEL, {"name": "kept", "type": "model", "project": "det", "pick_project": "vision/detector"})
    page = step.content.decode()
    assert (step.status_code, step.context["source"].project.value) == (200, "vision/detector")
    assert 'value="kept"' in page
    assert '<details class="summary linking fold" open>' in page


def test_the_number_of_queries_does_not_grow(client: Client, stocked: World) -> None:
    client.force_login(stocked.bob)

    def count() -> int:
        client.get(PANEL, CHOSEN)
        with CaptureQueriesContext(connection) as asked:
            client.get(PANEL, CHOSEN)
        return len(asked)

    few = count()
    source = stocked.team.projects.get(name="detector")
    for number in range(20):
        factories.project(stocked.team, f"p{number:02}", user=stocked.bob)
        factories.version(source, "yolo", user=stocked.bob)
        factories.version(source, f"net-{number}", user=stocked.bob)
    assert count() <= few
