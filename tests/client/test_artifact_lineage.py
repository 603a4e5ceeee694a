"""What runs make and take: `use_artifact` and its relatives in all their forms, and the lineage that a colleague reads."""

import pytest

from artifacts.models import ArtifactVersion, Membership, Run, RunOutput, RunUse
from tests.client.conftest import Client

pytestmark = pytest.mark.client

LOGGED = """
        with wandb.init(entity="vision", project="data", id="maker", job_type="make") as run:
            artifact = wandb.Artifact("coco", "dataset")
            artifact.add_file(file("x", b"x"))
            logged = run.log_artifact(artifact, aliases=["best"]).wait()
            run.link_artifact(logged, "wandb-registry-dataset/pictures", aliases=["staging"])
        """


def test_a_run_uses_a_version_in_every_form(client: Client) -> None:
    said = client.run(
        LOGGED
        + """
        with wandb.init(entity="vision", project="data", id="user", job_type="use") as run:
            for name in ("coco:best", "coco:v0", "data/coco:latest", "vision/data/coco:v0", "coco"):
                say(run.use_artifact(name, type="dataset").qualified_name)
            for name in ("wandb-registry-dataset/pictures:v0", "acme-corp/wandb-registry-dataset/pictures:staging",
                         "Acme Corp/wandb-registry-dataset/pictures:latest"):
                say(run.use_artifact(name).qualified_name)
            held = wandb.Api().artifact("vision/data/coco:v0")
            say(run.use_artifact(held, use_as="training data").id == held.id)
            assert held.use_as in {None, "training data"}  # deprecated, and not told by every client
            draft = wandb.Artifact("drafted", "dataset")
            draft.add_file(file("y", b"y"))
            say(run.use_artifact(draft, aliases=["mine"]).qualified_name, draft.is_draft())
            begun = wandb.Artifact("begun", "dataset")
            begun.add_file(file("z", b"z"))
            run.log_artifact(begun)
            say(run.use_artifact(begun).wait().qualified_name)
            for act in (
                lambda: run.use_artifact("coco:v0", type="model"),
                lambda: run.use_artifact("absent:v0"),
                lambda: run.use_artifact("coco:v9"),
                lambda: run.use_artifact("vision/nowhere/coco:v0"),
                lambda: run.use_artifact("wandb-registry-nowhere/pictures:v0"),
                lambda: run.use_artifact("wrong org/wandb-registry-dataset/pictures:v0"),
                lambda: run.use_artifact("a/b/c/d:v0"),
            ):
                say(refusal(act))
        """,
        user="alice",
    )
    registry = "acme-corp/wandb-registry-dataset/pictures"
    assert said[:5] == [f"vision/data/coco:{alias}" for alias in ("best", "v0", "latest", "v0", "v0")]
    assert said[5:8] == [f"{registry}:{alias}" for alias in ("v0", "staging", "latest")]
    assert said[8:12] == [True, "vision/data/drafted:v0", False, "vision/data/begun:v0"]
    expected = [
        "CommError: type 'model' specified but this artifact is of type 'dataset'",
        "CommError: artifact membership 'absent:v0' not found in 'vision/data'",
        "CommError: artifact membership 'coco:v9' not found in 'vision/data'",
        "CommError: project 'nowhere' not found under entity 'vision'",
        "CommError: project 'wandb-registry-nowhere' not found under entity 'acme-corp'",
        "CommError: Unable to find organization for entity",
        "CommError: Invalid artifact path",
    ]
    # The client raises some of them as they are, and some in its own class.
    sentences = [sentence.replace("ValueError: ", "CommError: ", 1) for sentence in said[12:]]
    for sentence, start in zip(sentences, expected, strict=True):
        assert sentence.startswith(start), sentences
        assert "only after" not in sentence
    uses = RunUse.objects.filter(run__name="user")
    assert sorted(uses.values_list("version__sequence__name", flat=True)) == ["begun", "coco", "drafted"]

    said = client.run(
        """
        api = wandb.Api(overrides={"entity": "vision"})
        for path in ("vision/data/coco:v0", "wandb-registry-dataset/pictures:v0"):
            found = api.artifact(path)
            say(found.logged_by().id, [run.id for run in found.used_by()])
        run = api.run("vision/data/user")
        say(sorted(one.source_name for one in run.used_artifacts()), sorted(one.name for one in run.logged_artifacts()))
        say([one.name for one in api.run("vision/data/maker").logged_artifacts()])
        """,
        user="carol",
    )
    assert said[:4] == ["maker", ["user"]] * 2
    assert said[4:] == [["begun:v0", "coco:v0", "drafted:v0"], ["begun:v0"], ["coco:v0"]]
    for address in (
        "/vision/data/artifacts/dataset/coco/v0/lineage",
        "/orgs/Acme%20Corp/registry/dataset/pictures/v0/lineage",
    ):
        page = client.opens(address, user="carol").content.decode()
        assert "/vision/data/runs/user" in page
        assert "/vision/data/runs/maker" in page


def test_models_and_code_are_logged_used_and_linked(client: Client) -> None:
    said = client.run(
        """
        file("src/train.py", b"print(1)")
        file("src/deep/more.py", b"print(2)")
        file("src/notes.txt", b"no code")
        with wandb.init(entity="vision", project="models", id="trainer") as run:
            run.log_model(path=file("weights.bin", b"weights"), name="net", aliases=["best"])
            run.log_model("src", name="folder")
            say(run.log_code("src").wait().type, run.log_code("src", name="named").wait().name)
            say(run.log_code("src", include_fn=lambda path: path.endswith(".nothing")))
            linked = run.link_model("weights.bin", registered_model_name="detector", name="net", aliases=["prod"])
            say(linked.qualified_name, linked.source_qualified_name, sorted(linked.aliases))
            say(refusal(lambda: run.link_model("weights.bin", registered_model_name="a/b")))
            data = wandb.Artifact("data", "dataset")
            data.add_file("weights.bin")
            run.log_artifact(data).wait()
            say(refusal(lambda: run.use_model("data:v0")))
        """
    )
    assert said[:3] == ["code", "named:v0", None]
    assert said[3:6] == ["acme-corp/wandb-registry-model/detector:v0", "vision/models/net:v0", ["latest", "prod"]]
    assert said[6].startswith("AssertionError: Please provide only the name")
    assert said[7].startswith("AssertionError: You can only use this method for 'model' artifacts")
    said = client.run(
        """
        with wandb.init(entity="vision", project="models", id="reader") as run:
            say(open(run.use_model("net:best")).read(), sorted(contents(run.use_model("folder:latest"))))
        api = wandb.Api(overrides={"entity": "vision"})
        found = api.artifact("wandb-registry-model/detector:prod", type="model")
        say([one.id for one in found.used_by()], found.version)
        code = [one for one in api.run("vision/models/trainer").logged_artifacts() if one.type == "code"]
        say(sorted({one.name.split(":")[0].split("-")[0] for one in code}), sorted(code[0].manifest.entries))
        """,
        user="alice",
    )
    assert said[0] == "weights"
    assert said[1] == ["deep/more.py", "notes.txt", "train.py"]
    assert said[2:4] == [["reader"], "v0"]
    assert said[4:] == [["named", "source"], ["deep/more.py", "train.py"]]
    assert Membership.objects.get(collection__name="detector").version.sequence.name == "net"
    assert "detector" in client.opens("/orgs/Acme%20Corp/registry/model", user="carol").content.decode()


PART = """
    with wandb.init(entity="vision", project="data", group="g", id="worker{number}") as run:
        part = wandb.Artifact("parts", "dataset")
        part.add_file(file("part{number}", b"part{number}"))
        part.add_file(file("common", b"common"))
        run.upsert_artifact(part, distributed_id="the group", aliases=["alias{number}"])
"""


def test_processes_make_one_distributed_version_together(client: Client) -> None:
    for number in range(2):
        client.run(PART.format(number=number))
    pending = ArtifactVersion.objects.get()
    assert (pending.state, pending.file_count) == ("PENDING", 0)
    said = client.run(
        """
        with wandb.init(entity="vision", project="data", group="g", id="finisher") as run:
            last = wandb.Artifact("parts", "dataset")
            last.add_file(file("last", b"last"))
            say(refusal(lambda: wandb.Api().artifact("vision/data/parts:latest")))
            whole = run.finish_artifact(last, distributed_id="the group").wait()
            say(whole.qualified_name, sorted(whole.aliases), whole.distributed_id)
        """,
        user="alice",
    )
    assert "'parts:latest' not found" in said[0]
    assert said[1:] == ["vision/data/parts:v0", ["alias0", "alias1", "latest"], "the group"]
    said = client.run(
        """
        found = wandb.Api().artifact("vision/data/parts:alias0")
        say(contents(found.download(root="down")), found.state, found.size)
        found.verify(root="down")
        """,
        user="carol",
    )
    assert said[0] == {"part0": "part0", "part1": "part1", "common": "common", "last": "last"}
    assert said[1:] == ["COMMITTED", 20]
    makers = RunOutput.objects.filter(version=pending).values_list("run__name", flat=True)
    assert sorted(makers) == ["finisher", "worker0", "worker1"]


def test_what_may_not_be_logged_is_refused_in_a_sentence(client: Client) -> None:
    said = client.run(
        LOGGED
        + """
        def logging(name, kind, **words):
            try:
                artifact = wandb.Artifact(name, kind)
            except ValueError as error:
                return f"ValueError: {error}"
            artifact.add_file("x")
            with wandb.init(entity="vision", project="data") as run:
                return refusal(lambda: run.log_artifact(artifact, **words).wait())
        for act in (
            lambda: wandb.Artifact("x" * 129, "dataset"),
            lambda: wandb.Artifact("a/b", "dataset"),
            lambda: wandb.Artifact("x", "wandb-history"),
            lambda: wandb.Artifact("x", "job"),
            lambda: wandb.Artifact("run-1", "run_table"),
            lambda: wandb.Artifact("source-x", "code"),
            lambda: wandb.Artifact("x", "dataset", metadata={str(number): 1 for number in range(101)}),
        ):
            say(refusal(act))
        for words in (("coco", "model"), ("a:b", "dataset"), ("x", "bad/type"), ("COCO", "dataset")):
            say(logging(*words))
        say(logging("x", "dataset", aliases=["v7"]), logging("x", "dataset", aliases=["a/b"]), logging("x", "dataset", tags=["a/b"]))
"""
    )
    expected = [
        "ValueError: Artifact name is longer than 128 characters",
        "ValueError: Artifact name may only contain alphanumeric characters, dashes, underscores, and dots. Invalid name: 'a/b'",
        *["ValueError: Artifact type "] * 4,
        "ValueError: Artifact must not have more than 100 metadata keys",
        "ValueError: Artifact coco already exists with type 'dataset'; cannot create another with type 'model'",
        "ValueError: Artifact name may only contain alphanumeric",
        "ValueError: ArtifactSaver.createArtifact: input: createArtifact The type “bad/type”",
        "ValueError: ArtifactSaver.createArtifact: input: createArtifact A collection named “coco” exists",
        "ValueError: ArtifactSaver.createArtifact: input: createArtifact The alias “v7” looks like a version",
        "ValueError: Aliases must not contain any of the following characters",
        "ValueError: Invalid tag(s).",
    ]
    for sentence, start in zip(said, expected, strict=True):
        assert sentence.startswith(start), said
        assert "only after" not in sentence
    assert ArtifactVersion.objects.count() == 1
    assert Run.objects.filter(project__name="data").count() == 7
