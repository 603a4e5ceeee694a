"""A project's runs, driven as a person drives them."""

import re

from playwright.sync_api import Page, expect

from tests import factories
from tests.browser.test_seed_document import Visit
from tests.conftest import World


def stock(world: World) -> None:
    project = factories.project(world.team, user=world.bob)
    for number in range(4):
        run = factories.run(
            project,
            user=world.bob,
            name=f"r{number}",
            display_name=f"calm-{number}",
            state="failed" if number == 1 else "finished",
            config={"lr": {"value": 0.1 / (number + 1)}},
            summary={"loss": 0.4 - number / 10},
        )
        run.tag_rows.create(name="night" if number % 2 else "day")


def names(page: Page) -> list[str]:
    return page.locator("#run-rows tbody th a").all_inner_texts()


def test_runs_are_filtered_sorted_and_shown_by_what_they_say(world: World, visit: Visit) -> None:
    stock(world)
    page = visit(world.bob, "/vision/detector")
    rows, box = page.locator("#run-rows tbody tr"), page.get_by_label("Filter runs")
    expect(rows).to_have_count(4)
    box.fill("summary.loss < 0.35 config.lr < 0.04 colour:red")
    expect(rows).to_have_count(2)
    expect(page.locator("#filter-faults")).to_contain_text("“colour:” isn’t a filter here")
    expect(box).to_be_focused()
    page.get_by_role("link", name="Remove config.lr < 0.04").click()
    expect(rows).to_have_count(3)
    page.get_by_role("navigation", name="State").get_by_role("link", name="Finished").click()
    expect(rows).to_have_count(2)
    expect(box).to_have_value("summary.loss < 0.35 state:finished")
    page.get_by_role("button", name="How to filter").click()
    expect(page.get_by_role("note", name="How to filter")).to_contain_text("config.lr > 0.01")
    page.keyboard.press("Escape")
    page.go_back()
    expect(rows).to_have_count(3)
    page.get_by_role("navigation", name="State").get_by_role("link", name="All").click()
    page.goto(page.url.split("?")[0])

    page.get_by_role("link", name="loss", exact=True).click()
    expect(page.locator("#run-rows th[aria-sort]")).to_have_text("loss")
    assert names(page) == ["calm-0", "calm-1", "calm-2", "calm-3"]
    page.get_by_role("link", name="loss", exact=True).click()
    expect(rows.first).to_contain_text("calm-3")
    page.get_by_role("button", name="Columns").click()
    columns = page.get_by_role("form", name="Columns")
    columns.get_by_label("config.lr").check()
    columns.get_by_label("Tags").uncheck()
    columns.get_by_role("button", name="Show columns").click()
    expect(page.get_by_role("columnheader", name="lr", exact=True)).to_be_visible()
    expect(page.get_by_role("columnheader", name="Tags")).to_have_count(0)
    assert "sort=summary.loss" in page.url
    page.goto(page.url.split("?")[0])
    rows.first.get_by_role("link", name="night").click()
    expect(rows).to_have_count(2)
    page.get_by_role("link", name="calm-3").click()
    expect(page.get_by_role("heading", name="calm-3")).to_be_visible()


def test_a_project_is_renamed_and_described_in_its_settings(world: World, visit: Visit) -> None:
    factories.project(world.team, user=world.bob)
    factories.project(world.team, "other", user=world.bob)
    page = visit(world.alice, "/vision/detector")
    page.get_by_role("navigation", name="Project").get_by_role("link", name="Settings").click()
    name, save = page.get_by_label("Name"), page.get_by_role("button", name="Save")
    name.fill("other")
    page.get_by_label("Description").fill("Finds things.")
    save.click()
    expect(name).to_be_focused()
    expect(page.get_by_text("A project named “other” exists in “vision”; choose another name.")).to_be_visible()
    name.fill("finder")
    save.click()
    expect(page.get_by_text("Saved the project’s settings")).to_be_visible()
    expect(page.get_by_role("heading", name="finder")).to_be_visible()
    page.goto(page.url.replace("/finder/-/settings", "/detector"))
    expect(page).to_have_url(re.compile("/vision/finder$"))
    expect(page.get_by_text("Finds things.")).to_be_visible()
