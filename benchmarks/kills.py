"""Whether a server that is killed at random moments of saves and links loses anything that it acknowledged.

    uv run python -m benchmarks.kills [--times 100] [--savers 4] [--workers 2]

The test suite does this ten times; this is the long form, run by hand (docs/operations.md has the last result).
"""

import argparse
import time

from benchmarks.serving import Serving
from tests import kills


def main() -> None:
    """Print a line for each kill and one at the end; a loss ends it with what was lost."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--times", type=int, default=100)
    arguments.add_argument("--savers", type=int, default=4)
    arguments.add_argument("--workers", type=int, default=2)
    given = arguments.parse_args()
    began = time.monotonic()
    with Serving(workers=given.workers) as server:
        count = kills.kill_often(server, given.times, savers=given.savers)
    seconds = time.monotonic() - began
    print(f"{given.times} kills in {seconds:.0f} s: all {count} acknowledged answers are there, fsck is clean")


if __name__ == "__main__":
    main()
