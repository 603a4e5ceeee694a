"""Stops the server often, as supervisors and Ctrl-C do, and says how long each took: `python -m benchmarks.stops --times 1000`.

Every signal goes to the whole group of processes while visitors hold idle kept connections; now and then it comes twice, or
while the server is still starting its workers. Exits with 1 if a stop took longer than ten seconds.
"""

import argparse
import os
import random
import signal
import socket
import statistics
import sys
import time

from benchmarks.serving import Serving

CONNECTIONS = 6
ENDS_WITHIN = 10.0


def idle(port: int) -> list[socket.socket]:
    """Connections that asked once and stay open."""
    held = []
    for _ in range(CONNECTIONS):
        connection = socket.create_connection(("127.0.0.1", port), timeout=10)
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        connection.recv(4_096)
        held.append(connection)
    return held


def stop(server: Serving, *, rest: float, twice: bool) -> float:
    """The seconds until the whole group has ended; infinity if it had to be killed."""
    held = idle(server.port)
    time.sleep(rest)
    group = server.process_id
    began = time.monotonic()
    os.killpg(group, random.choice([signal.SIGTERM, signal.SIGINT]))
    if twice:
        time.sleep(random.random() / 50)
        with_luck(group, signal.SIGTERM)
    took = wait(server, group, began)
    for connection in held:
        connection.close()
    server.stop(kill=took > ENDS_WITHIN)
    return took


def with_luck(group: int, number: int) -> None:
    """A signal to a group that may have ended."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        pass


def wait(server: Serving, group: int, began: float) -> float:
    """How long the group still lives."""
    while time.monotonic() - began < ENDS_WITHIN * 2:
        server.has_ended()  # the parent is our child, and a zombie is a member too
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return time.monotonic() - began
        time.sleep(0.005)
    return float("inf")


def stops(times: int, workers: int = 2) -> list[float]:
    """The seconds of so many stops."""
    took = []
    with Serving(workers=workers) as server:
        for number in range(times):
            if number:
                server.start()
            took.append(stop(server, rest=random.random() / 20, twice=number % 2 == 1))
            if took[-1] > ENDS_WITHIN / 5:
                print(f"stop {number}: {took[-1]:.2f} s", flush=True)
    return took


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=1_000)
    times = parser.parse_args().times
    took = stops(times)
    late = [seconds for seconds in took if seconds > ENDS_WITHIN]
    print(f"| {times} stops | median {statistics.median(took):.2f} s | longest {max(took):.2f} s | late {len(late)} |")
    sys.exit(bool(late))


if __name__ == "__main__":
    main()
