"""What passes between the event loop, which waits for visitors, and a thread, which works: bodies of requests and of answers."""

import asyncio
import io
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

STALLED = 60.0  # seconds without a byte
LEAST_RATE = 1_024  # bytes a second, over all the time that was waited for them, after the first minute
HELD = 1024 * 1024  # bytes that were received and not read yet
DRAINED = 4 * 1024 * 1024  # what is read of a refused body, so that its connection can be kept
DRAINED_WITHIN = 10.0

type Message = dict[str, Any]
type Receive = Callable[[], Awaitable[Message]]


class Incoming(io.RawIOBase):
    """A body on its way, read by a thread; the event loop receives ahead of it, up to a bound."""

    def __init__(self, receive: Receive, came: bytes, *, length: int | None, is_whole: bool, asks_first: bool) -> None:
        self._receive, self._length, self._asks_first = receive, length, asks_first
        self._loop = asyncio.get_running_loop()
        self._news = threading.Condition()
        self._pieces = deque([came] if came else [])
        self._held = self._came = len(came)
        self._ended, self._broke = is_whole, False
        self._unwanted, self._most = False, 0
        self._room = asyncio.Event()
        self._pump: asyncio.Task[None] | None = None

    def read(self, size: int | None = -1, /) -> bytes:
        """So many bytes, fewer only at the end; OSError if the body broke off."""
        wanted = size if size is not None and size >= 0 else None
        found = bytearray()
        while wanted is None or len(found) < wanted:
            piece = self._next(None if wanted is None else wanted - len(found))
            if not piece:
                break
            found += piece
        return bytes(found)

    def readinto(self, buffer: Any, /) -> int:
        """As RawIOBase wants it, for reading lines."""
        piece = self._next(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)

    def readable(self) -> bool:
        """Yes."""
        return True

    def _next(self, most: int | None) -> bytes:
        with self._news:
            if not self._pieces and not self._ended:
                self._loop.call_soon_threadsafe(self._begin)
                self._news.wait_for(lambda: self._pieces or self._ended)
            if not self._pieces:
                if self._broke:
                    raise OSError("The body of the request broke off.")
                return b""
            piece = self._pieces.popleft()
            if most is not None and len(piece) > most:
                self._pieces.appendleft(piece[most:])
                piece = piece[:most]
            was_full, self._held = self._held > HELD, self._held - len(piece)
            if was_full and self._held <= HELD:
                self._loop.call_soon_threadsafe(self._room.set)
        return piece

    def _begin(self) -> None:
        if self._pump is None:
            self._pump = self._loop.create_task(self._receive_all())

    async def _receive_all(self) -> None:
        waited = 0.0
        broke = True
        try:
            while True:
                began = time.monotonic()
                async with asyncio.timeout(STALLED):
                    message = await self._receive()
                waited += time.monotonic() - began
                if message["type"] != "http.request":
                    return
                self._take(message.get("body", b""))
                if not message.get("more_body", False):
                    broke = False
                    return
                if waited > STALLED + self._came / LEAST_RATE or (self._unwanted and self._came > self._most):
                    return
                while self._held > HELD and not self._unwanted:
                    self._room.clear()
                    await self._room.wait()
        except TimeoutError:
            pass
        finally:
            with self._news:
                self._ended, self._broke = True, broke
                self._news.notify_all()

    def _take(self, piece: bytes) -> None:
        self._came += len(piece)
        if piece and not self._unwanted:
            with self._news:
                self._pieces.append(piece)
                self._held += len(piece)
                self._news.notify_all()

    async def drained(self) -> bool:
        """After the thread is done: read what it left, and whether the connection can go on."""
        if self._ended:
            return not self._broke
        left = 0 if self._length is None else self._length - self._came
        if left > DRAINED or (self._asks_first and self._pump is None):
            self.give_up()
            return False
        self._unwanted, self._most = True, self._came + DRAINED
        self._room.set()
        self._begin()
        assert self._pump is not None
        await asyncio.wait([self._pump], timeout=DRAINED_WITHIN)
        self.give_up()
        return self._ended and not self._broke

    def give_up(self) -> None:
        """Receive no more."""
        if self._pump is not None and not self._pump.done():
            self._pump.cancel()


class Outgoing:
    """An answer that is made piece by piece, in one thread, and read by a visitor; one piece is under way at a time."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._room = threading.Semaphore(2)
        self._pieces: deque[bytes | None] = deque()
        self._news = asyncio.Event()
        self._is_left = False

    def produce(self, pieces: Iterable[bytes]) -> None:
        """In the thread: make all, unless the reader leaves or stalls."""
        try:
            for piece in pieces:
                if not self._room.acquire(timeout=STALLED) or self._is_left:
                    return
                self._loop.call_soon_threadsafe(self._put, piece)
            self._loop.call_soon_threadsafe(self._put, None)
        finally:
            if close := getattr(pieces, "close", None):
                close()

    def _put(self, piece: bytes | None) -> None:
        self._pieces.append(piece)
        self._news.set()

    async def next(self) -> bytes | None:
        """The next piece, None at the end."""
        while not self._pieces:
            self._news.clear()
            await self._news.wait()
        piece = self._pieces.popleft()
        self._room.release()
        return piece

    def leave(self) -> None:
        """Nobody reads on: the thread ends at its next piece."""
        self._is_left = True
        self._room.release()
