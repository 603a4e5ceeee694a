"""What facets name by themselves, without words: the collections and versions of a tag, an alias, a type or a registry."""

from collections.abc import Mapping, Sequence

from artifacts.models import Collection, Project
from registry.search.hits import (
    Hit,
    Kind,
    Narrowing,
)
from registry.search.sql import (
    COLLECTION,
    LIVE,
    PLACE,
    Row,
    among,
    contains,
    from_each,
    listed,
    narrowed,
    one_of,
    rows_of,
)

MOST_HOLDERS = 10_000  # of a tag or an alias that are looked through, the newest first
type Registries = Mapping[int, Project]


def all_collections(visible: Registries, narrowing: Narrowing, limit: int) -> list[Hit]:
    """The collections that have one of the tags, one of the aliases and one of the types, as far as each was chosen."""
    rows = {row[0]: row for row in collections_that_fit(list(visible), narrowing, limit)}
    return [
        _collection(COLLECTION.made(row), place, visible) for place, row in enumerate(list(rows.values())[: limit + 1])
    ]


def collections_that_fit(ids: Sequence[int], narrowing: Narrowing, limit: int, key: str = "") -> list[Row]:
    """Rows of the collections that fit the facets, and hold a key in their name; some more than once."""
    holds = f" AND {contains('{0}.name_key')}" if key else ""
    keys = [key] if key else []
    if not narrowing.tags and not narrowing.aliases:
        kinds, types = one_of(narrowing.types)
        held = f"s.kind = 'portfolio'{f' AND s.type {kinds}' if types else ''}{holds.format('s')}"
        source = from_each("artifacts_collection", "project_id", held, "s.name_key", limit + 1)
        return rows_of(
            f"SELECT {COLLECTION.sql.replace('c.', 't.')} FROM {source} ORDER BY t.last_added_at DESC, t.id DESC "
            f"LIMIT {limit + 1}",
            [listed(ids), *types, *keys],
        )
    facets, values = narrowed(narrowing, "")
    source, chosen = _holders(narrowing, "collection_id", "artifacts_collectiontag")
    return rows_of(
        f"SELECT {COLLECTION.sql} FROM {source} CROSS JOIN artifacts_collection c WHERE c.id = holders.held AND c.kind = 'portfolio' "
        f"AND c.project_id {among()}{facets}{holds.format('c')} LIMIT {4 * (limit + 1)}",
        [*chosen, listed(ids), *values, *keys],
    )


def all_versions(visible: Registries, narrowing: Narrowing, limit: int) -> list[Hit]:
    """The linked versions that bear one of the aliases, or have one of the tags themselves; of a type or registry alone there is no end."""
    if not narrowing.tags and not narrowing.aliases:
        return []
    facets, values = narrowed(narrowing)
    column = "membership_id" if narrowing.aliases else "version_id"
    source, chosen = _holders(narrowing, column, "artifacts_versiontag")
    rows = rows_of(
        f"SELECT {PLACE.sql}, {COLLECTION.sql} FROM {source} CROSS JOIN artifacts_membership m {LIVE} "
        "JOIN artifacts_collection c ON c.id = m.collection_id AND c.kind = 'portfolio' "
        f"WHERE {'m.id' if narrowing.aliases else 'm.version_id'} = holders.held AND c.project_id {among()}{facets} "
        f"LIMIT {4 * (limit + 1)}",
        [*chosen, listed(visible), *values],
    )
    hits: dict[int, Hit] = {}
    for row in rows:
        place = PLACE.made(row)
        place.collection = COLLECTION.made(row, PLACE.size)
        project = place.collection.project = visible[place.collection.project_id]
        rank = (len(hits),)
        hits.setdefault(
            place.pk,
            Hit(Kind.VERSION, str(place), project, place.pk, rank, place.collection, place, moment=place.created_at),
        )
    return list(hits.values())[: limit + 1]


def _holders(narrowing: Narrowing, column: str, tags: str) -> tuple[str, list[object]]:
    """The newest rows that give one of the aliases, else of the tags: what is chosen besides is asked of each.

    They are joined crosswise, so that they are met in this order and no further than is wanted: to sort them again is to read them all.
    """
    table, name = ("artifacts_alias", "name_key") if narrowing.aliases else (tags, "name")
    chosen, values = one_of(narrowing.aliases or narrowing.tags)
    of = f"SELECT id, {column} AS held FROM {table} WHERE {name} {chosen} ORDER BY id DESC LIMIT {MOST_HOLDERS}"
    return f"({of}) holders", values


def _collection(row: Collection, place: int, visible: Registries) -> Hit:
    row.project = visible[row.project_id]
    moment = row.last_added_at or row.created_at
    return Hit(Kind.COLLECTION, row.name, row.project, row.pk, (place,), row, moment=moment)
