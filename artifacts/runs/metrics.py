"""What a run measured, as rows for a version's page: the last value of each metric and its history as a small line."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from artifacts.models import HistoryChunk, MetricSeries, Run
from artifacts.runs import history
from artifacts.runs.media import is_medium

MOST = 200
MOST_POINTS = 96  # one for each unit of the small line's width
DEEPEST = 4
SUMMARIES = frozenset({"min", "max", "mean", "first", "last", "best"})  # what `define_metric` has the client compute
TELLING = re.compile(r"val|test|eval|acc|auc|f1|loss|map|recall|precision|score", re.IGNORECASE)
LOWER_IS_BETTER = re.compile(
    r"loss|err|latency|perplexity|ppl|wer\b|cer\b|mae|mse|rmse|_ms\b|time|duration|memory|size|fid|nll|cost|distance",
    re.IGNORECASE,
)
COUNTERS = re.compile(r"(^|[/._])(epoch|step|batch|iteration|lr|learning_rate|seed)s?$", re.IGNORECASE)


@dataclass(frozen=True)
class Measure:
    """A summary value; `points` are its history, empty where there is none."""

    name: str
    value: object
    points: list[float]
    lowest: float | None = None
    highest: float | None = None
    count: int = 0

    @property
    def spoken(self) -> str:
        """What the small line shows, for screen readers."""
        return f"{self.name} over {self.count} logged values"


def measures_of(run: Run, *, most: int = MOST, words: str = "") -> list[Measure]:
    """The summary values of a run with these words in their names, those that tell most first, each with its history, in one query."""
    values = {name: value for name, value in _leaves(run.summary) if words.casefold() in name.casefold()}
    names = sorted(values, key=rank)[:most]
    logged = {name: _logged_as(name) for name in names}
    keys = {*names, *logged.values()}
    series = MetricSeries.objects.filter(run=run, stream=HistoryChunk.Stream.HISTORY, key__in=keys)
    by_name = {row.key: row for row in series}
    return [_measure(name, values[name], by_name.get(name) or by_name.get(logged[name])) for name in names]


def _logged_as(name: str) -> str:
    """The metric that a summary value was computed of: `acc` of `acc.max`, where `define_metric` asked for its maximum."""
    metric, _, summary = name.rpartition(".")
    return metric if metric and summary in SUMMARIES else name


def _measure(name: str, value: object, series: MetricSeries | None) -> Measure:
    if series is None:
        return Measure(name, value, [])
    return Measure(name, value, points_of(series), series.minimum, series.maximum, series.count)


def _leaves(summary: object, prefix: str = "", depth: int = 0) -> Iterator[tuple[str, object]]:
    """Numbers and short words by their dotted names, media aside; what begins with "_" is the client's own bookkeeping."""
    if not isinstance(summary, Mapping) or is_medium(summary) or depth > DEEPEST:
        return
    for name, value in summary.items():
        if name.startswith("_") or (not prefix and name == "wandb"):
            continue
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}{name}.", depth + 1)
        elif (isinstance(value, str) and len(value) <= 100) or isinstance(value, int):
            yield prefix + name, value
        elif isinstance(value, float):
            yield prefix + name, value if math.isfinite(value) else str(value)


def is_lower_better(name: str) -> bool:
    """What the name of a metric says about its direction."""
    return bool(LOWER_IS_BETTER.search(name))


def rank(name: str) -> tuple[bool, bool, str]:
    """The order of metrics: those that tell most first, counters of steps last."""
    return bool(COUNTERS.search(name)), not TELLING.search(name), name


def points_of(series: MetricSeries) -> list[float]:
    """The last values of the buckets of a plot, from the first step to the last, no more than can be told apart."""
    return [point.last for point in history.thinned(history.points(series.buckets, series.width), MOST_POINTS)]


def summary_of(run: Run) -> dict[str, object]:
    """`values_in` the summary of a run."""
    return values_in(run.summary)


def values_in(summary: object) -> dict[str, object]:
    """The values of a summary by dotted name, as far as a table can show them."""
    return dict(_leaves(summary))


def telling(summaries: Sequence[Mapping[str, object]], *, most: int) -> list[str]:
    """The names of the numbers that most of these summaries have and that say most."""
    counts = Counter(
        name
        for summary in summaries
        for name, value in summary.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    )
    return sorted(counts, key=lambda name: (*rank(name)[:2], -counts[name], name))[:most]
