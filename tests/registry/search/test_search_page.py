"""The page of results: facets, pages of one kind, order, saved searches; and the panel."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from artifacts.actions import aliases_and_tags, search_index
from artifacts.errors import Invalid
from artifacts.models import Alias, ArtifactVersion, Collection, ManifestEntry, Membership, SearchTerm, User, VersionTag
from registry.actions import registries, searches
from registry.actions.link import link_by_name
from registry.models import SavedSearch
from tests import factories
from tests.conftest import World

PANEL = {"HX-Request": "true", "HX-Target": "search-panel"}
HTMX = {"HX-Request": "true"}


def as_user(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def shown(client: Client, path: str, **headers: str) -> str:
    response = client.get(path, headers=headers)
    assert response.status_code == 200
    return response.content.decode()


def facets(page: str) -> dict[str, dict[str, str]]:
    """What each facet offers, with the counts."""
    found: dict[str, dict[str, str]] = {}
    option = re.compile(
        r'name="(\w+)" value="([^"]*)"( checked)? data-autosubmit>.*?<span class="count">([^<]*)<', re.DOTALL
    )
    for name, value, _, count in option.findall(page):
        found.setdefault(name, {})[value] = count
    return found


def titles(page: str) -> list[str]:
    """The names of the results, without marks."""
    found = re.findall(r'<h3>(?:<span class="tag">)?<a href="[^"]*">(.*?)</a>', page)
    return [re.sub(r"<.*?>", "", name) for name in found]


@pytest.fixture
def stocked(world: World) -> World:
    """Two registries with collections of two types, a tag, an alias and files."""
    source = factories.project(world.team, "detector", user=world.bob)
    golden = registries.create_registry(world.organization, "Golden", acting_user=world.bob).project
    model = factories.stored_version(source, {"detect.bin": b"1"}, user=world.bob)
    data = factories.version(source, "images", "dataset", user=world.bob, files={"detect.csv": 1})
    link_by_name(model, world.model, "detectors", aliases=["detect-best"], acting_user=world.bob)
    link_by_name(model, golden, "detectors-frozen", acting_user=world.bob)
    link_by_name(data, golden, "detect-holdout", acting_user=world.bob)
    aliases_and_tags.tag_collection(
        Collection.objects.get(name="detectors"), ["detect-tag", "vision"], acting_user=world.bob
    )
    aliases_and_tags.tag_version(data, ["vision"], acting_user=world.bob)
    return world


def test_facets_count_what_the_others_leave(stocked: World) -> None:
    client = as_user(stocked.bob)
    page = shown(client, "/search?q=detect")
    assert facets(page) == {
        "kind": {"collection": "3", "tag": "1", "alias": "1", "file": "3"},
        "registry": {"Golden": "4", "model": "4"},
        "type": {"model": "5", "dataset": "2"},
        "tag": {"vision": "4", "detect-tag": "4"},
        "alias": {"latest": "4", "detect-best": "2"},
    }
    page = shown(client, "/search?q=detect&registry=Golden")
    assert "4 in 1 registry" in page
    assert facets(page)["kind"] == {"collection": "2", "file": "2"}
    assert facets(page)["registry"] == {"Golden": "4", "model": "4"}
    assert titles(page) == ["detect-holdout", "detectors-frozen", "detect.csv", "detect.bin"]
    page = shown(client, "/search?q=detect&registry=Golden&type=dataset&kind=collection&kind=file")
    assert titles(page) == ["detect-holdout", "detect.csv"]
    assert facets(page)["type"] == {"dataset": "2", "model": "2"}
    assert titles(shown(client, "/search?q=detect&tag=vision&kind=file")) == ["detect.csv", "detect.bin"]
    assert titles(shown(client, "/search?q=detect&tag=detect-tag&registry=model")) == [
        "detectors", "detect-tag", "detectors:v0", "detect.bin",
    ]  # fmt: skip


def test_facets_of_nothing_say_how_to_go_on(stocked: World) -> None:
    client = as_user(stocked.bob)
    page = shown(client, "/search?q=detect&type=report")
    assert "Nothing that fits the words fits the facets too" in page
    assert 'href="?q=detect"' in page
    assert facets(page)["type"]["report"] == "0"
    assert "Searched, in what you can see" in shown(client, "/search?q=zzz")
    for query in ("kind=x&sort=y&registry=&tag=&type=", "registry=nowhere", "after=x&before=9-9", "kind=file&after=1"):
        assert client.get(f"/search?q=detect&{query}").status_code == 200


def test_facets_and_counts_tell_nothing_of_what_is_hidden(stocked: World) -> None:
    secret = registries.create_registry(
        stocked.organization, "Secret", visibility="restricted", acting_user=stocked.bob
    ).project
    hidden = factories.portfolio(secret, "detect-hidden", "weapon", user=stocked.bob)
    aliases_and_tags.tag_collection(hidden, ["detect-hush"], acting_user=stocked.bob)
    assert "Secret" in facets(shown(as_user(stocked.bob), "/search?q=detect"))["registry"]
    carol = as_user(stocked.carol)
    page = shown(carol, "/search?q=detect")
    assert facets(page)["kind"] == {"collection": "3", "tag": "1", "alias": "1", "file": "3"}
    for words in ("Secret", "weapon", "detect-hush", "detect-hidden"):
        assert words not in page
    assert titles(shown(carol, "/search?q=detect&registry=Secret")) == []
    assert titles(shown(as_user(stocked.mallory), "/search?q=detect")) == []


def test_registries_of_the_same_name_are_told_apart(stocked: World) -> None:
    stocked.elsewhere.members.create(user=stocked.bob, role="admin")
    other = stocked.elsewhere.entities.get(kind="organization").projects.get(name="wandb-registry-model")
    factories.portfolio(other, "detect-elsewhere", user=stocked.bob)
    client = as_user(stocked.bob)
    assert set(facets(shown(client, "/search?q=detect"))["registry"]) == {
        "Golden",
        "Acme Corp/model",
        "Elsewhere/model",
    }
    assert titles(shown(client, "/search?q=detect&registry=Elsewhere/model")) == ["detect-elsewhere"]


def test_one_kind_is_paged_in_a_stable_order_and_sorted(stocked: World) -> None:
    for number in range(120):
        factories.portfolio(stocked.model, f"detect-{number:03}", user=stocked.bob)
    client = as_user(stocked.bob)
    page = shown(client, "/search?q=detect")
    assert page.count('<article class="result">') == 8 + 1 + 1 + 3
    assert 'href="?q=detect&amp;kind=collection" aria-label="Show all collections"' in page
    path, seen, pages = "/search?q=detect&kind=collection", [], []
    while path:
        response = client.get(path)
        seen += titles(response.content.decode())
        pages.append(path)
        path = response.context["part"].older and "/search" + response.context["part"].older
    assert len(pages) == 3
    assert sorted(seen) == sorted(Collection.objects.filter(kind="portfolio").values_list("name", flat=True))
    back = client.get(pages[2]).context
    assert back["part_text"] == "101–123 of 123"
    assert titles(shown(client, "/search" + back["part"].newer)) == seen[50:100]
    assert (
        seen[:3] == ["detectors", "detect-holdout", "detectors-frozen"] or "detectors" in seen[:3]
    )  # those with versions
    assert titles(shown(client, "/search?q=detect&kind=collection&sort=name"))[:2] == ["detect-000", "detect-001"]
    assert titles(shown(client, "/search?q=detect&kind=collection&sort=newest"))[0] == "detect-119"
    assert facets(shown(client, "/search?q=detect"))["kind"]["collection"] == "60+"


def test_htmx_gets_the_page_without_its_frame(stocked: World) -> None:
    part = shown(as_user(stocked.bob), "/search?q=detect", **HTMX)
    assert part.lstrip().startswith('<div class="stack" id="search-page">')
    assert "<html" not in part


def test_the_panel_has_six_of_each_kind_and_the_saved_ones_before_the_first_letter(stocked: World) -> None:
    for number in range(9):
        factories.portfolio(stocked.model, f"detect-{number}", user=stocked.bob)
    client = as_user(stocked.bob)
    panel = shown(client, "/search?q=detect", **PANEL)
    assert panel.count('role="option"') == 6 + 1 + 1 + 3 + 1
    assert "All results for “detect”" in panel
    panel = shown(client, "/search?q=detectors:v0", **PANEL)
    assert panel.index("Versions") < panel.index("Collections")
    assert "/registry/model/detectors/v0" in panel
    assert "Nothing that you can see is named so" in shown(client, "/search?q=zzz", **PANEL)
    assert 'role="option"' not in shown(client, "/search?q=", **PANEL)
    searches.save_search("Frozen ones", "q=frozen&kind=collection", acting_user=stocked.bob)
    panel = shown(client, "/search?q=", **PANEL)
    assert "Frozen ones" in panel
    assert 'href="/search?q=frozen&amp;kind=collection"' in panel
    assert 'role="option"' not in shown(as_user(stocked.carol), "/search?q=", **PANEL)


def test_a_search_is_saved_renamed_and_deleted(stocked: World) -> None:
    client = as_user(stocked.bob)
    save = "/search/-/save?q=detect&kind=file&kind=file&registry=model&after=3&x=y"
    assert 'value="detect"' in shown(client, save)
    assert client.post(save, {"name": "Weights"})["Location"] == "/search?q=detect&kind=file&registry=model"
    client.post(save, {"name": "Weights"})
    kept = SavedSearch.objects.get()
    assert (kept.user, kept.name) == (stocked.bob, "Weights")
    assert "Saved as Weights" in shown(client, "/search?q=detect&kind=file&registry=model")
    assert "detect · kind file · registry model" in shown(client, "/search")
    for given, words in (
        ("WEIGHTS", "You have a saved search named “Weights”"),
        ("", "required"),
        ("a\u202eb", "invisible"),
    ):
        answer = client.post("/search/-/save?q=other", {"name": given})
        assert answer.status_code == 422
        assert words in answer.content.decode()
    assert client.post("/search/-/save?kind=file", {"name": "Nothing"}).status_code == 422
    client.post("/search/-/save?q=other", {"name": "Other"})
    other = SavedSearch.objects.get(name="Other")
    assert client.post(f"/search/-/saved/{other.pk}/rename", {"name": "weights"}).status_code == 422
    assert (
        client.post(f"/search/-/saved/{other.pk}/rename", {"name": "Another"}, headers=HTMX)["HX-Redirect"] == "/search"
    )
    assert "Delete saved search Another?" in shown(client, f"/search/-/saved/{other.pk}/delete")
    assert client.post(f"/search/-/saved/{other.pk}/delete").status_code == 302
    assert list(SavedSearch.objects.values_list("name", flat=True)) == ["Weights"]


def test_nobody_meets_the_saved_searches_of_somebody_else(stocked: World) -> None:
    kept = searches.save_search("Mine", "q=mine", acting_user=stocked.bob)
    for user in (stocked.alice, stocked.mallory):
        client = as_user(user)
        for verb in ("rename", "delete"):
            for answer in (client.get, client.post):
                assert answer(f"/search/-/saved/{kept.pk}/{verb}").status_code == 404
        assert "Mine" not in shown(client, "/search")
    assert Client().post(f"/search/-/saved/{kept.pk}/delete").status_code == 302
    assert SavedSearch.objects.get().name == "Mine"


def test_fifty_searches_are_the_most(world: World) -> None:
    for number in range(searches.MOST_SAVED):
        searches.save_search(f"S{number}", f"q={number}", acting_user=world.bob)
    with pytest.raises(Invalid, match="which are the most"):
        searches.save_search("One more", "q=x", acting_user=world.bob)
    searches.save_search("S1", "q=1", acting_user=world.bob)
    searches.save_search("One more", "q=x", acting_user=world.alice)
    with pytest.raises(Invalid, match="nothing to save"):
        searches.save_search("Long", "q=" + "x" * 2000, acting_user=world.alice)


def crowd(world: World, count: int) -> None:
    """So many collections, each with a linked version that has a tag, an alias and a file; in few statements."""
    source = factories.project(world.team, "detector", user=world.bob)
    first = factories.version(source, user=world.bob)
    start = Collection.objects.count()
    names = [f"detect-{number}" for number in range(start, start + count)]
    kinds = (SearchTerm.Kind.COLLECTION, SearchTerm.Kind.TAG, SearchTerm.Kind.ALIAS)
    SearchTerm.objects.bulk_create(
        SearchTerm(project=world.model, kind=kind, name=name, name_key=name) for kind in kinds for name in names
    )
    made = Collection.objects.bulk_create(
        Collection(project=world.model, kind="portfolio", type="model", name=name, name_key=name, next_index=1)
        for name in names
    )
    versions = ArtifactVersion.objects.bulk_create(
        ArtifactVersion(sequence=first.sequence, index=start * 1000 + number, state="COMMITTED", digest="d" * 32)
        for number in range(1, count + 1)
    )
    places = Membership.objects.bulk_create(
        Membership(collection=collection, version=version, index=0)
        for collection, version in zip(made, versions, strict=True)
    )
    rows = list(zip(made, versions, places, names, strict=True))
    VersionTag.objects.bulk_create(VersionTag(version=version, name=name) for _, version, _, name in rows)
    Alias.objects.bulk_create(
        Alias(collection=collection, membership=place, name=name, name_key=name) for collection, _, place, name in rows
    )
    ManifestEntry.objects.bulk_create(
        ManifestEntry(version=version, path=f"{name}.bin", digest="x") for _, version, _, name in rows
    )
    for collection, version, _, _ in rows:
        search_index.remember_files(collection, version)


def test_the_page_and_the_panel_ask_as_often_for_two_as_for_two_hundred(world: World) -> None:
    client = as_user(world.bob)
    narrowed = ["tag:detect-1 detect", "tag:detect-1", "alias:detect-1", "type:model registry:model detect", "bin"]
    asked = {"/search?q=detect": 0, "/search?q=detect&kind=file&type=model&registry=model": 0, "/search": 0}
    asked |= dict.fromkeys([f"/search?q={words}" for words in narrowed], 0)
    asked |= dict.fromkeys([f"panel {words}" for words in ["detect", *narrowed]], 0)

    def ask(path: str) -> int:
        client.get("/search")  # what a session asks for once
        words, is_panel = path.removeprefix("panel "), path.startswith("panel ")
        if not is_panel:
            client.get(path)  # the same search again is not kept anew
        with CaptureQueriesContext(connection) as queries:
            response = client.get("/search", {"q": words}, headers=PANEL) if is_panel else client.get(path)
        assert response.status_code == 200
        return len(queries)

    for count in (2, 198):
        crowd(world, count)
        asked = asked if all(asked.values()) else {path: ask(path) for path in asked}
    then = {path: ask(path) for path in asked}
    # Fewer where enough names begin so: then those that only hold the words aren't asked for.
    assert all(then[path] <= asked[path] for path in asked), (asked, then)
    assert then["/search"] == asked["/search"]
    assert max(asked.values()) <= 45
    assert max(count for path, count in then.items() if path.startswith("panel ")) <= 11
