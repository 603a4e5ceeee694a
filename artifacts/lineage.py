"""Which runs and versions led to a version, and what came of it: walked level by level, with a fixed number of queries each."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F, Lookup, QuerySet
from django.db.models.sql.compiler import SQLCompiler

from artifacts.models import ArtifactVersion, RunOutput, RunUse

MOST_NODES = 5_000
MOST_EDGES = 20_000


class Among(Lookup):
    """The condition that a column holds one of these whole numbers.

    `…__in` means the same, but looks at each number several times and makes it a parameter: for the thousands of numbers that
    one level may have, that took longer than everything else together.
    """

    prepare_rhs = False

    def __init__(self, column: str, numbers: Iterable[int]) -> None:
        super().__init__(F(column), ",".join(str(int(number)) for number in numbers) or "NULL")

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[str | int, ...]]:
        """The numbers are written into the statement: they are numbers, whatever was given."""
        column, parameters = self.process_lhs(compiler, connection)
        return f"{column} IN ({self.rhs})", tuple(parameters)


@dataclass
class Walk:
    """The nodes by their keys (`r7` is run 7, `v12` version 12), nearest first, and arrows from what was to what came."""

    keys: dict[str, None]
    edges: set[tuple[str, str]] = field(default_factory=set)
    is_cut: bool = False  # there is more, and it was not taken in
    goes_on: bool = False  # the last level had versions: there may be more behind them

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

    def read(self, rows: Iterable[tuple[int | None, int]]) -> list[tuple[int, int]]:
        """The pairs of a run and a version that queries find; of those that find too many, what they find first."""
        found = list(dict.fromkeys((run, version) for run, version in rows if run is not None))
        self.is_cut |= len(found) > MOST_EDGES
        return found[:MOST_EDGES]

    def join(self, edges: Iterable[tuple[str, str]]) -> None:
        """Take in the arrows between nodes that are taken in; there is an end to their number too."""
        new = {edge for edge in edges if edge[0] in self.keys and edge[1] in self.keys} - self.edges
        room = max(0, MOST_EDGES - len(self.edges))
        self.is_cut |= len(new) > room
        self.edges |= new if len(new) <= room else set(sorted(new)[:room])


def walk(version: ArtifactVersion, levels: int) -> Walk:
    """What a version came from and what came of it; a level is a run with the versions on its other side."""
    before, after = (Walk(keys={f"v{version.pk}": None}) for _ in range(2))
    _walk_back(before, version.pk, levels)
    _walk_on(after, version.pk, levels)
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
    return Walk(keys, edges, is_cut or one.is_cut or other.is_cut, one.goes_on or other.goes_on)


def _walk_back(found: Walk, start: int, levels: int) -> None:
    """The runs that logged the versions, what those used, and so on."""
    versions = [start]
    for _ in range(levels):
        logged = found.read(_outputs_of_versions(versions))
        runs = found.take("r", (run for run, _ in logged))
        found.join((f"r{run}", f"v{version}") for run, version in logged)
        if not runs:
            return
        used = found.read(_uses("run", runs))
        versions = found.take("v", (version for _, version in used))
        found.join((f"v{version}", f"r{run}") for run, version in used)
        if not versions:
            return
    found.goes_on = True


def _walk_on(found: Walk, start: int, levels: int) -> None:
    """The runs that used the versions, what those logged, and so on."""
    versions = [start]
    for _ in range(levels):
        used = found.read(_uses("version", versions))
        runs = found.take("r", (run for run, _ in used))
        found.join((f"v{version}", f"r{run}") for run, version in used)
        if not runs:
            return
        logged = found.read(_outputs_of_runs(runs))
        versions = found.take("v", (version for _, version in logged))
        found.join((f"r{run}", f"v{version}") for run, version in logged)
        if not versions:
            return
    found.goes_on = True


def _uses(column: str, numbers: Iterable[int]) -> Iterable[tuple[int, int]]:
    """Which of these runs or versions used or were used, the newest first."""
    uses = RunUse.objects.filter(Among(column, numbers)).order_by("-pk")
    return uses.values_list("run_id", "version_id")[: MOST_EDGES + 1]


def _outputs_of_versions(versions: Iterable[int]) -> Iterable[tuple[int | None, int]]:
    """The runs that logged them: the first one is named by the version itself, later ones of the same content beside it."""
    first = ArtifactVersion.objects.filter(Among("pk", versions), run__isnull=False)
    again = RunOutput.objects.filter(Among("version", versions))
    return _pairs(first, again)


def _outputs_of_runs(runs: Iterable[int]) -> Iterable[tuple[int | None, int]]:
    """The whole versions that they logged."""
    first = ArtifactVersion.objects.committed().filter(Among("run", runs))
    again = RunOutput.objects.filter(Among("run", runs), version__index__isnull=False)
    return _pairs(first, again)


def _pairs(first: QuerySet[ArtifactVersion], again: QuerySet[RunOutput]) -> Iterable[tuple[int | None, int]]:
    """A run and a version each, in one query, the newest version first."""
    both = first.values_list("run_id", "pk").union(again.values_list("run_id", "version_id"))
    return both.order_by("-pk")[: MOST_EDGES + 1]
