"""Logging in, runs, and the command line."""

import glob
import os
import secrets
from pathlib import Path

import wandb
from flow import PERSONAL, PROJECT, TEAM, api, command, file, flow, fresh, script, source


@flow("log in; who am I, which teams have I")
def log_in() -> None:
    assert wandb.login(
        key=os.environ["WANDB_API_KEY"], host=os.environ["WANDB_BASE_URL"], relogin=True, verify=True, timeout=10
    )
    viewer = wandb.Api().viewer
    assert viewer.username == PERSONAL
    assert TEAM in viewer.teams


@flow("a run: config, summary, history, files, update, resume")
def a_run() -> None:
    with wandb.init(entity=TEAM, project=PROJECT, config={"lr": 0.1}, tags=["first"], notes="n", group="g") as run:
        for step in range(5):
            run.log({"loss": 1 / (step + 1)})
        run.summary["best"] = 42
        run.config.update({"late": True})
    place = f"{TEAM}/{PROJECT}/{run.id}"
    seen = api().run(place)
    assert (seen.state, seen.config["lr"], seen.config["late"]) == ("finished", 0.1, True), (seen.state, seen.config)
    assert (seen.summary["best"], round(seen.summary["loss"], 3), seen.notes) == (42, 0.2, "n")
    assert len(seen.history(samples=10, pandas=False)) == 5
    scanned = [round(row["loss"], 2) for row in seen.scan_history(keys=["loss"])]
    assert scanned == [1.0, 0.5, 0.33, 0.25, 0.2], scanned
    assert "config.yaml" in [each.name for each in seen.files()]
    seen.file("config.yaml").download(root=fresh("run-files"))
    seen.tags.append("second")
    seen.config["seen"] = "yes"
    seen.update()
    with wandb.init(entity=TEAM, project=PROJECT, id=run.id, resume="must") as again:
        assert again.starting_step == 5
        again.log({"loss": 0.0})
    seen = api().run(place)
    assert (sorted(seen.tags), seen.config["seen"], seen.summary["loss"]) == (["first", "second"], "yes", 0.0)
    assert run.id in [each.id for each in api().runs(f"{TEAM}/{PROJECT}", filters={"config.seen": "yes"})]


@flow("an offline run, then `wandb sync`")
def offline() -> None:
    run_id, name = secrets.token_hex(4), fresh("offline")
    script(
        f"import wandb\n"
        f"with wandb.init(entity={TEAM!r}, project={PROJECT!r}, mode='offline', id={run_id!r}) as run:\n"
        f"    [run.log({{'o': number}}) for number in range(7)]\n"
        f"    made = wandb.Artifact({name!r}, 'dataset')\n"
        f"    made.add_file({file(b'offline')!r}, name='w.bin')\n"
        f"    run.log_artifact(made)\n"
    )
    [place] = glob.glob(f"{os.environ['WANDB_DIR']}/**/offline-run-*-{run_id}", recursive=True)
    command("sync", place)
    assert api().run(f"{TEAM}/{PROJECT}/{run_id}").summary["o"] == 6
    assert api().artifact(source(f"{name}:v0")).file_count == 1


@flow("`wandb artifact put`, `get`, `ls`")
def artifact_commands() -> None:
    folder, name = fresh("folder"), fresh("cli")
    file(b"A", f"{folder}/a.txt")
    file(b"B", f"{folder}/b.txt")
    command("artifact", "put", "-n", source(name), "-t", "dataset", "-d", "from the shell", "-a", "best", folder)
    got = fresh("got")
    command("artifact", "get", source(f"{name}:best"), "--root", got)
    assert Path(got, "b.txt").read_bytes() == b"B"
    assert name in command("artifact", "ls", f"{TEAM}/{PROJECT}")
