"""What must be true of the stored files: each that is listed is there with its size and digest, and nothing else lies about for long."""

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Q

from artifacts.actions.saving import clear_away
from artifacts.files import manifests
from artifacts.files.manifests import Entry
from artifacts.files.storage import Damaged, store
from artifacts.models import ArtifactVersion, Blob, Manifest, ManifestEntry, RunFile
from registry_site.fsck.invariant import Invariant

# What is older has outlived its grace period and the daily clearing away that follows it.
OVERDUE = 2 * clear_away.GRACE
LISTED = ManifestEntry.objects.filter(ref="", version__in=ArtifactVersion.objects.live())


def _entries() -> Iterator[str]:
    """Files of versions that have no bytes, or those of another project or content."""
    no_bytes = LISTED.filter(blob=None).select_related("version__sequence")
    for entry in no_bytes.iterator():
        yield f"“{entry.path}” of {entry.version} has no bytes"
    for entry in LISTED.filter(blob__isnull=False).select_related("version__sequence", "blob").iterator():
        blob = entry.blob
        if blob is not None and (entry.size, entry.digest, entry.version.sequence.project_id) != (
            blob.size,
            blob.digest,
            blob.project_id,
        ):
            yield f"“{entry.path}” of {entry.version} has the bytes of something else"


def _files() -> Iterator[str]:
    """Rows whose file is missing or has another size. One that was removed while we looked is no breach."""
    for blob in Blob.objects.iterator():
        if store().size(blob.key) != blob.size and Blob.objects.filter(pk=blob.pk).exists():
            yield f"{blob.key} isn't there with its {blob.size} bytes ({_users(blob)})"
    for file in RunFile.objects.filter(uploaded_at__isnull=False).select_related("run").iterator():
        if store().size(file.key) != file.size and RunFile.objects.filter(pk=file.pk, key=file.key).exists():
            yield f"“{file.name}” of run {file.run.name} isn't there with its {file.size} bytes"
    waiting = Manifest.objects.filter(~Q(key=""), version__state=ArtifactVersion.State.PENDING)
    for manifest in waiting.iterator():
        if store().size(manifest.key) != manifest.size and waiting.filter(pk=manifest.pk, key=manifest.key).exists():
            yield f"manifest {manifest.pk} of version {manifest.version_id} isn't there with its {manifest.size} bytes"


def _users(blob: Blob) -> str:
    """Where damaged bytes are listed, for whoever has to log them again."""
    entry = ManifestEntry.objects.filter(blob=blob).select_related("version__sequence__project__entity").first()
    if entry is None:
        return "listed nowhere"
    project = entry.version.project
    return f"“{entry.path}” of {project.entity.name}/{project.name}/{entry.version}"


def _orphans() -> Iterator[str]:
    """Bytes that nothing refers to and that should have been cleared away."""
    swept = clear_away.sweep(grace=OVERDUE, dry_run=True)
    if swept.files:
        yield f"{swept.files} files of {swept.bytes} bytes belong to nothing"


def _temporary() -> Iterator[str]:
    """What broken-off uploads left behind."""
    count = store().sweep_unfinished(older_than=OVERDUE.total_seconds(), dry_run=True)
    if count:
        yield f"{count} files of broken-off uploads are older than {OVERDUE // timedelta(hours=1)} hours"


def _clear_away() -> None:
    clear_away.sweep(grace=OVERDUE)


def _digests() -> Iterator[str]:
    """Bytes that changed since they were verified. They are set aside: from now on nobody gets them, and logging them again heals."""
    for blob in Blob.objects.iterator():
        try:
            md5 = store().digest(blob.key).md5
        except Damaged:
            continue  # the invariant of files says so
        if manifests.base64_of(md5) != blob.digest:
            store().set_aside(blob.key)
            yield f"{blob.key} has changed ({_users(blob)})"
    for file in RunFile.objects.filter(uploaded_at__isnull=False).exclude(md5="").select_related("run").iterator():
        try:
            if store().digest(file.key).md5 != file.md5:
                store().set_aside(file.key)
                yield f"“{file.name}” of run {file.run.name} has changed"
        except Damaged:
            continue


def _manifest_digests() -> Iterator[str]:
    """Versions whose files don't give the digest that the version has."""
    for version in ArtifactVersion.objects.live().select_related("sequence").iterator():
        rows = ManifestEntry.objects.of_version(version).values_list("path", "digest")
        if manifests.digest_of(Entry(path, digest) for path, digest in rows.iterator()) != version.digest:
            yield f"{version} (version {version.pk}) lists other files than its digest says"


FILES = [
    Invariant("entries", "each file of a version has bytes of its project and digest", _entries),
    Invariant("files", "each stored file is there with its size", _files),
    Invariant("orphans", "no bytes lie about that nothing refers to", _orphans, _clear_away),
    Invariant("temporary", "nothing of broken-off uploads lies about", _temporary, _clear_away),
]
FILES_DEEP = [
    Invariant("digests", "each stored file has the bytes that were verified", _digests),
    Invariant("contents", "each version's files give its digest", _manifest_digests),
]
