"""How long the documented in-run link takes with the unmodified client, and how much of it is the server's.

    uv run python -m benchmarks.inrun_link [--times 5]

The client's own floor on the reference machine is 0.85 s cold (it starts its sidecar) and 0.26 s in a warm process.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile

from benchmarks.serving import Serving

SCRIPT = """
import json, os, sys, time
import wandb
open("model.bin", "wb").write(os.urandom(4096))
def link():
    began = time.perf_counter()
    with wandb.init(entity="vision", project="bench") as run:
        artifact = wandb.Artifact(name="yolo", type="model")
        artifact.add_file(local_path="model.bin")
        run.link_artifact(artifact=artifact, target_path="wandb-registry-model/detectors")
    return time.perf_counter() - began
cold = link()
open("model.bin", "wb").write(os.urandom(4096))
print(json.dumps([cold, link()]))
"""


def once(server: Serving) -> tuple[float, float]:
    """Seconds of the first and of the second link of a fresh process."""
    with tempfile.TemporaryDirectory() as place:
        places = {f"WANDB_{name}_DIR": place for name in ("CACHE", "DATA", "CONFIG", "ARTIFACT")}
        quiet = {"WANDB_SILENT": "true", "WANDB_CONSOLE": "off", "WANDB_ERROR_REPORTING": "false", "WANDB_DIR": place}
        environment = {**os.environ, **places, **quiet, "WANDB_BASE_URL": server.url, "WANDB_API_KEY": server.key}
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT], env=environment, cwd=place, capture_output=True, text=True, check=True
        )
        cold, warm = json.loads(done.stdout.splitlines()[-1])
        return cold, warm


def main() -> None:
    """Print one table."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--times", type=int, default=5)
    times = arguments.parse_args().times
    with Serving() as server:
        once(server)  # the server's own first requests: imports, parsed documents
        before = len(server.requests())
        rows = [once(server) for _ in range(times)]
        requests = server.requests()[before:]
    links = 2 * times
    inside = sum(float(str(request["milliseconds"])) for request in requests) / links
    print(f"{'':12}{'median':>10}{'least':>10}{'most':>10}")
    for name, seconds in (("cold", [cold for cold, _ in rows]), ("warm", [warm for _, warm in rows])):
        print(f"{name:12}{statistics.median(seconds):>9.2f}s{min(seconds):>9.2f}s{max(seconds):>9.2f}s")
    print(f"the server's part of each link: {inside:.0f} ms in {len(requests) / links:.0f} requests")


if __name__ == "__main__":
    main()
