"""Pictures of the unmodified client: in an artifact, in a table, and logged by a run."""

import pytest

from artifacts.models import ManifestEntry, RunFile
from tests.client.conftest import Client

pytestmark = pytest.mark.client


def test_pictures_are_kept_read_back_and_shown(client: Client) -> None:
    client.run(
        """
        from PIL import Image
        Image.new("RGB", (12, 8), (10, 120, 150)).save("sea.png")
        with wandb.init(entity="vision", project="data", id="seen") as run:
            artifact = wandb.Artifact("pictures", "dataset")
            artifact.add(wandb.Image("sea.png", caption="the sea"), "sea")
            artifact.add(wandb.Table(columns=["n", "picture"], data=[[1, wandb.Image("sea.png")]]), "rows")
            run.log_artifact(artifact).wait()
            run.log({"sample": wandb.Image("sea.png", caption="logged")})
        """
    )
    said = client.run(
        """
        api = wandb.Api()
        found = api.artifact("vision/data/pictures:v0")
        picture, rows = found.get("sea"), found.get("rows")
        say(list(picture.image.size), list(rows.data[0][1].image.size))
        kept = [each for each in api.run("vision/data/seen").files() if each.name.startswith("media/images/")]
        say(len(kept), os.path.getsize(kept[0].download(root="down").name) > 50)
        """,
        user="alice",
    )
    assert said == [[12, 8], [12, 8], 1, True]
    paths = list(ManifestEntry.objects.filter(path__endswith=".png").values_list("path", flat=True))
    assert len(paths) >= 1
    assert RunFile.objects.filter(name__startswith="media/images/sample_", uploaded_at__isnull=False).count() == 1
    shown = client.opens(f"/vision/data/artifacts/dataset/pictures/v0/files?path={paths[0]}").content.decode()
    assert "12 × 8" in shown
