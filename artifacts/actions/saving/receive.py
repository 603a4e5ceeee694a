"""Bytes on their way: which files a client has to send, and what is done with them when they come.

Nothing that arrives is visible before it is whole and has the digest that was announced.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models.functions import Now

from artifacts import access
from artifacts.access import Can
from artifacts.actions.saving.begin import require_pending
from artifacts.actions.saving.blobs import (
    CLEARED,
    GONE,
    OTHER_LENGTH,
    held_blobs,
    lock_files,
    record_blob,
    require_still,
)
from artifacts.actions.saving.parts import find_or_begin
from artifacts.errors import Invalid, NotFound, NotYet
from artifacts.files import manifests, storage
from artifacts.files.storage import Reader, StoredBytes, store
from artifacts.models import ArtifactVersion, Blob, Manifest, Project, RunFile, Upload, User

LARGEST_PUT = 64 * 1024**3
MOST_CLAIMS = 10_000


@dataclass(frozen=True)
class FileSpec:
    """A file that a client is about to send: its path, MD5 in base64, and for a large one the MD5s (hex) of its parts by number."""

    path: str
    digest: str
    parts: Sequence[tuple[int, str]] = ()


@dataclass(frozen=True)
class Claim:
    """The answer to a FileSpec: whether bytes are wanted, at once or, if there is an upload, in parts."""

    spec: FileSpec
    md5: str
    is_wanted: bool
    storage_path: str
    upload: Upload | None = None


def claim_files(version: ArtifactVersion, specs: Sequence[FileSpec], *, acting_user: User) -> list[Claim]:
    """Say for each file, in the given order, whether the project needs its bytes; what it holds is kept until the commit."""
    require_pending(version, acting_user=acting_user)
    if len(specs) > MOST_CLAIMS:
        raise Invalid(f"{len(specs)} files in one request are too many; {MOST_CLAIMS} are the most.")
    for spec in specs:
        manifests.checked_path(spec.path)
    hexes = [manifests.hex_of(spec.digest) for spec in specs]
    held = held_blobs(version.project.pk, {spec.digest for spec in specs})
    return [
        Claim(
            spec,
            md5,
            is_wanted=spec.digest not in held,
            storage_path=storage.blob_key(version.project.pk, md5),
            upload=find_or_begin(version, spec.digest, spec.parts) if spec.parts and spec.digest not in held else None,
        )
        for spec, md5 in zip(specs, hexes, strict=True)
    ]


def receive_blob(project: int, md5: str, stream: Reader, *, size: int, acting_user: User) -> StoredBytes:
    """Store a file's bytes and make them a blob of the project; sending them again, even at the same moment, is harmless."""
    refuse_size(size, LARGEST_PUT)
    place = Project.objects.select_related("entity").filter(pk=project).first()
    if place is None:
        raise NotFound(GONE)
    access.require(acting_user, Can.LOG, place)
    if Blob.objects.filter(project=project, digest=manifests.base64_of(md5)).exclude(size=size).exists():
        raise Invalid(OTHER_LENGTH)
    stored = store().write(lambda found: storage.blob_key(project, found), stream, size=size, md5=md5)
    record_blob(project, md5, size, acting_user=acting_user)
    return stored


def refuse_size(size: int, largest: int) -> None:
    """Refuse more bytes than one request may bring."""
    if size > largest:
        raise Invalid(f"The file has {size} bytes, and {largest} are the most in one request; send it in parts.")


def receive_manifest(manifest: int, digest: str, stream: Reader, *, size: int, acting_user: User) -> StoredBytes:
    """Store a manifest's JSON; refused once its version is committed or another digest was announced."""
    refuse_size(size, manifests.LARGEST_MANIFEST)
    row = Manifest.objects.select_related("version__sequence__project__entity").filter(pk=manifest).first()
    if row is None or row.digest != digest or not digest:
        raise NotFound(GONE)
    require_pending(row.version, acting_user=acting_user)
    project = row.version.sequence.project_id
    stored = store().write(
        lambda found: storage.manifest_key(project, found), stream, size=size, md5=manifests.hex_of(digest)
    )
    with transaction.atomic():
        require_still(acting_user, project)
        Manifest.objects.filter(pk=manifest, digest=digest, version__state=ArtifactVersion.State.PENDING).update(
            key=storage.manifest_key(project, stored.md5), size=size, uploaded_at=Now()
        )
    return stored


def receive_run_file(file: int, stream: Reader, *, size: int, acting_user: User) -> StoredBytes:
    """Store a run's file in place of what it held before."""
    refuse_size(size, LARGEST_PUT)
    row = RunFile.objects.select_related("run__project__entity").filter(pk=file).first()
    if row is None:
        raise NotFound(GONE)
    access.require(acting_user, Can.LOG, row.run.project)
    project = row.run.project_id
    stored = store().write(lambda found: storage.run_file_key(project, found), stream, size=size)
    key = storage.run_file_key(project, stored.md5)
    with transaction.atomic():
        lock_files(project)
        require_still(acting_user, project)
        RunFile.objects.filter(pk=file).update(key=key, size=size, md5=stored.md5, uploaded_at=Now())
        if store().size(key) != size:
            raise NotYet(CLEARED, seconds=1)
    return stored
