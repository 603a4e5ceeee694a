"""Linking, unlinking and aliases through the client's operations."""

import pytest

from artifacts.actions import aliases_and_tags
from artifacts.models import Alias, AuditEvent, ClientId, Collection, Membership
from registry.actions.registries import protect_alias
from registry_site.wandb_api.engine import ids
from tests import factories
from tests.conftest import World
from tests.wandb_api.asking import ask, change, document, post, refused_change
from tests.wandb_api.conftest import Linked

TARGET = {"entityName": "acme-corp", "projectName": "wandb-registry-model", "artifactPortfolioName": "fresh"}


def state() -> tuple[object, ...]:
    return (
        Membership.objects.count(),
        Collection.objects.count(),
        sorted(Alias.objects.values_list("name", "membership")),
        AuditEvent.objects.exclude(verb="api_key.created").count(),
    )


def place(name: str, alias: str, **other: str) -> dict[str, str]:
    where = {"entityName": "acme-corp", "projectName": "wandb-registry-model", "artifactCollectionName": name}
    return {**where, "alias": alias, **other}


def names_of(membership: Membership) -> list[str]:
    return Membership.objects.get(pk=membership.pk).alias_names


def test_a_link_answers_its_place_and_may_be_repeated(linked: Linked, world: World) -> None:
    aliases = [{"artifactCollectionName": "fresh", "alias": alias} for alias in ("prod", "latest")]
    first = change(world.bob, "LinkArtifact", artifactID=linked.id_of(1), **TARGET, aliases=aliases)
    assert first["versionIndex"] == 0
    membership = first["artifactMembership"]
    assert membership["artifactCollection"]["name"] == "fresh"
    assert [row["alias"] for row in membership["aliases"]] == ["latest", "prod", "v0"]
    assert membership["artifact"]["id"] == linked.id_of(1)
    before = state()
    again = change(world.bob, "LinkArtifact", artifactID=linked.id_of(1), **TARGET, aliases=aliases)
    assert (again, state()) == (first, before)


def test_the_binary_clients_document_and_the_versions_own_id(linked: Linked, world: World) -> None:
    ClientId.objects.create(client_id="c" * 128, version=linked.versions[0])
    text = """mutation LinkArtifact ($artifactPortfolioName: String!, $entityName: String!, $projectName: String!,
        $aliases: [ArtifactAliasInput!], $clientId: ID, $artifactId: ID) {
        linkArtifact(input: {artifactPortfolioName:$artifactPortfolioName,entityName:$entityName,
            projectName:$projectName,aliases:$aliases,artifactID:$artifactId,clientID:$clientId}) { versionIndex } }"""
    answer = post(world.bob, text, {**TARGET, "clientId": "c" * 128})
    assert answer == {"data": {"linkArtifact": {"versionIndex": 0}}}
    hidden = post(world.mallory, text, {**TARGET, "clientId": "c" * 128})
    assert hidden == post(world.mallory, text, {**TARGET, "clientId": "nothing"})


def test_the_old_model_registry_is_linked_to_the_new_one(linked: Linked, world: World) -> None:
    target = {"entityName": "vision", "projectName": "model-registry", "artifactPortfolioName": "old"}
    found = change(world.bob, "LinkArtifact", artifactID=linked.id_of(0), **target)["artifactMembership"]
    assert found["artifactCollection"]["project"]["name"] == "wandb-registry-model"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"projectName": "wandb-registry-nope"}, "not found"),
        ({"entityName": "nope"}, "not found"),
        (
            {"entityName": "vision", "projectName": "detector", "artifactPortfolioName": "yolo"},
            "taken by versions logged",
        ),
        ({"projectName": "wandb-registry-dataset"}, "doesn't accept"),
        ({"artifactPortfolioName": "a/b"}, "contains"),
        ({"artifactPortfolioName": ""}, "empty"),
        ({"artifactPortfolioName": None}, "empty"),
        ({"artifactID": None}, "artifact not found"),
        ({"projectName": None}, "incomplete"),
        ({"aliases": [{"artifactCollectionName": "fresh", "alias": "v3"}]}, "looks like a version number"),
        ({"aliases": [{"artifactCollectionName": "fresh", "alias": "a:b"}]}, "contains"),
        ({"artifactPortfolioID": ids.encode("ArtifactPortfolio", 10**6)}, "No collection"),
    ],
)
def test_a_refused_link_changes_nothing(linked: Linked, world: World, changed: dict[str, object], reason: str) -> None:
    before = state()
    fields = {"artifactID": linked.id_of(0), **TARGET, **changed}
    assert reason in refused_change(world.bob, "LinkArtifact", **fields)
    assert state() == before


def test_who_may_not_link_is_refused_and_strangers_learn_nothing(linked: Linked, world: World) -> None:
    before = state()
    fields = {"artifactID": linked.id_of(0), **TARGET}
    assert "permission denied" in refused_change(world.carol, "LinkArtifact", **fields)
    missing = refused_change(world.mallory, "LinkArtifact", **{**fields, "artifactID": ids.encode("Artifact", 10**6)})
    assert refused_change(world.mallory, "LinkArtifact", **fields) == missing
    own = factories.version(factories.project(world.strangers, user=world.mallory), user=world.mallory)
    number = ids.encode("Artifact", own.pk)
    before = state()
    hidden = refused_change(world.mallory, "LinkArtifact", **{**fields, "artifactID": number})
    gone = refused_change(world.mallory, "LinkArtifact", **{**fields, "artifactID": number, "entityName": "nothing-at"})
    assert hidden == gone.replace("nothing-at", "acme-corp")
    assert state() == before


def test_a_personal_artifact_is_refused_whatever_the_target(linked: Linked, world: World) -> None:
    version = factories.version(factories.project(world.bob.personal, "mine", user=world.bob), user=world.bob)
    number = ids.encode("Artifact", version.pk)
    for target in (TARGET, {**TARGET, "entityName": "bob", "projectName": "model-registry"}):
        sentence = refused_change(world.bob, "LinkArtifact", artifactID=number, **target)
        assert "“bob” is a personal entity" in sentence
        assert "log the artifact to a team" in sentence


def test_unlinking_gives_latest_back_and_may_be_repeated(linked: Linked, world: World) -> None:
    number = ids.encode("ArtifactPortfolio", linked.detectors.pk)
    fields = {"artifactID": linked.id_of(2), "artifactPortfolioID": number}
    assert "permission denied" in refused_change(world.carol, "UnlinkArtifact", **fields)
    assert "No collection" in refused_change(world.mallory, "UnlinkArtifact", **fields)
    for _ in range(2):
        assert change(world.bob, "UnlinkArtifact", **fields)["success"]
    assert list(linked.detectors.memberships.values_list("index", flat=True)) == [0, 1]
    assert names_of(linked.links[1]) == ["latest", "x1"]
    sequence = ids.encode("ArtifactSequence", linked.versions[1].sequence_id)
    assert "were logged, not linked" in refused_change(
        world.bob, "UnlinkArtifact", artifactID=linked.id_of(1), artifactPortfolioID=sequence
    )


def test_aliases_move_and_setting_them_again_leaves_no_trace(linked: Linked, world: World) -> None:
    fields = {"artifactID": linked.id_of(0), "aliases": [place("detectors", "x2"), place("detectors", "new")]}
    assert change(world.bob, "AddAliases", **fields)["success"]
    assert names_of(linked.links[0]) == ["x0", "x2", "new"]
    assert names_of(linked.links[2]) == ["latest"]
    before = state()
    assert change(world.bob, "AddAliases", **fields)["success"]
    assert state() == before
    for _ in range(2):
        assert change(world.bob, "DeleteAliases", **fields)["success"]
    assert names_of(linked.links[0]) == ["x0"]


def test_aliases_of_the_source_are_its_own(linked: Linked, world: World) -> None:
    there = place("yolo", "best", entityName="vision", projectName="detector")
    assert change(world.bob, "AddAliases", artifactID=linked.id_of(0), aliases=[there])["success"]
    assert names_of(linked.links[0]) == ["x0"]
    found = ask(world.bob, "ArtifactMembershipByName", entity="vision", project="detector", name="yolo:best")
    assert found["project"]["artifactCollectionMembership"]["versionIndex"] == 0


def test_aliases_that_cannot_be_set_are_refused(linked: Linked, world: World) -> None:
    protect_alias(world.model, "Gold", acting_user=world.alice)
    before = state()

    def refused(alias, user=world.bob, name="detectors", **other):
        return refused_change(user, "AddAliases", artifactID=linked.id_of(0), aliases=[place(name, alias, **other)])

    assert "looks like a version number" in refused("v7")
    assert "points at the newest version by itself" in refused("latest")
    assert "contains" in refused("a/b")
    for twin in ("gold", "GOLD", "Gold"):
        assert "protected alias" in refused(twin)
    assert "space" in refused("gold ")
    assert "doesn't hold this version" in refused("new", name="best")
    assert "not found" in refused("new", name="nope")
    assert "your role" in refused("new", user=world.carol)
    hidden = refused("new", user=world.mallory)
    assert hidden == refused("new", user=world.mallory, projectName="wandb-registry-modem").replace("modem", "model")
    assert state() == before


def test_latest_may_be_taken_off_by_hand(linked: Linked, world: World) -> None:
    fields = {"artifactID": linked.id_of(2), "aliases": [place("detectors", "latest")]}
    assert change(world.bob, "DeleteAliases", **fields)["success"]
    assert names_of(linked.links[2]) == ["x2"]


def test_a_protected_alias_stays_whatever_members_try(linked: Linked, world: World) -> None:
    aliases_and_tags.add_aliases(linked.links[1], ["prod"], acting_user=world.alice)
    protect_alias(world.model, "prod", acting_user=world.alice)
    before = state()
    number = ids.encode("ArtifactPortfolio", linked.detectors.pk)
    aliases = [{"artifactCollectionName": "detectors", "alias": "prod"}]
    tries = [
        ("AddAliases", {"artifactID": linked.id_of(0), "aliases": [place("detectors", "prod")]}),
        ("DeleteAliases", {"artifactID": linked.id_of(1), "aliases": [place("detectors", "prod")]}),
        ("UnlinkArtifact", {"artifactID": linked.id_of(1), "artifactPortfolioID": number}),
        (
            "LinkArtifact",
            {"artifactID": linked.id_of(0), **TARGET, "artifactPortfolioName": "detectors", "aliases": aliases},
        ),
    ]
    for operation, fields in tries:
        assert "protected alias" in refused_change(world.bob, operation, **fields)
    assert state() == before


def test_an_id_is_checked_before_anything_is_done(linked: Linked, world: World) -> None:
    for number in ("", "7", "QXJ0aWZhY3Q6MQ", ids.encode("User", 1), "x" * 5000, "é"):
        answer = post(
            world.bob, document("UnlinkArtifact"), {"input": {"artifactID": number, "artifactPortfolioID": number}}
        )
        assert answer["errors"]
        assert "Internal" not in answer["errors"][0]["message"]
