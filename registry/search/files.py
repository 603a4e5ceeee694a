"""Files of linked versions, by their name or digest: each as the newest version of a collection that has it, and its path there."""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from artifacts.access import Can
from artifacts.actions.search_index import LONGEST_PART, SHORTEST_PART, file_key
from artifacts.models import Membership, Project, User
from artifacts.naming import key_of
from registry.search.access_sql import registries_statement
from registry.search.hits import Hit, Kind, ranked
from registry.search.narrowing import Narrowing, labels_fit, membership_fits, type_fits
from registry.search.sql import NOTHING, Statement, first_of_each, rows_of, sql, union_all
from registry.search.tables import LINKED_FILE, LINKED_FILE_PART, membership_of
from registry.search.words import Words

MOST_COPIES = 2_000  # of the same content that are looked through for one that is linked where it may be seen
STALE = 4  # times as many names of files are looked at as are wanted, for those that no version has any more


class FoundFile(NamedTuple):
    """A file of a linked version; `number` is its row's, which makes the order unique."""

    number: int
    path: str
    membership: Membership


type Files = dict[tuple[int, str], FoundFile]  # by collection and path


def find_files(user: User, visible: Mapping[int, Project], asked: Words, narrowing: Narrowing, limit: int) -> list[Hit]:
    """The files of this name, whose name or a word in it begins so, one for each collection; or those with exactly this digest.

    Only in registries whose files may be read: a name or a digest there is as good as the file's own page.
    """
    key = file_key(asked.text) if asked.reference is None else ""
    if not key and not asked.md5:
        return []
    may = registries_statement(user, Can.DOWNLOAD)
    readable = sql("SELECT {project.id} FROM {project} WHERE {project.id} IN ({may})", may=may)
    ids = [number for (number,) in rows_of(readable) if number in visible]
    found: Files = {}
    if key and ids:
        found |= _of_name(ids, asked.text, key, narrowing, limit)
    if asked.md5 and ids:
        found |= _of_bytes(ids, asked.md5, narrowing, limit)
    return [_hit(file, visible, key) for file in found.values()]


def _of_name(ids: list[int], text: str, key: str, narrowing: Narrowing, limit: int) -> Files:
    """Exactly of this name, then those whose name begins so, then those that hold a word which does.

    A path with a slash is tried whole, and as a part of the paths under which its last part was first met. An address with a
    scheme has to be a part of a reference's.
    """
    most = STALE * (limit + 1)
    is_address = "://" in text
    is_long = len(key) >= SHORTEST_PART
    is_named = sql("{first_linked_file.name_key} = {key}", key=key)
    begins_so = sql("{first_linked_file.name_key:begins key}", key=key) if is_long else is_named
    if "/" in text and not is_address:
        in_path = sql(" AND {first_linked_file.path:contains_lowered text}", text=text)
        files = [
            _linked_files(ids, begins_so + in_path, "name_key", most),
            _linked_files(ids, is_named, "id", most, path=sql("CAST({text} AS varchar)", text=text)),
        ]
    else:
        files = [_linked_files(ids, begins_so, "name_key", most)]
        if is_long:
            word = sql("{first_linked_file_part.part:begins key}", key=key_of(key)[:LONGEST_PART])
            first = first_of_each(ids, LINKED_FILE_PART, "project_number", word, order="part", most=most)
            # Numbered downwards: a file that is found by its name and by a word in it is two rows.
            columns = "-{linked_file_part.id}, {linked_file_part.collection_id}, {linked_file_part.path}"
            files.append(sql(f"SELECT {columns} FROM {{first}} LIMIT {{most}}", first=first, most=most))
    return _in_newest_versions(files, text if is_address else "", narrowing, limit)


def _linked_files(
    ids: list[int], condition: Statement, order: str, most: int, *, path: Statement | None = None
) -> Statement:
    """The first names of files in each registry that fit, with the path where each was first met, or another path to try."""
    return sql(
        "SELECT {linked_file.id}, {linked_file.collection_id}, {path} FROM {first} LIMIT {most}",
        path=sql("{linked_file.path}") if path is None else path,
        first=first_of_each(ids, LINKED_FILE, "project_number", condition, order=order, most=most),
        most=most,
    )


def _in_newest_versions(files: Sequence[Statement], address: str, narrowing: Narrowing, limit: int) -> Files:
    """Files with the newest version of their collection that still has one at this path. Not in order: that would read all that fit."""
    newest = sql(
        "SELECT {first_membership.id} FROM {first_membership} "
        "JOIN {version} ON {version.id} = {first_membership.version_id} AND {version.deleted_at} IS NULL "
        "WHERE {first_membership.collection_id} = files.collection_id AND EXISTS (SELECT 1 FROM {entry} "
        "WHERE {entry.version_id} = {first_membership.version_id} AND {entry.path} = files.path{refers}){labels_fit} "
        "ORDER BY {first_membership.index} DESC LIMIT 1",
        refers=sql(" AND {entry.ref:contains address}", address=address) if address else NOTHING,
        labels_fit=labels_fit(narrowing, "first_membership"),
    )
    placed = sql(
        "WITH files(id, collection_id, path) AS MATERIALIZED ({files}) SELECT files.id, files.path, {of_membership} "
        "FROM files JOIN {collection} ON {collection.id} = files.collection_id "
        "JOIN {membership} ON {membership.id} = ({newest}) WHERE 1 = 1{type_fits} LIMIT {most}",
        files=union_all(files),
        newest=newest,
        type_fits=type_fits(narrowing),
        most=len(files) * (limit + 1),
    )
    found: Files = {}
    for row in rows_of(placed):
        number, path, membership = row[0], row[1], membership_of(row, 2)
        found.setdefault((membership.collection_id, path), FoundFile(number, path, membership))
    return dict(islice(found.items(), limit + 1))


def _of_bytes(ids: list[int], md5: str, narrowing: Narrowing, limit: int) -> Files:
    """The places of stored bytes. A reference has no bytes here; it is found by its name, its address or its digest."""
    entries = sql(
        "SELECT {entry.id}, {entry.version_id}, {entry.path} FROM {entry} WHERE {entry.blob_id} IN "
        "(SELECT {blob.id} FROM {blob} WHERE {blob.digest} = {md5}) ORDER BY {entry.id} DESC LIMIT {most}",
        md5=md5,
        most=MOST_COPIES,
    )
    paths: dict[int, list[tuple[int, str]]] = {}
    for number, version, path in rows_of(entries):
        paths.setdefault(version, []).append((number, path))
    if not paths:
        return {}
    linked = sql(
        "SELECT {of_membership} FROM {membership} {its_version} {its_collection} AND {is_portfolio} "
        "AND {collection.project_id:among seen} WHERE {membership.version_id:among versions}{fits} "
        "ORDER BY {membership.id} DESC LIMIT {most}",
        seen=ids,
        versions=paths,
        fits=membership_fits(narrowing),
        most=limit + 1,
    )
    found: Files = {}
    for membership in map(membership_of, rows_of(linked)):  # the newest version of a collection is the one to show
        for number, path in paths[membership.version_id]:
            found.setdefault((membership.collection_id, path), FoundFile(number, path, membership))
    return found


def _hit(file: FoundFile, visible: Mapping[int, Project], key: str) -> Hit:
    name = file_key(file.path)
    membership, collection = file.membership, file.membership.collection
    collection.project = visible[collection.project_id]
    rank = (ranked(name, key) if key in name else 4, -membership.pk, file.path)
    number, moment = file.number, membership.created_at
    return Hit(Kind.FILE, file.path, collection.project, number, rank, collection, membership, file.path, moment)
