"""A real server on a directory of its own, for benchmarks and long tests: `with Serving() as server: …`."""

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).resolve().parent.parent
STARTS_WITHIN = 60.0
# What would make the server another one than an operator's: the settings of a test run, and Python without its cache.
FOREIGN = ("DJANGO_SETTINGS_MODULE", "LINKYARD_", "PYTHONDONTWRITEBYTECODE")


def free_port() -> int:
    """A port of loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number


class Serving:
    """`manage.py start` with an organization “Acme Corp”, a team `vision` and its member `ada`, whose key is `key`."""

    def __init__(self, *, workers: int | None = None, database_url: str = "") -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="linkyard-"))
        self.key = secrets.token_hex(20)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = self.directory / "server.log"
        self._workers = workers
        self._process: subprocess.Popen[bytes] | None = None
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)},
            "LINKYARD_DATA_DIR": str(self.directory / "data"),
            "DATABASE_URL": database_url,
        }

    def __enter__(self) -> "Serving":
        self.start()
        self.provision(
            ["create_user", "ada", "--api-key", self.key],
            ["create_organization", "Acme Corp", "--owner", "ada"],
            ["create_team", "vision", "--organization", "Acme Corp", "--member", "ada:admin"],
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def manage(self, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """One of the operator's commands on this directory."""
        command = [sys.executable, str(ROOT / "manage.py"), *words]
        return subprocess.run(command, env=self.environment, input=stdin, capture_output=True, text=True, check=False)

    def provision(self, *commands: list[str]) -> None:
        """Several commands in one process; fails on the first refusal."""
        done = self.manage("provision", stdin="".join(json.dumps(words) + "\n" for words in commands))
        for line in done.stdout.splitlines():
            if not json.loads(line)["ok"]:
                raise RuntimeError(line)
        if done.returncode or len(done.stdout.splitlines()) != len(commands):
            raise RuntimeError(done.stdout + done.stderr)

    def start(self) -> float:
        """Start and wait for the first answer; the seconds that took."""
        words = ["start", "--port", str(self.port)]
        words += ["--workers", str(self._workers)] if self._workers else []
        began = time.monotonic()
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, str(ROOT / "manage.py"), *words],
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,  # so that the whole tree can be killed at once
            )
        while time.monotonic() - began < STARTS_WITHIN:
            try:
                urllib.request.urlopen(f"{self.url}/readyz", timeout=2)
                return time.monotonic() - began
            except OSError:
                if self._process.poll() is not None:
                    break
                time.sleep(0.02)
        raise RuntimeError(f"The server did not start:\n{self.log.read_text()[-3000:]}")

    @property
    def process_id(self) -> int:
        """The parent of the server's processes."""
        assert self._process is not None
        return self._process.pid

    def has_ended(self) -> bool:
        """Whether the parent is gone."""
        return self._process is None or self._process.poll() is not None

    def stop(self, *, kill: bool = False) -> None:
        """SIGTERM to the server, or SIGKILL to its whole process tree."""
        if self._process is None:
            return
        try:
            if kill:
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.terminate()
            self._process.wait(30)
        except ProcessLookupError:
            pass
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(10)
        self._process = None

    def requests(self) -> list[dict[str, object]]:
        """What the server logged of its requests so far."""
        lines = (json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{"))
        return [line for line in lines if line.get("logger") == "linkyard.request"]
