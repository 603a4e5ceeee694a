"""The artifact browser of a project, driven as a person drives it."""

from playwright.sync_api import expect

from artifacts.models import ArtifactVersion, Collection, Membership
from registry.actions.link import link_by_name
from tests import factories
from tests.browser.test_seed_document import Visit
from tests.conftest import World

BROWSER = "/vision/detector/artifacts"


def stock(world: World, count: int = 4) -> list[ArtifactVersion]:
    project = factories.project(world.team, user=world.bob)
    factories.version(project, "coco", "dataset", user=world.bob)
    made = []
    for number in range(count):
        run = factories.run(project, user=world.bob, display_name=f"calm-{number}", summary={"val_acc": number / 10})
        metadata = {"accuracy": 0.9 + number / 100, "data": {"lang": "en"}}
        files = {f"f{part}": 100 for part in range(count - number)}
        made.append(factories.version(project, user=world.bob, run=run, metadata=metadata, files=files))
    return made


def test_collections_are_found_and_their_versions_filtered_sorted_and_compared(world: World, visit: Visit) -> None:
    stock(world)
    page = visit(world.bob, BROWSER)
    tree = page.get_by_role("navigation", name="Artifacts of the project")
    tree.get_by_label("Search artifacts").fill("YOL")
    page.keyboard.press("Enter")
    expect(tree.get_by_role("status")).to_contain_text("1 match")
    expect(tree.get_by_role("link", name="coco")).to_have_count(0)
    tree.get_by_role("link", name="yolo").click()
    expect(page.get_by_role("heading", name="yolo")).to_be_visible()
    expect(tree.get_by_label("Search artifacts")).to_have_value("YOL")
    expect(tree.locator("[aria-current=page]")).to_contain_text("yolo")
    tree.get_by_role("link", name="Show all").click()
    # A type's branch is left and entered by the keyboard alone.
    branch = tree.get_by_role("link", name="dataset")
    branch.focus()
    page.keyboard.press("Enter")
    expect(tree.get_by_role("link", name="coco")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="yolo")).to_be_visible()

    rows = page.locator("#version-rows tbody tr")
    page.get_by_label("Filter versions").fill("metadata.accuracy > 0.915 colour:red")
    expect(rows).to_have_count(2)
    expect(page.locator("#filter-faults")).to_contain_text("“colour:” isn’t a filter here")
    page.get_by_label("Filter versions").fill("")
    expect(rows).to_have_count(4)
    page.get_by_role("link", name="Files", exact=True).click()
    expect(rows.first.get_by_role("rowheader")).to_contain_text("v0")
    assert "sort=-files" in page.url
    page.get_by_role("button", name="Columns").click()
    columns = page.get_by_role("form", name="Columns")
    columns.get_by_label("data.lang").check()
    columns.get_by_label("Tags").uncheck()
    columns.get_by_role("button", name="Show columns").click()
    expect(page.get_by_role("columnheader", name="data.lang")).to_be_visible()
    expect(page.get_by_role("columnheader", name="Tags")).to_have_count(0)
    page.get_by_label("Select v0").check()
    page.get_by_label("Select v3").check()
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("heading", name="Compare versions")).to_be_visible()


def test_versions_and_collections_are_changed_from_their_menus(world: World, visit: Visit) -> None:
    made = stock(world)
    link_by_name(made[1], world.model, "detectors", acting_user=world.bob)
    page = visit(world.bob, f"{BROWSER}/model/yolo")
    dialog = page.get_by_role("dialog")

    page.get_by_role("button", name="Actions for v2").click()
    page.get_by_role("link", name="Edit TTL policy").click()
    dialog.get_by_label("TTL policy").select_option("Custom")
    dialog.get_by_label("TTL duration").fill("30")
    dialog.get_by_role("button", name="Update TTL").click()
    expect(page.get_by_text("Updated the time to live")).to_be_visible()
    page.goto(page.url.split("/v2")[0])
    expect(page.get_by_role("row", name="v2")).to_contain_text("30 days")

    page.get_by_role("button", name="Actions for v1").click()
    page.get_by_role("link", name="Delete…").click()
    expect(dialog).to_contain_text("model/detectors:v0")
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_have_count(0)

    page.get_by_role("button", name="Actions for v3").click()
    page.get_by_role("link", name="Link to registry…").click()
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)

    menu = page.get_by_role("button", name="Actions for the collection")
    menu.click()
    page.get_by_role("link", name="Edit description").click()
    dialog.get_by_label("Description").fill("For **pallets**")
    dialog.get_by_role("button", name="Save").click()
    expect(page.locator(".prose strong")).to_have_text("pallets")
    menu.click()
    page.get_by_role("link", name="Rename…").click()
    dialog.get_by_label("Name").fill("coco")
    dialog.get_by_role("button", name="Rename").click()
    expect(dialog).to_contain_text("A collection named “coco” exists")
    dialog.get_by_label("Name").fill("yolo-street")
    dialog.get_by_role("button", name="Rename").click()
    expect(page.get_by_role("heading", name="yolo-street")).to_be_visible()

    menu.click()
    page.get_by_role("link", name="Delete…").click()
    expect(dialog).to_contain_text("It has 4 versions")
    expect(dialog.get_by_role("listitem")).to_contain_text("model/detectors:v0")
    dialog.get_by_label("Type the name of the collection").fill("yolo")
    dialog.get_by_role("button", name="Delete collection").click()
    expect(dialog).to_contain_text("This is not the name")
    dialog.get_by_label("Type the name of the collection").fill("yolo-street")
    dialog.get_by_role("button", name="Delete collection").click()
    expect(page.get_by_text("Deleted yolo-street with its versions")).to_be_visible()
    assert [*Collection.objects.values_list("name", "version_count").order_by("name")] == [
        ("coco", 1),
        ("detectors", 0),
    ]


def test_metadata_and_what_the_run_measured_are_filtered_together(world: World, visit: Visit) -> None:
    made = stock(world, 1)
    made[0].run.summary = {"val_acc": 0.5, "train_loss": 0.1}
    made[0].run.save()
    page = visit(world.bob, f"{BROWSER}/model/yolo/v0/metadata")
    logged = page.get_by_role("group", name="Logged metrics")
    expect(logged.get_by_role("row", name="train_loss")).to_be_visible()
    page.get_by_label("Filter metadata and metrics").fill("acc")
    expect(page.locator("#metadata-tree")).to_contain_text("accuracy")
    expect(page.locator("#metadata-tree")).not_to_contain_text("lang")
    expect(logged.get_by_role("row", name="train_loss")).to_have_count(0)
    expect(logged.get_by_role("row", name="val_acc")).to_be_visible()
    assert "q=acc" in page.url


def test_a_link_inside_the_project_is_taken_back_from_its_page(world: World, visit: Visit) -> None:
    made = stock(world)
    link = link_by_name(made[1], made[1].project, "best", acting_user=world.bob)
    page = visit(world.bob, f"{BROWSER}/model/best/v0")
    page.get_by_role("button", name="Actions").first.click()
    page.get_by_role("link", name="Unlink version").click()
    page.get_by_role("dialog").get_by_role("button", name="Unlink").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_text("Unlinked best:v0")).to_be_visible()
    assert not Membership.objects.filter(pk=link.pk).exists()
