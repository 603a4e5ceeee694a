"""An address with a name that was given up leads to where the thing is now, on every page below it."""

import pytest
from django.test import Client

from artifacts.actions.collections import rename_collection
from artifacts.actions.projects import rename_project
from registry.actions.link import link_by_name
from registry.actions.registries import create_registry
from registry.actions.settings import rename_registry
from tests import factories
from tests.conftest import World
from tests.page_addresses import addresses

OLD = {"org": "Acme Corp", "registry": "Before", "collection": "first", "reference": "v0"}
LOGGED = {"entity": "vision", "project": "detector", "type": "model", "collection": "yolo", "reference": "v0"}
MORE = {"run": "", "person": "bob", "kind": "user", "number": "1", "secret": "TOKEN"}
QUERIES = {
    "printed-version": ["?selectionPath=acme-corp/wandb-registry-Before/first&view=membership&version=v0"],
    "version-switch": ["?version=v0"],
}


@pytest.mark.django_db
def test_every_address_with_an_old_name_still_leads_to_its_page(world: World) -> None:
    source = factories.project(world.team, "detector", user=world.bob)
    run = factories.run(source, user=world.bob)
    version = factories.version(source, "yolo", user=world.bob, run=run)
    registry = create_registry(world.organization, "Before", acting_user=world.alice).project
    link = link_by_name(version, registry, "first", aliases=["best"], acting_user=world.alice)
    browser = Client()
    browser.force_login(world.alice)
    words = {**LOGGED, **MORE, "run": run.name}
    asked = [
        (name, address)
        for name, address in addresses(words, OLD, QUERIES)
        if "login" not in name and "logout" not in name
    ]
    before = {name: browser.get(address).status_code for name, address in asked}

    rename_registry(registry, "After", acting_user=world.alice)
    rename_collection(link.collection, "second", acting_user=world.alice)
    rename_collection(version.sequence, "net", acting_user=world.alice)
    rename_project(source, "finder", acting_user=world.alice)

    lost = {}
    for name, address in asked:
        answer = browser.get(address, follow=before[name] == 200)
        if before[name] == 200 and answer.status_code != 200:
            lost[name] = answer.status_code
    assert sum(status == 200 for status in before.values()) > 60
    assert lost == {}
    page = browser.get("/orgs/Acme Corp/registry/Before/first/v0/usage", follow=True)
    assert page.redirect_chain[-1][0] == "/orgs/Acme%20Corp/registry/After/second/v0/usage"
    assert "wandb-registry-After/second:v0" in page.content.decode()
    assert (
        browser.get("/vision/detector/artifacts/model/yolo/v0", follow=True)
        .redirect_chain[-1][0]
        .endswith("/vision/finder/artifacts/model/net/v0")
    )
    kept = browser.get("/orgs/Acme Corp/registry/Before/first?q=alias:best&metrics=1", follow=True)
    assert kept.redirect_chain[-1][0] == "/orgs/Acme%20Corp/registry/After/second?q=alias:best&metrics=1"
