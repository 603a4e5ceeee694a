"""The artifact browser: the tree, a type's collections, a collection's versions."""

import html
import re

import pytest
from django.test import Client
from django.urls import reverse

from artifacts.actions import aliases_and_tags, collections
from artifacts.models import Collection, Membership
from tests import factories
from tests.conftest import World

CANARY = '<img src=x onerror="alert(1)">{{7*7}}'


@pytest.fixture
def logged(world: World) -> Collection:
    """Three versions of a model, and a dataset."""
    project = factories.project(world.team, user=world.bob)
    factories.version(project, "coco", "dataset", user=world.bob)
    made = [factories.version(project, user=world.bob) for _ in range(3)]
    aliases_and_tags.tag_version(made[1], ["int8-ready"], acting_user=world.bob)
    return made[0].sequence


def get(client: Client, user: object, address: str, status: int = 200) -> str:
    client.force_login(user)  # type: ignore[arg-type]
    response = client.get(address)
    assert response.status_code == status, response.content.decode()[:2000]
    return response.content.decode()


BROWSER = "/vision/detector/artifacts"


@pytest.mark.parametrize("address", [BROWSER, f"{BROWSER}/model", f"{BROWSER}/model/yolo"])
def test_the_browser_is_for_those_who_see_the_project(
    world: World, logged: Collection, client: Client, address: str
) -> None:
    assert client.get(address).status_code == 302
    get(client, world.mallory, address, 404)
    get(client, world.carol, address)
    assert "yolo" in get(client, world.bob, address)


def test_types_lead_to_collections_and_those_to_versions(world: World, logged: Collection, client: Client) -> None:
    page = get(client, world.bob, BROWSER)
    assert f'href="{BROWSER}/dataset"' in page
    page = get(client, world.bob, f"{BROWSER}/model")
    assert f'href="{BROWSER}/model/yolo"' in page
    assert f'href="{BROWSER}/dataset/coco"' not in page
    page = get(client, world.bob, f"{BROWSER}/model/yolo")
    assert f'href="{BROWSER}/model/yolo/v2"' in page
    assert "int8-ready" in page
    assert "latest" in page


def test_search_finds_collections_by_a_part_of_their_name(world: World, logged: Collection, client: Client) -> None:
    page = get(client, world.bob, f"{BROWSER}?find=COC")
    tree = page.split("</nav>")[-2] if "</nav>" in page else page
    assert f'href="{BROWSER}/dataset/coco"' in page
    assert "No name holds" in get(client, world.bob, f"{BROWSER}?find=nothing-like-this")
    assert tree


def test_a_wrong_type_redirects_to_the_right_one(world: World, logged: Collection, client: Client) -> None:
    client.force_login(world.bob)
    assert client.get(f"{BROWSER}/dataset/yolo").headers["Location"] == f"{BROWSER}/model/yolo"
    assert client.get(f"{BROWSER}/dataset/yolo/latest").headers["Location"] == f"{BROWSER}/model/yolo/v2"
    assert client.get(f"{BROWSER}/nothing").status_code == 404


def test_a_registrys_artifacts_are_browsed_in_the_registry(world: World, client: Client) -> None:
    client.force_login(world.bob)
    response = client.get("/acme-corp-org/wandb-registry-model/artifacts")
    if response.status_code == 404:
        response = client.get("/acme-corp/wandb-registry-model/artifacts")
    assert response.headers["Location"] == "/orgs/Acme%20Corp/registry/model"


def test_long_lists_are_paged_with_the_same_few_queries(
    world: World, logged: Collection, client: Client, django_assert_num_queries: object
) -> None:
    address = f"{BROWSER}/model/yolo"
    get(client, world.bob, address)
    with django_assert_num_queries(20) as few:  # type: ignore[operator]
        client.get(address)
    for _ in range(60):
        factories.version(logged.project, user=world.bob)
    with django_assert_num_queries(len(few.captured_queries)):  # type: ignore[operator]
        page = client.get(address).content.decode()
    assert f'href="{address}/v13"' in page
    assert f'href="{address}/v12"' not in page
    older = client.get(address).context["versions"].older
    assert f'href="{html.escape(older)}"' in page
    assert f'href="{address}/v12"' in client.get(address + older).content.decode()


def test_many_collections_cost_no_more_queries(
    world: World, logged: Collection, client: Client, django_assert_num_queries: object
) -> None:
    get(client, world.bob, f"{BROWSER}/model")
    with django_assert_num_queries(13) as few:  # type: ignore[operator]
        client.get(f"{BROWSER}/model")
    for number in range(60):
        factories.version(logged.project, f"many-{number:02d}", user=world.bob)
    with django_assert_num_queries(len(few.captured_queries)):  # type: ignore[operator]
        page = client.get(f"{BROWSER}/model").content.decode()
    assert "Further collections…" in page
    assert f"{BROWSER}/model?after=" in page


def test_what_people_wrote_is_shown_as_text(world: World, client: Client) -> None:
    project = factories.project(world.team, user=world.bob)
    made = factories.version(project, CANARY.replace("/", ""), user=world.bob, description=CANARY)
    collections.describe_collection(made.sequence, CANARY, acting_user=world.bob)
    for address in (
        BROWSER,
        reverse("artifacts:collection", args=["vision", "detector", "model", made.sequence.name]),
        reverse("artifacts:version", args=["vision", "detector", "model", made.sequence.name, "v0"]),
    ):
        page = get(client, world.bob, address)
        assert "<img src=x" not in page
        assert "49" not in page.split("</title>")[0]


def test_a_collection_is_described_by_those_who_may_edit(world: World, logged: Collection, client: Client) -> None:
    address = reverse("artifacts:collection-describe", args=["vision", "detector", "yolo"])
    get(client, world.carol, address, 403)
    get(client, world.mallory, address, 404)
    client.force_login(world.bob)
    assert client.post(address, {"description": "For *pallets*"}).status_code == 302
    assert "<em>pallets</em>" in get(client, world.carol, f"{BROWSER}/model/yolo")


def test_a_collection_without_a_whole_version_says_so(world: World, client: Client) -> None:
    project = factories.project(world.team, user=world.bob)
    factories.pending(project, user=world.bob)
    assert "No version is complete yet." in get(client, world.bob, f"{BROWSER}/model/yolo")
    assert Membership.objects.count() == 0


def test_runs_and_artifacts_are_counted_on_every_page_of_a_project(
    world: World, logged: Collection, client: Client
) -> None:
    factories.run(logged.project, user=world.bob)
    tabs = {
        re.sub(r' aria-current="page"', "", found.group())
        for address in ("/vision/detector", BROWSER, f"{BROWSER}/model/yolo")
        if (found := re.search(r'<nav class="tabs" aria-label="Project">.*?</nav>', get(client, world.bob, address)))
    }
    assert [re.findall(r'count">(\d+)<', row) for row in tabs] == [["1", "2"]]
