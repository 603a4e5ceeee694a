"""Ordering rows by a value inside JSON, the same in both databases: what has none first, then numbers and truth values, then text.

NaN comes last in either direction: a run that diverged is never the best one. The infinities stand at the ends of the numbers.
"""

from django.db import connection
from django.db.models import Case, FloatField, Model, QuerySet, TextField, Value, When
from django.db.models.functions import Cast, Left

from artifacts.listing.json_lookups import AsText, JsonKind
from artifacts.listing.json_paths import Inside

LONGEST = 256  # characters by which texts are told apart: a cursor holds them
# Each database has words of its own for the kinds of JSON's values.
NUMBERS = ("number", "integer", "real")
TEXTS = ("string", "text")
TRUTHS = ("boolean", "true", "false")
COLUMNS = ("ordered_rank", "ordered_number", "ordered_text", "pk")


def by_value[Row: Model](
    queryset: QuerySet[Row], inside: Inside, *, sign: str
) -> tuple[QuerySet[Row], tuple[str, ...]]:
    """The queryset with what orders it by this value, and the key of its pages; `sign` is "-" or nothing."""
    text = AsText(inside)
    number, truth = Cast(text, FloatField()), Case(When(ordered_kind="true", then=1.0), default=0.0)
    if connection.vendor != "sqlite":
        truth = Case(When(ordered_as_text="true", then=1.0), default=0.0)
    found = queryset.alias(ordered_kind=JsonKind(inside), ordered_as_text=text).annotate(
        ordered_rank=Case(
            When(ordered_kind__in=TEXTS, ordered_as_text="NaN", then=-1 if sign else 5),
            When(ordered_kind__in=TEXTS, ordered_as_text="-Infinity", then=1),
            When(ordered_kind__in=NUMBERS + TRUTHS, then=2),
            When(ordered_kind__in=TEXTS, ordered_as_text="Infinity", then=3),
            When(ordered_kind__in=TEXTS, then=4),
            default=0,
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
