"""What the other files of this folder don't press: logging in and out, a run's tabs, the smaller controls of a collection."""

from typing import Any

from django.test import Client
from playwright.sync_api import Page, expect

from artifacts.models import ApiKey
from tests.browser.conftest import Words
from tests.conftest import World

DETECTORS = "/orgs/Acme%20Robotics/registry/model/detectors"


def test_one_logs_in_gets_a_key_for_the_client_and_logs_out(page: Page, live_server: Any, world: World) -> None:
    world.bob.set_password("correct horse battery")
    world.bob.save()
    page.goto(f"{live_server.url}/authorize")
    page.get_by_label("Name").fill("bob")
    page.get_by_label("Password", exact=True).fill("wrong")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value("bob")
    page.get_by_label("Password", exact=True).fill("correct horse battery")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Connect the client")).to_be_visible()
    page.get_by_role("button", name="Create API key").click()
    expect(page.get_by_role("heading", name="Your API key")).to_be_visible()
    assert ApiKey.objects.filter(user=world.bob).count() == 1
    page.get_by_role("link", name="Registry").last.click()
    page.get_by_role("button", name="Account: bob").click()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    page.goto(f"{live_server.url}/registry")
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()


def test_a_run_is_looked_at_from_every_side(page: Page, live_server: Any, demo: Words, visitor: Client) -> None:
    page.goto(f"{live_server.url}/acme-vision/detector/runs/{demo['logged']['run']}")
    expect(page.locator("main").get_by_text("train/loss").first).to_be_visible()
    axes = page.get_by_role("navigation", name="x axis")
    axes.get_by_role("link", name="Epoch").click()
    expect(axes.get_by_role("link", name="Epoch")).to_have_attribute("aria-current", "true")
    tabs = page.locator("main").get_by_role("navigation").filter(has=page.get_by_role("link", name="Overview"))
    for tab, shows in (
        ("Overview", "acme-vision"),
        ("Artifacts", "yolo-street:v7"),
        ("Log", "lines"),
        ("System", "System"),
    ):
        tabs.get_by_role("link", name=tab).click()
        expect(tabs.get_by_role("link", name=tab)).to_have_attribute("aria-current", "page")
        expect(page.locator("main")).to_contain_text(shows)
    tabs.get_by_role("link", name="Config").click()
    page.get_by_label("Filter keys and values").fill("backbone")
    page.keyboard.press("Enter")
    expect(page.locator("#config-tree")).to_contain_text("convnext")
    expect(page.locator("#config-tree")).not_to_contain_text("batch")
    page.get_by_role("button", name="Copy as JSON").click()
    expect(page.locator("[data-announce]").last).to_have_text("Copied")


def test_columns_selection_and_plots_are_set_and_put_back(
    page: Page, live_server: Any, demo: Words, visitor: Client
) -> None:
    page.goto(f"{live_server.url}{DETECTORS}?metrics=1")
    rows = page.locator("#version-rows tbody tr")
    page.get_by_label("Metric over versions").or_(page.locator("select[name=metric]")).first.select_option("val/map")
    expect(page.locator("select[name=metric]")).to_have_value("val/map")
    assert "metric=val" in page.url
    page.get_by_label("Select v4").check()
    expect(page.get_by_text("1 selected")).to_be_visible()
    page.get_by_role("button", name="Clear", exact=True).click()
    expect(page.get_by_text("1 selected")).not_to_be_visible()
    page.get_by_label("Select all").or_(page.locator("[data-select-all]")).first.check()
    expect(page.get_by_text("5 selected")).to_be_visible()
    page.get_by_role("button", name="Clear", exact=True).click()

    page.goto(f"{live_server.url}{DETECTORS}")
    for head, first in (("Size", "v0"), ("Linked", "v4")):
        page.get_by_role("link", name=head, exact=True).click()
        expect(rows.first).to_contain_text(first)
    page.get_by_role("button", name="Columns").click()
    form = page.get_by_role("form", name="Columns")
    form.get_by_label("Size").uncheck()
    form.get_by_role("button", name="Show columns").click()
    expect(page.get_by_role("columnheader", name="Size")).to_have_count(0)
    page.get_by_role("button", name="Columns").click()
    page.get_by_role("link", name="Usual columns").click()
    expect(page.get_by_role("columnheader", name="Size")).to_be_visible()
    card = page.locator("#collection-card")
    card.get_by_role("link", name="Edit").click()
    card.get_by_label("Description").fill("never saved")
    card.get_by_role("button", name="Cancel").click()
    expect(card).to_contain_text("Finds vehicles")
