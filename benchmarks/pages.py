"""What a visit of each main page costs in a browser: requests, bytes over the wire, the largest paint.

    uv run python -m benchmarks.pages [--times 5]

`manage.py start --workers 1` with the demo organization, Chromium on the same machine. “Cold” has nothing cached, “warm” has
the static files; paint is the median of the warm visits, in milliseconds after the navigation began.
"""

import argparse
import shutil
import statistics
from typing import Any

from playwright.sync_api import Page, sync_playwright

from benchmarks.demo import Demo, log_in

ORGANIZATION = "/orgs/Acme%20Robotics"
DETECTORS = f"{ORGANIZATION}/registry/model/detectors"
PAGES = {
    "home": ORGANIZATION,
    "registry": f"{ORGANIZATION}/registry/model",
    "collection": DETECTORS,
    "collection with metrics": f"{DETECTORS}?metrics=1",
    "compare": f"{DETECTORS}/-/compare?version=v3&version=v4",
    "Action History": f"{DETECTORS}/-/history",
    "version": f"{DETECTORS}/v4",
    "metadata": f"{DETECTORS}/v4/metadata",
    "usage": f"{DETECTORS}/v4/usage",
    "files": f"{DETECTORS}/v4/files?path=model.safetensors",
    "lineage": f"{DETECTORS}/v4/lineage",
    "link sidebar": f"{DETECTORS}/-/link",
    "search": "/search?q=det",
    "settings": f"{ORGANIZATION}/registry/model/-/settings",
    "team": "/acme-vision",
    "project": "/acme-vision/detector",
    "artifact browser": "/acme-vision/detector/artifacts/model/yolo-street",
}
PAINT = """() => new Promise(done => new PerformanceObserver(list => done(list.getEntries().at(-1).startTime))
  .observe({type: "largest-contentful-paint", buffered: true}))"""


def visit(page: Page, address: str) -> tuple[int, int, float]:
    """Requests, bytes, largest paint."""
    seen: dict[str, Any] = {"requests": 0, "bytes": 0}
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.requestWillBeSent", lambda event: seen.update(requests=seen["requests"] + 1))
    session.on(
        "Network.loadingFinished", lambda event: seen.update(bytes=seen["bytes"] + int(event["encodedDataLength"]))
    )
    page.goto(address, wait_until="load")
    paint = float(page.evaluate(PAINT))
    session.detach()
    return seen["requests"], seen["bytes"], paint


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=5)
    times = parser.parse_args().times
    with Demo(workers=1) as demo, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1440, "height": 900}, base_url=demo.url)
        log_in(page, demo)
        print("| page | requests, cold | KiB, cold | KiB, warm | largest paint, ms |\n|---|---:|---:|---:|---:|")
        for name, address in PAGES.items():
            session = page.context.new_cdp_session(page)
            session.send("Network.clearBrowserCache")
            session.detach()
            requests, cold, _ = visit(page, address)
            warm = [visit(page, address) for _ in range(times)]
            paint = statistics.median(one[2] for one in warm)
            print(f"| {name} | {requests} | {cold / 1024:.1f} | {warm[-1][1] / 1024:.1f} | {paint:.0f} |", flush=True)
        browser.close()


if __name__ == "__main__":
    main()
