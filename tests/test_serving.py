"""The whole server as visitors and supervisors treat it: bodies that nobody reads or sends, answers that nobody takes, and its end."""

import http.client
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from benchmarks.serving import Serving
from benchmarks.stops import ENDS_WITHIN, stops
from tests import kills

pytestmark = [pytest.mark.client, pytest.mark.xdist_group("serving")]
AT_ONCE = 5.0  # seconds in which a page comes, whatever others do
HOST = "127.0.0.1"


@pytest.fixture(scope="module")
def server() -> Iterator[Serving]:
    """Started once for the module."""
    with Serving(workers=2) as started:
        yield started


def connect(server: Serving) -> socket.socket:
    """A connection to it."""
    return socket.create_connection((HOST, server.port), timeout=30)


def head(method: str, path: str, *, length: int = 0, more: str = "") -> bytes:
    """The beginning of a request."""
    return f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n{more}\r\n".encode()


def answered(connection: socket.socket) -> http.client.HTTPResponse:
    """The next answer of a connection, read to its end."""
    answer = http.client.HTTPResponse(connection)
    answer.begin()
    answer.read()
    return answer


def seconds_for_a_page(server: Serving) -> float:
    """How long the log-in page takes; the longest of some."""
    longest = 0.0
    for _ in range(8):
        began = time.monotonic()
        with connect(server) as connection:
            connection.sendall(head("GET", "/login"))
            assert answered(connection).status == 200
        longest = max(longest, time.monotonic() - began)
    return longest


@pytest.mark.parametrize("size", [100_000, 2_000_000])
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/graphql"), ("PUT", "/storage/none.of.ours"), ("POST", "/login"), ("POST", "/files/a/b/c/file_stream")],
)
def test_after_a_refused_body_the_connection_goes_on(server: Serving, method: str, path: str, size: int) -> None:
    with connect(server) as connection:
        for _ in range(5):
            connection.sendall(head(method, path, length=size))
            time.sleep(0.01)  # the refusal is made before the body comes
            connection.sendall(b"x" * size)
            refused = answered(connection)
            assert 400 <= refused.status < 500
            assert refused.headers["Connection"] is None
            connection.sendall(head("GET", "/healthz"))
            assert answered(connection).status == 200


def test_a_refused_body_too_large_to_read_ends_the_connection_and_says_so(server: Serving) -> None:
    with connect(server) as connection:
        connection.sendall(head("PUT", "/storage/none.of.ours", length=2_000_000_000))
        refused = answered(connection)
        assert refused.status == 403
        assert refused.headers["Connection"] == "close"


def test_a_body_in_chunks_is_read_whichever_its_size(server: Serving) -> None:
    for size in (10, 1_000_000):
        with connect(server) as connection:
            connection.sendall(b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
            connection.sendall(f"{size:x}\r\n".encode() + b"x" * size + b"\r\n0\r\n\r\n")
            assert answered(connection).status == 401
            connection.sendall(head("GET", "/healthz"))
            assert answered(connection).status == 200


@pytest.mark.parametrize("size", [100, 1_000_000])
def test_bodies_that_do_not_come_take_the_log_in_page_from_nobody(server: Serving, size: int) -> None:
    with ExitStack() as held:
        for _ in range(150):
            connection = held.enter_context(connect(server))
            cookie = "Cookie: csrftoken=" + "a" * 32 + "\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            connection.sendall(head("POST", "/login", length=size, more=cookie) + b"name=")
        time.sleep(0.5)
        assert seconds_for_a_page(server) < AT_ONCE


def test_files_that_nobody_reads_on_take_the_log_in_page_from_nobody(
    server: Serving, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kills.random, "randint", lambda least, most: 20_000_000)
    line = kills.Line(server)
    kills.save(line, "large", "large", kills.Ledger(tmp_path / "ledger"))
    place = {"entity": "vision", "project": "kills", "collection": "large", "version": "v0"}
    found = line.ask(kills.READ, place)["project"]["artifactCollection"]["artifactMembership"]["files"]["edges"]
    (address,) = [edge["node"]["directUrl"] for edge in found if edge["node"]["name"] == "model.bin"]
    path = "/" + address.split("/", 3)[3]
    key = kills.base64.b64encode(f"api:{server.key}".encode()).decode()
    asking = head("GET", path, more=f"Authorization: Basic {key}\r\n")
    with ExitStack() as held:
        stalled = [held.enter_context(connect(server)) for _ in range(120)]
        for connection in stalled:
            connection.sendall(asking)
        assert stalled[0].recv(12) == b"HTTP/1.1 200"
        seconds_for_a_page(server)  # all were asked at once, and each is judged before the page's turn comes
        assert seconds_for_a_page(server) < AT_ONCE
    with connect(server) as connection:
        connection.sendall(asking)
        whole = http.client.HTTPResponse(connection)
        whole.begin()
        assert len(whole.read()) == 20_000_000


def test_many_visitors_at_once_are_all_answered(server: Serving) -> None:
    statuses: list[int] = []

    def visit() -> None:
        with connect(server) as connection:
            for path in ("/login", "/healthz", "/nowhere"):
                connection.sendall(head("GET", path))
                statuses.append(answered(connection).status)

    visitors = [threading.Thread(target=visit) for _ in range(60)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    assert sorted(set(statuses)) == [200, 302]
    assert len(statuses) == 180


def test_a_header_with_an_underscore_is_no_other_header(server: Serving) -> None:
    """`X_Forwarded_For` and `Content_Length` would be the same as the real ones to the application."""
    with connect(server) as connection:
        connection.sendall(head("GET", "/login", more="Content_Length: 5\r\nX_Forwarded_Host: elsewhere\r\n"))
        assert answered(connection).status == 200


def test_every_stop_of_the_whole_group_ends_at_once() -> None:
    assert max(stops(3)) < ENDS_WITHIN / 2
