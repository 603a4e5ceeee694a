"""The tab “Lineage”: the graph as the server draws it, what is shown beside it, and the same as a list."""

import json
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from artifacts import access
from artifacts.errors import NotFound
from artifacts.lineage import layout as graph
from artifacts.lineage.graph import (
    MOST_NODES,
    Walk,
    walk,
)
from artifacts.models.projects import ProjectQuerySet
from artifacts.views.answers import HtmxHttpRequest
from artifacts.views.lineage.address import (
    DEPTHS,
    KEY,
    Look,
)
from artifacts.views.lineage.nodes import (
    Node,
    counted,
    kind_of,
    nodes_of,
    notes_of,
)
from artifacts.views.lineage.side_panel import (
    group_beside,
    preview_of,
)
from artifacts.views.version_page import VersionPage

Context = dict[str, Any]
PART = "artifacts/lineage/side.html"
SIDE = {"side", "members"}  # what htmx swaps when only what is beside the graph is asked for
USE_CODE = """import wandb

with wandb.init(project="<project>") as run:
    artifact = run.use_artifact({path})
    folder = artifact.download()
"""


@dataclass
class Picture:
    """What of a walk is drawn: where each node stands, which groups stand for others, and all edges between them."""

    place: dict[str, int]
    edges: set[graph.Edge]
    groups: dict[str, list[str]]
    all_groups: dict[str, list[str]]  # with the hidden ones
    unfolded: dict[str, list[str]]  # of the opened ones, the members that are drawn
    leading: set[str]  # the version and all that led to it
    whole: dict[str, int]  # `place` with what is too far away to be drawn
    hidden_count: int = 0

    def shown_as(self, key: str) -> str:
        """The node or the group by which a node is drawn."""
        return next((name for name, members in self.groups.items() if key in members), key)


@dataclass(frozen=True)
class Shape:
    """A node where it is drawn."""

    node: Node
    x: int
    y: int
    href: str
    is_picked: bool
    is_here: bool  # the picture is first scrolled to it


@dataclass(frozen=True)
class Line:
    """An edge as it is drawn; `is_on` where it is on the way to the version."""

    tail: str
    head: str
    path: str
    tip: str
    is_on: bool


@dataclass
class Item:
    """A line of the list: whether a list begins with it, how many end before it, and how many behind it if it is the last."""

    node: Node
    words: str
    href: str
    depth: int
    begins: bool = True
    closes: range = range(0)

    @property
    def ends(self) -> range:
        """The lists around it."""
        return range(self.depth)


def lineage_context(request: HtmxHttpRequest, version_page: VersionPage) -> Context:
    """The graph of a version, or only what is beside it."""
    look, root, seen = Look.of(request.GET), f"v{version_page.version.pk}", access.visible_projects(request.user)
    found = walk(version_page.version, look.levels)
    known = _known(look, found, root, seen)
    is_side = bool(request.htmx) and request.htmx.target in SIDE
    if is_side and look.node and not look.group:  # a node of the picture, which stands there already
        preview = preview_of(look, known, root, {}, version_page, seen)
        return {"part": PART, "look": look, "preview": preview, "picked": look.node}
    picture = pictured(found, root, look, known)
    picked = picture.shown_as(look.node) if look.node else look.group
    context: Context = {
        "look": look,
        "preview": preview_of(look, known, root, picture.all_groups, version_page, seen),
        "group": group_beside(look, picture.groups, picture.unfolded, seen),
        "picked": picked,
    }
    if is_side:
        return {**context, "part": PART}
    return {**context, **_drawn(picture, found, root, look, version_page, seen, picked)}


def _known(look: Look, found: Walk, root: str, seen: ProjectQuerySet) -> set[str]:
    """Those nodes that the address names, that are in the graph and that the visitor may see; others can't be told apart."""
    named = {key for key in (look.node, *look.out, *look.hidden) if KEY.fullmatch(key)}
    there = named & found.keys.keys()
    known = {key for key, node in nodes_of(sorted(there), seen).items() if not node.is_opaque} if there else set()
    if look.node and look.node not in known | {root}:
        raise NotFound("This lineage has no such node that you can see; choose one in its graph.")
    return known | {root}


def pictured(found: Walk, root: str, look: Look, known: set[str]) -> Picture:
    """What is drawn of a walk when it is looked at in this way; column 0 is the version's own."""
    keys = found.newest_first()
    columns = graph.columns(keys, graph.forward(keys, found.edges))
    gone = set(look.hidden) & known - {root}
    place = {key: column - columns[root] for key, column in columns.items() if key not in gone}
    kinds = {key: kind_of(key) for key in place}
    out = set(look.out) & known
    all_groups = graph.fold(place, kinds, keep={root, *out}, opened=look.opened)
    instead = {key: name for name, members in all_groups.items() for key in members}
    drawn = {key: column for key, column in place.items() if key not in instead}
    unfolded: dict[str, list[str]] = {name: [] for name in look.opened}
    for key in drawn.keys() - {root, *out} if unfolded else ():
        unfolded.get(f"{kinds[key]}-{place[key]}", []).append(key)
    groups = {name: members for name, members in all_groups.items() if name not in look.hidden}
    drawn |= {name: place[members[0]] for name, members in groups.items()}
    near = graph.nearest(drawn, look.around)
    edges = {(instead.get(tail, tail), instead.get(head, head)) for tail, head in found.edges}
    leading = _leading_to(root, edges)
    edges = {(tail, head) for tail, head in edges if tail != head and tail in near and head in near}
    groups = {name: members for name, members in groups.items() if name in near}
    hidden_count = len(gone) + len(all_groups.keys() & look.hidden)
    return Picture(near, edges, groups, all_groups, unfolded, leading, drawn, hidden_count)


def _drawn(
    picture: Picture, found: Walk, root: str, look: Look, version_page: VersionPage, seen: ProjectQuerySet, picked: str
) -> Context:
    """The picture and the list."""
    nodes = _nodes(picture, root, version_page, seen)
    drawing = graph.draw(picture.place, picture.edges)
    here = min(picture.place, key=lambda key: (abs(picture.place[key] - look.around), key != root))
    return {
        "depths": [(key, words) for key, (words, _) in DEPTHS.items()],
        "kept": [pair for pair in look.pairs() if pair[0] in {"out", "hide"}],
        "is_empty": len(found.keys) == 1,
        "node_count": counted(len(found.keys), "node"),
        "is_cut": found.is_cut,
        "is_thinned": drawing.is_thinned,
        "span": span_of(picture, look),
        "most": MOST_NODES,
        "hidden_count": picture.hidden_count,
        "shown_url": look.address(hidden=()),
        "folded_url": look.address(opened={}) if look.opened else "",
        "drawing": drawing,
        "shapes": [
            Shape(nodes[key], box.x, box.y, _href(nodes[key], look), key == picked, key == here)
            for key, box in drawing.boxes.items()
        ],
        "lines": _lines(drawing.arrows, nodes, picture.leading),
        "before": outline(root, nodes, picture, look, backwards=True),
        "after": outline(root, nodes, picture, look, backwards=False),
        "selected": nodes[root],
        "use_code": USE_CODE.format(path=json.dumps(version_page.full_name, ensure_ascii=False)),
    }


def _nodes(picture: Picture, root: str, version_page: VersionPage, seen: ProjectQuerySet) -> dict[str, Node]:
    """The nodes that are drawn."""
    nodes = nodes_of([key for key in picture.place if key not in picture.groups and key != root], seen)
    nodes[root] = Node(
        root, "artifact", version_page.collection.type, version_page.title, version_page.url(), is_root=True
    )
    for name, note in notes_of(picture.groups, seen).items():
        count, kind = len(picture.groups[name]), name.split("-")[0]
        nodes[name] = Node(name, kind, note, counted(count, kind), count=count)
    return nodes


def _href(node: Node, look: Look) -> str:
    """Where a node of the picture leads: to what is shown beside it."""
    if node.is_opaque:
        return ""
    return look.to_group(node.key) if node.count else look.to_node(node.key)


def _leading_to(root: str, edges: Iterable[graph.Edge]) -> set[str]:
    """The version and all that led to it."""
    tails: dict[str, list[str]] = defaultdict(list)
    for tail, head in edges:
        tails[head].append(tail)
    reached, ready = {root}, [root]
    while ready:
        for tail in tails[ready.pop()]:
            if tail not in reached:
                reached.add(tail)
                ready.append(tail)
    return reached


def _lines(arrows: Iterable[graph.Arrow], nodes: Mapping[str, Node], leading: set[str]) -> list[Line]:
    return [
        Line(
            tail=nodes[arrow.edge[0]].key,
            head=nodes[arrow.edge[1]].key,
            path=arrow.path,
            tip=arrow.tip,
            is_on=leading.issuperset(arrow.edge),
        )
        for arrow in arrows
    ]


@dataclass(frozen=True)
class Span:
    """Which part of a graph that is longer than a picture is drawn, and where the ways to the others lead."""

    drawn: str
    whole: str
    earlier: str
    later: str
    to_version: str


def span_of(picture: Picture, look: Look) -> Span | None:
    """The part that is drawn, if it is not the whole."""
    if len(picture.place) == len(picture.whole):
        return None
    low, high = (end(picture.place.values()) for end in (min, max))
    lowest, highest = (end(picture.whole.values()) for end in (min, max))
    return Span(
        drawn=_from_to(low, high),
        whole=_from_to(lowest, highest),
        earlier=look.address(around=min(low, look.around - 1)) if low > lowest else "",
        later=look.address(around=max(high, look.around + 1)) if high < highest else "",
        to_version=look.address(around=0) if look.around else "",
    )


def _from_to(low: int, high: int) -> str:
    """Two columns as levels; a level is a run with the versions on its other side."""
    low_level, high_level = (f"level {(abs(column) + 1) // 2:,}" for column in (low, high))
    if low < 0 < high:
        return f"{low_level} before to {high_level} after this version"
    if low == 0:
        return f"this version to {high_level} after it"
    if high == 0:
        return f"{low_level} before this version to it"
    return f"{low_level} to {high_level} {'after' if low > 0 else 'before'} this version"


def outline(root: str, nodes: Mapping[str, Node], picture: Picture, look: Look, *, backwards: bool) -> list[Item]:
    """What led to a node, or came of it, as a nested list in which each node stands once; groups stand for their members.

    It is flat here, with the places where lists begin and end: a template that included itself would run out of stack.
    """
    near: dict[str, list[str]] = defaultdict(list)
    for tail, head in sorted(picture.edges):
        near[head if backwards else tail].append(tail if backwards else head)
    far = _beginnings(picture.place, near, backwards=backwards)
    near[root] += far
    below = _tree(root, near)
    items: list[Item] = []
    ready = [(key, root, 0) for key in reversed(below[root])]
    while ready:
        key, parent, depth = ready.pop()
        is_run = nodes[parent].kind == "run"
        words = ("used" if backwards else "logged") if is_run else ("logged by" if backwards else "used by")
        if key in far:
            words = "further back" if backwards else "further on"
        node = nodes[key]
        item = Item(node, words, look.to_group(key) if node.count else node.href, depth)
        if items:
            item.begins = depth > items[-1].depth
            item.closes = range(items[-1].depth - depth)
        items.append(item)
        ready += [(other, key, depth + 1) for other in reversed(below[key])]
    return items


def _beginnings(place: Mapping[str, int], near: Mapping[str, list[str]], *, backwards: bool) -> list[str]:
    """Those on one side of the version that are joined to it by nodes which aren't drawn."""
    joined = {key for keys in near.values() for key in keys}
    return [key for key, column in place.items() if (column < 0 if backwards else column > 0) and key not in joined]


def _tree(root: str, near: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Below each node those that are reached from it first."""
    below: dict[str, list[str]] = {root: []}
    ready = deque([root])
    while ready:
        key = ready.popleft()
        for other in near.get(key, []):
            if other not in below:
                below[other] = []
                below[key].append(other)
                ready.append(other)
    return below
