"""An address with a name that was given up leads to where the thing is now, on every page below it."""

import pytest
from django.test import Client

from artifacts import addresses as addresses_of
from artifacts.actions.collections import find_or_create_collection, rename_collection
from artifacts.actions.projects import rename_project
from artifacts.errors import Conflict
from artifacts.models import Collection
from registry.actions.link import link_by_name
from registry.actions.registries import create_collection, create_registry
from registry.actions.settings import rename_registry, save_registry
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


# ---- an old name leads on, and nobody else takes it


def test_who_links_by_the_old_name_of_a_collection_links_to_it(world: World) -> None:
    versions = [factories.version(factories.project(world.team, user=world.bob), user=world.bob) for _ in range(2)]
    collection = link_by_name(versions[0], world.model, "first", aliases=["prod"], acting_user=world.bob).collection
    rename_collection(collection, "second", acting_user=world.alice)
    linked = link_by_name(versions[1], world.model, "First", acting_user=world.bob)
    assert (linked.collection, linked.name) == (collection, "v1")
    assert addresses_of.collection(world.model, "first").pk == collection.pk


def test_who_logs_by_the_old_name_of_a_sequence_logs_into_it(world: World) -> None:
    project = factories.project(world.team, user=world.bob)
    sequence = factories.version(project, "yolo", user=world.bob).sequence
    rename_collection(sequence, "net", acting_user=world.bob)
    found, is_new = find_or_create_collection(project, Collection.Kind.SEQUENCE, "model", "yolo", acting_user=world.bob)
    assert (found, is_new) == (sequence, False)


def test_a_member_takes_no_old_name(world: World) -> None:
    registry = create_registry(world.organization, "Gold", acting_user=world.alice).project
    rename_registry(registry, "Silver", acting_user=world.alice)
    own = create_registry(world.organization, "Own", acting_user=world.bob).project
    kept = "(?i)the name “gold” still leads to “Silver”, which had it"
    with pytest.raises(Conflict, match=kept):
        create_registry(world.organization, "Gold", acting_user=world.bob)
    with pytest.raises(Conflict, match=kept):
        save_registry(world.organization, "gold", acting_user=world.bob)
    with pytest.raises(Conflict, match=kept):
        rename_registry(own, "GOLD", acting_user=world.bob)
    assert addresses_of.registry(world.carol, world.organization, "Gold") == registry

    version = factories.version(factories.project(world.team, user=world.bob), user=world.bob)
    collection = link_by_name(version, world.model, "first", acting_user=world.bob).collection
    other = link_by_name(version, world.model, "other", acting_user=world.bob).collection
    rename_collection(collection, "second", acting_user=world.bob)
    with pytest.raises(Conflict, match="still leads to “second”"):
        create_collection(world.model, "model", "first", acting_user=world.bob)
    with pytest.raises(Conflict, match="still leads to “second”"):
        rename_collection(other, "first", acting_user=world.bob)
    assert addresses_of.collection(world.model, "first").pk == collection.pk


def test_what_a_hidden_registry_is_called_now_is_told_to_nobody(world: World) -> None:
    registry = create_registry(world.organization, "Gold", visibility="restricted", acting_user=world.alice).project
    rename_registry(registry, "Secret", acting_user=world.alice)
    with pytest.raises(Conflict, match="something that you can't see"):
        create_registry(world.organization, "Gold", acting_user=world.bob)


def test_who_manages_the_renamed_thing_may_take_its_old_name_and_it_may_have_it_back(world: World) -> None:
    registry = create_registry(world.organization, "Gold", acting_user=world.bob).project
    rename_registry(registry, "Silver", acting_user=world.bob)
    rename_registry(registry, "Gold", acting_user=world.bob)
    rename_registry(registry, "Silver", acting_user=world.bob)
    second = create_registry(world.organization, "Gold", acting_user=world.alice).project
    assert addresses_of.registry(world.carol, world.organization, "Gold") == second
    version = factories.version(factories.project(world.team, user=world.bob), user=world.bob)
    collection = link_by_name(version, world.model, "first", acting_user=world.bob).collection
    rename_collection(collection, "second", acting_user=world.bob)
    rename_collection(collection, "first", acting_user=world.bob)
    rename_collection(collection, "second", acting_user=world.bob)
    assert create_collection(world.model, "model", "first", acting_user=world.alice).name == "first"
