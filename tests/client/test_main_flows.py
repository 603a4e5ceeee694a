"""The flows that `benchmarks/client_versions.py` tries under older clients: those that nothing else here does, under the installed one."""

import ast
import json
import sys
from pathlib import Path

import pytest

from tests.client.conftest import Client

ROOT = Path(__file__).resolve().parents[2]
FLOWS = ROOT / "benchmarks" / "client_flows"
TABLE = ROOT / "docs" / "compatibility.md"
# What is logged, linked, edited, deleted, found and refused in the other flows has tests of its own in this folder.
ONLY_HERE = (
    "log in; who am I, which teams have I",
    "download in parts",
    "refused: a wrong key, an entity that isn't there",
)


def titles() -> list[str]:
    """What the flows are called, as their sources say: `@flow("…")`."""
    trees = [ast.parse(source.read_text(encoding="utf-8")) for source in sorted(FLOWS.glob("of_*.py"))]
    marks = [
        mark for tree in trees for act in tree.body if isinstance(act, ast.FunctionDef) for mark in act.decorator_list
    ]
    return [ast.literal_eval(mark.args[0]) for mark in marks if isinstance(mark, ast.Call)]


def test_every_flow_has_its_row_in_the_document() -> None:
    rows = TABLE.read_text(encoding="utf-8")
    assert len(titles()) >= 26
    assert [title for title in titles() if f"| {title} |" not in rows] == []


@pytest.mark.client
def test_what_only_the_flows_do_works(client: Client) -> None:
    done = client.call(
        [sys.executable, str(FLOWS), *ONLY_HERE],
        key=client.keys["bob"],
        seconds=300,
        FLOWS_TEAM="vision",
        FLOWS_ORGANIZATION="Acme Corp",
        FLOWS_PERSONAL="bob",
        FLOWS_VIEWER_KEY=client.keys["carol"],
        WANDB_SILENT="false",
    )
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"flow"')]
    assert [line for line in lines if line["result"] != "OK"] == [], done.stderr[-3000:]
    assert {line["flow"] for line in lines} == set(ONLY_HERE)
