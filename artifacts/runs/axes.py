"""Along what the charts of a run are drawn: what it declared for each metric with `define_metric`, or what somebody chose for all."""

from dataclasses import dataclass

from artifacts.models import HistoryChunk, MetricSeries, Run
from artifacts.runs import plots, reading
from artifacts.runs.definitions import Definitions, definitions_in
from artifacts.runs.plots import Along

STEP, EPOCH, TIME = "step", "epoch", "time"
KEYS = {EPOCH: "epoch", TIME: "_runtime"}  # the metrics behind these words; the step is in every line
METRIC = "metric."  # before the name of another metric: `?x=metric.train/global_step`
MOST_DECLARED = 12


@dataclass(frozen=True)
class Axis:
    """Where a step lies on it, None where it is the step itself; `unit` is what it is counted in."""

    unit: str = STEP
    along: Along | None = None


@dataclass(frozen=True)
class Axes:
    """The axes that a run has by the word of an address; `chosen` is empty while each metric keeps the one declared for it."""

    chosen: str
    labels: dict[str, str]
    found: dict[str, Axis]
    definitions: Definitions

    def of(self, key: str) -> Axis:
        """The axis of a metric's chart; the step where the declared one was never logged."""
        word = self.chosen or _word_of(self.definitions.of(key).axis)
        return self.found.get(word) or Axis()


def axes_of(run: Run, asked: str) -> Axes:
    """The axes of a run, in one query; an unknown one that is asked for is none."""
    definitions = definitions_in(run.config)
    declared = [_word_of(key) for key in definitions.axes()[:MOST_DECLARED]]
    keys = {word: _key_of(word) for word in (EPOCH, TIME, *declared) if word != STEP}
    series = MetricSeries.objects.filter(
        run=run, stream=HistoryChunk.Stream.HISTORY, key__in=keys.values(), minimum__isnull=False
    )
    rows = {row.key: row for row in series}
    found = {
        word: Axis(word.removeprefix(METRIC), plots.along(reading.points(rows[key])))
        for word, key in keys.items()
        if key in rows
    }
    labels = {STEP: "Step", **{word: _label(word) for word in found}}
    if any(word in found for word in declared):
        labels = {"": "As declared", **labels}
    chosen = asked if asked in labels else next(iter(labels))
    return Axes(chosen, labels, found, definitions)


def _word_of(key: str) -> str:
    """How an address names a metric as axis."""
    known = {"": STEP, "_step": STEP} | {key: word for word, key in KEYS.items()}
    return known.get(key, METRIC + key)


def _key_of(word: str) -> str:
    return KEYS.get(word) or word.removeprefix(METRIC)


def _label(word: str) -> str:
    return word.removeprefix(METRIC) if word.startswith(METRIC) else word.capitalize()
