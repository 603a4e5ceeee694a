"""The versions of a project's collection in a table, what is done to the collection, and the tree that finds it."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from artifacts.actions import aliases_and_tags, organizations, versions
from artifacts.errors import Forbidden
from artifacts.models import ArtifactVersion, AuditEvent, Collection, Entity
from registry.actions import registries
from registry.actions.link import link_by_name
from tests import factories
from tests.conftest import World

BROWSER = "/vision/detector/artifacts"
YOLO = f"{BROWSER}/model/yolo"
RENAME = f"{BROWSER}/-/rename/yolo"
DELETE = f"{BROWSER}/-/delete/yolo"


def stock(world: World, sizes: list[int], name: str = "yolo") -> list[ArtifactVersion]:
    project = factories.project(world.team, user=world.bob)
    made = []
    for number, size in enumerate(sizes):
        run = factories.run(project, user=world.bob, display_name=f"calm-{number}")
        metadata = {"accuracy": number / 10, "data": {"lang": "en"}}
        files = {f"f{part}": size for part in range(number + 1)}
        made.append(factories.version(project, name, user=world.bob, run=run, metadata=metadata, files=files))
    return made


def numbers(client: Client, query: str = "") -> list[str]:
    return [row.version_page.membership.name for row, _ in client.get(YOLO + query).context["table_rows"]]


def test_versions_are_filtered_sorted_and_shown_as_the_address_says(client: Client, world: World) -> None:
    made = stock(world, [30, 1, 2])
    aliases_and_tags.tag_version(made[1], ["int8"], acting_user=world.bob)
    versions.keep_version(made[2], 30 * 86_400, acting_user=world.bob)
    client.force_login(world.bob)
    page = client.get(YOLO).content.decode()
    for head in ("Aliases", "Tags", "Created By", "Time to Live"):
        assert f">{head}</th>" in page
    assert "30 days" in page
    assert ">calm-1</a>" in page
    assert numbers(client, "?sort=size") == ["v1", "v2", "v0"]
    assert numbers(client, "?sort=-files") == ["v2", "v1", "v0"]
    assert numbers(client, "?sort=nothing") == numbers(client, "?sort=-created") == ["v2", "v1", "v0"]
    assert numbers(client, "?q=metadata.accuracy+%3E+0.05+tag!%3Dint8") == ["v2"]
    assert numbers(client, "?q=alias:latest") == ["v2"]
    assert numbers(client, "?q=version<2&sort=version") == ["v0", "v1"]
    wrong = client.get(f"{YOLO}?q=colour:red+v1")
    assert "“colour:” isn’t a filter here" in wrong.content.decode()
    assert [row.version_page.membership.name for row, _ in wrong.context["table_rows"]] == ["v1"]
    shown = client.get(f"{YOLO}?show=digest&show=metadata.data.lang").content.decode()
    assert 'title="metadata.data.lang">data.lang</th>' in shown
    assert ">Digest</th>" in shown
    assert ">Time to Live</th>" not in shown
    assert "No versions match the filter" in client.get(f"{YOLO}?q=tag:nothing").content.decode()
    rows = client.get(YOLO, headers={"HX-Request": "true"}).content.decode()
    assert "<nav" not in rows.split('id="version-rows"')[0]


def test_two_versions_and_two_hundred_take_the_same_queries(client: Client, world: World) -> None:
    client.force_login(world.bob)
    asked = "?sort=size&show=creator&show=ttl&show=metadata.accuracy&q=metadata.accuracy>=0"

    def count(address: str) -> int:
        client.get(address)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    stock(world, [1, 2])
    few = [count(YOLO), count(YOLO + asked)]
    stock(world, [number % 5 for number in range(198)])
    assert [count(YOLO), count(YOLO + asked)] == few
    seen, address = [], YOLO + asked
    while address:
        response = client.get(address)
        assert len(response.content) < 400_000
        seen += [row.version_page.membership.name for row, _ in response.context["table_rows"]]
        address = response.context["versions"].older and YOLO + response.context["versions"].older
    assert sorted(seen) == sorted(f"v{number}" for number in range(200))


def test_each_is_offered_what_they_may_do(client: Client, world: World) -> None:
    stock(world, [1])
    client.force_login(world.carol)
    page = client.get(YOLO).content.decode()
    assert "Edit TTL policy" not in page
    assert DELETE not in page
    assert client.get(RENAME).status_code == client.get(DELETE).status_code == 403
    client.force_login(world.mallory)
    for address in (YOLO, RENAME, DELETE):
        assert client.get(address).status_code == 404
        assert client.post(address, {"name": "yolo"}).status_code in {404, 405}
    client.force_login(world.bob)
    page = client.get(YOLO).content.decode()
    for words in (
        "Edit TTL policy",
        "Link to registry…",
        f'href="{DELETE}"',
        f'href="{DELETE}/v0"',
        f'href="{RENAME}"',
    ):
        assert words in page
    assert Collection.objects.filter(name="yolo").exists()


def test_a_collection_is_renamed_and_found_by_both_names(client: Client, world: World) -> None:
    stock(world, [1])
    stock(world, [1], name="other")
    client.force_login(world.bob)
    assert 'value="yolo"' in client.get(RENAME).content.decode()
    taken = client.post(RENAME, {"name": "other"})
    assert taken.status_code == 422
    assert "A collection named “other” exists" in taken.content.decode()
    assert client.post(RENAME, {"name": "yolo-x"})["Location"] == f"{BROWSER}/model/yolo-x"
    assert client.get(YOLO)["Location"] == f"{BROWSER}/model/yolo-x"


def test_a_collection_is_deleted_by_its_name_once_the_links_that_break_were_named(client: Client, world: World) -> None:
    made = stock(world, [1, 1])
    link_by_name(made[0], world.model, "detectors", aliases=["prod"], acting_user=world.bob)
    secret = registries.create_registry(world.organization, "Secret", visibility="restricted", acting_user=world.alice)
    link_by_name(made[1], secret.project, "unseen", acting_user=world.alice)
    client.force_login(world.bob)
    dialog = client.get(DELETE).content.decode()
    assert "It has 2 versions" in dialog
    assert "2 links would end" in dialog
    assert "model/detectors:v0" in dialog
    assert "some in registries you can’t see" in dialog
    assert "unseen" not in dialog
    assert client.post(DELETE, {"name": "other"}).status_code == 422
    registries.protect_alias(world.model, "prod", acting_user=world.alice)
    held = client.get(DELETE).content.decode()
    assert "It can’t be deleted now." in held
    assert "Delete collection</button>" not in held
    refused = client.post(DELETE, {"name": "yolo"})
    assert refused.status_code == 422
    assert "by a protected alias (yolo:v0)" in refused.content.decode()
    assert Collection.objects.filter(name="yolo").exists()
    registries.unprotect_alias(world.model, "prod", acting_user=world.alice)
    assert client.post(DELETE, {"name": "yolo"})["Location"] == BROWSER
    assert not ArtifactVersion.objects.exists()
    assert Collection.objects.get(name="detectors").version_count == 0
    assert client.get(YOLO).status_code == 404


def test_the_tree_finds_all_by_a_part_of_their_name_page_by_page(client: Client, world: World) -> None:
    stock(world, [1])
    project = Collection.objects.get(name="yolo").project
    client.force_login(world.bob)
    address = f"{YOLO}?find=MANY&sort=size"

    def count() -> int:
        client.get(address)
        with CaptureQueriesContext(connection) as captured:
            client.get(address)
        return len(captured)

    def add(start: int, stop: int) -> None:
        Collection.objects.bulk_create(
            Collection(
                project=project, kind="sequence", type="dataset" if number % 2 else "model", name=name, name_key=name
            )
            for number in range(start, stop)
            for name in [f"many-{number:03d}"]
        )

    add(0, 2)
    few = count()
    add(2, 200)
    assert count() == few
    page = client.get(address).content.decode()
    assert "200 matches" in page
    assert "Further matches…" in page
    # The current place stays open, and what the page shows stays as it is.
    assert f'href="{YOLO}?find=MANY"' in page
    assert '<input type="hidden" name="sort" value="size">' in page
    seen, search = set(), client.get(f"{BROWSER}?find=many").context["search"]
    for _ in range(9):
        context = client.get(f"{BROWSER}{search.more_url or '?find=many'}").context
        seen |= {leaf.collection.name for branch in context["branches"] for leaf in branch.leaves}
        search = context["search"]
    assert seen == {f"many-{number:03d}" for number in range(200)}
    of_type = client.get(f"{BROWSER}?find=datas").context
    assert of_type["search"].count == 100
    assert [branch.type for branch in of_type["branches"]] == ["dataset"]
    nothing = client.get(f"{BROWSER}?find=%E6%A8%A1%E5%9E%8B").content.decode()
    assert "0 matches" in nothing
    assert "No name holds “模型”." in nothing


def test_a_long_name_in_any_script_is_clipped_with_its_whole_in_the_title(client: Client, world: World) -> None:
    name = "模型-" + "слово" * 20
    stock(world, [1], name=name)
    client.force_login(world.bob)
    assert f'<span class="clip" title="{name}">{name}</span>' in client.get(BROWSER).content.decode()


def test_a_team_says_how_long_versions_are_kept_that_say_nothing_themselves(client: Client, world: World) -> None:
    made = stock(world, [1, 1])
    versions.keep_version(made[0], versions.FOR_EVER, acting_user=world.bob)
    ttl = "/vision/-/ttl"
    client.force_login(world.bob)
    assert "are kept without end" in client.get("/vision/settings").content.decode()
    assert client.post(ttl, {"permission": "admins"}).status_code == 403
    client.force_login(world.mallory)
    assert client.post(ttl, {"permission": "admins"}).status_code == 404
    client.force_login(world.alice)
    given = {"permission": "admins", "has_default": "on", "days": "90"}
    wrong = client.post(ttl, {"permission": "members", "has_default": "on"})
    assert wrong.status_code == 422
    assert "Say for how many days versions are kept." in wrong.content.decode()
    assert "at most 36,500 days" in client.post(ttl, {**given, "days": "99999999"}).content.decode()
    review = client.post(ttl, given).content.decode()
    assert "for 90 days from their creation</b>; until now without end" in review
    assert "<b>Only administrators</b>" in review
    assert Entity.objects.get(name="vision").ttl_seconds is None, "nothing is saved before it was looked at"
    assert client.post(ttl, {**given, "confirmed": "yes"}).status_code == 302
    assert client.post(ttl, given).status_code == 302, "what changes nothing isn't asked"
    assert AuditEvent.objects.filter(verb="team.changed").count() == 1
    assert 'value="90"' in client.get("/vision/settings").content.decode()
    client.force_login(world.bob)
    table = client.get(YOLO).content.decode()
    assert table.count("90 days") == 1
    assert "inherited" in table
    assert "90 days" in client.get(f"{YOLO}/v1").content.decode()
    assert "as the team says" in client.get(f"{YOLO}/v1").content.decode()
    dialog = f"{BROWSER}/-/ttl/yolo/v1"
    assert "Inherit (90 days, as the team)" in client.get(dialog).content.decode()
    refused = client.post(dialog, {"policy": "deactivate"})
    assert refused.status_code == 422
    assert "only administrators of “vision” set how long versions are kept" in refused.content.decode()
    with pytest.raises(Forbidden):
        versions.keep_version(made[1], 86_400, acting_user=world.bob)
    organizations.keep_versions(Entity.objects.get(name="vision"), None, by_admins=False, acting_user=world.alice)
    assert client.post(dialog, {"policy": "deactivate"}).status_code == 302
