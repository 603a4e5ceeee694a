"""The unmodified client against a real server: the document's snippets, and what a colleague then finds."""

import pytest

from artifacts.models import Alias, ArtifactVersion, AuditEvent, Membership, Project, Run, RunUse
from tests.client.conftest import Client

pytestmark = pytest.mark.client


def test_link_within_a_run_as_documented(client: Client) -> None:
    said = client.run(
        """
        with wandb.init(entity="vision", project="detector") as run:
            artifact = wandb.Artifact(name="yolo", type="model")
            artifact.add_file(local_path=file("model.bin", 4096))
            linked = run.link_artifact(artifact=artifact, target_path="wandb-registry-model/detectors", aliases=["staging"])
        say(linked.name, linked.version, linked.is_link, sorted(linked.aliases), linked.source_qualified_name, linked.url)
        """
    )
    name, version, is_link, aliases, source, address = said
    assert (name, version, is_link, aliases) == ("detectors:v0", "v0", True, ["latest", "staging"])
    assert source == "vision/detector/yolo:v0"
    membership = Membership.objects.get(collection__name="detectors")
    assert membership.version.size == 4096
    assert membership.version.run is not None
    assert client.opens(address).status_code == 200
    assert Run.objects.get().state == "finished"


def test_link_outside_a_run_as_documented(client: Client) -> None:
    said = client.run(
        """
        artifact = wandb.Artifact(name="yolo", type="model")
        artifact.add_file(local_path=file("model.bin", 100))
        artifact.save()
        artifact.wait()
        linked = artifact.link(target_path="wandb-registry-model/detectors")
        say(artifact.entity, linked.qualified_name, artifact.url)
        """
    )
    # Nobody named an entity: the first team that bob joined is his default.
    assert said[:2] == ["vision", "acme-corp/wandb-registry-model/detectors:v0"]
    assert client.opens(said[2]).status_code == 200


def test_registry_names_with_spaces_and_the_organization_in_front(client: Client) -> None:
    said = client.run(
        """
        wandb.Api().create_registry("Golden Datasets", visibility="organization", organization="Acme Corp")
        with wandb.init(entity="vision", project="detector") as run:
            artifact = wandb.Artifact(name="raw", type="dataset")
            artifact.add_file(local_path=file("x.csv", 30), name="sub dir/x y.csv")
            linked = run.link_artifact(artifact, "Acme Corp/wandb-registry-Golden Datasets/raw_images", aliases=["gold"])
        api = wandb.Api()
        found = api.artifact("Acme Corp/wandb-registry-Golden Datasets/raw_images:gold")
        by_entity = api.artifact("acme-corp/wandb-registry-Golden Datasets/raw_images:latest")
        short = wandb.Api(overrides={"entity": "vision"}).artifact("wandb-registry-Golden Datasets/raw_images:v0")
        place = found.download(root="down", skip_cache=True)
        say(linked.project, linked.url, found.id == by_entity.id == short.id, os.path.getsize(place + "/sub dir/x y.csv"))
        """
    )
    assert said[0] == "wandb-registry-Golden Datasets"
    assert said[2:] == [True, 30]
    assert client.opens(said[1]).status_code == 200


def test_linking_the_same_version_again_is_one_link(client: Client) -> None:
    client.run(
        """
        for alias in ("one", "two"):
            with wandb.init(entity="vision", project="detector") as run:
                artifact = wandb.Artifact(name="yolo", type="model")
                artifact.add_file(local_path=file("model.bin", b"the same"))
                linked = run.link_artifact(artifact, "wandb-registry-model/detectors", aliases=[alias])
        say(linked.version)
        """
    )
    membership = Membership.objects.get(collection__name="detectors")
    assert membership.alias_names == ["latest", "one", "two"]
    assert ArtifactVersion.objects.count() == 1


def test_a_colleague_fetches_by_number_alias_and_latest_and_leaves_a_trace(client: Client) -> None:
    client.run(
        """
        with wandb.init(entity="vision", project="detector", job_type="train") as run:
            for step in range(5):
                run.log({"loss": 1 / (step + 1)})
            artifact = wandb.Artifact("yolo", "model", description="small", metadata={"acc": 0.9, "nested": {"k": [1, 2]}})
            artifact.add_file(file("one.bin", b"1" * 70000))
            artifact.add_file(file("two.txt", b"hello"))
            logged = run.log_artifact(artifact, aliases=["best"], tags=["fast"]).wait()
            run.link_artifact(logged, "wandb-registry-model/detectors", aliases=["prod"])
        """
    )
    said = client.run(
        """
        api = wandb.Api(overrides={"entity": "vision"})
        with wandb.init(entity="vision", project="detector", job_type="eval") as run:
            ids = {run.use_artifact(f"wandb-registry-model/detectors:{name}").id for name in ("v0", "latest", "prod")}
        found = api.artifact("vision/detector/yolo:best")
        place = found.download(root="down", skip_cache=True)
        found.verify(root=place)
        alone = found.get_entry("two.txt").download(root="alone", skip_cache=True)
        say(len(ids), open(alone).read(), found.metadata, found.tags, found.description, found.logged_by().job_type)
        say([user.job_type for user in found.used_by()], os.path.getsize(place + "/one.bin"))
        """,
        user="alice",
    )
    assert said[:3] == [1, "hello", {"acc": 0.9, "nested": {"k": [1, 2]}}]
    assert said[3:] == [["fast"], "small", "train", ["eval"], 70000]
    use = RunUse.objects.get()
    assert use.through is not None
    assert use.through.name == "detectors"


def test_refusals_are_sentences_and_change_nothing(client: Client) -> None:
    client.run(
        """
        with wandb.init(entity="vision", project="detector") as run:
            for name, kind in (("yolo", "model"), ("coco", "dataset")):
                artifact = wandb.Artifact(name, kind)
                artifact.add_file(file(name, 10))
                run.log_artifact(artifact).wait()
        with wandb.init(entity="bob", project="mine") as run:
            artifact = wandb.Artifact("own", "model")
            artifact.add_file(file("own", 11))
            run.log_artifact(artifact).wait()
        """
    )
    before = (Membership.objects.count(), AuditEvent.objects.count())
    said = client.run(
        """
        api = wandb.Api(overrides={"entity": "vision"})
        model, data = api.artifact("vision/detector/yolo:v0"), api.artifact("vision/detector/coco:v0")
        own = api.artifact("bob/mine/own:v0")
        for act in (
            lambda: data.link("wandb-registry-model/detectors"),
            lambda: model.link("wandb-registry-Nowhere/detectors"),
            lambda: own.link("wandb-registry-model/detectors"),
            lambda: model.link("wandb-registry-model/detectors", aliases=["v3"]),
            lambda: model.link("wandb-registry-model/" + "x" * 129),
        ):
            began = time.monotonic()
            try:
                act()
                say("no refusal")
            except Exception as error:
                say(type(error).__name__ + ": " + str(error))
            assert time.monotonic() - began < 5
        """
    )
    for sentence, expected in zip(
        said,
        ["doesn't accept artifacts of type", "not found", "personal entity", "looks like a version number", "128"],
        strict=True,
    ):
        assert expected in sentence
    assert (Membership.objects.count(), AuditEvent.objects.count()) == before


def test_a_viewer_reads_and_may_not_link(client: Client) -> None:
    client.run(
        """
        with wandb.init(entity="vision", project="detector") as run:
            artifact = wandb.Artifact("yolo", "model")
            artifact.add_file(file("m", 10))
            run.link_artifact(artifact, "wandb-registry-model/detectors")
        """
    )
    said = client.run(
        """
        found = wandb.Api(overrides={"entity": "vision"}).artifact("wandb-registry-model/detectors:v0")
        say(os.listdir(found.download(root="down", skip_cache=True)))
        try:
            found.link("wandb-registry-model/other")
        except wandb.errors.CommError as error:
            say(str(error))
        """,
        user="carol",
    )
    assert said[0] == ["m"]
    assert "permission denied" in said[1]


def test_an_outsider_finds_nothing(client: Client) -> None:
    client.run(
        """
        with wandb.init(entity="vision", project="detector") as run:
            artifact = wandb.Artifact("yolo", "model")
            artifact.add_file(file("m", 10))
            run.link_artifact(artifact, "wandb-registry-model/detectors")
        """
    )
    said = client.run(
        """
        api = wandb.Api()
        for path in ("vision/detector/yolo:v0", "acme-corp/wandb-registry-model/detectors:v0", "vision/detector/absent:v0"):
            try:
                api.artifact(path)
                say("found")
            except Exception as error:
                say(str(error))
        """,
        user="mallory",
    )
    assert all("found" != sentence for sentence in said)
    assert not any("yolo" in sentence and "permission" in sentence for sentence in said)


def test_a_bad_key_fails_at_once(client: Client) -> None:
    said = client.run(
        """
        began = time.monotonic()
        try:
            wandb.init(entity="vision", project="detector")
        except Exception as error:
            say(str(error), time.monotonic() - began < 10)
        """,
        key="z" * 40,
    )
    assert "not logged in" in said[0]
    assert said[1] is True
    assert not Project.objects.filter(kind="project").exists()


def test_unlink_and_latest(client: Client) -> None:
    client.run(
        """
        for content in (b"a", b"b"):
            with wandb.init(entity="vision", project="detector") as run:
                artifact = wandb.Artifact("yolo", "model")
                artifact.add_file(file("m", content))
                linked = run.link_artifact(artifact, "wandb-registry-model/detectors")
        linked.unlink()
        """
    )
    assert Alias.objects.get(collection__name="detectors", name="latest").membership.name == "v0"
