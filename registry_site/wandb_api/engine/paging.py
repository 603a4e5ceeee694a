"""Pages by key as the client's connections, with cursors that only this server can make.

What comes after a row is decided in `artifacts/listing/paging.py`, for the client as for pages.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from django.core import signing
from django.db.models import Model, QuerySet

from artifacts.errors import Invalid
from artifacts.listing.paging import beyond, from_json, to_json, value_of

DEFAULT_FIRST = 100
LARGEST_FIRST = 1_000
LONGEST_CURSOR = 16_384

type Key = str | tuple[str, ...]


def connection[Item: Model](
    queryset: QuerySet[Item],
    *,
    first: int | None = None,
    after: str | None = None,
    key: Key = "-pk",
    node: Callable[[Item], Any] | None = None,
    total: Callable[[], int] | None = None,
) -> dict[str, Any]:
    """A page of the queryset in the order of `key`: a column that is unique in it, or columns and "pk" or "-pk".

    Columns may lead over relations ("version__size") but must never be null. `total` is called only if asked for.
    """
    size = page_size(first)
    columns = (key,) if isinstance(key, str) else key
    if after:
        values = read_cursor(after, columns)
        number = values[-1] if columns[-1] in {"pk", "-pk"} else None
        queryset = queryset.filter(beyond(queryset, columns, values, number))
    rows = list(queryset.order_by(*columns)[: size + 1])
    return read_page(rows, size, key=key, node=node, total=total, has_previous=bool(after))


def read_page[Item: Model](
    rows: list[Item],
    size: int,
    *,
    key: Key,
    node: Callable[[Item], Any] | None = None,
    total: Callable[[], int] | None = None,
    has_previous: bool = False,
) -> dict[str, Any]:
    """A page of rows that were read already in the order of `key`: `size` of them, and one more if there is another page."""
    columns = (key,) if isinstance(key, str) else key
    return page(
        rows[:size],
        node=node,
        cursor=lambda row: cursor_of(row, columns),
        has_next=len(rows) > size,
        has_previous=has_previous,
        total=total,
    )


def whole[Item](rows: Iterable[Item], *, node: Callable[[Item], Any] | None = None) -> dict[str, Any]:
    """Few rows that are all there, as one page."""
    listed = list(rows)
    return page(
        listed, node=node, cursor=lambda row: None, has_next=False, has_previous=False, total=lambda: len(listed)
    )


def page[Item](
    rows: Sequence[Item],
    *,
    node: Callable[[Item], Any] | None,
    cursor: Callable[[Item], str | None],
    has_next: bool,
    has_previous: bool,
    total: Callable[[], int] | None,
) -> dict[str, Any]:
    """The connection's dict; cursors and the total are partials, so that they cost only who asks for them."""
    return {
        "edges": [{"node": node(row) if node else row, "cursor": partial(cursor, row)} for row in rows],
        "page_info": {
            "__typename": "PageInfo",
            "start_cursor": partial(cursor, rows[0]) if rows else None,
            "end_cursor": partial(cursor, rows[-1]) if rows else None,
            "has_next_page": has_next,
            "has_previous_page": has_previous,
        },
        "total_count": partial(total) if total else None,
    }


def page_size(first: int | None) -> int:
    """How many rows a page has: what was asked for, but no more than the largest page."""
    if first is None:
        return DEFAULT_FIRST
    if first < 1:
        raise Invalid("“first” must be 1 or more.")
    return min(first, LARGEST_FIRST)


def signer(columns: Sequence[str]) -> signing.Signer:
    """Signs for one order only, so that a cursor of another list is refused."""
    return signing.Signer(salt="linkyard.cursor " + " ".join(columns))


def cursor_of(row: Any, columns: Sequence[str]) -> str:
    """The cursor of a row: its place in this order."""
    return write_cursor([value_of(row, column) for column in columns], columns)


def write_cursor(values: Sequence[Any], columns: Sequence[str]) -> str:
    """A cursor that holds these values of the columns."""
    return signer(columns).sign_object(to_json(values))


def read_cursor(text: str, columns: Sequence[str]) -> list[Any]:
    """The values in a cursor; Invalid for one that this server didn't give out for this order."""
    try:
        if len(text) > LONGEST_CURSOR:
            raise signing.BadSignature
        values = signer(columns).unsign_object(text)
    except (signing.BadSignature, ValueError):
        raise Invalid("The cursor in “after” is not one of this list; begin without it.") from None
    return from_json(values)
