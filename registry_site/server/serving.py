"""The whole product as one tree of processes: a parent that keeps the house, and workers forked from it that answer requests.

The parent imports everything before it forks, so that workers share its memory, are there at once, and at once again after a crash.
"""

import asyncio
import gc
import logging
import multiprocessing
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.core.wsgi import get_wsgi_application
from django.db import connections
from django.urls import get_resolver
from granian import _signals
from granian._granian import WorkerSignal
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.mp import MPServer

from registry_site.server.gate import Gate

STOPS_WITHIN = 9  # seconds for the requests in flight, of the 10 in which the whole tree is gone
MOST_CONNECTIONS = 4_096  # of a worker; the event loop holds them, and idle ones end after 30 s
CRASHES_SOON = 5.0  # a worker that is replaced twice within so many seconds would never work
CLEARS_AWAY_AFTER = 600.0  # seconds from the start, so that a server that is started anew every day does it too
CLEARS_AWAY_EVERY = 24 * 3600.0
LOGGING: dict[str, Any] = {
    "formatters": {
        "generic": {"()": "registry_site.http.middleware.JsonFormatter"},
        "access": {"()": "registry_site.http.middleware.JsonFormatter"},
    }
}
STOPPING = {signal.SIGTERM, signal.SIGINT}
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
    _allow_files()
    server = ProcessTree(
        "registry_site.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.ASGINL,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=30_000),
        websockets=False,
        workers=workers,
        runtime_blocking_threads=4,
        backlog=1024,
        backpressure=MOST_CONNECTIONS,
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

    def worker() -> Gate:
        _end_when_told()
        _end_with_parent(reading, writing)
        return Gate(application)

    server.serve(target_loader=worker, wrap_loader=False)


class Bell:
    """What a threading.Event is to the web server's main loop, but one that a signal's handler may ring.

    `Event.set` takes a lock. A handler runs in the middle of whatever the main thread is at, and where that holds this very
    lock, it waits for itself: such a server was never stopped.
    """

    def __init__(self) -> None:
        self._reading, self._writing = os.pipe()
        os.set_blocking(self._writing, False)

    def set(self) -> None:
        """Ring; a full pipe rings anyway."""
        with suppress(BlockingIOError):
            os.write(self._writing, b"!")

    def wait(self) -> None:
        """Return when it was rung since the last time."""
        os.read(self._reading, 4_096)

    def clear(self) -> None:
        """Nothing: waiting forgets what was rung before it ended, and nothing that is rung afterwards may be forgotten."""


class ProcessTree(MPServer):
    """The parent's main loop: it replaces workers that ended by themselves, and ends when it is told to, whatever else happens."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.main_loop_interrupt = Bell()  # type: ignore[assignment]  # what the base asks of an Event

    def _spawn_workers(self, spawn_target: Any, target_loader: Any) -> None:
        with _no_signals():
            super()._spawn_workers(spawn_target, target_loader)  # type: ignore[no-untyped-call]

    def _serve_loop(self, spawn_target: Any, target_loader: Any) -> None:
        replaced: dict[int, float] = {}
        while True:
            self.main_loop_interrupt.wait()
            while self.interrupt_children and not self.interrupt_signal:
                index = self.interrupt_children.pop()
                now = time.monotonic()
                if now - replaced.get(index, -CRASHES_SOON) < CRASHES_SOON:
                    logger.error("A worker ended as soon as it was replaced; the server stops.")
                    self.interrupt_children.append(index)  # which makes the exit code 1
                    return
                replaced[index] = now
                with _no_signals():
                    self._respawn_workers([index], spawn_target, target_loader)
            if self.interrupt_signal:
                return

    def _stop_ipc(self) -> None:
        super()._stop_ipc()  # type: ignore[no-untyped-call]
        if self.interrupt_signal:
            self.interrupt_children.clear()  # they are counted next; sent to the whole group, the signal ended the workers too: no failure


@contextmanager
def _no_signals() -> Iterator[None]:
    """Signals wait until the block has ended, and in a process that is forked in it until it can bear them."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _stop_once(loop: asyncio.AbstractEventLoop) -> WorkerSignal:
    """The server's own `set_loop_signals`, but only the first signal is passed on.

    A group's signal is followed by the parent's, or by an impatient second Ctrl-C. `WorkerSignal.set` waits for somebody to
    take the one before; nobody does, so a worker that passed all of them on stood still until it was killed.
    """
    told = WorkerSignal()
    waiting = [told]

    def stop() -> None:
        if waiting:
            waiting.pop().set()

    for number in STOPPING:
        loop.add_signal_handler(number, stop)
    return told


def _end_when_told() -> None:
    """In a worker: until the server's own handlers are in place, a signal to stop ends it, and isn't lost to the parent's."""
    _signals.set_loop_signals = _stop_once
    for number in STOPPING:
        signal.signal(number, lambda *_: os._exit(0))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)


def _allow_files() -> None:
    """Let the process hold as many connections as it accepts."""
    least, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS * 2
    if least != resource.RLIM_INFINITY and least < wanted:
        resource.setrlimit(
            resource.RLIMIT_NOFILE, (wanted if most == resource.RLIM_INFINITY else min(wanted, most), most)
        )


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
