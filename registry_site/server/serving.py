"""The whole product as one tree of processes: a parent that keeps the house, and workers forked from it that answer requests.

The parent imports everything before it forks, so that workers share its memory, are there at once, and at once again after a crash.
"""

import gc
import logging
import multiprocessing
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.core.wsgi import get_wsgi_application
from django.db import connections
from django.urls import get_resolver
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server import Server

STOPS_WITHIN = 9  # seconds for the requests in flight, of the 10 in which the whole tree is gone
THREADS = 24
CLEARS_AWAY_AFTER = 600.0  # seconds from the start, so that a server that is started anew every day does it too
CLEARS_AWAY_EVERY = 24 * 3600.0
LOGGING: dict[str, Any] = {
    "formatters": {
        "generic": {"()": "registry_site.http.middleware.JsonFormatter"},
        "access": {"()": "registry_site.http.middleware.JsonFormatter"},
    }
}
logger = logging.getLogger("linkyard.server")


def free_address(host: str, port: int) -> str:
    """The address behind a host's name; refuses one where somebody listens already, or which isn't this machine's."""
    # The server itself couldn't tell: its workers share their port, so it would share it with a stranger too.
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        family, kind, protocol, _, address = min(found, key=lambda row: row[0] != socket.AF_INET)
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen()
            return str(address[0])
    except OSError as fault:
        raise CommandError(
            f"Can't listen on {host} port {port} ({fault.strerror}); stop what uses it, or choose another one with --port."
        ) from None


def serve(host: str, port: int, *, workers: int) -> None:
    """Serve until SIGTERM or SIGINT; the requests in flight are finished, or cut after some seconds."""
    application = _load()
    # Workers must be forked, not started anew: on newer Pythons this isn't the default.
    multiprocessing.set_start_method("fork", force=True)
    server = Server(
        "registry_site.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=30_000),
        websockets=False,
        workers=workers,
        blocking_threads=THREADS,
        blocking_threads_idle_timeout=300,
        runtime_blocking_threads=4,
        backlog=1024,
        respawn_failed_workers=True,
        respawn_interval=0.1,
        workers_kill_timeout=STOPS_WITHIN,
        log_level=LogLevels.error,
        log_dictconfig=LOGGING,
    )
    reading, writing = os.pipe()
    housekeeping = Housekeeping()
    server.on_startup(housekeeping.start)
    server.on_shutdown(housekeeping.stop)

    def worker() -> Callable[..., Any]:
        _end_with_parent(reading, writing)
        return application

    server.serve(target_loader=worker, wrap_loader=False)


def _load() -> Callable[..., Any]:
    """Everything that a worker needs, imported once and left alone by the collector so that its memory stays shared."""
    application = get_wsgi_application()
    get_resolver().url_patterns  # noqa: B018  imports every view and the client's schema
    for connection in connections.all():
        connection.close()
        if hasattr(connection, "close_pool"):
            connection.close_pool()
    gc.collect()
    gc.freeze()
    return application


def _end_with_parent(reading: int, writing: int) -> None:
    """In a worker: die when the parent is gone, even killed, so that no orphan holds the port or the database."""
    os.close(writing)  # the parent has the only other copy: its end is our end of file

    def wait() -> None:
        os.read(reading, 1)
        os._exit(1)

    threading.Thread(target=wait, daemon=True, name="parent").start()


class Housekeeping:
    """Clears away abandoned uploads once a day, in a process of its own that is started for it."""

    def __init__(self) -> None:
        self._over = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Begin to wait for the first time."""
        threading.Thread(target=self._run, daemon=True, name="housekeeping").start()

    def stop(self) -> None:
        """End with the server; what was not cleared away is the next time."""
        self._over.set()
        if self._process is not None:
            self._process.terminate()

    def _run(self) -> None:
        command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "gc"]
        pause = CLEARS_AWAY_AFTER
        while not self._over.wait(pause):
            self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            output, _ = self._process.communicate()
            logger.info(output.decode(errors="replace").strip())
            pause = CLEARS_AWAY_EVERY
