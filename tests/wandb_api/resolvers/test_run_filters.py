"""Lists of runs narrowed by their configuration and summary, and where there is no value."""

import json

import pytest

from artifacts.models import Project
from tests import factories
from tests.conftest import World
from tests.wandb_api.asking import ask, refusal


@pytest.fixture
def project(world: World) -> Project:
    project = factories.project(world.team, user=world.bob)
    rows: list[tuple[str, dict[str, object], dict[str, object]]] = [
        ("flat", {"model.type": "vit", "opt": {"lr.init": 1}, "layers": [64, 128]}, {"acc.top1": 0.5, "_runtime": 9}),
        ("nested", {"model": {"type": "vit"}, "opt.lr": {"init": 2}, "layers": [64]}, {"acc": {"top1": 0.7}}),
        ("plain", {"model": None, "opt": {"value": 7}, "layers": 64}, {"acc.top1": "NaN"}),
        ("bare", {}, {"acc": {"top1": "-Infinity"}}),
    ]
    for name, config, summary in rows:
        wrapped = {key: {"value": value} for key, value in config.items()}
        factories.run(project, user=world.bob, name=name, config=wrapped, summary=summary)
    return project


def found(world: World, wanted: object, order: str = "+created_at") -> list[str]:
    asked = {"entity": "vision", "project": "detector", "order": order, "perPage": 50, "filters": json.dumps(wanted)}
    return [edge["node"]["name"] for edge in ask(world.bob, "Runs", **asked)["project"]["runs"]["edges"]]


TABLE: list[tuple[object, list[str]]] = [
    ({"config.model.type": "vit"}, ["flat", "nested"]),
    ({"config.model.type.value": "vit"}, ["flat"]),
    ({"config.model.value.type": "vit"}, ["nested"]),
    ({"config.opt.lr.init": {"$gte": 1}}, ["flat", "nested"]),
    ({"config.opt.value": 7}, ["plain"]),
    ({"config.opt.value.value": 7}, ["plain"]),
    ({"summary_metrics.acc.top1": {"$gt": 0.4}}, ["flat", "nested"]),
    ({"summaryMetrics.acc.top1": {"$lt": 0.6}}, ["flat", "bare"]),
    ({"config.layers": 64}, ["flat", "nested", "plain"]),
    ({"config.layers": [64]}, ["nested"]),
    ({"config.layers": {"$in": [128, [64]]}}, ["flat", "nested"]),
    ({"config.layers": {"$all": [64, 128]}}, ["flat"]),
    ({"config.layers": {"$size": 1}}, ["nested"]),
    ({"config.model": None}, ["flat", "plain", "bare"]),
    ({"config.model": {"$ne": None}}, ["nested"]),
    ({"config.model": {"$in": [None, "x"]}}, ["flat", "plain", "bare"]),
    ({"config.layers": {"$nin": [None]}}, ["flat", "nested", "plain"]),
    ({"group": None}, ["flat", "nested", "plain", "bare"]),
    ({"group": {"$ne": None}}, []),
    ({"group": {"$in": [None]}}, ["flat", "nested", "plain", "bare"]),
    ({"tags": None}, ["flat", "nested", "plain", "bare"]),
    ({"duration": {"$gt": 5}}, ["flat"]),
    ({"duration": None}, ["nested", "plain", "bare"]),
]


def test_runs_are_narrowed_by_what_they_were_configured_with(world: World, project: Project) -> None:
    assert [(wanted, found(world, wanted)) for wanted, _ in TABLE] == TABLE


def test_a_key_with_a_dot_orders_and_what_is_no_number_is_last_in_either_direction(
    world: World, project: Project
) -> None:
    assert found(world, {}, "-summary_metrics.acc.top1") == ["nested", "flat", "bare", "plain"]
    assert found(world, {}, "+summary_metrics.acc.top1") == ["bare", "flat", "nested", "plain"]
    assert found(world, {}, "-config.opt.lr.init")[:2] == ["nested", "flat"]


@pytest.mark.parametrize("order", ["acc", "+summary_metrics", "-config.", "host.name", "Accuracy"])
def test_an_unknown_order_is_refused_with_those_that_there_are(world: World, project: Project, order: str) -> None:
    said = refusal(world.bob, "Runs", entity="vision", project="detector", order=order, filters="{}")
    assert f"isn't ordered by “{order.lstrip('+-')}”" in said
    assert {"created_at", "config.<key>", "summary_metrics.<key>"} <= {*said.rstrip(".").replace(":", ",").split(", ")}


def test_a_refusal_speaks_of_the_field_that_was_asked(world: World, project: Project) -> None:
    for wanted in ({"config.opt": {"$eq": {"lr": 1}}}, {"config.lr": {"$gt": None}}, {"group": ["x"]}, {"tags": [7]}):
        said = refusal(world.bob, "Runs", entity="vision", project="detector", order="", filters=json.dumps(wanted))
        assert f"“{next(iter(wanted))}”" in said
        assert "metadata" not in said
