"""Deleting a source version in the browser, with what breaks by it, and its time to live."""

from django.test import Client

from registry.actions import registries
from registry.actions.link import link_by_name
from tests import factories
from tests.conftest import World

DELETE = "/vision/detector/artifacts/-/delete/yolo/v0"
TTL = "/vision/detector/artifacts/-/ttl/yolo/v0"


def test_the_dialog_names_the_links_that_break_and_deletes(client: Client, world: World) -> None:
    version = factories.version(factories.project(world.team, user=world.bob), user=world.bob)
    link_by_name(version, world.model, "detectors", aliases=["prod"], acting_user=world.bob)
    secret = registries.create_registry(
        world.organization, "Secret", visibility="restricted", acting_user=world.alice
    ).project
    link_by_name(version, secret, "hidden", acting_user=world.alice)
    client.force_login(world.bob)
    dialog = client.get(DELETE).content.decode()
    assert "2 links would end" in dialog
    assert "model/detectors:v0" in dialog
    assert "some in registries you can’t see" in dialog
    assert "Delete version" in dialog
    assert "hidden" not in dialog.split("<main")[1].split("can’t see")[0].replace('type="hidden"', "")
    assert client.post(DELETE).status_code == 302
    version.refresh_from_db()
    assert version.is_deleted
    said = client.get("/orgs/Acme Corp/registry/model/detectors/v0").content.decode()
    assert "This version was deleted." in said
    assert "by bob." in said


def test_a_protected_alias_anywhere_keeps_it(client: Client, world: World) -> None:
    version = factories.version(factories.project(world.team, user=world.bob), user=world.bob)
    registries.protect_alias(world.model, "prod", acting_user=world.alice)
    link_by_name(version, world.model, "detectors", aliases=["prod"], acting_user=world.alice)
    client.force_login(world.bob)
    dialog = client.get(DELETE).content.decode()
    assert "It can’t be deleted now." in dialog
    assert "Delete version" not in dialog
    answer = client.post(DELETE)
    assert answer.status_code == 422
    assert "a registry holds this version by a protected alias" in answer.content.decode()
    version.refresh_from_db()
    assert not version.is_deleted


def test_the_time_to_live_is_set_in_days_and_does_not_count_while_it_is_linked(client: Client, world: World) -> None:
    version = factories.version(factories.project(world.team, user=world.bob), user=world.bob)
    client.force_login(world.bob)
    page = "/vision/detector/artifacts/model/yolo/v0"
    assert "Edit TTL policy" in client.get(page).content.decode()
    assert client.post(TTL, {"policy": "custom"}).status_code == 422
    assert client.post(TTL, {"policy": "custom", "days": "30"}).status_code == 302
    assert "30 days" in client.get(page).content.decode()
    assert client.post(TTL, {"policy": "deactivate"}).status_code == 302
    version.refresh_from_db()
    assert version.ttl_seconds == 0
    link_by_name(version, world.model, "detectors", acting_user=world.bob)
    assert "doesn’t count while the version is linked" in client.get(TTL).content.decode()
    assert client.post(TTL, {"policy": "custom", "days": "3"}).status_code == 302
    assert "3 days" in client.get(page).content.decode()
    assert "not while it is linked" in client.get(page).content.decode()
    client.force_login(world.carol)
    assert client.post(TTL, {"policy": "deactivate"}).status_code == 403
