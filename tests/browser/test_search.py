"""Search in a real browser: the panel by keyboard, the page of results, saved searches, and the filter of the home page."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from artifacts.actions import aliases_and_tags
from artifacts.models import Collection, User
from registry.actions import registries
from registry.actions.link import link_by_name
from registry.models import SavedSearch
from tests import factories
from tests.conftest import World

type Visit = Callable[[User, str], Page]


@pytest.fixture
def stocked(world: World) -> World:
    """A linked version with an alias, a tag and files, and sixty collections more."""
    golden = registries.create_registry(
        world.organization, "Golden Datasets", description="Frozen sets.", acting_user=world.bob
    ).project
    source = factories.project(world.team, "detector", user=world.bob)
    made = factories.stored_version(source, {"weights/best.bin": b"weights"}, user=world.bob)
    link_by_name(made, world.model, "detectors", aliases=["staging"], acting_user=world.bob)
    link_by_name(made, golden, "detectors-frozen", acting_user=world.bob)
    aliases_and_tags.tag_collection(Collection.objects.get(name="detectors"), ["vision"], acting_user=world.bob)
    for number in range(60):
        factories.portfolio(world.dataset, f"detect-{number:02}", "dataset", user=world.bob)
    return world


def settled(page: Page) -> None:
    """The results as htmx left them, ready to be used."""
    expect(page.locator(".htmx-settling, .htmx-swapping, .htmx-request")).to_have_count(0)


def test_somebody_finds_narrows_and_keeps_a_search(stocked: World, visit: Visit) -> None:
    page = visit(stocked.bob, "/registry")
    field, panel = page.locator("#q"), page.locator("#search-panel")

    page.keyboard.press("/")
    expect(field).to_be_focused()
    field.fill("detectors:v0")
    options = panel.get_by_role("option")
    expect(options.first).to_contain_text("detectors:v0")
    expect(panel.get_by_role("group", name="Versions").get_by_role("option")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(options).to_have_count(0)
    page.locator("h1").click()
    page.keyboard.press("Control+k")
    expect(field).to_be_focused()
    field.fill("detect")
    expect(panel.get_by_role("group", name="Collections").get_by_role("option")).to_have_count(6)
    page.keyboard.press("ArrowDown")
    expect(field).to_have_attribute("aria-activedescendant", re.compile("hit-"))
    page.keyboard.press("ArrowUp")
    expect(panel.get_by_role("option", selected=True)).to_have_text("All results for “detect”")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/search\?q=detect$"))

    form = page.locator("#search-form")
    expect(form.get_by_role("heading", name="Collections")).to_be_visible()
    page.get_by_role("link", name="Show all collections").click()
    expect(page.get_by_text("1–50 of 62")).to_be_visible()
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_text("51–62 of 62")).to_be_visible()
    settled(page)
    page.get_by_role("link", name="Previous").click()
    expect(page.get_by_text("1–50 of 62")).to_be_visible()
    settled(page)
    form.get_by_label("Sort").select_option("By name")
    expect(page.locator(".result").first).to_contain_text("detect-00")
    settled(page)
    form.get_by_role("checkbox", name=re.compile("^model")).first.check()
    expect(page.locator(".result")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"kind=collection.*registry=model"))
    settled(page)
    page.go_back()
    expect(page.locator(".result")).to_have_count(50)
    page.go_forward()
    expect(page.locator(".result")).to_have_count(1)
    form.get_by_role("checkbox", name=re.compile("^vision")).check()
    expect(page).to_have_url(re.compile("tag=vision"))
    settled(page)
    form.get_by_role("checkbox", name=re.compile("^Collections")).uncheck()
    expect(page).not_to_have_url(re.compile("kind="))
    settled(page)

    page.get_by_role("link", name="Save search").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("Seen by cameras")
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved as Seen by cameras")).to_be_visible()
    page.get_by_role("link", name="Clear the facets").click()
    expect(page.get_by_role("link", name="Save search")).to_be_visible()
    page.locator("#words").fill("best.b")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_role("heading", name="Results for “best.b”")).to_be_visible()
    settled(page)
    page.locator(".result a").first.click()
    expect(page).to_have_url(re.compile(r"/v0/files\?path=weights%2Fbest\.bin"))

    page.locator("#q").click()
    page.locator("#search-panel").get_by_role("option", name="Seen by cameras").click()
    expect(page.get_by_text("Saved as Seen by cameras")).to_be_visible()
    page.get_by_role("link", name="Manage").click()
    page.get_by_role("link", name="Rename Seen by cameras").click()
    dialog.get_by_label("Name").fill("Cameras")
    dialog.get_by_role("button", name="Rename").click()
    expect(page.get_by_role("link", name="Cameras", exact=True)).to_be_visible()
    assert SavedSearch.objects.get().name == "Cameras"
    page.get_by_role("link", name="Delete Cameras").click()
    dialog.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("No saved searches yet")).to_be_visible()
    assert not SavedSearch.objects.exists()


def test_the_home_page_filters_its_registries(stocked: World, visit: Visit) -> None:
    page = visit(stocked.bob, "/orgs/Acme Corp/registry")
    field = page.get_by_role("searchbox", name="Filter registries")
    field.fill("frozen")
    cards = page.locator(".card:not(.quiet)")
    expect(cards).to_have_count(1)
    expect(cards).to_contain_text("Golden Datasets")
    expect(page).to_have_url(re.compile("q=frozen"))
    field.fill("zzz")
    expect(page.get_by_text("No registries match the filter")).to_be_visible()
    settled(page)
    page.get_by_role("link", name="Clear the filter").click()
    expect(cards).to_have_count(3)
    page.get_by_label("Sort").select_option("Most versions")
    expect(page).to_have_url(re.compile("sort=versions"))
    expect(cards).to_have_count(3)
