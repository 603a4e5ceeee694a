"""Pages of long lists by key: the next page begins where this one ended, however long the list is."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet, Subquery
from django.utils.datastructures import MultiValueDict

from artifacts.text.cleaning import clean_text

PAGE = 50
LONGEST = 2000


@dataclass(frozen=True)
class Page[Row: Model]:
    """Rows of one page, and the queries (`?after=…`) that lead to its neighbours; empty where there is none."""

    rows: list[Row]
    newer: str
    older: str


def page_of[Row: Model](
    queryset: QuerySet[Row], columns: Sequence[str], asked: Mapping[str, str], *, size: int = PAGE
) -> Page[Row]:
    """The page that an address asks for, in the order of `columns` ("-" descends), the last of which must be unique."""
    backwards = "before" in asked
    columns = [*columns]
    place = _read(asked.get("before") or asked.get("after") or "", len(columns))
    order = [_turned(column) if backwards and place else column for column in columns]
    part = queryset
    if place:
        try:
            part = queryset.filter(_beyond(queryset, order, place))
        except (ValueError, TypeError, ValidationError):
            place, order = None, columns
    found = list(part.order_by(*order)[: size + 1])
    has_more, rows = len(found) > size, found[:size]
    if order != columns:
        rows.reverse()
        newer, older = has_more, True
    else:
        newer, older = place is not None, has_more
    return Page(
        rows=rows,
        newer=_address(asked, "before", rows[0], columns) if rows and newer else "",
        older=_address(asked, "after", rows[-1], columns) if rows and older else "",
    )


def _turned(column: str) -> str:
    return column[1:] if column.startswith("-") else f"-{column}"


def _beyond(queryset: QuerySet[Any], order: Sequence[str], place: Sequence[Any]) -> Q:
    """What comes after a place in this order. The place's last value is the row's number, by which moments are read."""
    condition, same = Q(), Q()
    for column, value in zip(order, place, strict=False):
        name = column.removeprefix("-")
        if isinstance(value, dict):  # SQLite stores moments with fewer digits than Python compares them with
            value = Subquery(queryset.filter(pk=place[-1]).order_by().values(name)[:1])
        condition |= same & Q(**{f"{name}__{'lt' if column.startswith('-') else 'gt'}": value})
        same &= Q(**{name: value})
    return condition


def _address(asked: Mapping[str, str], direction: str, row: Model, columns: Sequence[str]) -> str:
    values: list[Any] = []
    for column in columns:
        value: Any = row
        for name in column.removeprefix("-").split("__"):
            value = getattr(value, name)
        values.append(value if isinstance(value, str | int | None) else {})
    text = base64.urlsafe_b64encode(json.dumps([*values, row.pk]).encode()).decode().rstrip("=")
    kept = [(name, given) for name, given in _pairs(asked) if name not in {"before", "after", "open"}]
    return f"?{urlencode([*kept, (direction, text)])}"


def _pairs(asked: Mapping[str, str]) -> list[tuple[str, str]]:
    """What was asked; an address may name a thing several times."""
    if isinstance(asked, MultiValueDict):
        return [(name, given) for name, several in asked.lists() for given in several]
    return [*asked.items()]


def _read(text: str, count: int) -> list[Any] | None:
    """The values in a cursor; None for none, or for one that isn't ours: then the list begins at its start."""
    if not text or len(text) > LONGEST:
        return None
    try:
        values = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError:
        return None
    if not isinstance(values, list) or len(values) != count + 1 or not isinstance(values[-1], int):
        return None
    if not all(isinstance(value, str | int) or value == {} for value in values):
        return None
    return [clean_text(value) if isinstance(value, str) else value for value in values]
