"""Words in the box that narrow, words inside files' names, and what somebody searched for lately."""

from urllib.parse import urlencode

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import reverse

from artifacts.actions import aliases_and_tags
from artifacts.models import Collection, LinkedFilePart, ManifestEntry, User
from registry.actions import registries, searches
from registry.actions.link import link_by_name
from registry.models import RecentSearch
from registry.search.address import read_address
from registry.search.find import find
from registry.search.hits import Kind
from tests import factories
from tests.conftest import World
from tests.registry.search.test_search_page import HTMX, PANEL, as_user, facets, shown, titles


@pytest.fixture
def stocked(world: World) -> World:
    """Two registries: `detectors` (model, tag Vision, alias production on v0), `night` (dataset, version tagged `night shift`)."""
    source = factories.project(world.team, "detector", user=world.bob)
    model = factories.stored_version(
        source, {"ckpt/model-epoch-3.pt": b"1", "Read_Me.md": b"2", "detect.bin": b"3"}, user=world.bob
    )
    data = factories.version(source, "images", "dataset", user=world.bob, files={"part.csv": 1})
    link_by_name(model, world.model, "detectors", aliases=["production"], acting_user=world.bob)
    link_by_name(data, world.dataset, "detect-night", aliases=["night run"], acting_user=world.bob)
    factories.portfolio(world.model, "detect-empty", user=world.bob)
    aliases_and_tags.tag_collection(Collection.objects.get(name="detectors"), ["Vision"], acting_user=world.bob)
    aliases_and_tags.tag_version(data, ["night shift"], acting_user=world.bob)
    return world


@pytest.mark.parametrize(
    ("typed", "words", "chosen"),
    [
        ("detect tag:vision", "detect", {"tag": ("vision",)}),
        ("TAG:vision  detect  type:model", "detect", {"tag": ("vision",), "type": ("model",)}),
        ('tag:"night shift" alias:"night run" a b', "a b", {"tag": ("night shift",), "alias": ("night run",)}),
        ("tag:a tag:b tag:a", "", {"tag": ("a", "b")}),
        ("registry:model", "", {"registry": ("model",)}),
        ('tag:"open', "", {"tag": ("open",)}),
        ("tag: detect", "tag: detect", {}),
        ("detectors:v3", "detectors:v3", {}),
        ("owner:bob detect", "owner:bob detect", {}),
        ("model/tag:v0", "model/tag:v0", {}),
        ("mytag:x", "mytag:x", {}),
        ('tag:""', 'tag:""', {}),
    ],
)
def test_four_words_before_a_colon_narrow_and_others_are_words(
    typed: str, words: str, chosen: dict[str, tuple[str, ...]]
) -> None:
    address = read_address(QueryDict(urlencode({"q": typed})))
    assert address.words == words
    assert {name: values for name, values in address.chosen.items() if values} == chosen
    again = QueryDict(urlencode({"q": address.typed}))
    assert read_address(again).query() == address.query() == read_address(QueryDict(address.query())).query()


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("detect type:dataset", ["detect-night"]),
        ("detect tag:vision", ["detectors", "detect.bin"]),
        ("tag:VISION", ["detectors"]),
        ('tag:"night shift"', ["detect-night:v0"]),
        ("alias:production", ["detectors", "detectors:v0"]),
        ("alias:PRODUCTION detect", ["detectors", "detect.bin"]),
        ('alias:"night run" type:dataset', ["detect-night", "detect-night:v0"]),
        ("alias:production type:dataset", []),
        ("type:model", ["detectors", "detect-empty"]),
        ("type:model registry:model tag:vision alias:production detectors", ["detectors"]),
        ("registry:model", ["detectors", "detect-empty"]),
        ("registry:nowhere", []),
        ("registry:model registry:dataset", ["detect-night", "detectors", "detect-empty"]),
        ("owner:bob", []),
        ("type:MODEL", ["detectors", "detect-empty"]),
        ("type:mod", ["detectors", "detect-empty"]),
        ("type:odel", []),
        ("registry:dat", ["detect-night"]),
        ("tag:vis", ["detectors"]),
        ("tag:SHIFT", ["detect-night:v0"]),
        ("tag:ision", []),
        ("alias:prod", ["detectors", "detectors:v0"]),
        ("alias:run", ["detect-night", "detect-night:v0"]),
        ("alias:run type:mod", []),
    ],
)
def test_what_is_typed_narrows_as_the_facets_do(stocked: World, typed: str, expected: list[str]) -> None:
    client = as_user(stocked.bob)
    found = titles(client.get("/search", {"q": typed}).content.decode())
    assert sorted(found) == sorted(expected)
    panel = client.get("/search", {"q": typed}, headers=PANEL).content.decode()
    assert [name for name in expected if name not in panel.replace("<mark>", "").replace("</mark>", "")] == []
    assert ("Nothing found for" in panel) is (not expected)


def test_what_is_chosen_is_shown_and_taken_back_one_by_one(stocked: World) -> None:
    client = as_user(stocked.bob)
    page = shown(client, "/search?q=detect+tag:Vision+alias:production+type:model&kind=collection")
    for words, href in (
        ("Tag: Vision", "/search?q=detect&amp;kind=collection&amp;type=model&amp;alias=production"),
        ("Alias: production", "/search?q=detect&amp;kind=collection&amp;type=model&amp;tag=Vision"),
        ("Type: model", "/search?q=detect&amp;kind=collection&amp;tag=Vision&amp;alias=production"),
        ("Kind: Collections", "/search?q=detect&amp;type=model&amp;tag=Vision&amp;alias=production"),
    ):
        assert f'href="{href}" aria-label="Remove {words}"' in page
    assert 'id="q" name="q" type="search" value="detect type:model tag:Vision alias:production"' in page
    assert 'id="words" name="q" type="search" value="detect"' in page
    assert facets(page)["alias"]["production"] == "1"
    assert "Chosen facets" not in shown(client, "/search?q=detect")
    assert facets(shown(client, "/search?q=alias:production")) == {
        "kind": {"collection": "1", "version": "1"},
        "registry": {"model": "2"},
        "type": {"model": "2"},
        "tag": {"Vision": "2"},
        "alias": {"production": "2", "latest": "1"},
    }
    assert "<code>tag:vision detect</code>" in shown(client, "/search")


def test_what_is_typed_in_part_becomes_what_it_means(stocked: World) -> None:
    cards = registries.create_registry(stocked.organization, "Cards", acting_user=stocked.bob).project
    factories.portfolio(cards, "sets", "dataset-card", user=stocked.bob)
    client = as_user(stocked.bob)
    page = shown(client, "/search?q=tag:vis+type:MOD")
    assert 'aria-label="Remove Tag: Vision"' in page
    assert 'aria-label="Remove Type: model"' in page
    assert 'name="type" value="model" checked' in page
    assert f'href="{reverse("registry:search-save")}?type=model&amp;tag=Vision"' in page
    several = shown(client, "/search?q=type:data")
    assert facets(several)["type"] == {"dataset": "1", "dataset-card": "1"}
    exact = shown(client, "/search?q=type:dataset")
    assert 'aria-label="Remove Type: dataset"' in exact
    assert "Remove Type: dataset-card" not in exact
    assert titles(shown(client, "/search?type=data")) == []  # a facet's box means what it says
    assert client.post("/search/-/recent", {"q": "type:mod"}, headers=HTMX).status_code == 204
    assert searches.recent_searches(stocked.bob)[0].query_string == "type=model"


def test_an_alias_is_meant_itself_however_many_newer_ones_begin_so(stocked: World) -> None:
    place = Collection.objects.get(name="detectors", kind="portfolio").memberships.get()
    aliases_and_tags.add_aliases(place, [f"production-{n}" for n in range(30)], acting_user=stocked.alice)
    page = shown(as_user(stocked.bob), "/search?q=alias:PRODUCTION")
    assert 'aria-label="Remove Alias: PRODUCTION"' in page
    assert "Remove Alias: production-1" not in page


def test_where_a_type_or_registry_finds_nothing_the_page_says_which_there_are(stocked: World) -> None:
    secret = registries.create_registry(
        stocked.organization, "Secret", visibility="restricted", acting_user=stocked.bob
    ).project
    factories.portfolio(secret, "hushed", "hush-type", user=stocked.bob)
    for mode in ({}, PANEL):
        page = shown(as_user(stocked.alice), "/search?q=type:nothing+registry:nowhere", **mode)
        assert "Types that you can see" in page
        assert 'href="/search?registry=nowhere&amp;type=hush-type">hush-type</a>' in page
        seen = shown(as_user(stocked.carol), "/search?q=type:hush", **mode)
        assert 'href="/search?type=dataset">dataset</a>' in seen
        assert 'href="/search?type=model">model</a>' in seen
        assert "hush-type" not in seen
        named = shown(as_user(stocked.carol), "/search?q=registry:Secr", **mode)
        assert 'href="/search?registry=model">model</a>' in named
        assert "Secret" not in named
        nobody = shown(as_user(stocked.mallory), "/search?q=type:mod", **mode)
        assert "that you can see:" not in nobody
    assert "that you can see:" not in shown(as_user(stocked.bob), "/search?q=type:mod")


def test_what_one_may_not_see_is_narrowed_to_by_no_word(stocked: World) -> None:
    secret = registries.create_registry(
        stocked.organization, "Secret", visibility="restricted", acting_user=stocked.bob
    ).project
    source = factories.project(stocked.team, "hidden", user=stocked.bob)
    hidden = factories.stored_version(source, {"a/hush-weights.bin": b"hush"}, "hushed", user=stocked.bob)
    link_by_name(hidden, secret, "hushed", aliases=["hush-alias"], acting_user=stocked.bob)
    aliases_and_tags.tag_collection(
        Collection.objects.get(name="hushed", kind="portfolio"), ["hush-tag"], acting_user=stocked.bob
    )
    asked = ("tag:hush-tag", "alias:hush-alias", "type:model hush", "registry:Secret", "weights", "hush tag:hush-tag")
    for typed in asked:
        assert "hushed" in shown(as_user(stocked.bob), f"/search?q={typed}"), typed
        for user in (stocked.carol, stocked.mallory):
            client = as_user(user)
            for page in (shown(client, f"/search?q={typed}"), shown(client, f"/search?q={typed}", **PANEL)):
                assert "hushed" not in page, (typed, user)
                assert "hush-weights" not in page, (typed, user)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("epoch", ["ckpt/model-epoch-3.pt"]),
        ("EPOCH-3", ["ckpt/model-epoch-3.pt"]),
        ("ckpt", ["ckpt/model-epoch-3.pt"]),
        ("model-epoch", ["ckpt/model-epoch-3.pt"]),
        ("me.md", ["Read_Me.md"]),
        ("bin", ["detect.bin"]),
        ("poch", []),
        ("pt", []),
    ],
)
def test_files_are_found_by_a_word_inside_their_name(stocked: World, words: str, expected: list[str]) -> None:
    assert [hit.path for hit in find(stocked.bob, words).best(Kind.FILE)] == expected
    assert [hit.path for hit in find(stocked.mallory, words).best(Kind.FILE)] == []


def test_references_are_found_by_digest_and_by_parts_of_their_address(stocked: World) -> None:
    source = factories.project(stocked.team, "detector", user=stocked.bob)
    version = factories.version(source, "frames", "dataset", user=stocked.bob, files={"frame.parquet": 1})
    ManifestEntry.objects.filter(version=version).update(
        ref="s3://acme-lake/raw_video/2026/frame-0001.parquet", digest="9B2cF-etag-77", blob=None
    )
    link_by_name(version, stocked.dataset, "frames", acting_user=stocked.bob)
    for words in ("acme-lake", "lake", "video", "raw_video", "9b2cf-etag", "9B2CF-ETAG-77", "0001.parquet",
                  "s3://acme-lake/raw_video/2026/frame-0001.parquet"):  # fmt: skip
        assert [hit.path for hit in find(stocked.bob, words).best(Kind.FILE)] == ["frame.parquet"], words
        assert not find(stocked.mallory, words).best(Kind.FILE), words
    assert not find(stocked.bob, "s3://elsewhere/frame-0001.parquet").best(Kind.FILE)
    registries.delete_collection(Collection.objects.get(name="frames", kind="portfolio"), acting_user=stocked.bob)
    assert not LinkedFilePart.objects.filter(path="frame.parquet").exists()


def test_only_searches_of_their_own_are_kept_the_last_eight_once_each(stocked: World) -> None:
    client = as_user(stocked.bob)

    def kept() -> list[str]:
        return [one.query_string for one in searches.recent_searches(stocked.bob)]

    shown(client, "/search?q=detec", **PANEL)
    shown(client, "/search")
    shown(client, "/search?kind=file")
    assert kept() == []
    shown(client, "/search?q=detect")
    at = {"HX-Current-URL": "http://testserver/search?q=detect"}
    shown(client, "/search?q=detect&type=model", **HTMX, **at)
    shown(client, "/search?q=detect&kind=file&after=1-1")
    assert kept() == ["q=detect"]
    shown(client, "/search?q=night", **HTMX, **at)
    shown(client, "/search?q=tag:Vision")
    shown(client, "/search?q=detect")
    assert kept() == ["q=detect", "tag=Vision", "q=night"]
    assert client.post("/search/-/recent", {"q": "detect type:model"}, headers=HTMX).status_code == 204
    assert client.post("/search/-/recent", {"q": ""}, headers=HTMX).status_code == 204
    assert client.get("/search/-/recent").status_code == 405
    assert kept()[0] == "q=detect&type=model"
    for number in range(9):
        shown(client, f"/search?q=word{number}")
    assert kept() == [f"q=word{number}" for number in range(8, 0, -1)]
    assert RecentSearch.objects.count() == 8


def test_what_was_searched_for_lately_is_offered_to_oneself_and_cleared(stocked: World) -> None:
    client, other = as_user(stocked.bob), as_user(stocked.alice)
    shown(client, "/search?q=detect+tag:Vision")
    shown(other, "/search?q=alices")
    panel = shown(client, "/search?q=", **PANEL)
    assert 'href="/search?q=detect&amp;tag=Vision"' in panel
    assert "detect · tag Vision" in panel
    assert "alices" not in panel
    assert panel.count('role="option"') == 2  # it, and the way to clear
    assert "detect · tag Vision" in shown(client, "/search")
    assert "Clear recent searches?" in shown(client, "/search/-/recent/clear")
    emptied = client.post("/search/-/recent/clear", headers=PANEL).content.decode()
    assert 'role="option"' not in emptied
    assert "Narrow with" in emptied
    assert not RecentSearch.objects.filter(user=stocked.bob).exists()
    assert RecentSearch.objects.get().user == stocked.alice
    assert other.post("/search/-/recent/clear")["Location"] == "/search"
    assert "Recent searches" not in shown(other, "/search?q=", **PANEL)
    for path in ("/search/-/recent", "/search/-/recent/clear"):
        assert "/login" in Client().post(path)["Location"]


def test_a_name_is_found_by_any_part_however_long_or_often_it_is_in_it(world: World) -> None:
    long = "a-very-long-name-of-a-detector-for-the-night-shift-of-2026-in-the-north"
    for name in (long, "dedede", "xdedex"):
        factories.portfolio(world.model, name, user=world.bob)

    def found(user: User, words: str) -> list[str]:
        return [hit.name for hit in find(user, words).best(Kind.COLLECTION)]

    assert found(world.bob, "detector-for-the-night-shift-of-2026-in") == [long]
    assert found(world.bob, "detector-for-the-night-shift-of-2027-in") == []
    assert found(world.bob, "ded") == ["dedede", "xdedex"]
    assert found(world.bob, "dedex") == ["xdedex"]
    assert found(world.mallory, "ded") == []
