"""Runs scripts of the unmodified client in processes of their own, against the server of the test."""

import faulthandler
import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.http import HttpResponse
from django.test import Client as Browser

from artifacts.actions import people
from artifacts.models import User
from tests.conftest import World, make_world

OURS = ("WANDB_", "DJANGO_", "LINKYARD_")
QUIET = {"WANDB_ERROR_REPORTING": "false", "WANDB_SILENT": "true", "WANDB_CONSOLE": "off"}
PRELUDE = """
import json, os, sys, time
import wandb

def file(name, content):
    os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
    with open(name, "wb") as out:
        out.write(content if isinstance(content, bytes) else os.urandom(content))
    return name

def say(*values):
    for value in values:
        print("SAID " + json.dumps(value))

def refusal(act):
    "Class and text of what is raised. One that the client repeats takes 19 s, on a busy machine a plain one up to eight."
    began = time.monotonic()
    try:
        return f"nothing raised: {act()!r}"
    except Exception as error:
        took = time.monotonic() - began
        return f"{type(error).__name__}: {error}" + (f" (only after {took:.1f} s)" if took > 12 else "")

def contents(root):
    found = {}
    for folder, _, names in os.walk(root):
        for name in names:
            with open(os.path.join(folder, name), "rb") as held:
                found[os.path.relpath(os.path.join(folder, name), root)] = held.read().decode("latin-1")
    return found
"""


class ScriptHung(Exception):
    """A script did not end. Seen once in some thousand tests, with every request answered: the test is run again, once."""


def tell_cores_to_say_where_they_stand(home: Path) -> None:
    """SIGQUIT to the client's cores of a script: Go writes where every goroutine stands to the script's errors, and ends."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            is_core = b"wandb-core" in (process / "cmdline").read_bytes()
            if is_core and f"HOME={home}".encode() in (process / "environ").read_bytes().split(b"\0"):
                os.kill(int(process.name), signal.SIGQUIT)
        except OSError:
            continue
    time.sleep(2)


class Forked:
    """The process of forking.py, and how a script is run by it."""

    def __init__(self, place: Path) -> None:
        self.address = str(place / "socket")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("forking.py")), self.address],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**kept, **QUIET},
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == b"ready\n"

    def run(self, script: str, environment: Mapping[str, str], seconds: int = 120) -> subprocess.CompletedProcess[str]:
        """What `python -c` does with a script in this environment; raises ScriptHung with what it said until then."""
        home = Path(environment["HOME"])
        job = {
            "script": script,
            "environment": json.dumps(environment),
            "folder": str(home),
            "output": str(home / "output"),
            "errors": str(home / "errors"),
            "seconds": str(seconds),
        }
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(seconds)
            connection.connect(self.address)
            connection.sendall(json.dumps(job).encode() + b"\n")
            try:
                code = int(connection.makefile().readline() or -1)
            except TimeoutError:
                with (home / "server").open("w") as threads:  # the server's are in this process
                    faulthandler.dump_traceback(threads)
                tell_cores_to_say_where_they_stand(home)
                said = [(home / name).read_text(errors="replace") for name in ("output", "errors", "server")]
                raise ScriptHung("\n".join(said)) from None
        output, errors = ((home / name).read_text(errors="replace") for name in ("output", "errors"))
        return subprocess.CompletedProcess([], code, output, errors)

    def stop(self) -> None:
        """End it; it ends by itself when this process dies."""
        self.process.communicate()


@dataclass
class Client:
    """Somebody's machine: `run` gives what the script said with `say(...)`."""

    url: str
    place: Path
    keys: Mapping[str, str]
    forked: Forked
    number: int = field(default=0)

    def environment(self, key: str) -> dict[str, str]:
        """Only address and key are set for the client; the rest keeps it from touching the machine it runs on."""
        self.number += 1
        home = self.place / f"home{self.number}"
        places = {
            name: str(home / name.lower())
            for name in ("WANDB_CACHE_DIR", "WANDB_DATA_DIR", "WANDB_CONFIG_DIR", "WANDB_DIR")
        }
        for path in places.values():
            Path(path).mkdir(parents=True)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        return {
            **kept,
            **places,
            **QUIET,
            "NETRC": str(home / "netrc"),
            "HOME": str(home),
            "WANDB_BASE_URL": self.url,
            "WANDB_API_KEY": key,
        }

    def run(self, script: str, *, user: str = "bob", key: str = "", **environment: str) -> list[object]:
        """What the script said, in order; a script that fails, fails the test with what it printed."""
        done = self.forked.run(
            PRELUDE + textwrap.dedent(script), self.environment(key or self.keys[user]) | environment
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-5000:]
        return [json.loads(line.removeprefix("SAID ")) for line in done.stdout.splitlines() if line.startswith("SAID ")]

    def call(
        self, command: list[str], *, key: str, seconds: int = 120, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Any command of the client, in a directory of its own."""
        surroundings = self.environment(key) | environment
        try:
            return subprocess.run(
                command,
                cwd=surroundings["HOME"],
                env=surroundings,
                capture_output=True,
                text=True,
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired as hung:
            raise ScriptHung(f"{hung}\n{hung.stdout}\n{hung.stderr}") from None

    def opens(self, address: str, *, user: str = "bob") -> HttpResponse:
        """What the browser gets at an address that the client printed, redirects followed."""
        browser = Browser()
        browser.force_login(User.objects.get(name_key=user))
        parts = urlsplit(address)
        return browser.get(parts.path + (f"?{parts.query}" if parts.query else ""), follow=True)


@pytest.fixture
def world(transactional_db: None) -> World:
    """Committed rows, so that the server's threads see them."""
    return make_world()


@pytest.fixture(scope="session")
def forked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forked]:
    """One process for all scripts of this worker."""
    started = Forked(tmp_path_factory.mktemp("forked"))
    yield started
    started.stop()


@pytest.fixture
def client(world: World, live_server, tmp_path: Path, forked: Forked) -> Client:
    """The client of each of the world's people."""
    people_of = (world.alice, world.bob, world.carol, world.mallory)
    keys = {user.name: people.create_api_key(user, acting_user=None)[1] for user in people_of}
    return Client(live_server.url, tmp_path, keys, forked)
