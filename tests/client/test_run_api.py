"""The public API's runs: every method of Runs, Run, File and Summary, and its effect as another person sees it."""

import pytest

from artifacts.models import ArtifactVersion, Run, RunFile
from tests.client.conftest import Client

pytestmark = pytest.mark.client


def test_runs_are_found_by_filters_and_put_in_order(client: Client) -> None:
    client.run(
        """
        api = wandb.Api()
        for number in range(5):
            made = api.create_run(run_id=f"n{number}", project="many", entity="vision")
            made = wandb.Api().run(f"vision/many/n{number}")
            made.name, made.group, made.notes = f"trial-{number}", "even" if number % 2 == 0 else "odd", "said"
            made.tags = ["all", f"t{number}"]
            made.config.update({"lr": number / 10, "opt": {"name": "adam" if number < 2 else "sgd"}})
            made.update()
            made.summary.update({"acc": 1 - number / 10, "deep": {"f1": number}, "_runtime": number})
        """
    )
    said = client.run(
        """
        api = wandb.Api()
        def ids(filters=None, **more):
            say([run.id for run in api.runs("vision/many", filters=filters, **more)])
        ids({"display_name": {"$regex": "^trial-[12]$"}})
        ids({"$or": [{"config.lr": {"$gt": 0.3}}, {"summary_metrics.acc": {"$gte": 1}}]})
        ids({"config.opt.name": "adam", "group": {"$ne": "odd"}})
        ids({"summary_metrics.deep.f1": {"$in": [2, 3]}, "tags": {"$in": ["t3"]}})
        ids({"$and": [{"tags": "all"}, {"$not": {"group": "even"}}]})
        ids({"created_at": {"$gte": "2020-01-01T00:00:00"}, "username": "bob", "state": "running", "notes": "said"})
        ids({"createdAt": {"$lt": "2020-01-01"}})
        ids(order="-created_at")
        ids(order="-config.lr.value", per_page=2)
        ids(order="+summary_metrics.acc", per_page=3)
        ids(order="-display_name", per_page=1)
        ids(order="-duration", per_page=2)
        ids({"duration": {"$gt": 1, "$lte": 3}})
        ids({"jobType": None, "host": {"$exists": False}})
        ids({"jobType": {"$exists": True}})
        lazy, full = api.runs("vision/many", per_page=2), api.runs("vision/many", lazy=False)
        say(len(lazy), len(full), lazy[4].id, lazy[0].config["lr"], full[1].summary["acc"])
        one = api.runs("vision/many", per_page=2)[1]
        assert one.job_type is None and one.commit is None and one.group == "odd"
        assert one.load_full_data()["name"] == one.id
        assert json.loads(one.json_config)["lr"]["value"] == one.config["lr"]
        lazy.upgrade_to_full()
        say([run.summary_metrics["acc"] for run in lazy], "runs" in repr(lazy).lower())
        say(len(api.runs("vision/many", filters={"config.lr": 7})))
        for filters in ({"config.lr": {"$where": 1}}, {"nonsense": 1}):
            try:
                list(wandb.Api().runs("vision/many", filters=filters))
                say("answered")
            except Exception as error:
                say([type(error).__name__, str(error)[:60]])
        """,
        user="carol",
    )
    everyone = [f"n{number}" for number in range(5)]
    assert said[:7] == [["n1", "n2"], ["n0", "n4"], ["n0"], ["n3"], ["n1", "n3"], everyone, []]
    assert said[7:12] == [everyone[::-1]] * 5
    assert said[12:15] == [["n2", "n3"], everyone, []]
    assert said[15:22] == [5, 5, "n4", 0.0, 0.9, [1, 0.9, 0.8, 0.7, 0.6], True]
    assert said[22] == 0
    assert all("answered" != one for one in said[23:]), said[23:]
    page = client.opens("/vision/many", user="carol").content.decode()
    assert all(f"trial-{number}" in page for number in range(5))


def test_a_run_is_changed_through_the_public_api(client: Client) -> None:
    said = client.run(
        """
        with wandb.init(entity="vision", project="change", id="c1", config={"lr": 1}, tags=["old"]) as run:
            run.log({"acc": 0.5})
        run = wandb.Api().run("vision/change/c1")
        run.name, run.notes, run.group, run.job_type = "renamed", "new notes", "g2", "eval"
        run.tags.append("new")
        run.config["lr"] = 2
        run.config["more"] = {"k": [1, None]}
        run.update()
        run.summary["best"] = 1
        run.summary["gone"] = 1
        run.summary.update({"nest": {"a": 1}})
        del run.summary["gone"]
        run.summary.update()
        run.save()
        say(run.url, run.path, run.entity, run.project, run.storage_id != run.id, run.state, run.read_only)
        say(run.lastHistoryStep, run.load(force=True)["displayName"], run.to_html().startswith("<iframe"))
        """
    )
    assert said == [
        *[
            f"{client.url}/vision/change/runs/c1",
            ["vision", "change", "c1"],
            "vision",
            "change",
            True,
            "finished",
            False,
        ],
        *[0, "renamed", True],
    ]
    said = client.run(
        """
        run = wandb.Api().run("vision/change/c1")
        say(run.name, run.notes, run.group, run.job_type, run.tags, run.config, "_wandb" in run.rawconfig, run.read_only)
        say({key: run.summary_metrics.get(key) for key in ("acc", "best", "gone", "nest")}, run.user.username)
        run.wait_until_finished()
        run.notes = "not mine"
        try:
            run.update()
        except wandb.errors.CommError as error:
            say("permission denied" in str(error))
        """,
        user="carol",
    )
    assert said == [
        *["renamed", "new notes", "g2", "eval", ["old", "new"], {"lr": 2, "more": {"k": [1, None]}}, True, True],
        *[{"acc": 0.5, "best": 1, "gone": None, "nest": {"a": 1}}, "bob", True],
    ]
    page = client.opens("/vision/change/runs/c1/overview", user="carol").content.decode()
    assert all(word in page for word in ("renamed", "new notes", "g2", "eval", ">new<"))
    assert "not mine" not in page


def test_history_is_read_in_every_way(client: Client) -> None:
    said = client.run(
        """
        for name in ("h1", "h2"):
            with wandb.init(entity="vision", project="read", id=name) as run:
                for step in range(20):
                    run.log({"loss": step, **({"rare": step} if step % 5 == 0 else {})})
        api = wandb.Api()
        run = api.run("vision/read/h1")
        say(len(run.history(pandas=False)), len(run.history(samples=4, pandas=False)))
        say([row["loss"] for row in run.history(keys=["rare", "loss"], pandas=False)])
        say([row["loss"] for row in run.history(keys=["rare"], x_axis="loss", pandas=False)])
        say([row["_step"] for row in run.scan_history(min_step=3, max_step=7, page_size=2)])
        say([row["rare"] for row in run.scan_history(keys=["rare"], use_cache=False)])
        say(len(list(run.beta_scan_history(page_size=7))), run.lastHistoryStep)
        rows = api.runs("vision/read").histories(samples=5, keys=["loss"])
        say(sorted({row["run_id"] for row in rows}), len(rows))
        say(len(api.runs("vision/read").histories(stream="system")) > 0)
        from wandb.apis.public.runhistory import IncompleteRunHistoryError
        try:
            run.download_history_exports("exports")
        except IncompleteRunHistoryError as error:
            say("refused")
        got = run.download_history_exports("exports", require_complete_history=False)
        say(got.paths, got.contains_live_data)
        """
    )
    assert said == [
        *[20, 4, [0, 5, 10, 15], [0, 5, 10, 15], [3, 4, 5, 6], [0, 5, 10, 15], 20, 19],
        *[["h1", "h2"], 10, True, "refused", [], True],
    ]


def test_files_and_artifacts_of_a_finished_run(client: Client) -> None:
    said = client.run(
        """
        with wandb.init(entity="vision", project="kept", id="k1") as run:
            art = wandb.Artifact("data", "dataset")
            art.add_file(file("d.txt", b"data"))
            run.log_artifact(art)
        api = wandb.Api()
        later = api.create_run(run_id="k2", project="kept", entity="vision")
        later = wandb.Api().run("vision/kept/k2")
        data = api.artifact("vision/kept/data:v0")
        later.use_artifact(data, use_as="input")
        later.log_artifact(data, aliases=["again"], tags=["seen"])
        os.makedirs("sub")
        up = later.upload_file(file("sub/up.txt", b"uploaded"))
        file("two.csv", b"a,b")
        later.upload_file("two.csv", root=".")
        say(up.name, up.size, up.mimetype, up.path_uri, up.direct_url.startswith("http"), up.md5 != "", up.url.count("k2"))
        say([one.name for one in later.files(per_page=1)], len(later.files()), "up.txt" in repr(up))
        say([one.name for one in later.files(pattern="%.csv")], [one.name for one in later.files(names=["two.csv"])])
        up.download(root="down")
        try:
            up.download(root="down")
        except wandb.errors.CommError as error:
            say("already exists" in str(error))
        say(open(up.download(root="down", exist_ok=True).name).read(), up.download(root="down", replace=True).read())
        """
    )
    assert said == [
        *["sub/up.txt", 8, "text/plain", "", True, True, 1, ["sub/up.txt", "two.csv"], 2, True],
        *[["two.csv"], ["two.csv"], True, "uploaded", "uploaded"],
    ]
    said = client.run(
        """
        run = wandb.Api().run("vision/kept/k2")
        say([one.name for one in run.used_artifacts()], [one.name for one in run.logged_artifacts(per_page=1)])
        data = wandb.Api().artifact("vision/kept/data:again")
        say(data.version, data.tags, sorted(one.id for one in data.used_by()), data.logged_by().id)
        try:
            run.file("two.csv").delete()
        except wandb.errors.CommError as error:
            say("permission denied" in str(error))
        """,
        user="carol",
    )
    assert said == [["data:v0"], ["data:v0"], "v0", ["seen"], ["k2"], "k1", True]
    said = client.run(
        """
        run = wandb.Api().run("vision/kept/k2")
        run.file("two.csv").delete()
        say([one.name for one in run.files()])
        """
    )
    assert said == [["sub/up.txt"]]
    assert RunFile.objects.get(run__name="k2").name == "sub/up.txt"
    page = client.opens("/vision/kept/runs/k2/files", user="carol").content.decode()
    assert "up.txt" in page
    assert "two.csv" not in page
    assert "data:v0" in client.opens("/vision/kept/runs/k2/artifacts", user="carol").content.decode()


def test_a_run_is_stopped_requeued_and_deleted_with_its_versions(client: Client) -> None:
    said = client.run(
        """
        import subprocess
        script = '''
        import wandb, time
        with wandb.init(entity="vision", project="ends", id="e1") as run:
            art = wandb.Artifact("made", "dataset")
            with art.new_file("a.txt") as out:
                out.write("a")
            run.log_artifact(art).wait()
            for step in range(600):
                run.log({"step": step})
                time.sleep(0.1)
        '''
        import textwrap
        started = subprocess.Popen([sys.executable, "-c", textwrap.dedent(script)], stderr=subprocess.PIPE, text=True)
        while not wandb.Api().artifact_exists("vision/ends/made:v0"):
            time.sleep(0.3)
        run = wandb.Api().run("vision/ends/e1")
        say(run.state)
        run.stop()
        run.stop()
        # While its process hears of it, which takes the client up to 15 seconds:
        waits = wandb.apis.public.Run.create(wandb.Api(), run_id="e2", project="ends", entity="vision", state="pending")
        say(waits.state, wandb.Api().run("vision/ends/e2").state, waits.update_state("failed"))
        say(wandb.Api().run("vision/ends/e2").state, waits.update_state("pending"))
        with wandb.init(entity="vision", project="ends", id="e2", resume="allow") as resumed:
            resumed.log({"a": 1})
        ended = wandb.Api().run("vision/ends/e2")
        try:
            ended.update_state("failed")
        except wandb.errors.CommError as error:
            say("can't be set" in str(error))
        say(ended.state, "KeyboardInterrupt" in started.communicate(timeout=60)[1], started.returncode != 0)
        ended.delete()
        """
    )
    assert said == ["running", "pending", "pending", True, "failed", True, True, "finished", True, True]
    run = Run.objects.get()
    assert run.name == "e1"
    assert run.stop_requested_at is not None
    assert run.state in {"killed", "finished"}
    assert run.history_lines < 600
    said = client.run(
        """
        run = wandb.Api().run("vision/ends/e1")
        say(run.state != "running")
        run.delete(delete_artifacts=True)
        say(wandb.Api().artifact_exists("vision/ends/made:v0"))
        try:
            wandb.Api().run("vision/ends/e1")
        except Exception as error:
            say("Could not find run" in str(error))
        """
    )
    assert said == [True, False, True]
    assert ArtifactVersion.objects.get().is_deleted
    assert client.opens("/vision/ends/runs/e1").status_code == 404


def test_a_run_is_resumed_as_asked(client: Client) -> None:
    said = client.run(
        """
        def go(steps=2, **more):
            with wandb.init(entity="vision", project="resume", **more) as run:
                for _ in range(steps):
                    run.log({"loss": run.step})
                print("line of", more, flush=True)
                return run.id, run.resumed, run.starting_step
        say(go(id="r1", config={"a": 1}, resume="never"), go(id="r1", config={"b": 2}, resume="allow"))
        say(go(id="r1", resume="must")[2], go(id="r2", resume="allow")[1:])
        for more in ({"id": "r2", "resume": "never"}, {"id": "absent", "resume": "must"}):
            try:
                go(**more)
            except Exception as error:
                say([type(error).__name__, str(error)[:30]])
        first = go(resume="auto")
        run = wandb.Api().run("vision/resume/r2")
        say([run.config, len(list(run.scan_history()))])
        """,
        WANDB_CONSOLE="wrap",
    )
    assert said[:4] == [["r1", False, 0], ["r1", True, 2], 4, [False, 0]]
    assert said[4:6] == [
        ["UsageError", "Run (r2) already exists, but y"],
        ["UsageError", "Run (absent) does not exist or"],
    ]
    said = client.run(
        """
        run = wandb.Api().run("vision/resume/r1")
        say(run.config, [row["_step"] for row in run.scan_history()], run.summary["loss"], run.state)
        say([line.content[:7] for line in run.console_logs()].count("line of"))
        """,
        user="carol",
    )
    assert said == [{"a": 1, "b": 2}, [0, 1, 2, 3, 4, 5], 5, "finished", 3]
    page = client.opens("/vision/resume/runs/r1/log", user="carol").content.decode()
    assert page.count("line of") >= 2
