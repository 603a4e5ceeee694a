"""The unmodified client writes to a run more than once: several processes at once, offline runs synced again, anew, resumed."""

import pytest

from artifacts.models import MetricSeries, Run
from artifacts.runs import reading
from tests.client.conftest import Client

pytestmark = pytest.mark.client

SHELL = """
import glob, signal, subprocess
def begin(text, *words, **more):
    return subprocess.Popen([sys.executable, "-c", text, *map(str, words)], env={**os.environ, **more}, stderr=subprocess.PIPE)
def done(*processes):
    for process in processes:
        assert process.wait(90) == 0, process.stderr.read()
def seen(path):
    run = wandb.Api().run(path)
    rows = list(run.scan_history())
    lines = [line.content for line in run.console_logs() if "says" in line.content]
    return {"rows": rows, "lines": lines, "summary": dict(run.summary), "last": run.lastHistoryStep, "state": run.state,
            "keys": sorted(run.history_keys["keys"])}
"""


def test_processes_that_share_a_run_keep_everything(client: Client) -> None:
    said = client.run(
        SHELL
        + '''
WRITER = """
import os, sys, time, wandb
rank, rows = sys.argv[1], int(sys.argv[2])
settings = wandb.Settings(mode="shared", x_label="rank" + rank, x_primary=rank == "0", x_update_finish_state=rank == "0")
resume = sys.argv[3] if len(sys.argv) > 3 else None
with wandb.init(entity="vision", project="shared", id="one", settings=settings, config={"c" + rank: 1}, resume=resume) as run:
    open("begun" + rank, "w").close()
    for row in range(rows):
        run.log({"loss" + rank: row, "all": row})
        print("rank", rank, "says", row, flush=True)
        time.sleep(0.3)
    if rank == "9":
        time.sleep(17)  # what it logged is sent after 15 seconds
        os.kill(os.getpid(), 9)
"""
first = begin(WRITER, 0, 5)
while not os.path.exists("begun0"):
    time.sleep(0.1)
others = [begin(WRITER, rank, 5) for rank in (1, 2)]
killed = begin(WRITER, 9, 2)
done(first, *others)
found = seen("vision/shared/one")
say(len(found["rows"]), len(found["lines"]), found["state"], found["last"])
done(begin(WRITER, 3, 2))  # it comes late
killed.wait()
done(begin(WRITER, 4, 2, "allow"))
found = seen("vision/shared/one")
ranks = "012349"
say([sum("loss" + rank in row for row in found["rows"]) for rank in ranks])
say([sum("rank " + rank + " says" in line for line in found["lines"]) for rank in ranks])
say(["loss" + rank in found["summary"] for rank in ranks], ["loss" + rank in found["keys"] for rank in ranks])
say(found["state"], sorted(wandb.Api().run("vision/shared/one").config))
''',
        WANDB_CONSOLE="wrap",
    )
    assert said[:4] == [15, 15, "finished", 4]
    assert said[4:6] == [[5, 5, 5, 2, 2, 2]] * 2
    assert said[6:] == [[True] * 6, [True] * 6, "finished", ["c0", "c1", "c2", "c3", "c4", "c9"]]
    run = Run.objects.get()
    assert MetricSeries.objects.get(run=run, key="all").count == 21 == len(list(reading.lines(run, "history")))


def test_an_offline_run_synced_again_while_it_grows_is_there_once(client: Client) -> None:
    said = client.run(
        SHELL
        + '''
GROWING = """
import os, sys, time, wandb
with wandb.init(entity="vision", project="later", id="grows", mode="offline") as run:
    for row in range(400):
        run.log({"x": row, "pad": "p" * 200})  # enough that it is written out
        print("it says", row, flush=True)
    open("half", "w").close()
    while not os.path.exists("go"):
        time.sleep(0.1)
    for row in range(400, 403):
        run.log({"x": row})
        print("it says", row, flush=True)
"""
growing = begin(GROWING)
while not os.path.exists("half"):
    time.sleep(0.1)
def sync():
    for mark in glob.glob(os.environ["WANDB_DIR"] + "/wandb/offline-run-*/*.synced"):
        os.remove(mark)
    subprocess.run([sys.executable, "-m", "wandb", "sync", *glob.glob(os.environ["WANDB_DIR"] + "/wandb/offline-run-*")])
    found = seen("vision/later/grows")
    numbers = [row["x"] for row in found["rows"]]
    assert found["lines"] == [f"it says {number}" for number in range(len(found["lines"]))], found["lines"]
    assert numbers == list(range(len(numbers))), numbers
    return len(numbers), len(found["lines"]), found["last"], found["state"]
time.sleep(1)
say(0 < sync()[0] <= 400, 0 < sync()[0] <= 400)
open("go", "w").close()
done(growing)
say(sync(), sync())
''',
        WANDB_CONSOLE="wrap",
        WANDB_SILENT="false",
    )
    assert said == [True, True, [403, 403, 402, "finished"], [403, 403, 402, "finished"]]


def test_a_run_begun_anew_replaces_the_one_before_and_a_resumed_one_goes_on(client: Client) -> None:
    said = client.run(
        SHELL
        + """
def go(rows, key, **more):
    with wandb.init(entity="vision", project="again", id="job", config={key: 1}, **more) as run:
        for row in range(rows):
            run.log({"x": row, key: row, "shown": wandb.Html(str(row))})
            print(key, "says", row, flush=True)
        with open(key + ".txt", "w") as out:
            out.write(key)
        run.save(key + ".txt")
def told():
    found = seen("vision/again/job")
    return [[row["x"] for row in found["rows"]], found["lines"], found["last"], [key for key in found["keys"] if key in "abcd"],
            sorted(key for key in found["summary"] if key in "abcd")]
go(4, "a")
go(2, "b")
say(told())
go(2, "c", resume="allow")
go(1, "d", resume="must")
say(told())
go(1, "a")
say(told(), sorted(wandb.Api().run("vision/again/job").config))
""",
        WANDB_CONSOLE="wrap",
    )
    assert said[0] == [[0, 1], ["b says 0", "b says 1"], 1, ["b"], ["b"]]
    assert said[1] == [
        [0, 1, 0, 1, 0],
        ["b says 0", "b says 1", "c says 0", "c says 1", "d says 0"],
        4,
        ["b", "c", "d"],
        ["b", "c", "d"],
    ]
    assert said[2:] == [[[0], ["a says 0"], 0, ["a"], ["a"]], ["a"]]
