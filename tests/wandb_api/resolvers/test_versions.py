"""Versions by id: what is read of them, what is changed, and who may."""

import json

from django.utils import timezone

from artifacts.models import ArtifactVersion, AuditEvent, ClientId, Project, RunUse
from registry_site.wandb_api.engine import ids
from tests import factories
from tests.conftest import World
from tests.wandb_api.asking import ask, change, document, nodes, post, refused_change
from tests.wandb_api.conftest import Linked


def test_a_version_tells_what_it_is(linked: Linked, world: World) -> None:
    found = ask(world.carol, "ArtifactByID", id=linked.id_of(0))["artifact"]
    assert (found["versionIndex"], found["state"], found["size"], found["fileCount"]) == (0, "COMMITTED", 4096, 1)
    assert json.loads(found["metadata"]) == {"acc": 0.0, "nest": {"k": 0}}
    assert [tag["name"] for tag in found["tags"]] == ["even"]
    assert (found["ttlDurationSeconds"], found["ttlIsInherited"]) == (-2, False)  # what is linked doesn't expire
    assert len(found["commitHash"]) == 20
    assert found["artifactSequence"]["project"]["entity"]["name"] == "vision"
    names = {(row["artifactCollection"]["name"], row["alias"]) for row in found["aliases"]}
    assert names == {("yolo", "v0"), ("detectors", "x0"), ("detectors", "v0")}


def test_no_number_tells_a_stranger_anything(linked: Linked, world: World) -> None:
    factories.pending(linked.project, "soon", user=world.bob)
    missing = post(world.mallory, document("ArtifactByID"), {"id": ids.encode("Artifact", 10**9)})
    assert missing["data"] == {"artifact": None}
    for operation in ("ArtifactByID", "FetchLinkedArtifacts", "ArtifactUsedBy", "ArtifactCreatedBy"):
        name = "artifactID" if operation == "FetchLinkedArtifacts" else "id"
        for number in range(1, ArtifactVersion.objects.count() + 5):
            answer = post(world.mallory, document(operation), {name: ids.encode("Artifact", number)})
            assert answer == missing, (operation, number)
    for kind in ("User", "Project", "ArtifactPortfolio", "Run", "File", "ArtifactAlias"):
        assert post(world.mallory, document("ArtifactByID"), {"id": ids.encode(kind, 1)}) == missing


def test_whoever_sees_only_the_link_reads_the_version_without_its_source(linked: Linked, world: World) -> None:
    Project.objects.filter(pk=linked.project.pk).update(visibility="restricted")
    found = ask(world.carol, "ArtifactByID", id=linked.id_of(0))["artifact"]
    assert found["artifactSequence"]["project"] is None
    assert found["digest"] == linked.versions[0].digest
    assert {row["artifactCollection"]["name"] for row in found["aliases"]} == {"detectors"}
    places = nodes(
        ask(world.carol, "FetchLinkedArtifacts", artifactID=linked.id_of(0))["artifact"]["artifactMemberships"]
    )
    assert [place["artifactCollection"]["name"] for place in places] == ["detectors"]
    assert ask(world.carol, "ArtifactCreatedBy", id=linked.id_of(0))["artifact"]["createdBy"] is None


def test_all_places_of_a_version(linked: Linked, world: World) -> None:
    places = nodes(
        ask(world.carol, "FetchLinkedArtifacts", artifactID=linked.id_of(2))["artifact"]["artifactMemberships"]
    )
    assert [(place["artifactCollection"]["name"], place["versionIndex"]) for place in places] == [
        ("yolo", 2), ("detectors", 2), ("best", 0)
    ]  # fmt: skip
    assert [row["alias"] for row in places[1]["aliases"]] == ["latest", "x2", "v2"]


def test_who_made_and_who_used_it(linked: Linked, world: World) -> None:
    user = factories.run(linked.project, user=world.bob)
    RunUse.objects.create(run=user, version=linked.versions[0])
    hidden = factories.project(world.bob.personal, "own", user=world.bob)
    RunUse.objects.create(run=factories.run(hidden, user=world.bob), version=linked.versions[0])
    text = "query($id: ID!) { artifact(id: $id) { createdBy { __typename } usedBy { edges { node { name: __typename } } } } }"
    for person, uses in ((world.bob, 2), (world.carol, 1)):
        found = post(person, text, {"id": linked.id_of(0)})["data"]["artifact"]
        assert found["createdBy"] == {"__typename": "Run"}
        assert len(nodes(found["usedBy"])) == uses
    by_hand = factories.version(linked.project, "hand", user=world.bob)
    found = post(world.bob, text, {"id": ids.encode("Artifact", by_hand.pk)})["data"]["artifact"]
    assert found["createdBy"] == {"__typename": "User"}


def test_a_clients_own_id_leads_to_the_version_for_those_who_see_it(linked: Linked, world: World) -> None:
    ClientId.objects.create(client_id="abc", version=linked.versions[1])
    found = ask(world.carol, "ClientIDMapping", clientID="abc")["clientIDMapping"]
    assert found == {"serverID": linked.id_of(1)}
    missing = ask(world.mallory, "ClientIDMapping", clientID="nothing")
    assert ask(world.mallory, "ClientIDMapping", clientID="abc") == missing == {"clientIDMapping": None}


def test_a_version_is_described_once_however_often_it_is_sent(linked: Linked, world: World) -> None:
    fields = {
        "artifactID": linked.id_of(0),
        "description": "The first",
        "metadata": json.dumps({"acc": 0.5, "new": [1, "\x00"], "odd": float("nan")}),
        "tagsToAdd": [{"tagName": "tg"}],
        "tagsToDelete": [{"tagName": "even"}, {"tagName": "never"}],
    }
    for _ in range(2):
        found = change(world.bob, "UpdateArtifact", **fields)["artifact"]
    assert found["description"] == "The first"
    assert json.loads(found["metadata"]) == {"acc": 0.5, "new": [1, ""], "odd": "NaN"}
    assert [tag["name"] for tag in found["tags"]] == ["tg"]
    events = AuditEvent.objects.filter(version_number=linked.versions[0].pk).values_list("verb", flat=True)
    assert sorted(events)[-4:] == ["version.linked", "version.tagged", "version.tagged", "version.untagged"]
    assert list(events).count("version.changed") == 1


def test_a_version_gets_a_time_to_live_also_while_it_is_linked_and_edits_are_whole(
    linked: Linked, world: World
) -> None:
    number = ids.encode("Artifact", factories.version(linked.project, user=world.bob).pk)
    for seconds, expected in ((3600, (3600, False)), (-2, (-2, False)), (-1, (-1, True)), (None, (-1, True))):
        found = change(world.bob, "UpdateArtifact", artifactID=number, ttlDurationSeconds=seconds)["artifact"]
        assert (found["ttlDurationSeconds"], found["ttlIsInherited"]) == expected
    assert ArtifactVersion.objects.get(pk=linked.versions[0].pk).ttl_seconds == 0  # the link switched it off
    fields = {"artifactID": linked.id_of(0), "description": "with it", "ttlDurationSeconds": 3600}
    assert "tag" in refused_change(world.bob, "UpdateArtifact", **fields, tagsToAdd=[{"tagName": "a/b"}]).lower()
    version = ArtifactVersion.objects.get(pk=linked.versions[0].pk)
    assert (version.ttl_seconds, version.description) == (0, "")  # a refusal leaves nothing half done
    change(world.bob, "UpdateArtifact", **fields)
    version.refresh_from_db()
    assert (version.ttl_seconds, version.description) == (3600, "with it")


def test_more_metadata_than_the_client_can_read_is_refused(linked: Linked, world: World) -> None:
    for keys, is_refused in ((100, False), (101, True)):
        fields = {"artifactID": linked.id_of(0), "metadata": json.dumps({str(key): 1 for key in range(keys)})}
        if is_refused:
            assert "more than 100 metadata keys" in refused_change(world.bob, "UpdateArtifact", **fields)
        else:
            change(world.bob, "UpdateArtifact", **fields)
    assert len(ArtifactVersion.objects.get(pk=linked.versions[0].pk).metadata) == 100


def test_only_who_may_edit_the_source_describes_it(linked: Linked, world: World) -> None:
    fields = {"artifactID": linked.id_of(0), "description": "Mine now"}
    assert "your role" in refused_change(world.carol, "UpdateArtifact", **fields)
    assert "artifact not found" in refused_change(world.mallory, "UpdateArtifact", **fields)
    assert "not JSON" in refused_change(world.bob, "UpdateArtifact", artifactID=linked.id_of(0), metadata="{")
    assert "not a JSON object" in refused_change(
        world.bob, "UpdateArtifact", artifactID=linked.id_of(0), metadata="[1]"
    )
    aliases = [{"artifactCollectionName": "yolo", "alias": "prod"}]
    assert "addAliases" in refused_change(world.bob, "UpdateArtifact", artifactID=linked.id_of(0), aliases=aliases)
    assert ArtifactVersion.objects.get(pk=linked.versions[0].pk).description == ""


def test_a_deleted_version_is_gone_for_the_client(linked: Linked, world: World) -> None:
    ArtifactVersion.objects.filter(pk=linked.versions[0].pk).update(deleted_at=timezone.now())
    assert ask(world.bob, "ArtifactByID", id=linked.id_of(0)) == {"artifact": None}
    place = {"entity": "acme-corp", "project": "wandb-registry-model", "name": "detectors:v0"}
    assert ask(world.bob, "ArtifactMembershipByName", **place)["project"]["artifactCollectionMembership"] is None
