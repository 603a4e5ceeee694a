"""The store: whole files or none, and the same file from many at once."""

import hashlib
import io
import itertools
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


# One of two files with the same MD5, found by Wang and Yu in 2004; the other has six bits turned.
FIRST = bytes.fromhex(
    "d131dd02c5e6eec4693d9a0698aff95c2fcab58712467eab4004583eb8fb7f8955ad340609f4b30283e488832571415a"
    "085125e8f7cdc99fd91dbdf280373c5bd8823e3156348f5bae6dacd436c919c6dd53e2b487da03fd02396306d248cda0"
    "e99f33420f577ee8ce54b67080a80d1ec69821bcb6a8839396f9652b6ff72a70"
)
SECOND = bytes(byte ^ 0x80 if at in {19, 45, 59, 83, 109, 123} else byte for at, byte in enumerate(FIRST))


def test_the_first_content_of_a_key_stays(store):
    assert FIRST != SECOND
    for data in (FIRST, SECOND):
        assert put(store, data).md5 == md5_of(FIRST)
    assert b"".join(store.chunks(storage.blob_key(1, md5_of(FIRST)))) == FIRST


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


def test_parts_are_put_together_in_a_new_file(store):
    pieces = [os.urandom(1000), os.urandom(1000), os.urandom(10)]
    keys = [storage.part_key(1, "x", number) for number in (1, 2, 3)]
    whole = storage.blob_key(1, md5_of(b"".join(pieces)))
    for key, piece in zip(keys, pieces, strict=True):
        store.write(lambda md5, key=key: key, io.BytesIO(piece), size=len(piece))
    with store.assembled(keys) as made:
        assert made.stored == StoredBytes(2010, md5_of(b"".join(pieces)))
        store.place(made.key, whole)
    assert store.digest(whole) == made.stored
    assert files_in(store) == sorted([*keys, whole])
    store.delete(keys[1])
    with pytest.raises(Damaged), store.assembled(keys):
        pass


def test_what_differs_from_its_digest_is_never_read_whole(store):
    for size in (9, storage.CHUNK * 2):
        data = os.urandom(size)
        key = storage.blob_key(1, put(store, data).md5)
        store.path(key).write_bytes(bytes([data[0] ^ 1]) + data[1:])
        got = bytearray()
        with pytest.raises(Damaged):
            got.extend(itertools.chain.from_iterable(store.open(key, expected_size=size)))
        assert len(got) < size
        assert not store.exists(key)  # it was set aside, for the operator to look at
        assert store.exists(f"damaged/{key}")
        put(store, data)
        assert b"".join(store.chunks(key)) == data


def test_bytes_of_the_right_length_that_differ_are_healed_by_the_next_upload(store):
    key = storage.blob_key(1, put(store, b"whole").md5)
    store.path(key).write_bytes(b"whose")
    put(store, b"whole")
    assert b"".join(store.open(key, expected_size=5)) == b"whole"


def test_what_is_whole_after_all_is_not_set_aside(store):
    key = storage.blob_key(1, put(store, b"whole").md5)
    store.set_aside(key)
    assert b"".join(store.chunks(key)) == b"whole"
    assert not store.exists(f"damaged/{key}")


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
