"""Keyset pages as the client's connections: never OFFSET, never COUNT, and cursors that only this server can make."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.core import signing
from django.db.models import DateTimeField, Model, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from artifacts.errors import Invalid

DEFAULT_FIRST = 100
LARGEST_FIRST = 1_000
LONGEST_CURSOR = 16_384

type Key = str | tuple[str, ...]


def connection[Row: Model](
    queryset: QuerySet[Row],
    *,
    first: int | None = None,
    after: str | None = None,
    key: Key = "-pk",
    node: Callable[[Row], Any] | None = None,
    total: Callable[[], int] | None = None,
) -> dict[str, Any]:
    """A page of the queryset in the order of `key`: a column that is unique in it, or columns and "pk" or "-pk".

    Columns may lead over relations ("version__size") but must never be null. `total` is called only if asked for.
    """
    size = page_size(first)
    columns = (key,) if isinstance(key, str) else key
    if after:
        queryset = queryset.filter(beyond(columns, as_stored(queryset, columns, read_cursor(after, columns))))
    rows = list(queryset.order_by(*columns)[: size + 1])
    return read_page(rows, size, key=key, node=node, total=total, has_previous=bool(after))


def read_page[Row: Model](
    rows: list[Row],
    size: int,
    *,
    key: Key,
    node: Callable[[Row], Any] | None = None,
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


def whole[Row](rows: Iterable[Row], *, node: Callable[[Row], Any] | None = None) -> dict[str, Any]:
    """Few rows that are all there, as one page."""
    listed = list(rows)
    return page(
        listed, node=node, cursor=lambda row: None, has_next=False, has_previous=False, total=lambda: len(listed)
    )


def page[Row](
    rows: Sequence[Row],
    *,
    node: Callable[[Row], Any] | None,
    cursor: Callable[[Row], str | None],
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


def value_of(row: Any, column: str) -> Any:
    """The value of a column, over relations where its name leads there."""
    for name in column.removeprefix("-").split("__"):
        row = getattr(row, name)
    return row


def write_cursor(values: Sequence[Any], columns: Sequence[str]) -> str:
    """A cursor that holds these values of the columns."""
    plain = [{"moment": value.isoformat()} if isinstance(value, datetime) else value for value in values]
    return signer(columns).sign_object(plain)


def read_cursor(text: str, columns: Sequence[str]) -> list[Any]:
    """The values in a cursor; Invalid for one that this server didn't give out for this order."""
    try:
        if len(text) > LONGEST_CURSOR:
            raise signing.BadSignature
        values = signer(columns).unsign_object(text)
    except (signing.BadSignature, ValueError):
        raise Invalid("The cursor in “after” is not one of this list; begin without it.") from None
    return [datetime.fromisoformat(value["moment"]) if isinstance(value, dict) else value for value in values]


def as_stored(queryset: QuerySet[Any], columns: Sequence[str], values: list[Any]) -> list[Any]:
    """The values, with a moment as its row stores it: SQLite compares text, and its Now() writes fewer digits than Django."""
    if not isinstance(values[0], datetime) or len(values) < 2:
        return values
    row = queryset.model._base_manager.filter(pk=values[1]).values(columns[0].removeprefix("-"))
    return [Coalesce(Subquery(row[:1]), Value(values[0], DateTimeField())), *values[1:]]


def beyond(columns: Sequence[str], values: Sequence[Any]) -> Q:
    """The rows that come after these values in the order."""
    (column, value), *rest = zip(columns, values, strict=True)
    name, further = column.removeprefix("-"), "lt" if column.startswith("-") else "gt"
    if not rest:
        return Q(**{f"{name}__{further}": value})
    # The first condition alone is what an index can start from.
    return Q(**{f"{name}__{further}e": value}) & (Q(**{f"{name}__{further}": value}) | beyond(*zip(*rest, strict=True)))
