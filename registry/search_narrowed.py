"""What facets name by themselves, without words: the collections and versions of a tag, an alias, a type or a registry."""

from collections.abc import Mapping

from artifacts.models import Collection, Project
from registry.search_hits import Hit, Kind, Narrowing
from registry.search_statements import (
    COLLECTION,
    LIVE,
    PLACE,
    among,
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
    facets, values = narrowed(narrowing, "")
    if narrowing.tags or narrowing.aliases:
        source, chosen = _holders(narrowing, "collection_id", "artifacts_collectiontag")
        order = "holders.id DESC"
    else:
        kinds, types = one_of(narrowing.types) if narrowing.types else ("", [])
        held = f"s.kind = 'portfolio' AND s.type {kinds}" if types else "s.kind = 'portfolio'"
        source = from_each("artifacts_collection", "project_id", held, "s.name_key", limit + 1)
        rows = rows_of(
            f"SELECT {COLLECTION.sql.replace('c.', 't.')} FROM {source} ORDER BY t.last_added_at DESC, t.id DESC "
            f"LIMIT {limit + 1}",
            [listed(visible), *types],
        )
        return [_collection(COLLECTION.made(row), place, visible) for place, row in enumerate(rows)]
    rows = rows_of(
        f"SELECT {COLLECTION.sql} FROM {source} JOIN artifacts_collection c ON c.id = holders.held AND c.kind = 'portfolio' "
        f"AND c.project_id {among()} WHERE 1 = 1{facets} ORDER BY {order} LIMIT {4 * (limit + 1)}",
        [*chosen, listed(visible), *values],
    )
    once = list({row[0]: row for row in rows}.values())[: limit + 1]
    return [_collection(COLLECTION.made(row), place, visible) for place, row in enumerate(once)]


def all_versions(visible: Registries, narrowing: Narrowing, limit: int) -> list[Hit]:
    """The linked versions that bear one of the aliases, or have one of the tags themselves; of a type or registry alone there is no end."""
    if not narrowing.tags and not narrowing.aliases:
        return []
    facets, values = narrowed(narrowing)
    column = "membership_id" if narrowing.aliases else "version_id"
    source, chosen = _holders(narrowing, column, "artifacts_versiontag")
    rows = rows_of(
        f"SELECT {PLACE.sql}, {COLLECTION.sql} FROM {source} JOIN artifacts_membership m "
        f"ON {'m.id' if narrowing.aliases else 'm.version_id'} = holders.held {LIVE} JOIN artifacts_collection c "
        f"ON c.id = m.collection_id AND c.kind = 'portfolio' AND c.project_id {among()} WHERE 1 = 1{facets} "
        f"ORDER BY holders.id DESC LIMIT {4 * (limit + 1)}",
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
    """The newest rows that give one of the aliases, else of the tags: what is chosen besides is asked of each."""
    table, name = ("artifacts_alias", "name_key") if narrowing.aliases else (tags, "name")
    chosen, values = one_of(narrowing.aliases or narrowing.tags)
    of = f"SELECT id, {column} AS held FROM {table} WHERE {name} {chosen} ORDER BY id DESC LIMIT {MOST_HOLDERS}"
    return f"({of}) holders", values


def _collection(row: Collection, place: int, visible: Registries) -> Hit:
    row.project = visible[row.project_id]
    moment = row.last_added_at or row.created_at
    return Hit(Kind.COLLECTION, row.name, row.project, row.pk, (place,), row, moment=moment)
