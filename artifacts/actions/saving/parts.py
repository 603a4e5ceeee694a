"""Files that come in parts: each part is written straight to its place, then the whole is read once and becomes a blob."""

import re
import secrets
import time
from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import partial

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from artifacts import access
from artifacts.access import Can
from artifacts.actions.saving import in_background
from artifacts.actions.saving.blobs import GONE, record_blob
from artifacts.errors import Conflict, Invalid, NotFound
from artifacts.files import manifests, storage
from artifacts.files.storage import Reader, StoredBytes, store
from artifacts.models import ArtifactVersion, Upload, UploadPart, User

MOST_PARTS = 10_000
LARGEST_PART = 8 * 1024**3
LEASE = timedelta(seconds=60)  # after this long without a sign of life another process verifies
SIGN_OF_LIFE_SECONDS = 10
MD5 = re.compile(r"[0-9a-f]{32}")
VERIFYING = "All parts are here and the whole file is being verified, which takes a while for a large one."
NO_UPLOAD = "There is no upload of this id for this artifact; log the artifact again."
NOT_THE_FILE = (
    "digest mismatch: the parts together don't have the file's digest; the file changed meanwhile, log it again."
)


def tail_key(upload: Upload) -> str:
    """Where the last part waits: its place is known only when another part has told how long parts are."""
    return f"{upload_key(upload)}.tail"


def upload_key(upload: Upload) -> str:
    """Where the parts are put together."""
    return storage.upload_key(upload.version.sequence.project_id, upload.public_id)


@transaction.atomic
def find_or_begin(version: ArtifactVersion, digest: str, parts: Sequence[tuple[int, str]]) -> Upload:
    """The open upload of this file of a version, made if there is none: a repeated request goes on with the same."""
    announced = dict(parts)
    if len(announced) != len(parts) or sorted(announced) != list(range(1, len(parts) + 1)) or len(parts) > MOST_PARTS:
        raise Invalid(f"The parts of a file are numbered from 1 to {MOST_PARTS} without gaps; log the artifact again.")
    if not all(MD5.fullmatch(md5) for md5 in announced.values()):
        raise Invalid("The MD5 of a part isn't 32 hexadecimal digits; log the artifact again.")
    ArtifactVersion.objects.select_for_update().get(pk=version.pk)
    for upload in version.uploads.filter(digest=digest, state=Upload.State.OPEN):
        if dict(upload.parts.values_list("number", "md5")) == announced:
            return upload
    upload = Upload.objects.create(
        version=version,
        public_id=secrets.token_hex(16),
        digest=digest,
        key=storage.blob_key(version.sequence.project_id, manifests.hex_of(digest)),
    )
    UploadPart.objects.bulk_create(
        UploadPart(upload=upload, number=number, md5=md5) for number, md5 in announced.items()
    )
    return upload


def receive_part(public_id: str, number: int, stream: Reader, *, size: int) -> StoredBytes:
    """Store a part; sending one again is harmless, and what doesn't have the announced MD5 doesn't count."""
    upload = Upload.objects.select_related("version__sequence").filter(public_id=public_id).first()
    part = UploadPart.objects.filter(upload=upload, number=number).first() if upload else None
    if upload is None or part is None:
        raise NotFound(GONE)
    if not 0 < size <= LARGEST_PART:
        raise Invalid(f"A part has from 1 to {LARGEST_PART} bytes; log the artifact with other parts.")
    if part.uploaded_at is not None or upload.state != Upload.State.OPEN:
        return store().drain(stream, size=size, md5=part.md5)
    is_last = not upload.parts.filter(number__gt=number).exists()
    if is_last:
        stored = store().write(lambda md5: tail_key(upload), stream, size=size, md5=part.md5)
    else:
        inner = upload.parts.filter(size__isnull=False).exclude(pk=part.pk)
        if inner.exclude(number=upload.parts.count()).exclude(size=size).exists():
            raise Invalid("All parts but the last must have the same length; log the artifact again.")
        stored = store().write_part(upload_key(upload), stream, offset=(number - 1) * size, size=size, md5=part.md5)
    UploadPart.objects.filter(pk=part.pk).update(size=size, uploaded_at=timezone.now())
    return stored


def complete(
    version: ArtifactVersion, public_id: str, parts: Iterable[tuple[int, str]], *, storage_path: str, acting_user: User
) -> str:
    """Make the parts one file of the project and return its digest; NotYet while a large one is still being read.

    `parts` gives each part's ETag, with or without quotes. Raises Invalid when parts are missing or are others than announced.
    """
    access.require(acting_user, Can.LOG, version.project)
    upload = Upload.objects.filter(public_id=public_id, version=version, key=storage_path).first()
    if upload is None:
        raise NotFound(NO_UPLOAD)
    if upload.state == Upload.State.REFUSED:
        raise Invalid(NOT_THE_FILE)
    if upload.state == Upload.State.DONE:
        return upload.digest
    given = [(number, etag.strip('"').lower()) for number, etag in parts]
    rows = list(upload.parts.order_by("number"))
    if sorted(given) != [(row.number, row.md5) for row in rows]:
        raise Invalid("The parts to be put together aren't those that were announced; log the artifact again.")
    if missing := [row.number for row in rows if row.uploaded_at is None]:
        raise Invalid(f"Part {missing[0]} of the file has not arrived; log the artifact again.")
    if len({row.size for row in rows[:-1]}) > 1:
        raise Invalid("All parts but the last must have the same length; log the artifact again.")
    return in_background.within(f"upload {upload.pk}", partial(_verify, upload.pk), sentence=VERIFYING)


def _verify(pk: int) -> str:
    """Read the whole file, or wait for the process that does; one that died is succeeded after its lease."""
    while not _lease(pk):
        upload = Upload.objects.get(pk=pk)
        if upload.state == Upload.State.DONE:
            return upload.digest
        if upload.state == Upload.State.REFUSED:
            raise Invalid(NOT_THE_FILE)
        time.sleep(1)
    upload = Upload.objects.select_related("version__sequence").get(pk=pk)
    rows = list(upload.parts.order_by("number"))
    size = sum(row.size or 0 for row in rows)
    source = _put_together(upload, rows)
    found = StoredBytes(size, store().digest(source, every=SIGN_OF_LIFE_SECONDS, tell=lambda: _still_alive(pk)).md5)
    if found != StoredBytes(size, manifests.hex_of(upload.digest)):
        store().delete(source)
        Upload.objects.filter(pk=pk).update(state=Upload.State.REFUSED)
        raise Invalid(NOT_THE_FILE)
    if source != upload.key:
        store().move(source, upload.key)
    record_blob(upload.version.sequence.project_id, found.md5, size)
    store().delete(tail_key(upload))
    Upload.objects.filter(pk=pk).update(state=Upload.State.DONE)
    return upload.digest


def _lease(pk: int) -> bool:
    """Take the verification, if nobody who is alive has it."""
    now = timezone.now()
    free = Q(state=Upload.State.OPEN) | Q(state=Upload.State.VERIFYING, verifying_since__lt=now - LEASE)
    taken = Upload.objects.filter(free, pk=pk).update(state=Upload.State.VERIFYING, verifying_since=now)
    return taken == 1


def _still_alive(pk: int) -> None:
    Upload.objects.filter(pk=pk, state=Upload.State.VERIFYING).update(verifying_since=timezone.now())


def _put_together(upload: Upload, rows: Sequence[UploadPart]) -> str:
    """The key of the whole file. After a crash behind the last move it is the blob's own."""
    whole, tail = upload_key(upload), tail_key(upload)
    if len(rows) == 1:
        whole = tail
    elif store().exists(whole) and store().exists(tail):
        store().append(whole, tail, at=sum(row.size or 0 for row in rows[:-1]))
    if store().exists(whole):
        return whole
    if store().exists(upload.key):
        return upload.key
    raise Conflict("The parts of this file were cleared away; log the artifact again.")
