"""The collection page and Compare, driven as a person drives them."""

from playwright.sync_api import Page, expect

from artifacts.models import Alias, Collection, Membership
from registry.actions.link import link_by_name
from registry.views.collections.card import OUTLINE
from tests import factories
from tests.browser.test_seed_document import Visit
from tests.conftest import World

COLLECTION = "/orgs/Acme%20Corp/registry/model/detectors"


def stock(world: World, count: int = 4) -> list[Membership]:
    source = factories.project(world.team, "detector", user=world.bob)
    made = []
    for number in range(count):
        run = factories.run(
            source,
            user=world.bob,
            summary={"val_acc": 0.9 + number / 100, "val_loss": 0.4 - number / 50},
            config={"lr": 0.1 / (number + 1), "batch": 32},
        )
        version = factories.version(
            source,
            "yolo",
            user=world.bob,
            run=run,
            metadata={"accuracy": 0.9 + number / 100, "epochs": 10 * number, "data": {"lang": "en"}},
            files={"model.bin": 4096, f"labels-{number}.txt": 100 + number},
        )
        made.append(link_by_name(version, world.model, "detectors", acting_user=world.bob))
    return made


def numbers(page: Page) -> list[str]:
    return page.locator("#version-rows tbody th a").all_inner_texts()


def test_versions_are_filtered_sorted_shown_and_compared(world: World, visit: Visit) -> None:
    stock(world)
    page = visit(world.bob, COLLECTION)
    box = page.get_by_label("Filter versions")
    box.fill("metadata.accuracy > 0.915 colour:red")
    expect(page.locator("#version-rows tbody tr")).to_have_count(2)
    expect(page.locator("#filter-faults")).to_contain_text("“colour:” isn’t a filter here")
    expect(box).to_be_focused()
    assert "metadata.accuracy" in page.url
    page.get_by_role("button", name="How to filter").click()
    expect(page.get_by_role("note", name="How to filter")).to_contain_text("metadata.accuracy > 0.9")
    page.keyboard.press("Escape")
    box.fill("")
    expect(page.locator("#version-rows tbody tr")).to_have_count(4)

    page.get_by_role("link", name="Version", exact=True).click()
    expect(page.locator("#version-rows tbody th a").first).to_have_text("v0")
    page.get_by_role("button", name="Columns").click()
    columns = page.get_by_role("form", name="Columns")
    columns.get_by_label("Tags").uncheck()
    columns.get_by_label("Digest").check()
    columns.get_by_label("data.lang").check()
    columns.get_by_role("button", name="Show columns").click()
    expect(page.get_by_role("columnheader", name="data.lang")).to_be_visible()
    expect(page.get_by_role("columnheader", name="Tags")).to_have_count(0)
    expect(page.get_by_role("cell", name="en", exact=True)).to_have_count(4)
    assert numbers(page)[0] == "v0"  # still sorted as before

    page.get_by_role("button", name="Show metrics").click()
    best = page.locator(".best").first
    expect(best).to_have_text("best: 0.93")
    picture = page.get_by_role("group", name="Parallel coordinates of 4 versions")
    way = picture.get_by_role("link", name="v1: ")
    expect(way).to_have_attribute("aria-label", "v1: accuracy 0.91, epochs 10, val_acc 0.91, val_loss 0.38")
    way.focus()
    assert way.locator(".lead-1").evaluate("label => getComputedStyle(label).opacity") == "1"
    page.get_by_label("Which value is best").select_option("lower")
    expect(page.locator(".best").first).to_have_text("best: 0.9")

    page.get_by_label("Select v0").check()
    expect(page.get_by_role("button", name="Compare")).to_be_disabled()
    page.get_by_label("Select v3").check()
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("heading", name="Compare versions")).to_be_visible()
    metrics = page.get_by_role("group", name="Metrics")
    expect(metrics.get_by_role("row", name="val_acc")).to_contain_text("+0.03")
    files = page.get_by_role("group", name="Files")
    expect(files.get_by_role("row")).to_have_count(3)
    expect(files.get_by_role("img", name="removed")).to_be_visible()
    page.get_by_role("button", name="Show all").first.click()
    expect(files.get_by_role("row", name="model.bin")).to_be_visible()
    page.get_by_role("link", name="Swap the two versions").click()
    expect(page.get_by_role("group", name="Metrics").get_by_role("row", name="val_acc")).to_contain_text("−0.03")
    page.get_by_label("Version 2").select_option("v1")
    expect(page.get_by_role("heading", name="detectors:v1")).to_be_visible()
    page.get_by_label("Add a version").select_option("v2")
    expect(page.get_by_role("heading", name="detectors:v2")).to_be_visible()
    page.get_by_role("link", name="Make baseline").first.click()
    expect(page.locator(".versus h2").first).to_have_text("detectors:v1")
    page.get_by_role("link", name="Leave v2 out").click()
    expect(page.get_by_role("heading", name="detectors:v2")).to_have_count(0)
    page.get_by_role("button", name="Copy address").click()
    expect(page.locator("[data-announce]").last).to_have_text("Copied")


def test_the_card_is_written_in_its_place_and_names_change_where_they_stand(world: World, visit: Visit) -> None:
    stock(world, 1)
    page = visit(world.bob, COLLECTION)
    card = page.locator("#collection-card")
    card.get_by_role("link", name="Edit").click()
    card.get_by_role("button", name="Use the recommended outline").click()
    text = card.get_by_label("Description")
    expect(text).to_have_value(OUTLINE)
    text.fill("# Detectors\n\n**fast**")
    expect(page.get_by_role("region", name="Preview").locator("strong")).to_have_text("fast")
    Collection.objects.update(description="somebody else’s")
    card.get_by_role("button", name="Save").click()
    expect(card.get_by_role("alert")).to_contain_text("Somebody else saved another description meanwhile")
    expect(text).to_have_value("# Detectors\n\n**fast**")
    expect(card.locator(".theirs pre")).to_have_text("somebody else’s")
    card.get_by_role("button", name="Save").click()
    expect(card.locator("strong")).to_have_text("fast")
    expect(page.locator("#toasts")).to_contain_text("Saved the description")
    expect(card.get_by_role("link", name="Edit")).to_be_focused()

    page.get_by_role("link", name="Add tag").click()
    page.get_by_role("dialog").get_by_label("Tags").fill("night")
    page.get_by_role("dialog").get_by_role("button", name="Add tag").click()
    expect(page.locator("#collection-tags .tag")).to_have_text("night")
    expect(page.locator("#toasts")).to_contain_text("Tagged the collection")
    page.get_by_role("button", name="Remove tag night").click()
    expect(page.locator("#collection-tags .tag")).to_have_count(0)
    expect(page.get_by_role("link", name="Add tag")).to_be_focused()

    page.goto(page.url.split("?")[0] + "/v0")
    page.evaluate("window.stayed = true")
    page.get_by_role("button", name="Add alias").click()
    page.get_by_label("New alias").fill("staging")
    page.keyboard.press("Enter")
    expect(page.locator("#version-aliases .alias", has_text="staging")).to_be_visible()
    expect(page.locator("#head-aliases .alias", has_text="staging")).to_be_visible()
    expect(page.locator("#toasts")).to_contain_text("detectors:v0 has the alias “staging”")
    expect(page.get_by_role("button", name="Add alias")).to_be_focused()
    assert Alias.objects.filter(name="staging", membership__collection__name="detectors").exists()
    page.get_by_role("button", name="Add alias").click()
    page.get_by_label("New alias").fill("v7")
    page.keyboard.press("Enter")
    expect(page.locator("#add-alias .error")).to_contain_text("looks like a version number")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Remove alias staging").click()
    expect(page.locator(".alias", has_text="staging")).to_have_count(0)
    page.get_by_role("button", name="Add tag").click()
    page.get_by_label("New tag").fill("int8")
    page.keyboard.press("Enter")
    expect(page.locator("#version-tags .tag")).to_have_text("int8")
    expect(page.get_by_role("button", name="Add tag")).to_be_focused()
    assert page.evaluate("window.stayed") is True
