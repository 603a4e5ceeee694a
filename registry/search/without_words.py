"""What facets find by themselves, without words: the collections and versions of a tag, an alias, a type or a registry."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from artifacts.models import Project
from registry.search.hits import Hit, collection_hits, version_hit
from registry.search.narrowing import Narrowing, collection_fits, membership_fits
from registry.search.sql import NOTHING, Row, Statement, Table, each_of, first_of_each, rows_of, sql
from registry.search.tables import ALIAS, COLLECTION, COLLECTION_TAG, VERSION_TAG, membership_of

MOST_HOLDERS = 10_000  # of a tag or an alias that are looked through, the newest first
MOST_TYPES = 200


def all_collections(visible: Mapping[int, Project], narrowing: Narrowing, limit: int) -> list[Hit]:
    """The collections that have one of the tags, one of the aliases and one of the types, as far as each was chosen."""
    rows = {row[0]: row for row in rows_of_fitting_collections([*visible], narrowing, limit)}
    collections = map(COLLECTION.object_of, islice(rows.values(), limit + 1))
    return collection_hits(collections, visible, lambda place, _: (place,))


def rows_of_fitting_collections(ids: Sequence[int], narrowing: Narrowing, limit: int, key: str = "") -> list[Row]:
    """Rows of the collections in some registries that fit the facets and hold a key in their name; some more than once."""
    if narrowing.tags or narrowing.aliases:
        return _rows_of_bearing_collections(ids, narrowing, limit, key)
    fits = sql("{first_is_portfolio}")
    if narrowing.types:
        fits += sql(" AND {first_collection.type:one_of types}", types=narrowing.types)
    if key:
        fits += sql(" AND {first_collection.name_key:contains key}", key=key)
    newest = sql(
        "SELECT {collection.columns} FROM {first} "
        "ORDER BY {collection.last_added_at} DESC, {collection.id} DESC LIMIT {most}",
        first=first_of_each(ids, COLLECTION, "project_id", fits, order="name_key", most=limit + 1),
        most=limit + 1,
    )
    return rows_of(newest)


def _rows_of_bearing_collections(ids: Sequence[int], narrowing: Narrowing, limit: int, key: str) -> list[Row]:
    """Rows of the collections that fit, found from those that bear one of the chosen aliases or else tags."""
    bearing = sql(
        "SELECT {collection.columns} FROM {bearers} CROSS JOIN {collection} WHERE {collection.id} = bearers.number "
        "AND {is_portfolio} AND {collection.project_id:among seen}{fits}{holds} LIMIT {most}",
        bearers=_newest_bearers(narrowing, COLLECTION_TAG, "collection_id"),
        seen=ids,
        fits=collection_fits(narrowing),
        holds=sql(" AND {collection.name_key:contains key}", key=key) if key else NOTHING,
        most=4 * (limit + 1),
    )
    return rows_of(bearing)


def all_versions(visible: Mapping[int, Project], narrowing: Narrowing, limit: int) -> list[Hit]:
    """The linked versions that bear one of the aliases, or have one of the tags themselves.

    None where neither is chosen: of a type or a registry alone there is no end.
    """
    if not narrowing.tags and not narrowing.aliases:
        return []
    by = "{membership.id}" if narrowing.aliases else "{membership.version_id}"
    bearing = sql(
        "SELECT {of_membership} FROM {bearers} CROSS JOIN {membership} {its_version} {its_collection} AND {is_portfolio} "
        f"WHERE {by} = bearers.number AND {{collection.project_id:among seen}}{{fits}} LIMIT {{most}}",
        bearers=_newest_bearers(narrowing, VERSION_TAG, "membership_id" if narrowing.aliases else "version_id"),
        seen=visible,
        fits=membership_fits(narrowing),
        most=4 * (limit + 1),
    )
    once = {row[0]: row for row in rows_of(bearing)}
    hits: list[Hit] = []
    for membership in map(membership_of, islice(once.values(), limit + 1)):
        collection = membership.collection
        collection.project = visible[collection.project_id]
        hits.append(version_hit(membership, rank=(len(hits),)))
    return hits


def types_in(visible: Iterable[int]) -> list[str]:
    """The types of the collections in some registries, by name. From each type the index leads to the next: none is counted."""
    of_project = "SELECT MIN({collection.type}) FROM {collection} WHERE {is_portfolio} AND {collection.project_id} = "
    types = sql(
        "WITH RECURSIVE types(project, name) AS ("
        f"SELECT each.value, ({of_project}each.value) FROM {{each}} "
        f"UNION ALL SELECT types.project, ({of_project}types.project AND {{collection.type}} > types.name) "
        "FROM types WHERE types.name IS NOT NULL) "
        "SELECT DISTINCT name FROM types WHERE name IS NOT NULL ORDER BY name LIMIT {most}",
        each=each_of(visible),
        most=MOST_TYPES,
    )
    return [name for (name,) in rows_of(types)]


def _newest_bearers(narrowing: Narrowing, tags: Table[Any], column: str) -> Statement:
    """A table `bearers` of what bears one of the aliases, else of the tags, by its `number`: those that got it last first.

    What is chosen besides is asked of each. They are joined crosswise, so that they are met in this order and no further than
    is wanted: to sort them again is to read them all.
    """
    table = ALIAS.name if narrowing.aliases else tags.name
    label = "name_key" if narrowing.aliases else "name"
    return sql(
        f"(SELECT {{{table}.id}}, {{{table}.{column}}} AS number FROM {{{table}}} "
        f"WHERE {{{table}.{label}:one_of labels}} ORDER BY {{{table}.id}} DESC LIMIT {{most}}) bearers",
        labels=narrowing.aliases or narrowing.tags,
        most=MOST_HOLDERS,
    )
