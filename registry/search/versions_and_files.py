"""Versions by their path or digest, and files by their name or digest: what is found is a place, a membership."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from artifacts.access import Can
from artifacts.actions.search_index import (
    LONGEST_PART,
    SHORTEST_PART,
    file_key,
)
from artifacts.models import Membership, Project, User
from artifacts.naming import key_of
from registry.search.access_sql import (
    ordinary_statement,
    registries_statement,
)
from registry.search.hits import (
    Hit,
    Kind,
    Narrowing,
    owner_keys,
    ranked,
)
from registry.search.sql import (
    COLLECTION,
    ENTITY,
    LIVE,
    ORGANIZATION,
    OWNED,
    PLACE,
    PROJECT,
    Row,
    among,
    contains,
    from_each,
    labelled,
    listed,
    narrowed,
    of_each,
    projects_of,
    rows_of,
    span,
)
from registry.search.words import Words

NEWEST = 5
MOST_COPIES = 2_000  # of the same content that are looked through for one that is linked where it may be seen
STALE = 4  # times as many names of files are looked at as are wanted, for those that no version has any more
type Registries = Mapping[int, Project]
type Files = dict[
    tuple[int, str], tuple[int, str, Membership]
]  # by collection and path: a row's number, the path, the place
PLACES = f"SELECT {PLACE.sql}, {COLLECTION.sql}, {PROJECT.sql}, {ENTITY.sql}, {ORGANIZATION.sql}"
IN_ITS_PROJECT = f"JOIN {OWNED.replace(' p ', ' p ON p.id = c.project_id ', 1)}"
FILE_IS_THERE = "SELECT 1 FROM artifacts_manifestentry i WHERE i.version_id = h.version_id AND i.path = files.path"
LINKED = f"JOIN artifacts_collection c ON c.id = m.collection_id AND c.kind = 'portfolio' AND c.project_id {among()}"


def find_versions(user: User, visible: Registries, asked: Words, narrowing: Narrowing, limit: int) -> list[Hit]:
    """The versions that a path with a colon, or a digest, names: linked ones, and those in projects that somebody sees."""
    found: list[Membership] = []
    many = limit + 1 if asked.reference else NEWEST
    if asked.reference is not None:
        found += _linked(visible, asked, narrowing, many)
    if narrowing.registries is None and asked.places and asked.name:
        found += _logged(user, asked, narrowing, many)
    if asked.digest:
        found += _of_digest(user, visible, asked.digest, narrowing, limit + 1)
    return [_version(place, visible) for place in {place.pk: place for place in found}.values()]


def _version(place: Membership, visible: Registries) -> Hit:
    collection = place.collection
    collection.project = visible.get(collection.project_id, collection.project)
    # What is published before the rest, the newest link first.
    rank = (0 if collection.is_portfolio else 1, -place.pk)
    return Hit(Kind.VERSION, str(place), collection.project, place.pk, rank, collection, place, moment=place.created_at)


def _places(rows: Iterable[Row]) -> list[Membership]:
    """The places of rows of `PLACES`."""
    several = list(rows)
    start = PLACE.size + COLLECTION.size
    found = []
    for row, project in zip(several, projects_of(row[start:] for row in several), strict=True):
        place = PLACE.made(row)
        place.collection = COLLECTION.made(row, PLACE.size)
        place.collection.project = project
        found.append(place)
    return found


def _referred(
    asked: Words, condition: str, values: Sequence[object], narrowing: Narrowing, many: int
) -> list[Membership]:
    """The places, in collections `c` of the name, that the words after the colon mean: a number, an alias or its beginning.

    With nothing behind the colon yet, all of them.

    Aliases lead to their places, not the other way: a collection may have 100,000 versions, and few of them bear one.
    """
    key = key_of(asked.reference or "")
    facets, chosen = narrowed(narrowing)
    parameters: list[object] = []
    if asked.index is not None:
        source = 'artifacts_collection c JOIN artifacts_membership m ON m.collection_id = c.id AND m."index" = %s'
        parameters = [asked.index]
    elif key:
        source = (
            "artifacts_collection c JOIN artifacts_alias a ON a.collection_id = c.id "
            "AND a.name_key >= %s AND a.name_key < %s JOIN artifacts_membership m ON m.id = a.membership_id"
        )
        parameters = [*span(key)]
    else:
        newest = f's.collection_id = c.id ORDER BY s."index" DESC LIMIT {many}'
        source = of_each("artifacts_collection c", "artifacts_membership", "m", newest)
    return _places(
        rows_of(
            f"{PLACES} FROM {source} {LIVE} {IN_ITS_PROJECT} "
            f"WHERE c.name_key = %s AND {condition}{facets} ORDER BY m.id DESC LIMIT {many}",
            [*parameters, asked.name, *values, *chosen],
        )
    )


def _linked(visible: Registries, asked: Words, narrowing: Narrowing, many: int) -> list[Membership]:
    """The links in collections of exactly this name, in the registry that is named if one is."""
    ids = [number for number, project in visible.items() if asked.fits_place(project.name_key, *owner_keys(project))]
    return _referred(asked, f"c.kind = 'portfolio' AND c.project_id {among()}", [listed(ids)], narrowing, many)


def _logged(user: User, asked: Words, narrowing: Narrowing, many: int) -> list[Membership]:
    """The versions of `team/project/name`, or of `project/name` in any team, where somebody sees the project."""
    seen, values = ordinary_statement(user, Can.VIEW)
    owner = " AND e.name_key = %s" if len(asked.places) > 1 else ""
    condition = f"c.kind = 'sequence' AND p.name_key = %s{owner} AND c.project_id IN ({seen})"
    named = [asked.places[-1], *([asked.places[-2]] if owner else [])]
    return _referred(asked, condition, [*named, *values], narrowing, many)


def _of_digest(user: User, visible: Registries, digest: str, narrowing: Narrowing, many: int) -> list[Membership]:
    """The places of the newest versions whose digest begins so."""
    facets, chosen = narrowed(narrowing)
    seen, values = f"c.kind = 'portfolio' AND c.project_id {among()}", [listed(visible)]
    if narrowing.registries is None:
        logged, more = ordinary_statement(user, Can.VIEW)
        seen, values = f"({seen} OR c.project_id IN ({logged}))", [*values, *more]
    return _places(
        rows_of(
            "WITH copies AS MATERIALIZED (SELECT v.id FROM artifacts_artifactversion v WHERE v.digest >= %s AND v.digest < %s "
            f"AND v.deleted_at IS NULL ORDER BY v.id DESC LIMIT {MOST_COPIES}) {PLACES} FROM copies JOIN artifacts_membership m "
            f"ON m.version_id = copies.id JOIN artifacts_collection c ON c.id = m.collection_id {IN_ITS_PROJECT} "
            f"WHERE {seen}{facets} ORDER BY m.id DESC LIMIT {many}",
            [*span(digest), *values, *chosen],
        )
    )


def find_files(user: User, visible: Registries, asked: Words, narrowing: Narrowing, limit: int) -> list[Hit]:
    """The files of this name, whose name or a word in it begins so, one for each collection; or those with exactly this digest.

    Only in registries whose files may be read: a name or a digest there is as good as the file's own page.
    """
    key = file_key(asked.text) if asked.reference is None else ""
    if not key and not asked.md5:
        return []
    may, values = registries_statement(user, Can.DOWNLOAD)
    ids = [number for (number,) in rows_of(f"SELECT p.id FROM artifacts_project p WHERE p.id IN ({may})", values)]
    ids = [number for number in ids if number in visible]
    found: Files = {}
    if key and ids:
        found |= _of_name(ids, asked.text, key, narrowing, limit)
    if asked.md5 and ids:
        found |= _of_bytes(ids, asked.md5, narrowing, limit)
    return [_file(row, path, place, visible, key) for row, path, place in found.values()]


def _of_name(ids: list[int], text: str, key: str, narrowing: Narrowing, limit: int) -> Files:
    """Exactly of this name, then those whose name begins so, then those that hold a word which does.

    A path with a slash is tried whole, and as a part of the paths under which its last part was first met. An address with a
    scheme has to be a part of a reference's.
    """
    most = STALE * (limit + 1)
    is_address = "://" in text
    is_long = len(key) >= SHORTEST_PART
    named = ("s.name_key >= %s AND s.name_key < %s", span(key)) if is_long else ("s.name_key = %s", (key,))
    within = from_each("artifacts_linkedfile", "project_number", named[0], "s.name_key", most)
    asked = [(f"SELECT t.id, t.collection_id, t.path FROM {within}", [listed(ids), *named[1]])]
    if "/" in text and not is_address:
        parts = from_each(
            "artifacts_linkedfile", "project_number", f"{named[0]} AND {contains('LOWER(s.path)')}", "s.name_key", most
        )
        exact = from_each("artifacts_linkedfile", "project_number", "s.name_key = %s", "s.id", most)
        asked = [
            (f"SELECT t.id, t.collection_id, t.path FROM {parts}", [listed(ids), *named[1], text.lower()]),
            (f"SELECT t.id, t.collection_id, CAST(%s AS varchar) AS path FROM {exact}", [text, listed(ids), key]),
        ]
    elif is_long:
        inside = from_each("artifacts_linkedfilepart", "project_number", "s.part >= %s AND s.part < %s", "s.part", most)
        span_of_part = span(key_of(key)[:LONGEST_PART])
        asked.append((f"SELECT -t.id AS id, t.collection_id, t.path FROM {inside}", [listed(ids), *span_of_part]))
    return _with_places(asked, text if is_address else "", narrowing, limit)


def _with_places(asked: Sequence[tuple[str, list[object]]], address: str, narrowing: Narrowing, limit: int) -> Files:
    """Names with the newest version of their collection that still has a file there. Not in order: that would read all that fit."""
    most = STALE * (limit + 1)
    union = " UNION ALL ".join(f"SELECT * FROM ({one} LIMIT {most}) part_{n}" for n, (one, _) in enumerate(asked))
    labels, values = labelled(narrowing, "h")
    refers = f" AND {contains('i.ref')}" if address else ""
    facets, chosen = narrowed(replace(narrowing, tags=frozenset(), aliases=frozenset()))
    rows = rows_of(
        f"WITH files AS MATERIALIZED ({union}) SELECT files.id, files.path, {PLACE.sql}, {COLLECTION.sql} "
        f"FROM files JOIN artifacts_collection c ON c.id = files.collection_id JOIN artifacts_membership m ON m.id = ("
        "SELECT h.id FROM artifacts_membership h JOIN artifacts_artifactversion v ON v.id = h.version_id "
        f"AND v.deleted_at IS NULL WHERE h.collection_id = files.collection_id AND EXISTS ({FILE_IS_THERE}{refers}){labels} "
        f'ORDER BY h."index" DESC LIMIT 1) WHERE 1 = 1{facets} LIMIT {len(asked) * (limit + 1)}',
        [*(value for _, values_of in asked for value in values_of), *([address] if address else []), *values, *chosen],
    )
    found: Files = {}
    for row in rows:
        place = _place(row, 2)
        found.setdefault((place.collection_id, row[1]), (row[0], row[1], place))
    return dict(islice(found.items(), limit + 1))


def _place(row: Row, start: int) -> Membership:
    """A place and its collection, whose registry is known."""
    place = PLACE.made(row, start)
    place.collection = COLLECTION.made(row, start + PLACE.size)
    return place


def _of_bytes(ids: list[int], md5: str, narrowing: Narrowing, limit: int) -> Files:
    """The places of stored bytes. A reference has no bytes here; it is found by its name, its address or its digest."""
    entries = rows_of(
        "SELECT i.id, i.version_id, i.path FROM artifacts_manifestentry i WHERE i.blob_id IN "
        f"(SELECT b.id FROM artifacts_blob b WHERE b.digest = %s) ORDER BY i.id DESC LIMIT {MOST_COPIES}",
        [md5],
    )
    paths: dict[int, list[tuple[int, str]]] = {}
    for number, version, path in entries:
        paths.setdefault(version, []).append((number, path))
    if not paths:
        return {}
    facets, chosen = narrowed(narrowing)
    rows = rows_of(
        f"SELECT {PLACE.sql}, {COLLECTION.sql} FROM artifacts_membership m {LIVE} {LINKED} "
        f"WHERE m.version_id {among()}{facets} ORDER BY m.id DESC LIMIT {limit + 1}",
        [listed(ids), listed(paths), *chosen],
    )
    found: Files = {}
    for place in (_place(row, 0) for row in rows):  # the newest version of a collection is the one to show
        for number, path in paths[place.version_id]:
            found.setdefault((place.collection_id, path), (number, path, place))
    return found


def _file(row: int, path: str, place: Membership, visible: Registries, key: str) -> Hit:
    name = file_key(path)
    collection = place.collection
    collection.project = visible[collection.project_id]
    rank = (ranked(name, key) if key in name else 4, -place.pk, path)
    return Hit(Kind.FILE, path, collection.project, row, rank, collection, place, path, place.created_at)
