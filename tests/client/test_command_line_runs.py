"""The client's command line for runs: init, offline and online, status, sync of several runs, pull, restore, cache."""

import pytest

from artifacts.models import ArtifactVersion, Run
from tests.client.conftest import Client

pytestmark = pytest.mark.client

SHELL = """
import glob, subprocess
def wandb_cli(*words, **more):
    done = subprocess.run([sys.executable, "-m", "wandb", *words], capture_output=True, text=True, **more)
    return done.returncode, done.stdout + done.stderr
def script(text):
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
"""


def test_a_directory_is_set_up_works_offline_and_is_synced_later(client: Client) -> None:
    said = client.run(
        SHELL
        + '''
del os.environ["WANDB_DIR"]  # a directory's own settings are read from where one stands only
os.makedirs("wandb")
say(wandb_cli("init", "--project", "laid", "--entity", "vision")[0], wandb_cli("offline")[0])
_, shown = wandb_cli("status")
settings = json.loads(shown[shown.index("{") : shown.index("}") + 1])
say(settings["entity"], settings["project"], settings["base_url"] == os.environ["WANDB_BASE_URL"])
script("""
import wandb
for name in ("o1", "o2"):
    with wandb.init(id=name, config={"name": name}, tags=["away"]) as run:
        for step in range(3):
            run.log({"x": step})
        art = wandb.Artifact(f"art-{name}", "dataset")
        with art.new_file("a.txt") as out:
            out.write(name)
        run.log_artifact(art)
""")
say(wandb_cli("online")[0])
places = sorted(glob.glob("wandb/offline-run-*"))
say(len(places), wandb_cli("sync", *places)[0])
say(wandb_cli("sync", "--id", "moved", "--project", "other", "--entity", "vision", "--include-synced", places[0])[0])
script("import wandb; wandb.init(id='direct').finish()")
''',
        WANDB_SILENT="false",
    )
    assert said == [0, 0, "vision", "laid", True, 0, 2, 0, 0]
    said = client.run(
        """
        api = wandb.Api()
        for path in ("laid/o1", "laid/o2", "other/moved", "laid/direct"):
            run = api.run("vision/" + path)
            say([run.state, run.config.get("name"), run.tags, len(list(run.scan_history()))])
        say([open(api.artifact(f"vision/laid/art-{one}:latest").download() + "/a.txt").read() for one in ("o1", "o2")])
        """,
        user="carol",
    )
    assert said == [
        *[["finished", name, ["away"], 3] for name in ("o1", "o2", "o1")],
        ["finished", None, [], 0],
        ["o1", "o2"],
    ]
    assert Run.objects.count() == 4
    assert ArtifactVersion.objects.filter(sequence__project__name="laid").count() == 2
    assert "o2" in client.opens("/vision/laid", user="carol").content.decode()


def test_a_run_is_pulled_and_its_settings_restored_by_another(client: Client) -> None:
    client.run(
        """
        with wandb.init(entity="vision", project="back", id="b1", config={"lr": 0.25, "opt": {"name": "adam"}}) as run:
            os.makedirs("sub")
            file("sub/notes.txt", b"words")
            run.save("sub/notes.txt", base_path=".")
            art = wandb.Artifact("data", "dataset")
            art.add_file(file("d.bin", 5000))
            run.log_artifact(art)
        """
    )
    said = client.run(
        SHELL
        + """
code, shown = wandb_cli("pull", "-e", "vision", "-p", "back", "b1")
say(code, open("sub/notes.txt").read(), os.path.exists("config.yaml"), "File sub/notes.txt" in shown)
say("up to date" in wandb_cli("pull", "-e", "vision", "-p", "back", "b1")[1])
code, shown = wandb_cli("restore", "--no-git", "vision/back/b1")
(place,) = glob.glob("**/config.yaml", recursive=True, root_dir=os.environ["WANDB_DIR"])
text = open(os.path.join(os.environ["WANDB_DIR"], place)).read()
say(code, "lr:" in text and "0.25" in text and "adam" in text)
code, shown = wandb_cli("pull", "-e", "vision", "-p", "back", "absent")
say(code != 0, "Could not find run" in shown, "Traceback" in shown)
wandb.Api().artifact("vision/back/data:v0").download()
held = sum(os.path.getsize(path) for path in glob.glob(os.environ["WANDB_CACHE_DIR"] + "/**/obj/**/*", recursive=True)
           if os.path.isfile(path))
code, shown = wandb_cli("artifact", "cache", "cleanup", "1B")
say(code, held >= 5000, "Reclaimed" in shown)
""",
        user="carol",
        WANDB_SILENT="false",
    )
    assert said == [0, "words", True, True, True, 0, True, True, True, False, 0, True, True]
    assert "notes.txt" in client.opens("/vision/back/runs/b1/files", user="carol").content.decode()
