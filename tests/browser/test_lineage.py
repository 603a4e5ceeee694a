"""The tab “Lineage” by hand: what is beside the graph, groups, hiding, zoom, dragging and keys."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from artifacts.models import Run, User
from tests import factories
from tests.artifacts import lineages
from tests.conftest import World

type Visit = Callable[[User, str], Page]
TAB = "/vision/detector/artifacts/model/yolo/v0/lineage"


def settled(page: Page) -> None:
    """What was asked for is there, and what htmx marks while it swaps is gone."""
    expect(page.locator(".htmx-request, .htmx-settling, .htmx-added, .htmx-swapping")).to_have_count(0)


def middle(node: Locator) -> tuple[float, float]:
    box = node.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_graph_is_looked_into_without_leaving_it(world: World, visit: Visit) -> None:
    version = lineages.trained(factories.project(world.team, user=world.bob), world.bob)
    Run.objects.filter(pk=version.run_id).update(summary={"val_acc": 0.93})
    lineages.outputs(lineages.readers(version, 30))
    page = visit(world.bob, TAB)
    graph, side = page.get_by_role("group", name=re.compile("^Lineage of yolo:v0")), page.locator("#side")
    train = graph.get_by_role("link", name="train sunny-sky-3")
    coco = graph.get_by_role("link", name="dataset coco:v0")
    group = graph.get_by_role("link", name=re.compile("^evaluate 29 runs, folded"))

    # A click shows a node beside the graph, marks it and has an address; Back leads to the one before.
    expect(side).to_be_hidden()
    train.click()
    expect(side.get_by_role("heading", name="sunny-sky-3")).to_be_visible()
    expect(side).to_contain_text("0.93")
    expect(train).to_have_attribute("aria-current", "true")
    expect(page).to_have_url(re.compile(rf"\?node=r{version.run_id}$"))
    coco.click()
    expect(side.get_by_role("heading", name="coco:v0")).to_be_visible()
    expect(train).not_to_have_attribute("aria-current", "true")
    expect(side.get_by_role("link", name="View version")).to_have_attribute("href", re.compile("/dataset/coco/v0$"))
    page.go_back()
    expect(side.get_by_role("heading", name="sunny-sky-3")).to_be_visible()
    expect(train).to_have_attribute("aria-current", "true")

    # With Ctrl it is a link like any other.
    with page.context.expect_page() as other:
        coco.click(modifiers=["Control"])
    expect(other.value.locator("#side h2")).to_contain_text("coco:v0")
    other.value.close()
    expect(side.get_by_role("heading", name="sunny-sky-3")).to_be_visible()

    # By keys: along the arrows, up and down a column, Enter, Escape. What is joined to a node stands out.
    train.focus()
    expect(coco).to_have_class(re.compile(r"\blit\b"))
    page.keyboard.press("ArrowLeft")
    expect(coco).to_be_focused()
    expect(graph).to_have_class(re.compile(r"\bdim\b"))
    expect(group).not_to_have_class(re.compile(r"\blit\b"))
    page.keyboard.press("ArrowRight")
    expect(train).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(graph.get_by_role("link", name="model yolo:v0")).to_be_focused()
    page.keyboard.press("ArrowRight")
    reader = graph.locator(".node.run:focus").get_attribute("id")
    page.keyboard.press("ArrowDown")
    assert graph.locator(".node.run:focus").get_attribute("id") != reader
    page.keyboard.press("ArrowUp")
    assert graph.locator(".node.run:focus").get_attribute("id") == reader
    coco.focus()
    page.keyboard.press("Enter")
    expect(side.get_by_role("heading", name="coco:v0")).to_be_visible()
    expect(coco).to_be_focused()
    expect(page.locator("[data-announce]").first).to_contain_text("coco:v0")
    page.keyboard.press("Escape")
    expect(side).to_be_hidden()
    expect(coco).to_be_focused()
    expect(page).to_have_url(re.compile(r"/lineage\??$"))

    # A group is searched as one types, a member looked at, taken out, put back; the group unfolded and folded.
    group.click()
    search = side.get_by_role("searchbox", name="Search these runs")
    expect(side.get_by_role("heading", name="29 runs, folded")).to_be_visible()
    search.press_sequentially("reader-7")
    expect(side.locator(".members li")).to_have_count(1)
    expect(search).to_be_focused()
    expect(page).to_have_url(re.compile("find=reader-7"))
    side.get_by_role("link", name=re.compile("^reader-7")).click()
    expect(side.get_by_role("heading", name="reader-7")).to_be_visible()
    expect(side.get_by_role("heading", name="29 runs, folded")).to_be_visible()
    expect(group).to_have_attribute("aria-current", "true")
    settled(page)
    side.get_by_role("link", name="Take reader-7 out of the group").click()
    out = graph.get_by_role("link", name="evaluate reader-7")
    expect(out).to_have_attribute("aria-current", "true")
    side.get_by_role("link", name="Put back into its group").click()
    expect(out).to_have_count(0)
    settled(page)
    side.get_by_role("link", name="Close preview").click()
    expect(side.get_by_role("heading", name="reader-7")).to_have_count(0)
    side.get_by_role("link", name="Unfold", exact=True).click()
    expect(graph.get_by_role("link", name=re.compile("^evaluate reader-"))).to_have_count(30)
    settled(page)
    page.get_by_role("link", name="Fold again").click()
    expect(group).to_be_visible()

    # A node is hidden, and shown again.
    train.click()
    expect(side.get_by_role("heading", name="sunny-sky-3")).to_be_visible()
    side.get_by_role("link", name="Hide").click()
    expect(train).to_have_count(0)
    expect(side).to_be_hidden()
    page.get_by_role("link", name="Show hidden (1)").click()
    expect(train).to_be_visible()


def test_a_graph_is_zoomed_and_dragged(world: World, visit: Visit) -> None:
    lineages.trained(factories.project(world.team, user=world.bob), world.bob)
    page = visit(world.bob, TAB)
    graph = page.locator("svg.graph")
    box = page.get_by_role("region", name="Lineage graph")
    root = graph.get_by_role("link", name="model yolo:v0")

    def width() -> float:
        return float(graph.evaluate("element => element.getBoundingClientRect().width"))

    before = width()
    expect(page.get_by_role("button", name="Zoom in")).to_be_visible()
    for _ in range(4):
        page.get_by_role("button", name="Zoom in").click()
    assert width() == pytest.approx(before * 1.25**4, rel=0.02)
    page.get_by_role("button", name="Zoom out").click()
    assert width() == pytest.approx(before * 1.25**4 * 0.8, rel=0.02)

    # Ctrl and the wheel (or two fingers on a trackpad) zoom around the pointer; the wheel alone scrolls.
    root.scroll_into_view_if_needed()
    x, y = middle(root)
    page.mouse.move(x, y)
    page.keyboard.down("Control")
    page.mouse.wheel(0, -60)
    page.keyboard.up("Control")
    page.wait_for_function(
        "than => document.querySelector('svg.graph').getBoundingClientRect().width > than", arg=before * 2
    )
    assert middle(root) == pytest.approx((x, y), abs=3)

    # Dragging moves the picture with the pointer, and opens nothing.
    at = box.evaluate("element => element.scrollLeft")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 40, y, steps=4)
    page.mouse.move(x + 90, y, steps=4)
    page.mouse.up()
    assert box.evaluate("element => element.scrollLeft") == pytest.approx(at - 90, abs=2)
    expect(page.locator("#side")).to_be_hidden()
    page.mouse.click(*middle(root))
    expect(page.locator("#side h2")).to_contain_text("yolo:v0")

    # Everything fits again; the scale stays when the graph is drawn anew.
    page.get_by_role("button", name="Fit").click()
    fitting = width()
    assert fitting <= box.evaluate("element => element.clientWidth") + 1
    graph.get_by_role("link", name="train sunny-sky-3").click()
    page.locator("#side").get_by_role("link", name="Hide").click()
    expect(page.get_by_role("link", name="Show hidden (1)")).to_be_visible()
    settled(page)
    assert graph.evaluate("element => element.style.width") != ""

    # Pointing at a node dims what isn't joined to it.
    page.mouse.move(*middle(graph.get_by_role("link", name="evaluate eval-1")))
    expect(graph).to_have_class(re.compile(r"\bdim\b"))
    expect(graph.get_by_role("link", name="report report:v0")).to_have_class(re.compile(r"\blit\b"))
    expect(graph.get_by_role("link", name="dataset raw:v0")).not_to_have_class(re.compile(r"\blit\b"))
    page.mouse.move(5, 5)
    expect(graph).not_to_have_class(re.compile(r"\bdim\b"))


def test_without_a_script_every_link_is_a_page(world: World, visit: Visit) -> None:
    """What a browser without JavaScript gets: the graph scrolls, and what needs the script isn't offered."""
    version = lineages.trained(factories.project(world.team, user=world.bob), world.bob)
    lineages.readers(version, 30)
    page = visit(world.bob, "/account")
    context = page.context.browser.new_context(java_script_enabled=False)  # type: ignore[union-attr]
    context.add_cookies(page.context.cookies())  # type: ignore[arg-type]
    plain = context.new_page()
    plain.goto(page.url.split("/account")[0] + TAB)
    assert plain.get_by_role("button", name="Zoom in").count() == 0
    plain.locator("#n-run-1").click()
    assert "29 runs, folded" in plain.locator("#side").inner_text()
    plain.get_by_label("Search these runs").fill("reader-7")
    plain.keyboard.press("Enter")
    plain.wait_for_url(re.compile("find=reader-7"))
    plain.locator("#side .members a").first.click()
    assert "reader-7" in plain.locator("#side h2").first.inner_text()
    context.close()
