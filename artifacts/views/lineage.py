"""The tab “Lineage”: the graph as the server draws it, what a node is, and the same as a list."""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from artifacts import access, graph
from artifacts.lineage import MOST_NODES, Walk, walk
from artifacts.models import Membership, Run, User
from artifacts.pages import HtmxHttpRequest
from artifacts.views.place import Place, run_url, version_url

Context = dict[str, Any]
DEPTHS = {"3": ("3 levels each way", 3), "direct": ("Direct only", 1), "all": ("Everything", 40)}
LONGEST_LABEL = 16
MOST_IN_OUTLINE = 400
MOST_MEMBERS = 100
USE_CODE = """import wandb

with wandb.init(project="<project>") as run:
    artifact = run.use_artifact({path})
    folder = artifact.download()
"""


@dataclass
class Node:
    """A run or a version as it is drawn; one that the visitor may not see has no name and leads nowhere."""

    key: str
    kind: str  # "run" or "artifact"
    note: str
    name: str
    href: str = ""
    state: str = ""
    is_selected: bool = False
    members: "list[Node]" = field(default_factory=list)

    @property
    def label(self) -> str:
        """The name as it fits into the box."""
        return self.name if len(self.name) <= LONGEST_LABEL else f"{self.name[: LONGEST_LABEL - 1]}…"

    @property
    def short_note(self) -> str:
        """The line above it as it fits."""
        return self.note if len(self.note) <= 16 else f"{self.note[:15]}…"

    @property
    def is_hidden(self) -> bool:
        """Whether the visitor may not see what it is."""
        return not self.href


@dataclass(frozen=True)
class Shape:
    """A node where it is drawn, with the coordinates of its parts."""

    node: Node
    box: graph.Box
    href: str

    width = graph.WIDTH
    height = graph.HEIGHT
    back_width = graph.WIDTH - 2
    halo_width = graph.WIDTH + 8
    halo_height = graph.HEIGHT + 8

    @property
    def x(self) -> int:
        """The left side."""
        return self.box.x

    @property
    def y(self) -> int:
        """The upper side."""
        return self.box.y

    @property
    def radius(self) -> int:
        """Runs are round, artifacts have corners."""
        return graph.HEIGHT // 2 if self.node.kind == "run" else 6

    @property
    def text_x(self) -> int:
        """Where the words begin."""
        return self.x + (16 if self.node.kind == "run" else 12)

    @property
    def note_x(self) -> int:
        """Where they begin behind the little sign."""
        return self.text_x + 13

    @property
    def flag_y(self) -> int:
        """The upper side of the sign."""
        return self.y + 13

    @property
    def note_y(self) -> int:
        """The line of the type."""
        return self.y + 21

    @property
    def name_y(self) -> int:
        """The line of the name."""
        return self.y + 38

    @property
    def halo_x(self) -> int:
        """The frame around the selected one."""
        return self.x - 4

    @property
    def halo_y(self) -> int:
        """Its upper side."""
        return self.y - 4

    @property
    def back_x(self) -> int:
        """The second box behind a folded one."""
        return self.x + 6

    @property
    def back_y(self) -> int:
        """Its upper side."""
        return self.y + 6


@dataclass
class Branch:
    """A node of the list, with those that led to it or came of it."""

    node: Node
    words: str
    branches: "list[Branch]" = field(default_factory=list)


def lineage_context(request: HtmxHttpRequest, place: Place) -> Context:
    """The graph of a version, and the group that is looked into."""
    depth = request.GET.get("depth", "3")
    depth = depth if depth in DEPTHS else "3"
    found = walk(place.version, DEPTHS[depth][1])
    selected = f"v{place.version.pk}"
    nodes = nodes_of(found, request.user, place)
    keys = sorted(nodes, key=lambda key: (key[0], int(key[1:])))
    forward = graph.forward(keys, found.edges)
    columns = graph.columns(keys, forward)
    kinds = {key: node.kind for key, node in nodes.items()}
    groups = graph.fold(columns, kinds, keep={selected}, opened=request.GET.getlist("open")[:20])
    drawn, edges, shown = _folded(nodes, columns, found.edges, groups)
    drawing = graph.draw(drawn, edges)
    here = place.url("lineage")
    opened = request.GET.get("group", "")
    words = request.GET.get("find", "")[:100].strip()
    return {
        "depth": depth,
        "depths": [(key, words) for key, (words, _) in DEPTHS.items()],
        "is_empty": len(nodes) == 1,
        "is_cut": found.is_cut,
        "most": MOST_NODES,
        "drawing": drawing,
        "shapes": [Shape(shown[key], drawing.boxes[key], _href(shown[key], here, depth)) for key in drawn],
        "arrows": _on_path(drawing.arrows, selected, edges),
        "group": next((_narrowed(shown[name], words) for name in groups if name == opened), None),
        "group_count": len(groups.get(opened, [])),
        "unfold_url": f"{here}?{urlencode({'depth': depth, 'open': opened})}",
        "words": words,
        "before": outline(selected, nodes, found.edges, backwards=True),
        "after": outline(selected, nodes, found.edges, backwards=False),
        "selected": nodes[selected],
        "use_code": USE_CODE.format(path=json.dumps(place.full_name, ensure_ascii=False)),
    }


def nodes_of(found: Walk, user: User, place: Place) -> dict[str, Node]:
    """The rows of a walk as nodes, with a name only where the visitor sees the place; four queries in all."""
    seen = access.visible_projects(user)
    runs = Run.objects.filter(pk__in=found.runs, project__in=seen.values("pk")).select_related("project__entity")
    nodes = {f"r{number}": Node(f"r{number}", "run", "run", "hidden run") for number in found.runs}
    nodes |= {f"v{number}": Node(f"v{number}", "artifact", "artifact", "hidden artifact") for number in found.versions}
    for run in runs.defer("config", "summary"):
        key = f"r{run.pk}"
        nodes[key] = Node(key, "run", run.job_type or "run", str(run), run_url(run), run.state_now)
    for number, membership in _places(found.versions, user).items():
        key = f"v{number}"
        name = f"{membership.collection.name}:{membership.name}"
        nodes[key] = Node(key, "artifact", membership.collection.type, name, version_url(membership, "lineage"))
    key = f"v{place.version.pk}"
    nodes[key] = Node(key, "artifact", place.collection.type, place.title, place.url(), is_selected=True)
    return nodes


def _places(versions: Iterable[int], user: User) -> dict[int, Membership]:
    """For each version the place where the visitor sees it: its own project first, else a registry that holds it."""
    seen = access.visible_projects(user).values("pk")
    held = Membership.objects.filter(version__in=versions, collection__project__in=seen)
    rows = held.select_related("collection__project__entity__organization").order_by("pk")
    places: dict[int, Membership] = {}
    for row in rows:
        if row.version_id not in places or not row.is_link:
            places[row.version_id] = row
    return places


def _folded(
    nodes: dict[str, Node], columns: dict[str, int], edges: set[graph.Edge], groups: dict[str, list[str]]
) -> tuple[dict[str, int], set[graph.Edge], dict[str, Node]]:
    """The graph in which each group stands for its members."""
    instead = {key: name for name, members in groups.items() for key in members}
    shown = {key: node for key, node in nodes.items() if key not in instead}
    drawn = {key: column for key, column in columns.items() if key not in instead}
    for name, members in groups.items():
        kind = nodes[members[0]].kind
        notes = {nodes[key].note for key in members}
        what = f"{len(members)} {kind}s"
        note = notes.pop() if len(notes) == 1 else "several kinds"
        shown[name] = Node(name, kind, note, what, members=[nodes[key] for key in members])
        drawn[name] = columns[members[0]]
    joined = {(instead.get(tail, tail), instead.get(head, head)) for tail, head in edges}
    return drawn, joined, shown


def _href(node: Node, here: str, depth: str) -> str:
    return f"{here}?{urlencode({'depth': depth, 'group': node.key})}#group" if node.members else node.href


def _narrowed(group: Node, words: str) -> Node:
    """The group with those of its members that have the words in their name."""
    members = [node for node in group.members if words.casefold() in f"{node.name} {node.note}".casefold()]
    return Node(group.key, group.kind, group.note, group.name, members=members[:MOST_MEMBERS])


def _on_path(arrows: list[graph.Arrow], selected: str, edges: set[graph.Edge]) -> list[tuple[graph.Arrow, bool]]:
    """The arrows, and which of them are on the way to the version."""
    tails: dict[str, list[str]] = defaultdict(list)
    for tail, head in edges:
        tails[head].append(tail)
    reached, ready = {selected}, [selected]
    while ready:
        for tail in tails[ready.pop()]:
            if tail not in reached:
                reached.add(tail)
                ready.append(tail)
    return [(arrow, arrow.edge[1] in reached and arrow.edge[0] in reached) for arrow in arrows]


def outline(key: str, nodes: dict[str, Node], edges: set[graph.Edge], *, backwards: bool) -> list[Branch]:
    """What led to a node, or came of it, as a nested list in which each node stands once."""
    near: dict[str, list[str]] = defaultdict(list)
    for tail, head in sorted(edges):
        near[head if backwards else tail].append(tail if backwards else head)
    told, root = {key}, Branch(nodes[key], "")
    ready = [root]
    while ready and len(told) < MOST_IN_OUTLINE:
        branch = ready.pop(0)
        is_run = branch.node.kind == "run"
        words = ("used" if backwards else "logged") if is_run else ("logged by" if backwards else "used by")
        for other in near[branch.node.key]:
            if other not in told:
                told.add(other)
                branch.branches.append(Branch(nodes[other], words))
        ready.extend(branch.branches)
    return root.branches
