"""The tags and aliases of what was found, read at once: facets count them, and lines show them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from artifacts.naming import key_of
from registry.search.hits import (
    Hit,
    Kind,
)
from registry.search.sql import (
    Row,
    among,
    listed,
    one_of,
    rows_of,
)
from registry.tables.rows import Name

ON_COLLECTION, ON_VERSION, AT_PLACE, HELD_IN, GUARDED = range(5)
NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Labels:
    """By the number of a collection, a version or a place. Of a collection's many aliases there are those that were chosen."""

    on_collections: dict[int, set[str]]
    on_versions: dict[int, set[str]]
    at_places: dict[int, list[str]]  # in the order in which they were given
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
        return NOTHING if hit.membership is None else {*self.at_places.get(hit.membership.pk, ())}

    def names_at(self, hit: Hit) -> list[Name]:
        """The aliases of a hit's version, those that are protected known as such."""
        if hit.membership is None:
            return []
        held = self.at_places.get(hit.membership.pk, ())
        return [Name(name, (hit.project.pk, key_of(name)) in self.guarded) for name in held]


def labels_of(hits: Sequence[Hit], chosen: Iterable[str] = ()) -> Labels:
    """The labels of hits, and of collections those of the chosen aliases: one statement, however many there are."""
    collections = {hit.collection.pk for hit in hits if hit.collection is not None}
    places = [hit for hit in hits if hit.membership is not None]
    keys = [*map(key_of, chosen)]
    parts: list[tuple[str, list[object]]] = []
    if collections:
        parts.append((_part(ON_COLLECTION, "collectiontag", "collection_id"), [listed(collections)]))
    if places:
        versions = {hit.membership.version_id for hit in places if hit.membership is not None}
        numbers = {hit.membership.pk for hit in places if hit.membership is not None}
        parts.append((_part(ON_VERSION, "versiontag", "version_id"), [listed(versions)]))
        parts.append((_part(AT_PLACE, "alias", "membership_id"), [listed(numbers)]))
        guarded = _part(GUARDED, "protectedalias", "project_id", "name_key")
        parts.append((guarded, [listed({hit.project.pk for hit in places})]))
    if collections and keys:
        among_keys, values = one_of(keys)
        parts.append(
            (f"{_part(HELD_IN, 'alias', 'collection_id')} AND name_key {among_keys}", [listed(collections), *values])
        )
    if not parts:
        return _sorted([])
    union = " UNION ALL ".join(part for part, _ in parts)
    return _sorted(rows_of(f"{union} ORDER BY 4", [value for _, values in parts for value in values]))


def _part(which: int, table: str, column: str, name: str = "name") -> str:
    return f"SELECT {which}, {column}, {name}, id FROM artifacts_{table} WHERE {column} {among()}"


def _sorted(rows: Iterable[Row]) -> Labels:
    by_number: list[dict[int, list[str]]] = [defaultdict(list) for _ in range(4)]
    guarded = set()
    for which, number, name, _ in rows:
        if which == GUARDED:
            guarded.add((number, name))
        else:
            by_number[which][number].append(name)
    on_collections, on_versions, at_places, held_in = by_number
    return Labels(
        on_collections={number: set(names) for number, names in on_collections.items()},
        on_versions={number: set(names) for number, names in on_versions.items()},
        at_places=at_places,
        held_in={number: set(names) for number, names in held_in.items()},
        guarded=frozenset(guarded),
    )
