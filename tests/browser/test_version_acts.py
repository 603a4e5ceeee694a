"""The menu of a version and the history of a collection, each act by hand."""

from playwright.sync_api import expect

from artifacts.actions.aliases_and_tags import add_aliases
from artifacts.models import ArtifactVersion, AuditEvent, Membership
from registry.actions.link import link_by_name
from tests import factories
from tests.browser.test_seed_document import Visit
from tests.conftest import World

COLLECTION = "/orgs/Acme%20Corp/registry/model/detectors"
SOURCE = "/vision/detector/artifacts/model/yolo"


def stock(world: World, count: int) -> list[Membership]:
    source = factories.project(world.team, "detector", user=world.bob)
    versions = [factories.version(source, "yolo", user=world.bob) for _ in range(count)]
    return [link_by_name(version, world.model, "detectors", acting_user=world.bob) for version in versions]


def test_a_linked_version_is_deprecated_taken_back_and_unlinked(world: World, visit: Visit) -> None:
    stock(world, 2)
    page = visit(world.bob, f"{COLLECTION}/v0")
    actions = page.locator("#version-actions-button")
    actions.click()
    page.get_by_role("button", name="Copy path").locator("visible=true").click()
    expect(page.locator("#toasts")).to_contain_text("Copied")
    actions.click()
    page.get_by_role("link", name="Deprecate…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Deprecate version").click()
    expect(dialog.get_by_label("Reason")).to_be_focused()
    dialog.get_by_label("Reason").fill("Trained on mislabelled frames.")
    dialog.get_by_label("Use instead").select_option("v1")
    dialog.get_by_role("button", name="Deprecate version").click()
    expect(page.locator("main")).to_contain_text("Trained on mislabelled frames.")
    page.goto(page.url.split("?")[0] + "/usage")
    expect(page.locator("main")).to_contain_text("detectors:v1")
    page.go_back()
    actions.click()
    page.get_by_role("button", name="Take back the deprecation").locator("visible=true").click()
    expect(page.locator("main")).not_to_contain_text("Trained on mislabelled frames.")

    actions.click()
    page.get_by_role("link", name="Unlink version…").click()
    page.get_by_role("dialog").get_by_text("Cancel", exact=True).click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(actions).to_be_focused()
    actions.click()
    page.get_by_role("link", name="Unlink version…").click()
    page.get_by_role("dialog").get_by_role("button", name="Unlink").click()
    expect(page.get_by_role("row").filter(has_text="v1")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="v0")).to_have_count(0)
    live = Membership.objects.live().filter(collection__kind="portfolio")
    assert [row.name for row in live] == ["v1"]


def test_a_source_version_gets_a_time_to_live_another_description_and_an_end(world: World, visit: Visit) -> None:
    source = factories.project(world.team, "detector", user=world.bob)
    for _ in range(2):
        factories.version(source, "yolo", user=world.bob)
    page = visit(world.bob, f"{SOURCE}/v0")
    actions = page.locator("#version-actions-button")
    actions.click()
    page.get_by_role("link", name="Edit TTL policy").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("TTL policy").select_option(label="Custom")
    dialog.get_by_label("TTL duration").fill("30")
    dialog.get_by_role("button", name="Update TTL").click()
    expect(page.get_by_text("30 days").first).to_be_visible()
    assert ArtifactVersion.objects.get(index=0).ttl_seconds == 30 * 86_400
    actions.click()
    page.get_by_role("link", name="Edit description").click()
    page.get_by_role("dialog").get_by_label("Description").fill("Trained **at night**.")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(page.locator("main strong", has_text="at night")).to_be_visible()
    actions.click()
    page.get_by_role("link", name="Delete…").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.locator(".toast")).to_contain_text("Deleted yolo:v0")
    assert ArtifactVersion.objects.get(index=0).deleted_at is not None


def test_the_history_is_narrowed_and_an_alias_put_back(world: World, visit: Visit) -> None:
    first, second = stock(world, 2)
    add_aliases(first, ["best"], acting_user=world.bob)
    add_aliases(second, ["best"], acting_user=world.alice)
    page = visit(world.bob, COLLECTION)
    page.get_by_role("button", name="Actions").first.click()
    page.get_by_role("link", name="Action History").locator("visible=true").click()
    aliases = page.get_by_role("group", name="Aliases").get_by_role("row").filter(has_text="best")
    expect(aliases).to_contain_text("v1")
    page.get_by_label("Who").fill("alice")
    page.get_by_label("Who").press("Enter")
    events = page.get_by_role("group", name="History").get_by_role("row")
    expect(events).to_have_count(2)
    page.get_by_label("Who").fill("")
    page.get_by_label("Action", exact=True).select_option(label="Aliases")
    expect(events.filter(has_text="Linked")).to_have_count(0)
    assert "act=" in page.url
    with page.expect_download() as held:
        page.get_by_role("link", name="CSV").click()
    assert "best" in held.value.path().read_text()
    aliases.get_by_role("button", name="Roll best back to v0").click()
    expect(page.locator(".toast")).to_be_visible()
    assert "best" in Membership.objects.get(pk=first.pk).alias_names
    assert AuditEvent.objects.filter(actor=world.bob, verb="alias.set").exists()
