"""“Link to registry”: a collection is chosen, then aliases; from the version's page in its project."""

import json

import pytest
from django.test import Client

from artifacts.models import AuditEvent, Collection, Membership, OrganizationMember, Project
from registry.actions import registries
from registry.actions.deprecation import deprecate
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
    assert page.lstrip().startswith('<div class="sheet">')
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


@pytest.mark.parametrize("name", ["v3", "x" * 200, "production"])
def test_a_new_name_is_refused_beside_the_new_names(client: Client, stocked: World, name: str) -> None:
    registries.protect_alias(stocked.model, "production", acting_user=stocked.alice)
    client.force_login(stocked.bob)
    given = {"target": "model/detectors", "aliases": "staging", "more": name, "step": "link"}
    response = client.post(MODAL, given, headers=HTMX)
    assert response.status_code == 422
    assert list(response.context["errors"]) == ["more"]


def test_a_refusal_that_only_speaks_of_aliases_stands_above_the_form(client: Client, stocked: World) -> None:
    registry = registries.create_registry(stocked.organization, "aliases", types=["model"], acting_user=stocked.bob)
    factories.portfolio(registry.project, "detectors", user=stocked.bob)
    registry.accepted_types.update(name="dataset")
    client.force_login(stocked.bob)
    response = client.post(MODAL, {"target": "aliases/detectors", "more": "staging", "step": "link"}, headers=HTMX)
    assert response.status_code == 422
    assert list(response.context["errors"]) == ["form"]


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


NEW_REGISTRY = {
    "target": "new",
    "registry": "/new",
    "name": "tiny",
    "new-name": "Edge",
    "new-visibility": "restricted",
    "new-accepted": "specify",
    "new-types": "model",
}


def test_a_registry_a_collection_and_the_link_are_made_together_in_the_last_step(
    client: Client, stocked: World
) -> None:
    client.force_login(stocked.bob)
    first = client.get(MODAL, {"target": "new", "registry": "/new"}, headers={**HTMX, "HX-Target": "target-fields"})
    page = first.content.decode()
    assert page.lstrip().startswith('<div id="target-fields"')
    for label in ("Registry name", "Registry visibility", "Accepted artifacts type", "Types", "Collection name"):
        assert f">{label}</label>" in page
    assert 'value="model"' in page  # what the version is of is accepted from the start
    asked = client.post(MODAL, {**NEW_REGISTRY, "step": "aliases"}, headers=HTMX)
    assert "Registry Edge and its collection tiny are made with this link" in asked.content.decode()
    refused = client.post(MODAL, {**NEW_REGISTRY, "aliases": "v3", "step": "link"}, headers=HTMX)
    assert (refused.status_code, "Step 2 of 2" in refused.content.decode()) == (422, True)
    before = AuditEvent.objects.count()
    assert not Project.objects.filter(name="wandb-registry-Edge").exists()
    back = client.post(MODAL, {**NEW_REGISTRY, "aliases": "best, small", "step": "choose"}, headers=HTMX)
    page = back.content.decode()
    for kept in (
        'value="Edge"',
        'value="tiny"',
        '<option value="restricted" selected>',
        'value="best"',
        'value="small"',
    ):
        assert kept in page
    assert AuditEvent.objects.count() == before
    response = client.post(MODAL, {**NEW_REGISTRY, "aliases": "best", "step": "link"}, headers=HTMX)
    assert response.status_code == 204
    toast = json.loads(response["HX-Trigger"])["toast"]
    assert toast["link"] == {"href": "/orgs/Acme%20Corp/registry/Edge/tiny/v0", "text": "tiny:v0"}
    made = Membership.objects.get(collection__name="tiny")
    assert (made.alias_names, made.collection.project.visibility) == (["latest", "best"], "restricted")
    assert made.collection.project.registry.type_names == ["model"]


@pytest.mark.parametrize(
    ("given", "control", "words"),
    [
        ({"new-name": "Model"}, "name", "A registry named “Model” exists"),
        ({"new-name": ""}, "name", "required"),
        ({"new-name": "a/b"}, "name", "contains “/”"),
        ({"new-types": "dataset"}, "types", "The version is of type model; name it too"),
        ({"new-types": ""}, "types", "Name at least one type"),
        ({"new-visibility": "world"}, "visibility", "not one of the available choices"),
    ],
)
def test_a_registry_that_cannot_be_made_is_refused_in_the_first_step(
    client: Client, stocked: World, given: dict[str, str], control: str, words: str
) -> None:
    client.force_login(stocked.bob)
    for step in ("aliases", "link"):
        response = client.post(MODAL, {**NEW_REGISTRY, **given, "step": step}, headers=HTMX)
        assert (response.status_code, "Step 1 of 2" in response.content.decode()) == (422, True)
        assert words in response.context["registry_form"].errors[control][0]
    assert not Membership.objects.filter(collection__kind="portfolio").exists()


def test_a_registry_is_made_on_the_way_only_by_those_who_may_make_one(client: Client, stocked: World) -> None:
    client.force_login(stocked.bob)
    assert "Create new registry" in client.get(MODAL, {"target": "new"}).content.decode()
    OrganizationMember.objects.filter(user=stocked.bob).update(role="viewer")
    stocked.model.members.create(user=stocked.bob, role="member")
    assert "Create new registry" not in client.get(MODAL, {"target": "new"}).content.decode()
    response = client.post(MODAL, {**NEW_REGISTRY, "step": "link"}, headers=HTMX)
    assert response.status_code == 422
    assert not Project.objects.filter(name="wandb-registry-Edge").exists()
    assert client.post(MODAL, {"target": "model/detectors", "step": "link"}, headers=HTMX).status_code == 204


def test_where_no_registry_takes_the_type_a_new_one_is_offered_first(client: Client, stocked: World) -> None:
    source = stocked.team.projects.get(name="detector")
    factories.version(source, "scores", "table", user=stocked.bob)
    address = "/vision/detector/artifacts/-/link/scores/v0"
    client.force_login(stocked.bob)
    targets = client.get(address).context["targets"]
    assert (targets.is_new_registry, [title for title, _ in targets.registry.options]) == (True, ["/new"])
    assert targets.left_out == ["2 registries (dataset, model) don’t accept type table."]
    # Without script the page asks for the registry's name first; that is no mistake.
    step = client.post(address, {"target": "new", "registry": "/new", "step": "aliases"})
    assert (step.status_code, "Registry name" in step.content.decode()) == (200, True)
    client.post(address, {**NEW_REGISTRY, "new-types": "table", "step": "link"})
    assert Membership.objects.get(collection__name="tiny").version.type == "table"


def test_registries_that_are_not_offered_are_named_with_the_reason_unless_they_are_hidden(
    client: Client, stocked: World
) -> None:
    for name, visibility, types in (("Gold", "organization", ["model"]), ("Secret", "restricted", ["model"])):
        registries.create_registry(
            stocked.organization, name, visibility=visibility, types=types, acting_user=stocked.alice
        )
    Project.objects.filter(name="wandb-registry-Gold").update(default_role="viewer")
    client.force_login(stocked.bob)
    page = client.get(MODAL)
    assert page.context["targets"].left_out == [
        "dataset doesn’t accept type model.",
        "You may only view Gold; linking there needs the role of a member.",
    ]
    assert "Secret" not in page.content.decode()
    assert "Gold" in page.content.decode()


def test_the_chosen_collection_and_deprecations_are_described(client: Client, stocked: World) -> None:
    source = stocked.team.projects.get(name="detector").collections.get(name="yolo")
    for number in (1, 0):
        version = source.memberships.get(index=number).version
        held = link_by_name(version, stocked.model, "detectors", aliases=[f"a{number}"], acting_user=stocked.bob)
    client.force_login(stocked.bob)
    page = client.get(MODAL, {"target": "model/detectors"}).content.decode()
    for words in ("Your role", "v1</span> holds this version", ">a1</span>", ">a0</span>"):
        assert words in page
    deprecate(held, "Slow.", acting_user=stocked.bob)
    page = client.get(MODAL, {"target": "model/detectors"}).content.decode()
    assert "detectors · v1 holds this version, deprecated" in page
    assert "Deprecated as detectors:v1 in model: Slow. It can be linked all the same." in page
    step = client.post(MODAL, {"target": "model/detectors", "step": "aliases"}, headers=HTMX).content.decode()
    assert "v1 is deprecated: Slow." in step
    assert "a0 · this version has it" in step
    assert (
        client.post(MODAL, {"target": "model/detectors", "more": "x", "step": "link"}, headers=HTMX).status_code == 204
    )


def test_a_long_list_is_narrowed_by_collection_and_registry_and_picked_from(client: Client, stocked: World) -> None:
    edge = registries.create_registry(stocked.organization, "Edge", types=["model"], acting_user=stocked.bob)
    for number in range(60):
        factories.portfolio(stocked.model, f"c{number:02}", user=stocked.bob)
    factories.portfolio(edge.project, "newsreader", user=stocked.bob)
    client.force_login(stocked.bob)

    def found(typed: str) -> list[str]:
        groups = client.get(MODAL, {"target": typed}, headers={**HTMX, "HX-Target": "list_target"}).context["targets"]
        return [value for _, listed in groups.target.groups for value, _ in listed]

    assert found("c5") == [*(f"model/c{number}" for number in range(50, 60)), "Create new collection"]
    assert found("edge") == ["Edge/newsreader", "Create new collection"]
    assert found("edge/rea") == ["Edge/newsreader", "Create new collection"]
    assert found("new") == ["Edge/newsreader", "Create new collection"]
    assert found("zzz") == ["Create new collection"]
    picked = client.post(MODAL, {"target": "c5", "pick_target": "model/c59", "step": ""}, headers=HTMX)
    assert 'name="target" value="model/c59"' in picked.content.decode()
    assert picked.status_code == 200
    new = client.post(MODAL, {"target": "", "pick_target": "Create new collection"}, headers=HTMX)
    assert ">Registry</label>" in new.content.decode()
    given = {"target": "Create new collection", "registry": "Edge", "name": "fresh", "step": "link"}
    assert client.post(MODAL, given, headers=HTMX).status_code == 204
    assert Membership.objects.get(collection__name="fresh").collection.project == edge.project


def test_very_many_registries_are_searched_too(client: Client, stocked: World) -> None:
    for number in range(52):
        registries.create_registry(stocked.organization, f"Robot {number:02}", acting_user=stocked.bob)
    client.force_login(stocked.bob)
    targets = client.get(MODAL, {"target": "new", "registry": "bot 5"}).context["targets"]
    assert (targets.registry.is_long, targets.is_new_registry) == (True, False)
    assert [title for title, _ in targets.registry.options] == ["Robot 50", "Robot 51", "Create new registry"]
    page = client.post(MODAL, {"target": "new", "pick_registry": "Create new registry"}, headers=HTMX).content.decode()
    assert 'name="registry" value="Create new registry"' in page
    assert ">Registry name</label>" in page
    client.post(MODAL, {**NEW_REGISTRY, "registry": "Create new registry", "step": "link"}, headers=HTMX)
    client.post(MODAL, {"target": "new", "registry": "robot 51", "name": "arm", "step": "link"}, headers=HTMX)
    made = Membership.objects.filter(collection__kind="portfolio").order_by("pk")
    assert [row.collection.project.title for row in made] == ["Edge", "Robot 51"]
