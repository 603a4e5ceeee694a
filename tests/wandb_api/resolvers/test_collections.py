"""Collections as the client lists, renames, labels and deletes them."""

import json

import pytest

from artifacts.actions import aliases_and_tags
from artifacts.errors import Invalid
from artifacts.models import Alias, AuditEvent, Collection
from registry.actions.link import link_by_name
from registry.actions.registries import protect_alias, unprotect_alias
from registry.models import Registry
from registry_site.wandb_api.engine import ids
from tests import factories
from tests.conftest import World
from tests.wandb_api.asking import ask, change, nodes, queries_of, refusal, refused_change
from tests.wandb_api.conftest import Linked

REGISTRY = {"entity": "acme-corp", "project": "wandb-registry-model"}
SOURCE = {"entity": "vision", "project": "detector"}


def id_of(collection: Collection) -> str:
    return ids.encode("ArtifactPortfolio" if collection.is_portfolio else "ArtifactSequence", collection.pk)


def versions_in(user, name, place=REGISTRY, **variables):
    answer = ask(user, "ProjectArtifacts", **place, type="model", collection=name, **variables)
    return answer["project"]["artifactType"]["artifactCollection"]["artifacts"]


def test_versions_are_listed_newest_first_with_their_numbers_here(linked: Linked, world: World) -> None:
    found = versions_in(world.carol, "detectors")
    assert [edge["version"] for edge in found["edges"]] == ["v2", "v1", "v0"]
    assert found["totalCount"] == 3
    assert [edge["version"] for edge in versions_in(world.carol, "best")["edges"]] == ["v0"]
    node = nodes(versions_in(world.carol, "best"))[0]
    assert (node["versionIndex"], node["artifactSequence"]["name"]) == (2, "yolo")
    here = [row["alias"] for row in node["aliases"] if row["artifactCollection"]["name"] == "best"]
    assert here == ["latest", "v0"]


def test_a_page_goes_on_where_the_last_one_ended(linked: Linked, world: World) -> None:
    seen, cursor = [], None
    while True:
        found = versions_in(world.bob, "detectors", perPage=2, cursor=cursor)
        seen += [edge["version"] for edge in found["edges"]]
        if not found["pageInfo"]["hasNextPage"]:
            break
        cursor = found["pageInfo"]["endCursor"]
    assert seen == ["v2", "v1", "v0"]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"state": "COMMITTED"}, [2, 1, 0]),
        ({"state": "PENDING"}, []),
        ({"alias": "x1"}, [1]),
        ({"version": "v0"}, [0]),
        ({"metadata.acc": {"$gte": 0.1}}, [2, 1]),
    ],
)
def test_versions_are_filtered(linked: Linked, world: World, wanted: object, expected: list[int]) -> None:
    found = versions_in(world.bob, "detectors", filters=json.dumps(wanted))
    assert [edge["version"] for edge in found["edges"]] == [f"v{index}" for index in expected]


def test_versions_are_ordered(linked: Linked, world: World) -> None:
    for order in ("created_at", "createdAt", "+createdAt", "versionIndex"):
        assert versions_in(world.bob, "detectors", order=order)["edges"][0]["version"] == "v0"
    assert "isn't ordered by" in refusal(
        world.bob, "ProjectArtifacts", **REGISTRY, type="model", collection="detectors", order="-digest; DROP"
    )


def test_aliases_of_a_collection_and_strangers(linked: Linked, world: World) -> None:
    found = ask(world.carol, "ArtifactCollectionAliases", id=id_of(linked.detectors))["artifactCollection"]
    assert {row["alias"] for row in nodes(found["aliases"])} == {"latest", "x0", "x1", "x2"}
    missing = refusal(world.mallory, "ArtifactCollectionAliases", id=ids.encode("ArtifactPortfolio", 10**6))
    for number in range(1, Collection.objects.count() + 3):
        for kind in ("ArtifactCollection", "ArtifactSequence", "ArtifactPortfolio"):
            assert refusal(world.mallory, "ArtifactCollectionAliases", id=ids.encode(kind, number)) == missing
    for kind in ("Artifact", "Project", "User"):
        assert "has this id" in refusal(world.mallory, "ArtifactCollectionAliases", id=ids.encode(kind, 1))


def test_a_rename_leads_on_from_the_old_name(linked: Linked, world: World) -> None:
    fields = {"artifactPortfolioID": id_of(linked.detectors), "name": "finders", "description": "All of them"}
    assert "your role" in refused_change(world.carol, "UpdateArtifactPortfolio", **fields)
    assert "No collection" in refused_change(world.mallory, "UpdateArtifactPortfolio", **fields)
    for _ in range(2):
        found = change(world.bob, "UpdateArtifactPortfolio", **fields)["artifactCollection"]
        assert (found["name"], found["description"], found["type"]["name"]) == ("finders", "All of them", "model")
    assert AuditEvent.objects.filter(collection_number=linked.detectors.pk, verb="collection.changed").count() == 2
    old = ask(world.bob, "ArtifactMembershipByName", **REGISTRY, name="detectors:v1")
    collection = old["project"]["artifactCollectionMembership"]["artifactCollection"]
    assert collection["name"] == "finders"


def test_a_taken_or_impossible_name_is_refused(linked: Linked, world: World) -> None:
    number = id_of(linked.detectors)
    for name, reason in (("best", "exists"), ("a/b", "contains"), ("", "empty"), ("x" * 129, "129")):
        assert reason in refused_change(world.bob, "UpdateArtifactPortfolio", artifactPortfolioID=number, name=name)
    linked.detectors.refresh_from_db()
    assert linked.detectors.name == "detectors"
    sequence = id_of(linked.versions[0].sequence)
    assert "No artifactportfolio" in refused_change(
        world.bob, "UpdateArtifactPortfolio", artifactPortfolioID=sequence, name="other"
    )


def test_a_protected_alias_does_not_move_with_its_collections_name(linked: Linked, world: World) -> None:
    protect_alias(world.model, "x1", acting_user=world.alice)
    fields = {"artifactPortfolioID": id_of(linked.detectors), "name": "finders"}
    assert "protected alias" in refused_change(world.bob, "UpdateArtifactPortfolio", **fields)
    assert "protected alias" in refusal(world.bob, "DeleteArtifactPortfolio", id=id_of(linked.detectors))
    assert change(world.alice, "UpdateArtifactPortfolio", **fields)["artifactCollection"]["name"] == "finders"


def test_a_sequence_takes_another_type_unless_a_version_is_linked(linked: Linked, world: World) -> None:
    held = linked.versions[0].sequence
    told = refused_change(
        world.bob, "UpdateArtifactSequenceType", artifactSequenceID=id_of(held), destinationArtifactTypeName="model2"
    )
    assert "“wandb-registry-model/detectors”" in told
    assert "as artifacts of type “model”; unlink them there first" in told
    held.refresh_from_db()
    assert held.type == "model"
    free = factories.version(held.project, "free", user=world.bob).sequence
    for _ in range(2):
        fields = {"artifactSequenceID": id_of(free), "destinationArtifactTypeName": "model2"}
        assert (
            change(world.bob, "UpdateArtifactSequenceType", **fields)["artifactCollection"]["type"]["name"] == "model2"
        )


def test_tags_come_and_go_and_may_be_repeated(linked: Linked, world: World) -> None:
    place = {"entityName": "acme-corp", "projectName": "wandb-registry-model", "artifactCollectionName": "detectors"}
    tags = {"tags": [{"tagName": "t1"}, {"tagName": "t2"}]}
    assert "your role" in refused_change(world.carol, "AddArtifactCollectionTags", **place, **tags)
    for _ in range(2):
        made = change(world.bob, "AddArtifactCollectionTags", **place, **tags)["tags"]
        assert [tag["name"] for tag in made] == ["t1", "t2"]
    for _ in range(2):
        assert change(world.bob, "DeleteArtifactCollectionTags", **place, tags=[{"tagName": "t1"}])["success"]
    found = ask(world.bob, "ProjectArtifactCollections", **REGISTRY)["project"]["artifactCollections"]
    assert {row["name"]: [tag["name"] for tag in nodes(row["tags"])] for row in nodes(found)} == {
        "detectors": ["t2"], "best": []
    }  # fmt: skip
    assert "Invalid tag" in refused_change(world.bob, "AddArtifactCollectionTags", **place, tags=[{"tagName": "a!b"}])
    assert "not found" in refused_change(world.mallory, "AddArtifactCollectionTags", **place, **tags)


def test_more_tags_and_aliases_than_one_act_takes_are_refused_before_they_hold_up_others(
    linked: Linked, world: World
) -> None:
    many = [f"t{number}" for number in range(aliases_and_tags.MOST_NAMES + 1)]
    for act in (aliases_and_tags.tag_collection, aliases_and_tags.untag_collection):
        with pytest.raises(Invalid, match="too many at once"):
            act(linked.detectors, many, acting_user=world.bob)
    for act in (aliases_and_tags.tag_version, aliases_and_tags.untag_version):
        with pytest.raises(Invalid, match="too many at once"):
            act(linked.versions[0], many, acting_user=world.bob)
    for act in (aliases_and_tags.add_aliases, aliases_and_tags.remove_aliases):
        with pytest.raises(Invalid, match="too many at once"):
            act(linked.detectors.memberships.get(index=0), many, acting_user=world.bob)


def test_deleting_a_portfolio_leaves_its_versions(linked: Linked, world: World) -> None:
    number = id_of(linked.detectors)
    assert "your role" in refusal(world.carol, "DeleteArtifactPortfolio", id=number)
    deleted = ask(world.bob, "DeleteArtifactPortfolio", id=number)["result"]["artifactCollection"]
    assert deleted == {"__typename": "ArtifactPortfolio", "state": "DELETED"}
    assert linked.versions[0].sequence.memberships.count() == 3
    assert "No collection" in refusal(world.bob, "DeleteArtifactPortfolio", id=number)


def test_deleting_a_sequence_takes_its_links_with_it(linked: Linked, world: World) -> None:
    other = factories.version(linked.project, "other", user=world.bob)
    kept = link_by_name(other, world.model, "detectors", acting_user=world.bob)
    newest = factories.version(linked.project, user=world.bob)
    link_by_name(newest, world.model, "detectors", acting_user=world.bob)
    number = id_of(newest.sequence)
    protect_alias(world.model, "x0", acting_user=world.alice)
    assert "protected alias" in refusal(world.alice, "DeleteArtifactSequence", id=number)
    unprotect_alias(world.model, "x0", acting_user=world.alice)
    assert "your role" in refusal(world.carol, "DeleteArtifactSequence", id=number)
    ask(world.bob, "DeleteArtifactSequence", id=number)
    assert list(linked.detectors.memberships.values_list("index", flat=True)) == [kept.index]
    assert Alias.objects.get(collection=linked.detectors, name="latest").membership_id == kept.pk
    assert Registry.objects.get(project=world.model).version_count == 1
    assert Collection.objects.get(pk=linked.detectors.pk).version_count == 1


def test_many_versions_cost_no_more_queries_than_few(linked: Linked, world: World) -> None:
    def cost(operation, **variables):
        return queries_of(world.bob, operation, **variables)

    operations = [
        ("ProjectArtifacts", {**REGISTRY, "type": "model", "collection": "detectors"}),
        ("ArtifactCollectionAliases", {"id": id_of(linked.detectors)}),
        ("ProjectArtifactCollections", REGISTRY),
        ("RegistryCollections", {"organization": "Acme Corp"}),
        ("RegistryVersions", {"organization": "Acme Corp"}),
        ("FetchRegistries", {"organization": "Acme Corp"}),
        ("FetchLinkedArtifacts", {"artifactID": linked.id_of(2)}),
    ]
    few = [cost(name, **variables) for name, variables in operations]
    for number in range(47):
        source = factories.project(world.team, f"p{number}", user=world.bob)
        version = factories.version(source, user=world.bob)
        link_by_name(version, world.model, "detectors", aliases=[f"a{number}"], acting_user=world.bob)
        link_by_name(linked.versions[2], world.model, f"c{number}", acting_user=world.bob)
    assert [cost(name, **variables) for name, variables in operations] == few
