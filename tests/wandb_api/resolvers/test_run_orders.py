"""Lists of runs ordered by values of their configuration and summary, page by page."""

import pytest

from artifacts.models import Project, Run
from tests import factories
from tests.conftest import World
from tests.wandb_api.asking import ask, refusal

VALUES = [10, 9.5, "b", True, None, "B", -3, {"deep": 1}, [1], 10, False, "10"]


@pytest.fixture
def project(world: World) -> Project:
    """A run for each of VALUES, named by its place, and one that lacks the key."""
    project = factories.project(world.team, user=world.bob)
    for place, value in enumerate(VALUES):
        config, summary = {"x.y": {"value": 1}, "x": {"value": value}}, {"acc": value, "in": {"deep": value}}
        factories.run(project, user=world.bob, name=f"r{place}", config=config, summary=summary)
    factories.run(project, user=world.bob, name="bare")
    return project


def names(world: World, order: str, size: int) -> list[str]:
    """The names of all runs in an order, read in pages of this size."""
    found: list[str] = []
    cursor = None
    for _ in range(20):
        place = {"entity": "vision", "project": "detector", "order": order, "perPage": size, "cursor": cursor}
        page = ask(world.bob, "Runs", **place, filters="{}")["project"]["runs"]
        found += [edge["node"]["name"] for edge in page["edges"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        cursor = page["edges"][-1]["cursor"]
    return found


@pytest.mark.parametrize("order", ["config.x", "+config.x.value", "summary_metrics.acc", "summary.in.deep"])
def test_runs_are_ordered_by_a_value_numbers_before_text(world: World, project: Project, order: str) -> None:
    upwards = names(world, order, 100)
    assert len(upwards) == len(VALUES) + 1
    assert upwards[:4] == ["r4", "r7", "r8", "bare"]
    assert upwards[4:10] == ["r6", "r10", "r3", "r1", "r0", "r9"]
    assert set(upwards[10:]) == {"r2", "r5", "r11"}
    assert upwards[10] == "r11"
    assert names(world, order, 3) == upwards
    assert names(world, f"-{order.lstrip('+')}", 4) == upwards[::-1]


def test_other_orders_are_columns_or_refused(world: World, project: Project) -> None:
    Run.objects.filter(name="r5").update(state="running", display_name="a")
    assert names(world, "state", 5)[-1] == "r5"
    assert names(world, "display_name", 5)[0] == "r5"
    Run.objects.filter(name="r6").update(summary={"_runtime": 3})
    assert names(world, "-duration", 5)[0] == "r6"
    for order in ('config.a"b', "config." + ".".join("a" * 30), "config.", "nonsense", "host.name"):
        assert "order" in refusal(world.bob, "Runs", entity="vision", project="detector", order=order, filters="{}"), (
            order
        )
