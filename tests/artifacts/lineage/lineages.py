"""Graphs of runs and versions for tests, the large ones with few statements."""

from artifacts.models import ArtifactVersion, Collection, Membership, Project, Run, RunUse, User
from tests import factories


def trained(project: Project, user: User) -> ArtifactVersion:
    """raw → prepare-12 → coco → sunny-sky-3 → yolo → eval-1 → report: gives back yolo."""
    raw = factories.version(project, "raw", "dataset", user=user)
    prepare = factories.run(project, user=user, display_name="prepare-12", job_type="preprocess")
    RunUse.objects.create(run=prepare, version=raw)
    coco = factories.version(project, "coco", "dataset", user=user, run=prepare)
    train = factories.run(project, user=user, display_name="sunny-sky-3", job_type="train")
    RunUse.objects.create(run=train, version=coco)
    yolo = factories.version(project, user=user, run=train)
    evaluate = factories.run(project, user=user, display_name="eval-1", job_type="evaluate")
    RunUse.objects.create(run=evaluate, version=yolo)
    factories.version(project, "report", "report", user=user, run=evaluate)
    return yolo


def readers(version: ArtifactVersion, count: int, *, project: Project | None = None, name: str = "reader") -> list[Run]:
    """Further runs that used a version, in its project or another: `reader-0`, `reader-1`, …"""
    place = project or version.project
    there = place.runs.count()
    rows = [
        Run(project=place, name=f"{name}{there + n}", display_name=f"{name}-{n}", job_type="evaluate", state="finished")
        for n in range(count)
    ]
    made = Run.objects.bulk_create(rows, batch_size=500)
    RunUse.objects.bulk_create([RunUse(run=run, version=version) for run in made], batch_size=500)
    return made


def outputs(runs: list[Run], name: str = "result", type_name: str = "report") -> list[ArtifactVersion]:
    """A version that each of these runs logged, all in one new sequence of the first one's project."""
    sequence = Collection.objects.create(
        project=runs[0].project, kind="sequence", type=type_name, name=name, name_key=name, next_index=len(runs)
    )
    rows = [
        ArtifactVersion(sequence=sequence, index=n, digest=f"{n:032x}", state="COMMITTED", run=run)
        for n, run in enumerate(runs)
    ]
    made = ArtifactVersion.objects.bulk_create(rows, batch_size=500)
    places = [Membership(collection=sequence, version=row, index=n) for n, row in enumerate(made)]
    Membership.objects.bulk_create(places, batch_size=500)
    return made


def chain(version: ArtifactVersion, length: int, *, first: int = 0) -> ArtifactVersion:
    """So many runs one after the other, each with what the one before logged; gives back what the last one logged."""
    for number in range(first, first + length):
        [run] = readers(version, 1, name=f"link{number}x")
        [version] = outputs([run], f"step-{number}", "dataset")
    return version
