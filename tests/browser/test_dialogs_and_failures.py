"""What every dialog, failure and toast does, once: closing beside it, the focus, what a broken connection looks like."""

from playwright.sync_api import Page, Route, expect

from tests import factories
from tests.browser.test_seed_document import Visit
from tests.conftest import World

REGISTRY = "/orgs/Acme%20Corp/registry/model"
BACKDROP = (300, 450)  # left of a sheet on a desk


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=3)
    page.mouse.up()


def test_a_dialog_closes_beside_it_and_gives_the_focus_back(world: World, visit: Visit) -> None:
    factories.portfolio(world.model, "detectors", user=world.bob)
    page = visit(world.bob, REGISTRY)
    page.set_viewport_size({"width": 1440, "height": 900})
    opener, dialog = page.locator("#create-collection"), page.get_by_role("dialog")
    name, alert = dialog.get_by_label("Name"), dialog.get_by_role("alert")
    opener.click()
    expect(name).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(opener).to_be_focused()
    page.keyboard.press("Enter")
    name.fill("night-owls")
    box = name.bounding_box()
    assert box
    drag(page, (box["x"] + 80, box["y"] + 8), BACKDROP)  # what is typed is marked, and the mouse let go outside
    expect(name).to_have_value("night-owls")

    # What went wrong stands beside the button, in the server's words or ours, and once.
    def broken(route: Route) -> None:
        route.fulfill(status=502, content_type="text/html", body="<h1>Bad gateway</h1>")

    send = dialog.get_by_role("button", name="Create collection")
    page.route("**/-/new-collection", broken)
    send.click()
    expect(alert).to_contain_text("The server did not answer as it should")
    page.unroute("**/-/new-collection")
    page.route("**/-/new-collection", lambda route: route.abort())
    send.click()
    expect(alert).to_contain_text("The server did not answer as it should")
    expect(send).not_to_have_attribute("aria-busy", "true")
    page.unroute("**/-/new-collection")
    name.fill("detectors")
    send.click()
    expect(alert).to_have_count(1)
    expect(alert).to_contain_text("A collection named “detectors” exists")
    expect(name).to_be_focused()
    page.mouse.click(*BACKDROP)
    expect(dialog).to_have_count(0)
    expect(opener).to_be_focused()

    # A menu's item opens a dialog: the focus comes back to the menu's button. A toast that is dismissed leaves it to the page.
    actions = page.get_by_role("row").filter(has_text="detectors").get_by_role("button", name="Actions")
    actions.press("Enter")
    page.keyboard.press("ArrowDown")
    page.get_by_role("link", name="Link new version").locator("visible=true").press("Enter")
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_have_count(0)
    expect(actions).to_be_focused()
    page.goto(f"{page.url}/detectors")
    page.locator("#collection-menu-button").click()
    page.get_by_role("button", name="Copy path").locator("visible=true").click()
    toast = page.locator("#toasts .toast")
    expect(toast).to_contain_text("Copied")
    expect(toast.get_by_role("button", name="Undo")).to_have_count(0)
    toast.get_by_role("button", name="Dismiss").click()
    expect(toast).to_have_count(0)
    expect(page.locator("#main")).to_be_focused()
