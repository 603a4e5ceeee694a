"""People who are logged in, in a real Chromium, against a real server."""

from collections.abc import Callable

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page

from artifacts.models import User
from tests.conftest import World, make_world


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
