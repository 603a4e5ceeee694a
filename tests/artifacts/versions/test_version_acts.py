"""What is done to a version from its page, in its project and in a registry."""

import pytest
from django.test import Client
from django.urls import reverse

from artifacts.actions import organizations, people
from artifacts.models import AuditEvent, Membership, User, Verb
from registry.actions import link
from registry.actions.delete import delete_version
from tests import factories
from tests.conftest import World

SOURCE = ("vision", "detector", "yolo", "v0")


@pytest.fixture
def linked(world: World) -> Membership:
    version = factories.version(factories.project(world.team, user=world.bob), user=world.bob)
    return link.link_version(version, factories.portfolio(world.model, user=world.alice), acting_user=world.bob)


def linked_at(linked: Membership) -> tuple[str, str, str, str]:
    project = linked.collection.project
    return project.entity.name, project.name, linked.collection.name, linked.name


def post(client: Client, user: User, act: str, place: tuple[str, ...], **fields: str) -> int:
    client.force_login(user)
    return client.post(reverse(f"artifacts:version-{act}", args=place), fields).status_code


@pytest.mark.parametrize(
    ("act", "fields"),
    [
        ("alias", {"alias": "best"}),
        ("unalias", {"alias": "latest"}),
        ("tag", {"tag": "good"}),
        ("untag", {"tag": "good"}),
        ("describe", {"description": "New"}),
        ("metadata", {"metadata": "{}"}),
    ],
)
def test_each_act_is_for_those_who_may_edit(
    world: World, linked: Membership, client: Client, act: str, fields: dict[str, str]
) -> None:
    address = reverse(f"artifacts:version-{act}", args=SOURCE)
    assert client.post(address, fields).headers["Location"].startswith("/login")
    assert post(client, world.mallory, act, SOURCE, **fields) == 404
    assert post(client, world.carol, act, SOURCE, **fields) == 403
    assert post(client, world.bob, act, SOURCE, **fields) == 302


@pytest.mark.parametrize("act", ["alias", "unalias", "tag", "untag"])
def test_acts_are_not_done_by_reading(world: World, linked: Membership, client: Client, act: str) -> None:
    client.force_login(world.bob)
    assert client.get(reverse(f"artifacts:version-{act}", args=SOURCE)).status_code == 405


def test_no_alias_points_at_a_deleted_version(world: World, linked: Membership, client: Client) -> None:
    """From a page that was open before: whoever asks for the alias would be given nothing."""
    delete_version(linked.version, delete_aliases=True, acting_user=world.bob)
    client.force_login(world.bob)
    answer = client.post(reverse("artifacts:version-alias", args=linked_at(linked)), {"alias": "best"})
    assert answer.status_code == 409
    assert f"“{linked}” was deleted; choose another version." in answer.content.decode()
    assert "best" not in linked.alias_names


@pytest.mark.parametrize("act", ["tag", "untag"])
def test_who_sees_a_link_but_not_its_source_is_told_why_it_gets_no_tag(
    world: World, linked: Membership, client: Client, act: str
) -> None:
    """Tags are shared with the source; “there is nothing here” would be untrue of a version that one looks at."""
    dora = people.create_user("dora", acting_user=None)
    organizations.add_member(world.organization, dora, "member", acting_user=None)
    client.force_login(dora)
    answer = client.post(
        reverse(f"artifacts:version-{act}", args=linked_at(linked)), {"tag": "x"}, headers={"HX-Request": "true"}
    )
    assert answer.status_code == 403
    assert "shared with the source version" in answer.content.decode()
    assert not linked.version.tags.exists()


def test_an_alias_is_set_in_one_place_only(world: World, linked: Membership, client: Client) -> None:
    assert post(client, world.bob, "alias", linked_at(linked), alias="staging") == 302
    assert linked.alias_names == ["latest", "staging"]
    source = Membership.objects.get(collection=linked.version.sequence, version=linked.version)
    assert source.alias_names == ["latest"]
    assert post(client, world.bob, "unalias", linked_at(linked), alias="staging") == 302
    assert linked.alias_names == ["latest"]


@pytest.mark.parametrize("alias", ["v3", "latest2:x", "", "a/b", "x" * 129])
def test_what_can_be_no_alias_is_refused_with_a_sentence(
    world: World, linked: Membership, client: Client, alias: str
) -> None:
    client.force_login(world.bob)
    address = reverse("artifacts:version-alias", args=SOURCE)
    response = client.post(address, {"alias": alias}, headers={"HX-Request": "true"})
    assert response.status_code == 400
    assert response.headers["Content-Type"].startswith("text/plain")
    assert not AuditEvent.objects.filter(verb=Verb.ALIAS_SET).exists()


def test_a_protected_alias_moves_only_for_administrators(world: World, linked: Membership, client: Client) -> None:
    world.model.protected_aliases.create(name="production", name_key="production")
    assert post(client, world.bob, "alias", linked_at(linked), alias="production") == 403
    assert post(client, world.alice, "alias", linked_at(linked), alias="production") == 302
    assert post(client, world.bob, "unalias", linked_at(linked), alias="production") == 403
    client.force_login(world.bob)
    page = client.get("/orgs/Acme%20Corp/registry/model/detectors/v0").content.decode()
    assert "protected alias" in page
    assert "Remove protected alias production" not in page
    client.force_login(world.alice)
    page = client.get("/orgs/Acme%20Corp/registry/model/detectors/v0").content.decode()
    assert "Remove protected alias production" in page


def test_a_tag_shows_in_every_place_and_in_the_history(world: World, linked: Membership, client: Client) -> None:
    assert post(client, world.bob, "tag", linked_at(linked), tag="int8-ready") == 302
    for address in ("/vision/detector/artifacts/model/yolo/v0", "/orgs/Acme%20Corp/registry/model/detectors/v0"):
        page = client.get(address).content.decode()
        assert "int8-ready" in page
        assert "tagged it" in page


def test_the_description_is_edited_in_a_dialog(world: World, linked: Membership, client: Client) -> None:
    client.force_login(world.bob)
    address = reverse("artifacts:version-describe", args=SOURCE)
    assert 'name="description"' in client.get(address).content.decode()
    assert client.post(address, {"description": "**Bold**"}).status_code == 302
    assert "<strong>Bold</strong>" in client.get("/vision/detector/artifacts/model/yolo/v0").content.decode()
    events = AuditEvent.objects.filter(verb=Verb.VERSION_CHANGED)
    assert events.count() == 1
    client.post(address, {"description": "**Bold**"})
    assert events.count() == 1
    client.force_login(world.carol)
    assert client.get(address).status_code == 403


def test_metadata_that_is_no_json_keeps_what_was_typed(world: World, linked: Membership, client: Client) -> None:
    client.force_login(world.bob)
    address = reverse("artifacts:version-metadata", args=SOURCE)
    response = client.post(address, {"metadata": '{"epochs": '})
    assert response.status_code == 422
    assert "{&quot;epochs&quot;: " in response.content.decode()
    assert client.post(address, {"metadata": "[1]"}).status_code == 422
    assert client.post(address, {"metadata": '{"epochs": 60}'}).status_code == 302
    linked.version.refresh_from_db()
    assert linked.version.metadata == {"epochs": 60}


def test_the_switcher_leads_to_the_same_tab_of_another_version(
    world: World, linked: Membership, client: Client
) -> None:
    factories.version(linked.version.project, user=world.bob)
    client.force_login(world.bob)
    address = reverse("artifacts:version-switch", args=SOURCE[:3])
    response = client.get(address, {"version": "v1", "tab": "files"})
    assert response.headers["Location"] == "/vision/detector/artifacts/model/yolo/v1/files"
    assert client.get(address, {"version": "v9", "tab": "files"}).status_code == 404
    assert client.get(address, {"version": "v1", "tab": "//evil"}).headers["Location"].endswith("/yolo/v1")
