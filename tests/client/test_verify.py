"""W&B's own check of a self-hosted server, line by line (`wandb/sdk/verify/verify.py`)."""

import re
import sys
from pathlib import Path

import pytest

from artifacts.models import Project, Run
from tests.client.conftest import Client

pytestmark = pytest.mark.client
WANDB = str(Path(sys.executable).with_name("wandb"))
GREEN, RED = "\u2705", "\u274c"

RIGHT = [
    "Checking if logged in",
    "Checking signed URL upload",
    "Checking ability to send large payloads through proxy",
    "Checking wandb package version is up to date",
    "Checking logged metrics, saving and downloading a file",
    "Checking artifact save and download workflows",
]
# Warnings only, and right ones: the test's server speaks http, and its files come from its own address.
WARNED = [
    "Checking requests to base url",
    "Checking requests made over signed URLs",
    "Checking CORs configuration of the bucket",
]


def test_verify_is_green_for_artifacts_runs_and_files(client: Client) -> None:
    done = client.call([WANDB, "verify", "--host", client.url], key=client.keys["bob"], WANDB_SILENT="false")
    lines = dict(re.findall(rf"^(Checking [^.]*)\.+({GREEN}|{RED})", done.stdout, re.MULTILINE))
    assert {line: lines.pop(line, None) for line in RIGHT} == dict.fromkeys(RIGHT, GREEN), done.stdout
    assert {line: lines.pop(line, None) for line in WARNED} == dict.fromkeys(WARNED, RED)
    # What is left is about sweeps, which makes it end with 1.
    assert lines == {"Checking sweep creation and agent execution": RED}
    assert "Failed to create sweep: input: Sweeps are not part of a registry" in done.stdout
    assert done.returncode == 1
    project = Project.objects.get(name="verify")
    check = Run.objects.get(project=project, name__endswith="-check_run")
    page = client.opens(f"/{project.entity.name}/verify/runs/{check.name}/files").content.decode()
    assert "test with_special-characters.txt" in page
    assert ".html" in page
