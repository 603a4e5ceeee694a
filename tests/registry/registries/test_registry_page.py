"""One registry: code, collections, history, members, settings, creating and deleting collections."""

import html

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from artifacts.actions import aliases_and_tags, organizations
from artifacts.models import Alias, Collection, CollectionTag, Membership, ProjectMember
from registry.actions import registries
from registry.actions.deprecation import deprecate
from registry.actions.link import link_by_name
from registry.models import Registry
from tests import factories
from tests.conftest import World

REGISTRY = "/orgs/Acme Corp/registry/model"


def shown(client: Client, path: str, **headers: str) -> str:
    response = client.get(path, headers=headers)
    assert response.status_code == 200
    return response.content.decode()


def linked(world: World, name: str, count: int = 1, **options: object) -> None:
    source = factories.project(world.team, "detector", user=world.bob)
    for _ in range(count):
        version = factories.version(source, "yolo", user=world.bob)
        link_by_name(version, world.model, name, acting_user=world.bob, **options)


def rows(client: Client, query: str = "") -> list[str]:
    return [row.collection.name for row in client.get(REGISTRY + query).context["rows"]]


def test_the_generated_code_has_the_visitors_team_and_the_whole_path(client: Client, world: World) -> None:
    client.force_login(world.bob)
    code = client.get(REGISTRY).context["code"]
    assert 'target_path="acme-corp/wandb-registry-model/<COLLECTION_NAME>"' in code
    assert 'entity="vision"' in code
    assert 'type="model"' in code
    compile(code, "snippet", "exec")


def test_code_survives_a_registry_whose_name_has_quotes(client: Client, world: World) -> None:
    registries.create_registry(world.organization, 'The "best"', acting_user=world.bob)
    client.force_login(world.bob)
    code = client.get('/orgs/Acme Corp/registry/The "best"').context["code"]
    compile(code, "snippet", "exec")


def test_a_row_shows_what_the_collection_holds_and_offers(client: Client, world: World) -> None:
    registries.protect_alias(world.model, "production", acting_user=world.alice)
    linked(world, "detectors", 2)
    membership = Collection.objects.get(name="detectors").memberships.get(index=1)
    aliases_and_tags.add_aliases(membership, ["production", "staging"], acting_user=world.alice)
    aliases_and_tags.tag_collection(membership.collection, ["night"], acting_user=world.bob)
    client.force_login(world.bob)
    page = shown(client, REGISTRY)
    for words in ("View details", 'aria-label="Actions"', "Link new version", "Copy path", "Delete collection…"):
        assert words in page
    assert "protected alias </span> production" in page
    assert "staging" in page
    assert ">v1</a>" in page
    assert 'data-copy="wandb-registry-model/detectors"' in page


def test_an_open_row_lists_the_newest_five(client: Client, world: World) -> None:
    linked(world, "detectors", 7)
    client.force_login(world.carol)
    page = shown(client, f"{REGISTRY}?open=detectors", HX_Request="true")
    assert page.lstrip().startswith('<div id="collection-rows"')
    assert "Newest versions of detectors" in page
    assert [f">v{n}</a>" in page for n in range(7)] == [False, False, True, True, True, True, True]


def test_collections_are_filtered_and_sorted(client: Client, world: World) -> None:
    linked(world, "detectors", 2)
    linked(world, "diarizer", 1, aliases=["staging"])
    factories.portfolio(world.model, "100%_sure", user=world.bob)
    aliases_and_tags.tag_collection(Collection.objects.get(name="diarizer"), ["speech"], acting_user=world.bob)
    aliases_and_tags.tag_version(
        Collection.objects.get(name="detectors").memberships.first().version, ["int8"], acting_user=world.bob
    )
    client.force_login(world.bob)
    assert rows(client) == ["100%_sure", "detectors", "diarizer"]
    assert rows(client, "?sort=-name") == ["diarizer", "detectors", "100%_sure"]
    assert rows(client, "?sort=-versions")[0] == "detectors"
    assert rows(client, "?q=DET") == ["detectors"]
    assert rows(client, "?q=%25_") == ["100%_sure"]
    assert rows(client, "?q=%25%25") == []
    assert rows(client, "?tag=speech") == ["diarizer"]
    assert rows(client, "?tag=int8") == ["detectors"]
    assert rows(client, "?alias=staging") == ["diarizer"]
    assert rows(client, "?type=dataset") == []
    assert "Clear the filter" in shown(client, f"{REGISTRY}?q=zzz")


@pytest.mark.parametrize("sort", ["name", "-name", "linked", "-linked", "versions", "-versions"])
def test_every_order_pages_through_all_collections(client: Client, world: World, sort: str) -> None:
    for number in range(120):
        factories.portfolio(world.model, f"c{number:03}", user=world.bob)
    client.force_login(world.bob)
    seen, path = [], f"?sort={sort}"
    while path:
        response = client.get(REGISTRY + path)
        seen += [row.collection.name for row in response.context["rows"]]
        path = response.context["collections"].older
    assert sorted(seen) == [f"c{number:03}" for number in range(120)]


def test_another_spelling_leads_to_the_name(client: Client, world: World) -> None:
    client.force_login(world.bob)
    for name in ("Model", "wandb-registry-model"):
        assert client.get(f"/orgs/acme-corp/registry/{name}")["Location"] == "/orgs/Acme%20Corp/registry/model"


def test_what_the_client_prints_leads_to_the_version(client: Client, world: World) -> None:
    linked(world, "detectors")
    client.force_login(world.bob)
    query = "?selectionPath=acme-corp%2Fwandb-registry-model%2Fdetectors&view=membership&version=v0"
    expected = "/orgs/Acme%20Corp/registry/model/detectors/v0"
    assert client.get(REGISTRY + query)["Location"] == expected
    assert client.get(f"/acme-corp/registry/model{query}")["Location"] == expected
    own = "?selectionPath=vision%2Fdetector%2Fyolo&view=membership&version=v0"
    assert client.get(f"/vision/registry/model{own}")["Location"] == "/vision/detector/artifacts/model/yolo/v0"
    client.force_login(world.mallory)
    assert client.get(f"/acme-corp/registry/model{query}").status_code == 404
    assert client.get("/acme-corp/registry/model").status_code == 404


def test_an_empty_collection_is_made_and_shows_its_target_path(client: Client, world: World) -> None:
    client.force_login(world.bob)
    given = {"name": "raw_images", "type": "model", "description": "*new*", "tags": "night, day"}
    response = client.post(f"{REGISTRY}/-/new-collection", given)
    assert response["Location"] == "/orgs/Acme%20Corp/registry/model/raw_images"
    page = html.unescape(shown(client, response["Location"]))
    assert "link_artifact" in page
    assert 'target_path="acme-corp/wandb-registry-model/raw_images"' in client.get(response["Location"]).context["code"]
    made = Collection.objects.get(name="raw_images")
    assert sorted(made.tags.values_list("name", flat=True)) == ["day", "night"]


def test_a_collection_that_cannot_be_made_says_why(client: Client, world: World) -> None:
    factories.portfolio(world.model, "taken", user=world.bob)
    client.force_login(world.bob)
    for given, words in (
        ({"name": "taken"}, "A collection named “taken” exists"),
        ({"name": "a/b"}, "contains “/”"),
        ({"type": "dataset"}, "not one of the available choices"),
        ({"tags": "a/b"}, "Invalid tag"),
    ):
        response = client.post(f"{REGISTRY}/-/new-collection", {"name": "fine", "type": "model", **given})
        assert response.status_code == 422
        assert words in response.content.decode()
    assert Collection.objects.count() == 1


def test_a_registry_of_all_types_takes_any_type(client: Client, world: World) -> None:
    registries.create_registry(world.organization, "Sandbox", acting_user=world.bob)
    client.force_login(world.bob)
    client.post("/orgs/Acme Corp/registry/Sandbox/-/new-collection", {"name": "x", "type": "engine"})
    assert Collection.objects.get(name="x").type == "engine"


def test_a_collection_is_deleted_after_a_question(client: Client, world: World) -> None:
    linked(world, "detectors")
    client.force_login(world.bob)
    address = f"{REGISTRY}/detectors/-/delete"
    assert "Delete collection detectors?" in shown(client, address)
    assert client.post(address)["Location"] == "/orgs/Acme%20Corp/registry/model"
    assert not Collection.objects.filter(name="detectors").exists()
    assert Registry.objects.get(project=world.model).version_count == 0


def test_a_protected_alias_keeps_the_collection_from_members(client: Client, world: World) -> None:
    linked(world, "detectors", aliases=["production"])
    registries.protect_alias(world.model, "production", acting_user=world.alice)
    client.force_login(world.bob)
    response = client.post(f"{REGISTRY}/detectors/-/delete", headers={"HX-Request": "true"})
    assert response.status_code == 422
    assert "It was not deleted." in response.content.decode()
    assert Collection.objects.filter(name="detectors").exists()


def test_history_and_members_say_who_did_and_may(client: Client, world: World) -> None:
    linked(world, "detectors")
    others = organizations.create_team(
        "speech", world.organization, members=[(world.carol, "viewer")], acting_user=None
    )
    ProjectMember.objects.create(project=world.model, team=others, role="member")
    client.force_login(world.carol)
    history = shown(client, f"{REGISTRY}/-/history")
    assert "detectors:v0" in history
    assert "from vision/detector/yolo:v0" in history
    members = {row.user.name: row for row in client.get(f"{REGISTRY}/-/members").context["rows"]}
    assert {name: str(row.effective) for name, row in members.items()} == {
        "alice": "admin",
        "bob": "member",
        "carol": "member",
    }
    assert members["carol"].through == "speech"


def test_a_restricted_registrys_members_are_those_who_were_added(client: Client, world: World) -> None:
    registries.create_registry(world.organization, "Secret", visibility="restricted", acting_user=world.bob)
    client.force_login(world.bob)
    found = client.get("/orgs/Acme Corp/registry/Secret/-/members").context["rows"]
    assert [(row.user.name, str(row.effective)) for row in found] == [("alice", "admin"), ("bob", "admin")]


def test_administrators_add_types_and_protect_aliases(client: Client, world: World) -> None:
    linked(world, "detectors", aliases=["production"])
    client.force_login(world.alice)
    settings = f"{REGISTRY}/-/settings"
    assert client.post(f"{settings}/types", {"types": "engine, model"}).status_code == 302
    assert Registry.objects.get(project=world.model).type_names == ["engine", "model"]
    assert client.post(f"{settings}/types", {"types": "a/b"}).status_code == 422
    assert client.post(f"{settings}/aliases", {"alias": "production"}).status_code == 302
    assert "Held by 1 version " in shown(client, settings)
    assert client.post(f"{settings}/aliases", {"alias": "v3"}).status_code == 422
    assert client.post(f"{settings}/aliases/remove", {"alias": "production"}).status_code == 302
    assert not world.model.protected_aliases.exists()


def test_the_filter_finds_tags_and_versions_are_sorted_as_numbers(client: Client, world: World) -> None:
    linked(world, "detectors", 10)
    linked(world, "diarizer", 2)
    aliases_and_tags.tag_collection(Collection.objects.get(name="diarizer"), ["speech to text"], acting_user=world.bob)
    client.force_login(world.bob)
    assert rows(client, "?q=SPEECH") == ["diarizer"]
    assert rows(client, "?q=d") == ["detectors", "diarizer"]
    assert rows(client, "?sort=-versions") == ["detectors", "diarizer"]
    assert rows(client, "?sort=versions") == ["diarizer", "detectors"]


def test_a_row_opens_in_its_place_and_keeps_what_the_address_says(client: Client, world: World) -> None:
    linked(world, "detectors")
    client.force_login(world.bob)
    page = html.unescape(shown(client, f"{REGISTRY}?sort=-linked&q=det"))
    assert 'hx-get="/orgs/Acme Corp/registry/model?sort=-linked&q=det&open=detectors"' in page
    assert 'hx-replace-url="true" aria-expanded="false"' in page
    opened = html.unescape(shown(client, f"{REGISTRY}?sort=-linked&q=det&open=detectors"))
    assert 'hx-get="/orgs/Acme Corp/registry/model?sort=-linked&q=det"' in opened
    assert 'aria-expanded="true"' in opened


def test_a_deprecated_version_is_marked_in_the_row_and_below_it(client: Client, world: World) -> None:
    linked(world, "detectors", 2)
    membership = Collection.objects.get(name="detectors").memberships.get(index=1)
    deprecate(membership, "It misses buses.", acting_user=world.bob)
    client.force_login(world.carol)
    mark = '<span class="state deprecated" title="It misses buses.">deprecated</span>'
    assert shown(client, REGISTRY).count(mark) == 1
    assert shown(client, f"{REGISTRY}?open=detectors").count(mark) == 2


def test_the_number_of_queries_is_that_of_two_collections(client: Client, world: World) -> None:
    for name in ("detectors", "diarizer"):
        linked(world, name, 2, aliases=["staging"])
    client.force_login(world.bob)
    for collection in Collection.objects.portfolios():
        aliases_and_tags.tag_collection(collection, ["night"], acting_user=world.bob)
    addresses = [REGISTRY, f"{REGISTRY}?open=detectors", f"{REGISTRY}?sort=-linked&q=ni&tag=night"]

    def count(address: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            shown(client, address)
        return len(asked)

    shown(client, REGISTRY)
    few = [count(address) for address in addresses]
    version = world.team.projects.get(name="detector").collections.get(name="yolo").memberships.get(index=0).version
    names = [f"x{number:03}" for number in range(200)]
    made = Collection.objects.bulk_create(
        Collection(
            project=world.model, kind="portfolio", type="model", name=name, name_key=name, version_count=1, next_index=1
        )
        for name in names
    )
    CollectionTag.objects.bulk_create(CollectionTag(collection=collection, name="night") for collection in made)
    links = Membership.objects.bulk_create(
        Membership(collection=collection, version=version, index=0) for collection in made
    )
    Alias.objects.bulk_create(
        Alias(collection=link.collection, membership=link, name=name, name_key=name)
        for link in links
        for name in ("latest", "staging")
    )
    assert [count(address) for address in addresses] == few
    assert max(few) <= 40
