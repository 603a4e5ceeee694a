"""A stored file as bytes to look into: never more than a given number of them is read."""

import io

from artifacts.files.storage import store
from artifacts.models import Blob


class TooMuch(Exception):
    """Looking further would read more bytes than a preview may."""


class Unreadable(Exception):
    """The bytes aren't what the name says; the message is a sentence for people."""


class Window(io.RawIOBase):
    """A stored file to seek and read in; TooMuch as soon as `most` bytes in all would be exceeded, Damaged where it is gone."""

    def __init__(self, blob: Blob, most: int) -> None:
        self.blob, self.size, self.left, self.place = blob, blob.size, most, 0

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def tell(self) -> int:
        """Where the next bytes come from."""
        return self.place

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go somewhere else, which reads nothing."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self.place, io.SEEK_END: self.size}[whence]
        if start + offset < 0:
            raise ValueError("before the beginning of the file")
        self.place = start + offset
        return self.place

    def read(self, size: int | None = -1, /) -> bytes:
        """The next bytes; fewer only at the end of the file."""
        rest = max(self.size - self.place, 0)
        length = rest if size is None or size < 0 else min(size, rest)
        if length > self.left:
            raise TooMuch
        if not length:
            return b""
        self.left -= length
        with store().open(self.blob.key, expected_size=self.size, start=self.place, length=length) as chunks:
            found = b"".join(chunks)
        self.place += len(found)
        return found


class Cursor:
    """Values one after the other out of a window, fetched in blocks."""

    BLOCK = 128 * 1024

    def __init__(self, window: Window) -> None:
        self.window, self.block, self.at = window, b"", 0

    def take(self, size: int) -> bytes:
        """Exactly so many bytes; Unreadable where the file ends before."""
        if len(self.block) - self.at < size:
            self._fill(size)
        found = self.block[self.at : self.at + size]
        if len(found) < size:
            raise Unreadable("The file ends in the middle of its header.")
        self.at += size
        return found

    def skip(self, size: int) -> None:
        """Pass over bytes without reading those that aren't here yet."""
        held = len(self.block) - self.at
        if size <= held:
            self.at += size
            return
        if self.window.tell() + size - held > self.window.size:
            raise Unreadable("The file ends in the middle of its header.")
        self.window.seek(size - held, io.SEEK_CUR)
        self.block, self.at = b"", 0

    @property
    def place(self) -> int:
        """How far into the file this is."""
        return self.window.tell() - len(self.block) + self.at

    def _fill(self, size: int) -> None:
        wanted = min(max(size, self.BLOCK), self.window.left + len(self.block) - self.at)
        if wanted < size:
            raise TooMuch
        rest = self.block[self.at :]
        self.block, self.at = rest + self.window.read(wanted - len(rest)), 0
