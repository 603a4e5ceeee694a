"""Stored files that were lost or changed, and paths that can't be laid down: what the client's user gets and is told."""

import os

import pytest

from artifacts.files.storage import store
from artifacts.models import ArtifactVersion, Blob
from tests.client.conftest import Client

pytestmark = pytest.mark.client

LOG = """
with wandb.init(entity="vision", project="data") as run:
    artifact = wandb.Artifact("weights", "model")
    for name in ("lost", "short", "flipped", "whole"):
        artifact.add_file(file(name, name.encode() * 1000), skip_cache=True)
    say(run.log_artifact(artifact).wait().name)
"""
FETCH = """
found = wandb.Api().artifact("vision/data/weights:v0")
say(sorted(contents(found.download(skip_cache=True)).items()))
"""
REFUSED = """
for names in (["a\\x1b[2J"], ["a", "a/b"]):
    with wandb.init(entity="vision", project="data") as run:
        artifact = wandb.Artifact("paths", "model")
        for name in names:
            artifact.add_file(file(f"from{len(name)}", name.encode()), name=name)
        say(refusal(lambda: run.log_artifact(artifact).wait()))
"""


def test_logging_lost_and_changed_files_again_heals_them(client: Client) -> None:
    client.run(LOG)
    paths = {name: store().path(Blob.objects.get(entries__path=name).key) for name in ("lost", "short", "flipped")}
    paths["lost"].unlink()
    os.truncate(paths["short"], 10)
    paths["flipped"].write_bytes(paths["flipped"].read_bytes()[:-1] + b"?")
    (said,) = client.run(
        "say(refusal(lambda: wandb.Api().artifact('vision/data/weights:v0').download(skip_cache=True)))"
    )
    assert "410" in str(said)
    assert "only after" not in str(said)
    client.run(LOG)
    (found,) = client.run(FETCH, user="carol")
    assert found == [[name, name * 1000] for name in ("flipped", "lost", "short", "whole")]
    client.run(LOG)
    assert not ArtifactVersion.objects.exclude(state="COMMITTED").exists()


def test_paths_that_no_client_can_lay_down_are_refused_in_words(client: Client) -> None:
    escape, both = client.run(REFUSED)  # what leads out of the artifact the client refuses by itself since 0.31
    assert "“a\\x1b[2J” in the artifact has control characters" in str(escape)
    assert "“a” is a file, and a folder too because of “a/b”" in str(both)
    assert not ArtifactVersion.objects.committed().exists()
