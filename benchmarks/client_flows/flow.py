"""The main things that people do with the client, each a function that asserts what came of it.

This directory is a plain script for any version of `wandb`, so it imports nothing of the project: `benchmarks/client_versions.py`
runs it under each, and `tests/client/test_main_flows.py` under the installed one.

It expects `WANDB_BASE_URL`, the `WANDB_API_KEY` of a member of `FLOWS_TEAM` (a team of the organization `FLOWS_ORGANIZATION`),
that member's personal entity in `FLOWS_PERSONAL`, a viewer's key in `FLOWS_VIEWER_KEY`, and directories of its own.
"""

import contextlib
import io
import itertools
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import wandb

TEAM = os.environ["FLOWS_TEAM"]
ORGANIZATION = os.environ["FLOWS_ORGANIZATION"]
PERSONAL = os.environ["FLOWS_PERSONAL"]
VIEWER_KEY = os.environ["FLOWS_VIEWER_KEY"]
PROJECT = "flows"
LONGEST_FLOW = 100  # seconds
LONGEST_REFUSAL = (
    15.0  # seconds, with the start of the client on a busy machine; a call that is repeated takes 19 or more
)
MiB = 1024**2

type Flow = Callable[[], None]
FLOWS: dict[str, Flow] = {}
NUMBERS = itertools.count()
UNIQUE = secrets.token_hex(3)


class Lacks(Exception):
    """This version of the client has no such feature."""


def flow(title: str) -> Callable[[Flow], Flow]:
    """Make the function one of the flows; the title is its row in the table."""

    def register(function: Flow) -> Flow:
        FLOWS[title] = function
        return function

    return register


def needs(it_has: object, sentence: str) -> None:
    """End the flow where this client lacks the feature that it is about."""
    if not it_has:
        raise Lacks(sentence)


def fresh(word: str) -> str:
    """A name that nothing else here bears."""
    return f"{word}-{UNIQUE}-{next(NUMBERS)}"


def file(content: bytes, name: str = "") -> str:
    """A new file with this content."""
    path = Path(name or fresh("file"))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return str(path)


def artifact(name: str, kind: str = "model", content: bytes = b"weights", **fields: Any) -> Any:
    """An artifact with one file, `w.bin`, not yet logged."""
    made = wandb.Artifact(name, kind, **fields)
    made.add_file(file(content), name="w.bin")
    return made


def logged(name: str, kind: str = "model", content: bytes = b"weights", **how: Any) -> Any:
    """The version that a run of its own logged."""
    with wandb.init(entity=TEAM, project=PROJECT) as run:
        return run.log_artifact(artifact(name, kind, content), **how).wait()


def api() -> Any:
    """The public API as somebody who has cached nothing yet."""
    return wandb.Api(overrides={"entity": TEAM})


def source(name: str) -> str:
    return f"{TEAM}/{PROJECT}/{name}"


def registered(name: str, registry: str = "model") -> str:
    return f"{ORGANIZATION}/wandb-registry-{registry}/{name}"


def new_registry(types: list[str] | None = None) -> Any:
    """A registry of its own, visible to the organization."""
    needs(hasattr(wandb.Api, "create_registry"), "It has no `Api.create_registry`.")
    return api().create_registry(
        fresh("shelf"), visibility="organization", organization=ORGANIZATION, artifact_types=types
    )


def command(*words: str, key: str = "") -> str:
    """What the client's command line prints; it must succeed."""
    program = str(Path(sys.executable).with_name("wandb"))
    surroundings = {**os.environ, "WANDB_SILENT": "false", **({"WANDB_API_KEY": key} if key else {})}
    done = subprocess.run([program, *words], env=surroundings, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, f"{words}: {done.stdout[-800:]} {done.stderr[-1500:]}"
    return done.stdout + done.stderr


def script(text: str, key: str = "") -> str:
    """What a script prints in a process of its own, whose end is awaited."""
    surroundings = {**os.environ, "WANDB_SILENT": "false", **({"WANDB_API_KEY": key} if key else {})}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", text],
        env=surroundings,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout + done.stderr


@contextlib.contextmanager
def refused(*words: str) -> Iterator[None]:
    """The block is refused within seconds, by a message with one of these words.

    0.19 prints why it could not link and goes on; its words are read from the terminal.
    """
    began = time.monotonic()
    terminal = io.StringIO()
    said = ""
    try:
        with contextlib.redirect_stderr(terminal):
            yield
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
    said = said or terminal.getvalue()
    assert any(word.lower() in said.lower() for word in words), said
    assert time.monotonic() - began < LONGEST_REFUSAL, f"The refusal took {time.monotonic() - began:.1f} s: {said}"
