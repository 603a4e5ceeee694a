"""Media are no metrics wherever a run's numbers are shown, and `define_metric` decides what the charts show along what."""

import re

import pytest
from django.test import Client

from artifacts.models import Project, Run
from artifacts.runs.definitions import definitions_in
from artifacts.runs.history import metrics_in
from artifacts.runs.media import is_inside_medium
from artifacts.runs.metrics import measures_of
from registry.actions.link import link_by_name
from tests import factories
from tests.artifacts.runs.test_run_pages import log, opened
from tests.conftest import World

PICTURE = {"_type": "image-file", "height": 16, "width": 16, "size": 73, "sha256": "2e0a9a2d", "path": "media/a.png"}
TABLE = {"_type": "table-file", "ncols": 2, "nrows": 1, "size": 36, "artifact_path": "wandb-client-artifact://x"}
SUMMARY = {"mAP50(B)": 0.81, "BoxF1_curve": PICTURE, "curves": {"F1": TABLE}, "plot_table": TABLE, "_runtime": 3.5}
INNER = ("height", "width", "sha256", "ncols", "nrows", "_type")


def inner_keys(page: str) -> list[str]:
    """The keys inside media that a page shows as words of its own."""
    words = re.sub(r"<[^>]+>", " ", page)
    return [key for key in INNER if f".{key}" in words]


@pytest.fixture
def project(world: World) -> Project:
    return factories.project(world.team, user=world.bob)


@pytest.fixture
def run(world: World, project: Project) -> Run:
    used = {"_type": "artifactVersion", "_version": "v0", "id": "QQ==", "version": "v3", "sequenceName": "coco"}
    config = {"lr": {"value": 0.1}, "data": {"value": used}}
    return factories.run(project, user=world.bob, name="r1", summary=SUMMARY, config=config)


def test_the_table_of_runs_has_no_columns_for_what_is_inside_media(world: World, run: Run) -> None:
    page = opened(world, "/vision/detector")
    assert "mAP50(B)" in page
    assert "0.81" in page
    asked = opened(
        world, "/vision/detector?show=summary.BoxF1_curve.height&show=summary.curves.F1.ncols&show=config.data"
    )
    assert "coco:v3" in asked
    for shown in (page, asked):
        assert not inner_keys(shown)
        assert "sequenceName" not in shown


def test_a_versions_page_and_the_runs_overview_show_no_media_among_the_metrics(world: World, run: Run) -> None:
    version = factories.version(run.project, user=world.bob, run=run)
    link_by_name(version, world.model, "zoo", acting_user=world.bob)
    for address in ("/vision/detector/runs/r1/overview", "/orgs/Acme Corp/registry/model/zoo/v0"):
        page = opened(world, address)
        assert "mAP50(B)" in page
        assert not inner_keys(page), address


def test_show_metrics_compares_no_media(world: World, run: Run) -> None:
    version = factories.version(run.project, user=world.bob, run=run)
    link_by_name(version, world.model, "zoo", acting_user=world.bob)
    for query in ("metrics=1", "metrics=1&metric=BoxF1_curve.height"):
        page = opened(world, f"/orgs/Acme Corp/registry/model/zoo?{query}")
        assert "mAP50(B)" in page
        assert not inner_keys(page)


def test_a_medium_is_one_value_of_a_line() -> None:
    said = {"loss": 1, "img": PICTURE, "val": {"img": PICTURE, "acc": 2}}
    assert [key for key, _ in metrics_in(said)] == ["loss", "img", "val.img", "val.acc"]


@pytest.mark.parametrize(
    ("name", "is_inside"),
    [
        ("BoxF1_curve.height", True),
        ("curves.F1.ncols", True),
        ("curves.other", False),
        ("mAP50(B)", False),
        ("gone.height", False),
        ("a.b.size", True),
    ],
)
def test_what_leads_into_a_medium(name: str, is_inside: bool) -> None:
    assert is_inside_medium(name, {**SUMMARY, "a.b": PICTURE}) is is_inside
    assert not is_inside_medium(name, None)


def test_a_summary_that_the_client_computed_keeps_the_history_of_its_metric(world: World, project: Project) -> None:
    run = factories.run(project, user=world.bob, summary={"acc": {"max": 0.9, "mean": 0.5}, "own": {"max": 3}})
    log(run, world, "wandb-history.jsonl", ['{"acc": 0.1}', '{"acc": 0.9}', '{"acc": 0.5, "own": {"max": 3}}'])
    found = {one.name: (one.value, one.points) for one in measures_of(run)}
    assert found["acc.max"] == (0.9, [0.1, 0.9, 0.5])
    assert found["acc.mean"] == (0.5, [0.1, 0.9, 0.5])
    assert found["own.max"] == (3, [3.0])


# As client 0.31.0 writes them: 1 name, 2 beginning, 5 place of the x axis counted from 1, 6 options (2: hidden), 7 summaries.
RECORDS = [
    {"1": "epoch", "6": [3], "7": []},
    {"1": "val/acc", "5": 1, "6": [1, 3], "7": [2, 3]},
    {"1": "secret", "6": [3, 2], "7": []},
    {"1": "deep.x", "5": 5, "6": [1, 3], "7": []},
    {"1": "deep.step", "6": [], "7": []},
    {"2": "val/*", "5": 1, "6": [1, 2], "7": []},
    {"2": "*", "5": 8, "6": [1], "7": []},
    {"1": "train/step", "6": [], "7": []},
    {"1": "old", "4": "epoch"},
]


def declared(records: object) -> dict[str, object]:
    return {"_wandb": {"value": {"m": records}}}


def test_declarations_are_read_by_name_then_by_the_longest_beginning() -> None:
    found = definitions_in(declared(RECORDS))
    axes = {key: found.of(key).axis for key in ("val/acc", "val/b", "secret", "deep.x", "loss", "train/step", "old")}
    assert axes == {
        "val/acc": "epoch",
        "val/b": "epoch",
        "secret": "",
        "deep.x": "deep.step",
        "loss": "train/step",
        "train/step": "",
        "old": "epoch",
    }
    assert found.hidden(["val/acc", "val/b", "secret", "loss"]) == ["val/b", "secret"]
    assert found.axes() == ["epoch", "deep.step", "train/step"]


@pytest.mark.parametrize(
    "config",
    [
        None,
        {},
        {"_wandb": 1},
        {"_wandb": {"value": []}},
        declared(None),
        declared({"1": "x"}),
        declared([None, 3, {}, {"1": 5}, {"1": ""}, {"2": "no star"}, {"1": "x", "5": 99}, {"1": "x", "5": True}]),
        declared([{"1": "x", "5": 1}, {"1": "y", "6": "2", "5": -1}]),
    ],
)
def test_what_no_client_writes_declares_nothing(config: object) -> None:
    found = definitions_in(config)
    assert not found.axes()
    assert not found.hides_any()
    assert found.of("x").axis == ""


@pytest.fixture
def trained(world: World, project: Project) -> Run:
    run = factories.run(project, user=world.bob, name="t1", config=declared(RECORDS))
    line = '{{"_step": {0}, "_runtime": {0}, "epoch": {1}, "train/step": {2}, "loss": {3}, "val/b": {0}, "val/acc": {0}, "secret": 1}}'
    lines = [line.format(step, step // 2, step * 100, 1 / (step + 1)) for step in range(5)]
    log(run, world, "wandb-history.jsonl", lines)
    return run


def drawn(page: str) -> dict[str, str]:
    """What the charts of a page say of themselves, by metric."""
    labels = [part.split('"')[0] for part in page.split('role="img" aria-label="')[1:]]
    return {label.split(" from ")[0]: label.split(" from ")[1].split(",")[0] for label in labels}


def test_charts_begin_with_the_declared_axis_and_offer_the_others(world: World, trained: Run) -> None:
    page = opened(world, "/vision/detector/runs/t1")
    assert drawn(page) == {
        "epoch": "step 0 to 4",
        "loss": "train/step 0 to 400",
        "train/step": "step 0 to 4",
        "val/acc": "epoch 0 to 2",
    }
    assert "x=metric.train%2Fstep" in page
    assert ">As declared</a>" in page
    assert "deep.step" not in page  # never logged
    everything = drawn(opened(world, "/vision/detector/runs/t1?x=metric.train/step"))
    assert everything["val/acc"] == everything["loss"] == "train/step 0 to 400"
    assert drawn(opened(world, "/vision/detector/runs/t1?x=step"))["loss"] == "step 0 to 4"
    assert drawn(opened(world, "/vision/detector/runs/t1?x=metric.unknown"))["loss"] == "train/step 0 to 400"


def test_hidden_metrics_are_not_drawn(world: World, trained: Run) -> None:
    for query in ("", "?x=step", "?q=s"):
        page = opened(world, f"/vision/detector/runs/t1{query}")
        assert not {"secret", "val/b"} & set(drawn(page))


def test_without_declarations_charts_go_by_step(world: World, project: Project) -> None:
    run = factories.run(project, user=world.bob, name="p1")
    log(run, world, "wandb-history.jsonl", ['{"loss": 2, "_runtime": 1}', '{"loss": 1, "_runtime": 2}'])
    page = opened(world, "/vision/detector/runs/p1")
    assert drawn(page) == {"loss": "step 0 to 1"}
    assert "As declared" not in page
    assert 'href="/vision/detector/runs/p1?x=step" aria-current="true"' in page


def test_an_axis_that_is_no_number_is_none(world: World, project: Project, client: Client) -> None:
    records = [{"1": "loss", "5": 2}, {"1": "when"}, {"1": "acc", "4": "_runtime"}, {"1": "f1", "4": "_step"}]
    run = factories.run(project, user=world.bob, name="n1", config=declared(records))
    log(run, world, "wandb-history.jsonl", ['{"loss": 2, "when": "a", "acc": 1, "f1": 1, "_runtime": 90}'])
    assert drawn(opened(world, "/vision/detector/runs/n1")) == {
        "acc": "time 90 to 90 s",
        "f1": "step 0 to 0",
        "loss": "step 0 to 0",
    }
