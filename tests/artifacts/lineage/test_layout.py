"""Where the nodes of a lineage graph go: every arrow leads to the right, no two boxes touch."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from artifacts.lineage import layout

KEYS = [f"v{number}" for number in range(9)]
EDGES = st.sets(st.tuples(st.sampled_from(KEYS), st.sampled_from(KEYS)), max_size=30)


def drawn(edges: set[layout.Edge]) -> tuple[layout.Drawing, set[layout.Edge]]:
    kept = layout.forward(KEYS, edges)
    return layout.draw(layout.columns(KEYS, kept), edges), kept


@given(EDGES)
def test_every_arrow_leads_to_the_right_unless_it_closes_a_circle(edges: set[layout.Edge]) -> None:
    drawing, kept = drawn(edges)
    for tail, head in kept:
        assert drawing.boxes[tail].right < drawing.boxes[head].x
    assert kept <= edges
    assert len(drawing.arrows) == len([edge for edge in edges if edge[0] != edge[1]])


@given(EDGES)
def test_no_two_boxes_touch_and_all_lie_inside(edges: set[layout.Edge]) -> None:
    drawing, _ = drawn(edges)
    for one, other in itertools.combinations(drawing.boxes.values(), 2):
        apart = abs(one.x - other.x) > layout.WIDTH or abs(one.y - other.y) > layout.HEIGHT
        assert apart
    for box in drawing.boxes.values():
        assert 0 <= box.x
        assert box.right <= drawing.width
        assert 0 <= box.y <= drawing.height - layout.HEIGHT


@given(EDGES)
def test_only_edges_on_a_circle_are_cut(edges: set[layout.Edge]) -> None:
    kept = layout.forward(KEYS, edges)
    acyclic = {(tail, head) for tail, head in edges if tail < head}
    assert layout.forward(KEYS, acyclic) == acyclic
    assert layout.forward(KEYS, kept) == kept


@pytest.mark.parametrize(
    ("edges", "expected"),
    [
        (set(), {"v0": 0, "v1": 0}),
        ({("v0", "v1")}, {"v0": 0, "v1": 1}),
        ({("v0", "v1"), ("v1", "v2"), ("v3", "v2")}, {"v0": 0, "v1": 1, "v2": 2, "v3": 1}),
        ({("v0", "v1"), ("v1", "v2"), ("v0", "v2")}, {"v0": 0, "v1": 1, "v2": 2}),
    ],
)
def test_columns(edges: set[layout.Edge], expected: dict[str, int]) -> None:
    keys = sorted(expected)
    assert layout.columns(keys, edges) == expected


def test_more_than_five_of_a_kind_in_a_column_are_folded_but_never_the_selected_one() -> None:
    place = {f"r{number}": 1 for number in range(8)} | {"v1": 0, "v2": 0}
    kinds = {key: "run" if key.startswith("r") else "artifact" for key in place}
    assert layout.fold(place, kinds, keep={"r7"}) == {"run-1": ["r1", "r2", "r3", "r4", "r5", "r6"]}
    assert layout.fold(place, kinds, keep={"r7"}, opened={"run-1": ""}) == {}
    assert layout.fold({f"r{number}": 1 for number in range(5)}, kinds, keep=[]) == {}


def test_a_group_is_unfolded_by_pages_and_all_pages_together_are_bounded() -> None:
    place = {f"r{number}": 1 for number in range(200, 0, -1)} | {f"v{number}": 2 for number in range(100)}
    kinds = {key: "run" if key.startswith("r") else "artifact" for key in place}
    groups = layout.fold(place, kinds, keep={"r150"}, opened={"run-1": ""})
    assert len(groups["run-1"]) == 199 - layout.MOST_UNFOLDED
    assert groups["run-1"][0] == "r149", "the kept one is none of the page"
    groups = layout.fold(place, kinds, keep=[], opened={"run-1": "r141", "artifact-2": ""})
    assert "r141" in groups["run-1"]
    assert "r140" not in groups["run-1"]
    assert len(place) - len(groups["run-1"]) - len(groups["artifact-2"]) == layout.MOST_UNFOLDED
    assert groups["artifact-2"][0] == "v25"
    last = layout.fold(place, kinds, keep=[], opened={"run-1": "r30"})["run-1"]
    assert last[-1] == "r30"


def test_a_long_graph_folds_ever_more_and_then_shows_what_is_near() -> None:
    place = {f"r{column * 4 + number}": column for column in range(60) for number in range(4)}
    kinds = dict.fromkeys(place, "run")
    groups = layout.fold(place, kinds, keep={"r0"})
    assert len(groups) == 60
    assert sum(map(len, groups.values())) == len(place) - 1
    longer = {f"r{column}": column - 200 for column in range(400)}
    near = layout.nearest(layout.fold(longer, dict.fromkeys(longer, "run"), keep=[]) or longer)
    assert len(near) == layout.MOST_DRAWN + layout.MOST_UNFOLDED
    assert max(map(abs, near.values())) == 65


def test_of_too_many_arrows_those_next_to_the_version_are_drawn() -> None:
    place = {f"v{column * 20 + row}": column for column in range(3) for row in range(20)}
    edges = {(tail, head) for tail in place for head in place if place[head] == place[tail] + 1}
    drawing = layout.draw(place, edges)
    assert drawing.is_thinned
    assert len(drawing.arrows) == layout.MOST_ARROWS
    assert all(place[arrow.edge[0]] == 0 for arrow in drawing.arrows)


def test_a_graph_of_one_node_is_drawn_in_the_middle() -> None:
    drawing = layout.draw({"v1": 0}, set())
    assert drawing.boxes["v1"].x + layout.WIDTH // 2 == drawing.width // 2
    assert not drawing.is_wide
