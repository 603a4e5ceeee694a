"""Which runs and versions led to a version, and what came of it: walked level by level, with a fixed number of queries each."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from artifacts.models import ArtifactVersion, RunOutput, RunUse

MOST_NODES = 200
MOST_EDGES = 2_000


@dataclass
class Walk:
    """The rows by number, and arrows between their keys (`r7` is run 7, `v12` version 12), from what was to what came."""

    runs: set[int] = field(default_factory=set)
    versions: set[int] = field(default_factory=set)
    edges: set[tuple[str, str]] = field(default_factory=set)
    is_cut: bool = False

    @property
    def is_full(self) -> bool:
        """Whether no further node may be taken in."""
        return len(self.runs) + len(self.versions) >= MOST_NODES

    def take(self, known: set[int], found: Iterable[int]) -> set[int]:
        """Take in what is new, as long as there is room; gives back what was taken."""
        taken = set()
        for number in found:
            if number in known:
                continue
            if self.is_full:
                self.is_cut = True
                break
            known.add(number)
            taken.add(number)
        return taken


def walk(version: ArtifactVersion, levels: int) -> Walk:
    """What a version came from and what came of it; a level is a run with the versions on its other side."""
    found = Walk(versions={version.pk})
    _backwards(found, version.pk, levels)
    _onwards(found, version.pk, levels)
    return found


def _backwards(found: Walk, start: int, levels: int) -> None:
    """The runs that logged the versions, what those used, and so on."""
    versions = {start}
    for _ in range(levels):
        runs = set()
        pairs = _outputs_of_versions(versions)
        runs = found.take(found.runs, (run for run, _ in pairs))
        found.edges |= {(f"r{run}", f"v{version}") for run, version in pairs if run in found.runs}
        uses = RunUse.objects.filter(run__in=runs).order_by("-pk").values_list("run", "version")[:MOST_EDGES]
        used = list(uses) if runs else []
        versions = found.take(found.versions, (version for _, version in used))
        found.edges |= {(f"v{version}", f"r{run}") for run, version in used if version in found.versions}
        if not versions:
            return


def _onwards(found: Walk, start: int, levels: int) -> None:
    """The runs that used the versions, what those logged, and so on."""
    versions = {start}
    for _ in range(levels):
        uses = RunUse.objects.filter(version__in=versions).order_by("-pk").values_list("run", "version")[:MOST_EDGES]
        used = list(uses)
        runs = found.take(found.runs, (run for run, _ in used))
        found.edges |= {(f"v{version}", f"r{run}") for run, version in used if run in found.runs}
        logged = _outputs_of_runs(runs) if runs else []
        versions = found.take(found.versions, (version for _, version in logged))
        found.edges |= {(f"r{run}", f"v{version}") for run, version in logged if version in found.versions}
        if not versions:
            return


def _outputs_of_versions(versions: set[int]) -> list[tuple[int, int]]:
    """The runs that logged them: the first one is named by the version itself, later ones of the same content beside it."""
    first = ArtifactVersion.objects.filter(pk__in=versions, run__isnull=False).values_list("run_id", "pk")
    again = RunOutput.objects.filter(version__in=versions).order_by("-pk").values_list("run_id", "version_id")
    return list(dict.fromkeys([(run, pk) for run, pk in first if run is not None] + list(again[:MOST_EDGES])))


def _outputs_of_runs(runs: set[int]) -> list[tuple[int, int]]:
    """The whole versions that they logged."""
    committed = ArtifactVersion.objects.committed().filter(run__in=runs).order_by("-pk")
    first = committed.values_list("run_id", "pk")[:MOST_EDGES]
    again = RunOutput.objects.filter(run__in=runs, version__index__isnull=False).order_by("-pk")
    pairs = again.values_list("run_id", "version_id")[:MOST_EDGES]
    return list(dict.fromkeys([(run, pk) for run, pk in first if run is not None] + list(pairs)))
