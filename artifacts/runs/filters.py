"""By what a project's runs are filtered and ordered: the fields that the client names, and what one types above the table of runs."""

import json
from typing import Any

from django.db.models import Exists, OuterRef, Q

from artifacts.errors import Invalid
from artifacts.listing import filters
from artifacts.listing.filter_values import (
    moment_value,
    text_value,
)
from artifacts.listing.filters import (
    Column,
    Compiled,
    Field,
    Json,
    Names,
)
from artifacts.listing.json_order import by_value
from artifacts.listing.search_box import (
    Part,
    Query,
    Vocabulary,
    holding,
)
from artifacts.models import RunTag
from artifacts.models.runs import RunQuerySet

SUMMARY = Json("summary")
RUN_FIELDS: dict[str, Field] = filters.both(
    {
        "name": Column("name", text_value, is_text=True),
        "display_name": Column("display_name", text_value, is_text=True),
        "state": Column("current_state", text_value),
        "group": Column("group", text_value, is_text=True, unset=""),
        "job_type": Column("job_type", text_value, is_text=True, unset=""),
        "host": Column("host", text_value, is_text=True, unset=""),
        "notes": Column("notes", text_value, is_text=True, unset=""),
        "user": Column("created_by__name", text_value, is_text=True),
        "username": Column("created_by__name", text_value, is_text=True),
        "tags": Names(RunTag, "run"),
        "config": Json("config"),
        "summary": SUMMARY,
        "summary_metrics": SUMMARY,
        "created_at": Column("created_at", moment_value),
        "updated_at": Column("updated_at", moment_value),
        "heartbeat_at": Column("heartbeat_at", moment_value),
    }
)
RUN_ORDERS = {
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
RUNS = Vocabulary(
    names=frozenset({"state", "tag", "group", "job", "user", "name", "created"}),
    ordered=frozenset({"created"}),
    paths=frozenset({"config", "summary"}),
    said="state:, tag:, group:, job:, user:, name:, created:, config.<key> or summary.<key>",
)
WORDS = {"tag": "tags", "job": "job_type", "name": "display_name", "created": "created_at"}
# Seconds, as the client measured them: with it every run ends its summary, so `duration` needs no column.
DURATION = "summary._runtime"
# What heads of the table sort by, apart from keys of the configuration and the summary.
PAGE_ORDERS = {
    "created": ("pk",),
    "name": ("display_name", "pk"),
    "state": ("current_state", "pk"),
    "group": ("group", "pk"),
    "job": ("job_type", "pk"),
}


def as_stored(filters: str | None) -> str | None:
    """The filter with its names written as they are stored: `config.lr` as `config.lr.value`."""

    def rewritten(tree: Any) -> Any:
        if isinstance(tree, list):
            return [rewritten(one) for one in tree]
        if not isinstance(tree, dict):
            return tree
        return {stored(name): rewritten(value) for name, value in tree.items()}

    try:
        return json.dumps(rewritten(json.loads(filters))) if filters else filters
    except (ValueError, RecursionError):
        return filters  # `filtered` says what is wrong with it


def stored(name: str) -> str:
    """`config.lr` as it is stored: `config.lr.value`; the client may write it so itself. `duration` is in the summary."""
    if name == "duration":
        return DURATION
    head, *rest = name.split(".")
    if head != "config" or not rest or "value" in rest[1:]:
        return name
    return ".".join([head, rest[0], "value", *rest[1:]])


def applied(found: RunQuerySet, query: Query) -> RunQuerySet:
    """The runs, read `with_state_now`, that hold every condition; what can't be compared is added to the query's faults."""
    return holding(found, query, RUN_FIELDS, _condition)


def _condition(part: Part, compiled: Compiled) -> Q:
    if not part.name:
        named = Q(display_name__icontains=part.value) | Q(name=part.value) | Q(group__icontains=part.value)
        return named | Q(Exists(RunTag.objects.filter(run=OuterRef("pk"), name__icontains=part.value)))
    name = stored(part.name) if "." in part.name else WORDS.get(part.name, part.name)
    value = part.value.lower() if part.name == "state" else part.value
    return filters.group({name: {part.operator: value}}, compiled, filters.DEEPEST)


def in_order(found: RunQuerySet, sort: str) -> tuple[Any, tuple[str, ...], str]:
    """The runs ready for an order of the page, its columns, and the order itself: an unknown one is the newest first."""
    sign, name = ("-", sort[1:]) if sort.startswith("-") else ("", sort)
    head, _, inner = stored(name).partition(".")
    place = RUN_FIELDS.get(head)
    if inner and isinstance(place, Json):
        try:
            return *by_value(found, place.path, inner, sign=sign), sort
        except Invalid:
            name = ""
    if name not in PAGE_ORDERS:
        return found, ("-pk",), "-created"
    return found, tuple(f"{sign}{column}" for column in PAGE_ORDERS[name]), sort
