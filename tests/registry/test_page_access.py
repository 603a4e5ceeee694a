"""Every page of the Registry App, asked by a stranger to the site, an outsider, a viewer and somebody who may."""

import pytest
from django.test import Client

from artifacts.models import User
from registry.actions import registries
from registry.actions.link import link_by_name
from tests import factories
from tests.conftest import World

pytestmark = pytest.mark.once

HOME = "/orgs/Acme Corp/registry"
REGISTRY = f"{HOME}/model"
COLLECTION = f"{REGISTRY}/detectors"
MODAL = "/vision/detector/artifacts/-/link/yolo/v0"

READ = [
    HOME,
    REGISTRY,
    f"{REGISTRY}?open=detectors",
    f"{REGISTRY}/-/history",
    f"{REGISTRY}/-/members",
    f"{REGISTRY}/-/settings",
    COLLECTION,
    f"{COLLECTION}?metrics=1",
    f"{COLLECTION}/-/compare?version=v0",
]
WRITE = [
    f"{REGISTRY}/-/new-collection",
    f"{COLLECTION}/-/link",
    f"{COLLECTION}/-/delete",
    f"{COLLECTION}/-/tags",
    f"{COLLECTION}/-/description",
    f"{COLLECTION}/v0/-/unlink",
]


@pytest.fixture
def stocked(world: World) -> World:
    """A linked version with a run."""
    stock(world, 1)
    return world


def stock(world: World, count: int) -> None:
    source = factories.project(world.team, "detector", user=world.bob)
    for number in range(count):
        run = factories.run(source, user=world.bob, summary={"val_acc": 0.9 + number / 1000})
        version = factories.version(source, "yolo", user=world.bob, run=run)
        link_by_name(version, world.model, "detectors", aliases=[f"a{number}"], acting_user=world.bob)
        made = factories.version(source, f"net-{number}", user=world.bob)
        link_by_name(made, world.model, f"other-{number}", acting_user=world.bob)
        registries.create_registry(
            world.organization, f"Custom {world.model.collections.count()}", types=["model"], acting_user=world.bob
        )


def as_user(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize("path", [*READ, *WRITE, MODAL, "/registry", "/search?q=a"])
def test_a_stranger_is_asked_to_log_in(client: Client, stocked: World, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 302
    assert response["Location"].startswith("/login")


@pytest.mark.parametrize("path", [*READ, *WRITE, MODAL])
def test_an_outsider_finds_nothing(stocked: World, path: str) -> None:
    assert as_user(stocked.mallory).get(path).status_code == 404


@pytest.mark.parametrize("path", READ)
def test_a_viewer_reads(stocked: World, path: str) -> None:
    response = as_user(stocked.carol).get(path)
    assert response.status_code == 200
    assert "Link new version</a>" not in response.content.decode()
    assert "Delete collection" not in response.content.decode()


@pytest.mark.parametrize("path", WRITE)
def test_a_viewer_is_refused_what_changes(stocked: World, path: str) -> None:
    assert as_user(stocked.carol).get(path).status_code == 403


@pytest.mark.parametrize("path", [*READ, *WRITE, MODAL])
def test_a_member_gets_every_page(stocked: World, path: str) -> None:
    assert as_user(stocked.bob).get(path).status_code == 200


@pytest.mark.parametrize("path", WRITE)
def test_htmx_gets_the_dialog_alone(stocked: World, path: str) -> None:
    shown = as_user(stocked.bob).get(path, headers={"HX-Request": "true", "HX-Target": "dialog"}).content.decode()
    assert shown.lstrip().startswith(('<div class="sheet">', '<div class="modal">'))


def test_a_restricted_registry_is_absent_for_others(stocked: World) -> None:
    registries.create_registry(stocked.organization, "Secret", visibility="restricted", acting_user=stocked.bob)
    assert "Secret" in as_user(stocked.bob).get(HOME).content.decode()
    assert "Secret" not in as_user(stocked.carol).get(HOME).content.decode()
    assert as_user(stocked.carol).get(f"{HOME}/Secret").status_code == 404
