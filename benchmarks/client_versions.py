"""Which released versions of the client work: the flows of `client_flows` under each, against a server of its own.

    uv run python -m benchmarks.client_versions [--versions 0.19.11 0.31.0] [--only WORD …] [--write]

Each version is installed once into an environment of its own under the user's cache directory, with this Python. `--write` puts the table
into docs/compatibility.md, between its two marks.
"""

import argparse
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from benchmarks.serving import ROOT, Serving

VERSIONS = ("0.19.11", "0.21.4", "0.23.1", "0.26.1", "0.28.2", "0.31.0")
FLOWS = ROOT / "benchmarks" / "client_flows"
DOCUMENT = ROOT / "docs" / "compatibility.md"
MARKS = ("<!-- client_versions: the table is written by that script -->", "<!-- client_versions: end -->")
LONGEST_RUN = 1_800  # seconds that all flows of a version may take
LACKS = "refused by this client: "


@dataclass(frozen=True)
class Outcome:
    """What came of one flow under one version."""

    flow: str
    result: str
    seconds: float
    trace: str = ""

    @property
    def failed(self) -> bool:
        return self.result != "OK" and not self.result.startswith(LACKS)


def environments() -> Path:
    """Where the versions are installed: outside of the repository, kept for the next time."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "linkyard" / "clients"


def python_of(version: str) -> str:
    """The Python that has this version of the client, installed if it isn't there."""
    place = environments() / version
    python = place / "bin" / "python"
    if not (place / "bin" / "wandb").exists():
        uv = os.environ.get("UV") or shutil.which("uv")  # `uv run` says where it is itself
        if uv is None:
            raise SystemExit("uv isn't found; run this by `uv run python -m benchmarks.client_versions`.")
        shutil.rmtree(place, ignore_errors=True)
        subprocess.run([uv, "--no-config", "venv", "--quiet", "--python", sys.executable, str(place)], check=True)
        subprocess.run(
            [
                uv,
                "--no-config",
                "pip",
                "install",
                "--quiet",
                "--compile-bytecode",
                "--python",
                str(python),
                f"wandb=={version}",
            ],
            check=True,
        )
    return str(python)


def surroundings(home: Path, url: str, **more: str) -> dict[str, str]:
    """The environment of a client that touches nothing outside of its directory."""
    places = {
        name: str(home / name.lower())
        for name in ("WANDB_CACHE_DIR", "WANDB_DATA_DIR", "WANDB_CONFIG_DIR", "WANDB_DIR", "WANDB_ARTIFACT_DIR")
    }
    for place in places.values():
        Path(place).mkdir(parents=True)
    foreign = ("WANDB_", "DJANGO_", "LINKYARD_", "PYTHON", "VIRTUAL_ENV")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    quiet = {"WANDB_ERROR_REPORTING": "false", "WANDB_CONSOLE": "off"}
    own = {"HOME": str(home), "NETRC": str(home / "netrc"), "WANDB_BASE_URL": url}
    return kept | places | quiet | own | more


def outcomes(python: str, environment: dict[str, str], words: list[str]) -> Iterator[Outcome]:
    """What comes of each flow, as soon as it is known; a failure of its own if the script doesn't come to its end."""
    command = [python, "-W", "ignore", str(FLOWS), *words]
    log = Path(environment["HOME"]) / "flows.log"
    with log.open("w") as errors:
        process = subprocess.Popen(
            command, env=environment, cwd=environment["HOME"], stdout=subprocess.PIPE, stderr=errors, text=True
        )
        killer = threading.Timer(LONGEST_RUN, process.kill)
        killer.start()
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if line.startswith('{"flow"'):
                    yield Outcome(**json.loads(line))
        finally:
            killer.cancel()
            process.kill()
            ended = process.wait()
    if ended not in (0, 1):
        yield Outcome("the script itself", f"failed: it ended with {ended}", 0.0, log.read_text()[-3000:])


def try_version(version: str, server: Serving, viewer_key: str, words: list[str]) -> list[Outcome]:
    """All flows under one version, said as they end."""
    home = Path(tempfile.mkdtemp(prefix=f"flows-{version}-"))
    environment = surroundings(
        home,
        server.url,
        WANDB_API_KEY=server.key,
        FLOWS_TEAM="vision",
        FLOWS_ORGANIZATION="Acme Corp",
        FLOWS_PERSONAL="ada",
        FLOWS_VIEWER_KEY=viewer_key,
    )
    found = []
    for outcome in outcomes(python_of(version), environment, words):
        print(f"{version:8} {outcome.seconds:6.1f} s  {outcome.flow}: {outcome.result}", flush=True)
        if outcome.failed:
            print(outcome.trace, flush=True)
        found.append(outcome)
    shutil.rmtree(home, ignore_errors=True)
    return found


def table(results: dict[str, list[Outcome]], today: date) -> str:
    """Markdown: a row for each flow, a column for each version, footnotes for what a version hasn't got."""
    flows = list(dict.fromkeys(outcome.flow for outcomes in results.values() for outcome in outcomes))
    by_place = {(version, each.flow): each for version, outcomes in results.items() for each in outcomes}
    notes: list[str] = []

    def cell(version: str, flow: str) -> str:
        outcome = by_place.get((version, flow))
        if outcome is None or outcome.failed:
            return "✗"
        if outcome.result == "OK":
            return "✓"
        note = f"{outcome.result.removeprefix(LACKS)}"
        if note not in notes:
            notes.append(note)
        return f"– ({notes.index(note) + 1})"

    rows = [f"| {flow} | " + " | ".join(cell(version, flow) for version in results) + " |" for flow in flows]
    lines = [
        f"Run of {today.isoformat()} on SQLite: ✓ works, ✗ fails, – the client has no such feature.",
        "",
        "| what | " + " | ".join(results) + " |",
        "|---|" + "---|" * len(results),
        *rows,
    ]
    if notes:
        lines += ["", *(f"({number}) {note}  " for number, note in enumerate(notes, 1))]
    return "\n".join(lines)


def write(text: str) -> None:
    """Put the table between the marks of the document, which keeps everything else."""
    document = DOCUMENT.read_text(encoding="utf-8")
    before, first, rest = document.partition(MARKS[0])
    _, last, after = rest.partition(MARKS[1])
    if not first or not last:
        raise SystemExit(f"{DOCUMENT} has lost its marks: {MARKS[0]} … {MARKS[1]}")
    DOCUMENT.write_text(f"{before}{MARKS[0]}\n\n{text}\n\n{MARKS[1]}{after}", encoding="utf-8")


def main() -> int:
    """Try the versions one after the other; 1 if any flow failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--versions", nargs="+", default=VERSIONS)
    parser.add_argument(
        "--only", nargs="+", default=[], metavar="WORD", help="flows whose titles hold one of these words"
    )
    parser.add_argument("--write", action="store_true", help="write the table into docs/compatibility.md")
    options = parser.parse_args()
    if options.write and options.only:
        parser.error("A table of some flows would replace that of all; leave --only or --write out.")
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(python_of, options.versions))
    viewer_key = secrets.token_hex(20)
    results = {}
    for version in options.versions:
        with Serving(workers=1) as server:
            server.provision(
                ["create_user", "vera", "--api-key", viewer_key], ["add_member", "vision", "vera", "viewer"]
            )
            results[version] = try_version(version, server, viewer_key, options.only)
    text = table(results, datetime.now(UTC).date())
    print(text)
    if options.write:
        write(text)
    return int(any(outcome.failed for outcomes in results.values() for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
