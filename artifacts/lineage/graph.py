"""Which runs and versions led to a version, and what came of it.

The near levels are walked one by one, each with two queries and its newest nodes first. All that is behind them is reached by
one statement each way, so that a graph costs as many queries however deep it is.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby

from django.db import connection
from django.db.models import QuerySet

from artifacts.models import ArtifactVersion, RunOutput, RunUse
from artifacts.models.lookups import IsOneOfNumbers

MOST_NODES = 5_000
MOST_EDGES = 20_000
LEVELS_WALKED = 8  # walked one by one; more than most graphs have
EVERYTHING = 10**6  # levels: more than any graph has
USES, OUTPUTS, VERSIONS = (model._meta.db_table for model in (RunUse, RunOutput, ArtifactVersion))
Pairs = Iterable[tuple[int | None, int]]  # a run and a version each


@dataclass
class Walk:
    """The nodes by their keys (`r7` is run 7, `v12` version 12), nearest first, and arrows from what was to what came."""

    keys: dict[str, None]
    edges: set[tuple[str, str]] = field(default_factory=set)
    is_cut: bool = False  # whether nodes or arrows were left out for lack of room

    @property
    def runs(self) -> set[int]:
        """The runs' numbers."""
        return {int(key[1:]) for key in self.keys if key.startswith("r")}

    @property
    def versions(self) -> set[int]:
        """The versions' numbers."""
        return {int(key[1:]) for key in self.keys if key.startswith("v")}

    def newest_first(self) -> list[str]:
        """The keys of all nodes, those of runs before those of versions."""
        return sorted(self.keys, key=lambda key: (key[0], -int(key[1:])))

    def take(self, letter: str, found: Iterable[int]) -> list[int]:
        """Take in what is new, as long as there is room; gives back what was taken."""
        new = [number for number in dict.fromkeys(found) if f"{letter}{number}" not in self.keys]
        taken = new[: max(0, MOST_NODES - len(self.keys))]
        self.is_cut |= len(taken) < len(new)
        self.keys |= dict.fromkeys(f"{letter}{number}" for number in taken)
        return taken

    def read(self, rows: Pairs) -> list[tuple[int, int]]:
        """The pairs of a run and a version that queries find; of those that find too many, what they find first."""
        found = list(dict.fromkeys((run, version) for run, version in rows if run is not None))
        self.is_cut |= len(found) > MOST_EDGES
        return found[:MOST_EDGES]

    def join(self, pairs: Iterable[tuple[int, int]], *, is_output: bool) -> None:
        """Take in the arrows between nodes that were taken in, as long as there is room for arrows."""
        ends = ((f"r{run}", f"v{version}") for run, version in pairs)
        edges = ends if is_output else ((version, run) for run, version in ends)
        new = {edge for edge in edges if edge[0] in self.keys and edge[1] in self.keys} - self.edges
        room = max(0, MOST_EDGES - len(self.edges))
        self.is_cut |= len(new) > room
        self.edges |= new if len(new) <= room else set(sorted(new)[:room])

    def drop(self, versions: Iterable[int]) -> None:
        """Let go of versions."""
        gone = {f"v{version}" for version in versions}
        self.keys = {key: None for key in self.keys if key not in gone}
        self.edges = {edge for edge in self.edges if not gone.intersection(edge)}


@dataclass(frozen=True)
class Direction:
    """One of the two directions: how it goes on from versions and from runs, as queries and as SQL.

    In SQL a node is one number, a version's own or a run's with a minus; a step says what is next to `node`, and where.
    """

    is_back: bool
    runs_of: Callable[[Iterable[int]], Pairs]
    versions_of: Callable[[Iterable[int]], Pairs]
    steps: Sequence[tuple[str, str]]


def walk(version: ArtifactVersion, levels: int) -> Walk:
    """What a version came from and what came of it; a level is a run with the versions on its other side."""
    before, after = _walked(version.pk, levels, BACKWARDS), _walked(version.pk, levels, FORWARDS)
    after.drop(_unfinished(after.versions - {version.pk}))
    return _together(before, after)


def _together(one: Walk, other: Walk) -> Walk:
    """Both ways in one, the nearest of each where that is too much: however long one is, the other has half the room."""
    first = max(MOST_NODES + 1 - len(other.keys), MOST_NODES // 2)  # the version itself is in both
    second = max(MOST_NODES + 1 - len(one.keys), MOST_NODES // 2)
    keys = dict.fromkeys([*list(one.keys)[:first], *list(other.keys)[:second]])
    is_cut = len(one.keys) > first or len(other.keys) > second
    edges = one.edges | other.edges
    if is_cut:
        edges = {edge for edge in edges if edge[0] in keys and edge[1] in keys}
    return Walk(keys, edges, is_cut or one.is_cut or other.is_cut)


def _walked(start: int, levels: int, way: Direction) -> Walk:
    """One way, as far as there is room."""
    found, versions = Walk(keys={f"v{start}": None}), [start]
    for _ in range(min(levels, LEVELS_WALKED)):
        versions = _level(found, versions, way)
        if not versions:
            return found
    if levels > LEVELS_WALKED and not found.is_cut:
        _take_the_rest(found, versions, way)
    return found


def _level(found: Walk, versions: list[int], way: Direction) -> list[int]:
    """Take in the runs next to the versions, and the versions next to those; gives back the new ones."""
    pairs = found.read(way.runs_of(versions))
    runs = found.take("r", (run for run, _ in pairs))
    found.join(pairs, is_output=way.is_back)
    if not runs:
        return []
    pairs = found.read(way.versions_of(runs))
    versions = found.take("v", (version for _, version in pairs))
    found.join(pairs, is_output=not way.is_back)
    return versions


def _take_the_rest(found: Walk, versions: list[int], way: Direction) -> None:
    """Take in all that is behind the versions, the nearest first."""
    runs: list[int] = []
    versions = list(versions)
    for is_version, nodes in groupby(_reached(versions, way, MOST_NODES + len(found.keys) + 1), lambda node: node > 0):
        taken = found.take("v" if is_version else "r", map(abs, nodes))
        (versions if is_version else runs).extend(taken)
    found.join(found.read(way.runs_of(versions)), is_output=way.is_back)
    found.join(found.read(way.versions_of(runs)), is_output=not way.is_back)


def _reached(versions: list[int], way: Direction, most: int) -> list[int]:
    """The nodes that are reached from some versions, each once, in the order in which a walk by levels comes to them.

    In SQL, where a statement may go on from what it has found: levels that are asked for one after the other cost two
    queries each, and a chain of 5,000 nodes has 2,500. Both databases stop at the limit, and go from node to node by indexes.
    """
    if connection.vendor == "postgresql":  # of several steps it lets only such a one go on
        alone = " UNION ALL ".join(f"SELECT {what} FROM {where}" for what, where in way.steps)
        steps = f"SELECT step.node FROM reached, LATERAL ({alone}) AS step (node)"
    else:  # SQLite has no LATERAL, and takes the tables of a CROSS JOIN in their order
        steps = " UNION ".join(f"SELECT {what} FROM reached CROSS JOIN {where}" for what, where in way.steps)
    among = ",".join(str(int(number)) for number in versions)
    start = f"SELECT id FROM {VERSIONS} WHERE id IN ({among})"
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH RECURSIVE reached (node) AS ({start} UNION {steps}) SELECT node FROM reached LIMIT {most}"
        )
        return [node for (node,) in cursor.fetchall()]


def _uses(column: str, numbers: Iterable[int]) -> Pairs:
    """Which of these runs or versions used or were used, the newest first."""
    uses = RunUse.objects.filter(IsOneOfNumbers(column, numbers)).order_by("-pk")
    return uses.values_list("run_id", "version_id")[: MOST_EDGES + 1]


def _outputs_of_versions(versions: Iterable[int]) -> Pairs:
    """The runs that logged them: the first one is named by the version itself, later ones of the same content beside it."""
    first = ArtifactVersion.objects.filter(IsOneOfNumbers("pk", versions), run__isnull=False)
    again = RunOutput.objects.filter(IsOneOfNumbers("version", versions))
    return _pairs(first, again)


def _outputs_of_runs(runs: Iterable[int]) -> Pairs:
    """The versions that they logged, with those that others are still at work on."""
    first = ArtifactVersion.objects.committed().filter(IsOneOfNumbers("run", runs))
    return _pairs(first, RunOutput.objects.filter(IsOneOfNumbers("run", runs)))


def _unfinished(versions: Iterable[int]) -> Iterable[int]:
    """Which of them aren't whole yet.

    Asked once, at the end: the outputs joined with their versions made PostgreSQL read all versions there are.
    """
    rows = ArtifactVersion.objects.filter(IsOneOfNumbers("pk", versions), index__isnull=True)
    return rows.values_list("pk", flat=True)


def _pairs(first: QuerySet[ArtifactVersion], again: QuerySet[RunOutput]) -> Pairs:
    """A run and a version each, in one query, the newest version first."""
    both = first.values_list("run_id", "pk").union(again.values_list("run_id", "version_id"))
    return both.order_by("-pk")[: MOST_EDGES + 1]


BACKWARDS = Direction(
    is_back=True,
    runs_of=_outputs_of_versions,
    versions_of=partial(_uses, "run"),
    steps=[
        ("-run_id", f"{VERSIONS} WHERE id = node AND run_id IS NOT NULL"),
        ("-run_id", f"{OUTPUTS} WHERE version_id = node"),
        ("version_id", f"{USES} WHERE run_id = -node"),
    ],
)
FORWARDS = Direction(
    is_back=False,
    runs_of=partial(_uses, "version"),
    versions_of=_outputs_of_runs,
    steps=[
        ("-run_id", f"{USES} WHERE version_id = node"),
        ("id", f"{VERSIONS} WHERE run_id = -node AND state = 'COMMITTED'"),
        ("version_id", f"{OUTPUTS} WHERE run_id = -node"),
    ],
)
