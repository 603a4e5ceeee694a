"""Stored bytes: the only code that touches the file storage.

A key is made of a project's number and a digest (or a random name), never of a name that somebody chose. A file appears under its key by an
atomic rename and only whole, so writing the same content again, even at the same moment, is harmless. What this class offers
(write, parts by offset, open a range, link, sizes, listing) is what an object store offers too.
"""

import errno
import hashlib
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from django.core.files.storage import storages

from artifacts.errors import Invalid, NotYet

CHUNK = 1024 * 1024
NO_SPACE = {errno.ENOSPC, errno.EDQUOT}
TEMPORARY = "incoming"


class Reader(Protocol):
    """Anything that gives the next bytes, and none at the end."""

    def read(self, size: int, /) -> bytes: ...


class Damaged(Exception):
    """A stored file is missing or has another length than it had when it was verified."""


@dataclass(frozen=True)
class StoredBytes:
    """What was written: its length and the MD5 of its bytes in hex."""

    size: int
    md5: str


@dataclass(frozen=True)
class StoredFile:
    """A file found in the store."""

    key: str
    size: int
    changed: float


@contextmanager
def _room() -> Iterator[None]:
    """A full disk is nobody's mistake and passes when the operator makes room: the client sends the same bytes again."""
    try:
        yield
    except OSError as error:
        if error.errno in NO_SPACE:
            raise NotYet(
                "The server's disk is full, so nothing was stored; the operator has to make room.", seconds=30
            ) from error
        raise


def _sync_directory(directory: Path) -> None:
    """Make a rename survive a power cut."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class BlobStore:
    """Files by key below one directory."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, key: str) -> Path:
        """Where a key's bytes lie. Keys are ours, so a strange one is a bug."""
        parts = key.split("/")
        if not all(parts) or any(part.startswith(".") for part in parts) or "\\" in key or "\0" in key:
            raise ValueError(f"No key of ours: {key!r}")
        return self.root.joinpath(*parts)

    def write(self, key_of: Callable[[str], str], stream: Reader, *, size: int, md5: str | None = None) -> StoredBytes:
        """Store exactly `size` bytes under the key that `key_of` makes of their MD5 (hex); they are visible only when whole.

        Raises Invalid if fewer bytes come or their MD5 (hex) isn't `md5`, NotYet when the disk is full.
        """
        aside = self.path(f"{TEMPORARY}/{secrets.token_hex(12)}")
        try:
            with _room():
                with _created(aside) as file:
                    stored = _copy(stream, file.fileno(), size)
                    _check(stored, size, md5)
                    os.fsync(file.fileno())
                self._place(aside, key_of(stored.md5))
        finally:
            aside.unlink(missing_ok=True)
        return stored

    def _place(self, aside: Path, key: str) -> None:
        target = self.path(key)
        if self.size(key) == aside.stat().st_size:
            # Never replaced: of two files with one MD5, made so on purpose, the first is the one that counts.
            os.utime(target)
            aside.unlink()
            return
        fresh = not target.parent.exists()
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(aside, target)
        _sync_directory(target.parent)
        if fresh:
            _sync_directory(target.parent.parent)

    def write_part(self, key: str, stream: Reader, *, offset: int, size: int, md5: str) -> StoredBytes:
        """Write a part of a larger file straight to its place; the part counts only if this returns."""
        target = self.path(key)
        with _room():
            target.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(target, os.O_CREAT | os.O_WRONLY, 0o640)
            try:
                os.lseek(descriptor, offset, os.SEEK_SET)
                stored = _copy(stream, descriptor, size)
                _check(stored, size, md5)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        return stored

    def drain(self, stream: Reader, *, size: int, md5: str) -> StoredBytes:
        """Read bytes that are here already, only to see that they are the same."""
        with open(os.devnull, "wb", buffering=0) as nowhere:
            stored = _copy(stream, nowhere.fileno(), size)
        _check(stored, size, md5)
        return stored

    def append(self, key: str, tail: str, *, at: int) -> None:
        """Copy the file `tail` into the other one from this offset on, which becomes its end; again does the same."""
        with _room(), open(self.path(key), "r+b") as file, open(self.path(tail), "rb") as source:
            file.seek(at)
            while chunk := source.read(CHUNK):
                file.write(chunk)
            file.truncate()
            file.flush()
            os.fsync(file.fileno())

    def move(self, source: str, key: str) -> None:
        """Give a finished file the key under which it will be found."""
        with _room():
            self._place(self.path(source), key)

    def link(self, source: str, key: str) -> None:
        """Make the same bytes available under a second key, without a copy where the file system can."""
        origin, aside = self.path(source), self.path(f"{TEMPORARY}/{secrets.token_hex(12)}")
        aside.parent.mkdir(parents=True, exist_ok=True)
        try:
            with _room():
                try:
                    os.link(origin, aside)
                except FileNotFoundError:
                    raise Damaged(source) from None
                except OSError as error:
                    if error.errno in NO_SPACE:
                        raise
                    with open(origin, "rb") as file:
                        self.write(lambda md5: key, file, size=os.fstat(file.fileno()).st_size)
                    return
                self._place(aside, key)
        finally:
            aside.unlink(missing_ok=True)

    def digest(self, key: str, *, every: float = 3600, tell: Callable[[], None] | None = None) -> StoredBytes:
        """Read a whole file for its length and MD5; `tell` is called every so many seconds meanwhile."""
        hasher, size, told = hashlib.md5(usedforsecurity=False), 0, time.monotonic()
        for chunk in self.chunks(key):
            hasher.update(chunk)
            size += len(chunk)
            if tell and time.monotonic() > told + every:
                told = time.monotonic()
                tell()
        return StoredBytes(size, hasher.hexdigest())

    def size(self, key: str) -> int | None:
        """The length of a stored file, None if there is none."""
        try:
            return self.path(key).stat().st_size
        except (FileNotFoundError, NotADirectoryError):
            return None

    def exists(self, key: str) -> bool:
        """Whether a file lies under this key."""
        return self.size(key) is not None

    def open(
        self, key: str, *, expected_size: int | None = None, start: int = 0, length: int | None = None
    ) -> "Chunks":
        """A range of a file as chunks; opened at once, so that Damaged is raised here and not in the middle of an answer."""
        try:
            file = open(self.path(key), "rb", buffering=0)
        except (FileNotFoundError, NotADirectoryError):
            raise Damaged(key) from None
        size = os.fstat(file.fileno()).st_size
        if expected_size is not None and size != expected_size:
            file.close()
            raise Damaged(key)
        file.seek(start)
        return Chunks(file, size - start if length is None else length)

    def chunks(self, key: str) -> Iterator[bytes]:
        """A whole file as chunks."""
        with self.open(key) as chunks:
            yield from chunks

    def delete(self, key: str) -> bool:
        """Remove a file; whether there was one."""
        try:
            self.path(key).unlink()
        except (FileNotFoundError, NotADirectoryError):
            return False
        return True

    def list(self, prefix: str) -> Iterator[StoredFile]:
        """Every file whose key begins with this directory, in no order."""
        for directory, _, names in os.walk(self.path(prefix)):
            for name in names:
                path = Path(directory, name)
                with suppress(FileNotFoundError):
                    status = path.stat()
                    yield StoredFile(path.relative_to(self.root).as_posix(), status.st_size, status.st_mtime)

    def is_older(self, key: str, moment: float) -> bool:
        """Whether a file was last written, or written again with the same bytes, before this moment."""
        try:
            return self.path(key).stat().st_mtime < moment
        except FileNotFoundError:
            return False

    def sweep_unfinished(self, *, older_than: float, dry_run: bool) -> int:
        """Remove what broken-off uploads left behind; how many files that were."""
        stale = [file for file in self.list(TEMPORARY) if file.changed < time.time() - older_than]
        if not dry_run:
            for file in stale:
                self.delete(file.key)
        return len(stale)


class Chunks:
    """The bytes of a range, read as they are asked for."""

    def __init__(self, file: "_Raw", length: int) -> None:
        self.file, self.left = file, length

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        chunk = self.read(CHUNK)
        if not chunk:
            self.close()
            raise StopIteration
        return chunk

    def read(self, size: int, /) -> bytes:
        """The next bytes of the range, none at its end."""
        chunk = self.file.read(min(size, self.left)) if self.left > 0 else b""
        self.left -= len(chunk)
        return chunk

    def __enter__(self) -> "Chunks":
        return self

    def __exit__(self, *reason: object) -> None:
        self.close()

    def close(self) -> None:
        """Called by the server too, when the visitor went away."""
        self.file.close()


class _Raw(Reader, Protocol):
    def close(self) -> None: ...


@contextmanager
def _created(path: Path) -> "Iterator[_Opened]":
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "xb", buffering=0) as file:
        yield file


class _Opened(Protocol):
    def fileno(self) -> int: ...


def _copy(stream: Reader, descriptor: int, size: int) -> StoredBytes:
    """Write `size` bytes of the stream (fewer if it ends) in bounded memory, hashing on the way."""
    hasher, left = hashlib.md5(usedforsecurity=False), size
    while left > 0 and (chunk := stream.read(min(CHUNK, left))):
        hasher.update(chunk)
        view = memoryview(chunk)
        while view:
            view = view[os.write(descriptor, view) :]
        left -= len(chunk)
    return StoredBytes(size - left, hasher.hexdigest())


def _check(stored: StoredBytes, size: int, md5: str | None) -> None:
    if stored.size != size:
        raise Invalid(f"The upload broke off after {stored.size} of {size} bytes; send the file again.")
    if md5 is not None and stored.md5 != md5:
        raise Invalid(
            f"digest mismatch: the bytes have the MD5 {stored.md5} and {md5} was announced; the file changed on its way, log it again."
        )


_stores: dict[str, BlobStore] = {}
_guard = threading.Lock()


def store() -> BlobStore:
    """The store of artifacts' and runs' files."""
    location = storages["artifacts"].path("")
    with _guard:
        if location not in _stores:
            _stores[location] = BlobStore(Path(location))
        return _stores[location]


def blob_key(project: int, md5: str) -> str:
    """Where a verified file of a project lies."""
    return f"blobs/{project}/{md5[:2]}/{md5}"


def manifest_key(project: int, md5: str) -> str:
    """Where a manifest lies until its version is committed."""
    return f"manifests/{project}/{md5}"


def run_file_key(project: int, md5: str) -> str:
    """Where a run's file lies."""
    return f"runs/{project}/{md5[:2]}/{md5}"


def upload_key(project: int, public_id: str) -> str:
    """Where the parts of a file are put together."""
    return f"parts/{project}/{public_id}"
