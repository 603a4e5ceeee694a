"""The end of versions and of links: what is refused, what goes, what stays, and what a colleague then finds."""

import pytest

from artifacts.actions import aliases_and_tags
from artifacts.models import Alias, ArtifactVersion, Membership, ProtectedAlias
from registry.actions.link import link_by_name
from tests import factories
from tests.client.conftest import Client
from tests.conftest import World

pytestmark = pytest.mark.client

LOGGED = """
        with wandb.init(entity="vision", project="data") as run:
            for number in range(3):
                artifact = wandb.Artifact("coco", "dataset")
                artifact.add_file(file("shared", b"shared"))
                artifact.add_file(file("own", str(number).encode()))
                logged = run.log_artifact(artifact, aliases=[f"a{number}"]).wait()
                linked = logged.link("wandb-registry-dataset/pictures", aliases=[f"b{number}"])
        """


def test_a_version_is_deleted_with_its_aliases_and_its_number_never_comes_back(client: Client) -> None:
    said = client.run(
        LOGGED
        + """
        api = wandb.Api(overrides={"entity": "vision"})
        found = api.artifact("vision/data/coco:latest")
        say(refusal(lambda: found.delete()))
        found.delete(delete_aliases=True)
        for act in (
            lambda: api.artifact("vision/data/coco:v2"),
            lambda: api.artifact("vision/data/coco:a2"),
            lambda: api.artifact("wandb-registry-dataset/pictures:v2"),
            lambda: found.download(root="down"),
            lambda: found.files()[0],
            lambda: found.delete(delete_aliases=True),
            lambda: found.link("wandb-registry-dataset/pictures"),
            lambda: found.save(),
        ):
            say(refusal(act))
        say(api.artifact("vision/data/coco:latest").version)
        say(contents(api.artifact("vision/data/coco:v1").download(root="left")))
        """
    )
    assert said[0].startswith("CommError: input: result Version “coco:v2” has the aliases")
    assert "delete_aliases=True" in said[0]
    assert said[1:4] == [
        "CommError: artifact membership 'coco:v2' not found in 'vision/data'",
        "CommError: artifact membership 'coco:a2' not found in 'vision/data'",
        "CommError: artifact membership 'pictures:v2' not found in 'acme-corp/wandb-registry-dataset'",
    ]
    for sentence in said[4:9]:
        assert not sentence.startswith("nothing raised"), said
        assert "only after" not in sentence
    assert said[9:] == ["v1", {"shared": "shared", "own": "1"}]
    assert not Alias.objects.filter(name__in=["a2", "b2"]).exists()
    said = client.run(
        """
        with wandb.init(entity="vision", project="data") as run:
            artifact = wandb.Artifact("coco", "dataset")
            artifact.add_file(file("shared", b"shared"))
            artifact.add_file(file("own", b"2"))
            logged = run.log_artifact(artifact).wait()
            linked = logged.link("wandb-registry-dataset/pictures")
        api = wandb.Api(overrides={"entity": "vision"})
        say(logged.version, linked.version, [one.version for one in api.artifacts("dataset", "vision/data/coco")])
        """,
        user="alice",
    )
    assert said == ["v3", "v3", ["v3", "v1", "v0"]]
    page = client.opens("/vision/data/artifacts/dataset/coco", user="carol").content.decode()
    assert "v3" in page
    assert ">a2<" not in page
    assert ArtifactVersion.objects.live().count() == 3


def test_a_link_is_ended_and_its_source_stays(client: Client) -> None:
    said = client.run(
        LOGGED
        + """
        api = wandb.Api(overrides={"entity": "vision"})
        say(refusal(lambda: api.artifact("vision/data/coco:v0").unlink()))
        newest = api.artifact("wandb-registry-dataset/pictures:latest")
        newest.delete()
        say(refusal(lambda: api.artifact("wandb-registry-dataset/pictures:b2")))
        say(api.artifact("wandb-registry-dataset/pictures:latest").version)
        api.artifact("wandb-registry-dataset/pictures:b0").unlink()
        say([one.qualified_name for one in api.artifact("vision/data/coco:v2").linked_artifacts])
        again = api.artifact("vision/data/coco:v2").link("wandb-registry-dataset/pictures")
        say(again.version, sorted(again.aliases), sorted(api.artifact("vision/data/coco:v2").aliases))
        # A link to a link is a link to its source, also in another registry or collection.
        other = again.link("wandb-registry-dataset/others", aliases=["x"])
        say(other.source_qualified_name, other.version)
        say(sorted(one.qualified_name for one in api.artifact("vision/data/coco:v2").linked_artifacts))
        say(refusal(lambda: newest.unlink()))
        """,
        user="alice",
    )
    assert said[0].startswith("ValueError: Artifact 'vision/data/coco:v0' is not a linked artifact")
    assert "'pictures:b2' not found" in said[1]
    assert said[2:7] == ["v1", [], "v3", ["latest"], ["a2", "latest"]]
    assert said[7:9] == ["vision/data/coco:v2", "v0"]
    assert said[9] == [f"acme-corp/wandb-registry-dataset/{name}" for name in ("others:v0", "pictures:v3")]
    places = Membership.objects.filter(collection__name="pictures")
    assert sorted(places.values_list("index", flat=True)) == [1]  # the last unlink took the version's new link
    said = client.run("say(wandb.Api().artifact('vision/data/coco:a2').file_count)", user="carol")
    assert said == [2]
    page = client.opens("/orgs/Acme%20Corp/registry/dataset/pictures", user="carol").content.decode()
    assert ">b1<" in page
    assert ">b2<" not in page


def test_who_may_not_and_what_is_protected(client: Client, world: World) -> None:
    project = factories.project(world.team, "data", user=world.bob)
    for number in range(3):
        version = factories.version(project, "coco", "dataset", user=world.bob)
        aliases_and_tags.add_aliases(version.memberships.get(), [f"a{number}"], acting_user=world.bob)
        link_by_name(version, world.dataset, "pictures", aliases=[f"b{number}"], acting_user=world.bob)
    ProtectedAlias.objects.create(project=world.dataset, name="b1", name_key="b1")
    before = (Membership.objects.count(), Alias.objects.count(), ArtifactVersion.objects.live().count())
    script = """
        api = wandb.Api(overrides={"entity": "vision"})
        source, link = api.artifact("vision/data/coco:v1"), api.artifact("wandb-registry-dataset/pictures:v1")
        for act in (lambda: source.delete(delete_aliases=True), lambda: link.unlink(), lambda: link.delete()):
            say(refusal(act))
        """
    member = client.run(script)
    assert "a registry holds this version by a protected alias" in member[0]
    assert member[1] == member[2]
    assert "protected alias “b1”" in member[1]
    viewer = client.run(script, user="carol")
    assert viewer[0].startswith("CommError: input: result permission denied: your role in “data” is viewer")
    assert "permission" in viewer[1]
    for sentence in [*member, *viewer]:
        assert sentence.startswith("CommError")
        assert "only after" not in sentence
    assert (Membership.objects.count(), Alias.objects.count(), ArtifactVersion.objects.live().count()) == before
    admin = client.run(script + "\n        say(refusal(lambda: source.delete(delete_aliases=True)))", user="alice")
    assert "a registry holds this version by a protected alias" in admin[0]
    assert admin[1].startswith("nothing raised")
    assert admin[3].startswith("nothing raised")
    assert not ArtifactVersion.objects.live().filter(index=1).exists()
