"""The rows of verified bytes: made when they came, kept while something needs them, adopted from other projects.

A row says that bytes were verified, not that they lie there still: before anything relies on them the file is looked at.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from artifacts import access
from artifacts.access import Can
from artifacts.actions.saving import in_background
from artifacts.errors import Invalid, NotFound, NotYet
from artifacts.files import manifests, storage
from artifacts.files.storage import Damaged, store
from artifacts.models import ArtifactVersion, Blob, ManifestEntry, Project, User

HELD = timedelta(minutes=10)  # after this long a blob's claim is renewed; garbage collection waits longer
SLICE = 5_000
QUICK_BYTES = 256 * 1024 * 1024  # what is read again well within the client's patience
GONE = "What this address is for doesn't exist any more; log the artifact again."
LOOKING = "A large file here was touched since it was verified, and is being read again, which takes a while."
OTHER_LENGTH = "digest mismatch: this digest belongs to a file of another length here, so the bytes are others; log the artifact again."
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
    """The project's blobs among these digests whose bytes are there and whole, each held safe from garbage collection for some hours."""
    found: dict[str, HeldBlob] = {}
    stale = timezone.now() - HELD
    for some in slices(digests):
        blobs = Blob.objects.filter(project=project, digest__in=some)
        rows = list(blobs.values_list("pk", "key", "size", "created_at"))
        whole = [pk for pk, key, size, verified in rows if is_whole(pk, key, size, verified)]
        if any(verified < stale for _, _, _, verified in rows):
            # Before they are read again: one that was being collected at this moment is then seen as missing.
            blobs.filter(pk__in=whole, created_at__lt=stale).update(created_at=Now())
        held = blobs.filter(pk__in=whole).values_list("digest", "pk", "size")
        found |= {digest: HeldBlob(pk, size) for digest, pk, size in held}
    return found


def is_whole(pk: int, key: str, size: int, verified: datetime) -> bool:
    """Whether a blob's bytes lie there as they were verified: by their length, and by their digest where the file was touched since.

    Bytes that turn out to be others are set aside.
    """
    file = store().find(key)
    if file is None or file.size != size:
        return False
    if file.changed <= verified.timestamp():
        return True
    if size <= QUICK_BYTES:
        return _still_itself(pk, key)
    return in_background.within(f"verify {key}", partial(_still_itself, pk, key), sentence=LOOKING)


def _still_itself(pk: int, key: str) -> bool:
    is_it = store().verify(key)
    if is_it:
        Blob.objects.filter(pk=pk).update(created_at=Now())
    return is_it


def has_lost_bytes(version: ArtifactVersion) -> bool:
    """Whether any of a version's files is missing, or isn't what it was."""
    entries = ManifestEntry.objects.filter(version=version)
    if entries.filter(ref="", blob=None).exists():
        return True
    blobs = Blob.objects.filter(pk__in=entries.values("blob")).values_list("pk", "key", "size", "created_at")
    return not all(is_whole(*row) for row in blobs.iterator())


@transaction.atomic
def record_blob(project: int, md5: str, size: int, *, acting_user: User) -> Blob:
    """The row of bytes that lie at their key and were verified; refused if the right to log was taken away while they came."""
    lock_files(project)
    require_still(acting_user, project)
    key = storage.blob_key(project, md5)
    blob, is_new = Blob.objects.get_or_create(
        project_id=project, digest=manifests.base64_of(md5), defaults={"size": size, "key": key}
    )
    if not is_new:
        Blob.objects.filter(pk=blob.pk).update(created_at=Now())
    if blob.size != size:
        raise Invalid(OTHER_LENGTH)
    if store().size(key) != size:
        raise NotYet(CLEARED, seconds=1)
    return blob


def require_still(acting_user: User, project: int) -> None:
    """Judge anew, inside the transaction that ends an upload: it may have taken hours since it was allowed."""
    acting_user.refresh_from_db(fields=["is_active", "is_admin"])
    access.require(acting_user, Can.LOG, Project.objects.select_related("entity").get(pk=project))


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
            rows = entries.values_list("digest", "blob", "blob__key", "blob__size", "blob__created_at")
            for digest, pk, key, size, verified in set(rows):
                if is_whole(pk, key, size, verified):
                    found[digest] = _adopted(project, digest, key, size, acting_user)
    return found


def _adopted(project: int, digest: str, key: str, size: int, acting_user: User) -> HeldBlob:
    md5 = manifests.hex_of(digest)
    own = storage.blob_key(project, md5)
    if own != key:
        try:
            store().link(key, own)
        except Damaged:
            raise NotFound("A file of the version that this one builds upon is damaged; log it anew.") from None
    return HeldBlob(record_blob(project, md5, size, acting_user=acting_user).pk, size)
