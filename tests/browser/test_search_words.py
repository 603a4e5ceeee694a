"""Words that narrow, what was searched for lately, and files by a word of their name: in a real browser, mostly by keys."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from artifacts.actions import aliases_and_tags
from artifacts.models import Collection, User
from registry.actions.link import link_by_name
from registry.models import RecentSearch
from tests import factories
from tests.conftest import World

type Visit = Callable[[User, str], Page]


@pytest.fixture
def stocked(world: World) -> World:
    """`detectors` with a tag, an alias and a checkpoint, and a collection beside it."""
    source = factories.project(world.team, "detector", user=world.bob)
    made = factories.stored_version(source, {"ckpt/model-epoch-3.pt": b"weights"}, user=world.bob)
    link_by_name(made, world.model, "detectors", aliases=["production"], acting_user=world.bob)
    aliases_and_tags.tag_collection(Collection.objects.get(name="detectors"), ["night shift"], acting_user=world.bob)
    factories.portfolio(world.dataset, "detect-raw", "dataset", user=world.bob)
    return world


def test_words_narrow_and_what_was_searched_for_is_offered_again(stocked: World, visit: Visit) -> None:
    page = visit(stocked.bob, "/registry")
    field, panel = page.locator("#q"), page.locator("#search-panel")
    options = panel.get_by_role("option")

    page.keyboard.press("/")
    expect(panel).to_contain_text("Narrow with tag: alias: type: registry:")
    expect(options).to_have_count(0)
    page.keyboard.type('detect tag:"night shift"')
    expect(options).to_have_count(2)
    expect(options.first).to_contain_text("detectors")
    expect(panel).not_to_contain_text("detect-raw")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/search\?q=detect&tag=night\+shift$"))
    expect(field).to_have_value('detect tag:"night shift"')
    expect(page.locator(".result")).to_have_count(1)
    chips = page.get_by_role("list", name="Chosen facets")
    expect(chips.get_by_role("listitem")).to_have_text(["Tag: night shift"])
    chips.get_by_role("link", name="Remove Tag: night shift").click()
    expect(page).to_have_url(re.compile(r"/search\?q=detect$"))
    expect(page.locator(".result")).to_have_count(2)
    expect(chips).to_have_count(0)
    page.go_back()
    expect(chips).to_be_visible()

    # A hit that is chosen leaves what was typed for it; a file is found by a word inside its name.
    page.keyboard.press("Control+k")
    page.keyboard.type("epoch")
    expect(panel.get_by_role("group", name="Files").get_by_role("option")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/v0/files\?path=ckpt%2Fmodel-epoch-3\.pt"))
    page.keyboard.press("/")
    page.keyboard.type("nothing like it")
    expect(panel.get_by_role("status")).to_contain_text("Nothing found for “nothing like it”")
    field.fill("")
    recent = panel.get_by_role("group", name="Recent searches").get_by_role("option")
    expect(recent).to_have_text(
        [
            re.compile(r"^\s*epoch"),
            re.compile(r"^\s*detect · tag night shift"),  # Back asked for it again
            re.compile(r"^\s*detect\s*just"),
            "Clear recent searches",
        ]
    )
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(field).to_have_attribute("aria-activedescendant", str(recent.nth(1).get_attribute("id")))
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/search\?q=detect&tag=night\+shift$"))

    # Away from the field the panel is closed, and cleared by keys it offers nothing any more.
    field.fill("")
    expect(recent).to_have_count(4)
    expect(recent.first).to_contain_text("night shift")
    page.keyboard.press("Tab")
    with page.expect_response(
        re.compile("/search")
    ):  # each focus reads anew what is offered: this answer is not the next one's
        page.keyboard.press("Shift+Tab")
    expect(recent).to_have_count(4)
    page.locator("#words").focus()
    expect(panel).to_be_hidden()
    with page.expect_response(re.compile("/search")):  # what is offered is read anew, a moment after the focus
        field.focus()
    expect(panel).to_be_visible()
    expect(page.locator(".htmx-request, .htmx-settling, .htmx-swapping")).to_have_count(0)
    page.keyboard.press("ArrowUp")
    expect(panel.get_by_role("option", selected=True)).to_have_text("Clear recent searches")
    page.keyboard.press("Enter")
    expect(options).to_have_count(0)
    expect(panel).to_contain_text("Narrow with")
    assert not RecentSearch.objects.exists()


def test_the_search_page_lists_and_clears_them_with_its_own_buttons(stocked: World, visit: Visit) -> None:
    page = visit(stocked.bob, "/search?q=alias:production")
    expect(page.locator(".result")).to_have_count(2)
    expect(page.get_by_role("list", name="Chosen facets")).to_have_text("Alias: production")
    page.goto(page.url.partition("?")[0])
    page.get_by_role("link", name="alias production").click()
    expect(page.locator(".result")).to_have_count(2)
    chosen = page.get_by_role("checkbox", name=re.compile("^production"))
    expect(chosen).to_be_checked()
    chosen.click()  # with the answer it is gone, sooner than `uncheck` may have looked at it again
    expect(page.get_by_role("heading", name="Recent searches")).to_be_visible()
    page.get_by_role("button", name="Clear recent searches").click()
    expect(page.get_by_text("Recent searches cleared")).to_be_visible()
    expect(page.get_by_role("heading", name="Recent searches")).to_have_count(0)
    assert not RecentSearch.objects.exists()
