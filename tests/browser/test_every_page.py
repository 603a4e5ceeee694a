"""Every page, as the demo's administrator gets it in a real Chromium: for screen readers, in both themes, on a phone, over the wire."""

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from django.contrib import admin
from django.test import Client
from playwright.sync_api import Page

from artifacts.actions import aliases_and_tags
from artifacts.models import Entity, RunTag, User
from registry.actions.link import link_by_name
from registry.actions.registries import create_registry
from registry_site.demo import story
from tests import factories
from tests.browser import controls
from tests.browser.conftest import DESK, Words
from tests.page_addresses import addresses

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
# What WCAG asks and what is good practice; colours once more in the other theme, the rest is the same there.
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
WCAG = {**RULES, "runOnly": RULES["runOnly"][:-1]}  # the panel's headings are Django's
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast"]}, "resultTypes": ["violations"]}
TWICE = """() => { const ids = [...document.querySelectorAll("[id]")].map(one => one.id);
  return [...new Set(ids.filter((id, place) => ids.indexOf(id) !== place))]; }"""
PHONE = {"width": 390, "height": 844}
# A test looks at every eighth address, so that they spread over the workers; at least so many of its sixteen are pages.
PARTS, FEWEST = 8, 8
MOST_REQUESTS, MOST_COLD, MOST_WARM = 8, 100 * 1024, 30 * 1024
MOST_JUMP = 0.01  # a tenth of what browsers' makers call good
HEADERS = 300  # of an answer, in bytes, about
# Not pages: answers for machines, files, parts of pages, and what leads elsewhere.
NOT_PAGES = {
    "registry_site:healthz", "registry_site:readyz", "registry_site:metrics", "artifacts:version-file", "artifacts:version-zip",
    "artifacts:version-folder", "registry:collection-card", "registry:collection-tags", "registry:collection-preview",
    "artifacts:login", "artifacts:logout",
}  # fmt: skip
QUERIES = {
    "search": ["", "?q=det", "?q=zzz"],
    "registry": ["", "?open=detectors", "?q=zzz"],
    "collection": ["", "?metrics=1", "?q=metadata.accuracy>0.9", "?q=tag:zzz"],
    "collection-compare": ["?version=v0&version=v1"],
    "collection-link": ["", "?team=acme-vision&project={project}&artifact={collection}"],
    "link-modal": ["", "?target=model/detectors", "?target=new&registry=/new"],
    "new-collection": ["", "?project=acme-vision/{project}&artifact={collection}"],
    "compare": ["?version=v0&version=v1"],
    "browser": ["", "?find=zzz"],
    "printed-version": [],
    "version-switch": [],
}


@pytest.fixture
def long(demo: Words) -> Words:
    """The words for things whose names have no end and no place to break."""
    ada, team = User.objects.get(name="ada"), Entity.objects.get(name="acme-vision")
    name = "W" * 120
    project = factories.project(team, name, user=ada)
    run = factories.run(project, user=ada, display_name=name, summary={name: 0.5}, config={name: {"value": name}})
    RunTag.objects.create(run=run, name=name[:64])
    metadata = {name: {name: [name, 1e300]}}
    version = factories.version(
        project, name, name[:100], user=ada, run=run, metadata=metadata, description=f"# {name}\n\n`{name}`"
    )
    registry = create_registry(team.organization, name[:100], description=name, acting_user=ada).project
    link = link_by_name(version, registry, name, aliases=[name], acting_user=ada)
    link_by_name(factories.version(project, name, name[:100], user=ada), registry, name, acting_user=ada)
    aliases_and_tags.tag_collection(link.collection, [name], acting_user=ada)
    aliases_and_tags.tag_version(version, [name], acting_user=ada)
    here = {"collection": name, "reference": "v0"}
    numbers = {
        "automation-delete": str(factories.automation(registry, name[:60], user=ada).pk),
        "project-automation-delete": str(factories.automation(project, name[:61], user=ada).pk),
    }
    return {
        "logged": {**demo["logged"], **numbers, **here, "type": name[:100], "project": name, "run": run.name},
        "registry": {**here, "registry": registry.title},
    }


def pages(words: Words, client: Client, part: int) -> Iterator[tuple[str, str]]:
    """The addresses of one part that answer with a whole page."""
    registry = {"org": story.ORGANIZATION, **words["registry"]}
    for name, address in list(addresses(words["logged"], registry, QUERIES))[part::PARTS]:
        if name.split(" ")[0].split("?")[0] in NOT_PAGES:
            continue
        status = client.get(address).status_code
        assert status in {200, 302, 405}, f"{name} answers {status}: nothing of it would be looked at"
        if status == 200:
            yield name, address


def shifted(page: Page) -> float:
    """How far the page jumped while it loaded, as browsers count it."""
    return page.evaluate("""() => new Promise(done => {
      let sum = 0;
      new PerformanceObserver(list => list.getEntries().forEach(one => sum += one.value)).observe({type: "layout-shift", buffered: true});
      requestAnimationFrame(() => setTimeout(() => done(sum), 30));
    })""")


def violations(page: Page, options: dict[str, Any]) -> list[str]:
    """What axe finds, each with the first element that has it."""
    found = page.evaluate("options => axe.run(document, options)", options)["violations"]
    return [f"{one['id']} ×{len(one['nodes'])}: {one['nodes'][0]['html'][:160]}" for one in found]


class Wire:
    """What visits cost: requests, and bytes as they are sent. Static files count compressed, as `manage.py start` sends them."""

    def __init__(self, page: Page) -> None:
        self.page, self.static = page, dict[str, int]()
        self.session = page.context.new_cdp_session(page)
        self.session.send("Network.enable")
        self.session.on("Network.requestWillBeSent", lambda event: self.asked.append(event["request"]["url"]))
        self.session.on("Network.loadingFinished", self._finished)
        self.session.on(
            "Network.responseReceived", lambda event: self.urls.update({event["requestId"]: event["response"]["url"]})
        )
        self.asked: list[str] = []
        self.urls: dict[str, str] = {}
        self.sent = 0

    def _finished(self, event: dict[str, Any]) -> None:
        if "/static/" not in self.urls.get(event["requestId"], ""):
            self.sent += event["encodedDataLength"]

    def visit(self, address: str) -> tuple[int, int, int]:
        """Open a page: its requests, its bytes when nothing is cached, and its bytes when static files are."""
        self.session.send("Network.clearBrowserCache")
        self.asked, self.sent = [], 0
        self.page.goto(address, wait_until="load")
        loaded = [url for url in self.asked if "/static/" in url]
        return len(self.asked), self.sent + sum(map(self._size, loaded)), self.sent

    def _size(self, url: str) -> int:
        if url not in self.static:
            self.static[url] = len(gzip.compress(self.page.request.get(url).body())) + HEADERS
        return self.static[url]


def faults_of(page: Page, wire: Wire, address: str) -> list[str]:
    """Everything that is wrong with one page."""
    found = []
    requests, cold, warm = wire.visit(address)
    controls.look(page)
    if requests > MOST_REQUESTS:
        found.append(f"{requests} requests: {wire.asked}")
    if cold > MOST_COLD or warm > MOST_WARM:
        found.append(f"{cold:,} bytes cold, {warm:,} warm")
    if (jump := shifted(page)) > MOST_JUMP:
        found.append(f"jumps by {jump:.3f}")
    if twice := page.evaluate(TWICE):
        found.append(f"ids that stand twice: {twice}")
    page.evaluate(AXE)
    found += violations(page, RULES)
    page.emulate_media(color_scheme="dark")
    found += [f"dark: {one}" for one in violations(page, COLOURS)]
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(PHONE)
    width = page.evaluate("document.documentElement.scrollWidth")
    if width > PHONE["width"]:
        found.append(f"{width} px wide on a phone")
    page.set_viewport_size(DESK)
    return found


@pytest.mark.parametrize("part", range(PARTS))
def test_every_page_is_accessible_light_and_fits_a_phone(
    page: Page, live_server: Any, demo: Words, visitor: Client, part: int
) -> None:
    wire = Wire(page)
    asked = list(pages(demo, visitor, part))
    faults = {name: faults_of(page, wire, live_server.url + address) for name, address in asked}
    assert len(asked) >= FEWEST
    assert not any(faults.values()), "\n".join(f"{name}: {found}" for name, found in faults.items() if found)


@pytest.mark.parametrize("half", range(2))
def test_the_admin_panel_is_accessible_in_both_themes(
    page: Page, live_server: Any, demo: Words, visitor: Client, half: int
) -> None:
    User.objects.filter(name="ada").update(is_admin=True)
    lists = [f"{model._meta.app_label}/{model._meta.model_name}/" for model in admin.site._registry]
    forms = ["artifacts/user/add/", "registry/registry/add/"]
    linus = User.objects.get(name="linus").pk
    forms += [f"artifacts/user/{linus}/{act}/" for act in ("change", "delete")]
    faults = {}
    for path in ["", *lists, *forms][half::2]:
        page.goto(f"{live_server.url}/admin/{path}")
        page.evaluate(AXE)
        found = violations(page, WCAG)
        if path in {"", lists[0], *forms}:  # lists have the same colours
            page.emulate_media(color_scheme="dark")
            found += [f"dark: {one}" for one in violations(page, COLOURS)]
            page.emulate_media(color_scheme="light")
        faults[path] = found
    assert len(lists) > 15
    assert not any(faults.values()), "\n".join(f"{path}: {found}" for path, found in faults.items() if found)


@pytest.mark.parametrize("part", range(PARTS))
def test_names_without_an_end_stay_within_every_page(
    page: Page, live_server: Any, long: Words, visitor: Client, part: int
) -> None:
    wide = {}
    asked = list(pages(long, visitor, part))
    for name, address in asked:
        page.goto(live_server.url + address)
        for size in (DESK, PHONE):
            page.set_viewport_size(size)
            width = page.evaluate("document.documentElement.scrollWidth")
            if width > size["width"]:
                wide[f"{name} at {size['width']}"] = width
    assert len(asked) >= FEWEST
    assert wide == {}
