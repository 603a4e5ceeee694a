"""Reading and linking in a browser that runs no script at all."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from artifacts.models import Membership
from registry.actions.link import link_by_name
from tests import factories
from tests.conftest import World

TABS = {
    "": "Full Name",
    "/metadata": "classes",
    "/usage": "use_artifact",
    "/files": "model.bin",
    "/lineage": "sunny-sky-1",
}


@pytest.fixture
def plain(browser: Browser, live_server: Any, world: World) -> Iterator[Page]:
    """A page of Bob's without scripts, relative to the server."""
    client = Client()
    client.force_login(world.bob)
    context = browser.new_context(java_script_enabled=False, base_url=live_server.url)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    yield context.new_page()
    context.close()


def test_versions_are_linked_both_ways_and_read(plain: Page, world: World) -> None:
    source = factories.project(world.team, "detector", user=world.bob)
    run = factories.run(source, user=world.bob, summary={"val_acc": 0.93})
    for _ in range(2):
        factories.version(source, "yolo", user=world.bob, run=run, metadata={"classes": 42})
    factories.portfolio(world.model, "detectors", user=world.bob)

    # In the Registry App: each choice is a step.
    plain.goto("/registry")
    plain.get_by_role("link", name="model", exact=True).first.click()
    plain.get_by_role("row").filter(has_text="detectors").get_by_role("link", name="View details").click()
    plain.get_by_role("link", name="Link new version").first.click()
    for label, choice in (("Team", "vision"), ("Project", "detector"), ("Artifact", "yolo")):
        if plain.get_by_label(label, exact=True).input_value() != choice:
            plain.get_by_label(label, exact=True).select_option(choice)
            plain.locator("noscript button, button[name=step]").locator("visible=true").first.click()
    plain.get_by_label("Version", exact=True).select_option("v0")
    plain.get_by_role("button", name="Link version").click()
    expect(plain.get_by_role("row").filter(has_text="v0").first).to_contain_text("yolo:v0")

    # In the artifact browser: a collection, then aliases.
    plain.goto("/vision/detector/artifacts/model/yolo/v1")
    plain.get_by_role("link", name="Link to registry").first.click()
    choose = plain.get_by_label("Select a register model")
    choose.select_option(label=choose.locator("option", has_text="detectors").first.inner_text())
    plain.get_by_role("button", name="Next step").click()
    plain.get_by_label("Aliases", exact=False).last.fill("staging")
    plain.get_by_role("button", name="Link to registry").click()
    assert Membership.objects.get(collection__kind="portfolio", index=1).alias_names == ["latest", "staging"]

    # Every tab, the metrics, the menus and what is folded.
    for tab, shows in TABS.items():
        plain.goto(f"/orgs/Acme%20Corp/registry/model/detectors/v1{tab}")
        expect(plain.locator("main")).to_contain_text(shows)
    plain.goto("/orgs/Acme%20Corp/registry/model/detectors")
    plain.get_by_role("button", name="Show metrics").click()
    expect(plain.get_by_role("columnheader", name="val_acc")).to_be_visible()
    for name in ("v0", "v1"):
        plain.get_by_label(f"Select {name}").check()
    plain.get_by_role("button", name="Compare").click()
    expect(plain.get_by_role("heading", name="Compare versions")).to_be_visible()
    plain.goto("/search?q=det")
    expect(plain.locator("main")).to_contain_text("detectors")


def test_aliases_move_and_links_end(plain: Page, world: World) -> None:
    source = factories.project(world.team, "detector", user=world.bob)
    for _ in range(2):
        link = link_by_name(
            factories.version(source, "yolo", user=world.bob), world.model, "detectors", acting_user=world.bob
        )
    plain.goto("/orgs/Acme%20Corp/registry/model/detectors/v0")
    plain.get_by_role("button", name="Add alias").click()
    plain.get_by_label("New alias").fill("best")
    plain.get_by_role("button", name="Add", exact=True).click()
    assert Membership.objects.get(collection=link.collection, index=0).alias_names == ["best"]
    plain.goto("/orgs/Acme%20Corp/registry/model/detectors/v1/-/unlink")
    plain.get_by_role("button", name="Unlink").click()
    assert not Membership.objects.live().filter(collection=link.collection, index=1).exists()
