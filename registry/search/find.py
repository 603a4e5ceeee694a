"""Finding registries, collections, versions, tags, aliases and files, among what somebody may see.

Everything is bounded: of a kind so many candidates are read, by way of an index, and ranked here. What doesn't fit is said to be more.
"""

from collections.abc import Iterable, Mapping, Sequence

from artifacts.access import Can
from artifacts.actions.search_index import SHORTEST_PART
from artifacts.models import Alias, Project, SearchGram, SearchTerm, User
from artifacts.naming import REGISTRY_PREFIX, key_of
from registry.search.access_sql import registries_statement
from registry.search.hits import (
    Found,
    Hit,
    Kind,
    Narrowing,
    owner_keys,
    ranked,
)
from registry.search.sql import (
    COLLECTION,
    LIVE,
    PLACE,
    PROJECTS,
    Columns,
    Row,
    among,
    contains,
    from_each,
    listed,
    narrowed,
    of_each,
    one_of,
    projects_of,
    rows_of,
    span,
)
from registry.search.versions_and_files import (
    find_files,
    find_versions,
)
from registry.search.without_words import (
    all_collections,
    all_versions,
    collections_that_fit,
)
from registry.search.words import (
    Words,
    read,
)

MOST = 20
CANDIDATES = 60
STALE = 4  # times as many terms are looked at as are wanted, for those that nothing bears any more
NARROWED = 8  # the same where facets leave some of them
MOST_HOLDERS = 10_000
ALIAS = Columns(Alias, "a", "id", "name", "name_key", "created_at")
OF_KIND, RANGE, GRAMS = "s.kind = %s", "s.name_key >= %s AND s.name_key < %s", "s.gram >= %s AND s.gram < %s"
TAG_IS_BORNE = """(
    EXISTS (SELECT 1 FROM (SELECT collection_id FROM artifacts_collectiontag WHERE name = terms.name LIMIT 200) b
        JOIN artifacts_collection c ON c.id = b.collection_id AND c.project_id = terms.project_id)
    OR EXISTS (SELECT 1 FROM (SELECT version_id FROM artifacts_versiontag WHERE name = terms.name LIMIT 200) b
        JOIN artifacts_artifactversion v ON v.id = b.version_id AND v.deleted_at IS NULL
        JOIN artifacts_membership m ON m.version_id = v.id
        JOIN artifacts_collection c ON c.id = m.collection_id AND c.project_id = terms.project_id)
    OR EXISTS (SELECT 1 FROM artifacts_collectiontag WHERE name = terms.name LIMIT 1 OFFSET 200)
    OR EXISTS (SELECT 1 FROM artifacts_versiontag WHERE name = terms.name LIMIT 1 OFFSET 200))"""
EVERYTHING = Narrowing()


def find(
    user: User,
    words: str,
    *,
    most: int = MOST,
    candidates: int = CANDIDATES,
    narrowing: Narrowing = EVERYTHING,
    seen: dict[int, Project] | None = None,
) -> Found:
    """What `words` mean or are a part of: exactly these first, then what begins so, then a word that does, then the others.

    Without words, the collections and versions that facets name, those that got it last first.
    At most `most` of each kind are listed, the best of the first `candidates` that the indexes give. `seen` is what
    `visible_registries` gave for this person, where it was asked already.
    """
    found, asked, limit = Found(most), read(words), max(most, candidates)
    if not asked.key and not narrowing.names_something:
        return found
    seen = visible_registries(user) if seen is None else seen
    left = narrowing.registries
    visible = seen if left is None else {number: row for number, row in seen.items() if number in left}
    if not asked.key:
        if narrowing.takes(Kind.COLLECTION):
            found.add(Kind.COLLECTION, all_collections(visible, narrowing, limit), limit)
        if narrowing.takes(Kind.VERSION):
            found.add(Kind.VERSION, all_versions(visible, narrowing, limit), limit)
        return found
    if narrowing.takes(Kind.REGISTRY):
        found.add(Kind.REGISTRY, _registries(visible.values(), asked), limit)
    if narrowing.takes(Kind.COLLECTION):
        found.add(Kind.COLLECTION, _collections(visible, asked, narrowing, limit), limit)
    if narrowing.takes(Kind.VERSION):
        found.add(Kind.VERSION, find_versions(user, visible, asked, narrowing, limit), limit)
    is_path = bool(asked.places) or asked.reference is not None
    if narrowing.takes(Kind.TAG) and not is_path:
        found.add(Kind.TAG, tags_named(visible, asked.key, narrowing, limit), limit)
    if narrowing.takes(Kind.ALIAS) and not is_path:
        found.add(Kind.ALIAS, aliases_named(visible, asked.key, narrowing, limit), limit)
    if narrowing.takes(Kind.FILE):
        found.add(Kind.FILE, find_files(user, visible, asked, narrowing, limit), limit)
    return found


def visible_registries(user: User) -> dict[int, Project]:
    """The registries that somebody sees, each with its organization."""
    statement, parameters = registries_statement(user, Can.VIEW)
    rows = rows_of(f"{PROJECTS} WHERE p.id IN ({statement})", parameters)
    return {project.pk: project for project in projects_of(rows)}


def _registries(projects: Iterable[Project], asked: Words) -> list[Hit]:
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


def _terms(
    ids: Sequence[int], kind: SearchTerm.Kind, key: str, limit: int, *, stale: int = STALE
) -> tuple[str, list[object]]:
    """A table `terms` of names of one kind: those that begin so, and those that hold it elsewhere.

    Whether anything bears them still, and fits the facets, is asked of a few times as many as are wanted: of 100,000 it takes a second.
    """
    most = stale * (limit + 1)
    begins = from_each("artifacts_searchterm", "project_id", f"{OF_KIND} AND {RANGE}", "s.name_key", most)
    parts = [f"SELECT t.id, t.project_id, t.name, t.name_key, 0 AS inside FROM {begins} ORDER BY 4, 1 LIMIT {most}"]
    parameters: list[object] = [listed(ids), kind.value, *span(key)]
    if len(key) >= SHORTEST_PART:
        held = from_each("artifacts_searchgram", "project_number", f"{OF_KIND} AND {GRAMS}", "s.gram", most)
        whole = f"WHERE {contains('w.name_key')}" if len(key) > SearchGram.LONGEST else ""
        parts.append(
            "SELECT w.id, w.project_id, w.name, w.name_key, 1 AS inside "
            f"FROM {held} JOIN artifacts_searchterm w ON w.id = t.term_id {whole} ORDER BY t.gram, 1 LIMIT {most}"
        )
        parameters += [listed(ids), kind.value, *span(key[: SearchGram.LONGEST]), *([key] if whole else [])]
    union = " UNION ALL ".join(f"SELECT * FROM ({part}) part_{place}" for place, part in enumerate(parts))
    return f"WITH terms AS MATERIALIZED ({union})", parameters


def _once(rows: Iterable[Row], limit: int) -> list[Row]:
    """One row more than are wanted, each once: a name may begin with the words and hold them again."""
    return list({row[0]: row for row in reversed(list(rows))}.values())[::-1][: limit + 1]


def _collections(visible: Mapping[int, Project], asked: Words, narrowing: Narrowing, limit: int) -> list[Hit]:
    """The collections that still bear such names; of those that fit alike, first the ones with more versions."""
    key = asked.key if not asked.places and asked.reference is None else asked.name
    ids = [number for number, project in visible.items() if asked.fits_place(project.name_key, *owner_keys(project))]
    facets, values = narrowed(narrowing, "")
    if asked.reference is not None:
        chosen = f"SELECT {COLLECTION.sql} FROM artifacts_collection c WHERE c.project_id {among()} AND c.name_key = %s"
        rows = rows_of(f"{chosen} AND c.kind = 'portfolio'{facets}", [listed(ids), key, *values])
    else:
        terms, parameters = _terms(ids, SearchTerm.Kind.COLLECTION, key, limit, stale=NARROWED if values else STALE)
        rows = rows_of(
            f"{terms} SELECT {COLLECTION.sql} FROM terms JOIN artifacts_collection c ON c.project_id = terms.project_id "
            f"AND c.name_key = terms.name_key AND c.kind = 'portfolio'{facets} "
            f"ORDER BY terms.inside, terms.name_key, terms.id LIMIT {2 * (limit + 1)}",
            [*parameters, *values],
        )
        if values and len(rows) <= limit:  # few of the first names fit: then from those that fit, which hold the words
            rows += collections_that_fit(ids, narrowing, limit, key)
    hits = []
    for row in map(COLLECTION.made, _once(rows, limit)):
        row.project = visible[row.project_id]
        rank = (ranked(row.name_key, key), -row.version_count, len(row.name_key), row.name_key)
        moment = row.last_added_at or row.created_at
        hits.append(Hit(Kind.COLLECTION, row.name, row.project, row.pk, rank, row, moment=moment))
    return hits


def tags_named(visible: Mapping[int, Project], key: str, narrowing: Narrowing, limit: int) -> list[Hit]:
    """The tags that a collection of the registry, or a version linked there, still has.

    One that more than two hundred bear is taken as borne here too: to look through them for one of this registry has no end.
    """
    terms, parameters = _terms(list(visible), SearchTerm.Kind.TAG, key, limit)
    if narrowing.tags:
        (chosen, values), (keys, more) = one_of(narrowing.tags), one_of({key_of(tag) for tag in narrowing.tags})
        terms = (
            "WITH terms AS MATERIALIZED (SELECT t.id, t.project_id, t.name, t.name_key, 0 AS inside FROM artifacts_searchterm t "
            f"WHERE t.kind = 'tag' AND t.project_id {among()} AND t.name_key {keys} AND t.name {chosen} AND {contains('t.name_key')})"
        )
        parameters = [listed(visible), *more, *values, key]
    rows = rows_of(
        f"{terms} SELECT terms.id, terms.project_id, terms.name, terms.name_key FROM terms WHERE {TAG_IS_BORNE} "
        f"ORDER BY terms.inside, terms.name_key, terms.id LIMIT {2 * (limit + 1)}",
        parameters,
    )
    return [
        Hit(Kind.TAG, name, visible[project], number, (ranked(name_key, key), len(name_key), name_key))
        for number, project, name, name_key in _once(rows, limit)
    ]


def aliases_named(visible: Mapping[int, Project], key: str, narrowing: Narrowing, limit: int) -> list[Hit]:
    """The aliases that versions still hold, those given last first: of each name's last ten thousand holders."""
    ids = listed(visible)
    terms, parameters = _terms(list(visible), SearchTerm.Kind.ALIAS, key, limit)
    facets, values = narrowed(narrowing)
    newest = (
        f"s.id IN (SELECT l.id FROM (SELECT a.id, a.collection_id FROM artifacts_alias a WHERE a.name_key = names.name_key "
        f"ORDER BY a.id DESC LIMIT {MOST_HOLDERS}) l JOIN artifacts_collection k ON k.id = l.collection_id "
        f"AND k.kind = 'portfolio' AND k.project_id {among()} ORDER BY l.id DESC LIMIT {NARROWED * (limit + 1) if values else limit + 1})"
    )
    held = of_each("names", "artifacts_alias", "a", newest)
    rows = rows_of(
        f"{terms}, names AS MATERIALIZED (SELECT DISTINCT name_key FROM terms) "
        f"SELECT {ALIAS.sql}, {PLACE.sql}, {COLLECTION.sql} FROM {held} JOIN artifacts_membership m ON m.id = a.membership_id "
        f"{LIVE} JOIN artifacts_collection c ON c.id = a.collection_id{facets} ORDER BY a.id DESC LIMIT {limit + 1}",
        [*parameters, ids, *values],
    )
    hits = []
    for row in rows:
        alias, place = ALIAS.made(row), PLACE.made(row, ALIAS.size)
        place.collection = COLLECTION.made(row, ALIAS.size + PLACE.size)
        project = place.collection.project = visible[place.collection.project_id]
        rank = (ranked(alias.name_key, key), -alias.pk)
        hits.append(
            Hit(Kind.ALIAS, alias.name, project, alias.pk, rank, place.collection, place, moment=alias.created_at)
        )
    return hits
