"""Ordering rows by a value inside JSON, the same in both databases: what has none first, then numbers and truth values, then text."""

from typing import Any

from django.db import connection
from django.db.models import Case, CharField, F, FloatField, Func, Model, QuerySet, TextField, Value, When
from django.db.models.functions import Cast, Left

from artifacts.errors import Invalid
from artifacts.listing.filters import DEEPEST
from artifacts.naming import shown
from artifacts.text.cleaning import clean_text

LONGEST = 256  # characters by which texts are told apart: a cursor holds them
# Each database has words of its own for the kinds of JSON's values.
NUMBERS = ("number", "integer", "real")
TEXTS = ("string", "text")
TRUTHS = ("boolean", "true", "false")
COLUMNS = ("ordered_rank", "ordered_number", "ordered_text", "pk")


def by_value[Row: Model](
    queryset: QuerySet[Row], column: str, path: str, *, sign: str
) -> tuple[QuerySet[Row], tuple[str, ...]]:
    """The queryset with what orders it by the value at this path, and the key of its pages; `sign` is "-" or nothing."""
    keys = [clean_text(key) for key in path.split(".")]
    if len(keys) > DEEPEST or any(not key or '"' in key or "\\" in key for key in keys):
        raise Invalid(f"“{shown(path)}” is no path to order by; write its keys with dots between them.")
    kind, text = kind_and_text(column, keys)
    number, truth = Cast(text, FloatField()), Case(When(ordered_kind="true", then=1.0), default=0.0)
    if connection.vendor != "sqlite":
        truth = Case(When(ordered_as_text="true", then=1.0), default=0.0)
    found = queryset.alias(ordered_kind=kind, ordered_as_text=text).annotate(
        ordered_rank=Case(
            When(ordered_kind__in=NUMBERS + TRUTHS, then=1), When(ordered_kind__in=TEXTS, then=2), default=0
        ),
        ordered_number=Case(
            When(ordered_kind__in=NUMBERS, then=number),
            When(ordered_kind__in=TRUTHS, then=truth),
            default=0.0,
            output_field=FloatField(),
        ),
        ordered_text=Case(
            When(ordered_kind__in=TEXTS, then=Left("ordered_as_text", LONGEST)),
            default=Value(""),
            output_field=TextField(),
        ),
    )
    return found, tuple(f"{sign}{name}" for name in COLUMNS)


def kind_and_text(column: str, keys: list[str]) -> tuple[Any, Any]:
    """The kind of the value at these keys, and the value as text (a number as it is in SQLite)."""
    if connection.vendor == "sqlite":
        place = Value("$" + "".join(f'."{key}"' for key in keys))
        kind = Func(F(column), place, function="JSON_TYPE", output_field=CharField())
        return kind, Func(F(column), place, function="JSON_EXTRACT", output_field=TextField())
    way = [F(column), *(Value(key) for key in keys)]
    value = Func(*way, function="jsonb_extract_path", output_field=TextField())
    kind = Func(value, function="jsonb_typeof", output_field=CharField())
    return kind, Func(*way, function="jsonb_extract_path_text", output_field=TextField())
