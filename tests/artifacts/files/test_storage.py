"""The store: whole files or none, and the same file from many at once."""

import hashlib
import io
import os
import threading

import pytest

from artifacts.errors import Invalid, NotYet
from artifacts.files import storage
from artifacts.files.storage import BlobStore, Damaged, StoredBytes


@pytest.fixture
def store(tmp_path) -> BlobStore:
    return BlobStore(tmp_path)


def md5_of(data: bytes) -> str:
    return hashlib.md5(data).hexdigest()


def put(store: BlobStore, data: bytes, **options) -> StoredBytes:
    options = {"size": len(data), "md5": md5_of(data), **options}
    return store.write(lambda md5: storage.blob_key(1, md5), io.BytesIO(data), **options)


def files_in(store: BlobStore) -> list[str]:
    return sorted(file.key for kind in ("blobs", "parts", storage.TEMPORARY) for file in store.list(kind))


@pytest.mark.parametrize("size", [0, 1, storage.CHUNK - 1, storage.CHUNK, storage.CHUNK * 2 + 7])
def test_what_was_written_is_read_in_any_range(store, size):
    data = os.urandom(size)
    key = storage.blob_key(1, put(store, data).md5)
    assert store.size(key) == size
    assert store.digest(key) == StoredBytes(size, md5_of(data))
    for start, length in [(0, size), (size // 3, size // 3), (size, 0)]:
        assert b"".join(store.open(key, start=start, length=length)) == data[start : start + length]


@pytest.mark.parametrize(
    ("sent", "options"), [(b"abc", {"size": 4}), (b"abc", {"md5": md5_of(b"abd")}), (b"", {"md5": md5_of(b"a")})]
)
def test_other_bytes_than_announced_leave_nothing(store, sent, options):
    with pytest.raises(Invalid, match=r"digest mismatch|broke off"):
        put(store, sent, **options)
    assert files_in(store) == []


def test_no_more_is_read_than_was_announced(store):
    stream = io.BytesIO(b"abcdef")
    store.write(lambda md5: storage.blob_key(1, md5), stream, size=3)
    assert stream.tell() == 3


def test_a_reader_that_fails_leaves_nothing(store):
    class Broken:
        def read(self, size: int) -> bytes:
            raise RuntimeError

    with pytest.raises(RuntimeError):
        store.write(lambda md5: storage.blob_key(1, md5), Broken(), size=3)
    assert files_in(store) == []


def test_many_writers_of_one_content_make_one_file(store):
    data = os.urandom(100_000)
    threads = [threading.Thread(target=put, args=(store, data)) for _ in range(63)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert files_in(store) == [storage.blob_key(1, md5_of(data))]
    assert store.digest(storage.blob_key(1, md5_of(data))).size == len(data)


def test_the_first_content_of_a_key_stays(store):
    key = storage.blob_key(1, md5_of(b"a"))
    for data in (b"first", b"other"):  # two files of one length with one MD5 can be made on purpose
        store.write(lambda md5: key, io.BytesIO(data), size=5)
    assert b"".join(store.chunks(key)) == b"first"


def test_a_file_of_another_length_is_damaged_and_healed_by_the_next_upload(store):
    key = storage.blob_key(1, put(store, b"whole").md5)
    store.path(key).write_bytes(b"who")
    with pytest.raises(Damaged):
        store.open(key, expected_size=5)
    put(store, b"whole")
    assert b"".join(store.open(key, expected_size=5)) == b"whole"
    store.delete(key)
    with pytest.raises(Damaged):
        store.open(key)


def test_a_full_disk_is_said_to_pass(store):
    with open("/dev/full", "wb", buffering=0) as full, pytest.raises(NotYet, match="disk is full"), storage._room():
        full.write(b"x")


def test_parts_are_written_to_their_place_in_any_order(store):
    pieces = [os.urandom(1000), os.urandom(1000), os.urandom(10)]
    for number in (1, 0):
        store.write_part(
            "parts/1/x", io.BytesIO(pieces[number]), offset=number * 1000, size=1000, md5=md5_of(pieces[number])
        )
    store.write(lambda md5: "parts/1/x.tail", io.BytesIO(pieces[2]), size=10)
    for _ in range(2):  # again does the same
        store.append("parts/1/x", "parts/1/x.tail", at=2000)
    assert store.digest("parts/1/x") == StoredBytes(2010, md5_of(b"".join(pieces)))


def test_linked_bytes_outlive_their_first_key(store):
    key = storage.blob_key(1, put(store, b"shared").md5)
    other = storage.blob_key(2, md5_of(b"shared"))
    store.link(key, other)
    store.link(key, other)
    store.delete(key)
    assert b"".join(store.chunks(other)) == b"shared"
    with pytest.raises(Damaged):
        store.link(key, storage.blob_key(3, md5_of(b"shared")))


@pytest.mark.parametrize("key", ["", "/etc/passwd", "blobs/../x", "blobs//x", "blobs/.hidden", "a\\b", "a\0b"])
def test_a_key_that_is_none_of_ours_is_a_bug(store, key):
    with pytest.raises(ValueError, match="No key of ours"):
        store.path(key)
