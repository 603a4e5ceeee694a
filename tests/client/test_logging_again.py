"""Logging through the client what is logged already: the same object by another run, and one that was fetched."""

import pytest

from tests.client.conftest import Client

pytestmark = pytest.mark.client


def test_an_artifact_is_logged_again_by_other_runs_with_other_aliases_and_tags(client: Client) -> None:
    client.run(
        """
        import pathlib
        def made(text):
            pathlib.Path("w.bin").write_text(text)
            artifact = wandb.Artifact("m", "model")
            artifact.add_file("w.bin")
            return artifact

        shared = made("1")
        with wandb.init(entity="vision", project="again", id="r1") as run:
            run.log_artifact(shared).wait()
            run.log_artifact(shared, aliases=["best"], tags=["gold"]).wait()
        with wandb.init(entity="vision", project="again", id="r2") as run:
            run.log_artifact(shared).wait()
        with wandb.init(entity="vision", project="again", id="r3") as run:
            run.log_artifact(made("2"), aliases=["best"]).wait()
        """
    )
    said = client.run(
        """
        with wandb.init(entity="vision", project="again", id="r4") as run:
            used = run.use_artifact("m:v0")
            run.log_artifact(used, aliases=["rollback"]).wait()
        api = wandb.Api()
        for name in ("r1", "r2", "r3", "r4"):
            say([version.name for version in api.run(f"vision/again/{name}").logged_artifacts()])
        first = api.artifact("vision/again/m:v0")
        say(sorted(first.aliases), first.tags, api.artifact("vision/again/m:v1").aliases)
        """
    )
    assert said[:4] == [["m:v0"], ["m:v0"], ["m:v1"], ["m:v0"]]
    assert said[4:] == [["latest", "rollback"], ["gold"], ["best"]]
