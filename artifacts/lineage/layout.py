"""Where the nodes and arrows of a lineage graph go: columns from left to right, no two boxes on one spot. Pure functions.

A column is one more than the farthest column that leads to it. A circle (a run that used what it then logged again) is cut
at the edge that closes it; that edge is drawn from right to left and is the only kind that is.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 136, 50
COLUMN_GAP, ROW_GAP = 28, 20
MARGIN = 18
NARROWEST = 924
BROAD, WIDEST = 1000, 1400  # beyond these widths words would become too small if the picture shrank to the page
LOWEST = 220
SWEEPS = 4
MOST_IN_A_COLUMN = 5
# Tried in this order until the picture is legible: above so many nodes of a kind in a column, so many stay beside their group.
FOLDINGS = [(MOST_IN_A_COLUMN, 2), (2, 0), (1, 0)]
MOST_DRAWN = 80
MOST_UNFOLDED = 50
MOST_ARROWS = 200

Edge = tuple[str, str]


@dataclass(frozen=True)
class Box:
    """Where a node is drawn."""

    key: str
    x: int
    y: int

    @property
    def right(self) -> int:
        """The side that arrows leave from."""
        return self.x + WIDTH

    @property
    def middle(self) -> int:
        """The height at which arrows come and go."""
        return self.y + HEIGHT // 2


@dataclass(frozen=True)
class Arrow:
    """An edge as an SVG path, and its tip."""

    edge: Edge
    path: str
    tip: str


@dataclass(frozen=True)
class Drawing:
    """A whole graph in the coordinates of its SVG."""

    width: int
    height: int
    boxes: dict[str, Box]
    arrows: list[Arrow]
    is_thinned: bool = False  # there are more arrows than are drawn

    @property
    def is_broad(self) -> bool:
        """Whether it may become only a little smaller."""
        return self.width > BROAD

    @property
    def is_wide(self) -> bool:
        """Whether it is wider than a page: then it is drawn in its own size and scrolled."""
        return self.width > WIDEST


def forward(keys: Sequence[str], edges: Iterable[Edge]) -> set[Edge]:
    """The edges without those that close a circle."""
    heads: dict[str, list[str]] = defaultdict(list)
    known = set(keys)
    for tail, head in sorted(set(edges)):
        if tail in known and head in known:
            heads[tail].append(head)
    kept: set[Edge] = set()
    state: dict[str, int] = {}  # 1 while it is on the way that is being walked, 2 when it is done
    for start in keys:
        if start in state:
            continue
        state[start] = 1
        way = [(start, iter(heads[start]))]
        while way:
            node, rest = way[-1]
            head = next(rest, "")
            if not head:
                state[node] = 2
                way.pop()
            elif state.get(head) != 1:
                kept.add((node, head))
                if head not in state:
                    state[head] = 1
                    way.append((head, iter(heads[head])))
    return kept


def columns(keys: Sequence[str], edges: set[Edge]) -> dict[str, int]:
    """The column of each node; `edges` have no circle. A node that nothing leads to stands right before its first reader."""
    heads: dict[str, list[str]] = defaultdict(list)
    waiting = dict.fromkeys(keys, 0)
    for tail, head in edges:
        heads[tail].append(head)
        waiting[head] += 1
    sources = [key for key in keys if not waiting[key]]
    place = dict.fromkeys(keys, 0)
    ready = list(sources)
    while ready:
        node = ready.pop()
        for head in heads[node]:
            place[head] = max(place[head], place[node] + 1)
            waiting[head] -= 1
            if not waiting[head]:
                ready.append(head)
    for node in sources:
        if heads[node]:
            place[node] = min(place[head] for head in heads[node]) - 1
    return place


def fold(
    place: Mapping[str, int], kinds: Mapping[str, str], *, keep: Iterable[str], opened: Mapping[str, str] | None = None
) -> dict[str, list[str]]:
    """The groups `kind-column` that stand for nodes of one kind in one column, where there are more than five of them.

    Of a group in `opened` a page of members is shown: those behind the one that is named there, or the first. Where there
    would still be more to draw than is legible, fewer of a kind are let stand beside each other.
    """
    kept = set(keep)
    together: dict[str, list[str]] = defaultdict(list)
    for key, column in place.items():
        together[f"{kinds[key]}-{column}"].append(key)
    groups: dict[str, list[str]] = {}
    for most, shown in FOLDINGS:
        groups = {name: _folded(members, kept, shown) for name, members in together.items() if len(members) > most}
        groups = {name: members for name, members in groups.items() if len(members) > 1}
        if len(place) - sum(map(len, groups.values())) + len(groups) <= MOST_DRAWN:
            break
    return _unfolded(groups, together, kept, opened or {})


def _folded(members: list[str], kept: set[str], shown: int) -> list[str]:
    """The nodes of one kind in a column that a group stands for: all but the first few, and but the kept ones."""
    foldable = [key for key in members if key not in kept]
    return foldable[max(0, shown - (len(members) - len(foldable))) :]


def _unfolded(
    groups: dict[str, list[str]], together: Mapping[str, list[str]], kept: set[str], opened: Mapping[str, str]
) -> dict[str, list[str]]:
    """The groups without the members that are shown because somebody unfolded them: of several groups smaller pages."""
    left = dict(groups)
    names = [name for name in opened if name in groups]
    for name in names:
        foldable = [key for key in together[name] if key not in kept]
        first = foldable.index(opened[name]) + 1 if opened[name] in foldable else 0
        page = set(foldable[first : first + MOST_UNFOLDED // len(names)])
        left[name] = [key for key in foldable if key not in page]
        if not left[name]:
            del left[name]
    return left


def nearest(place: Mapping[str, int], around: int = 0, most: int = MOST_DRAWN + MOST_UNFOLDED) -> dict[str, int]:
    """The nodes in the columns next to one, as many as can be drawn."""
    if len(place) <= most:
        return dict(place)
    return dict(sorted(place.items(), key=lambda item: abs(item[1] - around))[:most])


def draw(place: Mapping[str, int], edges: Iterable[Edge]) -> Drawing:
    """Boxes and arrows for nodes whose columns are known; where there are too many arrows, those next to column 0."""
    edges = sorted({(tail, head) for tail, head in edges if tail in place and head in place and tail != head})
    all_edges = len(edges)
    if all_edges > MOST_ARROWS:
        edges = sorted(edges, key=lambda edge: (abs(place[edge[0]] + place[edge[1]]), edge))[:MOST_ARROWS]
    stacks = _ordered(place, edges)
    tallest = max((len(stack) for stack in stacks), default=0)
    height = max(LOWEST, 2 * MARGIN + tallest * (HEIGHT + ROW_GAP) - ROW_GAP)
    content = len(stacks) * (WIDTH + COLUMN_GAP) - COLUMN_GAP
    width = max(NARROWEST, content + 2 * MARGIN)
    left = (width - content) // 2
    boxes = {}
    for column, stack in enumerate(stacks):
        top = (height - (len(stack) * (HEIGHT + ROW_GAP) - ROW_GAP)) // 2
        for row, key in enumerate(stack):
            boxes[key] = Box(key=key, x=left + column * (WIDTH + COLUMN_GAP), y=top + row * (HEIGHT + ROW_GAP))
    arrows = [_arrow(boxes[tail], boxes[head]) for tail, head in edges]
    return Drawing(width=width, height=height, boxes=boxes, arrows=arrows, is_thinned=all_edges > MOST_ARROWS)


def _ordered(place: Mapping[str, int], edges: Sequence[Edge]) -> list[list[str]]:
    """The nodes of each column from top to bottom, near the nodes they are joined to, so that few arrows cross."""
    used = sorted(set(place.values()))
    stacks = [[key for key, column in place.items() if column == number] for number in used]
    near: dict[str, list[str]] = defaultdict(list)
    for tail, head in edges:
        near[tail].append(head)
        near[head].append(tail)
    for sweep in range(SWEEPS):
        height = {key: row - len(stack) / 2 for stack in stacks for row, key in enumerate(stack)}
        for stack in stacks if sweep % 2 == 0 else reversed(stacks):
            pull = {
                key: sum(height[other] for other in near[key]) / len(near[key]) if near[key] else height[key]
                for key in stack
            }
            stack.sort(key=lambda key: pull[key])
            height |= {key: row - len(stack) / 2 for row, key in enumerate(stack)}
    return stacks


def _arrow(tail: Box, head: Box) -> Arrow:
    """From the right side of one box to the left side of the other; also where that means going back."""
    x1, y1, x2, y2 = tail.right, tail.middle, head.x - 5, head.middle
    bend = max(14, (x2 - x1) // 2) if x2 > x1 else 60
    return Arrow(
        edge=(tail.key, head.key),
        path=f"M{x1} {y1}C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}",
        tip=f"M{head.x} {y2}l-7 -4v8z",
    )
