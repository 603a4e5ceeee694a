"""The tags and aliases of what was found, read at once: facets count them, and lines show them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from artifacts.naming import key_of
from registry.search.hits import Hit, Kind
from registry.search.sql import Row, Statement, Table, joined, rows_of, sql
from registry.search.tables import ALIAS, COLLECTION_TAG, PROTECTED_ALIAS, VERSION_TAG
from registry.tables.rows import Name

ON_COLLECTION, ON_VERSION, AT_MEMBERSHIP, HELD_IN, GUARDED = range(5)
NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Labels:
    """Tags and aliases, by the number of a collection, version or membership; of a collection's aliases only the chosen ones."""

    on_collections: dict[int, set[str]]
    on_versions: dict[int, set[str]]
    at_memberships: dict[int, list[str]]  # in the order in which they were given
    held_in: dict[int, set[str]]
    guarded: frozenset[tuple[int, str]]  # registries with keys of aliases

    def tags_of(self, hit: Hit) -> AbstractSet[str]:
        """The tags by which a hit may be narrowed: its collection's and its version's; a tag has itself."""
        if hit.kind == Kind.TAG:
            return {hit.name}
        if hit.collection is None:
            return NOTHING
        tags = self.on_collections.get(hit.collection.pk, NOTHING)
        if hit.membership is None or hit.membership.version_id not in self.on_versions:
            return tags
        return tags | self.on_versions[hit.membership.version_id]

    def aliases_of(self, hit: Hit) -> AbstractSet[str]:
        """The aliases by which a hit may be narrowed: a version's own, and of a collection's many the chosen ones."""
        if hit.kind == Kind.COLLECTION and hit.collection is not None:
            return self.held_in.get(hit.collection.pk, NOTHING)
        return NOTHING if hit.membership is None else {*self.at_memberships.get(hit.membership.pk, ())}

    def names_at(self, hit: Hit) -> list[Name]:
        """The aliases of a hit's version, those that are protected known as such."""
        if hit.membership is None:
            return []
        held = self.at_memberships.get(hit.membership.pk, ())
        return [Name(name, (hit.project.pk, key_of(name)) in self.guarded) for name in held]


def labels_of(hits: Sequence[Hit], chosen: Iterable[str] = ()) -> Labels:
    """The labels of hits, and of collections those of the chosen aliases: one statement, however many there are."""
    collections = {hit.collection.pk for hit in hits if hit.collection is not None}
    memberships = {hit.membership.pk: hit.membership for hit in hits if hit.membership is not None}
    keys = [*map(key_of, chosen)]
    parts: list[Statement] = []
    if collections:
        parts.append(_labels(ON_COLLECTION, COLLECTION_TAG, "collection_id", collections))
    if memberships:
        versions = {membership.version_id for membership in memberships.values()}
        registries = {hit.project.pk for hit in hits if hit.membership is not None}
        parts.append(_labels(ON_VERSION, VERSION_TAG, "version_id", versions))
        parts.append(_labels(AT_MEMBERSHIP, ALIAS, "membership_id", memberships))
        parts.append(_labels(GUARDED, PROTECTED_ALIAS, "project_id", registries, name="name_key"))
    if collections and keys:
        held = _labels(HELD_IN, ALIAS, "collection_id", collections)
        parts.append(held + sql(" AND {alias.name_key:one_of keys}", keys=keys))
    return _by_number(rows_of(joined(" UNION ALL ", parts) + sql(" ORDER BY 4")) if parts else [])


def _labels(which: int, table: Table[Any], column: str, numbers: Iterable[int], *, name: str = "name") -> Statement:
    """The labels in a table of some collections, versions, memberships or registries."""
    t = table.name
    columns = f"{{which}}, {{{t}.{column}}}, {{{t}.{name}}}, {{{t}.id}}"
    return sql(f"SELECT {columns} FROM {{{t}}} WHERE {{{t}.{column}:among numbers}}", which=which, numbers=numbers)


def _by_number(rows: Iterable[Row]) -> Labels:
    by_number: list[dict[int, list[str]]] = [defaultdict(list) for _ in range(4)]
    guarded = set()
    for which, number, name, _ in rows:
        if which == GUARDED:
            guarded.add((number, name))
        else:
            by_number[which][number].append(name)
    on_collections, on_versions, at_memberships, held_in = by_number
    return Labels(
        on_collections={number: set(names) for number, names in on_collections.items()},
        on_versions={number: set(names) for number, names in on_versions.items()},
        at_memberships=at_memberships,
        held_in={number: set(names) for number, names in held_in.items()},
        guarded=frozenset(guarded),
    )
