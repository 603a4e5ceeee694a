"""Action History: filter, export, aliases as of a moment, and moving one back."""

import csv
import io
import json
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from artifacts.actions import aliases_and_tags, organizations, people
from artifacts.models import AuditEvent, Collection, Membership, User
from registry.actions import link, registries, settings
from registry.actions.delete import delete_version
from registry.actions.deprecation import deprecate
from registry.actions.link import link_by_name, unlink_version
from registry.history import events
from tests import factories
from tests.conftest import World

COLLECTION = "/orgs/Acme Corp/registry/model/detectors/-/history"


@pytest.fixture
def detectors(world: World) -> Collection:
    """Three links; `prod` was on v0, then on v1, then on v2."""
    source = factories.project(world.team, user=world.bob)
    for _ in range(3):
        version = factories.version(source, user=world.bob)
        link_by_name(version, world.model, "detectors", aliases=["prod"], acting_user=world.bob)
    return Collection.objects.get(name="detectors", kind="portfolio")


def test_events_are_narrowed_by_act_person_and_day(client: Client, world: World, detectors: Collection) -> None:
    aliases_and_tags.tag_collection(detectors, ["street"], acting_user=world.alice)
    client.force_login(world.carol)

    def found(query: str) -> list[str]:
        return [event.verb for event in client.get(COLLECTION + query).context["events"].rows]

    assert found("?act=tags") == ["collection.tagged"]
    assert found("?act=links") == ["version.linked"] * 3
    assert found("?who=Alice") == ["collection.tagged"]
    assert found("?since=2000-01-01&until=2000-12-31") == []
    today = timezone.now().date().isoformat()
    assert len(found(f"?since={today}&until={today}")) == len(found(""))
    assert "Nothing matches the filter" in client.get(f"{COLLECTION}?who=nobody").content.decode()
    assert len(found("?act=nonsense&since=x")) == len(found(""))


def test_an_export_has_every_event_and_no_formula(client: Client, world: World, detectors: Collection) -> None:
    AuditEvent.objects.filter(collection_number=detectors.pk, verb="collection.created").update(label="=1+1")
    client.force_login(world.carol)
    answer = client.get(f"{COLLECTION}?format=csv")
    assert answer["Content-Disposition"] == 'attachment; filename="detectors-history.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.getvalue().decode())))
    assert len(rows) == AuditEvent.objects.filter(collection_number=detectors.pk).count()
    assert rows[-1]["what"] == "'=1+1"
    as_json = json.loads(client.get(f"{COLLECTION}?format=json&act=aliases").getvalue())
    assert [row["details"]["moved_from"] for row in as_json] == ["v1", "v0", None]
    assert json.loads(client.get(f"{COLLECTION}?format=json&who=nobody").getvalue()) == []


def test_aliases_are_shown_as_of_a_moment(client: Client, world: World, detectors: Collection) -> None:
    now = timezone.now()
    for age, verb in ((30, "version.linked"), (30, "alias.set")):
        ordered = AuditEvent.objects.filter(collection_number=detectors.pk, verb=verb).order_by("pk")
        for place, event in enumerate(ordered):
            AuditEvent.objects.filter(pk=event.pk).update(created_at=now - timedelta(days=age - 10 * place))
    client.force_login(world.carol)

    def standing(days: int) -> list[tuple[str, str]]:
        moment = (now - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M")
        return [(row.alias, row.version) for row in client.get(f"{COLLECTION}?as_of={moment}").context["standing"]]

    assert standing(25) == [("latest", "v0"), ("prod", "v0")]
    assert standing(15) == [("latest", "v1"), ("prod", "v1")]
    assert standing(40) == []
    assert "The collection had no alias then." in client.get(f"{COLLECTION}?as_of=2000-01-01").content.decode()


def test_as_of_knows_of_deleted_versions_and_of_moments_to_come(
    client: Client, world: World, detectors: Collection
) -> None:
    """A source version takes its aliases with it when it is deleted, without an event of each collection."""
    AuditEvent.objects.filter(collection_number=detectors.pk).update(created_at=timezone.now() - timedelta(days=9))
    version = detectors.memberships.get(index=2).version
    delete_version(version, delete_aliases=True, acting_user=world.bob)
    unlink_version(detectors.memberships.get(index=1), acting_user=world.bob)
    client.force_login(world.carol)

    def standing(day: str) -> list[tuple[str, str]]:
        answer = client.get(f"{COLLECTION}?as_of={day}")
        assert ("still to come" in answer.content.decode()) == (day == "2999-01-01")
        return [(row.alias, row.version) for row in answer.context["standing"]]

    yesterday = (timezone.now() - timedelta(days=1)).strftime("%Y-%m-%d")
    assert standing(yesterday) == [("latest", "v2"), ("prod", "v2")]
    assert standing("2999-01-01") == [("latest", "v0")]
    assert standing("2000-01-01") == []


def test_an_alias_is_moved_back_in_one_click(client: Client, world: World, detectors: Collection) -> None:
    client.force_login(world.bob)
    assert "Roll back to v1" in client.get(COLLECTION).content.decode()
    assert client.post(f"{COLLECTION}/move-back", {"alias": "prod", "version": "v1"}).status_code == 302
    assert Membership.objects.get(collection=detectors, aliases__name="prod").index == 1
    assert "Roll back to v2" in client.get(COLLECTION).content.decode()


def test_each_act_says_on_the_page_what_it_did(client: Client, world: World, detectors: Collection) -> None:
    one, two = (detectors.memberships.get(index=number) for number in (0, 2))
    deprecate(one, "It misses cyclists <at night>.", successor=two, acting_user=world.bob)
    link.unlink_version(two, acting_user=world.bob)
    ours = registries.create_registry(world.organization, "Ours", types=["model"], acting_user=world.alice).project
    registries.accept_types(ours, ["engine", "onnx"], acting_user=world.alice)
    settings.make_owner(ours, world.bob, acting_user=world.alice)
    settings.change_settings(ours, visibility="restricted", accepts_all_types=True, acting_user=world.alice)
    client.force_login(world.alice)
    page = client.get(COLLECTION).content.decode()
    assert "It misses cyclists &lt;at night&gt;. Instead: v2." in page
    assert "with latest, prod</span>" in page
    page = client.get("/orgs/Acme Corp/registry/Ours/-/history").content.decode()
    for words in (">engine, onnx<", ">now Restricted<", ">now all<", ">now bob<"):
        assert words in page


def test_nothing_is_offered_that_would_be_refused(client: Client, world: World, detectors: Collection) -> None:
    link.unlink_version(detectors.memberships.get(index=1), acting_user=world.bob)
    client.force_login(world.bob)
    assert "Roll back" not in client.get(COLLECTION).content.decode()
    registries.protect_alias(world.model, "prod", acting_user=world.alice)
    client.force_login(world.carol)
    assert "Roll back" not in client.get(COLLECTION).content.decode()
    client.force_login(world.bob)
    assert client.post(f"{COLLECTION}/move-back", {"alias": "prod", "version": "v0"}).status_code == 403


@pytest.mark.parametrize("count", [2, 200])
def test_the_page_costs_the_same_for_a_long_history(
    client: Client,
    world: World,
    detectors: Collection,
    count: int,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    AuditEvent.objects.bulk_create(
        AuditEvent(
            organization=world.organization,
            actor=world.bob,
            actor_name="bob",
            verb="alias.set",
            label=f"a{number} → detectors:v1",
            project_number=world.model.pk,
            collection_number=detectors.pk,
            data={"alias": f"a{number}", "collection": "detectors", "version": "v1"},
        )
        for number in range(count)
    )
    client.force_login(world.bob)
    with django_assert_max_num_queries(22):
        assert client.get(COLLECTION).status_code == 200


def test_a_deleted_collection_says_who_ended_it_and_keeps_its_history(
    client: Client, detectors: Collection, world: World
) -> None:
    address = "/orgs/Acme Corp/registry/model/detectors"
    registries.delete_collection(detectors, acting_user=world.alice)
    client.force_login(world.carol)
    for path in (address, f"{address}/v0", f"{address}/v0/files"):
        answer = client.get(path)
        assert answer.status_code == 410
        said = answer.content.decode()
        assert "This collection was deleted." in said
        assert "alice deleted it" in said
        assert "Collection created" in said
    part = client.get(address, {"who": "alice"}, headers={"HX-Request": "true"})
    assert part.status_code == 200
    assert "Collection deleted" in part.content.decode()
    assert "Collection created" not in part.content.decode()
    assert b"collection.deleted" in b"".join(client.get(address, {"format": "csv"}).streaming_content)
    assert client.get("/orgs/Acme Corp/registry/model/never").status_code == 404
    client.force_login(world.mallory)
    assert client.get(address).status_code == 404
    # Under the same name a new one begins anew.
    registries.create_collection(world.model, "model", "detectors", acting_user=world.bob)
    client.force_login(world.carol)
    assert client.get(address).status_code == 200


def test_a_name_that_reads_like_a_sentence_changes_nothing(client: Client, world: World) -> None:
    """Set on v0, moved to v1, rolled back to v0, gone with the link to it, and set again."""
    source = factories.project(world.team, user=world.bob)
    address = "/orgs/Acme Corp/registry/model/data from web"
    for _ in range(2):
        version = factories.version(source, user=world.bob)
        link_by_name(version, world.model, "data from web", aliases=["on → v7"], acting_user=world.bob)
    place = Collection.objects.get(name="data from web")
    client.force_login(world.bob)

    def rows() -> list[tuple[str, str, str]]:
        return [(row.alias, row.now, row.before) for row in client.get(f"{address}/-/history").context["aliases"]]

    def now() -> list[tuple[str, str]]:
        answer = client.get(f"{address}/-/history?as_of=2999-01-01")
        return [(row.alias, row.version) for row in answer.context["standing"]]

    assert (rows(), now()) == ([("on → v7", "v1", "v0")], [("latest", "v1"), ("on → v7", "v1")])
    client.post(f"{address}/-/history/move-back", {"alias": "on → v7", "version": "v0"})
    assert (rows(), now()) == ([("on → v7", "v0", "v1")], [("latest", "v1"), ("on → v7", "v0")])
    link.unlink_version(place.memberships.get(index=0), acting_user=world.bob)
    assert (rows(), now()) == ([], [("latest", "v1")])
    aliases_and_tags.add_aliases(place.memberships.get(index=1), ["on → v7"], acting_user=world.bob)
    assert (rows(), now()) == ([("on → v7", "v1", "")], [("latest", "v1"), ("on → v7", "v1")])
    registries.delete_collection(place, acting_user=world.bob)
    assert "bob deleted it" in client.get(address).content.decode()


@pytest.mark.parametrize("name", ["never", 'ne"ver', "ne\\ver", "ne%ver", "nev\x00er"])
def test_what_never_was_there_is_not_found(client: Client, world: World, detectors: Collection, name: str) -> None:
    registries.delete_collection(detectors, acting_user=world.alice)
    client.force_login(world.bob)
    assert client.get(f"/orgs/Acme Corp/registry/model/{quote(name)}").status_code == 404


# ---- what a reader may not see, and what a spreadsheet would run


@pytest.mark.parametrize("address", [COLLECTION, "/orgs/Acme Corp/registry/model/-/history"])
@pytest.mark.parametrize("kind", ["", "csv", "json"])
def test_names_of_a_source_that_the_reader_cannot_see_are_nowhere(
    client: Client, world: World, detectors: Collection, address: str, kind: str
) -> None:
    unlink_version(detectors.memberships.get(index=1), acting_user=world.bob)
    eve = people.create_user("eve", acting_user=None)
    organizations.add_member(world.organization, eve, "viewer", acting_user=None)

    def told(user: User) -> str:
        client.force_login(user)
        answer = client.get(address, {"format": kind} if kind else {})
        return (answer.getvalue() if answer.streaming else answer.content).decode()

    hidden = told(eve)
    assert "vision" not in hidden
    assert "yolo" not in hidden
    assert kind or "from a project you can’t see" in hidden
    assert "vision/detector/yolo" in told(world.carol)


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("=1+1", "'=1+1"), ("@SUM(A1)", "'@SUM(A1)"), ("+1", "'+1"), ("-1", "'-1"), ("\t=1", "'\t'=1"), ("\r=1", "'\r'=1"),
        (" =1", "' =1"), ("a;=1", "a;'=1"), ("a\t=1", "a\t'=1"), ("a\n=1", "a\n'=1"), ('a;"=1', "a;'\"=1"), ("＝1", "'＝1"),
        ("a=1", "a=1"), ("a, -1", "a, -1"), ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
    ],
)  # fmt: skip
def test_no_part_of_a_cell_is_a_formula(text: str, right: str) -> None:
    assert events.defused(text) == right


def test_every_cell_of_an_export_stands_in_quotes(client: Client, world: World, detectors: Collection) -> None:
    client.force_login(world.carol)
    lines = client.get(f"{COLLECTION}?format=csv").getvalue().decode().splitlines()
    assert lines[0] == '"when","who","action","what","details"'
    assert all(line.startswith('"') and line.endswith('"') for line in lines)
