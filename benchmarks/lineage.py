"""How long the tab “Lineage” takes by the number of its nodes, and how large its page is.

    uv run python -m benchmarks.lineage [--sizes 20 500 5000] [--times 10]

Measured inside one process (no network): the tab as the browser gets it, with everything that is joined to a version drawn, and what
is answered to a click on a node. A tenth of the nodes led to the version (data sets and what prepared them), the others came of it:
runs that measured it, and what half of them logged. Milliseconds of the server's own CPU time, the median.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from benchmarks.own_place import Place, arguments, own_place
from benchmarks.version_page import median

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
    """A version of each of these runs."""
    from artifacts.models import ArtifactVersion, Membership

    rows = [
        ArtifactVersion(sequence=sequence, index=n, digest=f"{n:032x}", state="COMMITTED", run=run)
        for n, run in enumerate(made_by)
    ]
    made = ArtifactVersion.objects.bulk_create(rows, batch_size=500)
    places = [Membership(collection=sequence, version=row, index=row.index or 0) for row in made]
    Membership.objects.bulk_create(places, batch_size=500)
    return made


def main() -> None:
    """Print one table."""
    given = arguments(__doc__, sizes=[20, 500, 5_000], times=10).parse_args()
    with own_place() as place:
        measure(place, given.sizes, given.times)


def measure(place: Place, sizes: list[int], times: int) -> None:
    """Fill and time each size in turn."""
    beside = {"HX-Request": "true", "HX-Target": "side"}
    print(f"{'nodes':>8}{'page':>10}{'beside':>10}   (ms){'size':>10}   (KiB)")
    for size in sizes:
        address, run = fill(size)

        def show(query: str = "", headers: dict[str, str] | None = None, address: str = address) -> int:
            answer = place.browser.get(address + query, headers=headers)
            assert answer.status_code == 200, answer
            return len(answer.content)

        page = median(show, times)
        side = median(lambda run=run: show(f"&node=r{run}", beside), times)
        print(f"{size:>8}{page:>10.1f}{side:>10.1f}{show() / 1024:>17.1f}")


if __name__ == "__main__":
    main()
