"""How long the tab “Lineage” takes by the number of its nodes, and how large its page is.

    uv run python -m benchmarks.lineage [--sizes 20 500 5000] [--beside 100000] [--times 10]

Measured inside one process (no network), on the database of `DATABASE_URL`, else on SQLite: the tab as the browser gets it, with
everything that is joined to a version ("Everything"), and what is answered to a click on a node. Of a broad graph a tenth of the nodes
led to the version (data sets and what prepared them), the others came of it: runs that measured it, and what half of them logged.
A chain is run after run, each with what the one before logged. `--beside` so many uses and outputs are in the database that
belong to none of the graphs. Milliseconds of the server's own CPU time (on PostgreSQL of this process only) and of the clock, medians.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from benchmarks.own_place import Place, arguments, own_place
from benchmarks.search import medians

if TYPE_CHECKING:
    from artifacts.models import ArtifactVersion, Collection, Project, Run


def fill(size: int) -> tuple[str, int]:
    """A version with this many nodes around it; the address of its tab, and the number of a run that used it."""
    from artifacts.models import Project, RunUse

    project = Project.objects.get(name_key="bench")
    raw, sets, models, reports = (
        sequence(project, f"{name}-{size}", kind)
        for name, kind in (("raw", "dataset"), ("set", "dataset"), ("yolo", "model"), ("report", "report"))
    )
    before = max(1, (size - 2) // 30)
    [trained] = runs(project, "train", 1, size)
    [version] = versions(models, [trained])
    prepared = runs(project, "prepare", before, size)
    made = versions(sets, prepared)
    taken = versions(raw, [None] * before)
    after = (size - 2 - 3 * before) * 2 // 3
    measured = runs(project, "evaluate", after, size)
    versions(reports, measured[: size - 2 - 3 * before - after])
    uses = (
        [(trained, one) for one in made]
        + list(zip(prepared, taken, strict=True))
        + [(run, version) for run in measured]
    )
    RunUse.objects.bulk_create([RunUse(run=run, version=used) for run, used in uses], batch_size=500)
    return f"/vision/bench/artifacts/model/yolo-{size}/v0/lineage?depth=all", measured[-1].pk


def fill_chain(size: int) -> tuple[str, int]:
    """A version at the beginning of a chain of this many nodes."""
    from artifacts.models import Project, RunUse

    project = Project.objects.get(name_key="bench")
    passed = runs(project, "pass", max(1, size // 2), size)
    made = versions(sequence(project, f"chain-{size}", "model"), [None, *passed])
    RunUse.objects.bulk_create([RunUse(run=run, version=one) for run, one in zip(passed, made, strict=False)], 500)
    return f"/vision/bench/artifacts/model/chain-{size}/v0/lineage?depth=all", passed[0].pk


def fill_beside(count: int) -> None:
    """Runs that used what others logged, far from all that is measured."""
    from django.db import connection

    from artifacts.models import Project, RunUse

    project = Project.objects.get(name_key="bench")
    for start in range(0, count, 10_000):
        others = runs(project, f"other{start}y", min(10_000, count - start), count)
        made = versions(sequence(project, f"other-{start}", "model"), others)
        RunUse.objects.bulk_create([RunUse(run=run, version=made[n // 3]) for n, run in enumerate(others)], 500)
    if connection.vendor == "postgresql":  # as it does by itself after a while
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def sequence(project: "Project", name: str, kind: str) -> "Collection":
    """An empty sequence."""
    from artifacts.models import Collection

    return Collection.objects.create(project=project, kind="sequence", type=kind, name=name, name_key=name)


def runs(project: "Project", job_type: str, count: int, size: int) -> "list[Run]":
    """Finished runs of one kind."""
    from artifacts.models import Run

    named: list[dict[str, Any]] = [
        {"name": f"{job_type}{size}x{n}", "display_name": f"{job_type}-{n}"} for n in range(count)
    ]
    made = [Run(project=project, job_type=job_type, state="finished", **names) for names in named]
    return Run.objects.bulk_create(made, batch_size=500)


def versions(sequence: "Collection", made_by: "Sequence[Run | None]") -> "list[ArtifactVersion]":
    """A version of each of these runs, with all rows that a commit writes."""
    from artifacts.models import ArtifactVersion, Membership, RunOutput

    rows = [
        ArtifactVersion(sequence=sequence, index=n, digest=f"{n:032x}", state="COMMITTED", run=run)
        for n, run in enumerate(made_by)
    ]
    made = ArtifactVersion.objects.bulk_create(rows, batch_size=500)
    places = [Membership(collection=sequence, version=row, index=row.index or 0) for row in made]
    Membership.objects.bulk_create(places, batch_size=500)
    outputs = [RunOutput(run=row.run, version=row) for row in made if row.run]
    RunOutput.objects.bulk_create(outputs, batch_size=500)
    return made


def main() -> None:
    """Print one table."""
    parser = arguments(__doc__, sizes=[20, 500, 5_000], times=10)
    parser.add_argument("--beside", type=int, default=100_000)
    given = parser.parse_args()
    with own_place() as place:
        measure(place, given.sizes, given.beside, given.times)


def measure(place: Place, sizes: list[int], beside: int, times: int) -> None:
    """Fill and time each size in turn."""
    aside = {"HX-Request": "true", "HX-Target": "side"}
    graphs = [("broad", size, *fill(size)) for size in sizes] + [("chain", size, *fill_chain(size)) for size in sizes]
    fill_beside(beside)
    print(
        f"{'graph':<8}{'nodes':>6}{'page: CPU':>12}{'clock':>8}{'beside: CPU':>14}{'clock':>8}   (ms){'size':>8}   (KiB)"
    )
    for kind, size, address, run in graphs:

        def show(query: str = "", headers: dict[str, str] | None = None, address: str = address) -> int:
            answer = place.browser.get(address + query, headers=headers)
            assert answer.status_code == 200, answer
            return len(answer.content)

        page = medians(show, times)
        side = medians(lambda run=run: show(f"&node=r{run}", aside), times)
        weight = show() / 1024
        print(f"{kind:<8}{size:>6}{page[0]:>12.1f}{page[1]:>8.1f}{side[0]:>14.1f}{side[1]:>8.1f}{weight:>15.1f}")


if __name__ == "__main__":
    main()
