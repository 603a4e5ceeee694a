"""“Link to registry”: a collection is chosen, then aliases; from the version's page in its project."""

import json

import pytest
from django.test import Client

from artifacts.models import Collection, Membership
from registry.actions import registries
from registry.actions.link import link_by_name
from tests import factories
from tests.conftest import World

MODAL = "/vision/detector/artifacts/-/link/yolo/v0"
HTMX = {"HX-Request": "true", "HX-Target": "dialog"}


@pytest.fixture
def stocked(world: World) -> World:
    source = factories.project(world.team, "detector", user=world.bob)
    factories.version(source, "yolo", user=world.bob)
    factories.version(source, "yolo", user=world.bob)
    factories.portfolio(world.model, "detectors", user=world.bob)
    factories.portfolio(world.dataset, "images", "dataset", user=world.bob)
    return world


def options(client: Client) -> list[tuple[str, list[str]]]:
    groups = client.get(MODAL).context["targets"].target.groups
    return [(registry, [words for _, words in listed]) for registry, listed in groups if registry != "New"]


def test_collections_of_this_type_are_offered_by_registry(client: Client, stocked: World) -> None:
    edge = registries.create_registry(stocked.organization, "Edge", types=["model"], acting_user=stocked.bob)
    factories.portfolio(edge.project, "yolo-int8", user=stocked.bob)
    secret = registries.create_registry(
        stocked.organization, "Secret", visibility="restricted", acting_user=stocked.alice
    )
    factories.portfolio(secret.project, "hush-hush", user=stocked.alice)
    client.force_login(stocked.bob)
    assert options(client) == [("Edge", ["yolo-int8"]), ("model", ["detectors"])]
    page = client.get(MODAL).content.decode()
    for words in ("Select a register model", "Create new collection", "Next step", "Step 1 of 2", "<html"):
        assert words in page
    assert "hush-hush" not in page


def test_the_collection_that_holds_it_already_says_so(client: Client, stocked: World) -> None:
    version = stocked.team.projects.get(name="detector").collections.get(name="yolo").memberships.get(index=0).version
    link_by_name(version, stocked.model, "detectors", acting_user=stocked.bob)
    client.force_login(stocked.bob)
    assert options(client) == [("model", ["detectors · v0 holds this version"])]
    step = client.post(MODAL, {"target": "model/detectors", "step": "aliases"}, headers=HTMX)
    assert "linked there already, as v0" in step.content.decode()


def test_two_steps_link_with_old_and_new_aliases(client: Client, stocked: World) -> None:
    source = stocked.team.projects.get(name="detector").collections.get(name="yolo")
    newer = source.memberships.get(index=1).version
    link_by_name(newer, stocked.model, "detectors", aliases=["staging", "champion"], acting_user=stocked.bob)
    client.force_login(stocked.bob)
    step = client.post(MODAL, {"target": "model/detectors", "step": "aliases"}, headers=HTMX)
    page = step.content.decode()
    assert page.lstrip().startswith("<dialog")
    for words in ("Step 2 of 2", ">Aliases</label>", "staging · held by v0, moves here", "detectors:v1", "Back"):
        assert words in page
    assert ">Link to registry</button>" in page
    wrong = client.post(MODAL, {"target": "model/detectors", "more": "v9", "step": "link"}, headers=HTMX)
    assert wrong.status_code == 422
    assert 'id="id_more_error"' in wrong.content.decode()
    given = {"target": "model/detectors", "aliases": ["staging"], "more": "candidate", "step": "link"}
    response = client.post(MODAL, given, headers=HTMX)
    assert response.status_code == 204
    toast = json.loads(response["HX-Trigger"])["toast"]
    assert toast["link"] == {"href": "/orgs/Acme%20Corp/registry/model/detectors/v1", "text": "detectors:v1"}
    made = Membership.objects.get(collection__name="detectors", index=1)
    assert made.alias_names == ["latest", "staging", "candidate"]


def test_back_keeps_the_choice(client: Client, stocked: World) -> None:
    client.force_login(stocked.bob)
    step = client.post(MODAL, {"target": "model/detectors", "step": "choose"}, headers=HTMX)
    assert '<option value="model/detectors" selected>' in step.content.decode()


def test_a_new_collection_is_made_with_the_link(client: Client, stocked: World) -> None:
    client.force_login(stocked.bob)
    given = {"target": "new", "registry": "model", "name": "fresh"}
    step = client.post(MODAL, {**given, "step": "aliases"}, headers=HTMX)
    assert "Collection fresh is made with this link" in step.content.decode()
    assert not Collection.objects.filter(name="fresh").exists()
    response = client.post(MODAL, {**given, "aliases": "staging", "step": "link"})
    assert response["Location"] == "/vision/detector/artifacts/model/yolo/v0"
    assert Membership.objects.get(collection__name="fresh").alias_names == ["latest", "staging"]


@pytest.mark.parametrize(
    ("given", "control"),
    [
        ({"target": ""}, "target"),
        ({"target": "model/nothing"}, "target"),
        ({"target": "nothing/detectors"}, "target"),
        ({"target": "new", "registry": "model", "name": "detectors"}, "name"),
        ({"target": "new", "registry": "model", "name": "a/b"}, "name"),
        ({"target": "new", "registry": "nothing", "name": "x"}, "registry"),
    ],
)
def test_a_target_that_cannot_be_is_refused_in_the_first_step(
    client: Client, stocked: World, given: dict[str, str], control: str
) -> None:
    client.force_login(stocked.bob)
    for step in ("aliases", "link"):
        response = client.post(MODAL, {**given, "step": step}, headers=HTMX)
        assert response.status_code == 422
        assert list(response.context["errors"]) == [control]
        assert "Step 1 of 2" in response.content.decode()


def test_aliases_are_refused_in_the_second_step(client: Client, stocked: World) -> None:
    registries.protect_alias(stocked.model, "production", acting_user=stocked.alice)
    client.force_login(stocked.bob)
    for alias in ("v3", "production"):
        given = {"target": "model/detectors", "aliases": alias, "step": "link"}
        response = client.post(MODAL, given, headers=HTMX)
        assert response.status_code == 422
        assert response.context["errors"]["aliases"]
        assert alias in response.content.decode()
    assert not Membership.objects.filter(collection__name="detectors").exists()


def test_a_type_that_the_collection_does_not_hold_is_refused(client: Client, stocked: World) -> None:
    client.force_login(stocked.bob)
    given = {"target": "dataset/images", "step": "link"}
    response = client.post(MODAL, given, headers=HTMX)
    assert response.status_code == 422
    assert "holds artifacts of type “dataset”" in response.context["errors"]["form"]


def test_a_personal_version_is_refused_with_what_to_do(client: Client, stocked: World) -> None:
    own = factories.project(stocked.bob.personal, "mine", user=stocked.bob)
    factories.version(own, "own", user=stocked.bob)
    client.force_login(stocked.bob)
    for headers in ({}, HTMX):
        page = client.get("/bob/mine/artifacts/-/link/own/v0", headers=headers).content.decode()
        assert "“bob” is a personal entity" in page
        assert "log the artifact to a team" in page
        assert "Next step" not in page
    given = {"target": "model/detectors", "step": "link"}
    assert "personal entity" in client.post("/bob/mine/artifacts/-/link/own/v0", given).content.decode()
    assert not Membership.objects.filter(collection__kind="portfolio").exists()


def test_long_lists_are_searched(client: Client, stocked: World) -> None:
    for number in range(60):
        factories.portfolio(stocked.model, f"c{number:02}", user=stocked.bob)
    client.force_login(stocked.bob)
    page = client.get(MODAL).content.decode()
    assert 'role="combobox" aria-expanded="true" aria-controls="list_target"' in page
    response = client.post(MODAL, {"target": "model/c59", "step": "aliases"}, headers=HTMX)
    assert "c59:v0" in response.content.decode()


def test_whoever_may_link_nowhere_is_told_so(client: Client, stocked: World) -> None:
    client.force_login(stocked.carol)
    page = client.get(MODAL).content.decode()
    assert "No registry is open to you for this type." in page
    assert "Next step" not in page
    response = client.post(MODAL, {"target": "model/detectors", "step": "link"}, headers=HTMX)
    assert response.status_code == 422
    assert not Membership.objects.filter(collection__kind="portfolio").exists()


def test_the_number_of_queries_does_not_grow(
    client: Client, stocked: World, django_assert_max_num_queries: object
) -> None:
    client.force_login(stocked.bob)
    with django_assert_max_num_queries(40) as few:  # type: ignore[operator]
        client.get(MODAL)
    for number in range(40):
        factories.portfolio(stocked.model, f"c{number:02}", user=stocked.bob)
    with django_assert_max_num_queries(len(few)):  # type: ignore[operator]
        client.get(MODAL)
