"""Plots are drawable whatever was measured."""

import re
from math import isfinite

from hypothesis import given, settings
from hypothesis import strategies as st

from artifacts.runs import plots
from artifacts.runs.history import Point, Series, points

numbers = st.floats(allow_nan=False, allow_infinity=False)


def drawn(values: list[tuple[int, float]], **options: object) -> plots.Plot | None:
    series = Series()
    for step, value in values:
        series.add(step, value)
    return plots.plot("loss", points(series.packed(), series.width), **options)  # type: ignore[arg-type]


@given(st.lists(st.tuples(st.integers(0, 2**62), numbers), min_size=1, max_size=60))
@settings(deadline=None)
def test_every_coordinate_is_inside_the_picture(values: list[tuple[int, float]]) -> None:
    plot = drawn(values)
    assert plot is not None
    places = [float(number) for number in re.findall(r"-?[\d.]+(?:e[+-]?\d+)?|nan|inf", plot.line + plot.band)]
    assert all(isfinite(place) for place in places)
    assert all(plots.LEFT <= place <= plots.RIGHT for place in places[::2])
    assert all(plots.TOP <= place <= plots.BOTTOM for place in places[1::2])
    assert 1 <= len(plot.levels) <= 8


def test_nothing_is_no_plot() -> None:
    assert drawn([]) is None


def test_levels_are_round_and_hold_the_values() -> None:
    plot = drawn([(step, 0.412 + step * 0.0087) for step in range(60)])
    assert plot is not None
    assert [level.text for level in plot.levels] == ["0.4", "0.6", "0.8", "1"]
    assert [tick.text for tick in plot.ticks] == ["0", "20", "40"]
    assert plot.band == ""
    assert plot.label == "loss from step 0 to 59, last 0.9253"


def test_a_long_run_has_a_band_and_short_numbers() -> None:
    plot = drawn([(step, float(step % 7)) for step in range(30_000)], until=29_999, last=5.0)
    assert plot is not None
    assert plot.band.endswith("Z")
    assert [tick.text for tick in plot.ticks] == ["0", "10k", "20k"]
    assert plot.last == 5.0


def test_another_axis() -> None:
    axis = plots.along([Point(0, 0, 0, 0.0), Point(10, 0, 0, 100.0), Point(20, 0, 0, 7200.0)])
    assert [axis(step) for step in (-1, 0, 5, 10, 15, 99)] == [0.0, 0.0, 50.0, 100.0, 3650.0, 7200.0]
    plot = drawn([(0, 1.0), (20, 2.0)], along=axis, unit="time")
    assert plot is not None
    assert plot.ticks[-1].text == "2 h"


def test_whole_steps_are_marked_in_whole_numbers() -> None:
    for end, expected in ((2, ["0", "1", "2"]), (9, ["0", "3", "6", "9"]), (80, ["0", "20", "40", "60", "80"])):
        plot = drawn([(step, float(step)) for step in range(end + 1)])
        assert plot is not None
        assert [tick.text for tick in plot.ticks] == expected
