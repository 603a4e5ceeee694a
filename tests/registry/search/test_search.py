"""Search: by part of a name, the best first, only what one may see, nothing that is gone."""

import pytest
from django.test import Client

from artifacts.actions import aliases_and_tags
from artifacts.models import Collection, User
from registry.actions import registries
from registry.actions.link import link_by_name, unlink_version
from registry.search.find import find
from registry.search.hits import Kind, SearchResults
from tests import factories
from tests.conftest import World


def names(found: SearchResults) -> dict[str, list[str]]:
    kinds = {"registries": Kind.REGISTRY, "collections": Kind.COLLECTION, "tags": Kind.TAG, "aliases": Kind.ALIAS}
    return {said: [hit.name for hit in found.best(kind)] for said, kind in kinds.items() if found.best(kind)}


@pytest.fixture
def stocked(world: World) -> World:
    source = factories.project(world.team, "detector", user=world.bob)
    version = factories.version(source, user=world.bob)
    link_by_name(version, world.model, "detectors", aliases=["staging"], acting_user=world.bob)
    aliases_and_tags.tag_version(version, ["int8-ready"], acting_user=world.bob)
    aliases_and_tags.tag_collection(Collection.objects.get(name="detectors"), ["Vision"], acting_user=world.bob)
    return world


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("mod", {"registries": ["model"]}),
        ("ODE", {"registries": ["model"]}),
        ("detect", {"collections": ["detectors"]}),
        ("tector", {"collections": ["detectors"]}),
        ("d", {"registries": ["dataset"], "collections": ["detectors"]}),
        ("de", {"collections": ["detectors"]}),
        ("vision", {"tags": ["Vision"]}),
        ("int8-r", {"tags": ["int8-ready"]}),
        ("stag", {"aliases": ["staging"]}),
        ("aging", {"aliases": ["staging"]}),
        ("%", {}),
        ("___", {}),
        ("\\", {}),
        ("   ", {}),
        ("nothing", {}),
        ("x" * 5000, {}),
        ("a\0b", {}),
    ],
)
def test_what_is_found(stocked: World, words: str, expected: dict[str, list[str]]) -> None:
    assert names(find(stocked.bob, words)) == expected


def test_signs_of_like_are_letters(world: World) -> None:
    factories.portfolio(world.model, "50%_off", user=world.bob)
    factories.portfolio(world.model, "50abcoff", user=world.bob)
    assert names(find(world.bob, "50%_")) == {"collections": ["50%_off"]}
    assert names(find(world.bob, "0%_o")) == {"collections": ["50%_off"]}


def test_the_exact_name_comes_first_then_those_that_begin_so(world: World) -> None:
    for name in ("my-yolo", "yolo-large", "yolo", "a-yolo-b"):
        factories.portfolio(world.model, name, user=world.bob)
    assert names(find(world.bob, "yolo"))["collections"] == ["yolo", "yolo-large", "my-yolo", "a-yolo-b"]


def test_only_what_one_sees_is_found_and_counted(stocked: World) -> None:
    secret = registries.create_registry(
        stocked.organization, "Secret detectors", visibility="restricted", acting_user=stocked.bob
    ).project
    hidden = factories.portfolio(secret, "detectors-hidden", user=stocked.bob)
    aliases_and_tags.tag_collection(hidden, ["detect-tag"], acting_user=stocked.bob)
    assert find(stocked.bob, "detect").count == 4
    found = find(stocked.carol, "detect")
    assert names(found) == {"collections": ["detectors"]}
    assert (found.count, found.bounded) == (1, set())
    assert find(stocked.mallory, "detect").count == 0
    secret.visibility = "organization"
    secret.save()
    assert find(stocked.carol, "detect").count == 4


def test_what_is_gone_is_not_found(stocked: World) -> None:
    collection = Collection.objects.get(name="detectors")
    collection.project = stocked.model
    membership = collection.memberships.get()
    aliases_and_tags.untag_collection(collection, ["Vision"], acting_user=stocked.bob)
    assert find(stocked.bob, "vision").count == 0
    unlink_version(membership, acting_user=stocked.bob)
    assert find(stocked.bob, "staging").count == 0
    assert find(stocked.bob, "int8").count == 0
    registries.delete_collection(collection, acting_user=stocked.bob)
    assert find(stocked.bob, "detectors").count == 0


def test_the_page_groups_results_and_marks_the_part(client: Client, stocked: World) -> None:
    client.force_login(stocked.carol)
    page = client.get("/search", {"q": "DETECT"}).content.decode()
    for words in ("Results for “DETECT”", "<mark>detect</mark>ors", "1 version", "1 in 1 registry"):
        assert words in page
    assert 'href="/orgs/Acme%20Corp/registry/model/detectors/v0"' in client.get("/search?q=staging").content.decode()
    assert 'registry/model?tag=Vision"' in client.get("/search?q=vision").content.decode()
    assert "No results" in client.get("/search?q=zzz").content.decode()
    assert client.get("/search").status_code == 200


def test_names_of_people_are_no_markup(client: Client, stocked: World) -> None:
    client.force_login(stocked.bob)
    factories.portfolio(stocked.model, "<b>det<", user=stocked.bob)
    page = client.get("/search", {"q": "<b>d"}).content.decode()
    assert "<b>det" not in page
    assert "&lt;b&gt;d</mark>et&lt;" in page


def test_the_panel_is_a_list_to_choose_from(client: Client, stocked: World) -> None:
    client.force_login(stocked.bob)
    headers = {"HX-Request": "true", "HX-Target": "search-panel"}
    panel = client.get("/search", {"q": "det"}, headers=headers).content.decode()
    assert panel.lstrip().startswith('<div id="hits" role="listbox"')
    assert panel.count('role="option"') == 2
    before = client.get("/search", {"q": ""}, headers=headers).content.decode()
    assert 'role="option"' not in before
    assert "Narrow with" in before


def test_the_number_of_queries_is_bounded(stocked: World, django_assert_max_num_queries: object) -> None:
    def ask(user: User) -> None:
        with django_assert_max_num_queries(12):  # type: ignore[operator]
            find(user, "tec")

    ask(stocked.bob)
    for number in range(60):
        made = factories.portfolio(stocked.model, f"tec-{number}", user=stocked.bob)
        aliases_and_tags.tag_collection(made, [f"tec-{number}"], acting_user=stocked.bob)
    ask(stocked.bob)
    found = find(stocked.bob, "tec")
    assert len(found.best(Kind.COLLECTION)) == 20
    assert found.bounded == {Kind.COLLECTION}
    assert len(found.hits[Kind.TAG]) > len(found.best(Kind.TAG)) == 20
