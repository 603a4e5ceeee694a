"""The client's command line: login, artifact put, get and ls, sync of an offline run."""

import sys
from pathlib import Path

import pytest

from artifacts.models import ArtifactVersion, Run
from tests.client.conftest import Client

pytestmark = pytest.mark.client
WANDB = str(Path(sys.executable).with_name("wandb"))


def test_login_keeps_the_key_and_refuses_a_wrong_one(client: Client) -> None:
    right = client.call(
        [WANDB, "login", "--relogin", "--verify", "--host", client.url, client.keys["bob"]],
        key="",
        WANDB_SILENT="false",
    )
    assert right.returncode == 0, right.stdout + right.stderr
    netrc = client.place / f"home{client.number}" / "netrc"
    assert client.keys["bob"] in netrc.read_text()
    wrong = client.call(
        [WANDB, "login", "--relogin", "--verify", "--host", client.url, "z" * 40], key="", WANDB_SILENT="false"
    )
    assert wrong.returncode != 0


def test_artifact_put_ls_and_get(client: Client, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.txt").write_text("A")
    (folder / "b.txt").write_text("B")
    key = client.keys["bob"]
    put = client.call(
        [WANDB, "artifact", "put", "-n", "vision/data/cli", "-t", "dataset", "-a", "best", str(folder)], key=key
    )
    assert put.returncode == 0, put.stderr
    listed = client.call([WANDB, "artifact", "ls", "vision/data"], key=key, WANDB_SILENT="false")
    assert "cli" in listed.stdout + listed.stderr
    got = client.call([WANDB, "artifact", "get", "vision/data/cli:best", "--root", str(tmp_path / "got")], key=key)
    assert (tmp_path / "got" / "b.txt").read_text() == "B", got.stderr


def test_sync_of_an_offline_run(client: Client) -> None:
    said = client.run(
        """
        import subprocess
        script = "import wandb\\nr = wandb.init(entity='vision', project='off', mode='offline', id='offline1')\\n"
        script += "for i in range(7): r.log({'o': i})\\nopen('of', 'w').write('x')\\n"
        script += "a = wandb.Artifact('off', 'dataset')\\na.add_file('of')\\nr.log_artifact(a)\\nr.finish()\\n"
        subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)
        import glob
        place = glob.glob(os.environ["WANDB_DIR"] + "/wandb/offline-run-*")[0]
        done = subprocess.run([os.path.dirname(sys.executable) + "/wandb", "sync", place], capture_output=True, text=True)
        say(done.returncode)
        say(dict(wandb.Api().run("vision/off/offline1").summary)["o"])
        """
    )
    assert said == [0, 6]
    assert Run.objects.get().name == "offline1"
    assert ArtifactVersion.objects.get().file_count == 1
