"""A run that several processes write to, that is begun anew, or whose lines are replaced: rows, metrics, console and summary agree."""

import json
from typing import Any

import pytest
from django.utils import timezone

from artifacts.actions import runs, streams
from artifacts.actions.runs import RunChanges
from artifacts.models import MetricSeries, Run, RunFile, RunWriter
from artifacts.runs import history, reading
from tests.conftest import World
from tests.wandb_api.endpoints.test_stream import chunk, post, run

__all__ = ["run"]
EVENTS = "wandb-events.jsonl"
SUMMARY = "wandb-summary.json"


def of(writer: str) -> dict[str, str]:
    return {"X-Wandb-Use-Async-Filestream": "true", "X-Wandb-Async-Client-Id": writer}


def console(offset: int, *lines: str) -> dict[str, Any]:
    return {"files": {"output.log": {"offset": offset, "content": list(lines)}}}


def rows(run: Run) -> list[dict[str, Any]]:
    return [json.loads(line) for _, line in reading.lines(run, "history")]


def said(run: Run) -> list[str]:
    return [line for _, line in reading.lines(run, "output")]


def index_agrees(run: Run) -> None:
    """What the index of metrics says is what plotting all lines again would say."""
    run.refresh_from_db()
    for stream in ("history", "events"):
        counts: dict[str, int] = {}
        for _, line in reading.lines(run, stream):
            for key, _ in history.metrics_in(json.loads(line)):
                counts[key] = counts.get(key, 0) + 1
        found = {row.key: row.count for row in MetricSeries.objects.filter(run=run, stream=stream)}
        assert found == counts
    steps = [row["_step"] for row in rows(run)]
    assert run.last_step == max(steps, default=-1)
    assert run.history_lines == len(steps)


def begin(world: World, run: Run, **more: Any) -> None:
    runs.upsert_run(world.team, run.project.name, run.name, RunChanges(host="vm", **more), acting_user=world.bob)


def test_writers_beside_each_other_keep_every_row_line_and_metric(world: World, run: Run) -> None:
    for turn in range(3):
        for writer in ("w0", "w1", "w2"):
            body = chunk(turn * 2, *({f"loss_{writer}": n, "_step": turn * 2 + n} for n in range(2)))
            body["files"] |= console(turn, f"{writer} says {turn}")["files"]
            body["files"] |= chunk(turn, {"cpu": turn}, file=EVENTS)["files"]
            body["files"] |= chunk(0, {f"loss_{writer}": turn, "all": turn, "_step": turn * 2 + 1}, file=SUMMARY)[
                "files"
            ]
            for _ in range(2):  # its answer was lost
                assert post(world.bob, run, body, **of(writer)).status_code == 200
    index_agrees(run)
    assert {name: sum(f"loss_{name}" in row for row in rows(run)) for name in ("w0", "w1", "w2")} == dict.fromkeys(
        ("w0", "w1", "w2"), 6
    )
    assert sorted(said(run)) == sorted(f"w{n} says {turn}" for n in range(3) for turn in range(3))
    assert run.summary == {"loss_w0": 2, "loss_w1": 2, "loss_w2": 2, "all": 2, "_step": 5}
    assert run.events_lines == 9


def test_a_writer_comes_late_and_writes_over_its_own_lines(world: World, run: Run) -> None:
    post(world.bob, run, console(0, "a 10%", "a"), **of("a"))
    post(world.bob, run, {"complete": True, "exitcode": 0}, **of("a"))
    post(world.bob, run, console(0, "b 10%"), **of("b"))
    post(world.bob, run, console(0, "a 99%"), **of("a"))
    post(world.bob, run, console(0, "b 50%", "b"), **of("b"))
    assert said(run) == ["a 99%", "a", "b 50%", "b"]
    run.refresh_from_db()
    assert run.state == "finished"


def test_a_resumed_writer_begins_where_the_run_ended(world: World, run: Run) -> None:
    post(world.bob, run, chunk(0, *({"a": n, "_step": n} for n in range(3))), **of("first"))
    post(world.bob, run, chunk(3, {"a": 3, "_step": 3}), **of("second"))
    post(world.bob, run, chunk(3, {"a": 3, "_step": 3}, {"a": 4, "_step": 4}), **of("second"))
    assert [row["a"] for row in rows(run)] == [0, 1, 2, 3, 4]
    index_agrees(run)


def test_a_late_writer_leaves_a_finished_run_finished_and_the_others_configuration(world: World, run: Run) -> None:
    speaks = {"_wandb": {"value": {"e": {"w0": {"host": "vm"}}}}, "lr": {"value": 1}}
    begin(world, run, writer="w0", config={"lr": {"value": 1}})
    begin(world, run, writer="w0", config=speaks)
    post(world.bob, run, {"complete": True, "exitcode": 0}, **of("w0"))
    begin(world, run, writer="w1", config={"_wandb": {"value": {"m": []}}, "rank": {"value": 1}})
    run.refresh_from_db()
    assert run.state == "finished"
    assert run.config == {**speaks, "_wandb": {"value": {"e": {"w0": {"host": "vm"}}, "m": []}}, "rank": {"value": 1}}
    begin(world, run, writer="w2", config={"_wandb": {"value": {"e": {"w2": {"host": "vm"}}}}})
    run.refresh_from_db()
    assert run.state == "running"


def keep(run: Run, name: str) -> None:
    RunFile.objects.create(run=run, name=name, key="k", uploaded_at=timezone.now())


def old(world: World, run: Run) -> None:
    """A run as a former execution left it."""
    post(world.bob, run, chunk(0, *({"x": n, "old": n, "_step": n * 10} for n in range(5))))
    post(world.bob, run, console(0, *(f"old {n}" for n in range(5))))
    post(world.bob, run, chunk(0, {"old.cpu": 1}, {"old.cpu": 2}, file=EVENTS))
    post(world.bob, run, chunk(0, {"x": 4, "old": 4}, file=SUMMARY))
    post(world.bob, run, {"complete": True, "exitcode": 1})
    keep(run, "media/images/old.png")
    keep(run, "model.pt")


def test_a_run_begun_anew_replaces_what_was_there(world: World, run: Run) -> None:
    old(world, run)
    begin(world, run)
    run.refresh_from_db()
    assert (run.state, len(rows(run)), len(said(run))) == (
        "running",
        5,
        5,
    )  # nothing is lost before there is something new
    keep(run, "media/images/new.png")
    for _ in range(2):
        post(world.bob, run, chunk(0, {"cpu": 1}, file=EVENTS))
        assert [json.loads(line) for _, line in reading.lines(run, "events")] == [{"cpu": 1}]
    for _ in range(2):
        post(world.bob, run, chunk(0, {"x": 1, "_step": 0}, {"x": 2, "_step": 1}))
    run.refresh_from_db()
    assert (rows(run), run.summary) == ([{"x": 1, "_step": 0}, {"x": 2, "_step": 1}], {})
    index_agrees(run)
    post(world.bob, run, chunk(0, {"x": 2}, file=SUMMARY))
    post(world.bob, run, console(0, "new"))
    post(world.bob, run, console(1, "newer") | {"complete": True, "exitcode": 0})
    index_agrees(run)
    assert (said(run), run.summary, run.outdated) == (["new", "newer"], {"x": 2}, [])
    assert set(RunFile.objects.filter(run=run).values_list("name", flat=True)) == {"media/images/new.png", "model.pt"}


def test_a_run_begun_anew_that_logs_nothing_holds_nothing(world: World, run: Run) -> None:
    old(world, run)
    begin(world, run)
    post(world.bob, run, {"complete": True, "exitcode": 0})
    index_agrees(run)
    assert (rows(run), said(run), run.summary, run.last_step) == ([], [], {}, -1)


def test_a_beginning_that_is_told_late_again_takes_nothing_away(world: World, run: Run) -> None:
    begin(world, run)
    post(world.bob, run, chunk(0, {"x": 1, "_step": 0}))
    begin(world, run)
    post(world.bob, run, chunk(1, {"x": 2, "_step": 1}) | {"complete": True, "exitcode": 0})
    assert [row["x"] for row in rows(run)] == [1, 2]
    index_agrees(run)


@pytest.mark.parametrize("changes", [{"config": {"lr": {"value": 2}}}, {"notes": "x"}, {"tags": ["x"]}])
def test_a_change_is_no_beginning(world: World, run: Run, changes: dict[str, Any]) -> None:
    old(world, run)
    runs.upsert_run(world.team, run.project.name, run.name, RunChanges(**changes), acting_user=world.bob)
    run.refresh_from_db()
    assert run.outdated == []


def test_a_run_of_several_writers_is_begun_anew_by_one(world: World, run: Run) -> None:
    post(world.bob, run, chunk(0, {"a": 1, "_step": 0}), **of("w0"))
    post(world.bob, run, chunk(0, {"b": 1, "_step": 0}), **of("w1"))
    begin(world, run)
    post(world.bob, run, chunk(0, {"c": 1, "_step": 0}))
    assert rows(run) == [{"c": 1, "_step": 0}]
    index_agrees(run)
    assert not RunWriter.objects.filter(run=run).exists()


@pytest.mark.parametrize("most", [50_000, 0])
def test_metrics_of_replaced_lines_are_those_of_the_new(
    world: World, run: Run, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("artifacts.actions.streams.MOST_PLOTTED_AGAIN", most)
    post(world.bob, run, chunk(0, *({"a": n, "_step": 100 + n} for n in range(4))))
    post(world.bob, run, chunk(1, *({"b": n, "_step": n} for n in range(3))))
    if most:
        index_agrees(run)
    run.refresh_from_db()
    assert {row.key for row in MetricSeries.objects.filter(run=run)} == {"a", "b"}
    assert run.last_step == 100


def test_a_request_without_lines_touches_only_the_sign_of_life(
    world: World, run: Run, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(5):
        streams.receive(run, streams.read_request([], writer="w"), acting_user=world.bob)
