"""Names are listed as people count on every page that sorts by them, over page ends too; whoever names a thing orders it."""

import importlib

from django.apps import apps
from django.test import Client

from artifacts.actions.collections import find_or_create_collection, rename_collection
from artifacts.models import Collection, Project
from artifacts.naming import natural_key
from registry.actions import registries, settings
from registry.actions.link import link_by_name
from tests import factories
from tests.conftest import World

COUNT = 56  # more than a page of any list
NATURAL = [f"m{number}" for number in range(1, COUNT + 1)]
SHUFFLED = sorted(NATURAL)
HOME = "/orgs/Acme Corp/registry"


def test_the_collections_of_a_registry(client: Client, world: World) -> None:
    version = factories.version(factories.project(world.team, user=world.bob), user=world.bob)
    for name in SHUFFLED[:-1]:
        factories.portfolio(world.model, name, user=world.bob)
    link_by_name(version, world.model, SHUFFLED[-1], acting_user=world.bob)  # made on the way
    client.force_login(world.bob)

    def listed(sort: str) -> list[str]:
        found, path = [], f"?sort={sort}"
        while path:
            context = client.get(f"{HOME}/model{path}").context
            found += [row.collection.name for row in context["rows"]]
            path = context["collections"].older
        return found

    assert listed("name") == NATURAL
    assert listed("-name") == NATURAL[::-1]
    context = client.get(f"{HOME}/model").context
    second = client.get(f"{HOME}/model{context['collections'].older}").context
    assert [
        row.name for row in client.get(f"{HOME}/model{second['collections'].newer}").context["collections"].rows
    ] == NATURAL[:50]
    rename_collection(Collection.objects.get(project=world.model, name="m2"), "m100", acting_user=world.bob)
    assert listed("name") == [*(name for name in NATURAL if name != "m2"), "m100"]


def test_the_cards_of_the_home_page(client: Client, world: World) -> None:
    for name in ("zoo 10", "zoo 9", "Zoo 1"):
        registries.create_registry(world.organization, name, acting_user=world.bob)
    client.force_login(world.bob)
    names = [row.project.title for row in client.get(HOME).context["custom"].rows]
    assert names == ["Zoo 1", "zoo 9", "zoo 10"]
    settings.rename_registry(Project.objects.get(name="wandb-registry-Zoo 1"), "zoo 11", acting_user=world.bob)
    names = [row.project.title for row in client.get(HOME).context["custom"].rows]
    assert names == ["zoo 9", "zoo 10", "zoo 11"]


def test_the_tree_and_the_tables_of_the_artifact_browser(client: Client, world: World) -> None:
    project = factories.project(world.team, user=world.bob)
    for name in SHUFFLED:
        find_or_create_collection(project, Collection.Kind.SEQUENCE, "model", name, acting_user=world.bob)
    client.force_login(world.bob)
    browser = "/vision/detector/artifacts"
    for address, words in ((browser, ""), (f"{browser}/model", ""), (browser, "?find=m")):
        first = client.get(address + words).context
        rows = [row.name for row, _, _ in first["rows"]]
        assert rows == NATURAL[:50]
        assert [row.name for row, _, _ in client.get(first["more"]).context["rows"]] == NATURAL[50:]
        assert [leaf.collection.name for leaf in first["branches"][0].leaves] == NATURAL[:40]
        further = first["search"].more_url if words else first["branches"][0].more_url
        tree = client.get(address + further if words else further).context["branches"][0]
        assert [leaf.collection.name for leaf in tree.leaves] == NATURAL[40:]


def test_the_projects_of_a_team(client: Client, world: World) -> None:
    for name in SHUFFLED:
        factories.project(world.team, name, user=world.bob)
    client.force_login(world.bob)
    first = client.get("/vision").context
    assert [row["project"].name for row in first["rows"]] == NATURAL[:50]
    rest = client.get(f"/vision{first['older']}").context["rows"]
    assert [row["project"].name for row in rest] == NATURAL[50:]


def test_the_choices_of_the_dialogs_for_linking(client: Client, world: World) -> None:
    project = factories.project(world.team, user=world.bob)
    for name in ("m10", "m9"):
        version = factories.version(project, name, user=world.bob)
        factories.portfolio(world.model, name, user=world.bob)
    client.force_login(world.bob)
    page = client.get(f"/vision/detector/artifacts/-/link/m10/{version.name}").content.decode()
    assert page.index(">m9</option>") < page.index(">m10</option>")
    asked = {"team": "vision", "project": "detector"}
    page = client.get(f"{HOME}/model/m9/-/link", asked).content.decode()
    assert page.index(">m9</option>") < page.index(">m10</option>")


def test_what_was_there_before_the_column_is_ordered_by_the_migration(world: World) -> None:
    for name in ("m10", "m2"):
        factories.portfolio(world.model, name, user=world.bob)
    for model in (Collection, Project):
        model.objects.update(natural_key="")
    importlib.import_module("artifacts.migrations.0008_natural_names").fill(apps, None)
    for model in (Collection, Project):
        rows = list(model.objects.all())
        assert rows
        assert all(row.natural_key == natural_key(row.name_key) for row in rows)
