"""The Registry App's home, and making a registry."""

import json

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from artifacts.models import Project, ProtectedAlias
from registry.actions import registries
from registry.actions.link import link_by_name
from registry.models import Registry, Star
from tests import factories
from tests.conftest import World

HOME = "/orgs/Acme Corp/registry"
NEW = f"{HOME}/-/new-registry"


def shown(client: Client, path: str, **headers: str) -> str:
    response = client.get(path, headers=headers)
    assert response.status_code == 200
    return response.content.decode()


def test_the_first_page_leads_home_or_to_the_login(client: Client, world: World) -> None:
    assert client.get("/")["Location"] == "/login"
    client.force_login(world.bob)
    assert client.get("/")["Location"] == "/registry"
    assert client.get("/registry/")["Location"] == "/registry"
    assert client.get(f"{HOME}/")["Location"] == "/orgs/Acme%20Corp/registry"


def test_the_home_is_that_of_the_visitors_organization(client: Client, world: World) -> None:
    client.force_login(world.mallory)
    assert "Versions that Elsewhere shares" in shown(client, "/registry")
    assert client.get(HOME).status_code == 404


def test_the_short_address_of_a_registry_is_that_of_the_visitors_organization(client: Client, world: World) -> None:
    client.force_login(world.carol)
    assert client.get("/registry/model")["Location"] == f"{HOME.replace(' ', '%20')}/model"
    assert client.get("/registry/Model")["Location"] == f"{HOME.replace(' ', '%20')}/model"
    assert client.get("/registry/nothing").status_code == 404
    world.carol.organization_memberships.all().delete()
    assert "Ask an administrator to add you" in shown(client, "/registry/model")


def test_whoever_is_in_no_organization_is_told_what_to_do(client: Client, world: World) -> None:
    world.bob.organization_memberships.all().delete()
    client.force_login(world.bob)
    assert "Ask an administrator to add you" in shown(client, "/registry")


def test_cards_show_types_counts_and_the_newest_links(client: Client, world: World) -> None:
    source = factories.project(world.team, "detector", user=world.bob)
    link_by_name(factories.version(source, user=world.bob), world.model, "detectors", acting_user=world.bob)
    ProtectedAlias.objects.create(project=world.model, name="latest", name_key="latest")
    client.force_login(world.bob)
    page = shown(client, HOME)
    assert "<b>1</b> collection</span><span><b>1</b> version</span>" in page
    assert "detectors:v0" in page
    assert "protected alias" in page
    assert "Welcome to Registry!" in page
    assert page.index(">model</a>") < page.index(">dataset</a>")


def test_a_link_into_a_hidden_registry_is_not_among_the_newest(client: Client, world: World) -> None:
    secret = registries.create_registry(
        world.organization, "Secret", visibility="restricted", acting_user=world.bob
    ).project
    source = factories.project(world.team, "detector", user=world.bob)
    link_by_name(factories.version(source, user=world.bob), secret, "hush", acting_user=world.bob)
    client.force_login(world.bob)
    assert "hush:v0" in shown(client, HOME)
    client.force_login(world.carol)
    assert "hush" not in shown(client, HOME)


def test_starred_registries_come_first_and_the_rest_by_name(client: Client, world: World) -> None:
    for name in ("Alpha", "Beta", "Gamma"):
        registries.create_registry(world.organization, name, acting_user=world.bob)
    client.force_login(world.bob)
    response = client.post(f"{HOME}/Gamma/-/star", headers={"HX-Request": "true"})
    assert 'aria-pressed="true"' in response.content.decode()
    page = shown(client, HOME)
    assert page.index(">Gamma</a>") < page.index(">Alpha</a>") < page.index(">Beta</a>")
    for _ in range(2):  # in two tabs
        client.post(f"{HOME}/Gamma/-/star", {"on": "1"})
        assert Star.objects.count() == 1
    assert 'name="on" value="0" aria-pressed="true" aria-label="Star Gamma"' in shown(client, HOME)
    client.post(f"{HOME}/Gamma/-/star")
    assert not Star.objects.exists()


def test_hundreds_of_registries_are_paged_without_losing_one(client: Client, world: World) -> None:
    for number in range(60):
        registries.create_registry(world.organization, f"Registry {number:02}", acting_user=world.bob)
    client.force_login(world.bob)
    for sort in ("name", "linked", "versions"):
        seen: list[str] = []
        path = f"{HOME}?sort={sort}"
        while path:
            response = client.get(path)
            custom = response.context["custom"]
            seen += [registry.project.title for registry in custom.rows]
            before, path = path, custom.older and HOME + custom.older
        assert sorted(seen) == sorted(f"Registry {number:02}" for number in range(60))
        back = client.get(before).context["custom"].newer
        assert [row.project.title for row in client.get(HOME + back).context["custom"].rows] == seen[24:48]


def test_cards_are_read_without_a_second_look_at_all_projects(client: Client, world: World) -> None:
    """PostgreSQL joins the two badly before it has counted its tables: seconds for hundreds of registries made at once."""
    client.force_login(world.bob)
    with CaptureQueriesContext(connection) as asked:
        shown(client, HOME)
    cards = [query["sql"] for query in asked if 'FROM "registry_registry"' in query["sql"]]
    assert len(cards) == 2
    assert not any('FROM "artifacts_project"' in sql for sql in cards)


def test_a_broken_cursor_begins_at_the_start(client: Client, world: World) -> None:
    registries.create_registry(world.organization, "Alpha", acting_user=world.bob)
    client.force_login(world.bob)
    for cursor in ("x", "W10", "!!", "bnVsbA", "WzEsMiwzXQ"):
        assert client.get(HOME, {"after": cursor}).status_code == 200


def test_a_registry_is_created_with_its_types(client: Client, world: World) -> None:
    client.force_login(world.bob)
    form = shown(client, NEW)
    for label in (
        "Name",
        "Description",
        "Registry visibility",
        "Accepted artifacts type",
        "All types",
        "Specify types",
    ):
        assert label in form
    given = {"name": "Golden Datasets", "visibility": "restricted", "accepted": "specify", "types": "dataset, labels"}
    response = client.post(NEW, given)
    assert response["Location"] == "/orgs/Acme%20Corp/registry/Golden%20Datasets"
    made = Registry.objects.get(project__name="wandb-registry-Golden Datasets")
    assert made.type_names == ["dataset", "labels"]
    assert made.project.visibility == Project.Visibility.RESTRICTED
    assert client.get(response["Location"]).status_code == 200


def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_lost(client: Client, world: World) -> None:
    client.force_login(world.bob)
    for given, words in (
        ({"name": "a/b"}, "contains “/”"),
        ({"name": "model"}, "A registry named “model” exists"),
        ({"name": ""}, "required"),
        ({"name": "fine", "accepted": "specify"}, "Name at least one type"),
        ({"name": "fine", "visibility": "secret"}, "not one of the available choices"),
    ):
        given = {"visibility": "organization", "accepted": "all", "description": "kept", **given}
        response = client.post(NEW, given, headers={"HX-Request": "true"})
        assert response.status_code == 422
        assert words in response.content.decode()
        assert "kept" in response.content.decode()
    assert Registry.objects.filter(project__is_core=False).count() == 0


def test_a_viewer_makes_no_registry(client: Client, world: World) -> None:
    client.force_login(world.carol)
    assert "Create registry" not in shown(client, HOME)
    assert client.post(NEW, {"name": "x", "visibility": "organization", "accepted": "all"}).status_code == 403


def test_after_creating_htmx_goes_to_the_registry(client: Client, world: World) -> None:
    client.force_login(world.bob)
    given = {"name": "Mine", "visibility": "organization", "accepted": "all"}
    response = client.post(NEW, given, headers={"HX-Request": "true"})
    assert (response.status_code, response["HX-Redirect"]) == (204, "/orgs/Acme%20Corp/registry/Mine")
    assert "HX-Trigger" not in response or json.loads(response["HX-Trigger"])
