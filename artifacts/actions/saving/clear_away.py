"""Garbage collection: broken-off uploads, versions that were never committed, and bytes that nothing refers to."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from artifacts.actions.saving.blobs import lock_files
from artifacts.errors import Invalid, NotFound
from artifacts.files import manifests
from artifacts.files.storage import StoredFile, store
from artifacts.models import ArtifactVersion, Blob, Manifest, ManifestEntry, RunFile, Upload

GRACE = timedelta(days=1)
ABANDONED = timedelta(days=7)  # a save that a client may still be repeating is younger
BATCH = 500
KINDS = ("blobs", "manifests", "runs", "parts")


@dataclass
class Swept:
    """What was cleared away, or would be."""

    unfinished_files: int = 0
    uploads: int = 0
    pending_versions: int = 0
    blobs: int = 0
    files: int = 0
    bytes: int = 0


def sweep(*, grace: timedelta = GRACE, dry_run: bool = False) -> Swept:
    """Clear away what nothing refers to and is older than the grace period; safe while the server runs and people upload."""
    if grace < timedelta(0):
        raise Invalid("The grace period is negative; give the seconds for which unused files are kept.")
    before = timezone.now() - grace
    swept = Swept(unfinished_files=store().sweep_unfinished(older_than=grace.total_seconds(), dry_run=dry_run))
    uploads = Upload.objects.filter(created_at__lt=before).exclude(
        state=Upload.State.VERIFYING, verifying_since__gte=timezone.now() - timedelta(minutes=5)
    )
    abandoned = ArtifactVersion.objects.filter(
        state=ArtifactVersion.State.PENDING, created_at__lt=timezone.now() - max(grace, ABANDONED)
    )
    swept.uploads, swept.pending_versions = uploads.count(), abandoned.count()
    if not dry_run:
        uploads.delete()
        abandoned.delete()
    gone = set[int]()
    for project, batch in _unused(before):
        swept.blobs += len(batch)
        gone.update(batch) if dry_run else _forget(project, batch, before)
    for file in _strays(before.timestamp(), gone):
        if dry_run or _remove(file, before.timestamp()):
            swept.files += 1
            swept.bytes += file.size
    return swept


def _unused(before: datetime) -> Iterator[tuple[int, list[int]]]:
    """Blobs that no version lists, in batches of one project each."""
    rows = _candidates(before).order_by("project", "pk").values_list("project", "pk")
    batches: dict[int, list[int]] = {}
    for project, pk in rows:
        batches.setdefault(project, []).append(pk)
    for project, numbers in batches.items():
        for start in range(0, len(numbers), BATCH):
            yield project, numbers[start : start + BATCH]


def _candidates(before: datetime) -> QuerySet[Blob]:
    listed = ManifestEntry.objects.filter(blob=OuterRef("pk"))
    return Blob.objects.filter(~Exists(listed), created_at__lt=before)


def _forget(project: int, numbers: list[int], before: datetime) -> None:
    """Remove rows that are unused still: one that was claimed or listed meanwhile stays."""
    with suppress(NotFound), transaction.atomic():
        lock_files(project)
        _candidates(before).filter(pk__in=numbers).delete()


def _strays(before: float, gone: set[int]) -> Iterator[StoredFile]:
    """Old files that no row names; rows in `gone` count as removed."""
    for kind in KINDS:
        batch: list[StoredFile] = []
        for file in store().list(kind):
            if file.changed < before:
                batch.append(file)
            if len(batch) == BATCH:
                yield from _unnamed(batch, gone)
                batch = []
        yield from _unnamed(batch, gone)


def _unnamed(batch: list[StoredFile], gone: set[int]) -> list[StoredFile]:
    named = _named([file.key for file in batch], gone)
    return [file for file in batch if file.key not in named]


def _named(keys: list[str], gone: set[int]) -> set[str]:
    """Those of these keys that a row needs. A manifest is needed until its version is committed: its rows are all there then."""
    blobs = [(md5_in_base64(key), project_of(key)) for key in keys if key.startswith("blobs/")]
    rows = Blob.objects.filter(digest__in=[digest for digest, _ in blobs], project__in={number for _, number in blobs})
    named = {key for pk, key in rows.values_list("pk", "key") if pk not in gone}
    pending = Manifest.objects.filter(key__in=keys, version__state=ArtifactVersion.State.PENDING)
    named.update(pending.values_list("key", flat=True))
    named.update(_run_files(keys))
    uploads = {key: key.split("/")[2].partition(".")[0] for key in keys if key.startswith("parts/")}
    alive = set(Upload.objects.filter(public_id__in=set(uploads.values())).values_list("public_id", flat=True))
    named.update(key for key, upload in uploads.items() if upload in alive)
    return named


def _run_files(keys: list[str]) -> set[str]:
    """Found by project and MD5."""
    runs = [key for key in keys if key.startswith("runs/")]
    found = RunFile.objects.filter(run__project__in={project_of(key) for key in runs}, key__in=runs)
    return set(found.values_list("key", flat=True))


def _remove(file: StoredFile, before: float) -> bool:
    """Remove a file, unless it came back to use at this moment. A project that is gone has no lock and needs no files."""
    with transaction.atomic():
        with suppress(NotFound):
            lock_files(project_of(file.key))
        if _named([file.key], set()) or not store().is_older(file.key, before):
            return False
        return store().delete(file.key)


def project_of(key: str) -> int:
    """The number of the project in a key of ours."""
    return int(key.split("/")[1])


def md5_in_base64(key: str) -> str:
    """The digest in a blob's key, as its row has it."""
    return manifests.base64_of(key.rsplit("/", 1)[1])
