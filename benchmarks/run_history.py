"""How long a run's page and the client's reads take, however long the run is.

    uv run python -m benchmarks.run_history [--sizes 1000 100000 1000000] [--times 5]

Measured inside one process (no network), two metrics logged at each step. `stored` is the time to take in 10,000 lines, the slowest of all
requests; `size` the compressed lines; the rest are milliseconds of the server's own CPU time, the median.
"""

import argparse
import json
import math
import os
import tempfile
import time

from benchmarks.version_page import median

LINES = 10_000  # of one request


def fill(size: int) -> tuple[object, float]:
    """A run with this many lines, sent as the client does; and the seconds of the slowest request."""
    from artifacts.actions import runs, streams
    from artifacts.models import Entity, User

    user = User.objects.get(name_key="ada")
    team = Entity.objects.get(name_key="vision")
    run, _ = runs.upsert_run(team, "bench", f"r{size}", runs.RunChanges(), acting_user=user)
    slowest = 0.0
    for start in range(0, size, LINES):
        lines = [
            json.dumps(
                {"loss": 1 / (n + 1) + math.sin(n) / 9, "_runtime": n / 10, "_timestamp": 1.79e9 + n, "_step": n}
            )
            for n in range(start, min(start + LINES, size))
        ]
        body = json.dumps({"files": {"wandb-history.jsonl": {"offset": start, "content": lines}}}).encode()
        began = time.perf_counter()
        streams.receive(run, streams.read_sent(streams.parse(body)), acting_user=user)
        slowest = max(slowest, time.perf_counter() - began)
    return run, slowest


def main() -> None:
    """Print one table."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--sizes", type=int, nargs="+", default=[1_000, 100_000, 1_000_000])
    arguments.add_argument("--times", type=int, default=5)
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as place:
        os.environ.update(LINKYARD_DATA_DIR=place, DJANGO_SETTINGS_MODULE="registry_site.settings")
        import django

        django.setup()
        measure(given.sizes, given.times)


def measure(sizes: list[int], times: int) -> None:
    """Fill and time each size in turn."""
    from django.conf import settings
    from django.core.management import call_command
    from django.db.models import Sum
    from django.db.models.functions import Length
    from django.test import Client

    from artifacts import readings
    from artifacts.actions import organizations, people
    from artifacts.models import HistoryChunk
    from registry.actions import registries

    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    settings.ALLOWED_HOSTS.append("testserver")
    call_command("migrate", verbosity=0)
    user = people.create_user("ada", acting_user=None)
    organization = registries.create_organization("Acme Corp", owner=user, acting_user=None)
    organizations.create_team("vision", organization, members=[(user, "admin")], acting_user=None)
    browser = Client()
    browser.force_login(user)
    print(f"{'lines':>10}{'rows':>8}{'size':>12}{'stored':>10}{'page':>10}{'a range':>10}{'a sample':>10}")
    for size in sizes:
        run, slowest = fill(size)
        chunks = HistoryChunk.objects.filter(run=run)  # type: ignore[misc]
        stored = chunks.aggregate(size=Sum(Length("lines")))["size"]

        def sample(low: int | None, high: int | None, run: object = run) -> None:
            readings.sampled(run, "history", 1_000, min_step=low, max_step=high)  # type: ignore[arg-type]

        address = f"/vision/bench/runs/r{size}"
        page = median(lambda address=address: browser.get(address), times)
        part = median(lambda: sample(0, 1_000), times)
        whole = median(lambda: sample(None, None), times)
        print(
            f"{size:>10}{chunks.count():>8}{stored / 2**20:>8.1f} MiB{slowest * 1000:>10.0f}{page:>10.1f}{part:>10.1f}{whole:>10.1f}"
        )


if __name__ == "__main__":
    main()
