"""The flows that `benchmarks/client_versions.py` tries under older clients, under the installed one."""

import json
import sys
from pathlib import Path

import pytest
from django.db import connection

from tests.client.conftest import Client

pytestmark = pytest.mark.client
FLOWS = Path(__file__).resolve().parents[2] / "benchmarks" / "client_flows"
TABLE = Path(__file__).resolve().parents[2] / "docs" / "compatibility.md"


def test_every_flow_works_and_has_its_row_in_the_document(client: Client) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("The flows run once; the rest of tests/client makes the same calls on both databases.")
    keys = client.keys
    done = client.call(
        [sys.executable, str(FLOWS)],
        key=keys["bob"],
        seconds=600,
        FLOWS_TEAM="vision",
        FLOWS_ORGANIZATION="Acme Corp",
        FLOWS_PERSONAL="bob",
        FLOWS_VIEWER_KEY=keys["carol"],
        WANDB_SILENT="false",
    )
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"flow"')]
    assert [line for line in lines if line["result"] != "OK"] == [], done.stderr[-3000:]
    assert len(lines) >= 26
    rows = TABLE.read_text(encoding="utf-8")
    assert [line["flow"] for line in lines if f"| {line['flow']} |" not in rows] == []
