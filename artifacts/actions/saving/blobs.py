"""The rows of verified bytes: made when they came, kept while something needs them, adopted from other projects."""

from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import NamedTuple

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from artifacts import access
from artifacts.access import Can
from artifacts.errors import Invalid, NotFound, NotYet
from artifacts.files import manifests, storage
from artifacts.files.storage import Damaged, store
from artifacts.models import ArtifactVersion, Blob, ManifestEntry, Project, User

HELD = timedelta(minutes=10)  # after this long a blob's claim is renewed; garbage collection waits longer
SLICE = 5_000
GONE = "What this address is for doesn't exist any more; log the artifact again."
CLEARED = "The file was cleared away while it arrived; it is taken when it is sent again."


def lock_files(project: int) -> None:
    """Call inside a transaction, before saying that a file is there. The garbage collection takes the same lock to remove one:
    either it sees the new row, or whoever holds the lock sees that the file is gone.
    """
    if Project.objects.select_for_update(no_key=True).filter(pk=project).first() is None:
        raise NotFound(GONE)


def slices(digests: Iterable[str]) -> Iterable[list[str]]:
    """Digests in lists that are each short enough for one query."""
    listed = sorted(digests)
    return (listed[start : start + SLICE] for start in range(0, len(listed), SLICE))


def require_held(project: int, blobs: Collection[int]) -> None:
    """Refuse if any of these blobs was cleared away. Call inside the transaction that refers to them."""
    lock_files(project)
    listed = sorted(blobs)
    found = sum(
        Blob.objects.filter(pk__in=listed[start : start + SLICE]).count() for start in range(0, len(listed), SLICE)
    )
    if found != len(listed):
        raise Invalid("Files of this version were cleared away before it was committed; log the artifact again.")


class HeldBlob(NamedTuple):
    """A blob's number and length: all that a commit of very many files keeps of each."""

    pk: int
    size: int


def held_blobs(project: int, digests: set[str]) -> dict[str, HeldBlob]:
    """The project's blobs among these digests, each held safe from garbage collection for the next hours."""
    found: dict[str, HeldBlob] = {}
    stale = timezone.now() - HELD
    for some in slices(digests):
        blobs = Blob.objects.filter(project=project, digest__in=some)
        if blobs.filter(created_at__lt=stale).exists():
            # Before they are read: one that was being collected at this moment is then seen as missing.
            blobs.filter(created_at__lt=stale).update(created_at=Now())
        found |= {digest: HeldBlob(pk, size) for digest, pk, size in blobs.values_list("digest", "pk", "size")}
    return found


@transaction.atomic
def record_blob(project: int, md5: str, size: int) -> Blob:
    """The row of bytes that lie at their key and were verified."""
    lock_files(project)
    key = storage.blob_key(project, md5)
    blob, is_new = Blob.objects.get_or_create(
        project_id=project, digest=manifests.base64_of(md5), defaults={"size": size, "key": key}
    )
    if not is_new:
        Blob.objects.filter(pk=blob.pk).update(created_at=Now())
    if store().size(key) != size:
        raise NotYet(CLEARED, seconds=1)
    return blob


def adopt_blobs(project: int, wanted: dict[str, int], *, acting_user: User) -> dict[str, HeldBlob]:
    """Bytes that another version lists, taken over without being sent again: digest → number of that version.

    Each counts only if the version lists the digest and the acting user may download it; the others are left out.
    """
    by_version: dict[int, list[str]] = {}
    for digest, number in wanted.items():
        by_version.setdefault(number, []).append(digest)
    found: dict[str, HeldBlob] = {}
    for number, digests in by_version.items():
        version = ArtifactVersion.objects.filter(pk=number).first()
        if version is None or not access.allowed_version(acting_user, Can.DOWNLOAD, version):
            continue
        for some in slices(digests):
            entries = ManifestEntry.objects.filter(version=version, digest__in=some, blob__isnull=False)
            for digest, key, size in set(entries.values_list("digest", "blob__key", "blob__size")):
                found[digest] = _adopted(project, digest, key, size)
    return found


def _adopted(project: int, digest: str, key: str, size: int) -> HeldBlob:
    md5 = manifests.hex_of(digest)
    own = storage.blob_key(project, md5)
    if own != key:
        try:
            store().link(key, own)
        except Damaged:
            raise NotFound("A file of the version that this one builds upon is damaged; log it anew.") from None
    return HeldBlob(record_blob(project, md5, size).pk, size)
