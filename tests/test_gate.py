"""What the gate does with visitors that send or take nothing, asked without a server around it."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from django.http import HttpResponse, StreamingHttpResponse

from registry_site.server import bodies, gate
from registry_site.server.gate import Gate

pytestmark = pytest.mark.django_db(transaction=True)
SCOPE = {
    "method": "POST",
    "raw_path": b"/a%2Fb/%ff",
    "query_string": b"x=1",
    "http_version": "1.1",
    "scheme": "http",
    "server": ("127.0.0.1", "8000"),
    "client": ("127.0.0.1", "5000"),
}


def ask(
    application: Callable[..., Any], *came: bytes, length: int, stalls: bool = False, takes: int = 10**9
) -> list[dict[str, Any]]:
    """What is sent to a visitor whose body comes in these pieces, and then no more."""
    sent: list[dict[str, Any]] = []
    pieces = list(came)

    async def receive() -> dict[str, Any]:
        if not pieces:
            if stalls:
                await asyncio.Event().wait()
            return {"type": "http.disconnect"}
        piece = pieces.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(pieces) or stalls}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)
        if len(sent) > takes:
            await asyncio.Event().wait()

    async def whole() -> None:
        headers = [(b"content-length", str(length).encode()), (b"a_b", b"1"), (b"a", b"2"), (b"a", b"3")]
        await asyncio.wait_for(Gate(application)({**SCOPE, "headers": headers}, receive, send), 20)

    asyncio.run(whole())
    return sent


def plain(read: Callable[[dict[str, Any]], bytes]) -> Callable[..., Any]:
    """An application that answers with what it makes of the request."""

    def application(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        response = HttpResponse(read(environ))
        start("200 OK", list(response.items()))
        return response

    return application


def content(sent: list[dict[str, Any]]) -> bytes:
    """The body of an answer."""
    return b"".join(message.get("body", b"") for message in sent)


def test_a_request_is_said_as_wsgi_says_it() -> None:
    names = ("PATH_INFO", "HTTP_A", "HTTP_A_B", "QUERY_STRING")
    sent = ask(plain(lambda environ: repr([environ.get(name) for name in names]).encode()), length=0)
    assert content(sent) == repr(["/a/b/\xff", "2,3", None, "x=1"]).encode()


def test_a_large_body_is_read_while_it_comes() -> None:
    pieces = [bytes([number]) * 300_000 for number in range(12)]
    sent = ask(plain(lambda environ: environ["wsgi.input"].read()), *pieces, length=3_600_000)
    assert content(sent) == b"".join(pieces)


def test_a_small_body_that_does_not_come_is_given_up_without_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "COMES_WITHIN", 0.1)
    asked: list[object] = []
    sent = ask(plain(lambda environ: asked.append(environ) or b""), b"name=", length=100, stalls=True)
    assert sent[0]["status"] == 400
    assert (b"connection", b"close") in sent[0]["headers"]
    assert not asked


def test_a_large_body_that_does_not_come_on_breaks_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "STALLED", 0.1)

    def read(environ: dict[str, Any]) -> bytes:
        try:
            return environ["wsgi.input"].read()
        except OSError as fault:
            return str(fault).encode()

    sent = ask(plain(read), b"x" * 1000, length=1_000_000, stalls=True)
    assert b"broke off" in content(sent)
    assert (b"connection", b"close") in sent[0]["headers"]


@pytest.mark.parametrize(("size", "is_kept"), [(2_000_000, True), (2_000_000_000, False)])
def test_what_the_application_does_not_read_is_read_or_ends_the_connection(size: int, is_kept: bool) -> None:
    sent = ask(plain(lambda environ: b"no"), *[b"x" * 100_000] * 20, length=size)
    assert ((b"connection", b"close") not in sent[0]["headers"]) == is_kept


def test_what_nobody_reads_on_ends_with_its_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "STALLED", 0.1)
    monkeypatch.setattr(bodies, "STALLED", 0.1)
    closed: list[bool] = []

    def pieces() -> Iterable[bytes]:
        try:
            while True:
                yield b"x" * 1000
        finally:
            closed.append(True)

    def application(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        response = StreamingHttpResponse(pieces())
        start("200 OK", list(response.items()))
        return response

    ask(application, length=0, takes=4)
    assert closed == [True]
