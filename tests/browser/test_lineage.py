"""The tab “Lineage” by hand: what is beside the graph, groups, hiding, zoom, dragging and keys."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from artifacts.models import Run, User
from tests import factories
from tests.artifacts.lineage import lineages
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


def drag(page: Page, start: tuple[float, float], by: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(start[0] + by[0] / 2, start[1] + by[1] / 2, steps=4)
    page.mouse.move(start[0] + by[0], start[1] + by[1], steps=4)
    page.mouse.up()


class Fingers:
    """Fingers on a screen, as Chromium takes them from its system."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.session = page.context.new_cdp_session(page)

    def put(self, *places: tuple[float, float]) -> None:
        self._send("touchStart", places)

    def to(self, *places: tuple[float, float]) -> None:
        self._send("touchMove", places)
        self.page.evaluate("() => new Promise(requestAnimationFrame)")

    def lift(self) -> None:
        self._send("touchEnd", ())

    def _send(self, kind: str, places: tuple[tuple[float, float], ...]) -> None:
        points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(places)]
        self.session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


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

    # Dragging what is between the nodes moves the picture with the pointer, and opens nothing.
    at = box.evaluate("element => element.scrollLeft")
    drag(page, (x, y + 150), (90, 0))
    assert box.evaluate("element => element.scrollLeft") == pytest.approx(at - 90, abs=2)
    expect(page.locator("#side")).to_be_hidden()
    page.mouse.click(*middle(root))
    expect(page.locator("#side h2")).to_contain_text("yolo:v0")

    # Everything fits again; the scale stays when the graph is drawn anew.
    page.get_by_role("button", name="Fit").click()
    fitting, scale = width(), scale_of(page)
    assert fitting <= box.evaluate("element => element.clientWidth") + 1
    graph.get_by_role("link", name="train sunny-sky-3").click()
    page.locator("#side").get_by_role("link", name="Hide").click()
    expect(page.get_by_role("link", name="Show hidden (1)")).to_be_visible()
    settled(page)
    assert scale_of(page) == pytest.approx(scale, rel=0.001)

    # Pointing at a node dims what isn't joined to it.
    page.mouse.move(*middle(graph.get_by_role("link", name="evaluate eval-1")))
    expect(graph).to_have_class(re.compile(r"\bdim\b"))
    expect(graph.get_by_role("link", name="report report:v0")).to_have_class(re.compile(r"\blit\b"))
    expect(graph.get_by_role("link", name="dataset raw:v0")).not_to_have_class(re.compile(r"\blit\b"))
    page.mouse.move(5, 5)
    expect(graph).not_to_have_class(re.compile(r"\bdim\b"))


def test_nodes_are_moved_one_by_one_and_back(world: World, visit: Visit) -> None:
    version = lineages.trained(factories.project(world.team, user=world.bob), world.bob)
    lineages.readers(version, 30)
    page = visit(world.bob, TAB)
    graph, side = page.locator("svg.graph"), page.locator("#side")
    coco, train = (graph.get_by_role("link", name=name) for name in ("dataset coco:v0", "train sunny-sky-3"))
    reset = page.get_by_role("button", name="Reset layout")
    keys = [str(node.get_attribute("id"))[2:] for node in (coco, train)]
    incoming = graph.locator(f'.edge[data-from="{keys[0]}"][data-to="{keys[1]}"]')

    def drawn() -> list[str]:
        paths = "paths => paths.map(path => path.getAttribute('d'))"
        return [str(path) for path in graph.locator(".edge path").evaluate_all(paths)]

    def end_of(line: Locator) -> tuple[float, float]:
        """Where a line ends on the screen."""
        x, y = line.evaluate(
            """line => {
              const end = line.getPointAtLength(line.getTotalLength()).matrixTransform(line.getScreenCTM());
              return [end.x, end.y];
            }"""
        )
        return x, y

    # Dragged, a node goes with the pointer, its arrows follow, nothing opens and nothing else moves.
    expect(reset).to_be_hidden()
    as_drawn, was, other = drawn(), middle(train), middle(coco)
    drag(page, was, (30, 70))
    assert middle(train) == pytest.approx((was[0] + 30, was[1] + 70), abs=1)
    assert middle(coco) == pytest.approx(other, abs=0.5)
    assert end_of(incoming.locator(".edge-line"))[1] == pytest.approx(was[1] + 70, abs=2)
    assert end_of(incoming.locator(".edge-line"))[0] < middle(train)[0] - 60
    changed = [old != new for old, new in zip(as_drawn, drawn(), strict=True)]
    assert sum(changed) == 3, "of one arrow the line and the tip, of the other, which leaves from it, the line"
    expect(side).to_be_hidden()
    expect(page).to_have_url(re.compile("/lineage$"))

    # It stays there through what is swapped: a preview, a group unfolded. Back is a page anew.
    train.click()
    expect(side.get_by_role("heading", name="sunny-sky-3")).to_be_visible()
    settled(page)
    down = middle(train)[1] - middle(coco)[1]
    assert down == pytest.approx(70, abs=1)
    down /= scale_of(page)
    graph.get_by_role("link", name=re.compile("^evaluate 29 runs, folded")).click()
    side.get_by_role("link", name="Unfold", exact=True).click()
    expect(graph.get_by_role("link", name=re.compile("^evaluate reader-"))).to_have_count(30)
    settled(page)
    assert middle(train)[1] - middle(coco)[1] == pytest.approx(down * scale_of(page), abs=1)
    page.go_back()
    expect(graph.get_by_role("link", name=re.compile("^evaluate reader-"))).to_have_count(2)

    # By keys, and back to how it was drawn.
    page.goto(page.url.split("?")[0])
    expect(reset).to_be_hidden()
    train.focus()
    was = middle(train)
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Shift+ArrowLeft")
    expect(train).to_be_focused()
    assert middle(train)[0] < was[0]
    assert middle(train)[1] > was[1]
    expect(reset).to_be_visible()
    page.keyboard.press("ArrowLeft")
    expect(coco).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(train).to_be_focused()
    before = drawn()
    reset.click()
    expect(reset).to_be_hidden()
    assert middle(train) == pytest.approx(was, abs=0.5)
    assert before != drawn()
    script = drawn()
    page.reload()
    assert script == drawn(), "the script draws arrows as the server does"


def scale_of(page: Page) -> float:
    return float(page.locator("svg.graph").evaluate("graph => graph.getScreenCTM().a"))


def test_fingers_scroll_zoom_and_move_the_marked_node(world: World, visit: Visit) -> None:
    lineages.trained(factories.project(world.team, user=world.bob), world.bob)
    page = visit(world.bob, "/account")
    address = page.url.split("/account")[0] + TAB
    context = page.context.browser.new_context(has_touch=True, viewport={"width": 390, "height": 800})  # type: ignore[union-attr]
    context.add_cookies(page.context.cookies())  # type: ignore[arg-type]
    phone = context.new_page()
    phone.goto(address)
    graph, box = phone.locator("svg.graph"), phone.get_by_role("region", name="Lineage graph")
    root = graph.get_by_role("link", name="model yolo:v0")
    train = graph.get_by_role("link", name="train sunny-sky-3")
    box.evaluate("box => box.scrollIntoView({block: 'center'})")
    fingers = Fingers(phone)

    # Two fingers that part zoom around the middle between them.
    x, y = middle(root)
    before = scale_of(phone)
    fingers.put((x - 30, y), (x + 30, y))
    for apart in range(35, 65, 5):
        fingers.to((x - apart, y), (x + apart, y))
    fingers.lift()
    phone.wait_for_function("than => document.querySelector('svg.graph').getScreenCTM().a > than", arg=before * 1.2)
    assert scale_of(phone) == pytest.approx(before * 2, rel=0.25)
    assert middle(root) == pytest.approx((x, y), abs=6)
    expect(phone.locator("#side")).to_be_hidden()

    # One finger scrolls the picture, also over a node: that stays in its place in the picture.
    at = box.evaluate("element => element.scrollLeft")
    fingers.put((x, y))
    for step in range(1, 9):
        fingers.to((x - 15 * step, y))
    fingers.lift()
    phone.wait_for_function("than => document.querySelector('.lineage').scrollLeft > than", arg=at + 20)
    expect(phone.get_by_role("button", name="Reset layout")).to_be_hidden()

    # Tapped, a node is marked; then a finger moves it.
    phone.get_by_role("button", name="Fit").click()
    train.tap()
    expect(phone.locator("#side h2")).to_contain_text("sunny-sky-3")
    expect(train).to_have_attribute("aria-current", "true")
    settled(phone)
    x, y = middle(train)
    fingers.put((x, y))
    for step in range(1, 9):
        fingers.to((x, y + 5 * step))
    fingers.lift()
    assert middle(train)[0] == pytest.approx(x, abs=6)
    assert 25 < middle(train)[1] - y < 60  # 40, as far as a phone's page stands still beside it
    expect(phone.get_by_role("button", name="Reset layout")).to_be_visible()
    context.close()


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
