"""The unmodified client's runs: console, long histories, packed streams, offline runs, lists, failures."""

import pytest

from artifacts.models import HistoryChunk, MetricSeries, Run
from artifacts.runs import reading
from tests.client.conftest import Client

pytestmark = pytest.mark.client


def test_the_console_is_kept(client: Client) -> None:
    said = client.run(
        """
        with wandb.init(entity="vision", project="loud") as run:
            for number in range(30):
                print(f"line {number}", flush=True)
            print("to the error stream", file=sys.stderr, flush=True)
            time.sleep(1)
        found = wandb.Api().run(f"vision/loud/{run.id}")
        lines = [line.content for line in found.console_logs(per_page=7)]
        say([line for line in lines if line.startswith("line ")] == [f"line {number}" for number in range(30)])
        say([(line.content, line.level) for line in found.console_logs(last=100) if "error" in line.content])
        """,
        WANDB_CONSOLE="wrap",
        WANDB_SILENT="false",
    )
    assert said == [True, [["to the error stream", "error"]]]
    page = client.opens(f"/vision/loud/runs/{Run.objects.get().name}/log").content.decode()
    assert "line 29" in page


def test_a_long_history_is_read_back_whole_and_drawn_from_little(client: Client) -> None:
    said = client.run(
        """
        settings = wandb.Settings(x_file_stream_no_gzip=False)
        with wandb.init(entity="vision", project="long", settings=settings) as run:
            for step in range(5000):
                row = {"loss": 1 / (step + 1), "nest": {"deep": {"lr": step * 1e-6}}}
                if step % 100 == 0:
                    row["val/acc"] = step / 5000
                if step == 7:
                    row["bad"] = float("nan")
                run.log(row)
        found = wandb.Api().run(f"vision/long/{run.id}")
        say(sum(1 for _ in found.scan_history()), sum(1 for _ in found.scan_history(keys=["val/acc"])))
        say([row["_step"] for row in found.scan_history(min_step=10, max_step=15)])
        say(len(found.history(samples=100, pandas=False)), len(found.history(keys=["val/acc"], pandas=False)))
        say([row["_step"] for row in found.scan_history(keys=["loss"], page_size=1000)] == list(range(5000)))
        say(found.lastHistoryStep, found.historyLineCount if hasattr(found, "historyLineCount") else 5000)
        say(found.history(keys=["nest.deep.lr"], samples=2, pandas=False)[-1]["nest.deep.lr"])
        """
    )
    assert said == [5000, 50, [10, 11, 12, 13, 14], 100, 50, True, 4999, 5000, 4999e-6]
    run = Run.objects.get()
    assert HistoryChunk.objects.filter(run=run, stream="history").count() <= 3
    rows = {row.key: row for row in MetricSeries.objects.filter(run=run, stream="history")}
    assert (rows["loss"].count, rows["nest.deep.lr"].count, rows["val/acc"].count, rows["bad"].count) == (
        5000,
        5000,
        50,
        1,
    )
    assert len(reading.points(rows["loss"])) <= 512
    assert client.opens(f"/vision/long/runs/{run.name}").status_code == 200


def test_an_offline_run_is_synced(client: Client) -> None:
    said = client.run(
        """
        import glob, subprocess
        with wandb.init(entity="vision", project="later", mode="offline", config={"lr": 1}) as run:
            for step in range(10):
                run.log({"loss": step})
        (place,) = glob.glob(os.path.join(os.environ["WANDB_DIR"], "wandb", "offline-run-*"))
        done = subprocess.run([sys.executable, "-m", "wandb", "sync", place], capture_output=True, text=True)
        say(done.returncode)
        found = wandb.Api().run(f"vision/later/{run.id}")
        say(found.state, found.config, len(list(found.scan_history())), found.summary["loss"])
        """
    )
    assert said == [0, "finished", {"lr": 1}, 10, 9]


def test_runs_are_listed_filtered_and_deleted(client: Client) -> None:
    said = client.run(
        """
        for number in range(3):
            with wandb.init(entity="vision", project="many", config={"lr": number}, name=f"n{number}") as run:
                run.log({"acc": number})
        api = wandb.Api()
        say(sorted(run.name for run in api.runs("vision/many")))
        say([run.name for run in api.runs("vision/many", filters={"config.lr": {"$gte": 2}})])
        say([run.name for run in api.runs("vision/many", filters={"summary_metrics.acc": 1, "state": "finished"})])
        say([run.name for run in api.runs("vision/many", order="-created_at", per_page=1)])
        file("up.txt", b"uploaded")
        found = api.runs("vision/many")[0]
        found.upload_file("up.txt")
        say([open(each.download(root="down", replace=True).name).read() for each in found.files(pattern="up%")])
        found.delete()
        say(len(wandb.Api().runs("vision/many")))
        """
    )
    assert said == [["n0", "n1", "n2"], ["n2"], ["n1"], ["n2", "n1", "n0"], ["uploaded"], 2]


def test_a_script_that_fails_leaves_a_failed_run(client: Client) -> None:
    client.run(
        """
        import subprocess
        script = "import wandb; run = wandb.init(entity='vision', project='bad'); run.log({'a': 1}); raise RuntimeError"
        assert subprocess.run([sys.executable, "-c", script]).returncode == 1
        """
    )
    run = Run.objects.get()
    assert (run.state, run.exit_code, run.history_lines) == ("failed", 1, 1)


def test_two_people_are_told_apart_and_strangers_kept_out(client: Client) -> None:
    client.run('with wandb.init(entity="vision", project="ours", id="r1") as run: run.log({"a": 1})')
    assert client.run('say(wandb.Api().run("vision/ours/r1").user.username)', user="carol") == ["bob"]
    refused = """
        try:
            wandb.init(entity="vision", project="ours", id="r1", resume="allow")
            say("let in")
        except Exception as error:
            say(str(error))
        """
    (sentence,) = client.run(refused, user="carol")
    assert "permission denied" in str(sentence)
    (sentence,) = client.run(refused, user="mallory")
    assert "not found" in str(sentence)
