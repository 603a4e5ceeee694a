"""The Undo of a link that made its collection, or a registry with one, takes those back too, unless they were used meanwhile."""

import json
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils.http import urlencode

from artifacts.actions import aliases_and_tags, collections
from artifacts.models import ArtifactVersion, AuditEvent, Collection, Project
from registry.actions import members, registries
from registry.actions.link import link_by_name, unlink_version
from registry.models import Registry
from tests import factories
from tests.conftest import World

HTMX = {"HX-Request": "true"}
MODAL = "/vision/detector/artifacts/-/link/yolo/v0"
NEW_COLLECTION = {"target": "new", "registry": "model", "name": "fresh", "aliases": "best", "step": "link"}
NEW_REGISTRY = {
    **NEW_COLLECTION,
    "registry": "/new",
    "new-name": "Robots",
    "new-visibility": "organization",
    "new-accepted": "specify",
    "new-types": "model",
}
REGISTRY = "/orgs/Acme%20Corp/registry"


@pytest.fixture
def version(world: World, client: Client) -> ArtifactVersion:
    """What bob, who is logged in, links."""
    client.force_login(world.bob)
    return factories.version(factories.project(world.team, user=world.bob), user=world.bob)


def undo_of(client: Client, given: dict[str, str]) -> str:
    answer = client.post(MODAL, given, headers=HTMX)
    return str(json.loads(answer["HX-Trigger"])["toast"]["undo"])


def toast(client: Client, undo: str, at: str = "") -> str:
    answer = client.post(undo, headers={**HTMX, "HX-Current-URL": f"http://testserver{at or MODAL}"})
    assert answer.status_code == 204, answer.content
    return str(json.loads(answer["HX-Trigger"])["toast"]["text"])


def test_a_collection_made_on_the_way_goes_with_its_link(
    world: World, client: Client, version: ArtifactVersion
) -> None:
    undo = undo_of(client, NEW_COLLECTION)
    assert undo == f"{REGISTRY}/model/fresh/v0/-/unlink?new=collection"
    before = Registry.objects.get(project=world.model)
    assert "collection fresh go with it" in client.get(undo).content.decode()
    assert toast(client, undo) == "Unlinked fresh:v0 and took back the collection fresh"
    assert not world.model.collections.exists()
    after = Registry.objects.get(project=world.model)
    assert (before.collection_count - after.collection_count, after.version_count) == (1, 0)
    newest = AuditEvent.objects.order_by("-pk").values_list("verb", "actor__name")[:2]
    assert list(newest) == [("collection.deleted", "bob"), ("version.unlinked", "bob")]
    assert client.post(undo, headers=HTMX).status_code == 404  # once is enough
    link_by_name(version, world.model, "fresh", acting_user=world.bob)


def test_a_registry_made_on_the_way_goes_too(world: World, client: Client, version: ArtifactVersion) -> None:
    undo = undo_of(client, NEW_REGISTRY)
    assert undo == f"{REGISTRY}/Robots/fresh/v0/-/unlink?new=registry"
    assert "registry Robots and its collection fresh go with it" in client.get(undo).content.decode()
    # The page that is gone is left; without script the answer leads to the organization's registries, too.
    answer = client.post(undo, headers={**HTMX, "HX-Current-URL": f"http://testserver{REGISTRY}/Robots/fresh"})
    assert answer["HX-Redirect"] == REGISTRY
    page = client.get(REGISTRY).content.decode()
    assert "Unlinked fresh:v0 and took back the registry Robots" in page
    assert not Project.objects.filter(name="wandb-registry-Robots").exists()
    undo = undo_of(client, NEW_REGISTRY)
    assert client.post(undo).headers["Location"] == REGISTRY


def touch_by_tag(world: World, version: ArtifactVersion, collection: Collection) -> None:
    aliases_and_tags.tag_collection(collection, ["night"], acting_user=world.bob)


def touch_by_link(world: World, version: ArtifactVersion, collection: Collection) -> None:
    other = factories.version(version.project, user=world.bob)
    link_by_name(other, collection.project, collection.name, acting_user=world.bob)


def touch_and_leave(world: World, version: ArtifactVersion, collection: Collection) -> None:
    other = factories.version(version.project, user=world.bob)
    made = link_by_name(other, collection.project, collection.name, acting_user=world.alice)
    unlink_version(made, acting_user=world.alice)


def touch_by_words(world: World, version: ArtifactVersion, collection: Collection) -> None:
    collections.describe_collection(collection, "Our best", acting_user=world.alice)


def touch_by_alias(world: World, version: ArtifactVersion, collection: Collection) -> None:
    aliases_and_tags.add_aliases(collection.memberships.get(), ["theirs"], acting_user=world.alice)


def touch_by_automation(world: World, version: ArtifactVersion, collection: Collection) -> None:
    factories.automation(collection, user=world.alice)


@pytest.mark.parametrize(
    "touch", [touch_by_tag, touch_by_link, touch_and_leave, touch_by_words, touch_by_alias, touch_by_automation]
)
def test_what_was_used_meanwhile_stays(
    world: World, client: Client, version: ArtifactVersion, touch: Callable[..., None]
) -> None:
    undo = undo_of(client, NEW_REGISTRY)
    collection = Collection.objects.get(name="fresh")
    touch(world, version, collection)
    words = "Unlinked fresh:v0; “fresh” stays: it is used by now, or isn’t yours to delete"
    assert toast(client, undo) == words
    assert Collection.objects.filter(pk=collection.pk, project__name="wandb-registry-Robots").exists()
    assert not collection.memberships.filter(version=version).exists()


def test_a_registry_that_others_use_stays_without_the_collection(
    world: World, client: Client, version: ArtifactVersion
) -> None:
    undo = undo_of(client, NEW_REGISTRY)
    registry = Project.objects.get(name="wandb-registry-Robots")
    members.add_members(registry, [world.carol], acting_user=world.bob)
    assert toast(client, undo).startswith("Unlinked fresh:v0 and took back the collection fresh; “Robots” stays")
    assert not registry.collections.exists()
    # Whoever may no longer administer it keeps it, too.
    registries.create_collection(registry, "model", "other", acting_user=world.alice)
    undo = undo_of(client, {**NEW_REGISTRY, "new-name": "Toys"})
    toys = Project.objects.get(name="wandb-registry-Toys")
    toys.members.filter(user=world.bob).update(role="member")
    assert "“Toys” stays" in toast(client, undo)
    assert Project.objects.filter(pk=toys.pk).exists()


def test_the_words_in_the_address_alone_delete_nothing(world: World, client: Client, version: ArtifactVersion) -> None:
    for name, user in (("theirs", world.alice), ("older", world.bob)):
        factories.portfolio(world.model, name, user=user)
    aliases_and_tags.tag_collection(Collection.objects.get(name="older"), ["kept"], acting_user=world.bob)
    for name in ("theirs", "older"):
        link_by_name(version, world.model, name, acting_user=world.bob)
        for new in ("registry", "collection"):
            address = f"{REGISTRY}/model/{name}/v{0 if new == 'registry' else 1}/-/unlink"
            assert f"“{name}” stays" in toast(client, f"{address}?{urlencode({'new': new})}")
            link_by_name(version, world.model, name, acting_user=world.bob)
    link_by_name(version, world.model, "own", acting_user=world.bob)
    assert toast(client, f"{REGISTRY}/model/own/v0/-/unlink") == "Unlinked own:v0"
    assert set(world.model.collections.values_list("name", flat=True)) == {"theirs", "older", "own"}
    client.force_login(world.carol)
    link_by_name(version, world.model, "own", acting_user=world.bob)
    assert client.post(f"{REGISTRY}/model/own/v1/-/unlink?new=collection").status_code == 403
    client.force_login(world.mallory)
    assert client.post(f"{REGISTRY}/model/own/v1/-/unlink?new=collection").status_code == 404
