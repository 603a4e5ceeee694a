"""Reading back what runs logged: lines by number or step, samples of them, and the plots of metrics."""

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from django.db.models import F, Q

from artifacts.models import HistoryChunk, MetricSeries, Run
from artifacts.runs import history
from artifacts.runs.history import Point

Stream = HistoryChunk.Stream
MOST_LINES = 100_000  # of one answer
PLAIN_KEY = re.compile(r"[A-Za-z0-9_.:/ -]+")


def lines(run: Run, stream: str, *, start: int = 0, end: int | None = None) -> Iterator[tuple[int, str]]:
    """The numbered lines of a stream from `start` up to `end`; chunk after chunk, so that a long stream needs little memory."""
    found = HistoryChunk.objects.filter(run=run, stream=stream).order_by("first_line")
    found = found.alias(ends=F("first_line") + F("line_count")).filter(ends__gt=start)
    # Only for the database, which has an index on this column: no chunk has more lines than this.
    found = found.filter(first_line__gt=start - history.LINES_OF_A_CHUNK)
    if end is not None:
        found = found.filter(first_line__lt=end)
    for chunk in found.iterator(chunk_size=8):
        for number, line in enumerate(history.unpack(chunk.lines), chunk.first_line):
            if number >= start and (end is None or number < end):
                yield number, line


def tail(run: Run, stream: str, count: int) -> list[str]:
    """The last lines of a stream."""
    total = line_count(run, stream)
    return [line for _, line in lines(run, stream, start=max(0, total - count))]


def line_count(run: Run, stream: str) -> int:
    """How many lines a stream has."""
    counts = {Stream.HISTORY: run.history_lines, Stream.EVENTS: run.events_lines, Stream.OUTPUT: run.output_lines}
    return counts[Stream(stream)]


def between(run: Run, stream: str, min_step: int | None, max_step: int | None) -> Iterator[str]:
    """The lines of the steps from `min_step` up to, not including, `max_step`; all without them."""
    found = HistoryChunk.objects.filter(run=run, stream=stream).order_by("first_line")
    if min_step is not None:
        found = found.filter(Q(last_step__gte=min_step) | Q(last_step__isnull=True))
    if max_step is not None:
        found = found.filter(Q(first_step__lt=max_step) | Q(first_step__isnull=True))
    for chunk in found.iterator(chunk_size=8):
        low, high = chunk.first_step, chunk.last_step
        is_inside = (min_step is None or (low is not None and low >= min_step)) and (
            max_step is None or (high is not None and high < max_step)
        )
        for number, line in enumerate(history.unpack(chunk.lines), chunk.first_line):
            if is_inside or _is_between(history.step_of(history.line_values(line), number), min_step, max_step):
                yield line


def _is_between(step: int, low: int | None, high: int | None) -> bool:
    return (low is None or step >= low) and (high is None or step < high)


def _sample(found: Iterator[str], count: int, min_step: int | None, max_step: int | None) -> list[str]:
    """At most `count` lines, evenly chosen; all of them where the range of steps is no wider than `count`."""
    count = min(count, MOST_LINES)
    if min_step is not None and max_step is not None and max_step - min_step <= count:
        return list(islice(found, MOST_LINES))
    return history.thinned(found, count)


def sampled(run: Run, stream: str, count: int, *, min_step: int | None, max_step: int | None) -> list[str]:
    """At most `count` lines of a range of steps, evenly chosen; all of them where the range is no wider than `count`."""
    return _sample(between(run, stream, min_step, max_step), count, min_step, max_step)


def sampled_values(
    run: Run, keys: Sequence[str], count: int, *, min_step: int | None, max_step: int | None
) -> list[dict[str, object]]:
    """At most `count` of the lines that have all of the keys, each with these keys only."""
    wanted = list(dict.fromkeys(keys))
    # Looking for plain names in the text is many times quicker than reading a million lines as JSON.
    marks = [f'"{key.split(".")[0]}' for key in wanted if key != "_step" and PLAIN_KEY.fullmatch(key)]
    found = (line for line in between(run, Stream.HISTORY, min_step, max_step) if all(mark in line for mark in marks))
    rows: list[dict[str, object]] = []
    for line in _sample(found, count, min_step, max_step):
        said = history.line_values(line)
        values = dict(history.metrics_in(said)) | said
        if all(key in values for key in wanted):
            rows.append({key: values[key] for key in wanted})
    return rows


def series(run: Run, stream: str = Stream.HISTORY) -> list[MetricSeries]:
    """Every metric of a run by name, without its plot."""
    return list(MetricSeries.objects.filter(run=run, stream=stream).defer("buckets").order_by("key"))


def points(row: MetricSeries) -> list[Point]:
    """The plot of one metric: at most 512 places."""
    return history.points(row.buckets, row.width)
