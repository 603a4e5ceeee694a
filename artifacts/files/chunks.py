"""The bytes of a stored file on their way to whoever asked, a chunk at a time."""

import hashlib
from collections.abc import Callable, Iterator
from typing import Protocol

CHUNK = 1024 * 1024


class Raw(Protocol):
    """An opened file."""

    def read(self, size: int, /) -> bytes: ...
    def close(self) -> None: ...
    def seek(self, offset: int, /) -> int: ...


class Chunks:
    """The bytes of a range, read as they are asked for."""

    def __init__(self, file: Raw, length: int) -> None:
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


class Whole(Chunks):
    """All bytes of a file, hashed as they are read: the last ones come only if the digest is right."""

    def __init__(self, file: Raw, length: int, differs: Callable[[], Exception], md5: str) -> None:
        super().__init__(file, length)
        self.differs, self.md5 = differs, md5
        self.hasher = hashlib.md5(usedforsecurity=False)

    def read(self, size: int, /) -> bytes:
        """The next bytes; Damaged instead of the last ones where the file isn't what it was."""
        expected = min(size, self.left)
        chunk = super().read(size)
        self.hasher.update(chunk)
        if (expected and not chunk) or (self.left == 0 and self.hasher.hexdigest() != self.md5):
            self.close()
            raise self.differs()
        return chunk
