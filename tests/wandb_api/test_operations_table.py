"""docs/client-operations.md says of every operation of the installed client whether it is served, and why not."""

from registry_site.wandb_api.schema import schema

from .client_documents import client_documents
from .operations_table import PLACE, REFUSED, is_refused, reasons, table
from .test_client_operations import NOT_SERVED


def test_the_page_is_up_to_date() -> None:
    assert PLACE.read_text(encoding="utf-8") == table(), (
        "Write it anew: uv run python -m tests.wandb_api.operations_table"
    )


def test_each_valid_operation_is_served_or_has_the_reason_why_it_is_refused() -> None:
    refused = {
        each.name for each in client_documents() if each.name not in NOT_SERVED and is_refused(schema(), each.text)
    }
    assert refused == set(REFUSED)
    assert all(reason.endswith(".") for reason in reasons().values())
