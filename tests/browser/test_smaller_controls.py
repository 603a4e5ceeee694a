"""The smaller controls of versions, runs and registries that the other files don't press, on the demo."""

from typing import Any

from django.test import Client
from playwright.sync_api import Page, expect

from artifacts.models import ArtifactVersion, Collection, Membership, Project, Run, VersionTag
from registry.models import Registry
from tests.browser.conftest import Words
from tests.browser.test_linking_flows import settled

HOME = "/orgs/Acme%20Robotics/registry"
DETECTORS = f"{HOME}/model/detectors"
STREET = "/acme-vision/detector/artifacts/model/yolo-street"
# The panes on which the tree of a project's artifacts stands.
PANES = (
    "/acme-vision/detector/artifacts",
    STREET,
    *(f"{STREET}/v7{tab}" for tab in ("", "/metadata", "/usage", "/files", "/lineage")),
)


def test_the_tree_folds_and_finds_beside_every_pane(page: Page, live_server: Any, demo: Words, visitor: Client) -> None:
    for pane in PANES:
        page.goto(live_server.url + pane)
        tree = page.get_by_role("navigation", name="Artifacts of the project")
        group = tree.locator("details").first
        group.locator("summary").click()
        expect(group).not_to_have_attribute("open", "")
        tree.get_by_label("Search artifacts").fill("street")
        page.keyboard.press("Enter")
        expect(tree.get_by_role("status")).to_contain_text("match")
        assert page.url.split("?")[0].endswith(pane)
        tree.get_by_role("link", name="Show all").click()
        expect(tree.get_by_role("status")).to_have_count(0)
        expect(tree.get_by_label("Search artifacts")).to_have_value("")


def test_a_projects_collection_is_sorted_chosen_from_and_cleared(
    page: Page, live_server: Any, demo: Words, visitor: Client
) -> None:
    page.goto(live_server.url + STREET)
    rows = page.locator("#version-rows tbody tr")
    for head, key in (("Version", "version"), ("Created", "created"), ("Size", "size")):
        page.locator("#version-rows").get_by_role("link", name=head, exact=True).click()
        expect(page.locator("#version-rows th[aria-sort]")).to_have_text(head)
        settled(page)
        order = rows.first.get_by_role("rowheader").inner_text()
        page.locator("#version-rows").get_by_role("link", name=head, exact=True).click()
        expect(rows.first).not_to_contain_text(order)
        assert f"sort={key}" in page.url.replace("-", "")
        settled(page)
    page.get_by_label("Select v7").check()
    expect(page.get_by_text("1 selected")).to_be_visible()
    page.get_by_role("button", name="Clear").click()
    expect(page.get_by_label("Select v7")).not_to_be_checked()
    page.get_by_role("button", name="How to filter").click()
    expect(page.get_by_role("note", name="How to filter")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("note", name="How to filter")).not_to_be_visible()


def test_metadata_is_edited_where_it_is_read_and_a_tag_taken_off(
    page: Page, live_server: Any, demo: Words, visitor: Client
) -> None:
    page.goto(f"{live_server.url}{STREET}/v7/metadata")
    lines = page.locator("#metadata-tree details").first
    was_open = lines.evaluate("fold => fold.open")
    lines.locator("summary").first.click()
    assert lines.evaluate("fold => fold.open") is not was_open
    page.locator("#edit-metadata").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Metadata").fill('{"night": {"classes": 7}}')
    dialog.get_by_role("button", name="Save").click()
    expect(page.locator("#metadata-tree")).to_contain_text("night")
    assert ArtifactVersion.objects.get(sequence__name="yolo-street", index=7).metadata == {"night": {"classes": 7}}
    page.goto(f"{live_server.url}{STREET}/v7")
    tag = page.locator("#version-tags button[aria-label^='Remove tag']").first
    count = VersionTag.objects.count()
    tag.click()
    expect(page.locator("#toasts")).to_contain_text("tag")
    assert VersionTag.objects.count() == count - 1


def test_runs_are_sorted_by_each_column_and_one_is_deleted(
    page: Page, live_server: Any, demo: Words, visitor: Client
) -> None:
    page.goto(f"{live_server.url}/acme-vision/detector")
    for head in ("Name", "State", "Group", "Job type", "Created", "Duration"):
        page.locator("#run-rows").get_by_role("link", name=head, exact=True).click()
        expect(page.locator("#run-rows th[aria-sort]")).to_have_text(head)
        settled(page)
    name = page.locator("#run-rows tbody th a").first.get_attribute("href").rsplit("/", 1)[-1]
    page.locator("#run-rows tbody th a").first.click()
    page.get_by_role("button", name="Actions").click()
    page.get_by_role("link", name="Delete run…").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert Run.objects.filter(name=name).exists()
    page.get_by_role("button", name="Actions").click()
    page.get_by_role("link", name="Delete run…").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete run").click()
    expect(page.get_by_role("heading", name="detector")).to_be_visible()
    assert not Run.objects.filter(name=name).exists()


def test_what_happened_is_narrowed_by_day_and_looked_at_as_of_a_moment(
    page: Page, live_server: Any, demo: Words, visitor: Client
) -> None:
    for path in (f"{HOME}/model/-/history", f"{DETECTORS}/-/history"):
        page.goto(live_server.url + path)
        rows = page.get_by_role("group", name="History").get_by_role("row")
        expect(rows).not_to_have_count(0)
        page.get_by_label("Who").fill("ada")
        page.get_by_label("Who").press("Enter")
        expect(rows.filter(has_text="grace")).to_have_count(0)
        settled(page)
        page.get_by_label("Action", exact=True).select_option(index=1)
        page.wait_for_url("**act=*")
        settled(page)
        page.get_by_label("to", exact=True).fill("2001-01-01")
        expect(page.get_by_text("Nothing matches the filter")).to_be_visible()
        settled(page)
        page.get_by_label("From", exact=True).fill("2000-01-01")
        page.wait_for_url("**since=2000-01-01**")
        settled(page)
        page.get_by_role("link", name="Clear the filter").click()
        expect(page.get_by_text("Nothing matches the filter")).to_have_count(0)
        with page.expect_download() as held:
            page.get_by_role("link", name="JSON").click()
        assert held.value.path().read_text().startswith(("[", "{"))
    aliases = page.get_by_role("region", name="Aliases")
    page.get_by_label("As of").fill("2001-01-01T00:00")
    aliases.get_by_role("button", name="Show").click()
    expect(page.get_by_text("The collection had no alias then.")).to_be_visible()
    aliases.get_by_role("link", name="Now").click()
    expect(page.get_by_text("The collection had no alias then.")).to_have_count(0)


def test_a_collection_is_made_with_all_that_can_be_said_and_a_version_at_once(
    page: Page, live_server: Any, demo: Words, visitor: Client
) -> None:
    page.goto(f"{live_server.url}{HOME}/model")
    page.get_by_role("link", name="Create collection").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("street-night")
    dialog.get_by_label("Type").select_option("model")
    dialog.get_by_label("Description").fill("Sees **at night**.")
    dialog.get_by_label("Tags").fill("night")
    dialog.locator("summary").click()
    dialog.get_by_label("Project").select_option("acme-vision/detector")
    settled(page)
    dialog.get_by_label("Artifact", exact=True).select_option("yolo-street")
    settled(page)
    dialog.get_by_label("Version", exact=True).select_option("v7")
    settled(page)
    dialog.get_by_role("button", name="Create collection").click()
    page.wait_for_url("**/street-night")
    expect(page.locator("#collection-card strong")).to_have_text("at night")
    expect(page.locator("#collection-tags")).to_contain_text("night")
    assert Membership.objects.get(collection__name="street-night").version.name == "v7"
    page.go_back()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.go_forward()

    # Unlinked from the table, its last version leaves the path to link by; then the collection goes.
    page.locator("#version-rows tbody tr").get_by_role("button", name="Actions").click()
    page.get_by_role("link", name="Unlink version…").locator("visible=true").click()
    page.get_by_role("dialog").get_by_role("button", name="Unlink").click()
    expect(page.locator("pre").first).to_contain_text("street-night")
    page.get_by_role("button", name="Actions").click()
    page.get_by_role("link", name="Delete collection…").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete collection").click()
    expect(page.get_by_role("heading", name="model", exact=True)).to_be_visible()
    assert not Collection.objects.filter(name="street-night").exists()


def test_each_tab_of_a_registry_opens_its_dialogs(page: Page, live_server: Any, demo: Words, visitor: Client) -> None:
    page.goto(f"{live_server.url}{HOME}/model")
    page.keyboard.press("Tab")
    page.get_by_role("link", name="Skip to content").press("Enter")
    expect(page.locator("#main")).to_be_focused()
    code = page.locator("details:has(summary:has-text('Link a version from code'))")
    code.locator("summary").click()
    expect(code.locator("pre")).not_to_be_visible()
    for head in ("Versions", "Linked", "Name"):
        page.get_by_role("group", name="Collections").get_by_role("link", name=head, exact=True).click()
        expect(page.locator("#collection-rows th[aria-sort]")).to_have_text(head)
    for tab in ("members", "automations", "history"):
        page.goto(f"{live_server.url}{HOME}/model/-/{tab}")
        page.get_by_role("link", name="Create collection").click()
        expect(page.get_by_role("dialog").get_by_label("Name")).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
    page.goto(f"{live_server.url}{HOME}/model?q=zzz")
    page.get_by_role("link", name="Clear the filter").click()
    expect(page.locator("#collection-rows tbody tr")).not_to_have_count(0)


def test_registries_are_made_from_both_sides_and_painted(
    page: Page, live_server: Any, demo: Words, visitor: Client
) -> None:
    page.goto(live_server.url + HOME)
    page.get_by_role("link", name="Create registry").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("Night")
    dialog.get_by_label("Description").fill("What sees at night.")
    dialog.get_by_role("button", name="Create registry").dblclick()
    page.wait_for_url("**/registry/Night")
    expect(page.locator("main")).to_contain_text("What sees at night.")
    page.get_by_role("link", name="Registry settings").click()
    page.get_by_role("radio", name="Green").check(force=True)
    page.get_by_role("button", name="Save icon").click()
    expect(page.get_by_text("Saved the icon")).to_be_visible()
    assert Registry.objects.get(project__name="wandb-registry-Night").icon_colour

    page.goto(f"{live_server.url}{STREET}/v7")
    page.get_by_role("link", name="Link to registry").first.click()
    choose = dialog.get_by_label("Select a register model")
    choose.select_option(label="Create new collection")
    settled(page)
    dialog.get_by_label("Registry", exact=True).select_option("Create new registry")
    settled(page)
    dialog.get_by_label("Registry name").fill("Edge")
    dialog.get_by_label("Accepted artifacts type").select_option("Specify types")
    dialog.get_by_label("Types", exact=True).fill("model, engine")
    dialog.get_by_label("Collection name").fill("tiny")
    dialog.get_by_role("button", name="Next step").click()
    dialog.get_by_role("button", name="Link to registry").click()
    expect(page.locator("#linked-to")).to_contain_text("tiny:v0")
    assert Project.objects.get(name="wandb-registry-Edge").registry.type_names == ["engine", "model"]


def test_filters_end_and_metrics_are_chosen_by_hand(page: Page, live_server: Any, demo: Words, visitor: Client) -> None:
    for path in (STREET, DETECTORS):
        page.goto(f"{live_server.url}{path}?q=tag:zzz")
        page.get_by_role("link", name="Clear the filter").click()
        expect(page.locator("#version-rows tbody tr")).not_to_have_count(0)
    page.goto(f"{live_server.url}{DETECTORS}?metrics=1")
    page.get_by_role("button", name="Columns").click()
    columns = page.get_by_role("form", name="Columns")
    shown = columns.get_by_role("group", name="Metrics, up to six").locator("input:checked")
    count = shown.count()
    shown.first.uncheck()
    columns.get_by_role("button", name="Show columns").click()
    expect(page.locator("#version-rows th[title$='is better']")).to_have_count(count - 1)

    page.goto(f"{live_server.url}/search?q=det")
    page.locator("#facets input[name=type]").first.check()
    expect(page.get_by_role("link", name="Clear the facets")).to_be_visible()
    assert "type=" in page.url
    manage = page.get_by_role("navigation", name="Saved searches").get_by_role("link", name="Manage")
    manage.click()
    expect(page.get_by_role("heading", name="Search", exact=True)).to_be_visible()
    page.get_by_role("region", name="Recent searches").get_by_role("link", name="det", exact=True).click()
    expect(page.get_by_role("heading", name="Results for “det”")).to_be_visible()
    manage.click()
    page.locator("main").get_by_role("link", name="Street models", exact=True).click()
    expect(page.locator("main")).to_contain_text("Saved as Street models")

    page.goto(f"{live_server.url}{STREET}/v7/lineage")
    listed = page.locator("details.outline")
    listed.locator("summary").click()
    expect(listed.locator("li").first).to_be_visible()
    folded = page.locator("#graph a[data-swap=side][href*='group=']")
    folded.first.press("Enter")
    expect(page.locator("#group-title")).to_be_visible()
    depth = page.get_by_label("Depth")
    chosen = depth.locator("option").nth(0 if depth.evaluate("one => one.selectedIndex") else 1)
    value = chosen.get_attribute("value")
    depth.select_option(value)
    page.wait_for_url(f"**depth={value}*")
    expect(page.get_by_label("Depth")).to_have_value(value or "")


def test_enter_on_a_dialogs_own_page_shows_the_next_choice_and_a_card_is_looked_at_before_it_is_saved(
    page: Page, live_server: Any, demo: Words, visitor: Client
) -> None:
    page.goto(f"{live_server.url}{DETECTORS}/-/description")
    page.get_by_role("textbox", name="Description").fill("Sees **at night**.")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("region", name="Preview").locator("strong")).to_have_text("at night")
    assert Collection.objects.get(name="detectors").description != "Sees **at night**."
    count = Membership.objects.count()
    for path, field in ((f"{DETECTORS}/-/link", "Aliases"), (f"{HOME}/model/-/new-collection", "Tags")):
        page.goto(live_server.url + path)
        page.get_by_label(field).fill("fresh")
        page.get_by_label(field).press("Enter")
        page.wait_for_load_state()
        expect(page.get_by_label(field)).to_have_value("fresh")
        expect(page.locator(".error")).to_have_count(0)
    assert Membership.objects.count() == count
