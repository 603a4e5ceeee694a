"""docs/client-operations.md says of every operation of the installed client whether it is served, and why not."""

from registry_site.wandb_api.schema import schema
from tests.wandb_api.client_documents import client_documents
from tests.wandb_api.operations_table import PLACE, REFUSED, is_served, reasons, table


def test_the_page_is_up_to_date() -> None:
    assert PLACE.read_text(encoding="utf-8") == table(), (
        "Write it anew: uv run python -m tests.wandb_api.operations_table"
    )


def test_each_operation_is_served_or_has_the_reason_why_it_is_refused() -> None:
    named = {each.name for each in client_documents()}
    assert set(REFUSED) <= named
    unserved = {
        each.name for each in client_documents() if each.name not in reasons() and not is_served(schema(), each.text)
    }
    assert unserved == set()
    assert all(reason.endswith(".") for reason in reasons().values())
