"""Lines of history come back as they were sent, whatever was sent twice, and plots stay small and true."""

import json
import math
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from artifacts.actions import streams
from artifacts.models import HistoryChunk, MetricSeries, Run
from artifacts.runs import history, reading
from artifacts.runs.history import Series
from tests import factories
from tests.conftest import World

TEXTS = st.text(max_size=30).map(history.one_line)
numbers = st.floats(allow_nan=False, allow_infinity=False, width=32)


@pytest.fixture
def run(world: World) -> Run:
    return factories.run(factories.project(world.team, user=world.bob), user=world.bob, state="running")


def send(run: Run, world: World, offset: int, lines: list[str], file: str = "output.log") -> None:
    sent = streams.read_request({"files": {file: {"offset": offset, "content": lines}}})
    streams.receive(run, sent, acting_user=world.bob)
    run.refresh_from_db()


@given(st.dictionaries(st.integers(0, 10_000), TEXTS, max_size=50))
def test_chunks_hold_what_was_put_into_them(lines: dict[int, str]) -> None:
    found = {}
    for first, held in history.chunks(lines):
        found.update(enumerate(history.unpack(history.pack(held)), first))
    assert found == lines


def test_chunks_are_bounded() -> None:
    long = {number: "x" * 100_000 for number in range(40)} | {number: "y" for number in range(40, 10_000)}
    made = list(history.chunks(long))
    assert all(len(held) <= history.LINES_OF_A_CHUNK for _, held in made)
    assert all(sum(map(len, held)) <= history.BYTES_OF_A_CHUNK for _, held in made)
    assert sum(len(held) for _, held in made) == len(long)


@given(st.lists(st.tuples(st.integers(0, 10**9) | st.integers(0, 2_000), numbers), min_size=1, max_size=1_500))
@settings(deadline=None)
def test_a_series_is_bounded_and_its_buckets_are_true(values: list[tuple[int, float]]) -> None:
    series = Series()
    for step, value in values:
        series.add(step, value)
    assert len(series.buckets) <= history.MOST_BUCKETS
    held: dict[int, list[float]] = {}
    for step, value in values:
        held.setdefault(step // series.width, []).append(value)
    assert history.buckets_in(series.packed()) == series.buckets
    assert series.buckets.keys() == held.keys()
    for place, inside in held.items():
        low, high, last = series.buckets[place]
        assert (low, high) == (min(inside), max(inside))
        assert last == inside[-1] if series.width == 1 else last in inside
    assert (series.count, series.last, series.minimum, series.maximum) == (
        len(values),
        values[-1][1],
        min(value for _, value in values),
        max(value for _, value in values),
    )


def test_the_last_of_a_bucket_is_the_last_when_steps_grow() -> None:
    series = Series()
    for step in range(100_000):
        series.add(step, math.sin(step))
    assert series.width & (series.width - 1) == 0
    for place, (_, _, last) in series.buckets.items():
        assert last == math.sin(min((place + 1) * series.width, 100_000) - 1)


def test_what_is_no_number_is_counted_and_not_plotted() -> None:
    series = Series()
    for step, value in enumerate(["NaN", {"_type": "histogram"}, float("inf"), 10**400, True]):
        series.add(step, value)
    assert (series.count, series.buckets, series.last) == (5, {}, None)
    series.add(5, 1.5)
    assert (series.kind, series.last, len(series.buckets)) == ("number", 1.5, 1)


@pytest.mark.parametrize(
    ("line", "keys"),
    [
        ('{"a": 1, "_step": 3}', ["a"]),
        ('{"a": {"b": {"c": 1}, "d": 2}}', ["a.b.c", "a.d"]),
        ('{"image": {"_type": "image-file", "size": 3}}', ["image"]),
        ('{"a": [1, 2], "": 1}', ["a"]),
        ("[1, 2]", []),
        ("no json", []),
        ('{"' + "k" * 600 + '": 1, "b": NaN}', ["b"]),
        ('{"\\u0000": 1, "\\ud800": 2}', ["?"]),
        ("[" * 100_000, []),
    ],
)
def test_metrics_of_a_line(line: str, keys: list[str]) -> None:
    assert [key for key, _ in history.metrics_in(history.line_values(line))] == keys


@given(st.lists(st.integers(), max_size=200), st.integers(-1, 50))
def test_thinning_keeps_ends_and_order(items: list[int], count: int) -> None:
    numbered = list(enumerate(items))
    kept = history.thinned(iter(numbered), count)
    assert len(kept) <= max(count, 0)
    assert all(one < other for one, other in pairwise(kept))
    if count > 1 and items:
        assert (kept[0], kept[-1]) == (numbered[0], numbered[-1])


@given(
    st.lists(st.tuples(st.integers(0, 30), st.lists(TEXTS, min_size=1, max_size=12)), max_size=12),
    st.integers(2, 9),
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.django_db
def test_lines_are_at_their_numbers_whatever_is_sent_twice(
    world: World, sent: list[tuple[int, list[str]]], bound: int
) -> None:
    project = factories.project(world.team, user=world.bob)
    run = factories.run(project, user=world.bob, state="running")
    before, history.LINES_OF_A_CHUNK = history.LINES_OF_A_CHUNK, bound
    try:
        straight: dict[int, str] = {}
        for offset, lines in sent:
            send(run, world, offset, lines)
            send(run, world, offset, lines)
            straight.update(enumerate(lines, offset))
        assert dict(reading.lines(run, "output")) == straight
        assert run.output_lines == max(straight, default=-1) + 1
        assert dict(reading.lines(run, "output", start=5, end=20)) == {
            number: line for number, line in straight.items() if 5 <= number < 20
        }
        assert all(chunk.line_count <= bound for chunk in HistoryChunk.objects.filter(run=run))
    finally:
        history.LINES_OF_A_CHUNK = before


def test_a_history_sent_in_pieces_with_repeats_is_plotted_once(world: World, run: Run) -> None:
    lines = [json.dumps({"loss": 1 / (step + 1), "_step": step}) for step in range(100)]
    for offset in range(0, 100, 7):
        piece = lines[max(0, offset - 3) : offset + 7]
        send(run, world, max(0, offset - 3), piece, "wandb-history.jsonl")
    row = MetricSeries.objects.get(run=run, key="loss")
    assert (row.count, row.minimum, row.maximum, row.last, row.last_step) == (100, 0.01, 1.0, 0.01, 99)
    assert [point.last for point in reading.points(row)] == [1 / (step + 1) for step in range(100)]
    assert (run.history_lines, run.last_step) == (100, 99)
    assert HistoryChunk.objects.filter(run=run).count() == 1


def test_lines_by_range_of_steps(world: World, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "LINES_OF_A_CHUNK", 16)
    lines = [json.dumps({"a": step, "_step": step * 10}) for step in range(100)]
    send(run, world, 0, lines, "wandb-history.jsonl")
    assert HistoryChunk.objects.filter(run=run).count() == 7
    assert list(reading.between(run, "history", 95, 200)) == lines[10:20]
    assert list(reading.between(run, "history", None, None)) == lines
    assert reading.sampled(run, "history", 3, min_step=None, max_step=None) == [lines[0], lines[50], lines[99]]
    assert reading.sampled_values(run, ["_step", "a"], 2, min_step=None, max_step=None) == [
        {"_step": 0, "a": 0},
        {"_step": 990, "a": 99},
    ]
    assert reading.sampled_values(run, ["a", "b"], 10, min_step=None, max_step=None) == []
    assert reading.tail(run, "history", 2) == lines[-2:]


def test_metrics_beyond_the_bound_stay_in_the_lines(world: World, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MOST_METRICS", 5)
    for number in range(4):
        line = json.dumps({f"m{number}.{inner}": 1 for inner in range(2)})
        send(run, world, number, [line], "wandb-history.jsonl")
    assert MetricSeries.objects.filter(run=run).count() == 5
    assert run.history_lines == 4


def test_a_long_run_is_few_rows_and_quickly_plotted(world: World, run: Run) -> None:
    lines = [f'{{"loss":{1 / (step + 1):.6f},"_step":{step}}}' for step in range(50_000)]
    for offset in range(0, 50_000, 10_000):
        send(run, world, offset, lines[offset : offset + 10_000], "wandb-history.jsonl")
    assert HistoryChunk.objects.filter(run=run).count() <= 14
    row = MetricSeries.objects.get(run=run, key="loss")
    assert len(reading.points(row)) <= history.MOST_BUCKETS
    assert len(row.buckets) < 20_000
