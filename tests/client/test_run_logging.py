"""What a script logs with the unmodified client, as another person reads it and as the run's pages show it."""

import pytest

from artifacts.models import Collection, Run, RunFile
from tests.client.conftest import Client

pytestmark = pytest.mark.client


def shows(client: Client, address: str, *words: str, user: str = "carol") -> None:
    """A page as somebody sees it has all of these words."""
    text = client.opens(address, user=user).content.decode()
    for word in words:
        assert word in text, word


def test_what_a_run_says_of_itself_is_read_by_another(client: Client) -> None:
    client.run(
        """
        with wandb.init(entity="vision", project="full", id="r1", name="first", group="night", job_type="train",
                        notes="**bold** words", tags=["a", "b"], config={"lr": 0.1, "opt": {"name": "adam"}}) as run:
            run.config.update({"lr": 0.2, "extra": [1, 2]}, allow_val_change=True)
            run.config["late"] = "x"
            run.define_metric("val/*", step_metric="epoch")
            run.define_metric("acc", summary="max")
            run.define_metric("hidden", hidden=True)
            for step, acc in enumerate([0.1, 0.9, 0.5]):
                run.log({"epoch": step * 10, "val/loss": 1 / (step + 1), "acc": acc, "hidden": step})
            run.summary["best"] = 0.9
            run.summary["nest"] = {"deep": {"x": 1}}
            run.summary.update({"gone": 1, "kept": 2})
            del run.summary["gone"]
            run.summary["nest"]["deep"]["x"] = 5
            run.tags += ("c",)
            run.alert("title", "text")  # nobody is there to be told: the run goes on
            status = run.status()
            assert status.sync_items_pending >= 0
        """
    )
    said = client.run(
        """
        run = wandb.Api().run("vision/full/r1")
        say(run.config, sorted(run.rawconfig), run.name, run.group, run.job_type, run.notes, run.tags, run.state)
        keys = ("acc", "best", "nest", "gone", "kept", "val/loss")
        say({key: run.summary_metrics.get(key) for key in keys}, run.summary["nest"]["deep"]["x"], run.user.username)
        """,
        user="carol",
    )
    assert said == [
        {"lr": 0.2, "opt": {"name": "adam"}, "extra": [1, 2], "late": "x"},
        ["_wandb", "extra", "late", "lr", "opt"],
        *["first", "night", "train", "**bold** words", ["a", "b", "c"], "finished"],
        {
            "acc": {"max": 0.9},
            "best": 0.9,
            "nest": {"deep": {"x": 5}},
            "gone": None,
            "kept": 2,
            "val/loss": 1 / 3,
        },
        5,
        "bob",
    ]
    metrics = Run.objects.get().config["_wandb"]["value"]["m"]
    assert len(metrics) >= 3
    shows(client, "/vision/full/runs/r1", "first", "val/loss", ">c<")
    shows(client, "/vision/full/runs/r1/overview", "night", "train", "<strong>bold</strong>")
    shows(client, "/vision/full/runs/r1/config", "adam", "late")


def test_tables_and_media_are_kept_with_the_run_and_as_artifacts(client: Client) -> None:
    said = client.run(
        """
        with wandb.init(entity="vision", project="media", id="m1", save_code=True) as run:
            run.log({"table": wandb.Table(columns=["a", "b"], data=[[1, "x"], [2, "y"]]), "html": wandb.Html("<b>hi</b>")})
            run.log({"hist": wandb.Histogram(np_histogram=([1, 2, 3], [0, 1, 2, 3]))})
            sound = b"RIFF$\\0\\0\\0WAVEfmt \\x10\\0\\0\\0\\1\\0\\1\\0D\\xac\\0\\0\\x88X\\1\\0\\2\\0\\x10\\0data\\0\\0\\0\\0"
            run.log({"audio": wandb.Audio(file("a.wav", sound), caption="s")})
            growing = wandb.Table(columns=["n"], log_mode="INCREMENTAL")
            for number in range(3):
                growing.add_data(number)
                run.log({"inc": growing})
            run.log_code(".", name="code", include_fn=lambda path: path.endswith(".wav"))
        """
    )
    said = client.run(
        """
        api = wandb.Api()
        run = api.run("vision/media/m1")
        say(sorted((one.name, one.type) for one in run.logged_artifacts()))
        say(api.artifact("vision/media/run-m1-table:latest").get("table").data)
        rows = []
        for number in range(3):
            rows += sorted(api.artifact(f"vision/media/run-m1-incr-inc:v{number}").manifest.entries)
        say(len(set(rows)))
        html = run.summary["html"]
        say(open(run.file(html["path"]).download(root="got").name).read().count("<b>hi</b>"))
        say(run.summary["hist"]["values"], run.summary["audio"]["caption"], run.summary["table"]["ncols"])
        say(sorted(one.name.split("/")[1] for one in run.files(pattern="media/%")))
        """,
        user="carol",
    )
    assert said[0] == [
        *[["code:v0", "code"], *[[f"run-m1-incr-inc:v{number}", "wandb-run-incremental-table"] for number in range(3)]],
        ["run-m1-table:v0", "run_table"],
    ]
    assert said[1:3] == [[[1, "x"], [2, "y"]], 3]
    assert said[3:] == [1, [1, 2, 3], "s", 2, ["audio", "html", "table", "table", "table", "table"]]
    assert set(Collection.objects.values_list("type", flat=True)) == {
        "run_table",
        "wandb-run-incremental-table",
        "code",
    }
    shows(client, "/vision/media/runs/m1/artifacts", "run-m1-table", "run-m1-incr-inc", "code:v0")
    shows(client, "/vision/media/runs/m1/files", ".wav", ".html")


def test_files_of_a_run_are_saved_and_restored(client: Client) -> None:
    said = client.run(
        """
        with wandb.init(entity="vision", project="files", id="f1") as run:
            file("notes.txt", b"first")
            run.save("./notes.txt")
            os.makedirs("sub/deep")
            file("sub/deep/b.txt", b"b")
            run.save("sub/*/*.txt", base_path=".", policy="now")
            file("end.txt", b"early")
            run.save("end.txt", policy="end")
            file("end.txt", b"late")
        with wandb.init(entity="vision", project="files", id="f 2") as run:
            say(run.restore("notes.txt", run_path="vision/files/f1", root="r").read())
            run.log({"x": 1})
            run.save("end.txt")
        spaced = wandb.Api().run("vision/files/f 2")
        assert spaced.url == run.url and open(spaced.file("end.txt").download(root="s").name).read() == "late"
        assert [row["x"] for row in spaced.scan_history()] == [1]
        say(wandb.restore("sub/deep/b.txt", run_path="vision/files/f1", root="r").read(), os.path.exists("r/sub/deep/b.txt"))
        run = wandb.Api().run("vision/files/f1")
        say([run.file("./notes.txt").name, open(run.file("end.txt").download(root="r").name).read()])
        say(run.metadata["program"] is not None, run.metadata["startedAt"][:2])
        try:
            wandb.restore("absent.txt", run_path="vision/files/f1", root="r")
        except ValueError as error:
            say(str(error))
        try:
            run.file("absent.txt").download()
        except wandb.errors.CommError as error:
            say("no file" in str(error), str(error))
        """
    )
    assert said[:6] == ["first", "b", True, ["notes.txt", "late"], True, "20"]
    assert said[6:8] == ["File absent.txt not found in vision/files/f1.", True], said
    names = set(RunFile.objects.filter(run__name="f1", uploaded_at__isnull=False).values_list("name", flat=True))
    assert {"notes.txt", "sub/deep/b.txt", "end.txt", "config.yaml", "wandb-summary.json"} <= names
    shows(client, "/vision/files/runs/f1/files", "sub/deep/b.txt", "end.txt")
    shows(client, "/vision/files", "/vision/files/runs/f%202")
    shows(client, "/vision/files/runs/f%202/files", "end.txt")
    assert b"late" in b"".join(client.opens("/files/vision/files/f1/end.txt", user="carol").streaming_content)


def test_system_metrics_and_states_reach_the_pages(client: Client) -> None:
    said = client.run(
        """
        script = "import wandb; r = wandb.init(entity='vision', project='machine', id='s3'); r.mark_preempting(); raise OSError"
        import subprocess
        assert subprocess.run([sys.executable, "-c", script], capture_output=True).returncode == 1
        settings = wandb.Settings(x_stats_sampling_interval=0.2)
        with wandb.init(entity="vision", project="machine", id="s1", settings=settings) as run:
            for step in range(3):
                run.log({"x": step})
            time.sleep(0.5)
        found = wandb.Api().run("vision/machine/s1")
        say(any(name.startswith("system.") for name in found.system_metrics))
        rows = found.history(stream="system", pandas=False)
        say(len(rows) > 0 and "_timestamp" in rows[0])
        with wandb.init(entity="vision", project="machine", id="s2") as run:
            run.mark_preempting()
        say([wandb.Api().run(f"vision/machine/{one}").state for one in ("s1", "s2", "s3")])
        """
    )
    assert said == [True, True, ["finished", "finished", "preempted"]]
    shows(client, "/vision/machine/runs/s1/system", "system.")
    shows(client, "/vision/machine/runs/s3", "preempted")


def test_several_processes_write_one_shared_run(client: Client) -> None:
    said = client.run(
        """
        import subprocess
        script = '''
        import sys, wandb
        label = sys.argv[1]
        settings = wandb.Settings(mode="shared", x_label=label, x_primary=label == "main")
        with wandb.init(entity="vision", project="shared", id="one", settings=settings) as run:
            run.log({f"loss/{label}": 1})
        '''
        import textwrap
        for label in ("main", "worker"):
            done = subprocess.run([sys.executable, "-c", textwrap.dedent(script), label], capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
        run = wandb.Api().run("vision/shared/one")
        say(run.state, len(list(run.scan_history())), sorted(key for row in run.scan_history() for key in row if "/" in key))
        """
    )
    assert said[0] in {"finished", "running"}
    assert said[1:] == [2, ["loss/main", "loss/worker"]]
