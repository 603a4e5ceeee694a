"""Files that come in parts: each attempt at a part is written aside and kept if it is verified in time; then the parts are put together.

A part that is still on its way when the whole is made has a file of its own, which nothing reads any more.
"""

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
from artifacts.actions.saving.begin import require_pending
from artifacts.actions.saving.blobs import GONE, record_blob, require_still
from artifacts.errors import Conflict, Invalid, NotFound
from artifacts.files import manifests, storage
from artifacts.files.storage import Damaged, Reader, StoredBytes, store
from artifacts.models import ArtifactVersion, Upload, UploadPart, User

MOST_PARTS = 10_000
LARGEST_PART = 8 * 1024**3
LARGEST_WHOLE = 5 * 1024**4
LEASE = timedelta(seconds=60)  # after this long without a sign of life another process verifies
SIGN_OF_LIFE_SECONDS = 10
MD5 = re.compile(r"[0-9a-f]{32}")
VERIFYING = "All parts are here and the whole file is being verified, which takes a while for a large one."
NO_UPLOAD = "There is no upload of this id for this artifact; log the artifact again."
NOT_THE_FILE = (
    "digest mismatch: the parts together don't have the file's digest; the file changed meanwhile, log it again."
)


LATE = (
    "This part comes too late: its file is being put together or is whole already; log the artifact again if it isn't."
)
UNEQUAL = "All parts but the last must have the same length; log the artifact again."


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


def receive_part(public_id: str, number: int, stream: Reader, *, size: int, acting_user: User) -> StoredBytes:
    """Store a part; sending one again is harmless, what doesn't have the announced MD5 doesn't count, and what comes late is refused."""
    upload = Upload.objects.select_related("version__sequence__project__entity").filter(public_id=public_id).first()
    part = UploadPart.objects.filter(upload=upload, number=number).first() if upload else None
    if upload is None or part is None:
        raise NotFound(GONE)
    require_pending(upload.version, acting_user=acting_user)
    _refuse_part(upload, part, size)
    if part.uploaded_at is not None:
        return store().drain(stream, size=size, md5=part.md5)
    project = upload.version.sequence.project_id
    with store().received(stream, size=size, md5=part.md5) as came, transaction.atomic():
        locked = Upload.objects.select_for_update().filter(pk=upload.pk).first()
        if locked is None:
            raise NotFound(GONE)
        require_still(acting_user, project)
        _refuse_part(locked, part, size)
        store().place(came.key, storage.part_key(project, public_id, number))
        UploadPart.objects.filter(pk=part.pk).update(size=size, uploaded_at=timezone.now())
    return came.stored


def _refuse_part(upload: Upload, part: UploadPart, size: int) -> None:
    """Refuse what is too late, too large, or doesn't fit beside the parts that are here: before it is read, and again before it counts."""
    if upload.state != Upload.State.OPEN:
        raise Conflict(LATE)
    if not 0 < size <= LARGEST_PART:
        raise Invalid(f"A part has from 1 to {LARGEST_PART} bytes; log the artifact with other parts.")
    last = upload.parts.count()
    if part.number == last:
        return
    if (last - 1) * size >= LARGEST_WHOLE:
        raise Invalid(f"{last} parts of {size} bytes are more than {LARGEST_WHOLE}, the most that a file can have.")
    others = upload.parts.filter(size__isnull=False).exclude(number__in=[part.number, last])
    if others.exclude(size=size).exists():
        raise Invalid(UNEQUAL)


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
        raise Invalid(UNEQUAL)
    work = partial(_verify, upload.pk, acting_user)
    return in_background.within(f"upload {upload.pk}", work, sentence=VERIFYING)


def _verify(pk: int, acting_user: User) -> str:
    """Read the whole file, or wait for the process that does; one that died is succeeded after its lease."""
    while not _lease(pk):
        upload = Upload.objects.get(pk=pk)
        if upload.state == Upload.State.DONE:
            return upload.digest
        if upload.state == Upload.State.REFUSED:
            raise Invalid(NOT_THE_FILE)
        time.sleep(1)
    upload = Upload.objects.select_related("version__sequence").get(pk=pk)
    project = upload.version.sequence.project_id
    rows = list(upload.parts.order_by("number"))
    keys = [storage.part_key(project, upload.public_id, row.number) for row in rows]
    wanted = StoredBytes(sum(row.size or 0 for row in rows), manifests.hex_of(upload.digest))
    try:
        with store().assembled(keys, every=SIGN_OF_LIFE_SECONDS, tell=lambda: _still_alive(pk)) as whole:
            if whole.stored != wanted:
                raise Invalid(NOT_THE_FILE)
            store().place(whole.key, upload.key)
    except Damaged:
        # After a crash behind the last step the parts are gone and the whole is there.
        if store().size(upload.key) != wanted.size or not store().verify(upload.key):
            _refuse(pk, keys)
            raise Conflict("The parts of this file were cleared away; log the artifact again.") from None
    except Invalid:
        _refuse(pk, keys)
        raise
    record_blob(project, wanted.md5, wanted.size, acting_user=acting_user)
    Upload.objects.filter(pk=pk).update(state=Upload.State.DONE)
    _delete(keys)
    return upload.digest


def _refuse(pk: int, keys: Sequence[str]) -> None:
    """Give an upload up; logging the file again begins another one."""
    Upload.objects.filter(pk=pk).update(state=Upload.State.REFUSED)
    _delete(keys)


def _delete(keys: Sequence[str]) -> None:
    for key in keys:
        store().delete(key)


def _lease(pk: int) -> bool:
    """Take the verification, if nobody who is alive has it."""
    now = timezone.now()
    free = Q(state=Upload.State.OPEN) | Q(state=Upload.State.VERIFYING, verifying_since__lt=now - LEASE)
    taken = Upload.objects.filter(free, pk=pk).update(state=Upload.State.VERIFYING, verifying_since=now)
    return taken == 1


def _still_alive(pk: int) -> None:
    Upload.objects.filter(pk=pk, state=Upload.State.VERIFYING).update(verifying_since=timezone.now())
