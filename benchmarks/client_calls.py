"""What each call of the unmodified client costs the server, in a small and in a large organization.

    uv run python -m benchmarks.client_calls [--sizes 50 2000] [--times 5] [--only WORD]

An organization of size N has N of everything: collections, versions of one collection, places of one version, files, runs, steps,
metrics, members, teams, registries, projects. A page is one of 50 rows, so that both show as much. Each call is made once unmeasured,
then the given number of times, by one client after another against `manage.py start`. Requests and milliseconds of the CPU time of the
server's whole process tree, the mean.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile

from benchmarks.serving import ROOT, Serving


def fill(size: int) -> None:
    """Make the organization, in a process of its own, and say where things are in it."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "registry_site.settings"
    import django

    django.setup()
    from django.db import transaction

    from artifacts.actions import people
    from tests.wandb_api import crowds

    with transaction.atomic():
        crowd = crowds.make(size, f"size{size}")
        _, key = people.create_api_key(crowd.user, acting_user=None)
    place = {
        "organization": crowd.organization.name,
        "team": crowd.team.name,
        "run": crowd.run.name,
        "colleague": f"size{size}-person1",
        "key": key,
    }
    print(json.dumps(place))


def made(server: Serving, size: int) -> dict[str, str]:
    """An organization of this size on the server."""
    command = [sys.executable, "-m", "benchmarks.client_calls", "--fill", str(size)]
    done = subprocess.run(command, env=server.environment, cwd=ROOT, capture_output=True, text=True, check=True)
    place: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    return place


def measured(server: Serving, place: dict[str, str], times: int, wanted: str) -> dict[str, tuple[float, float]]:
    """For each call its requests and milliseconds."""
    with tempfile.TemporaryDirectory() as directory:
        places = {f"WANDB_{name}_DIR": directory for name in ("CACHE", "DATA", "CONFIG", "ARTIFACT")}
        quiet = {"WANDB_SILENT": "true", "WANDB_CONSOLE": "off", "WANDB_ERROR_REPORTING": "false"}
        words = [json.dumps(place), str(server.process_id), str(server.log), str(times), wanted]
        done = subprocess.run(
            [sys.executable, str(ROOT / "benchmarks" / "calling.py"), *words],
            env={**os.environ, **places, **quiet, "WANDB_BASE_URL": server.url, "WANDB_API_KEY": place["key"]},
            cwd=directory,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(done.stdout + done.stderr[-5_000:])
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"call"')]
    return {line["call"]: (line["requests"], line["cpu"]) for line in lines}


def main() -> None:
    """Print one table."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--sizes", type=int, nargs="+", default=[50, 2_000])
    arguments.add_argument("--times", type=int, default=5)
    arguments.add_argument("--only", default="", help="calls whose names have this word")
    arguments.add_argument("--fill", type=int, help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.fill:
        fill(given.fill)
        return
    with Serving(workers=1) as server:
        columns = [measured(server, made(server, size), given.times, given.only) for size in given.sizes]
    print("| call | " + " | ".join(f"requests, {size:,} | CPU, {size:,}" for size in given.sizes) + " |")
    print("|---|" + "---:|" * 2 * len(columns))
    for call in columns[0]:
        cells = [f"{column[call][0]:.0f} | {column[call][1]:.1f} ms" for column in columns]
        print(f"| {call} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
