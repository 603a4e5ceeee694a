"""“Link new version”: each choice narrows the next, and what is wrong is said beside its control."""

import json

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from artifacts.actions import organizations
from artifacts.models import Membership, Project
from registry.actions import registries
from registry.actions.deprecation import deprecate
from registry.actions.link import link_by_name, link_version, unlink_version
from registry.views.linking.source_steps import Source
from tests import factories
from tests.conftest import World

COLLECTION = "/orgs/Acme Corp/registry/model/detectors"
SIDEBAR = f"{COLLECTION}/-/link"
WHOLE = {"team": "vision", "project": "detector", "artifact": "yolo", "version": "v0"}
HTMX = {"HX-Request": "true", "HX-Target": "dialog"}


@pytest.fixture
def stocked(world: World) -> World:
    source = factories.project(world.team, "detector", user=world.bob)
    factories.version(source, "yolo", user=world.bob)
    factories.version(source, "yolo", user=world.bob)
    factories.version(source, "net", user=world.bob)
    factories.version(source, "coco", "dataset", user=world.bob)
    factories.portfolio(world.model, "detectors", user=world.bob)
    return world


def source_of(client: Client, **given: str) -> Source:
    response = client.get(SIDEBAR, given)
    assert response.status_code == 200
    return response.context["source"]


def names(choice: object) -> list[str]:
    return [value for value, _ in choice.options]


def test_each_choice_narrows_the_next(client: Client, stocked: World) -> None:
    second = organizations.create_team(
        "speech", stocked.organization, members=[(stocked.bob, "member")], acting_user=None
    )
    factories.project(second, "asr", user=stocked.bob)
    factories.project(stocked.team, "other", user=stocked.bob)
    client.force_login(stocked.bob)
    assert names(source_of(client).team) == ["speech", "vision"]
    assert names(source_of(client).project) == []
    assert names(source_of(client, team="vision").project) == ["detector", "other"]
    assert names(source_of(client, team="vision", project="detector").artifact) == ["net", "yolo"]
    versions = source_of(client, team="vision", project="detector", artifact="yolo").version
    assert names(versions) == ["v1", "v0"]
    assert versions.options[0][1].startswith("v1 · latest")
    assert source_of(client, **WHOLE).chosen.name == "v0"


def test_an_only_choice_is_made_already(client: Client, stocked: World) -> None:
    client.force_login(stocked.bob)
    source = source_of(client)
    assert (source.team.value, source.project.value, source.artifact.value) == ("vision", "detector", "")


def test_what_is_linked_already_is_marked(client: Client, stocked: World) -> None:
    version = stocked.team.projects.get(name="detector").collections.get(name="yolo").memberships.get(index=0).version
    link_by_name(version, stocked.model, "detectors", acting_user=stocked.bob)
    client.force_login(stocked.bob)
    assert source_of(client, **WHOLE).version.options[1][1] == "v0 · already linked as v0"


def test_only_what_one_may_download_is_offered(client: Client, stocked: World) -> None:
    Project.objects.filter(name="detector").update(visibility=Project.Visibility.RESTRICTED)
    client.force_login(stocked.bob)
    assert names(source_of(client, team="vision").project) == []
    assert "no project of this name" in source_of(client, team="vision", project="detector").project.error
    client.force_login(stocked.alice)
    assert names(source_of(client, team="vision").project) == ["detector"]


def test_teams_of_other_organizations_are_not_offered(client: Client, stocked: World) -> None:
    organizations.create_team("away", stocked.elsewhere, members=[(stocked.bob, "member")], acting_user=None)
    client.force_login(stocked.bob)
    assert names(source_of(client).team) == ["vision"]
    assert source_of(client, team="away").team.error


def test_a_personal_entity_is_explained(client: Client, stocked: World) -> None:
    client.force_login(stocked.bob)
    source = source_of(client, team="bob")
    assert "personal entity" in source.team.error
    assert "log the artifact to a team" in source.team.error
    assert "personal entity" in source_of(client).team.hint


def test_a_choice_is_answered_with_the_controls_alone(client: Client, stocked: World) -> None:
    client.force_login(stocked.bob)
    headers = {"HX-Request": "true", "HX-Target": "source-fields"}
    shown = client.get(SIDEBAR, {"team": "vision"}, headers=headers).content.decode()
    assert shown.lstrip().startswith('<div id="source-fields"')
    for label in ("Team", "Project", "Artifact", "Version", "Aliases"):
        assert f">{label}</label>" in shown


def test_long_lists_are_searched(client: Client, stocked: World) -> None:
    source = stocked.team.projects.get(name="detector")
    for number in range(60):
        factories.version(source, f"whisper-{number:02}", user=stocked.bob)
    client.force_login(stocked.bob)
    choice = source_of(client, team="vision", project="detector").artifact
    assert choice.is_long
    assert len(choice.options) == 50
    shown = client.get(SIDEBAR, {"team": "vision", "project": "detector"}).content.decode()
    assert 'id="id_artifact" name="artifact"' in shown
    assert 'role="combobox" aria-expanded="true" aria-controls="list_artifact"' in shown
    typed = source_of(client, team="vision", project="detector", artifact="per-5").artifact
    assert names(typed) == [f"whisper-{number}" for number in range(50, 60)]
    assert source_of(client, team="vision", project="detector", artifact="whisper-59").artifact.error == ""


def test_the_preview_says_what_will_be_linked(client: Client, stocked: World) -> None:
    client.force_login(stocked.bob)
    shown = client.get(SIDEBAR, WHOLE).content.decode()
    for words in ("What will be linked", "yolo:v0", "1 file, 4.0", "model.bin"):
        assert words in shown.replace("\xa0", " ")


def test_linking_names_the_new_version_and_refreshes_the_row(client: Client, stocked: World) -> None:
    client.force_login(stocked.bob)
    response = client.post(SIDEBAR, {**WHOLE, "aliases": "staging, candidate"}, headers=HTMX)
    assert response.status_code == 204
    triggers = json.loads(response["HX-Trigger"])
    assert triggers["versionLinked"] == {}
    assert triggers["toast"]["text"] == "Linked as"
    assert triggers["toast"]["link"] == {
        "href": "/orgs/Acme%20Corp/registry/model/detectors/v0",
        "text": "detectors:v0",
    }
    assert Membership.objects.get(collection__name="detectors").alias_names == ["latest", "staging", "candidate"]


def test_without_script_it_is_a_page_with_steps(client: Client, stocked: World) -> None:
    client.force_login(stocked.bob)
    page = client.get(SIDEBAR).content.decode()
    assert "<html" in page
    assert 'value="choose"' in page
    step = client.post(SIDEBAR, {"team": "vision", "project": "detector", "step": "choose"})
    assert names(step.context["source"].artifact) == ["net", "yolo"]
    assert not Membership.objects.filter(collection__name="detectors").exists()
    response = client.post(SIDEBAR, WHOLE, follow=True)
    assert response.redirect_chain[-1][0] == "/orgs/Acme%20Corp/registry/model/detectors"
    assert "detectors:v0" in response.content.decode()


@pytest.mark.parametrize(
    ("given", "control", "words"),
    [
        ({"team": ""}, "team", "Choose a team"),
        ({"version": ""}, "version", "Choose a version"),
        ({"version": "v99"}, "version", "no version “v99”"),
        ({"artifact": "coco"}, "artifact", "of type model"),
        ({"project": "nothing"}, "project", "choose one of the list"),
        ({"team": "strangers"}, "team", "choose one of the list"),
    ],
)
def test_what_is_wrong_stands_beside_its_control(
    client: Client, stocked: World, given: dict[str, str], control: str, words: str
) -> None:
    second = organizations.create_team(
        "speech", stocked.organization, members=[(stocked.bob, "member")], acting_user=None
    )
    factories.project(second, "asr", user=stocked.bob)
    client.force_login(stocked.bob)
    response = client.post(SIDEBAR, {**WHOLE, "aliases": "kept", **given}, headers=HTMX)
    assert response.status_code == 422
    assert words in getattr(response.context["source"], control).error
    assert 'value="kept"' in response.content.decode()
    assert not Membership.objects.filter(collection__name="detectors").exists()


@pytest.mark.parametrize("alias", ["v3", "a/b", "latest stuff:x"])
def test_a_bad_alias_is_refused_beside_it(client: Client, stocked: World, alias: str) -> None:
    client.force_login(stocked.bob)
    response = client.post(SIDEBAR, {**WHOLE, "aliases": alias}, headers=HTMX)
    assert response.status_code == 422
    assert response.context["alias_error"]
    assert not Membership.objects.filter(collection__name="detectors").exists()


def test_a_protected_alias_is_for_administrators(client: Client, stocked: World) -> None:
    registries.protect_alias(stocked.model, "production", acting_user=stocked.alice)
    client.force_login(stocked.bob)
    response = client.post(SIDEBAR, {**WHOLE, "aliases": "production"}, headers=HTMX)
    assert "protected alias “production”" in response.context["alias_error"]
    client.force_login(stocked.alice)
    assert client.post(SIDEBAR, {**WHOLE, "aliases": "production"}, headers=HTMX).status_code == 204


def test_a_refusal_that_only_speaks_of_aliases_stands_beside_the_version(client: Client, stocked: World) -> None:
    registry = registries.create_registry(stocked.organization, "aliases", types=["model"], acting_user=stocked.bob)
    factories.portfolio(registry.project, "detectors", user=stocked.bob)
    registry.accepted_types.update(name="dataset")
    client.force_login(stocked.bob)
    response = client.post(SIDEBAR.replace("/model/", "/aliases/"), {**WHOLE, "aliases": "staging"}, headers=HTMX)
    assert response.status_code == 422
    assert "Registry “aliases” doesn't accept" in response.context["source"].version.error
    assert not response.context["alias_error"]


def test_a_pending_version_is_not_offered(client: Client, stocked: World) -> None:
    factories.pending(stocked.team.projects.get(name="detector"), "wip", user=stocked.bob)
    client.force_login(stocked.bob)
    assert names(source_of(client, team="vision", project="detector").artifact) == ["net", "yolo"]


def test_linking_twice_says_the_same_name(client: Client, stocked: World) -> None:
    version = stocked.team.projects.get(name="detector").collections.get(name="yolo").memberships.get(index=0).version
    first = link_version(version, stocked.model.collections.get(), acting_user=stocked.bob)
    client.force_login(stocked.bob)
    client.post(SIDEBAR, WHOLE, headers=HTMX)
    assert list(Membership.objects.filter(collection__name="detectors")) == [first]


def test_a_new_link_can_be_taken_back_in_the_toast_unless_it_took_an_alias(client: Client, world: World) -> None:
    source = factories.project(world.team, user=world.bob)
    versions = [factories.version(source, user=world.bob) for _ in range(2)]
    collection = factories.portfolio(world.model, "detectors", user=world.bob)
    client.force_login(world.bob)

    def undo_of(version: str, aliases: str) -> str:
        given = {"team": "vision", "project": "detector", "artifact": "yolo", "version": version, "aliases": aliases}
        answer = client.post("/orgs/Acme Corp/registry/model/detectors/-/link", given, headers={"hx-request": "true"})
        found = json.loads(answer["HX-Trigger"])["toast"] if "HX-Trigger" in answer else {"undo": ""}
        return str(found["undo"])

    link_version(versions[0], collection, aliases=["prod"], acting_user=world.bob)
    assert undo_of("v0", "") == ""
    assert undo_of("v1", "prod") == ""
    unlink_version(collection.memberships.get(index=1), acting_user=world.bob)
    undo = undo_of("v1", "fresh")
    assert undo == "/orgs/Acme%20Corp/registry/model/detectors/v2/-/unlink"
    assert client.post(undo).status_code == 302
    assert not collection.memberships.filter(version=versions[1]).exists()


def test_artifacts_of_other_types_are_counted_and_the_reason_said(client: Client, stocked: World) -> None:
    source = stocked.team.projects.get(name="detector")
    client.force_login(stocked.bob)
    asked = {"team": "vision", "project": "detector"}
    hint = source_of(client, **asked).artifact.hint
    assert hint == "1 artifact of another type (dataset) isn’t offered: only type model fits."
    factories.version(source, "scores", "table", user=stocked.bob)
    factories.pending(source, "unfinished", "table", user=stocked.bob)
    assert "2 artifacts of another type (dataset, table) aren’t offered" in source_of(client, **asked).artifact.hint


def test_a_changed_choice_opens_what_hung_on_it_again(client: Client, stocked: World) -> None:
    other = factories.project(stocked.team, "other", user=stocked.bob)
    factories.version(other, "net", user=stocked.bob)
    factories.version(other, "unet", user=stocked.bob)
    client.force_login(stocked.bob)
    headers = {"HX-Request": "true", "HX-Target": "source-fields", "HX-Trigger": "id_project"}
    source = client.get(SIDEBAR, {**WHOLE, "project": "other"}, headers=headers).context["source"]
    assert (source.project.value, source.artifact.value, source.version.value) == ("other", "", "")
    assert not source.has_errors
    # Without script nobody says which of them was changed: what no longer fits is open, without blame.
    source = client.post(SIDEBAR, {**WHOLE, "project": "other", "step": "choose"}).context["source"]
    assert (source.project.value, source.artifact.value) == ("other", "")
    assert not source.has_errors


def test_what_is_linked_already_says_what_happens(client: Client, stocked: World) -> None:
    collection = stocked.model.collections.get()
    version = stocked.team.projects.get(name="detector").collections.get(name="yolo").memberships.get(index=0).version
    membership = link_version(version, collection, acting_user=stocked.bob)
    client.force_login(stocked.bob)
    note = source_of(client, **WHOLE).version.note
    assert note == "It is linked here already, as v0: no new version is made, v0 gets the aliases."
    deprecate(membership, "It misses buses.", acting_user=stocked.bob)
    choice = source_of(client, **WHOLE).version
    assert dict(choice.options)["v0"] == "v0 · already linked as v0 · deprecated"
    assert choice.note.endswith("v0 is deprecated: It misses buses.")
    assert client.post(SIDEBAR, {**WHOLE, "aliases": "old"}, headers=HTMX).status_code == 204
    assert Membership.objects.get(collection=collection).alias_names == ["latest", "old"]


def test_a_version_that_is_deprecated_in_another_registry_says_so_to_those_who_see_it(
    client: Client, stocked: World
) -> None:
    version = stocked.team.projects.get(name="detector").collections.get(name="yolo").memberships.get(index=0).version
    edge = registries.create_registry(
        stocked.organization, "Edge", visibility="restricted", types=["model"], acting_user=stocked.alice
    )
    deprecate(
        link_by_name(version, edge.project, "tiny", acting_user=stocked.alice), "Slow.", acting_user=stocked.alice
    )
    client.force_login(stocked.alice)
    choice = source_of(client, **WHOLE).version
    assert dict(choice.options)["v0"].endswith("deprecated elsewhere")
    assert choice.note == "Deprecated as tiny:v0 in Edge: Slow. It can be linked all the same."
    client.force_login(stocked.bob)
    assert "eprecated" not in client.get(SIDEBAR, WHOLE).content.decode()


def test_long_lists_of_everything_are_searched_and_picked_from(client: Client, stocked: World) -> None:
    project = factories.project(stocked.team, "busy", user=stocked.bob)
    for number in range(60):
        factories.project(stocked.team, f"p{number:02}", user=stocked.bob)
    for _ in range(55):
        factories.version(project, "net", user=stocked.bob)
    client.force_login(stocked.bob)
    asked = {"team": "vision", "project": "bus"}
    typed = source_of(client, **asked).project
    assert (typed.is_long, names(typed), typed.error) == (True, ["busy"], "")
    assert "Nothing is named so" in client.get(SIDEBAR, {**asked, "project": "zzz"}).content.decode()
    step = client.post(SIDEBAR, {**asked, "pick_project": "busy", "aliases": "kept"}, headers=HTMX)
    source = step.context["source"]
    assert (step.status_code, source.project.value, source.artifact.value) == (200, "busy", "net")
    assert 'id="id_project" name="project" value="busy"' in step.content.decode()
    assert 'value="kept"' in step.content.decode()
    assert not Membership.objects.filter(collection__name="detectors").exists()
    whole = {"team": "vision", "project": "busy", "artifact": "net"}
    versions = source_of(client, **whole).version
    assert (versions.is_long, versions.is_cut, versions.options[0][0]) == (True, True, "v54")
    assert names(source_of(client, **whole, version="3").version) == ["v3"]
    assert names(source_of(client, **whole, version="late").version) == ["v54"]
    assert client.post(SIDEBAR, {**whole, "version": "late"}, headers=HTMX).status_code == 422
    assert client.post(SIDEBAR, {**whole, "version": "v3"}, headers=HTMX).status_code == 204
    assert Membership.objects.get(collection__name="detectors").version.name == "v3"


def test_enter_in_a_field_without_script_never_picks_an_entry(client: Client, stocked: World) -> None:
    client.force_login(stocked.bob)
    page = client.get(SIDEBAR).content.decode()
    form = page[page.index("dialog-page") :]
    assert form.index('name="step" value="choose"') < form.index('name="team"')
    dialog = client.get(SIDEBAR, headers=HTMX).content.decode()
    assert dialog.count('type="submit"') == 1


def test_the_number_of_queries_does_not_grow(client: Client, stocked: World) -> None:
    client.force_login(stocked.bob)

    def count() -> int:
        client.get(SIDEBAR, WHOLE)
        with CaptureQueriesContext(connection) as asked:
            client.get(SIDEBAR, WHOLE)
        return len(asked)

    few = count()
    source = stocked.team.projects.get(name="detector")
    for number in range(20):
        version = factories.version(source, "yolo", user=stocked.bob)
        factories.version(source, f"net-{number}", user=stocked.bob)
        deprecate(
            link_by_name(version, stocked.model, "detectors", acting_user=stocked.bob), "Old.", acting_user=stocked.bob
        )
    assert count() <= few + 2  # the newest version held, and its run
