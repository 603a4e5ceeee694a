"""Small line plots as SVG paths: a line of last values, and behind it the band between least and greatest."""

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from artifacts.runs.history import Point

WIDTH, HEIGHT = 340, 168
LEFT, RIGHT, TOP, BOTTOM = 46, 330, 10, 142
LEVELS, TICKS = 5, 4
UNITS = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e4, "k"))
TIMES = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))

type Along = Callable[[float], float]


@dataclass(frozen=True)
class Mark:
    """A place on an axis with what is written there."""

    at: str
    text: str
    anchor: str = "middle"
    baseline: str = ""


@dataclass(frozen=True)
class Plot:
    """One metric as the coordinates of an SVG of 340 by 168."""

    name: str
    last: float | None
    line: str
    band: str
    dot: tuple[str, str]
    levels: list[Mark]
    ticks: list[Mark]
    label: str
    axis: str = ""  # what it goes along where that is not the step


def plot(
    name: str,
    points: Sequence[Point],
    *,
    last: float | None = None,
    along: Along | None = None,
    unit: str = "step",
    until: int | None = None,
) -> Plot | None:
    """The plot of a metric; None where there is nothing to draw. `along` gives the place of a step on another axis,
    `until` is the step of the last value, where the last bucket ends."""
    if not points:
        return None
    steps = [point.step for point in points]
    if until is not None and len(steps) > 1:
        steps[-1] = max(steps[-1], until)
    places = [float(step) if along is None else along(step) for step in steps]
    low, high, levels = _levels(min(point.minimum for point in points), max(point.maximum for point in points))
    first, end = min(places), max(places)
    x = _scale(first, end, LEFT, RIGHT)
    y = _scale(low, high, BOTTOM, TOP)
    tops = [f"{x(place):.1f} {y(point.maximum):.1f}" for place, point in zip(places, points, strict=True)]
    lows = [f"{x(place):.1f} {y(point.minimum):.1f}" for place, point in zip(places, points, strict=True)]
    line = [f"{x(place):.1f} {y(point.last):.1f}" for place, point in zip(places, points, strict=True)]
    has_band = len(points) > 1 and any(point.minimum != point.maximum for point in points)
    number, word = _measure(unit, end)
    return Plot(
        name=name,
        last=points[-1].last if last is None else last,
        line="M" + " L".join(line),
        band="M" + " L".join([*tops, *reversed(lows)]) + "Z" if has_band else "",
        dot=(f"{x(places[-1]):.1f}", f"{y(points[-1].last):.1f}"),
        levels=[Mark(f"{y(level):.1f}", _short(level), baseline=f"{y(level) + 3.8:.1f}") for level in levels],
        ticks=_ticks(first, end, x, number, word, whole=unit != "time" and all(map(float.is_integer, places))),
        label=f"{name} from {unit} {_short(first / number)} to {_short(end / number)}{word}, last {points[-1].last:.4g}",
        axis="" if unit == "step" else unit,
    )


def _scale(low: float, high: float, start: float, end: float) -> Along:
    """A place between two values as one between two coordinates; halved before, since the greatest numbers differ by infinity."""
    half = high / 2 - low / 2
    if half <= 0:
        return lambda value: (start + end) / 2
    return lambda value: start + (end - start) * min(1.0, max(0.0, (value / 2 - low / 2) / half))


def _levels(low: float, high: float) -> tuple[float, float, list[float]]:
    """The bounds of the axis and the round values between them."""
    if low == high:
        margin = abs(low) * 0.1 or 1.0
        low, high = low - margin, high + margin
    width = _round_width(low, high, LEVELS - 1)
    if width is None:
        return low, high, [low, high]
    bottom = math.floor(low / width + 1e-9)
    top = math.ceil(high / width - 1e-9)
    levels = [number * width for number in range(bottom, top + 1)]
    return levels[0], levels[-1], levels


def _round_width(low: float, high: float, count: int) -> float | None:
    """A round number that goes about `count` times between the two; None where floats can't tell such steps apart."""
    if not math.isfinite(high - low):
        return None
    rough = (high - low) / count
    if rough < 1e-300 or low + rough == low or high - rough == high:
        return None
    power = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * 0.999)


def _ticks(first: float, end: float, x: Along, number: float, word: str, *, whole: bool) -> list[Mark]:
    """Round values below the axis, the last one with the unit; between whole steps there is nothing to mark."""
    width = _round_width(first / number, end / number, TICKS)
    if width is not None and whole:
        width = float(math.ceil(width)) if width < 10 else width
    if width is None:
        return [Mark(f"{x(first):.1f}", _short(first / number) + word, "start" if first < end else "middle")]
    low, high = math.ceil(first / number / width - 1e-9), math.floor(end / number / width + 1e-9)
    found = []
    for place in range(low, high + 1):
        at = x(place * width * number)
        anchor = "start" if at < LEFT + 6 else "end" if at > RIGHT - 12 else "middle"
        text = _short(place * width)
        found.append(Mark(f"{at:.1f}", text + word if place == high else text, anchor))
    return found


def _measure(unit: str, end: float) -> tuple[float, str]:
    """What the axis is counted in: a time in the unit that suits its length."""
    if unit != "time":
        return 1.0, ""
    return next(((float(seconds), f" {word}") for seconds, word in TIMES if end >= 2 * seconds), (1.0, " s"))


def _short(value: float) -> str:
    """A number as short as an axis needs it."""
    if value == 0:
        return "0"
    for size, word in UNITS:
        if abs(value) >= size and abs(value) < 1e15:
            return f"{value / (1e3 if word == 'k' else size):.4g}{word}"
    return f"{value:.4g}"


def along(axis: Sequence[Point]) -> Along:
    """Where a step lies on the axis of another metric, straight between the steps at which that one is known."""
    steps = [point.step for point in axis]

    def place(step: float) -> float:
        right = bisect_right(steps, step)
        if right == 0:
            return axis[0].last
        before = axis[right - 1]
        if right == len(axis):
            return before.last
        after = axis[right]
        share = (step - before.step) / (after.step - before.step)
        return before.last * (1 - share) + after.last * share

    return place
