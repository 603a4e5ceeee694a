"""Between the web server and Django: visitors are waited for by the event loop, which bears thousands, and not by threads.

- A small body is received whole before a thread is taken, a larger one is read by a thread of those that carry; a body that
  doesn't come is given up.
- An answer is sent by the event loop. Of files a thread reads a piece at a time, whenever the visitor has taken the last one;
  what asks the database while it is sent keeps one thread that carries, and is given up when nobody reads it.
- A connection goes on after a refusal only if the rest of the body was read; else the answer says `Connection: close`.

Whoever holds many connections that do nothing holds no thread that pages need, and those that carry are shared by address.
"""

import asyncio
import io
import json
import logging
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from django.db import close_old_connections
from django.http import FileResponse

from artifacts.views.people.throttle import visitor
from registry_site.server.bodies import STALLED, Incoming, Message, Outgoing, Receive
from registry_site.server.threads import Threads, VisitorPlaces

WORKING = 24  # threads of a process for what never waits for a visitor
CARRYING = 24  # and for bodies and answers on their way,
CARRYING_FOR_ONE = 12  # of which one address has half at most
READERS, READERS_OF_ONE = 256, 64  # files that are sent at a time; each holds up to three pieces in memory
WHOLE = 256 * 1024  # bytes of a body that is received before a thread is taken, and of a file that is read at once
COMES_WITHIN = 20.0  # seconds for all of such a body
READS_WITHIN = 300.0  # seconds in which a visitor takes one piece of a file

type Send = Callable[[Message], Awaitable[None]]
type Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

log = logging.getLogger("linkyard.server")


@dataclass(slots=True)
class Answer:
    """What the application said: all of its body, or pieces to come."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes
    pieces: Any = None

    @property
    def is_of_files(self) -> bool:
        """Whether any thread may read the next piece."""
        return isinstance(self.pieces, FileResponse) or getattr(self.pieces, "asks_no_database", False)


class Gate:
    """An application for the web server's event loop, made of one for threads."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._working = Threads("working", WORKING)
        self._carrying = Threads("carrying", CARRYING)
        self._places = VisitorPlaces(CARRYING, CARRYING_FOR_ONE)
        self._readers = VisitorPlaces(READERS, READERS_OF_ONE)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        environ = environ_of(scope)
        address = visitor(environ)
        length = _length(environ)
        asks_first = "HTTP_EXPECT" in environ
        body: Incoming | None = None
        is_kept = True
        if length == 0 and "HTTP_TRANSFER_ENCODING" not in environ:
            environ["wsgi.input"] = io.BytesIO()
        elif length is not None and length > WHOLE:
            body = Incoming(receive, b"", length=length, is_whole=False, asks_first=asks_first)
        else:
            try:
                async with asyncio.timeout(COMES_WITHIN):
                    came, is_whole = await _received(receive, WHOLE)
            except TimeoutError:
                await _send(send, too_slow(), is_kept=False)
                return
            except ConnectionError:
                return
            if is_whole:
                environ["wsgi.input"] = io.BytesIO(came)
            else:
                body = Incoming(receive, came, length=length, is_whole=False, asks_first=asks_first)
        if body is None:
            answer = await self._working.run(self._call, environ)
        else:
            environ["wsgi.input"] = body
            async with self._places.taken(address):
                answer = await self._carrying.run(self._call, environ)
                is_kept = await body.drained()
        try:
            await self._answer(send, answer, address, is_kept=is_kept)
        except Exception as fault:  # the visitor left: the server says so in several ways
            log.debug("An answer was not taken: %s", fault)

    def _call(self, environ: dict[str, Any]) -> Answer:
        """In a thread: what Django answers, with its body where that is made already."""
        said: list[Any] = []

        def start(status: str, headers: list[tuple[str, str]], fault: Any = None) -> None:
            said[:] = [int(status.split(" ", 1)[0]), headers]

        response: Any = self._application(environ, start)
        headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in said[1]]
        length = dict(headers).get(b"content-length", b"")
        if environ["REQUEST_METHOD"] == "HEAD":
            response.close()
            return Answer(said[0], headers, b"")
        if getattr(response, "streaming", True) and not (length.isdigit() and int(length) <= WHOLE):
            close_old_connections()  # the thread that makes the answer has its own
            return Answer(said[0], headers, b"", response)
        try:
            return Answer(said[0], headers, b"".join(response))
        finally:
            response.close()

    async def _answer(self, send: Send, answer: Answer, address: str, *, is_kept: bool) -> None:
        if answer.pieces is None:
            await _send(send, answer, is_kept=is_kept)
        elif answer.is_of_files:
            async with self._readers.taken(address):
                await self._send_file(send, answer, is_kept=is_kept)
        else:
            async with self._places.taken(address):
                await self._send_made(send, answer, is_kept=is_kept)

    async def _send_file(self, send: Send, answer: Answer, *, is_kept: bool) -> None:
        pieces = iter(answer.pieces)
        try:
            await _start(send, answer, is_kept=is_kept)
            while (piece := await self._working.run(_next, pieces)) is not None:
                async with asyncio.timeout(READS_WITHIN):
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            await self._working.run(answer.pieces.close)

    async def _send_made(self, send: Send, answer: Answer, *, is_kept: bool) -> None:
        way = Outgoing()
        making = asyncio.ensure_future(self._carrying.run(way.produce, answer.pieces))
        try:
            await _start(send, answer, is_kept=is_kept)
            while (piece := await way.next()) is not None:
                async with asyncio.timeout(STALLED):
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            way.leave()
            await making  # only then is its place free


def environ_of(scope: Message) -> dict[str, Any]:
    """A request as WSGI (PEP 3333) says it."""
    host, port = scope["server"]
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(scope["raw_path"]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": host,
        "SERVER_PORT": str(port),
        "SERVER_SOFTWARE": "Linkyard",
        "REMOTE_ADDR": scope["client"][0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for raw, value in scope["headers"]:
        name = raw.decode("latin-1")
        if "_" in name:  # a proxy sets X-Forwarded-For; X_Forwarded_For, which would be the same here, is a visitor's
            continue
        key = name.upper().replace("-", "_")
        key = key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"
        text = value.decode("latin-1")
        before = environ.get(key)
        environ[key] = text if before is None else f"{before}{'; ' if key == 'HTTP_COOKIE' else ','}{text}"
    return environ


def _length(environ: dict[str, Any]) -> int | None:
    """The length that the body says it has; None if it says none."""
    said = environ.get("CONTENT_LENGTH", "")
    if "HTTP_TRANSFER_ENCODING" in environ:
        return None
    return int(said) if said.isascii() and said.isdigit() else 0


async def _received(receive: Receive, most: int) -> tuple[bytes, bool]:
    """What came of a body, and whether it is all; ConnectionError if the visitor left."""
    pieces, size = [], 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise ConnectionError
        piece = message.get("body", b"")
        pieces.append(piece)
        size += len(piece)
        if not message.get("more_body", False):
            return b"".join(pieces), True
        if size > most:
            return b"".join(pieces), False


def _next(pieces: Iterator[bytes]) -> bytes | None:
    return next(pieces, None)


def too_slow() -> Answer:
    """To a visitor whose body didn't come."""
    said = f"The body of the request did not come within {COMES_WITHIN:.0f} seconds; send it again."
    body = json.dumps({"errors": [{"message": said}]}).encode()
    return Answer(400, [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())], body)


async def _start(send: Send, answer: Answer, *, is_kept: bool) -> None:
    headers = answer.headers if is_kept else [*answer.headers, (b"connection", b"close")]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})


async def _send(send: Send, answer: Answer, *, is_kept: bool) -> None:
    """An answer that is there as a whole."""
    with suppress(Exception):  # the visitor left
        await _start(send, answer, is_kept=is_kept)
        await send({"type": "http.response.body", "body": answer.body, "more_body": False})
