"""What lists of runs can be filtered and ordered by: the fields that the client names, and what the search box above the table can ask."""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from artifacts.errors import Invalid
from artifacts.listing import filters
from artifacts.listing.filter_values import moment_value, text_value
from artifacts.listing.filters import Compilation, Field, FilterColumn, Json, Names
from artifacts.listing.json_order import by_value
from artifacts.listing.search_box import Query, TypedCondition, Vocabulary, rows_holding
from artifacts.models import Run, RunTag
from artifacts.models.runs import RunQuerySet

SUMMARY = Json("summary")
FIELDS: dict[str, Field] = filters.in_both_spellings(
    {
        "name": FilterColumn("name", text_value, is_text=True),
        "display_name": FilterColumn("display_name", text_value, is_text=True),
        "state": FilterColumn("current_state", text_value),
        "group": FilterColumn("group", text_value, is_text=True, unset=""),
        "job_type": FilterColumn("job_type", text_value, is_text=True, unset=""),
        "host": FilterColumn("host", text_value, is_text=True, unset=""),
        "notes": FilterColumn("notes", text_value, is_text=True, unset=""),
        "user": FilterColumn("created_by__name", text_value, is_text=True),
        "username": FilterColumn("created_by__name", text_value, is_text=True),
        "tags": Names(RunTag, "run"),
        "config": Json("config", is_wrapped=True),
        "summary": SUMMARY,
        "summary_metrics": SUMMARY,
        # Seconds, as the client measured them: every run's summary ends with this key, so no column is needed.
        "duration": Json("summary", key="_runtime"),
        "created_at": FilterColumn("created_at", moment_value),
        "updated_at": FilterColumn("updated_at", moment_value),
        "heartbeat_at": FilterColumn("heartbeat_at", moment_value),
    }
)
ORDERS = {
    "id": "pk",
    "name": "name",
    "display_name": "display_name",
    "created_at": "created_at",
    "updated_at": "updated_at",
    "heartbeat_at": "heartbeat_at",
    "group": "group",
    "job_type": "job_type",
    "state": "current_state",
}
VOCABULARY = Vocabulary(
    names=frozenset({"state", "tag", "group", "job", "user", "name", "created"}),
    ordered=frozenset({"created"}),
    paths=frozenset({"config", "summary"}),
    said="state:, tag:, group:, job:, user:, name:, created:, config.<key> or summary.<key>",
    examples={
        "tag": "tag:reviewed",
        "state": "state:finished",
        "user": "user:ada",
        "created": "created>=2026-01-31",
    },
)
WORDS = {"tag": "tags", "job": "job_type", "name": "display_name", "created": "created_at"}
# What the heads of the table sort by; keys of the configuration and the summary are sorted by `by_value`.
PAGE_ORDERS = {
    "created": ("pk",),
    "name": ("display_name", "pk"),
    "state": ("current_state", "pk"),
    "group": ("group", "pk"),
    "job": ("job_type", "pk"),
}


def ordered_inside(found: QuerySet[Run], name: str, *, sign: str) -> tuple[Any, tuple[str, ...]] | None:
    """The runs ready for an order by a value inside the configuration or the summary, and its columns; None for another name."""
    head, _, rest = name.partition(".")
    field = FIELDS.get(name) or FIELDS.get(head)
    if not isinstance(field, Json) or not (rest or field.key):
        return None
    return by_value(found, field.inside(rest), sign=sign)


def applied(found: RunQuerySet, query: Query) -> RunQuerySet:
    """The runs, read `with_state_now`, that hold every condition; what can't be compared is added to the query's faults."""
    return rows_holding(found, query, FIELDS, _condition)


def _condition(typed: TypedCondition, compilation: Compilation) -> Q:
    if not typed.name:
        named = Q(display_name__icontains=typed.value) | Q(name=typed.value) | Q(group__icontains=typed.value)
        return named | Q(Exists(RunTag.objects.filter(run=OuterRef("pk"), name__icontains=typed.value)))
    name = WORDS.get(typed.name, typed.name)
    value = typed.value.lower() if typed.name == "state" else typed.value
    return filters.group({name: {typed.operator: value}}, compilation, filters.DEEPEST)


def in_order(found: RunQuerySet, sort: str) -> tuple[Any, tuple[str, ...], str]:
    """The runs prepared for an order of the page, the columns of that order, and its name; an unknown one becomes the newest first."""
    sign, name = ("-", sort[1:]) if sort.startswith("-") else ("", sort)
    try:
        if ordered := ordered_inside(found, name, sign=sign):
            return *ordered, sort
    except Invalid:
        name = ""
    if name not in PAGE_ORDERS:
        return found, ("-pk",), "-created"
    return found, tuple(f"{sign}{column}" for column in PAGE_ORDERS[name]), sort
