"""Pages of long lists by key: the next page begins behind the row where this one ended, however long the list is.

An order is a list of columns ("-" descends, "version__size" leads over a relation) that tells any two rows apart and is
never null; where its first column can be the same in several rows, the row's own number ("pk" or "-pk") is its last. A
cursor is the row's values of these columns: `page_of` writes them into the address, the client gets them signed
(`registry_site/wandb_api/engine/paging.py`). Never OFFSET, never COUNT.
"""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.db.models import DateTimeField, Model, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils.datastructures import MultiValueDict

from artifacts.text.cleaning import clean_text

PAGE = 50
type Names = tuple[str, str]
NAMES: Names = ("after", "before")  # what addresses call the cursor of the next and of the previous page
LONGEST = 6000  # characters of a cursor in an address: a path of 1,024 signs of four bytes fits


@dataclass(frozen=True)
class Page[Item]:
    """Rows of one page, and the queries (`?after=…`) that lead to its neighbours; empty where there is none."""

    rows: list[Item]
    newer: str
    older: str


@dataclass(frozen=True)
class ListPage[Item](Page[Item]):
    """A page of a list in memory; `start` is the position of its first row, from 0."""

    start: int


def page_of[Item: Model](
    queryset: QuerySet[Item],
    columns: Sequence[str],
    asked: Mapping[str, str],
    *,
    size: int = PAGE,
    names: Names = NAMES,
) -> Page[Item]:
    """The page that an address asks for by `after` or `before`, in the order of `columns`.

    A cursor that isn't one of this list, or is none at all, gives the first page. `names` are what the address calls the two:
    other ones for the second list of a page.
    """
    order, (after, before) = [*columns], names
    values = _read_cursor(asked.get(before) or asked.get(after) or "", len(order))
    backwards = values is not None and before in asked
    direction = [_reversed(column) for column in order] if backwards else order
    part = queryset
    if values is not None:
        *place, number = values
        try:
            part = queryset.filter(beyond(queryset, direction, place, number))
        except (ValueError, TypeError, ValidationError):  # values of another list's columns
            values, backwards, direction = None, False, order
    found = list(part.order_by(*direction)[: size + 1])
    has_more, rows = len(found) > size, found[:size]
    if backwards:
        rows.reverse()
    has_newer = has_more if backwards else values is not None
    has_older = backwards or has_more
    return Page(
        rows=rows,
        newer=_address(asked, names, before, _cursor(rows[0], order)) if rows and has_newer else "",
        older=_address(asked, names, after, _cursor(rows[-1], order)) if rows and has_older else "",
    )


def page_of_list[Item](
    items: Sequence[Item], key_of: Callable[[Item], str], asked: Mapping[str, str], *, size: int = PAGE
) -> ListPage[Item]:
    """The page of a list in memory (ranked, say) that an address asks for by the key of the row `after` or `before` it.

    A key that isn't in the list gives the first page.
    """
    keys = [key_of(item) for item in items]
    start = keys.index(asked["after"]) + 1 if asked.get("after") in keys else 0
    if asked.get("before") in keys:
        start = max(0, keys.index(asked["before"]) - size)
    end = min(start + size, len(keys))
    return ListPage(
        rows=[*items[start:end]],
        newer=_address(asked, NAMES, "before", keys[start]) if 0 < start < end else "",
        older=_address(asked, NAMES, "after", keys[end - 1]) if end < len(keys) else "",
        start=start,
    )


def beyond(queryset: QuerySet[Any], columns: Sequence[str], values: Sequence[Any], number: int | None) -> Q:
    """The rows that come after one with these values in the order of these columns; `number` is that row's primary key.

    By its number a moment is compared as that row stores it: SQLite compares text, and its own Now() writes fewer digits
    than Django does. The moment itself stands in for a row that is gone.
    """
    (column, value), *rest = zip(columns, values, strict=True)
    name, further = column.removeprefix("-"), "lt" if column.startswith("-") else "gt"
    if isinstance(value, datetime) and number is not None:
        value = Coalesce(Subquery(_stored(queryset, name, number)), Value(value, DateTimeField()))
    if not rest:
        return Q(**{f"{name}__{further}": value})
    behind = beyond(queryset, [column for column, _ in rest], [value for _, value in rest], number)
    # The first condition alone is what an index can start from.
    return Q(**{f"{name}__{further}e": value}) & (Q(**{f"{name}__{further}": value}) | behind)


def _stored(queryset: QuerySet[Any], name: str, number: int) -> QuerySet[Any, Any]:
    """The value of a column in one row; what the list computes for its rows is computed by the list."""
    is_computed = name.split("__")[0] in queryset.query.annotations
    rows = queryset.order_by() if is_computed else queryset.model._base_manager.all()
    return rows.filter(pk=number).values(name)[:1]


def value_of(row: Any, column: str) -> Any:
    """The value of a column, over relations where its name leads there."""
    for name in column.removeprefix("-").split("__"):
        row = getattr(row, name)
    return row


def to_json(values: Sequence[Any]) -> list[Any]:
    """The values of a cursor as JSON has them."""
    return [{"moment": value.isoformat()} if isinstance(value, datetime) else value for value in values]


def from_json(values: Sequence[Any]) -> list[Any]:
    """What `to_json` was given; KeyError, TypeError or ValueError where it never wrote this."""
    return [datetime.fromisoformat(value["moment"]) if isinstance(value, dict) else value for value in values]


def _reversed(column: str) -> str:
    return column[1:] if column.startswith("-") else f"-{column}"


def _cursor(row: Model, columns: Sequence[str]) -> str:
    values = to_json([*(value_of(row, column) for column in columns), row.pk])
    return base64.urlsafe_b64encode(json.dumps(values, ensure_ascii=False).encode()).decode().rstrip("=")


def _address(asked: Mapping[str, str], names: Names, direction: str, cursor: str) -> str:
    """The query that was asked for, with another cursor; rows that were opened stay behind."""
    kept = [(name, given) for name, given in _pairs(asked) if name not in {*names, "open"}]
    return f"?{urlencode([*kept, (direction, cursor)])}"


def _pairs(asked: Mapping[str, str]) -> list[tuple[str, str]]:
    """What was asked; an address may name a thing several times."""
    if isinstance(asked, MultiValueDict):
        return [(name, given) for name, several in asked.lists() for given in several]
    return [*asked.items()]


def _read_cursor(text: str, count: int) -> list[Any] | None:
    """The values of `count` columns and the row's number; None for no cursor, or for one that isn't ours."""
    if not text or len(text) > LONGEST:
        return None
    try:
        values = from_json(json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))))
    except (ValueError, TypeError, KeyError):
        return None
    if len(values) != count + 1 or not isinstance(values[-1], int):
        return None
    if not all(isinstance(value, str | int | float | datetime) for value in values):
        return None
    return [clean_text(value) if isinstance(value, str) else value for value in values]
