"""Files that come in parts."""

import hashlib
import io
import os
from datetime import timedelta

import pytest
from django.utils import timezone

from artifacts.actions.saving import in_background, parts, receive
from artifacts.actions.saving.parts import complete, find_or_begin, receive_part
from artifacts.actions.saving.receive import FileSpec
from artifacts.errors import Conflict, Invalid, NotFound, NotYet
from artifacts.files.storage import store
from artifacts.models import ArtifactVersion, Blob, Upload, UploadPart
from tests import factories
from tests.conftest import make_world
from tests.uploading import b64, start

PIECES = [os.urandom(3_000), os.urandom(3_000), os.urandom(17)]
WHOLE = b"".join(PIECES)

# Verified in a thread of its own, so that rows have to be committed.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.STORAGES = {
        **settings.STORAGES,
        "artifacts": {**settings.STORAGES["artifacts"], "OPTIONS": {"location": tmp_path}},
    }


@pytest.fixture
def version(transactional_db):
    world = make_world()
    made = start(factories.project(world.team, user=world.bob), {}, user=world.bob)
    made.bob = world.bob
    return made


def md5_of(data: bytes) -> str:
    return hashlib.md5(data).hexdigest()


def begun(version: ArtifactVersion, pieces=PIECES, digest=None) -> Upload:
    announced = [(number, md5_of(piece)) for number, piece in enumerate(pieces, 1)]
    return find_or_begin(version, digest or b64(b"".join(pieces)), announced)


def send(upload: Upload, pieces=PIECES, order=None) -> list[tuple[int, str]]:
    for number in order or range(1, len(pieces) + 1):
        receive_part(
            upload.public_id,
            number,
            io.BytesIO(pieces[number - 1]),
            size=len(pieces[number - 1]),
            acting_user=upload.version.bob,
        )
    return [(number, f'"{md5_of(piece)}"') for number, piece in enumerate(pieces, 1)]


def end(upload: Upload, etags, **changes) -> str:
    options = {"storage_path": upload.key, "acting_user": upload.version.bob, **changes}
    return complete(upload.version, upload.public_id, etags, **options)


@pytest.mark.parametrize("order", [[1, 2, 3], [3, 2, 1], [2, 3, 1, 2, 3]])
def test_parts_in_any_order_become_one_file(version, order):
    upload = begun(version)
    etags = send(upload, order=order)
    for _ in range(2):
        assert end(upload, etags) == b64(WHOLE)
    blob = Blob.objects.get()
    assert (blob.size, b"".join(store().chunks(blob.key))) == (len(WHOLE), WHOLE)
    assert list(store().list("parts")) == []


def test_one_part_is_enough(version):
    upload = begun(version, PIECES[:1])
    assert end(upload, send(upload, PIECES[:1])) == b64(PIECES[0])


def test_a_claim_with_parts_goes_on_with_the_open_upload(version):
    spec = FileSpec("big", b64(WHOLE), [(number, md5_of(piece)) for number, piece in enumerate(PIECES, 1)])
    (first,), (again,) = (receive.claim_files(version, [spec], acting_user=version.bob) for _ in range(2))
    assert first.upload.pk == again.upload.pk
    assert end(again.upload, send(first.upload)) == b64(WHOLE)


def test_a_wrong_end_is_refused(version):
    upload = begun(version)
    etags = send(upload, order=[1, 3])
    with pytest.raises(Invalid, match="Part 2"):
        end(upload, etags)
    send(upload, order=[2])
    for wrong in (etags[:-1], [*etags, (4, md5_of(b""))], [(1, md5_of(b"")), *etags[1:]], [], [(0, "x"), *etags[1:]]):
        with pytest.raises(Invalid, match="aren't those"):
            end(upload, wrong)
    with pytest.raises(NotFound):
        end(upload, etags, storage_path="blobs/9/aa/other")
    other = start(version.project, {}, user=version.bob, name="other")
    with pytest.raises(NotFound):
        complete(other, upload.public_id, etags, storage_path=upload.key, acting_user=version.bob)
    assert not Blob.objects.exists()


def test_parts_are_checked_when_they_come(version):
    upload = begun(version)
    for data in (b"x" * 3_000, PIECES[0][:-1]):
        with pytest.raises(Invalid):
            receive_part(upload.public_id, 1, io.BytesIO(data), size=3_000, acting_user=version.bob)
    for number in (0, 4, 10_001):
        with pytest.raises(NotFound):
            receive_part(upload.public_id, number, io.BytesIO(b"x"), size=1, acting_user=version.bob)
    assert not upload.parts.filter(uploaded_at__isnull=False).exists()


@pytest.mark.parametrize("numbers", [[0, 1], [1, 3], [1, 1], [2], range(1, 10_002)])
def test_parts_are_numbered_without_gaps(version, numbers):
    with pytest.raises(Invalid, match="numbered"):
        find_or_begin(version, b64(WHOLE), [(number, md5_of(b"")) for number in numbers])


def test_parts_that_are_another_file_are_refused_for_good(version):
    upload = begun(version, digest=b64(b"something else"))
    etags = send(upload)
    for _ in range(2):
        with pytest.raises(Invalid, match="digest mismatch"):
            end(upload, etags)
    assert not Blob.objects.exists()


def test_a_verification_that_died_is_taken_over(version, monkeypatch):
    upload = begun(version)
    etags = send(upload)
    Upload.objects.update(state=Upload.State.VERIFYING, verifying_since=timezone.now())
    monkeypatch.setattr(parts, "LEASE", timedelta(seconds=2))
    monkeypatch.setattr(in_background.within, "__kwdefaults__", {"patience": 0.2})
    with pytest.raises(NotYet) as said:
        end(upload, etags)
    assert said.value.seconds == 5
    monkeypatch.setattr(in_background.within, "__kwdefaults__", {"patience": 20})
    assert end(upload, etags) == b64(WHOLE)


def test_a_crash_behind_the_move_is_mended_by_the_next_request(version):
    upload = begun(version)
    etags = send(upload)
    end(upload, etags)
    Blob.objects.all().delete()
    Upload.objects.update(state=Upload.State.OPEN)
    assert end(upload, etags) == b64(WHOLE)
    assert Blob.objects.get().size == len(WHOLE)


class Held(io.BytesIO):
    """A body of which half is here, and the rest comes only after something else has happened."""

    def __init__(self, data: bytes, meanwhile) -> None:
        super().__init__(data)
        self.half, self.meanwhile = len(data) // 2, meanwhile

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell() == 0:
            return super().read(self.half)
        if self.meanwhile:
            act, self.meanwhile = self.meanwhile, None
            act()
        return super().read(size)


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("data", ["other", "same"])
def test_a_part_that_was_held_reaches_nothing_that_is_whole(version, number, data):
    """The part is sent again and the file made whole while the first attempt hangs; then that one goes on, with other bytes."""
    upload = begun(version)
    piece = PIECES[number - 1]
    body = piece if data == "same" else bytes(len(piece) // 2) + b"x" * (len(piece) - len(piece) // 2)
    held = Held(body, lambda: end(upload, send(upload)))
    with pytest.raises((Conflict, Invalid), match="too late" if data == "same" else "digest mismatch"):
        receive_part(upload.public_id, number, held, size=len(piece), acting_user=version.bob)
    assert held.meanwhile is None
    blob = Blob.objects.get()
    assert b"".join(store().chunks(blob.key)) == WHOLE
    assert [file.key for kind in ("parts", "incoming") for file in store().list(kind)] == []


def test_a_file_is_put_together_from_parts_that_nobody_has_open(version, monkeypatch):
    """The same while the parts are being put together."""
    upload = begun(version)
    etags = send(upload, order=[2, 3, 1])
    UploadPart.objects.filter(number=1).update(uploaded_at=None)
    first = PIECES[0]

    def meanwhile():
        UploadPart.objects.filter(number=1).update(uploaded_at=timezone.now())
        end(upload, etags)

    with pytest.raises(Conflict, match="too late"):
        receive_part(upload.public_id, 1, Held(first, meanwhile), size=len(first), acting_user=version.bob)
    assert b"".join(store().chunks(Blob.objects.get().key)) == WHOLE


def test_late_parts_and_those_of_a_committed_version_are_refused(version):
    upload = begun(version)
    end(upload, send(upload))
    with pytest.raises(Conflict, match="too late"):
        send(upload)
    other = begun(version, PIECES[:2])
    ArtifactVersion.objects.filter(pk=version.pk).update(state="COMMITTED", index=0)
    with pytest.raises(Conflict, match="never changes"):
        send(other, PIECES[:2])


def test_a_part_far_away_is_refused_before_anything_is_written(version):
    announced = [(number, md5_of(b"x")) for number in range(1, 10_001)]
    upload = find_or_begin(version, b64(b"tiny"), announced)

    class Unread(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise AssertionError("it was read")

    for number, size in [(9_000, parts.LARGEST_PART), (9_000, 0), (9_000, -1), (10_000, parts.LARGEST_PART + 1)]:
        with pytest.raises(Invalid, match=r"parts|part"):
            receive_part(upload.public_id, number, Unread(), size=size, acting_user=version.bob)
    receive_part(upload.public_id, 9_000, io.BytesIO(b"x"), size=1, acting_user=version.bob)
    assert [file.size for file in store().list("parts")] == [1]  # no hole before it
    with pytest.raises(Invalid, match="same length"):
        receive_part(upload.public_id, 8_000, Unread(), size=2, acting_user=version.bob)


def test_an_upload_whose_parts_were_lost_is_begun_anew(version):
    upload = begun(version)
    etags = send(upload)
    store().delete(next(iter(store().list("parts"))).key)
    with pytest.raises(Conflict, match="cleared away"):
        end(upload, etags)
    again = begun(version)
    assert again.pk != upload.pk
    assert end(again, send(again)) == b64(WHOLE)


def test_a_large_file_that_was_damaged_is_asked_for_and_healed(version):
    upload = begun(version)
    end(upload, send(upload))
    blob = Blob.objects.get()
    store().path(blob.key).write_bytes(WHOLE[:-1] + b"?")
    spec = FileSpec("big", b64(WHOLE), [(number, md5_of(piece)) for number, piece in enumerate(PIECES, 1)])
    (claim,) = receive.claim_files(version, [spec], acting_user=version.bob)
    assert claim.upload is not None
    end(claim.upload, send(claim.upload))
    assert b"".join(store().chunks(blob.key)) == WHOLE
