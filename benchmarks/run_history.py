"""How long a run's page and the client's reads take, however long the run is.

    uv run python -m benchmarks.run_history [--sizes 1000 100000 1000000] [--times 5]

Measured inside one process (no network), two metrics logged at each step. `stored` is the time to take in 10,000 lines, the slowest of all
requests; `size` the compressed lines; the rest are milliseconds of the server's own CPU time, the median.
"""

import json
import math
import time

from benchmarks.own_place import Place, arguments, own_place
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
        streams.receive(run, streams.read_request(streams.parse(body)), acting_user=user)
        slowest = max(slowest, time.perf_counter() - began)
    return run, slowest


def main() -> None:
    """Print one table."""
    given = arguments(__doc__, sizes=[1_000, 100_000, 1_000_000], times=5).parse_args()
    with own_place() as place:
        measure(place, given.sizes, given.times)


def measure(place: Place, sizes: list[int], times: int) -> None:
    """Fill and time each size in turn."""
    from django.db.models import Sum
    from django.db.models.functions import Length

    from artifacts.models import HistoryChunk
    from artifacts.runs import reading

    print(f"{'lines':>10}{'rows':>8}{'size':>12}{'stored':>10}{'page':>10}{'a range':>10}{'a sample':>10}")
    for size in sizes:
        run, slowest = fill(size)
        chunks = HistoryChunk.objects.filter(run=run)  # type: ignore[misc]
        stored = chunks.aggregate(size=Sum(Length("lines")))["size"]

        def sample(low: int | None, high: int | None, run: object = run) -> None:
            reading.sampled(run, "history", 1_000, min_step=low, max_step=high)  # type: ignore[arg-type]

        address = f"/vision/bench/runs/r{size}"
        page = median(lambda address=address: place.browser.get(address), times)
        part = median(lambda: sample(0, 1_000), times)
        whole = median(lambda: sample(None, None), times)
        print(
            f"{size:>10}{chunks.count():>8}{stored / 2**20:>8.1f} MiB{slowest * 1000:>10.0f}{page:>10.1f}{part:>10.1f}{whole:>10.1f}"
        )


if __name__ == "__main__":
    main()
