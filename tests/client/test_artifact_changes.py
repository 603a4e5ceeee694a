"""What is changed on a version afterwards: words, labels, time to live; who may, and what a colleague and the pages then say."""

import pytest

from artifacts.actions import aliases_and_tags, organizations
from artifacts.models import Alias, ArtifactVersion, AuditEvent, Entity, Membership, ProtectedAlias, User, VersionTag
from registry.actions.link import link_by_name
from tests import factories
from tests.client.conftest import Client
from tests.conftest import World

pytestmark = pytest.mark.client

LINKED = """
with wandb.init(entity="vision", project="data") as run:
    run.log({"loss": 1.0})
    run.log({"loss": 0.5})
    artifact = wandb.Artifact("coco", "dataset", description="first", metadata={"a": 1, "nan": float("nan")})
    artifact.add_file(file("x", b"x" * 100))
    logged = run.log_artifact(artifact, aliases=["best"], tags=["fast"]).wait()
linked = logged.link("wandb-registry-dataset/pictures", aliases=["staging"])
"""


def make_linked(world: World) -> None:
    """A version as `LINKED` logs and links it, without the client."""
    project = factories.project(world.team, "data", user=world.bob)
    words = {"description": "first", "metadata": {"a": 1, "nan": None}}
    version = factories.version(project, "coco", "dataset", user=world.bob, **words)
    aliases_and_tags.add_aliases(version.memberships.get(), ["best"], acting_user=world.bob)
    aliases_and_tags.tag_version(version, ["fast"], acting_user=world.bob)
    link_by_name(version, world.dataset, "pictures", aliases=["staging"], acting_user=world.bob)


def test_every_property_of_a_source_and_of_its_link(client: Client) -> None:
    said = client.run(
        LINKED
        + """
draft = wandb.Artifact("coco", "dataset", incremental=True)
say(draft.is_draft(), draft.state, draft.name, draft.type, draft.incremental, draft.id, draft.is_link, draft.size)
say(draft.distributed_id, draft.digest, refusal(lambda: draft.qualified_name), refusal(lambda: draft.ttl))
draft.finalize()
say(refusal(lambda: draft.new_file("x").__enter__()))
say(run.id)
"""
    )
    assert said[:8] == [True, "PENDING", "coco", "dataset", True, None, False, 0]
    assert (said[8], len(said[9])) == (None, 32)
    assert [sentence.split(":")[0] for sentence in said[10:13]] == ["ArtifactNotLoggedError"] * 2 + [
        "ArtifactFinalizedError"
    ]
    run = said[13]
    said = client.run(
        """
        api = wandb.Api(overrides={"entity": "vision"})
        def described(found):
            say({name: getattr(found, name) for name in (
                "name", "version", "entity", "project", "qualified_name", "type", "state", "size", "digest", "file_count",
                "commit_hash", "history_step", "created_at", "updated_at", "linked_at", "description", "metadata", "aliases",
                "tags", "is_link", "source_name", "source_version", "source_entity", "source_project",
                "source_qualified_name", "id", "url", "incremental", "distributed_id",
            )} | {"is_draft": found.is_draft(), "collection": found.collection.name, "ttl": str(found.ttl),
                  "source_collection": found.source_collection.name, "algorithm": found.digest_algorithm.value})
        source, link = api.artifact("vision/data/coco:best"), api.artifact("wandb-registry-dataset/pictures:staging")
        described(source)
        described(link)
        say([found.qualified_name for found in source.linked_artifacts], link.linked_artifacts)
        copy = source.linked_artifacts[0]
        say(copy.aliases, copy.is_link, copy.linked_at == link.linked_at, copy.url == link.url)
        say(link.source_artifact.qualified_name, source.source_artifact is source)
        say(link.json_encode(), source.logged_by().id, link.logged_by().id)
        """,
        user="carol",
    )
    source, link = said[0], said[1]
    version = ArtifactVersion.objects.get()
    shared = ("type", "state", "size", "digest", "file_count", "commit_hash", "history_step", "description", "metadata")
    assert {name: source[name] for name in shared} == {name: link[name] for name in shared}
    assert (source["size"], source["file_count"], source["state"]) == (100, 1, "COMMITTED")
    assert (source["digest"], source["commit_hash"]) == (version.digest, version.commit_hash)
    assert (source["history_step"], source["description"], source["metadata"]) == (1, "first", {"a": 1, "nan": None})
    assert (source["name"], source["version"], source["collection"]) == ("coco:best", "v0", "coco")
    assert (source["qualified_name"], source["source_qualified_name"]) == (
        "vision/data/coco:best",
        "vision/data/coco:v0",
    )
    assert (link["entity"], link["project"], link["name"]) == (
        "acme-corp",
        "wandb-registry-dataset",
        "pictures:staging",
    )
    assert (link["source_entity"], link["source_project"], link["source_name"]) == ("vision", "data", "coco:v0")
    assert (source["is_link"], link["is_link"], source["linked_at"]) == (False, True, None)
    assert link["linked_at"] >= link["created_at"]
    assert (link["source_collection"], link["collection"]) == ("coco", "pictures")
    assert (sorted(source["aliases"]), sorted(link["aliases"])) == (["best", "latest"], ["latest", "staging"])
    assert source["tags"] == link["tags"] == ["fast"]
    assert source["ttl"] == link["ttl"] == "None"
    assert source["id"] == link["id"]
    assert said[2:4] == [["acme-corp/wandb-registry-dataset/pictures:v0"], []]
    assert said[4:10] == [["latest", "staging", "v0"], True, True, True, "vision/data/coco:v0", True]
    assert (said[10]["id"], said[11:]) == (link["id"], [run, run])
    for found in (source, link):
        page = client.opens(found["url"], user="carol")
        assert page.status_code == 200
        assert found["collection"] in page.content.decode()


def test_edits_are_saved_and_shared_between_the_source_and_its_links(client: Client, world: World) -> None:
    make_linked(world)
    said = client.run(
        """
        api = wandb.Api(overrides={"entity": "vision"})
        link = api.artifact("wandb-registry-dataset/pictures:v0")
        link.description = "# Edited"
        link.metadata = {"b": [1, {"c": None}], "ünï": "x"}
        link.tags = ["fast", "new tag", "new tag", "ünï"]
        link.aliases = ["latest", "production"]
        link.save()
        link.save()
        say(sorted(link.tags), sorted(link.aliases))
        """
    )
    assert said == [["fast", "new tag", "ünï"], ["latest", "production"]]
    events = AuditEvent.objects.count()
    said = client.run(
        """
        api = wandb.Api(overrides={"entity": "vision"})
        for path in ("vision/data/coco:v0", "wandb-registry-dataset/pictures:production"):
            found = api.artifact(path)
            say(found.description, found.metadata, sorted(found.tags), sorted(found.aliases))
        found = api.artifact("vision/data/coco:v0")
        found.save()
        found.tags.remove("fast")
        found.aliases.remove("best")
        found.aliases.append("better")
        found.description = ""
        found.metadata.clear()
        found.save()
        say(refusal(lambda: api.artifact("vision/data/coco:best")))
        again = wandb.Api().artifact("vision/data/coco:better")
        say(again.description, again.collection.description)
        """,
        user="alice",
    )
    words = ["# Edited", {"b": [1, {"c": None}], "ünï": "x"}, ["fast", "new tag", "ünï"]]
    assert said[:8] == [*words, ["best", "latest"], *words, ["latest", "production"]]
    assert said[8].startswith("CommError: artifact membership 'coco:best' not found in 'vision/data'")
    assert said[9:] == [None, None]
    assert AuditEvent.objects.count() == events + 4  # the words, one tag, two aliases; what was the same left no trace
    version = ArtifactVersion.objects.get()
    assert (version.description, version.metadata) == ("", {})
    assert sorted(version.tags.values_list("name", flat=True)) == ["new tag", "ünï"]
    page = client.opens("/orgs/Acme%20Corp/registry/dataset/pictures/v0", user="carol").content.decode()
    assert "new tag" in page
    assert "production" in page


def test_refused_edits_are_sentences_and_change_nothing(client: Client, world: World) -> None:
    ProtectedAlias.objects.create(project=world.dataset, name="gold", name_key="gold")
    make_linked(world)
    before = (AuditEvent.objects.count(), list(Alias.objects.values_list("name", "membership")))
    refused = """
        from datetime import timedelta
        api = wandb.Api(overrides={"entity": "vision"})
        def saving(path, **words):
            found = api.artifact(path)
            for name, value in words.items():
                if callable(value):
                    value(getattr(found, name))
                else:
                    setattr(found, name, value)
            found.save()
        source, link = "vision/data/coco:v0", "wandb-registry-dataset/pictures:v0"
        """
    said = client.run(
        refused
        + """
        for act in (
            lambda: saving(source, metadata={str(number): 1 for number in range(101)}),
            lambda: saving(source, metadata=lambda held: held.update({str(number): 1 for number in range(101)})),
            lambda: saving(source, metadata={"x": float("inf")}),
            lambda: saving(source, tags=["a/b"]),
            lambda: saving(source, tags=["x" * 129]),
            lambda: saving(source, aliases=["a:b"]),
            lambda: saving(source, aliases=lambda held: held.append("v7")),
            lambda: saving(source, aliases=lambda held: held.append("a/b")),
            lambda: saving(link, aliases=lambda held: held.extend(["gold"])),
            lambda: saving(link, aliases=lambda held: held.extend(["gold", "silver"])),
            lambda: saving(link, ttl=timedelta(days=1)),
            lambda: saving(source, ttl=timedelta(days=-1)),
            lambda: saving(source, description="x" * 100_001),
        ):
            say(refusal(act))
        """
    )
    expected = [
        "ValueError: Artifact must not have more than 100 metadata keys.",
        "CommError: input: result Artifact must not have more than 100 metadata keys",
        "ValueError: Out of range float values",
        "ValueError: Invalid tag(s).",
        "CommError: ",
        "ValueError: Aliases must not contain any of the following characters",
        "CommError: input: result The alias “v7” looks like a version number",
        "CommError: input: result The alias “a/b” contains “/”",
        "CommError: input: result You do not have permission to add, move or remove the protected alias “gold”",
        "CommError: input: result You do not have permission to add, move or remove the protected alias “gold”",
        "ValueError: Cannot set TTL for link artifact. Unlink the artifact first",
        "ValueError: Artifact TTL Duration has to be positive",
        "CommError: input: result The text has 100001 characters",
    ]
    for sentence, start in zip(said, expected, strict=True):
        assert sentence.startswith(start), sentence
        assert "only after" not in sentence
    said = client.run(
        refused
        + """
        for act in (
            lambda: saving(source, description="mine"),
            lambda: saving(source, aliases=["x"]),
            lambda: saving(source, aliases=lambda held: held.clear()),
            lambda: saving(link, aliases=["x"]),
        ):
            say(refusal(act))
        """,
        user="carol",
    )
    assert said[0].startswith("CommError: input: result permission denied: your role in “data” is viewer")
    assert [sentence.split(":")[2].strip() for sentence in said[1:]] == ["result permission denied"] * 3
    after = (AuditEvent.objects.count(), list(Alias.objects.values_list("name", "membership")))
    assert after == before
    assert VersionTag.objects.count() == 1


def test_saving_a_link_without_rights_on_the_source_moves_aliases_only(client: Client, world: World) -> None:
    make_linked(world)
    organizations.remove_member(world.team, world.bob, acting_user=world.alice)
    said = client.run(
        """
        found = wandb.Api().artifact("acme-corp/wandb-registry-dataset/pictures:v0")
        say(found.source_project, found.metadata, found.tags)
        found.description, found.tags = "mine", ["mine"]
        found.aliases.append("production")
        found.save()
        """
    )
    assert said == ["", {"a": 1, "nan": None}, ["fast"]]
    said = client.run(
        """
        found = wandb.Api(overrides={"entity": "vision"}).artifact("wandb-registry-dataset/pictures:production")
        say(found.description, found.tags, sorted(found.aliases))
        """,
        user="alice",
    )
    assert said == ["first", ["fast"], ["latest", "production", "staging"]]


def test_time_to_live_is_set_inherited_switched_off_and_ended_by_a_link(client: Client) -> None:
    client.run(
        """
        from datetime import timedelta
        for name in ("days", "none", "set"):
            with wandb.init(entity="vision", project="data") as run:
                artifact = wandb.Artifact(name, "dataset")
                artifact.add_file(file(name, name.encode()))
                if name != "set":
                    artifact.ttl = timedelta(days=30) if name == "days" else None
                run.log_artifact(artifact).wait()
        artifact.ttl = timedelta(days=2)
        artifact.save()
        """
    )
    assert "30 days" in client.opens("/vision/data/artifacts/dataset/days/v0").content.decode()
    alice = User.objects.get(name="alice")
    organizations.keep_versions(Entity.objects.get(name="vision"), 90 * 86_400, by_admins=False, acting_user=alice)
    said = client.run(
        """
        from datetime import timedelta
        from wandb.sdk.artifacts.artifact_ttl import ArtifactTTL
        api = wandb.Api(overrides={"entity": "vision"})
        found = {name: api.artifact(f"vision/data/{name}:v0") for name in ("days", "none", "set")}
        say([str(one.ttl) for one in found.values()])
        found["set"].ttl = ArtifactTTL.INHERIT
        found["set"].save()
        say(str(wandb.Api(overrides={"entity": "vision"}).artifact("vision/data/set:v0").ttl))
        found["none"].ttl = timedelta(days=1)
        found["none"].save()
        found["days"].description = "only this"
        found["days"].save()
        linked = found["none"].link("wandb-registry-dataset/linked")
        say([linked.ttl, found["none"].ttl and found["none"].ttl.days])
        linked.unlink()
        """,
        user="alice",
    )
    assert said[0] == ["30 days, 0:00:00", "None", "2 days, 0:00:00"]
    assert said[1] == "90 days, 0:00:00"
    assert said[2][0] is None
    assert "90 days" in client.opens("/vision/data/artifacts/dataset/set").content.decode()
    seconds = dict(ArtifactVersion.objects.values_list("sequence__name", "ttl_seconds"))
    assert seconds == {"days": 30 * 86_400, "none": 0, "set": None}
    assert not Membership.objects.filter(collection__kind="portfolio").exists()


LOG_FOR_A_DAY = """
from datetime import timedelta
with wandb.init(entity="vision", project="data") as run:
    artifact = wandb.Artifact({name!r}, "dataset")
    artifact.add_file(file({name!r}, b"{name}"))
    artifact.ttl = timedelta(days=1)
    run.log_artifact(artifact).wait()
found = wandb.Api(overrides={{"entity": "vision"}}).artifact("vision/data/{name}:v0")
say(str(found.ttl))
"""


def test_where_only_administrators_set_times_to_live_a_members_version_is_logged_without_its_own(
    client: Client,
) -> None:
    alice = User.objects.get(name="alice")
    organizations.keep_versions(Entity.objects.get(name="vision"), 90 * 86_400, by_admins=True, acting_user=alice)
    logged = LOG_FOR_A_DAY.format(name="bobs")
    said = client.run(f"{logged}\nfound.ttl = timedelta(days=2)\nsay(refusal(found.save))")
    assert said[0] == "90 days, 0:00:00"
    assert "only administrators of “vision” set how long versions are kept" in said[1]
    assert client.run(LOG_FOR_A_DAY.format(name="hers"), user="alice") == ["1 day, 0:00:00"]
    page = client.opens("/vision/data/artifacts/dataset/bobs/v0").content.decode()
    assert "90 days" in page
    assert "the time to live that the code set, 1 day, doesn’t count" in page
    assert "doesn’t count: only" not in client.opens("/vision/data/artifacts/dataset/hers/v0").content.decode()
    assert AuditEvent.objects.get(verb="version.logged", label="bobs:v0").data["ttl_ignored"] == 86_400
