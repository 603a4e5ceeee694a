"""Versions that a path with a colon names (`detectors:v3`, `team/project/name:latest`), or a digest: each as a membership."""

from collections.abc import Mapping

from artifacts.access import Can
from artifacts.models import Membership, Project, User
from artifacts.naming import key_of
from registry.search.access_sql import ordinary_statement
from registry.search.hits import Hit, owner_keys, version_hit
from registry.search.narrowing import Narrowing, membership_fits
from registry.search.sql import NOTHING, Statement, rows_for_each, rows_of, sql
from registry.search.tables import COLLECTION, MEMBERSHIP, membership_of, projects_of
from registry.search.words import Words

NEWEST = 5  # of a collection, where nothing stands behind the colon yet
MOST_COPIES = 2_000  # of the same content that are looked through for one that is linked where it may be seen


def find_versions(
    user: User, visible: Mapping[int, Project], asked: Words, narrowing: Narrowing, limit: int
) -> list[Hit]:
    """The versions that a path with a colon, or a digest, names: linked ones, and those in projects that somebody sees."""
    found: list[Membership] = []
    many = limit + 1 if asked.reference else NEWEST
    if asked.reference is not None:
        found += _linked(visible, asked, narrowing, many)
    if narrowing.registries is None and asked.places and asked.name:
        found += _logged(user, asked, narrowing, many)
    if asked.digest:
        found += _of_digest(user, visible, asked.digest, narrowing, limit + 1)
    hits = []
    for membership in {membership.pk: membership for membership in found}.values():
        collection = membership.collection
        collection.project = visible.get(collection.project_id, collection.project)
        # What is published before the rest, the newest link first.
        hits.append(version_hit(membership, rank=(0 if collection.is_portfolio else 1, -membership.pk)))
    return hits


def _linked(visible: Mapping[int, Project], asked: Words, narrowing: Narrowing, many: int) -> list[Membership]:
    """The links in collections of exactly this name, in the registry that is named if one is."""
    ids = [number for number, project in visible.items() if asked.fits_place(project.name_key, *owner_keys(project))]
    return _referred(asked, sql("{is_portfolio} AND {collection.project_id:among seen}", seen=ids), narrowing, many)


def _logged(user: User, asked: Words, narrowing: Narrowing, many: int) -> list[Membership]:
    """The versions of `team/project/name`, or of `project/name` in any team, where somebody sees the project."""
    owner = sql(" AND {entity.name_key} = {name}", name=asked.places[-2]) if len(asked.places) > 1 else NOTHING
    seen = sql(
        "{is_sequence} AND {project.name_key} = {name}{owner} AND {collection.project_id} IN ({seen})",
        name=asked.places[-1],
        owner=owner,
        seen=ordinary_statement(user, Can.VIEW),
    )
    return _referred(asked, seen, narrowing, many)


def _referred(asked: Words, seen: Statement, narrowing: Narrowing, many: int) -> list[Membership]:
    """What the words after the colon mean in collections of the name: a number, an alias or its beginning; without any, all."""
    return _memberships_of(
        sql(
            "SELECT {of_membership}, {of_project} FROM {source} {its_version} {its_project} {its_owner} "
            "WHERE {collection.name_key} = {name} AND {seen}{fits} ORDER BY {membership.id} DESC LIMIT {many}",
            source=_referred_memberships(asked, many),
            name=asked.name,
            seen=seen,
            fits=membership_fits(narrowing),
            many=many,
        )
    )


def _referred_memberships(asked: Words, many: int) -> Statement:
    """Collections joined with the memberships in each that are meant.

    Aliases lead to their memberships, not the other way: a collection may have 100,000 versions, and few of them bear one.
    """
    if asked.index is not None:
        its_number = "{membership.collection_id} = {collection.id} AND {membership.index} = {index}"
        return sql(f"{{collection}} JOIN {{membership}} ON {its_number}", index=asked.index)
    if key := key_of(asked.reference or ""):
        return sql(
            "{collection} JOIN {alias} ON {alias.collection_id} = {collection.id} AND {alias.name_key:begins key} "
            "JOIN {membership} ON {membership.id} = {alias.membership_id}",
            key=key,
        )
    newest = "{first_membership.collection_id} = {collection.id} ORDER BY {first_membership.index} DESC LIMIT {many}"
    return rows_for_each(sql("{collection}"), MEMBERSHIP, sql(newest, many=many))


def _of_digest(
    user: User, visible: Mapping[int, Project], digest: str, narrowing: Narrowing, many: int
) -> list[Membership]:
    """The memberships of the newest versions whose digest begins so."""
    seen = sql("{is_portfolio} AND {collection.project_id:among seen}", seen=visible)
    if narrowing.registries is None:
        logged = ordinary_statement(user, Can.VIEW)
        seen = sql("({seen} OR {collection.project_id} IN ({logged}))", seen=seen, logged=logged)
    return _memberships_of(
        sql(
            "WITH copies(id) AS MATERIALIZED (SELECT {version.id} FROM {version} WHERE {version.digest:begins digest} "
            "AND {version.deleted_at} IS NULL ORDER BY {version.id} DESC LIMIT {most}) "
            "SELECT {of_membership}, {of_project} FROM copies JOIN {membership} ON {membership.version_id} = copies.id "
            "{its_collection} {its_project} {its_owner} WHERE {seen}{fits} ORDER BY {membership.id} DESC LIMIT {many}",
            digest=digest,
            most=MOST_COPIES,
            seen=seen,
            fits=membership_fits(narrowing),
            many=many,
        )
    )


def _memberships_of(statement: Statement) -> list[Membership]:
    """The memberships, with their collections and projects, of a statement that selects both."""
    rows = rows_of(statement)
    found = []
    for row, project in zip(rows, projects_of(rows, MEMBERSHIP.width + COLLECTION.width), strict=True):
        membership = membership_of(row)
        membership.collection.project = project
        found.append(membership)
    return found
