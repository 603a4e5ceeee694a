"""Parallel coordinates: one axis for each metric and number of metadata, one line for each version, as an SVG's coordinates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

WIDTH, LEFT, RIGHT, TOP, BOTTOM = 690, 46, 626, 34, 180
MOST_AXES = 8
LONGEST_LABEL = 16


@dataclass(frozen=True)
class CoordinateAxis:
    """One scale, its greatest value above and its least below."""

    x: str
    name: str
    label: str
    top: str
    bottom: str


@dataclass(frozen=True)
class Way:
    """One version's line. `label` says its values to those who don't see it."""

    name: str
    path: str
    label: str
    dots: list[tuple[str, str]]
    end: tuple[str, str]
    is_best: bool = False


@dataclass(frozen=True)
class ParallelCoordinates:
    """The whole: ways are drawn in their order, the best one last and so on top."""

    axes: list[CoordinateAxis]
    ways: list[Way]
    best: str


def picture(
    names: Sequence[str], axes: Sequence[str], rows: Sequence[Mapping[str, float]], *, best: str = ""
) -> ParallelCoordinates | None:
    """The picture of versions by name with their numbers; None for fewer than two axes or two lines."""
    axes = [axis for axis in axes if any(axis in row for row in rows)][:MOST_AXES]
    if len(axes) < 2:
        return None
    places = [LEFT + (RIGHT - LEFT) * number / (len(axes) - 1) for number in range(len(axes))]
    bounds = [
        (min(row[axis] for row in rows if axis in row), max(row[axis] for row in rows if axis in row)) for axis in axes
    ]

    def y(number: int, value: float) -> float:
        low, high = bounds[number]
        # Halved before, since the greatest numbers differ by infinity.
        share = (value / 2 - low / 2) / (high / 2 - low / 2) if high / 2 > low / 2 else 0.5
        return BOTTOM - (BOTTOM - TOP) * share

    ways = []
    for name, row in zip(names, rows, strict=True):
        points = [(n, places[n], y(n, row[axis])) for n, axis in enumerate(axes) if axis in row]
        if len(points) < 2:
            continue
        dots = [(f"{x:.0f}", f"{height:.1f}") for _, x, height in points]
        said = ", ".join(f"{axis} {row[axis]:.4g}" for axis in axes if axis in row)
        ways.append(Way(name, _path(points), f"{name}: {said}", dots, dots[-1], name == best))
    if len(ways) < 2:
        return None
    return ParallelCoordinates(
        axes=[
            CoordinateAxis(f"{place:.0f}", axis, _short(axis), f"{high:.4g}", f"{low:.4g}")
            for axis, place, (low, high) in zip(axes, places, bounds, strict=True)
        ],
        ways=sorted(ways, key=lambda way: way.is_best),
        best=next((way.name for way in ways if way.is_best), ""),
    )


def _path(points: Sequence[tuple[int, float, float]]) -> str:
    """A line that breaks where a value is missing between two axes."""
    steps = []
    before = None
    for number, x, height in points:
        steps.append(f"{'L' if before == number - 1 else 'M'}{x:.0f} {height:.1f}")
        before = number
    return " ".join(steps)


def _short(name: str) -> str:
    """The end of a long name: there it differs from its neighbours."""
    return name if len(name) <= LONGEST_LABEL else f"…{name[-LONGEST_LABEL + 1 :]}"
