"""Which runs and versions led to a version, and what came of it: walked level by level, with a fixed number of queries each."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.db.models import BooleanField, F, Func

from artifacts.models import ArtifactVersion, RunOutput, RunUse

MOST_NODES = 5_000
MOST_EDGES = 20_000

Pairs = Iterable[tuple[int, int]]


class Among(Func):
    """The condition that a column holds one of these whole numbers.

    `…__in` means the same, but looks at each number several times and makes it a parameter: for the thousands of numbers that
    one level may have, that took longer than everything else together.
    """

    template = "%(expressions)s IN (%(numbers)s)"

    def __init__(self, column: str, numbers: Iterable[int]) -> None:
        listed = ",".join(str(int(number)) for number in numbers)
        super().__init__(F(column), numbers=listed or "NULL", output_field=BooleanField())


@dataclass
class Walk:
    """The rows by number, and arrows between their keys (`r7` is run 7, `v12` version 12), from what was to what came."""

    runs: set[int] = field(default_factory=set)
    versions: set[int] = field(default_factory=set)
    edges: set[tuple[str, str]] = field(default_factory=set)
    is_cut: bool = False  # there is more, and it was not taken in
    goes_on: bool = False  # the last level had versions: there may be more behind them

    @property
    def room(self) -> int:
        """How many further nodes may be taken in."""
        return MOST_NODES - len(self.runs) - len(self.versions)

    def keys(self) -> list[str]:
        """The keys of all nodes, runs first, what was made last before what was made earlier."""
        runs, versions = sorted(self.runs, reverse=True), sorted(self.versions, reverse=True)
        return [f"r{number}" for number in runs] + [f"v{number}" for number in versions]

    def take(self, known: set[int], found: Iterable[int]) -> set[int]:
        """Take in what is new, as long as there is room; gives back what was taken."""
        new = list(dict.fromkeys(number for number in found if number not in known))
        taken = set(new[: max(0, self.room)])
        self.is_cut |= len(taken) < len(new)
        known |= taken
        return taken

    def read(self, rows: Iterable[tuple[int | None, int]]) -> list[tuple[int, int]]:
        """The pairs of a run and a version that a query finds; of a query that finds too many, those it finds first."""
        found = [(run, version) for run, version in rows if run is not None]
        self.is_cut |= len(found) > MOST_EDGES
        return found[:MOST_EDGES]

    def join_outputs(self, pairs: Pairs) -> None:
        """Arrows from runs to what they logged, where both are taken in; there is an end to their number too."""
        both = {(f"r{run}", f"v{version}") for run, version in pairs if run in self.runs and version in self.versions}
        self._join(both)

    def join_inputs(self, pairs: Pairs) -> None:
        """Arrows from versions to the runs that used them."""
        both = {(f"v{version}", f"r{run}") for run, version in pairs if run in self.runs and version in self.versions}
        self._join(both)

    def _join(self, edges: set[tuple[str, str]]) -> None:
        new = sorted(edges - self.edges)
        room = max(0, MOST_EDGES - len(self.edges))
        self.is_cut |= len(new) > room
        self.edges.update(new[:room])


def walk(version: ArtifactVersion, levels: int) -> Walk:
    """What a version came from and what came of it; a level is a run with the versions on its other side.

    Both ways are walked in turn, so that what is nearest is taken in first.
    """
    found = Walk(versions={version.pk})
    ways = [_backwards(found, version.pk), _onwards(found, version.pk)]
    for _ in range(levels):
        ways = [way for way in ways if next(way)]
    found.goes_on = bool(ways)
    return found


def _backwards(found: Walk, start: int) -> Iterator[bool]:
    """The runs that logged the versions, what those used, and so on; says after each level whether there may be another."""
    versions = {start}
    while True:
        logged = found.read(_outputs_of_versions(versions))
        runs = found.take(found.runs, (run for run, _ in logged))
        found.join_outputs(logged)
        uses = RunUse.objects.filter(Among("run", runs)).order_by("-pk").values_list("run_id", "version_id")
        used = found.read(uses[: MOST_EDGES + 1]) if runs else []
        versions = found.take(found.versions, (version for _, version in used))
        found.join_inputs(used)
        yield bool(versions)


def _onwards(found: Walk, start: int) -> Iterator[bool]:
    """The runs that used the versions, what those logged, and so on; says after each level whether there may be another."""
    versions = {start}
    while True:
        uses = RunUse.objects.filter(Among("version", versions)).order_by("-pk").values_list("run_id", "version_id")
        used = found.read(uses[: MOST_EDGES + 1])
        runs = found.take(found.runs, (run for run, _ in used))
        found.join_inputs(used)
        logged = found.read(_outputs_of_runs(runs)) if runs else []
        versions = found.take(found.versions, (version for _, version in logged))
        found.join_outputs(logged)
        yield bool(versions)


def _outputs_of_versions(versions: set[int]) -> Iterator[tuple[int | None, int]]:
    """The runs that logged them: the first one is named by the version itself, later ones of the same content beside it."""
    yield from ArtifactVersion.objects.filter(Among("pk", versions), run__isnull=False).values_list("run_id", "pk")
    again = RunOutput.objects.filter(Among("version", versions)).order_by("-pk").values_list("run_id", "version_id")
    yield from again[: MOST_EDGES + 1]


def _outputs_of_runs(runs: set[int]) -> Iterator[tuple[int | None, int]]:
    """The whole versions that they logged."""
    committed = ArtifactVersion.objects.committed().filter(Among("run", runs)).order_by("-pk")
    yield from committed.values_list("run_id", "pk")[: MOST_EDGES + 1]
    again = RunOutput.objects.filter(Among("run", runs), version__index__isnull=False).order_by("-pk")
    yield from again.values_list("run_id", "version_id")[: MOST_EDGES + 1]
