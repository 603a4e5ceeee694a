"""What the runs behind a page of versions measured, as columns that can be compared, and as a line over the versions."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from artifacts.models import Membership, Run
from artifacts.naming import natural_key
from artifacts.runs.media import is_medium
from artifacts.runs.metrics import COUNTERS, TELLING, is_lower_better

MOST_COLUMNS = 6
MOST_OFFERED = 300
DEEPEST = 3
WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 400, 204, 58, 14, 24, 28


@dataclass(frozen=True)
class Cell:
    """One value: whether it is the best of its column, and its change against the version below."""

    value: float | None
    is_best: bool = False
    change: float | None = None
    is_better: bool | None = None


@dataclass(frozen=True)
class MetricColumn:
    """One metric over the versions of a page, newest first."""

    name: str
    is_lower_better: bool
    cells: list[Cell]


@dataclass(frozen=True)
class PlotPoint:
    """A point or a label of the plot."""

    x: str
    y: str
    text: str


@dataclass(frozen=True)
class MetricOverVersions:
    """A line over versions, as the coordinates of an SVG."""

    label: str
    path: str
    dots: list[PlotPoint]
    levels: list[PlotPoint]
    names: list[PlotPoint]


def summaries(memberships: Sequence[Membership], visible_projects: set[int]) -> list[dict[str, float]]:
    """The numbers in the summary of each version's run, empty where the run is hidden or there is none."""
    ids = {membership.version.run_id for membership in memberships if membership.version.run_id}
    runs = {
        number: dict(_numbers(summary))
        for number, project, summary in Run.objects.filter(pk__in=ids).values_list("pk", "project", "summary")
        if project in visible_projects
    }
    return [runs.get(membership.version.run_id or 0, {}) for membership in memberships]


def _numbers(summary: object, prefix: str = "", depth: int = 0) -> Iterator[tuple[str, float]]:
    """Every finite number by its dotted name, media aside; what begins with "_" is the client's own bookkeeping."""
    if not isinstance(summary, Mapping) or is_medium(summary) or depth > DEEPEST:
        return
    for name, value in summary.items():
        if name.startswith("_") or name == "wandb":
            continue
        if isinstance(value, bool):
            continue
        if isinstance(value, int | float):
            if math.isfinite(value):
                yield prefix + name, float(value) if isinstance(value, float) else value
        else:
            yield from _numbers(value, f"{prefix}{name}.", depth + 1)


def columns_of(
    rows: Sequence[Mapping[str, float]],
    chosen: Sequence[str],
    best: str = "auto",
    *,
    order: Sequence[int] = (),
    below: Mapping[str, float] | None = None,
) -> list[MetricColumn]:
    """The metrics of a page as columns; those that most versions have and that say most come first if none are chosen.

    `order` is the place of each row from the newest version to the oldest, where the table is sorted otherwise; `below` is what
    the version before the oldest measured, which stands on the next page.
    """
    order = order or range(len(rows))
    names = [name for name in chosen if any(name in row for row in rows)] or pick(rows)
    columns = []
    for name in names[:MOST_COLUMNS]:
        is_lower = is_lower_better(name) if best not in {"higher", "lower"} else best == "lower"
        values = [row.get(name) for row in rows]
        known = [value for value in values if value is not None]
        top = (min(known) if is_lower else max(known)) if len(known) > 1 and min(known) != max(known) else None
        cells: list[Cell] = [Cell(None)] * len(rows)
        before = (below or {}).get(name)
        for place in reversed(order):
            value = values[place]
            if value is None:
                continue
            change = None if before is None else value - before
            is_better = None if not change else (change < 0) == is_lower
            cells[place] = Cell(value, value == top, change, is_better)
            before = value
        columns.append(MetricColumn(name=name, is_lower_better=is_lower, cells=cells))
    return columns


def pick(rows: Sequence[Mapping[str, float]]) -> list[str]:
    """The six metrics to show first, in the order of what they tell."""
    counted = Counter(name for row in rows for name in row)
    telling = [name for name in counted if not COUNTERS.search(name)] or list(counted)
    order = sorted(telling, key=lambda name: (-counted[name], not TELLING.search(name), natural_key(name)))
    return order[:MOST_COLUMNS]


def all_names(rows: Sequence[Mapping[str, float]]) -> list[str]:
    """Every metric of the page, to choose from."""
    return sorted({name for row in rows for name in row}, key=natural_key)[:MOST_OFFERED]


def in_order(column: MetricColumn, order: Sequence[int]) -> MetricColumn:
    """The metric with its cells in another order: `order` are positions, from the newest version to the oldest."""
    return MetricColumn(column.name, column.is_lower_better, [column.cells[place] for place in order])


def plot_of(column: MetricColumn, labels: Sequence[str]) -> MetricOverVersions | None:
    """A metric from the oldest version of the page to the newest; None for fewer than two values."""
    points = [(label, cell.value) for label, cell in zip(labels, column.cells, strict=True) if cell.value is not None]
    points.reverse()
    if len(points) < 2:
        return None
    values = [value for _, value in points]
    low, high = min(values), max(values)
    spread = (high - low) or abs(high) or 1.0

    def x(place: int) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * place / (len(points) - 1)

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (value - low) / spread

    every = max(1, math.ceil(len(points) / 6))
    dots = [PlotPoint(f"{x(place):.1f}", f"{y(value):.1f}", label) for place, (label, value) in enumerate(points)]
    return MetricOverVersions(
        label=f"{column.name} from {points[0][0]} to {points[-1][0]}: {values[0]:.4g} to {values[-1]:.4g}",
        path="M" + " L".join(f"{dot.x} {dot.y}" for dot in dots),
        dots=dots,
        levels=[
            PlotPoint(f"{LEFT - 8}", f"{y(level):.1f}", f"{level:.4g}")
            for level in sorted({low, low + (high - low) / 2, high})
        ],
        names=[PlotPoint(dot.x, f"{HEIGHT - 9}", dot.text) for place, dot in enumerate(dots) if place % every == 0],
    )
