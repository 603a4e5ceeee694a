"""Registries, collections and versions searched through the client: every key, operators, order, pages and what is hidden."""

from dataclasses import dataclass

import pytest

from artifacts.actions import aliases_and_tags, organizations, people
from artifacts.actions.collections import describe_collection
from artifacts.models import Project
from registry.actions.link import link_by_name
from registry.actions.registries import create_registry
from tests import factories
from tests.client.conftest import Client
from tests.client.refusals import refusals, together
from tests.conftest import World

pytestmark = pytest.mark.client


@dataclass
class Filled:
    """Two more registries, and what `world.model` and `gold` hold."""

    gold: Project
    secret: Project


@pytest.fixture
def filled(world: World) -> Filled:
    """detectors v0 to v2 and best:v0 (the third version) in model, gold/champions:v0, and secret/hidden:v0, which only bob sees."""
    gold = create_registry(world.organization, "gold", description="The best", acting_user=world.bob).project
    secret = create_registry(world.organization, "secret", visibility="restricted", acting_user=world.bob).project
    project = factories.project(world.team, user=world.bob)
    for number in range(3):
        metadata = {"acc": number / 10, "nest": {"labels": ["cat", "dog"][:number]}, "name": f"net-{number}"}
        files = {"model.bin": 1000 * (3 - number)}
        version = factories.version(project, user=world.bob, files=files, metadata=metadata)
        link = link_by_name(version, world.model, "detectors", aliases=[f"x{number}"], acting_user=world.bob)
        if number == 0:
            aliases_and_tags.tag_version(version, ["even", "old"], acting_user=world.bob)
            aliases_and_tags.tag_collection(link.collection, ["vision", "small"], acting_user=world.bob)
            describe_collection(link.collection, "Finds things", acting_user=world.bob)
            link_by_name(version, gold, "champions", aliases=["x0"], acting_user=world.bob)
    link_by_name(version, world.model, "best", acting_user=world.bob)
    link_by_name(version, secret, "hidden", acting_user=world.bob)
    return Filled(gold, secret)


ASK = """
api = wandb.Api()
def registries(**wanted):
    return [row.name for row in api.registries(**wanted)]
def collections(registries=None, **wanted):
    return [row.name for row in (registries or api.registries()).collections(**wanted)]
def versions(wanted=None, registries=None, collections=None, **more):
    found = api.registries(filter=registries)
    return sorted(row.name for row in (found.collections(filter=collections) if collections else found).versions(wanted, **more))
"""

COLLECTIONS = """
say(collections(order="name"), collections(order="-name", per_page=1), len(api.registries().collections()))
number = next(api.registry("gold").collections()).id
for wanted in (
    {"name": "best"}, {"name": {"$regex": "s$"}}, {"tag": "vision"}, {"tag": {"$all": ["vision", "small"]}},
    {"tag": {"$size": 0}}, {"tag": {"$in": ["small", "x"]}}, {"tag": {"$exists": False}, "name": {"$lt": "c"}},
    {"description": {"$contains": "things"}}, {"created_at": {"$gte": "2020-01-01"}}, {"updated_at": {"$lt": "2020-01-01"}},
    {"id": number}, {"artifact_collection_id": {"$ne": number}}, {"collection_id": {"$in": [number]}},
):
    say(collections(filter=wanted, order="name"))
say(collections(api.registries(filter={"name": "gold"})), collections(api.registries(order="-name"), order="name"))
one = api.registry("model").collections(order="name", per_page=1)
say(len(one), next(one).name, [row.name for row in api.registry("model").collections(order="name", start=one.cursor)])
"""


def test_registries_and_collections_by_every_key_in_every_order(client: Client, world: World, filled: Filled) -> None:
    said = client.run(
        ASK
        + f"""
say(registries(order="name"), registries(order="-name", per_page=1), registries(order="+created_at")[-1])
for wanted in (
    {{"name": "gold"}}, {{"name": {{"$in": ["gold", "model", "nope"]}}}}, {{"name": {{"$nin": ["gold"]}}}},
    {{"name": {{"$regex": "^wandb-registry-[dg]"}}}}, {{"name": {{"$contains": "mod"}}}}, {{"name": {{"$gte": "gold"}}}},
    {{"$or": [{{"name": "gold"}}, {{"description": {{"$contains": "Models"}}}}]}}, {{"$nor": [{{"name": "gold"}}]}},
    {{"id": {filled.gold.pk}}}, {{"entity_id": {filled.gold.entity_id}}}, {{"entity_id": 0}},
    {{"description": {{"$regex": "best$"}}}}, {{"created_at": {{"$gt": "2020-01-31"}}}}, {{"updated_at": {{"$lt": "2020-01-31 10:00:00"}}}},
    {{"$and": [{{"name": {{"$not": {{"$regex": "gold"}}}}}}, {{"description": {{"$exists": True}}}}]}},
):
    say(registries(filter=wanted, order="name"))
pages = api.registries(order="name", per_page=2)
say([next(pages).name, next(pages).name], pages.length)
say([row.name for row in wandb.Api().registries(order="name", per_page=2, start=pages.cursor)])
"""
        + COLLECTIONS,
        user="carol",
    )
    assert said[:3] == [["dataset", "gold", "model"], ["model", "gold", "dataset"], "gold"]
    found = [
        ["gold"], ["gold", "model"], ["dataset", "model"], ["dataset", "gold"], ["model"], ["gold", "model"],
        ["gold", "model"], ["dataset", "model"],
        ["gold"], ["dataset", "gold", "model"], [], ["gold"], ["dataset", "gold", "model"], [], ["dataset", "model"],
    ]  # fmt: skip
    assert said[3:18] == found
    assert said[18:21] == [["dataset", "gold"], 2, ["model"]]
    said = said[21:]
    everything = ["best", "champions", "detectors"]
    assert said[:3] == [everything, everything[::-1], 3]
    assert said[3:16] == [
        ["best"], ["champions", "detectors"], ["detectors"], ["detectors"],
        ["best", "champions"], ["detectors"], ["best"],
        ["detectors"], everything, [],
        ["champions"], ["best", "detectors"], ["champions"],
    ]  # fmt: skip
    assert said[16:] == [["champions"], ["best", "detectors", "champions"], 2, "best", ["detectors"]]


ORDERED = """
def ordered(order, **more):
    return [row.name for row in api.registries().versions(order=order, **more)]
say(ordered("-linked_at"), ordered("acm_created_at", per_page=2), ordered("artifact_size", per_page=1))
say(ordered("-created_at", filter={"version": {"$gt": 0}}), ordered("-artifact_size", filter={"tag": "even"}))
pages = api.registry("model").versions(order="+artifact_size", per_page=3)
say([next(pages).name for _ in range(3)], pages.length)
rest = wandb.Api().registry("model").versions(order="+artifact_size", per_page=3, start=pages.cursor)
say([row.name for row in rest])
say([row.name for row in api.registries(order="name").collections(order="-name").versions(order="artifact_size")])
say([row.name for row in api.registry("model").collections(order="name").versions(filter={"alias": "latest"})])
say(next(api.registry("gold").versions()).source_project)
api = api_of("bob")
say(versions({"version": "v0"}), collections(order="name"))
"""


def test_versions_by_every_key_operator_and_order_and_hidden_ones_leave_no_hole(
    client: Client, world: World, filled: Filled
) -> None:
    said = together(
        client,
        ASK
        + f"""
say(versions(), versions(per_page=1) == versions())
first = api.artifact("wandb-registry-model/detectors:v0").id
for wanted in (
    {{"version": "v1"}}, {{"version_index": {{"$gte": 1}}}}, {{"tag": "even"}}, {{"tags": {{"$all": ["even", "old"], "$size": 2}}}},
    {{"alias": "x1"}}, {{"aliases": {{"$in": ["x1", "x2"]}}}}, {{"alias": {{"$regex": "^x[01]$"}}}}, {{"alias": {{"$exists": False}}}},
    {{"metadata.acc": {{"$gt": 0.05, "$lte": 0.1}}}}, {{"metadata.nest.labels": {{"$all": ["cat"]}}}},
    {{"metadata.nest.labels": {{"$size": 0}}}}, {{"metadata.name": {{"$regex": "net-[01]"}}}}, {{"metadata.name": {{"$contains": "-2"}}}},
    {{"id": first}}, {{"artifact_id": {{"$nin": [first]}}}}, {{"created_at": {{"$gt": "2020-01-01"}}, "artifact_size": {{"$lt": 2000}}}},
    {{"linked_at": {{"$lt": "2020-01-01"}}}}, {{"$or": [{{"alias": "x1"}}, {{"tag": "even"}}]}},
    {{"$not": {{"$or": [{{"alias": "x1"}}, {{"tag": {{"$ne": "even"}}}}]}}}}, {{"$nor": [{{"version": 0}}, {{"version": 2}}]}},
):
    say(versions(wanted))
say(versions(registries={{"name": "gold"}}), versions(registries={{"id": {world.model.pk}}}, collections={{"name": "best"}}))
say(versions({{"alias": "x0"}}, collections={{"tag": {{"$size": 2}}}}), versions(collections={{"name": {{"$regex": "^de"}}}}))
"""
        + ORDERED,
        user="carol",
    )
    d0, d1, d2, best, champion = "detectors:v0", "detectors:v1", "detectors:v2", "best:v0", "champions:v0"
    assert said[:2] == [[best, champion, d0, d1, d2], True]
    assert said[2:22] == [
        [d1], [d1, d2], [champion, d0], [champion, d0],
        [d1], [d1, d2], [champion, d0, d1], [],
        [d1], [best, d1, d2],
        [champion, d0], [champion, d0, d1], [best, d2],
        [champion, d0], [best, d1, d2], [best, d2],
        [], [champion, d0, d1],
        [champion, d0], [d1],
    ]  # fmt: skip
    assert said[22:26] == [[champion], [best], [d0], [d0, d1, d2]]
    said = said[26:]
    newest = [best, d2, d1, champion, d0]
    assert said[:3] == [newest, newest[::-1], [d2, best, d1, d0, champion]]
    assert said[3:5] == [[d2, d1], [champion, d0]]
    assert said[5:8] == [[d2, best, d1], 3, [d0]]
    assert said[8:10] == [[champion, d2, d1, d0, best], [best, d2]]
    assert said[10] == "detector"
    # bob sees the registry that carol doesn't.
    assert said[11:] == [[best, champion, d0, "hidden:v0"], ["best", "champions", "detectors", "hidden"]]


def test_what_is_no_filter_order_or_cursor(client: Client, world: World, filled: Filled) -> None:
    told = refusals(
        client,
        [
            'next(api.registries(filter={"owner": "bob"}))',
            'next(api.registries().collections(filter={"type": "model"}))',
            'next(api.registries().versions(filter={"digest": "x"}))',
            'next(api.registries().versions(filter={"created_at": {"$gt": "2020"}, "artifact_created_at": "x"}))',
            'api.registries(order="owner")',
            'api.registries().versions(order="name")',
            'api.registries(order="name").versions(start="x")',
            'next(api.registries().versions(filter={"version": {"$near": 1}}))',
            'next(api.registries().versions(filter={"metadata.acc": {"$in": 1}}))',
            'next(api.registries(filter={"name": {"$regex": "("}}))',
            'next(api.registries().versions(filter={"created_at": "yesterday"}))',
            'next(api.registries(start="x"))',
        ],
    )
    parts = [
        "Invalid filter fields: 'owner'; must be one of", "Invalid filter fields: 'type'", "Invalid filter fields: 'digest'",
        "Duplicate fields: 'artifact_created_at'", "Invalid order field 'owner'", "Invalid order field 'name'",
        "start='x' is not supported", "The operator “$near” doesn't exist for this field", "take a list of values",
        "no regular expression that RE2 understands", "compared with a moment", "not one of this list",
    ]  # fmt: skip
    assert [part for one, part in zip(told, parts, strict=True) if part not in one.text] == []
    assert [one.kind for one in told] == [
        *["ValidationError"] * 6, "ValueError", *["WandbApiFailedError"] * 5
    ]  # fmt: skip


def test_whose_organization_is_meant(client: Client, world: World, filled: Filled) -> None:
    """Nobody's, one, and several organizations of a person; and that of strangers."""
    eve = people.create_user("eve", acting_user=None)
    several = people.create_user("several", acting_user=None)
    for organization in (world.organization, world.elsewhere):
        organizations.add_member(organization, several, "viewer", acting_user=None)
    made = {user.name: people.create_api_key(user, acting_user=None)[1] for user in (eve, several)}
    everybody = Client(client.url, client.place, {**client.keys, **made}, client.forked, number=100)
    acts = [
        '{}.registry("model")',
        "{}.registries()",
        "{}.organization()",
        '{}.create_registry("x", visibility="organization")',
        '{}.artifact("wandb-registry-model/detectors:v0")',
    ]
    outside = [
        'mallory.registry("model", organization="Acme Corp")',
        'next(mallory.registries(organization="Acme Corp"))',
        'next(mallory.registries(organization="Acme Corp").versions())',
        'next(mallory.registries(organization="No Such"))',
        'mallory.artifact("Acme Corp/wandb-registry-model/best")',
    ]
    told = refusals(
        everybody,
        [*(act.format("eve") for act in acts), *(act.format("several") for act in acts), *outside],
        before='eve, several, mallory = map(api_of, ("eve", "several", "mallory"))',
    )
    texts = [one.text for one in told]
    none = ("Unable to find organization for entity 'eve'", "No organizations found for entity.")
    assert [text for text in texts[:5] if not text.startswith(none)] == []
    many = ("Personal entity 'several' belongs to multiple organizations", "Multiple organizations found for entity.")
    assert [text for text in texts[5:10] if not text.startswith(many)] == []
    assert texts[10] == "Organization 'Acme Corp' not found."
    for text, name in zip(texts[11:14], ("Acme Corp", "Acme Corp", "No Such"), strict=True):
        assert f"Organization “{name}” not found; check its name" in text
    assert texts[14] == "Unable to find organization for entity 'strangers'."
    # carol has no team that she logs to, so that her own entity stands for her one organization; who has several names one.
    said = together(
        everybody,
        """
        carol, several = api_of("carol"), api_of("several")
        say(carol.default_entity, carol.organization().name, carol.registry("model").organization)
        say(several.registry("gold", organization="acme-corp").name, several.artifact("Acme Corp/wandb-registry-model/best").name)
        """,
    )
    assert said == ["carol", "Acme Corp", "Acme Corp", "gold", "best:v0"]
