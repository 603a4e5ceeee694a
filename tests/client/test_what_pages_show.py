"""What a script logs with the unmodified client, as the charts, tables and summaries of the pages show it."""

import re

import pytest

from tests.client.conftest import Client

pytestmark = pytest.mark.client


def words_of(client: Client, address: str) -> str:
    """The words of a page, without its tags and attributes."""
    return re.sub(r"<[^>]+>", " ", client.opens(address, user="carol").content.decode())


def test_pictures_tables_and_histograms_are_no_metrics_on_any_page(client: Client) -> None:
    client.run(
        """
        from PIL import Image
        Image.new("RGB", (12, 8), (10, 120, 150)).save("curve.png")
        with wandb.init(entity="vision", project="media", id="m1") as run:
            run.define_metric("*", summary="max")
            html = wandb.Html("<b>hi</b>")
            run.log({"metrics/mAP50(B)": 0.81, "BoxF1_curve": wandb.Image("curve.png"), "curves": {"F1": html, "auc": 0.5}})
            run.log({"preds": wandb.Table(columns=["x", "y"], data=[[1, 2]]), "metrics/mAP50(B)": 0.7})
            run.log({"weights": wandb.Histogram(np_histogram=([1, 2, 3], [0, 1, 2, 3]))})
            model = wandb.Artifact("yolo", "model")
            model.add_file(file("model.txt", b"weights"))
            run.link_artifact(model, "wandb-registry-model/zoo")
        """
    )
    registered = "/orgs/Acme Corp/registry/model/zoo"
    pages = ("/vision/media", "/vision/media/runs/m1/overview", f"{registered}/v0", f"{registered}?metrics=1")
    for address in pages:
        words = words_of(client, address)
        assert "metrics/mAP50(B)" in words, address
        assert "0.81" in words, address
        inner = r"(?:BoxF1_curve|curves\.F1|preds|weights)\.\w+"
        assert not re.search(inner, words), (address, re.findall(inner, words))


def test_declared_axes_hidden_metrics_and_summaries_reach_the_pages(client: Client) -> None:
    client.run(
        """
        with wandb.init(entity="vision", project="declared", id="d1") as run:
            run.define_metric("epoch")
            run.define_metric("val/*", step_metric="epoch", hidden=True)
            run.define_metric("val/acc", step_metric="epoch", summary="max,mean")
            run.define_metric("loss", summary="min")
            run.define_metric("deep.x", step_metric="deep.step")
            run.define_metric("*", step_metric="train/global_step", step_sync=True)
            for step in range(4):
                run.log({"train/global_step": step * 100, "epoch": step * 2, "val/acc": 1 - abs(2 - step) / 4, "val/other": 7,
                         "loss": 3 - step, "grad": step, "deep": {"x": step, "step": step * 3}})
        """
    )
    page = client.opens("/vision/declared/runs/d1", user="carol").content.decode()
    drawn = dict(re.findall(r'aria-label="([^"]+) from ([^"]+), last', page))
    assert drawn["grad"] == "train/global_step 0 to 300"
    assert drawn["val/acc"] == "epoch 0 to 6"
    assert drawn["deep.x"] == "deep.step 0 to 9"
    assert drawn["loss"] == "step 0 to 3"  # declared without an axis, so that the star is not for it
    assert "val/other" not in drawn
    assert "x=metric.train%2Fglobal_step" in page
    overview = client.opens("/vision/declared/runs/d1/overview", user="carol").content.decode()
    for name, count in (("val/acc.max", 4), ("val/acc.mean", 4), ("loss.min", 4)):
        assert f"{name} over {count} logged values" in overview
