"""What could throw one off a page: a session that ended, a list's next page, a name without an end."""

from playwright.sync_api import Page, expect

from artifacts.actions import aliases_and_tags
from registry.actions import registries
from registry.actions.link import link_by_name
from tests import factories
from tests.browser.test_seed_document import Visit
from tests.conftest import World

MODEL = "/orgs/Acme%20Corp/registry/model"


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.innerText"))


def test_the_place_is_kept_over_the_log_in_the_next_page_and_a_name_without_an_end(world: World, visit: Visit) -> None:
    endless = "a" * 120
    version = factories.version(factories.project(world.team, "detector", user=world.bob), user=world.bob)
    link = link_by_name(version, world.model, "c-00", aliases=[endless], acting_user=world.bob)
    aliases_and_tags.tag_version(version, [endless], acting_user=world.bob)
    for number in range(1, 60):
        registries.create_collection(world.model, "model", f"c-{number:02}", acting_user=world.bob)
    world.bob.set_password("correct horse")
    world.bob.save()

    page = visit(world.bob, MODEL)
    alias = page.get_by_title(endless).first
    expect(alias).to_have_text(endless)
    assert alias.bounding_box()["width"] < 260, "it pushes the other columns away"  # type: ignore[index]
    page.get_by_role("link", name="Next", exact=True).press("Enter")
    expect(page.get_by_role("rowheader", name="c-59")).to_be_visible()
    expect(
        page.locator("#older-collections")
    ).to_be_focused()  # there is no next one: it says so, and Tab goes on from here
    expect(page.locator("#older-collections")).to_have_attribute("aria-disabled", "true")
    expect(page.locator(".htmx-added, .htmx-settling")).to_have_count(0)
    page.get_by_role("link", name="Previous", exact=True).press("Enter")
    expect(page.get_by_role("link", name="c-00")).to_be_visible()
    expect(page.locator("#newer-collections")).to_be_focused()

    expect(page.locator(".htmx-added, .htmx-settling")).to_have_count(0)
    there = page.url
    page.context.clear_cookies(name="sessionid")
    page.get_by_role("link", name="Create collection").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    expect(page.locator("table")).to_have_count(0)  # the log-in is a page of its own, not a part of the one before
    page.get_by_label("Name").fill("bob")
    page.get_by_label("Password").fill("correct horse")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="model")).to_be_visible()
    assert page.url == there

    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(f"{there.split('?')[0]}/c-00?show=aliases&show=tags&show=source&show=creator&show=size")
    box = page.get_by_role("group", name="Versions")
    box.evaluate("box => box.scrollLeft = 300")
    assert box.evaluate("box => box.scrollLeft") > 200
    expect(page.get_by_role("link", name=link.name, exact=True)).to_be_in_viewport()
    expect(page.get_by_role("columnheader", name="Version", exact=True)).to_be_in_viewport()
    expect(page.get_by_title(endless).first).to_have_text(endless)
