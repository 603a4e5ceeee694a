"""The unmodified client logs: files, references, drafts, distributed versions, histories; and reads them back."""

import pytest

from artifacts.models import ArtifactVersion, Blob, MetricSeries, Run
from tests.client.conftest import Client

pytestmark = pytest.mark.client


def test_drafts_increments_and_equal_content(client: Client) -> None:
    said = client.run(
        """
        with wandb.init(entity="vision", project="data") as run:
            first = wandb.Artifact("coco", "dataset")
            for name in ("one", "two"):
                first.add_file(file(name, name.encode()))
            logged = run.log_artifact(first).wait()
            draft = logged.new_draft()
            draft.add_file(file("three", b"three"))
            draft.remove("one")
            second = run.log_artifact(draft).wait()
            say(second.version, sorted(second.manifest.entries))
            same = wandb.Artifact("coco", "dataset")
            for name in ("two", "three"):
                same.add_file(name)
            again = run.log_artifact(same, aliases=["again"]).wait()
            say(again.version, "again" in again.aliases)
            more = wandb.Artifact("coco", "dataset", incremental=True)
            more.add_file(file("four", b"four"))
            third = run.log_artifact(more).wait()
            say(third.version, sorted(third.manifest.entries))
        """
    )
    assert said == ["v1", ["three", "two"], "v1", True, "v2", ["four", "three", "two"]]
    assert Blob.objects.count() == 4  # each content once for the project


def test_directories_odd_names_empty_files_and_references(client: Client) -> None:
    said = client.run(
        """
        os.makedirs("many/sub dir/ünï")
        for number in range(60):
            file(f"many/f{number:03}.txt", b"same" if number % 2 else str(number).encode())
        file("many/empty", b"")
        file("many/sub dir/ünï/p%q#?.txt", b"odd")
        with wandb.init(entity="vision", project="data") as run:
            artifact = wandb.Artifact("many", "dataset")
            artifact.add_dir("many")
            artifact.add_reference("s3://bucket/key.bin", name="key.bin", checksum=False)
            artifact.add_reference("file://" + os.path.abspath("many/f000.txt"), name="local")
            logged = run.log_artifact(artifact).wait()
        found = wandb.Api().artifact("vision/data/many:v0")
        say(found.file_count, found.manifest.entries["key.bin"].ref, len(list(found.files(per_page=10))))
        say(open(found.get_entry("sub dir/ünï/p%q#?.txt").download(root="one", skip_cache=True)).read())
        say(os.path.getsize(found.get_entry("empty").download(root="one", skip_cache=True)))
        """
    )
    assert said == [64, "s3://bucket/key.bin", 64, "odd", 0]


def test_a_distributed_version_is_the_union_of_its_parts(client: Client) -> None:
    said = client.run(
        """
        with wandb.init(entity="vision", project="data", group="g") as run:
            part = wandb.Artifact("parts", "dataset")
            part.add_file(file("a", b"a"))
            run.upsert_artifact(part, distributed_id="group")
            last = wandb.Artifact("parts", "dataset")
            last.add_file(file("b", b"b"))
            whole = run.finish_artifact(last, distributed_id="group").wait()
            say(sorted(whole.manifest.entries), whole.version)
        """
    )
    assert said == [["a", "b"], "v0"]


def test_history_summary_config_and_resume(client: Client) -> None:
    said = client.run(
        """
        words = dict(tags=["x"], notes="n", name="shown", group="g")
        with wandb.init(entity="vision", project="curves", config={"lr": 0.1, "nested": {"b": 1}}, **words) as run:
            for step in range(30):
                run.log({"loss": 1 / (step + 1), "word": f"w{step}"})
            run.summary["final"] = 42
            run.config.update({"late": True})
            with open(os.path.join(run.dir, "extra.txt"), "w") as out:
                out.write("x")
            run.save(os.path.join(run.dir, "extra.txt"), base_path=run.dir)
        found = wandb.Api().run(f"vision/curves/{run.id}")
        say(found.state, found.summary["final"], found.config["late"], found.name, found.group, found.notes)
        say(len(list(found.scan_history())), len(found.history(samples=10, pandas=False)) > 0)
        say(found.file("extra.txt").download(root="down", replace=True).read())
        found.tags.append("y")
        found.update()
        with wandb.init(entity="vision", project="curves", id=run.id, resume="must") as again:
            again.log({"loss": 0.5})
        say(len(list(wandb.Api().run(f"vision/curves/{run.id}").scan_history())))
        """
    )
    assert said == ["finished", 42, True, "shown", "g", "n", 30, True, "x", 31]
    run = Run.objects.get()
    assert sorted(tag.name for tag in run.tag_rows.all()) == ["x", "y"]
    series = MetricSeries.objects.get(run=run, key="loss", stream="history")
    assert (series.count, series.maximum, series.last) == (31, 1.0, 0.5)


def test_metadata_description_tags_and_aliases_are_edited(client: Client) -> None:
    said = client.run(
        """
        with wandb.init(entity="vision", project="data") as run:
            artifact = wandb.Artifact("coco", "dataset", metadata={"a": 1})
            artifact.add_file(file("x", 10))
            logged = run.log_artifact(artifact).wait()
        logged.metadata["b"] = [1, {"c": None}]
        logged.description = "edited"
        logged.tags.append("kept")
        logged.aliases.append("best")
        logged.save()
        found = wandb.Api().artifact("vision/data/coco:best")
        say(found.metadata, found.description, found.tags, sorted(found.aliases))
        """
    )
    assert said == [{"a": 1, "b": [1, {"c": None}]}, "edited", ["kept"], ["best", "latest"]]
    assert ArtifactVersion.objects.get().description == "edited"
