"""People who are logged in, in a real Chromium, against a real server."""

import os
import shutil
from collections.abc import Callable
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import BrowserContext, Page

from artifacts.actions import integrations, people
from artifacts.models import Automation, Entity, Run, User
from registry.models import SavedSearch
from registry_site.demo import story
from tests import factories
from tests.browser import controls
from tests.conftest import Rows, World, make_world, put_in, taken_out

CHROMIUM = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
# Playwright's loop runs in the test's own thread, and Django takes that for code that mustn't wait for a database.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
DESK = {"width": 1440, "height": 900}
type Words = dict[str, dict[str, str]]
# What the addresses of a project's things name besides.
ELSE = {"entity": "acme-vision", "type": "model", "person": "linus", "kind": "user", "number": "1", "secret": "TOKEN"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever lies in this folder drives a browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("browser")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, object]) -> dict[str, object]:
    """The machine's own Chromium, kept from asking anything of the network."""
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if found is None:
        missing = (
            "no Chromium on this machine: `apt-get install chromium`, or put one on PATH, to run the browser tests"
        )
        if os.environ.get("CI") or os.environ.get("LINKYARD_REQUIRE_BROWSER"):
            pytest.fail(missing)
        pytest.skip(missing)
    quiet = ("background-networking", "component-update", "sync", "quic", "extensions", "default-apps")
    flags = ["--no-sandbox", "--no-first-run", *(f"--disable-{name}" for name in quiet)]
    return {**browser_type_launch_args, "executable_path": found, "args": flags}


@pytest.fixture
def context(context: BrowserContext) -> BrowserContext:
    """A browser of the test's own; what is pressed in it is written down."""
    controls.listen(context)
    return context


@pytest.fixture
def world(transactional_db: None) -> World:
    """Committed rows, so that the server's threads see them."""
    return make_world()


@pytest.fixture
def visit(page: Page, live_server, world: World) -> Callable[[User, str], Page]:
    """Open an address as somebody; failing requests and script errors fail the test that caused them."""
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "console", lambda message: faults.append(message.text) if "Content Security Policy" in message.text else None
    )

    def open_as(user: User, path: str) -> Page:
        client = Client()
        client.force_login(user)
        page.context.clear_cookies()
        cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
        page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
        page.goto(live_server.url + path)
        return page

    yield open_as
    assert faults == []


@pytest.fixture
def demo(transactional_db: None) -> Words:
    """The words for the addresses of the demo's things, which a process makes once and puts in again for each test."""
    words, rows = _first_demo()
    put_in(rows)
    return deepcopy(words)


@cache
def _first_demo() -> tuple[Words, Rows]:
    story.load()
    run = Run.objects.filter(project__name="detector").latest("pk")
    logged = {"project": "detector", "collection": "yolo-street", "reference": "v7", "run": run.name}
    ada, team = User.objects.get(name="ada"), Entity.objects.get(name="acme-vision")
    integrations.set_secret(team, ELSE["secret"], "t", acting_user=ada)
    numbers = {
        "account-key-revoke": people.create_api_key(ada, acting_user=None)[0].pk,
        "team-integration-delete": factories.webhook(team, user=ada).pk,
        "automation-delete": Automation.objects.get().pk,
        "search-rename": SavedSearch.objects.get().pk,
        "search-delete": SavedSearch.objects.get().pk,
        "project-automation-delete": factories.automation(run.project, user=ada).pk,
    }
    logged |= {name: str(number) for name, number in numbers.items()}
    words = {
        "logged": {**ELSE, **logged},
        "registry": {"registry": "model", "collection": "detectors", "reference": "v4"},
    }
    return words, taken_out()


@pytest.fixture
def visitor(page: Page, live_server: Any, demo: Words) -> Client:
    """An administrator of the organization, logged in on the page too; what its scripts complain of fails the test."""
    client = Client()
    client.force_login(User.objects.get(name="ada"))
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    page.set_viewport_size(DESK)
    page.emulate_media(reduced_motion="reduce", color_scheme="light")
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
    page.on("console", lambda said: complaints.append(f"{page.url}: {said.text}") if said.type == "error" else None)
    yield client
    assert complaints == []
