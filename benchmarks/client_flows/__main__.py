"""Runs the flows whose titles hold the words given (all without any); prints one line of JSON for each."""

import importlib
import json
import os
import signal
import sys
import time
import traceback
from types import FrameType
from typing import Never

from flow import FLOWS, LONGEST_FLOW, Flow, Lacks

MODULES = ("of_runs", "of_versions", "of_registries", "of_refusals")  # the order of the table's rows
open_flow: list[str] = []


def too_long(number: int, frame: FrameType | None) -> Never:
    """A client that repeats a call for ever is stopped by this; not by an exception, which its threads would outwait."""
    said = {
        "result": f"failed: it did not end within {LONGEST_FLOW} s",
        "trace": "".join(traceback.format_stack(frame)),
    }
    say({"flow": open_flow[0], **said, "seconds": float(LONGEST_FLOW)})
    os._exit(2)


def say(line: dict[str, object]) -> None:
    """To the real standard output: the client captures Python's while a run is open."""
    os.write(1, f"{json.dumps(line)}\n".encode())


def outcome(function: Flow) -> dict[str, str]:
    """What came of one flow: `OK`, `refused by this client: …`, or `failed: …` with the place where it did."""
    signal.alarm(LONGEST_FLOW)
    try:
        function()
    except Lacks as lack:
        return {"result": f"refused by this client: {lack}"}
    except Exception as error:
        return {"result": f"failed: {type(error).__name__}: {error}", "trace": traceback.format_exc()}
    else:
        return {"result": "OK"}
    finally:
        signal.alarm(0)


def main(words: list[str]) -> int:
    """Run what was asked for; 1 if any failed."""
    for module in MODULES:
        importlib.import_module(module)
    signal.signal(signal.SIGALRM, too_long)
    failures = 0
    for title, function in FLOWS.items():
        if words and not any(word in title for word in words):
            continue
        began = time.monotonic()
        open_flow[:] = [title]
        line = {"flow": title, **outcome(function), "seconds": round(time.monotonic() - began, 2)}
        failures += str(line["result"]).startswith("failed")
        say(line)
    return int(failures > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
