"""The pictures of the pages under docs/, taken anew from the demo organization.

    uv run python docs/take_pictures.py

Needs Chromium on PATH. Each is a PNG of 64 colours, so that all together stay small.
"""

import io
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.demo import Demo, log_in

PICTURES = Path(__file__).parent / "pictures"
SIZE = {"width": 1200, "height": 760}
COLOURS = 64
ORGANIZATION = "/orgs/Acme%20Robotics"
MODEL = f"{ORGANIZATION}/registry/model"
DETECTORS = f"{MODEL}/detectors"
SOURCE = "/acme-vision/detector/artifacts/model/yolo-street/v5"


def link_new_version(page: Page) -> None:
    """The sidebar, filled in."""
    page.get_by_role("link", name="Link new version").first.click()
    sidebar = page.get_by_role("dialog")
    for label, choice in (("Team", "acme-vision"), ("Project", "detector"), ("Artifact", "yolo-street")):
        field = sidebar.get_by_label(label, exact=True)
        if field.input_value() != choice:
            field.select_option(choice)
    version = sidebar.get_by_label("Version", exact=True)
    version.select_option(label=version.locator("option", has_text="v5").inner_text())
    sidebar.get_by_text("What will be linked").wait_for()


def link_to_registry(page: Page) -> None:
    """The modal's first step."""
    page.get_by_role("link", name="Link to registry").first.click()
    page.get_by_role("dialog").wait_for()


def choose_aliases(page: Page) -> None:
    """The modal's second step."""
    link_to_registry(page)
    choose = page.get_by_label("Select a register model")
    choose.select_option(label=choose.locator("option", has_text="detectors").first.inner_text())
    page.get_by_role("button", name="Next step").click()
    page.get_by_role("button", name="Link to registry").wait_for()


def at_versions(page: Page) -> None:
    """The table of versions, past the card."""
    page.locator("#versions").evaluate("heading => heading.scrollIntoView()")


def as_it_is(page: Page) -> None:
    """Nothing is done first."""


TAKEN: dict[str, tuple[str, Callable[[Page], None]]] = {
    "registry": (MODEL, as_it_is),
    "link-new-version": (DETECTORS, link_new_version),
    "link-to-registry": (SOURCE, link_to_registry),
    "aliases": (SOURCE, choose_aliases),
    "home": (ORGANIZATION, as_it_is),
    "metrics": (f"{DETECTORS}?metrics=1", at_versions),
    "compare": (f"{DETECTORS}/-/compare?version=v3&version=v4", as_it_is),
    "version": (f"{DETECTORS}/v4", as_it_is),
    "usage": (f"{DETECTORS}/v4/usage", as_it_is),
    "files": (f"{DETECTORS}/v4/files?path=model.safetensors", as_it_is),
    "lineage": (f"{DETECTORS}/v4/lineage", as_it_is),
    "history": (f"{DETECTORS}/-/history", as_it_is),
    "search": ("/search?q=det", as_it_is),
    "settings": (f"{MODEL}/-/settings", as_it_is),
    "members": (f"{ORGANIZATION}/-/members", as_it_is),
    "artifacts": ("/acme-vision/detector/artifacts/model/yolo-street", as_it_is),
}


def main() -> None:
    """Take all of them."""
    PICTURES.mkdir(exist_ok=True)
    with Demo() as demo, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport=SIZE, base_url=demo.url, reduced_motion="reduce")
        log_in(page, demo)
        for name, (address, act) in TAKEN.items():
            page.goto(address)
            act(page)
            shot = Image.open(io.BytesIO(page.screenshot()))
            path = PICTURES / f"{name}.png"
            shot.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
            print(f"{name:20} {path.stat().st_size / 1024:6.1f} KiB")
        browser.close()


if __name__ == "__main__":
    main()
