"""The tab “Files” by hand: the tree by mouse and keys, looking into files, Back, search, sounds and the zip."""

import re
import zipfile
from collections.abc import Callable

from playwright.sync_api import Page, expect

from artifacts.models import User
from tests import factories
from tests.artifacts.files import samples
from tests.conftest import World

type Visit = Callable[[User, str], Page]
TAB = "/vision/detector/artifacts/model/yolo/v0/files"


def test_files_are_walked_through_looked_into_and_fetched(world: World, visit: Visit) -> None:
    files = {**samples.EVERYTHING, **{f"many/{n:03d}.txt": str(n).encode() for n in range(130)}}
    factories.stored_version(factories.project(world.team, user=world.bob), files, user=world.bob)
    page = visit(world.bob, TAB)
    tree = page.get_by_role("tree", name="Files")
    media, weights = (tree.get_by_role("treeitem", name=re.compile(name)) for name in ("^media", "^weights"))

    # Folders open in their place, several at once, and close again.
    media.click()
    expect(media).to_have_attribute("aria-expanded", "true")
    weights.click()
    expect(tree.get_by_role("treeitem", name=re.compile("odd.pkl.*can run code when loaded"))).to_be_visible()
    expect(media).to_have_attribute("aria-expanded", "true")

    # The address says which are open: it can be sent, and Back closes what was opened last.
    expect(page).to_have_url(re.compile(r"\?open=media%2F&open=weights%2F$"))
    page.reload()
    expect(weights).to_have_attribute("aria-expanded", "true")
    expect(media).to_have_attribute("aria-expanded", "true")
    page.go_back()
    expect(weights).to_have_attribute("aria-expanded", "false")
    expect(media).to_have_attribute("aria-expanded", "true")
    page.go_forward()
    expect(weights).to_have_attribute("aria-expanded", "true")
    many = tree.get_by_role("treeitem", name=re.compile("^many"))
    many.click()
    expect(tree.get_by_text("129.txt")).to_have_count(0)
    tree.get_by_role("treeitem", name="Further files…").click()
    expect(tree.get_by_text("129.txt")).to_be_visible()
    expect(tree.get_by_text("000.txt")).to_have_count(1)
    many.click()
    expect(tree.get_by_text("129.txt")).to_have_count(0)

    # By keys: down, open, to the parent, close.
    media.focus()
    page.keyboard.press("ArrowDown")
    expect(tree.get_by_role("treeitem", name=re.compile("^images"))).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(tree.get_by_text("a.png")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    expect(tree.get_by_text("a.png")).to_have_count(0)
    page.keyboard.press("ArrowLeft")
    expect(media).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(media).to_have_attribute("aria-expanded", "false")
    expect(media).to_be_focused()

    # A chosen file has an address, the tree stays as it is, and Back leads to the one before.
    tree.get_by_text("model.safetensors").click()
    expect(page.get_by_role("heading", name="weights/model.safetensors")).to_be_visible()
    expect(page).to_have_url(re.compile(r"\?path=weights%2Fmodel\.safetensors$"))
    expect(page.get_by_text("200 of 214 tensors")).to_be_visible()
    tree.get_by_text("labels.csv").click()
    expect(page.get_by_role("columnheader", name="score number")).to_be_visible()
    expect(tree.locator("[aria-current]")).to_have_text(re.compile("labels.csv"))
    expect(weights).to_have_attribute("aria-expanded", "true")
    page.go_back()
    expect(page.get_by_role("heading", name="weights/model.safetensors")).to_be_visible()
    expect(tree.locator("[aria-current]")).to_have_text(re.compile("model.safetensors"))
    page.get_by_label("Filter tensors").fill("stage21")
    page.keyboard.press("Enter")
    expect(page.get_by_text("5 of 5 tensors")).to_be_visible()

    # Pictures of a table are shown; a Markdown file has its source; a sound is loaded in parts.
    page.goto(page.url.split("?")[0] + "?path=predictions.table.json")
    shown = page.locator("td img").first
    expect(shown).to_have_js_property("naturalWidth", 64)
    shown.click()
    expect(page.get_by_text("64 × 48")).to_be_visible()
    page.get_by_role("tree").get_by_text("README.md").click()
    expect(page.get_by_role("heading", name="Detector", exact=True)).to_be_visible()
    page.get_by_role("link", name="Source").click()
    expect(page.get_by_text("# Detector")).to_be_visible()
    page.goto(page.url.split("?")[0] + "?path=audio/beep.wav")
    page.wait_for_function("() => document.querySelector('audio').duration === 0.5")

    # Search, and everything as one archive.
    page.get_by_label("Search files").fill("ODD")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="weights/odd.pkl").click()
    expect(page.get_by_text("posix.system")).to_be_visible()
    expect(page.get_by_label("Search files")).to_have_value("ODD")
    page.get_by_role("link", name="Show all files").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="All files as a zip").click()
    with zipfile.ZipFile(download.value.path()) as archive:
        assert archive.testzip() is None
        assert sorted(archive.namelist()) == sorted(files)
