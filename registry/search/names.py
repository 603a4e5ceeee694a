"""What has a name that begins with the words or holds them: registries, collections, tags and aliases.

The names that were ever given in a registry are the terms of its index (`artifacts.models.search`). They are never taken out, so
each search asks which of them something still bears.
"""

from collections.abc import Iterable, Mapping, Sequence

from artifacts.actions.search_index import SHORTEST_PART
from artifacts.models import Collection, Project, SearchGram, SearchTerm
from artifacts.naming import REGISTRY_PREFIX, key_of
from registry.search.hits import Hit, Kind, collection_hits, owner_keys, ranked
from registry.search.narrowing import Narrowing, collection_fits, membership_fits
from registry.search.sql import (
    NOTHING,
    Row,
    Statement,
    first_of_each,
    name_pieces,
    rows_for_each,
    rows_of,
    sql,
    union_all,
)
from registry.search.tables import ALIAS, COLLECTION, GRAM, TERM, membership_of
from registry.search.without_words import rows_of_fitting_collections
from registry.search.words import Words

STALE = 4  # times as many terms are looked at as are wanted, for those that nothing bears any more
NARROWED = 8  # times as many, where facets leave only some of what bears them
MOST_HOLDERS = 10_000  # of an alias that are looked through, the newest first
BEARERS = 200  # of a tag that are looked through
name_pieces(
    terms_as="terms(id, project_id, name, name_key, is_inside) AS MATERIALIZED",
    tag_is_borne=f"""(
    EXISTS (SELECT 1 FROM (SELECT {{collection_tag.collection_id}} AS number FROM {{collection_tag}}
            WHERE {{collection_tag.name}} = terms.name LIMIT {BEARERS}) bearer
        JOIN {{collection}} ON {{collection.id}} = bearer.number AND {{collection.project_id}} = terms.project_id)
    OR EXISTS (SELECT 1 FROM (SELECT {{version_tag.version_id}} AS number FROM {{version_tag}}
            WHERE {{version_tag.name}} = terms.name LIMIT {BEARERS}) bearer
        JOIN {{version}} ON {{version.id}} = bearer.number AND {{version.deleted_at}} IS NULL
        JOIN {{membership}} ON {{membership.version_id}} = {{version.id}}
        JOIN {{collection}} ON {{collection.id}} = {{membership.collection_id}}
            AND {{collection.project_id}} = terms.project_id)
    OR EXISTS (SELECT 1 FROM {{collection_tag}} WHERE {{collection_tag.name}} = terms.name LIMIT 1 OFFSET {BEARERS})
    OR EXISTS (SELECT 1 FROM {{version_tag}} WHERE {{version_tag.name}} = terms.name LIMIT 1 OFFSET {BEARERS}))""",
)


def registries_named(projects: Iterable[Project], asked: Words) -> list[Hit]:
    """Registries are few: their names are read here, so that a renamed one is found by its new name only."""
    if asked.reference is not None or len(asked.places) > 1:
        return []
    key = (asked.name if asked.places else asked.key).removeprefix(REGISTRY_PREFIX)
    if not key:
        return []
    fits = str.__contains__ if len(key) >= SHORTEST_PART else str.startswith
    hits = []
    for project in projects:
        title = key_of(project.title)
        if fits(title, key) and (not asked.places or asked.places[0] in owner_keys(project)):
            rank = (ranked(title, key), len(title), title)
            hits.append(Hit(Kind.REGISTRY, project.title, project, project.pk, rank, moment=project.created_at))
    return hits


def collections_named(visible: Mapping[int, Project], asked: Words, narrowing: Narrowing, limit: int) -> list[Hit]:
    """The collections that bear such names; of those that fit alike, first the ones with more versions."""
    key = asked.key if not asked.places and asked.reference is None else asked.name
    ids = [number for number, project in visible.items() if asked.fits_place(project.name_key, *owner_keys(project))]
    fits = collection_fits(narrowing)
    if asked.reference is not None:
        found = sql(
            "SELECT {collection.columns} FROM {collection} WHERE {collection.project_id:among seen} "
            "AND {collection.name_key} = {key} AND {is_portfolio}{fits}",
            seen=ids,
            key=key,
            fits=fits,
        )
        rows = rows_of(found)
    else:
        is_narrowed = fits != NOTHING
        terms = _terms(ids, SearchTerm.Kind.COLLECTION, key, limit, stale=NARROWED if is_narrowed else STALE)
        found = sql(
            "WITH {terms} SELECT {collection.columns} FROM terms JOIN {collection} "
            "ON {collection.project_id} = terms.project_id AND {collection.name_key} = terms.name_key{compared_as_usual} "
            "AND {is_portfolio}{fits} ORDER BY terms.is_inside, terms.name_key, terms.id LIMIT {most}",
            terms=terms,
            fits=fits,
            most=2 * (limit + 1),
        )
        rows = rows_of(found)
        if is_narrowed and len(rows) <= limit:
            # Few of the first names fit the facets: more of what fits them, where the name holds the words.
            rows += rows_of_fitting_collections(ids, narrowing, limit, key)

    def rank(_: int, collection: Collection) -> tuple[int | str, ...]:
        name_key = collection.name_key
        return (ranked(name_key, key), -collection.version_count, len(name_key), name_key)

    return collection_hits(map(COLLECTION.object_of, _without_repeats(rows, limit)), visible, rank)


def tags_named(visible: Mapping[int, Project], key: str, narrowing: Narrowing, limit: int) -> list[Hit]:
    """The tags that a collection of the registry, or a version linked there, still has.

    One that more than two hundred bear is taken as borne here too: to look through them for one of this registry has no end.
    """
    terms = _terms([*visible], SearchTerm.Kind.TAG, key, limit)
    if narrowing.tags:
        terms = _chosen_tags([*visible], key, narrowing.tags)
    borne = sql(
        "WITH {terms} SELECT terms.id, terms.project_id, terms.name, terms.name_key FROM terms WHERE {tag_is_borne} "
        "ORDER BY terms.is_inside, terms.name_key, terms.id LIMIT {most}",
        terms=terms,
        most=2 * (limit + 1),
    )
    return [
        Hit(Kind.TAG, name, visible[project], number, (ranked(name_key, key), len(name_key), name_key))
        for number, project, name, name_key in _without_repeats(rows_of(borne), limit)
    ]


def aliases_named(visible: Mapping[int, Project], key: str, narrowing: Narrowing, limit: int) -> list[Hit]:
    """The aliases that versions still hold, those given last first: of each name's last ten thousand holders."""
    fits = membership_fits(narrowing)
    # Of the newest holders of a name anywhere those in the registries that are seen.
    newest = sql(
        "{first_alias.id} IN (SELECT holder.id FROM (SELECT {alias.id} AS id, {alias.collection_id} AS collection_id "
        "FROM {alias} WHERE {alias.name_key} = names.name_key ORDER BY {alias.id} DESC LIMIT {most_holders}) holder "
        "JOIN {collection} ON {collection.id} = holder.collection_id AND {is_portfolio} "
        "AND {collection.project_id:among seen} ORDER BY holder.id DESC LIMIT {most})",
        most_holders=MOST_HOLDERS,
        seen=visible,
        most=(1 if fits == NOTHING else NARROWED) * (limit + 1),
    )
    held = sql(
        "WITH {terms}, names AS MATERIALIZED (SELECT DISTINCT name_key{compared_as_usual} AS name_key FROM terms) "
        "SELECT {alias.columns}, {of_membership} FROM {held} "
        "JOIN {membership} ON {membership.id} = {alias.membership_id} {its_version} "
        "JOIN {collection} ON {collection.id} = {alias.collection_id}{fits} ORDER BY {alias.id} DESC LIMIT {most}",
        terms=_terms([*visible], SearchTerm.Kind.ALIAS, key, limit),
        held=rows_for_each(sql("names"), ALIAS, newest),
        fits=fits,
        most=limit + 1,
    )
    hits = []
    for row in rows_of(held):
        alias, membership = ALIAS.object_of(row), membership_of(row, ALIAS.width)
        collection = membership.collection
        collection.project = visible[collection.project_id]
        rank = (ranked(alias.name_key, key), -alias.pk)
        moment = alias.created_at
        hits.append(
            Hit(Kind.ALIAS, alias.name, collection.project, alias.pk, rank, collection, membership, moment=moment)
        )
    return hits


def known_keys(visible: Mapping[int, Project], kind: SearchTerm.Kind, names: Iterable[str]) -> set[str]:
    """The keys of those of some names that are, or once were, names of a tag or an alias there."""
    known = sql(
        "SELECT {term.name_key} FROM {term} WHERE {term.name_key:one_of names} AND {term.kind} = {kind} "
        "AND {term.project_id:among seen}",
        names=[*map(key_of, names)],
        kind=kind.value,
        seen=visible,
    )
    return {key for (key,) in rows_of(known)}


def _terms(ids: Sequence[int], kind: SearchTerm.Kind, key: str, limit: int, *, stale: int = STALE) -> Statement:
    """A table `terms` of the names of one kind that begin with the key, and of those that hold it elsewhere (`is_inside`).

    Whether anything bears them still, and fits the facets, is asked of `stale` times as many as are wanted: of 100,000 it
    takes a second.
    """
    most = stale * (limit + 1)
    that_begin = sql("{first_term.kind} = {kind} AND {first_term.name_key:begins key}", kind=kind.value, key=key)
    parts = [
        sql(
            "SELECT {term.id}, {term.project_id}, {term.name}, {term.name_key}, 0 FROM {first} ORDER BY 4, 1 LIMIT {most}",
            first=first_of_each(ids, TERM, "project_id", that_begin, order="name_key", most=most),
            most=most,
        )
    ]
    if len(key) >= SHORTEST_PART:
        gram = key[: SearchGram.LONGEST]
        that_begin = sql("{first_gram.kind} = {kind} AND {first_gram.gram:begins gram}", kind=kind.value, gram=gram)
        # Of a longer key the grams tell only how it begins.
        whole = NOTHING if gram == key else sql(" WHERE {term.name_key:contains key}", key=key)
        parts.append(
            sql(
                "SELECT {term.id}, {term.project_id}, {term.name}, {term.name_key}, 1 FROM {first} "
                "JOIN {term} ON {term.id} = {gram.term_id}{whole} ORDER BY {gram.gram}, 1 LIMIT {most}",
                first=first_of_each(ids, GRAM, "project_number", that_begin, order="gram", most=most),
                whole=whole,
                most=most,
            )
        )
    return sql("{terms_as} ({parts})", parts=union_all(parts))


def _chosen_tags(ids: Iterable[int], key: str, tags: frozenset[str]) -> Statement:
    """The table `terms` of those of some tags that hold the key."""
    return sql(
        "{terms_as} (SELECT {term.id}, {term.project_id}, {term.name}, {term.name_key}, 0 FROM {term} "
        "WHERE {term.kind} = {kind} AND {term.project_id:among seen} AND {term.name_key:one_of keys} "
        "AND {term.name:one_of tags} AND {term.name_key:contains key})",
        kind=SearchTerm.Kind.TAG.value,
        seen=ids,
        keys={key_of(tag) for tag in tags},
        tags=tags,
        key=key,
    )


def _without_repeats(rows: Sequence[Row], limit: int) -> list[Row]:
    """One row more than are wanted, each once: a name may begin with the words and hold them again."""
    return list({row[0]: row for row in reversed(rows)}.values())[::-1][: limit + 1]
