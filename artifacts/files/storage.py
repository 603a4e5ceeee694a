"""Stored bytes: the only code that touches the file storage.

A key is made of a project's number and a digest (or a random name), never of a name that somebody chose. Bytes arrive in a file of their
own, which nobody else opens; it appears under its key by an atomic rename, only whole and only after it was closed. So no writer that is
still at work can reach what is stored, and writing the same content again, even at the same moment, is harmless.

A file whose key ends in its digest is checked against it whenever it is read whole; one that differs is set aside, so that it counts as
missing, is served to nobody, and is asked for when somebody logs it again.
"""

import errno
import hashlib
import io
import logging
import os
import re
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from django.core.files.storage import storages

from artifacts.errors import Invalid, NotYet
from artifacts.files.chunks import CHUNK, Chunks, Whole

NO_SPACE = {errno.ENOSPC, errno.EDQUOT}
TEMPORARY = "incoming"
DAMAGED = "damaged"
NAMED_BY_DIGEST = re.compile(r"(?:blobs|manifests|runs)/.*/([0-9a-f]{32})")

log = logging.getLogger("linkyard.files")


class Reader(Protocol):
    """Anything that gives the next bytes, and none at the end."""

    def read(self, size: int, /) -> bytes: ...


class Damaged(Exception):
    """A stored file is missing, or has another length or digest than it had when it was verified."""


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


@dataclass(frozen=True)
class Received:
    """Bytes that came whole and were verified, in a closed file of their own; `key` is where they wait to be placed."""

    key: str
    stored: StoredBytes


@contextmanager
def _room() -> Iterator[None]:
    """A full disk is nobody's mistake and passes when the operator makes room: the client sends the same bytes again."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.EFBIG:
            raise Invalid("The file is larger than the server's file system takes; log it as several files.") from error
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
        with self.received(stream, size=size, md5=md5) as came:
            self.place(came.key, key_of(came.stored.md5))
        return came.stored

    @contextmanager
    def received(self, stream: Reader, *, size: int, md5: str | None = None) -> Iterator[Received]:
        """Exactly `size` bytes in a closed file of their own, which is gone at the end unless it was placed. Refuses as `write` does."""
        with self._aside() as (key, path):
            with _room(), _created(path) as file:
                stored = _copy(stream, file.fileno(), size)
                _check(stored, size, md5)
                os.fsync(file.fileno())
            yield Received(key, stored)

    @contextmanager
    def assembled(
        self, keys: Sequence[str], *, every: float = 3600, tell: Callable[[], None] | None = None
    ) -> Iterator[Received]:
        """These files one behind the other in a new file, as `received`; `tell` is called every so many seconds meanwhile.

        Raises Damaged if one is missing.
        """
        with self._aside() as (key, path):
            hasher, size, told = hashlib.md5(usedforsecurity=False), 0, time.monotonic()
            with _room(), _created(path) as file:
                for part in keys:
                    for chunk in self._read(part):
                        hasher.update(chunk)
                        size += len(chunk)
                        _write(file.fileno(), chunk)
                        if tell and time.monotonic() > told + every:
                            told = time.monotonic()
                            tell()
                os.fsync(file.fileno())
            yield Received(key, StoredBytes(size, hasher.hexdigest()))

    @contextmanager
    def _aside(self) -> Iterator[tuple[str, Path]]:
        key = f"{TEMPORARY}/{secrets.token_hex(12)}"
        path = self.path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield key, path
        finally:
            path.unlink(missing_ok=True)

    def place(self, aside: str, key: str) -> None:
        """Give a finished file the key under which it is found.

        What lies there whole is never replaced: of two files with one MD5, made so on purpose, the first is the one that counts.
        """
        source, target = self.path(aside), self.path(key)
        with _room():
            if self.size(key) == source.stat().st_size and self._is_itself(key):
                with suppress(FileNotFoundError):  # cleared away at this moment
                    os.utime(target)
                    source.unlink()
                    return
            fresh = not target.parent.exists()
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(source, target)
            _sync_directory(target.parent)
            if fresh:
                _sync_directory(target.parent.parent)

    def _is_itself(self, key: str) -> bool:
        """Whether a file has the digest that its key tells; of a key that tells none nothing is kept."""
        md5 = told_by(key)
        try:
            return md5 is not None and self.digest(key).md5 == md5
        except Damaged:
            return False

    def verify(self, key: str) -> bool:
        """Read a file to see whether it has the digest that its key tells; one that differs is set aside."""
        if self._is_itself(key):
            return True
        self.set_aside(key)
        return False

    def set_aside(self, key: str) -> None:
        """Take damaged bytes out of use, kept below `damaged/` for the operator: from now on they are missing.

        What is whole after all is put back.
        """
        kept = f"{DAMAGED}/{key}"
        try:
            self.path(kept).parent.mkdir(parents=True, exist_ok=True)
            os.replace(self.path(key), self.path(kept))
        except FileNotFoundError:
            return
        md5 = told_by(key)
        if md5 is not None and self.digest(kept).md5 == md5:  # somebody sent it again at this moment
            self.place(kept, key)
            return
        log.error("The stored file %s has other bytes than were verified; it was set aside as %s.", key, kept)

    def drain(self, stream: Reader, *, size: int, md5: str) -> StoredBytes:
        """Read bytes that are here already, only to see that they are the same."""
        with open(os.devnull, "wb", buffering=0) as nowhere:
            stored = _copy(stream, nowhere.fileno(), size)
        _check(stored, size, md5)
        return stored

    def link(self, source: str, key: str) -> None:
        """Make the same bytes available under a second key, without a copy where the file system can."""
        origin = self.path(source)
        with self._aside() as (waiting, aside), _room():
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
            self.place(waiting, key)

    def digest(self, key: str, *, every: float = 3600, tell: Callable[[], None] | None = None) -> StoredBytes:
        """Read a whole file for its length and MD5; `tell` is called every so many seconds meanwhile."""
        hasher, size, told = hashlib.md5(usedforsecurity=False), 0, time.monotonic()
        for chunk in self._read(key):
            hasher.update(chunk)
            size += len(chunk)
            if tell and time.monotonic() > told + every:
                told = time.monotonic()
                tell()
        return StoredBytes(size, hasher.hexdigest())

    def size(self, key: str) -> int | None:
        """The length of a stored file, None if there is none."""
        found = self.find(key)
        return None if found is None else found.size

    def find(self, key: str) -> StoredFile | None:
        """A stored file, None if there is none."""
        try:
            status = self.path(key).stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return StoredFile(key, status.st_size, status.st_mtime)

    def exists(self, key: str) -> bool:
        """Whether a file lies under this key."""
        return self.size(key) is not None

    def open(self, key: str, *, expected_size: int | None = None, start: int = 0, length: int | None = None) -> Chunks:
        """A range of a file as chunks; opened at once, so that Damaged is raised here and not in the middle of an answer.

        The whole of a file is checked against its digest: a short one here, of a longer one the last bytes come only if it is right.
        """
        chunks, size = self._opened(key)
        if expected_size is not None and size != expected_size:
            chunks.close()
            raise Damaged(key)
        md5 = told_by(key)
        if md5 is None or start or length not in {None, size}:
            chunks.file.seek(start)
            chunks.left = size - start if length is None else length
            return chunks
        whole = Whole(chunks.file, size, lambda: self._differs(key), md5)
        if size > CHUNK:
            return whole
        with whole:
            held = b"".join(whole)
        return Chunks(io.BytesIO(held), size)

    def _differs(self, key: str) -> Damaged:
        self.set_aside(key)
        return Damaged(key)

    def _opened(self, key: str) -> tuple[Chunks, int]:
        try:
            file = open(self.path(key), "rb", buffering=0)
        except (FileNotFoundError, NotADirectoryError):
            raise Damaged(key) from None
        size = os.fstat(file.fileno()).st_size
        return Chunks(file, size), size

    def _read(self, key: str) -> Iterator[bytes]:
        """A whole file as it is."""
        with self._opened(key)[0] as chunks:
            yield from chunks

    def chunks(self, key: str) -> Iterator[bytes]:
        """A whole file as chunks, checked as by `open`."""
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


@contextmanager
def _created(path: Path) -> "Iterator[_Opened]":
    with open(path, "xb", buffering=0) as file:
        yield file


class _Opened(Protocol):
    def fileno(self) -> int: ...


def _copy(stream: Reader, descriptor: int, size: int) -> StoredBytes:
    """Write `size` bytes of the stream (fewer if it ends) in bounded memory, hashing on the way."""
    hasher, left = hashlib.md5(usedforsecurity=False), size
    while left > 0 and (chunk := stream.read(min(CHUNK, left))):
        hasher.update(chunk)
        _write(descriptor, chunk)
        left -= len(chunk)
    return StoredBytes(size - left, hasher.hexdigest())


def _write(descriptor: int, chunk: bytes) -> None:
    view = memoryview(chunk)
    while view:
        view = view[os.write(descriptor, view) :]


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


def part_key(project: int, public_id: str, number: int) -> str:
    """Where a part of a large file waits for the others."""
    return f"parts/{project}/{public_id}.{number}"


def told_by(key: str) -> str | None:
    """The MD5 (hex) that a file with this key has, None where the key tells none."""
    match = NAMED_BY_DIGEST.fullmatch(key)
    return None if match is None else match[1]
