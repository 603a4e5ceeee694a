"""The document's procedures, step by step and label by label, as somebody follows them who never saw the product."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from artifacts.models import Membership, User
from registry.actions.link import link_by_name
from tests import factories
from tests.conftest import World

type Visit = Callable[[User, str], Page]


def test_link_in_the_registry_app(world: World, visit: Visit) -> None:
    source = factories.project(world.team, "detector", user=world.bob)
    factories.version(source, "yolo", user=world.bob)
    factories.version(source, "yolo", user=world.bob)
    factories.version(source, "coco", "dataset", user=world.bob)
    factories.portfolio(world.model, "detectors", user=world.bob)
    page = visit(world.bob, "/registry")
    page.get_by_role("link", name="model", exact=True).first.click()
    row = page.get_by_role("row").filter(has_text="detectors")
    expect(row.get_by_role("link", name="View details")).to_be_visible()
    row.get_by_role("button", name="Actions").click()
    page.get_by_text("Link new version", exact=True).locator("visible=true").first.click()
    sidebar = page.get_by_role("dialog")
    sidebar.get_by_label("Team").select_option("vision")
    sidebar.get_by_label("Project").select_option("detector")
    artifact = sidebar.get_by_label("Artifact")
    expect(artifact.locator("option", has_text="yolo")).to_have_count(1)
    expect(artifact.locator("option", has_text="coco")).to_have_count(0)
    artifact.select_option("yolo")
    version = sidebar.get_by_label("Version")
    expect(version.locator("option", has_text="v1")).to_have_count(1)
    version.select_option(label=version.locator("option", has_text="v1").inner_text())
    sidebar.get_by_role("button", name="Link version").click()
    expect(page.get_by_role("status")).to_contain_text("detectors:v0")
    membership = Membership.objects.get(collection__name="detectors")
    assert (membership.name, membership.version.name) == ("v0", "v1")
    expect(page.get_by_role("row").filter(has_text="detectors")).to_contain_text("v0")


def test_link_in_the_artifact_browser(world: World, visit: Visit) -> None:
    source = factories.project(world.team, "detector", user=world.bob)
    factories.version(source, "yolo", user=world.bob)
    factories.portfolio(world.model, "detectors", user=world.bob)
    page = visit(world.bob, "/vision/detector/artifacts")
    page.get_by_role("link", name="yolo").first.click()
    page.get_by_role("link", name="v0").first.click()
    expect(page.get_by_text("Version overview")).to_be_visible()
    page.get_by_role("link", name="Link to registry").or_(
        page.get_by_role("button", name="Link to registry")
    ).first.click()
    modal = page.get_by_role("dialog")
    choose = modal.get_by_label("Select a register model")
    choose.select_option(label=choose.locator("option", has_text="detectors").first.inner_text())
    modal.get_by_role("button", name="Next step").click()
    modal.get_by_label("Aliases").fill("staging")
    modal.get_by_role("button", name="Link to registry").click()
    expect(page.get_by_role("status")).to_contain_text("detectors:v0")
    assert Membership.objects.get(collection__name="detectors").alias_names == ["latest", "staging"]


def test_view_a_linked_version(world: World, visit: Visit) -> None:
    source = factories.project(world.team, "detector", user=world.bob)
    for accuracy in (0.91, 0.93):
        run = factories.run(source, user=world.bob, summary={"val_acc": accuracy})
        version = factories.version(source, "yolo", user=world.bob, run=run, metadata={"classes": 42})
        link_by_name(version, world.model, "detectors", acting_user=world.bob)
    page = visit(world.carol, "/registry")
    page.get_by_role("link", name="model", exact=True).first.click()
    page.get_by_role("row").filter(has_text="detectors").get_by_role("link", name="View details").click()
    page.get_by_role("link", name="Show metrics").or_(page.get_by_role("button", name="Show metrics")).first.click()
    expect(page.get_by_role("columnheader", name="val_acc")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="v1")).to_contain_text("0.93")
    page.get_by_role("row").filter(has_text="v1").get_by_role("link", name="View").first.click()
    overview = page.locator("dl, section").filter(has_text="Full Name").first
    expect(overview).to_contain_text("wandb-registry-model/detectors:v1")
    for tab, shows in (
        ("Metadata", "classes"),
        ("Usage", 'use_artifact("'),
        ("Files", "model.bin"),
        ("Lineage", "sunny-sky-1"),
        ("Version", "Full Name"),
    ):
        page.get_by_role("navigation").get_by_role("link", name=tab).first.click()
        expect(page.get_by_role("link", name=tab).first).to_have_attribute("aria-current", "page")
        expect(page.locator("main")).to_contain_text(shows)


def test_confirm_the_path_by_the_generated_code(world: World, visit: Visit) -> None:
    page = visit(world.bob, "/registry")
    page.get_by_role("link", name="model", exact=True).first.click()
    expect(page.locator("pre").first).to_contain_text("acme-corp/wandb-registry-model/")
    expect(page.locator("pre").first).to_contain_text("link_artifact")


def test_confirm_the_path_by_an_empty_collection(world: World, visit: Visit) -> None:
    page = visit(world.bob, "/registry")
    page.get_by_role("link", name="model", exact=True).first.click()
    page.get_by_role("link", name="Create collection").or_(
        page.get_by_role("button", name="Create collection")
    ).first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("raw_images")
    dialog.get_by_role("button", name="Create collection").click()
    page.wait_for_url("**/raw_images", timeout=5000)
    expect(page.locator("pre").first).to_contain_text('target_path="acme-corp/wandb-registry-model/raw_images"')


def test_a_personal_version_is_refused_with_what_to_do(world: World, visit: Visit) -> None:
    own = factories.project(world.bob.personal, "mine", user=world.bob)
    factories.version(own, "yolo", user=world.bob)
    factories.portfolio(world.model, "detectors", user=world.bob)
    page = visit(world.bob, "/bob/mine/artifacts/model/yolo/v0")
    page.get_by_role("link", name="Link to registry").or_(
        page.get_by_role("button", name="Link to registry")
    ).first.click()
    expect(page.get_by_role("dialog")).to_contain_text("personal entity")
    expect(page.get_by_role("dialog")).to_contain_text("team")
    assert not Membership.objects.filter(collection__kind="portfolio").exists()


def test_the_first_link_turns_an_empty_collection_into_a_table(world: World, visit: Visit) -> None:
    source = factories.project(world.team, "detector", user=world.bob)
    factories.version(source, "yolo", user=world.bob)
    factories.portfolio(world.model, "detectors", user=world.bob)
    page = visit(world.bob, "/orgs/Acme%20Corp/registry/model/detectors")
    expect(page.locator("pre").first).to_contain_text("link_artifact")
    page.get_by_role("link", name="Link new version").first.click()
    sidebar = page.get_by_role("dialog")
    for label, choice in (("Team", "vision"), ("Project", "detector"), ("Artifact", "yolo")):
        sidebar.get_by_label(label).select_option(choice)
    version = sidebar.get_by_label("Version")
    expect(version.locator("option", has_text="v0")).to_have_count(1)
    version.select_option(label=version.locator("option", has_text="v0").inner_text())
    sidebar.get_by_role("button", name="Link version").click()
    expect(page.get_by_role("row").filter(has_text="v0")).to_be_visible()
    expect(page.locator("pre")).to_have_count(0)
