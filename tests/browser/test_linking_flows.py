"""Linking from both sides, creating on the way, and the registry page's controls, driven as a person drives them."""

from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from artifacts.models import Collection, Membership, Project, RunUse
from registry.actions import registries
from registry.actions.deprecation import deprecate
from registry.actions.link import link_by_name
from tests import factories
from tests.browser.test_seed_document import Visit
from tests.conftest import World

REGISTRY = "/orgs/Acme%20Corp/registry/model"
SOURCE = "/vision/detector/artifacts/model/yolo/v0"


def settled(page: Page) -> None:
    """Wait until htmx has put in place what it asked for, so that the next click meets what it brought."""
    expect(page.locator(".htmx-request, .htmx-swapping, .htmx-settling, .htmx-added, [aria-busy=true]")).to_have_count(
        0
    )


def test_a_version_is_found_in_long_lists_linked_and_taken_back(world: World, visit: Visit) -> None:
    source = factories.project(world.team, "detector", user=world.bob)
    for number in range(60):
        factories.version(source, f"ablation-{number:02}", user=world.bob)
    held = factories.version(source, "yolo", user=world.bob)
    factories.version(source, "yolo", user=world.bob)
    factories.version(source, "coco", "dataset", user=world.bob)
    deprecate(link_by_name(held, world.model, "detectors", acting_user=world.bob), "Slow.", acting_user=world.bob)
    page = visit(world.bob, REGISTRY)
    row = page.get_by_role("row").filter(has_text="detectors")
    expect(row.locator(".state.deprecated")).to_have_attribute("title", "Slow.")
    row.get_by_role("button", name="Actions").click()
    page.get_by_role("link", name="Link new version").click()
    sidebar = page.get_by_role("dialog")
    artifact = sidebar.get_by_role("combobox", name="Artifact")
    expect(sidebar.get_by_role("option", name="ablation")).to_have_count(50)
    expect(sidebar).to_contain_text("1 artifact of another type (dataset) isn’t offered: only type model fits.")
    settled(page)
    artifact.press_sequentially("yol")
    expect(sidebar.get_by_role("listbox").get_by_role("option")).to_have_text(["yolo"])
    expect(artifact).to_be_focused()
    settled(page)
    artifact.press("ArrowDown")
    expect(sidebar.get_by_role("option", name="yolo")).to_be_focused()
    page.keyboard.press("Enter")
    expect(artifact).to_have_value("yolo")
    expect(artifact).to_be_focused()
    settled(page)
    version = sidebar.get_by_label("Version")
    expect(version.locator("option", has_text="v0")).to_have_text("v0 · already linked as v0 · deprecated")
    version.select_option("v0")
    expect(sidebar).to_contain_text("It is linked here already, as v0: no new version is made")
    settled(page)
    version.select_option("v1")
    expect(sidebar.get_by_role("heading", name="What will be linked")).to_be_visible()
    settled(page)
    sidebar.get_by_label("Aliases").fill("v9")
    sidebar.get_by_role("button", name="Link version").click()
    expect(sidebar.get_by_role("alert")).to_contain_text("looks like a version number")
    expect(version).to_have_value("v1")
    sidebar.get_by_label("Aliases").fill("fresh")
    sidebar.get_by_role("button", name="Link version").click()
    expect(page.locator("#toasts")).to_contain_text("Linked as detectors:v1")
    expect(row).to_contain_text("fresh")
    expect(row.get_by_role("button", name="Actions")).to_be_focused()
    assert Membership.objects.get(collection__name="detectors", index=1).alias_names == ["latest", "fresh"]
    settled(page)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#toasts")).to_contain_text("Unlinked detectors:v1")
    expect(row).not_to_contain_text("fresh")
    expect(page.locator("#main")).to_be_focused()  # its button went with the toast
    assert page.url.endswith(REGISTRY)
    assert not Membership.objects.filter(collection__name="detectors", index=1).exists()


def test_a_registry_and_a_collection_are_made_on_the_way(world: World, visit: Visit) -> None:
    source = factories.project(world.team, "detector", user=world.bob)
    factories.version(source, "yolo", user=world.bob)
    factories.portfolio(world.model, "detectors", user=world.bob)
    gold = registries.create_registry(world.organization, "Gold", types=["model"], acting_user=world.alice)
    Project.objects.filter(pk=gold.project_id).update(default_role="viewer")
    page = visit(world.bob, SOURCE)
    page.get_by_role("link", name="Link to registry").click()
    modal = page.get_by_role("dialog")
    reasons = modal.get_by_role("list", name="Not offered").get_by_role("listitem")
    expect(reasons).to_have_text(
        ["dataset doesn’t accept type model.", "You may only view Gold; linking there needs the role of a member."]
    )
    choose = modal.get_by_label("Select a register model")
    choose.select_option("model/detectors")
    expect(modal.get_by_role("heading", name="detectors")).to_be_visible()
    expect(modal).to_contain_text("the next is v0")
    settled(page)
    choose.select_option(label="Create new collection")
    settled(page)
    modal.get_by_label("Registry", exact=True).select_option("Create new registry")
    expect(modal.get_by_label("Types")).to_have_value("model")
    settled(page)
    modal.get_by_label("Registry name").fill("Model")
    modal.get_by_label("Registry visibility").select_option("Restricted")
    modal.get_by_label("Collection name").fill("tiny")
    modal.get_by_role("button", name="Next step").click()
    expect(modal.get_by_role("alert")).to_contain_text("A registry named “Model” exists")
    expect(modal.get_by_label("Registry name")).to_be_focused()
    modal.get_by_label("Registry name").fill("Edge")
    modal.get_by_role("button", name="Next step").click()
    modal.get_by_label("Aliases").fill("v3")
    modal.get_by_role("button", name="Link to registry").click()
    expect(modal.get_by_role("alert")).to_contain_text("looks like a version number")
    assert not Project.objects.filter(name="wandb-registry-Edge").exists()
    modal.get_by_label("Aliases").fill("best")
    modal.get_by_role("button", name="Back").click()
    expect(modal.get_by_label("Registry name")).to_have_value("Edge")
    expect(modal.get_by_label("Registry visibility")).to_have_value("restricted")
    expect(modal.get_by_label("Collection name")).to_have_value("tiny")
    modal.get_by_role("button", name="Next step").click()
    expect(modal.get_by_label("Aliases")).to_have_value("best")
    modal.get_by_role("button", name="Link to registry").click()
    expect(page.locator("#toasts")).to_contain_text("Linked as tiny:v0")
    expect(page.locator("#linked-to")).to_contain_text("tiny:v0")
    made = Membership.objects.get(collection__name="tiny")
    assert (made.collection.project.visibility, made.alias_names) == ("restricted", ["latest", "best"])
    settled(page)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#linked-to")).not_to_contain_text("tiny:v0")


def test_the_registry_page_is_filtered_sorted_opened_and_filled(world: World, visit: Visit) -> None:
    source = factories.project(world.team, "detector", user=world.bob)
    for _ in range(3):
        version = factories.version(source, "yolo", user=world.bob)
        link_by_name(version, world.model, "detectors", acting_user=world.bob)
    factories.portfolio(world.model, "diarizer", user=world.bob)
    page = visit(world.bob, REGISTRY)
    names = page.locator("#collection-rows .twist")

    page.locator("#create-collection").click()
    panel = page.get_by_role("dialog")
    panel.get_by_label("Name").fill("detectors")
    panel.get_by_label("Tags").fill("night")
    panel.get_by_text("Link version").click()
    panel.get_by_label("Project").select_option("vision/detector")
    settled(page)
    version = panel.get_by_label("Version")
    expect(version.locator("option", has_text="v2")).to_have_count(1)
    version.select_option("v2")
    settled(page)
    panel.get_by_role("button", name="Create collection").click()
    expect(panel.get_by_role("alert")).to_contain_text("A collection named “detectors” exists")
    panel.get_by_label("Name").fill("night-owls")
    panel.get_by_role("button", name="Create collection").click()
    page.wait_for_url("**/night-owls")
    expect(page.locator("#toasts, .messages").first).to_contain_text("night-owls:v0")
    assert Membership.objects.get(collection__name="night-owls").version.name == "v2"

    page.goto(page.url.removesuffix("/night-owls"))
    expect(names).to_have_text(["detectors", "diarizer", "night-owls"])
    page.get_by_label("Filter collections").fill("NIGHT")
    expect(names).to_have_text(["night-owls"])
    assert "q=NIGHT" in page.url
    page.get_by_label("Filter collections").fill("")
    expect(names).to_have_count(3)
    page.get_by_label("Tag", exact=True).select_option("night")
    expect(names).to_have_text(["night-owls"])
    page.get_by_label("Tag", exact=True).select_option("Any tag")
    page.get_by_label("Type", exact=True).select_option("model")
    expect(names).to_have_count(3)
    page.get_by_label("Sort", exact=True).select_option("Sort: Fewest versions")
    expect(names).to_have_text(["diarizer", "night-owls", "detectors"])
    page.get_by_role("link", name="Versions", exact=True).click()
    expect(names).to_have_text(["detectors", "night-owls", "diarizer"])

    before = page.evaluate("history.length")
    page.get_by_role("link", name="detectors", exact=True).click()
    newest = page.get_by_role("table", name="Newest versions of detectors")
    expect(newest.get_by_role("rowheader")).to_have_text(["v2", "v1", "v0"])
    assert "open=detectors" in page.url
    assert page.evaluate("history.length") == before
    settled(page)
    newest.get_by_role("link", name="v1", exact=True).click()
    expect(page.get_by_role("heading", name="detectors:v1")).to_be_visible()
    page.go_back()
    expect(newest).to_be_visible()
    expect(page.get_by_role("link", name="detectors", exact=True)).to_have_attribute("aria-expanded", "true")
    page.get_by_role("link", name="detectors", exact=True).click()
    expect(newest).to_have_count(0)
    assert "open=" not in page.url
    settled(page)

    row = page.get_by_role("row").filter(has_text="diarizer")
    row.get_by_role("button", name="Actions").click()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    row.get_by_role("button", name="Copy path").click()
    expect(page.locator("#toasts")).to_contain_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == "wandb-registry-model/diarizer"
    row.get_by_role("button", name="Actions").click()
    row.get_by_role("link", name="Delete collection…").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(names).to_have_text(["detectors", "night-owls"])
    assert not Collection.objects.filter(name="diarizer").exists()

    page.goto(page.url.split("/registry/")[0] + "/registry")
    page.get_by_role("link", name="Create registry").first.click()
    panel = page.get_by_role("dialog")
    panel.get_by_label("Name").fill("Golden")
    panel.get_by_label("Registry visibility").select_option("Restricted")
    expect(panel.get_by_label("Types", exact=True)).to_be_hidden()
    panel.get_by_label("Accepted artifacts type").select_option("Specify types")
    panel.get_by_role("button", name="Create registry").click()
    expect(panel.get_by_role("alert")).to_contain_text("Name at least one type")
    panel.get_by_label("Types", exact=True).fill("dataset, table")
    panel.get_by_role("button", name="Create registry").click()
    page.wait_for_url("**/registry/Golden")
    expect(page.locator(".page-head")).to_contain_text("Restricted")
    assert Project.objects.get(name="wandb-registry-Golden").registry.type_names == ["dataset", "table"]


def test_the_code_to_use_a_version_is_copied_and_warns_of_a_deprecated_one(world: World, visit: Visit) -> None:
    source = factories.project(world.team, "detector", user=world.bob)
    made = [
        link_by_name(factories.version(source, "yolo", user=world.bob), world.model, "detectors", acting_user=world.bob)
        for _ in range(2)
    ]
    deprecate(made[1], "It misses buses.", successor=made[0], acting_user=world.bob)
    for number in range(55):
        reader = factories.run(source, user=world.carol, display_name=f"eval-{number}", job_type="evaluate")
        RunUse.objects.create(
            run=reader, version=made[1].version, through=made[1].collection, used_as="wandb-registry-model/detectors:v1"
        )
    page = visit(world.bob, f"{REGISTRY}/detectors/v1/usage")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("link", name="latest", exact=True).click()
    warning = "# v1 is deprecated: It misses buses.\n# Use wandb-registry-model/detectors:v0 instead.\n"
    for form, line in (
        ("the code for use in a run", 'run.use_artifact("wandb-registry-model/detectors:latest", type="model")'),
        ("the code for use without a run", 'wandb.Api().artifact("wandb-registry-model/detectors:latest")'),
        ("the command", 'wandb artifact get "acme-corp/wandb-registry-model/detectors:latest"'),
    ):
        page.get_by_role("button", name=f"Copy {form}", exact=True).click()
        expect(page.locator("[data-announce]").first).to_have_text("Copied")
        copied = page.evaluate("navigator.clipboard.readText()")
        assert warning in copied
        assert line in copied
    used = page.locator("#used-by")
    expect(used.get_by_role("row").nth(1)).to_contain_text("eval-54")
    for words in ("vision/detector", "evaluate", "wandb-registry-model/detectors:v1", "carol", "finished"):
        expect(used.get_by_role("row").nth(1)).to_contain_text(words)
    used.get_by_role("link", name="Older").click()
    expect(used.get_by_role("row").filter(has_text="eval-0")).to_have_count(1)
    assert "by=latest" in page.url
    switcher = page.get_by_label("Version", exact=True)
    expect(switcher.locator("option")).to_have_text(["v1 · latest · deprecated", "v0"])
    switcher.select_option("v0")
    page.wait_for_url("**/detectors/v0/usage")
    expect(used).to_contain_text("No run has used this version yet")


def test_everything_can_be_chosen_without_script(
    world: World, visit: Visit, browser: Browser, page: Page, live_server: LiveServer
) -> None:
    source = factories.project(world.team, "detector", user=world.bob)
    for number in range(60):
        factories.version(source, f"ablation-{number:02}", user=world.bob)
    factories.version(source, "yolo", user=world.bob)
    factories.portfolio(world.model, "detectors", user=world.bob)
    visit(world.bob, "/healthz")
    context = browser.new_context(java_script_enabled=False, storage_state=page.context.storage_state())
    plain = context.new_page()
    plain.goto(f"{live_server.url}{REGISTRY}/detectors/-/link")
    plain.get_by_label("Artifact", exact=True).fill("yol")
    plain.get_by_label("Artifact", exact=True).press("Enter")
    expect(plain.get_by_role("listbox").get_by_role("option")).to_have_text(["yolo"])
    plain.get_by_role("option", name="yolo").click()
    plain.get_by_label("Version", exact=True).select_option("v0")
    plain.get_by_label("Aliases").fill("fresh")
    plain.get_by_role("button", name="Link version").click()
    expect(plain.get_by_role("status").first).to_contain_text("Linked as detectors:v0")
    plain.get_by_role("link", name="Undo").click()
    plain.get_by_role("button", name="Unlink").click()
    assert not Membership.objects.filter(collection__name="detectors").exists()

    plain.goto(f"{live_server.url}{SOURCE.replace('artifacts/model', 'artifacts/-/link')}")
    plain.get_by_label("Select a register model").select_option("Create new collection")
    plain.get_by_label("Registry", exact=True).select_option("Create new registry")
    plain.get_by_role("button", name="Next step").click()
    plain.get_by_label("Registry name").fill("Edge")
    plain.get_by_label("Collection name").fill("tiny")
    plain.get_by_role("button", name="Next step").click()
    plain.get_by_label("Aliases").fill("best")
    plain.get_by_role("button", name="Link to registry").click()
    expect(plain.locator("#linked-to")).to_contain_text("tiny:v0")
    assert Membership.objects.get(collection__name="tiny").alias_names == ["latest", "best"]

    plain.goto(f"{live_server.url}{REGISTRY}/-/new-collection")
    plain.get_by_label("Name").fill("night-owls")
    plain.get_by_text("Link version").click()
    plain.get_by_label("Project").select_option("vision/detector")
    plain.get_by_role("button", name="Show what can be chosen next").click()
    plain.get_by_label("Artifact", exact=True).fill("yolo")
    plain.get_by_role("button", name="Show what can be chosen next").click()
    plain.get_by_label("Version", exact=True).select_option("v0")
    plain.get_by_role("button", name="Create collection").click()
    plain.wait_for_url("**/night-owls")
    assert Membership.objects.get(collection__name="night-owls").version.name == "v0"
    context.close()
