"""What the search box above a table of versions can ask, and what it means: aliases, tags, numbers and metadata, which the table shows."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Exists, OuterRef, Q

from artifacts.listing import filters
from artifacts.listing.columns import small_json
from artifacts.listing.filter_values import version_value
from artifacts.listing.filters import Compilation, Field, FilterColumn, Json
from artifacts.listing.search_box import Query, TypedCondition, Vocabulary, rows_holding
from artifacts.models import Alias, ArtifactVersion, Membership, VersionTag
from artifacts.models.collections import MembershipQuerySet
from artifacts.naming import key_of, version_index
from artifacts.text.json_values import leaves

FIELDS: dict[str, Field] = {
    "version": FilterColumn("index", version_value),
    "metadata": Json("version__metadata"),
}
VOCABULARY = Vocabulary(
    names=frozenset({"alias", "tag", "version"}),
    ordered=frozenset({"version"}),
    paths=frozenset({"metadata"}),
    said="alias:, tag:, version: or metadata.<key>",
    examples={"alias": "alias:production", "tag": "tag:reviewed", "version": "version>=3"},
    numbers=frozenset({"version"}),
)


def applied(found: MembershipQuerySet, query: Query) -> MembershipQuerySet:
    """The versions that hold every condition; what the database can't compare is added to the query's faults."""
    return rows_holding(found, query, FIELDS, _condition)


def _condition(typed: TypedCondition, compilation: Compilation) -> Q:
    if typed.name in {"alias", "tag"}:
        rows: Any = _aliases(name_key=key_of(typed.value)) if typed.name == "alias" else _tags(name=typed.value)
        return ~Q(rows) if typed.operator == "$ne" else Q(rows)
    if typed.name:
        return filters.group({typed.name: {typed.operator: typed.value}}, compilation, filters.DEEPEST)
    if (index := version_index(typed.value)) is not None:
        return Q(index=index)
    return Q(_aliases(name_key__contains=key_of(typed.value))) | Q(_tags(name__icontains=typed.value))


def _aliases(**named: str) -> Exists:
    return Exists(Alias.objects.filter(membership=OuterRef("pk"), **named))


def _tags(**named: str) -> Exists:
    return Exists(VersionTag.objects.filter(version=OuterRef("version"), **named))


def metadata_of(memberships: Sequence[Membership]) -> list[dict[str, object]]:
    """The metadata of a page's versions laid flat, in one query; empty where it is too large for a table."""
    read = small_json(ArtifactVersion, {membership.version_id for membership in memberships}, "metadata")
    return [leaves(read.get(membership.version_id, {})) for membership in memberships]
