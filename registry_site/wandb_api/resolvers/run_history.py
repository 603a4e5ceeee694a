"""What runs logged, as the client reads it back: lines, samples of them, metrics, the console."""

import json
from collections.abc import Mapping
from itertools import islice
from typing import Any

from artifacts.errors import Invalid
from artifacts.models import MetricSeries, Run
from artifacts.runs import history, reading
from registry_site.wandb_api.engine.batching import read_for_peers
from registry_site.wandb_api.engine.context import Context
from registry_site.wandb_api.engine.paging import page, page_size, read_cursor, write_cursor
from registry_site.wandb_api.engine.resolve import Permission, resolves

Stream = reading.Stream
DEFAULT_SAMPLES = 500
MOST_SPECS = 100
LARGEST_INT = 2**31 - 1
TAIL = 1  # the client resumes from the last line
CURSOR = ["line"]


@resolves("Run.historyLineCount", permission=Permission.PARENT)
def history_line_count(run: Run, context: Context) -> int:
    return lines_of(run, Stream.HISTORY)


@resolves("Run.eventsLineCount", permission=Permission.PARENT)
def events_line_count(run: Run, context: Context) -> int:
    return lines_of(run, Stream.EVENTS)


@resolves("Run.logLineCount", permission=Permission.PARENT)
def log_line_count(run: Run, context: Context) -> int:
    return lines_of(run, Stream.OUTPUT)


def lines_of(run: Run, stream: Stream) -> int:
    """How many lines whoever resumes goes on from: none of those that a run begun anew will replace."""
    return 0 if stream in run.outdated else min(reading.line_count(run, stream), LARGEST_INT)


@resolves("Run.historyTail", permission=Permission.PARENT)
def history_tail(run: Run, context: Context) -> str:
    """A JSON list of lines, each of which is JSON again."""
    return tail_of(run, Stream.HISTORY)


@resolves("Run.eventsTail", permission=Permission.PARENT)
def events_tail(run: Run, context: Context) -> str:
    return tail_of(run, Stream.EVENTS)


def tail_of(run: Run, stream: Stream) -> str:
    return json.dumps([] if stream in run.outdated else reading.tail(run, stream, TAIL))


@resolves("Run.history", permission=Permission.PARENT)
def run_history(
    run: Run, context: Context, min_step: int | None = None, max_step: int | None = None, samples: int | None = None
) -> list[str]:
    count = samples_of(samples)
    return reading.sampled(run, Stream.HISTORY, count, min_step=min_step, max_step=max_step)


@resolves("Run.events", permission=Permission.PARENT)
def run_events(run: Run, context: Context, samples: int | None = None) -> list[str]:
    return reading.sampled(run, Stream.EVENTS, samples_of(samples), min_step=None, max_step=None)


def samples_of(samples: int | None) -> int:
    """How many lines are wanted."""
    return DEFAULT_SAMPLES if samples is None else max(0, samples)


@resolves("Run.sampledHistory", permission=Permission.PARENT)
def sampled_history(run: Run, context: Context, specs: list[str]) -> list[list[dict[str, object]]]:
    """For each sampling that is asked for, the lines that have all of its keys."""
    if len(specs) > MOST_SPECS:
        raise Invalid(f"{len(specs)} samples at once are too many; ask for {MOST_SPECS} or fewer.")
    return [of_spec(run, read_spec(spec)) for spec in specs]


def read_spec(text: str) -> Mapping[str, Any]:
    """What is asked of a sample: {"keys": […], "samples": 500, "minStep": 0, "maxStep": 10}."""
    try:
        spec = json.loads(text)
    except (ValueError, RecursionError):
        spec = None
    keys = spec.get("keys") if isinstance(spec, dict) else None
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys) or len(keys) > 1_000:
        raise Invalid("A sample is described as {“keys”: [“loss”], “samples”: 500}.")
    return {**spec, "keys": keys}


def of_spec(run: Run, spec: Mapping[str, Any]) -> list[dict[str, object]]:
    """The rows of one sample."""

    def whole(name: str) -> int | None:
        value = spec.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    count = samples_of(whole("samples"))
    low, high = whole("minStep"), whole("maxStep")
    if low is not None and high is not None and high - low + 1 == count:
        # Since 0.23 the client names the last step that it wants and as many samples as there are steps;
        # before, as in `Run.history`, the step after the last, and a whole page of samples.
        high += 1
    return reading.sampled_values(run, spec["keys"], count, min_step=low, max_step=high)


@resolves("Run.parquetHistory", permission=Permission.PARENT)
def parquet_history(run: Run, context: Context, live_keys: list[str]) -> dict[str, Any]:
    """Nothing is kept as Parquet, so that all is live: the client reads lines from this step on one by one.

    Without a word of it, `download_history_exports` would take an empty directory for the whole history.
    """
    first = next(reading.lines(run, Stream.HISTORY), None)
    live = [] if first is None else [{"_step": history.step_of(history.line_values(first[1]), first[0])}]
    return {"parquet_urls": [], "live_data": live}


@resolves("Run.historyKeys", permission=Permission.PARENT)
def history_keys(run: Run, context: Context) -> dict[str, Any]:
    """The metrics by name; `lastStep` is where the client stops reading."""
    keys = {
        row.key: {
            "typeCounts": [{"type": row.kind, "count": row.count}],
            "monotonic": False,
            "previousValue": row.last if row.last is not None else row.last_step,
        }
        for row in metrics_of(run, context, Stream.HISTORY)
    }
    return {"sets": [], "keys": keys, "lastStep": run.last_step}


@resolves("Run.systemMetrics", permission=Permission.PARENT)
def system_metrics(run: Run, context: Context) -> Mapping[str, float | None]:
    return {row.key: row.last for row in metrics_of(run, context, Stream.EVENTS) if row.last is not None}


def metrics_of(run: Run, context: Context, stream: Stream) -> list[MetricSeries]:
    """The metrics of a run, read for its whole page."""

    def load(page: list[Run]) -> Mapping[int, list[MetricSeries]]:
        found: dict[int, list[MetricSeries]] = {}
        for row in MetricSeries.objects.filter(run__in=page, stream=stream).defer("buckets").order_by("key"):
            found.setdefault(row.run_id, []).append(row)
        return found

    return read_for_peers(context, f"metrics of {stream}", run, load) or []


@resolves("Run.logLines", permission=Permission.PARENT)
def log_lines(
    run: Run,
    context: Context,
    after: str | None = None,
    first: int | None = None,
    last: int | None = None,
    use_improved_pagination: bool | None = None,
) -> dict[str, Any]:
    """The console, from its beginning page by page, or its last lines."""
    start = read_cursor(after, CURSOR)[0] + 1 if after else 0
    if last is not None:
        first = page_size(last)
        start = max(start, run.output_lines - first)
    size = page_size(first)
    found = list(islice(reading.lines(run, Stream.OUTPUT, start=start), size + 1))
    return page(
        found[:size],
        node=lambda numbered: log_line(*numbered),
        cursor=lambda numbered: write_cursor([numbered[0]], CURSOR),
        has_next=len(found) > size,
        has_previous=start > 0,
        total=None,
    )


def log_line(number: int, text: str) -> dict[str, Any]:
    """One line of the console."""
    line = history.console_line(text)
    return {"number": number, "timestamp": line.moment, "level": line.level, "label": None, "line": line.text}
