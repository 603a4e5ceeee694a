"""Linking inside projects with the unmodified client, from a team and from a person's own entity."""

import pytest

from tests.client.conftest import Client


@pytest.mark.parametrize("entity", ["vision", "bob"])
def test_a_version_is_linked_inside_its_own_entity_as_in_a_registry(client: Client, entity: str) -> None:
    said = client.run(
        """
        entity = os.environ["WHOSE"]
        with wandb.init(entity=entity, project="shelf") as run:
            artifact = wandb.Artifact("yolo", "model")
            with artifact.new_file("weights") as file:
                file.write("w")
            run.log_artifact(artifact).wait()
            named = [artifact.link("bare"), artifact.link("shelf/best", aliases=["prod"]), artifact.link(f"{entity}/shelf/full")]
            run.link_artifact(artifact, "old")
        say([link.qualified_name for link in named])
        api = wandb.Api()
        best = api.artifact(f"{entity}/shelf/best:prod")
        say([best.is_link, best.version, best.source_name, best.aliases])
        say(sorted(link.name for link in api.artifact(f"{entity}/shelf/yolo:v0").linked_artifacts))
        with wandb.init(entity=entity, project="shelf") as run:
            say(run.use_artifact("old:latest").source_name)
        best.unlink()
        say([api.artifact_exists(f"{entity}/shelf/best:v0"), api.artifact_exists(f"{entity}/shelf/yolo:v0")])
        """,
        WHOSE=entity,
    )
    assert said == [
        [f"{entity}/uncategorized/bare:v0", f"{entity}/shelf/best:v0", f"{entity}/shelf/full:v0"],
        [True, "v0", "yolo:v0", ["latest", "prod"]],
        ["bare:v0", "best:v0", "full:v0", "old:v0"],
        "yolo:v0",
        [False, True],
    ]
