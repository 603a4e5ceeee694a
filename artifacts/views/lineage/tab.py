"""The tab “Lineage”: the graph as the server draws it, what is shown beside it, and the same as a list."""

import json
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from artifacts import access
from artifacts.errors import NotFound
from artifacts.lineage import layout
from artifacts.lineage.graph import MOST_NODES, Walk, walk
from artifacts.models.projects import ProjectQuerySet
from artifacts.views.answers import HtmxHttpRequest
from artifacts.views.lineage.address import DEPTHS, KEY, LineageAddress
from artifacts.views.lineage.nodes import GraphNode, counted, kind_of, nodes_of, notes_of
from artifacts.views.lineage.side_panel import group_beside, preview_of
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
class GraphPart:
    """What of a walk is drawn: the column of each node, which groups stand for others, and all edges between them."""

    columns: dict[str, int]
    edges: set[layout.Edge]
    groups: dict[str, list[str]]
    all_groups: dict[str, list[str]]  # with the hidden ones
    unfolded: dict[str, list[str]]  # of the opened ones, the members that are drawn
    leading: set[str]  # the version and all that led to it
    whole: dict[str, int]  # `columns` with what is too far away to be drawn
    hidden_count: int = 0

    def shown_as(self, key: str) -> str:
        """The node or the group by which a node is drawn."""
        return next((name for name, members in self.groups.items() if key in members), key)


@dataclass(frozen=True)
class DrawnNode:
    """A node where it is drawn."""

    node: GraphNode
    x: int
    y: int
    href: str
    is_picked: bool
    is_here: bool  # the picture is first scrolled to it


@dataclass(frozen=True)
class DrawnEdge:
    """An edge as it is drawn; `is_on` where it is on the way to the version."""

    tail: str
    head: str
    path: str
    tip: str
    is_on: bool


@dataclass
class Item:
    """A line of the list: whether a list begins with it, how many end before it, and how many behind it if it is the last."""

    node: GraphNode
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
    """The tab of a version; htmx may ask only for what is beside the graph."""
    is_side = bool(request.htmx) and request.htmx.target in SIDE
    seen = access.visible_projects(request.user)
    return lineage_of(version_page, LineageAddress.read(request.GET), seen, is_side=is_side)


def lineage_of(version_page: VersionPage, address: LineageAddress, seen: ProjectQuerySet, *, is_side: bool) -> Context:
    """The graph of a version as the address says, or only what is beside it; `seen` are the projects that the visitor sees."""
    root = f"v{version_page.version.pk}"
    found = walk(version_page.version, address.levels)
    known = _known(address, found, root, seen)
    if is_side and address.node and not address.group:  # a node of the picture, which stands there already
        preview = preview_of(address, known, root, {}, version_page, seen)
        return {"part": PART, "address": address, "preview": preview, "picked": address.node}
    picture = pictured(found, root, address, known)
    picked = picture.shown_as(address.node) if address.node else address.group
    context: Context = {
        "address": address,
        "preview": preview_of(address, known, root, picture.all_groups, version_page, seen),
        "group": group_beside(address, picture.groups, picture.unfolded, seen),
        "picked": picked,
    }
    if is_side:
        return {**context, "part": PART}
    return {**context, **_drawn(picture, found, root, address, version_page, seen, picked)}


def _known(address: LineageAddress, found: Walk, root: str, seen: ProjectQuerySet) -> set[str]:
    """The nodes that the address names, as far as they are in the graph and the visitor may see them.

    NotFound where the node beside the picture is none of these, whether it is hidden or doesn't exist.
    """
    named = {key for key in (address.node, *address.out, *address.hidden) if KEY.fullmatch(key)}
    there = named & found.keys.keys()
    known = {key for key, node in nodes_of(sorted(there), seen).items() if not node.is_opaque} if there else set()
    if address.node and address.node not in known | {root}:
        raise NotFound("This lineage has no such node that you can see; choose one in its graph.")
    return known | {root}


def pictured(found: Walk, root: str, address: LineageAddress, known: set[str]) -> GraphPart:
    """What is drawn of a walk as the address says; column 0 is the version's own."""
    keys = found.newest_first()
    columns = layout.columns(keys, layout.forward(keys, found.edges))
    gone = set(address.hidden) & known - {root}
    columns = {key: column - columns[root] for key, column in columns.items() if key not in gone}
    kinds = {key: kind_of(key) for key in columns}
    out = set(address.out) & known
    all_groups = layout.fold(columns, kinds, keep={root, *out}, opened=address.opened)
    instead = {key: name for name, members in all_groups.items() for key in members}
    drawn = {key: column for key, column in columns.items() if key not in instead}
    unfolded: dict[str, list[str]] = {name: [] for name in address.opened}
    for key in drawn.keys() - {root, *out} if unfolded else ():
        unfolded.get(f"{kinds[key]}-{columns[key]}", []).append(key)
    groups = {name: members for name, members in all_groups.items() if name not in address.hidden}
    drawn |= {name: columns[members[0]] for name, members in groups.items()}
    near = layout.nearest(drawn, address.around)
    edges = {(instead.get(tail, tail), instead.get(head, head)) for tail, head in found.edges}
    leading = _leading_to(root, edges)
    edges = {(tail, head) for tail, head in edges if tail != head and tail in near and head in near}
    groups = {name: members for name, members in groups.items() if name in near}
    hidden_count = len(gone) + len(all_groups.keys() & address.hidden)
    return GraphPart(near, edges, groups, all_groups, unfolded, leading, drawn, hidden_count)


def _drawn(
    picture: GraphPart,
    found: Walk,
    root: str,
    address: LineageAddress,
    version_page: VersionPage,
    seen: ProjectQuerySet,
    picked: str,
) -> Context:
    """The picture and the list."""
    nodes = _nodes(picture, root, version_page, seen)
    drawing = layout.draw(picture.columns, picture.edges)
    here = min(picture.columns, key=lambda key: (abs(picture.columns[key] - address.around), key != root))
    return {
        "depths": [(key, words) for key, (words, _) in DEPTHS.items()],
        "kept": [pair for pair in address.pairs() if pair[0] in {"out", "hide"}],
        "is_empty": len(found.keys) == 1,
        "node_count": counted(len(found.keys), "node"),
        "is_cut": found.is_cut,
        "is_thinned": drawing.is_thinned,
        "span": span_of(picture, address),
        "most": MOST_NODES,
        "hidden_count": picture.hidden_count,
        "shown_url": address.query(hidden=()),
        "folded_url": address.query(opened={}) if address.opened else "",
        "drawing": drawing,
        "shapes": [
            DrawnNode(nodes[key], box.x, box.y, _href(nodes[key], address), key == picked, key == here)
            for key, box in drawing.boxes.items()
        ],
        "lines": _lines(drawing.arrows, nodes, picture.leading),
        "before": outline(root, nodes, picture, address, backwards=True),
        "after": outline(root, nodes, picture, address, backwards=False),
        "selected": nodes[root],
        "use_code": USE_CODE.format(path=json.dumps(version_page.full_name, ensure_ascii=False)),
    }


def _nodes(picture: GraphPart, root: str, version_page: VersionPage, seen: ProjectQuerySet) -> dict[str, GraphNode]:
    """The nodes that are drawn."""
    nodes = nodes_of([key for key in picture.columns if key not in picture.groups and key != root], seen)
    nodes[root] = GraphNode(
        root, "artifact", version_page.collection.type, version_page.title, version_page.url(), is_root=True
    )
    for name, note in notes_of(picture.groups, seen).items():
        count, kind = len(picture.groups[name]), name.split("-")[0]
        nodes[name] = GraphNode(name, kind, note, counted(count, kind), count=count)
    return nodes


def _href(node: GraphNode, address: LineageAddress) -> str:
    """Where a node of the picture leads: to what is shown beside it."""
    if node.is_opaque:
        return ""
    return address.to_group(node.key) if node.count else address.to_node(node.key)


def _leading_to(root: str, edges: Iterable[layout.Edge]) -> set[str]:
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


def _lines(arrows: Iterable[layout.Arrow], nodes: Mapping[str, GraphNode], leading: set[str]) -> list[DrawnEdge]:
    return [
        DrawnEdge(
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


def span_of(picture: GraphPart, address: LineageAddress) -> Span | None:
    """The part that is drawn, if it is not the whole."""
    if len(picture.columns) == len(picture.whole):
        return None
    low, high = (end(picture.columns.values()) for end in (min, max))
    lowest, highest = (end(picture.whole.values()) for end in (min, max))
    return Span(
        drawn=_from_to(low, high),
        whole=_from_to(lowest, highest),
        earlier=address.query(around=min(low, address.around - 1)) if low > lowest else "",
        later=address.query(around=max(high, address.around + 1)) if high < highest else "",
        to_version=address.query(around=0) if address.around else "",
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


def outline(
    root: str, nodes: Mapping[str, GraphNode], picture: GraphPart, address: LineageAddress, *, backwards: bool
) -> list[Item]:
    """What led to a node, or came of it, as a nested list in which each node stands once; groups stand for their members.

    It is flat here, with the places where lists begin and end: a template that included itself would run out of stack.
    """
    near: dict[str, list[str]] = defaultdict(list)
    for tail, head in sorted(picture.edges):
        near[head if backwards else tail].append(tail if backwards else head)
    far = _beginnings(picture.columns, near, backwards=backwards)
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
        item = Item(node, words, address.to_group(key) if node.count else node.href, depth)
        if items:
            item.begins = depth > items[-1].depth
            item.closes = range(items[-1].depth - depth)
        items.append(item)
        ready += [(other, key, depth + 1) for other in reversed(below[key])]
    return items


def _beginnings(columns: Mapping[str, int], near: Mapping[str, list[str]], *, backwards: bool) -> list[str]:
    """The nodes on one side of the version to which no drawn line leads: what joins them to it isn't drawn."""
    joined = {key for keys in near.values() for key in keys}
    return [key for key, column in columns.items() if (column < 0 if backwards else column > 0) and key not in joined]


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
