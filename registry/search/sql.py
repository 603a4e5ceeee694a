"""Pieces of the statements by which search reads rows: written out, since composing a dozen queries anew costs more than to ask them.

Every list begins at `from_each`: a few rows of each registry from the start of a range of an index, so that what is read depends on how
many are wanted, and not on how many there are.
"""

import json
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

from django.db import connection, models
from django.db.models import Model
from django.db.models.base import ModelState

from artifacts.models import ArtifactVersion, Collection, Entity, Membership, Organization, Project
from artifacts.models.search import LAST_CHARACTER
from registry.search.hits import Narrowing

type Row = tuple[Any, ...]


class Columns[M: Model]:
    """Some columns of a model under an alias of its table: what stands in a statement, and the object that they make."""

    def __init__(self, model: type[M], alias: str, *names: str) -> None:
        self.fields: list[models.Field[Any, Any]] = [model._meta.get_field(name) for name in names]  # type: ignore[misc]
        self.model, self.alias = model, alias
        self.attributes = [field.attname for field in self.fields]
        self.sql = ", ".join(f"{alias}.{connection.ops.quote_name(str(field.column))}" for field in self.fields)
        self.size = len(self.fields)

    @cached_property
    def converters(self) -> list[tuple[int, Any, Any]]:
        """What a database hands over in a form of its own, such as SQLite's moments; asked once."""
        found = []
        for place, field in enumerate(self.fields):
            column = field.get_col(self.alias)
            found += [(place, turn, column) for turn in connection.ops.get_db_converters(column)]
        return found

    def made(self, row: Row, start: int = 0) -> M:
        """The object of a row, as `from_db` makes it; what wasn't read is deferred.

        `from_db` walks over every field of the model, which took most of the time of a search that ranks five hundred.
        """
        values = list(row[start : start + self.size])
        for place, turn, column in self.converters:
            values[place] = turn(values[place], column, connection)
        made = self.model.__new__(self.model)
        made._state = ModelState()
        made._state.adding, made._state.db = False, connection.alias
        made.__dict__.update(zip(self.attributes, values, strict=True))
        return made


COLLECTION = Columns(
    Collection, "c", "id", "project", "kind", "type", "name", "name_key", "version_count", "created_at", "last_added_at"
)
PLACE = Columns(
    Membership, "m", "id", "collection", "version", "index", "created_at", "deprecated_at", "deprecation", "successor"
)
PROJECT = Columns(
    Project, "p", "id", "entity", "name", "name_key", "kind", "visibility", "description", "created_at"
)  # fmt: skip
ENTITY = Columns(Entity, "e", "id", "name", "name_key", "kind", "organization", "user")
ORGANIZATION = Columns(Organization, "o", "id", "name", "name_key")
OWNED = "artifacts_project p JOIN artifacts_entity e ON e.id = p.entity_id LEFT JOIN artifacts_organization o ON o.id = e.organization_id"
PROJECTS = f"SELECT {PROJECT.sql}, {ENTITY.sql}, {ORGANIZATION.sql} FROM {OWNED}"
LIVE = f"JOIN {ArtifactVersion._meta.db_table} v ON v.id = m.version_id AND v.deleted_at IS NULL"


def rows_of(statement: str, parameters: Iterable[object]) -> list[Row]:
    """The rows that a statement gives."""
    with connection.cursor() as cursor:
        cursor.execute(statement, list(parameters))  # type: ignore[arg-type]
        return list(cursor.fetchall())


def projects_of(rows: Iterable[Row]) -> list[Project]:
    """The projects of rows of `PROJECTS`; those of one owner share it."""
    entities: dict[int, Entity] = {}
    found = []
    for row in rows:
        project = PROJECT.made(row)
        if project.entity_id not in entities:
            entity = entities[project.entity_id] = ENTITY.made(row, PROJECT.size)
            start = PROJECT.size + ENTITY.size
            entity.organization = ORGANIZATION.made(row, start) if row[start] is not None else None
        project.entity = entities[project.entity_id]
        found.append(project)
    return found


def listed(values: Iterable[object]) -> object:
    """Values as the one parameter of `among` or `from_each`."""
    several = list(values)
    return several if connection.vendor == "postgresql" else json.dumps(several)


def among(kind: str = "bigint") -> str:
    """The condition that a column is one of the values of a parameter."""
    return f"= ANY(%s::{kind}[])" if connection.vendor == "postgresql" else "IN (SELECT value FROM json_each(%s))"


def each_value() -> str:
    """The numbers of a parameter as a table `each`."""
    return "unnest(%s::bigint[]) AS each(value)" if connection.vendor == "postgresql" else "json_each(%s) each"


def of_each(source: str, table: str, alias: str, condition: str) -> str:
    """For each row of a source the rows `s` of a table that a condition gives, with its order and its limit."""
    chosen = f"SELECT s.id FROM {table} s WHERE {condition}"
    if connection.vendor == "postgresql":
        return f"{source} CROSS JOIN LATERAL ({chosen}) {alias}_row JOIN {table} {alias} ON {alias}.id = {alias}_row.id"
    return f"{source} JOIN {table} {alias} ON {alias}.id IN ({chosen})"


def from_each(table: str, project: str, condition: str, order: str, most: int) -> str:
    """Of each registry of a parameter the first rows `t` of a range, by an index that begins with the registry."""
    source = each_value()
    wanted = f"s.{project} = each.value AND {condition} ORDER BY {order} LIMIT {most}"
    return of_each(source, table, "t", wanted)


def contains(column: str) -> str:
    """The condition that a column holds a parameter somewhere, letter for letter."""
    return f"{'strpos' if connection.vendor == 'postgresql' else 'instr'}({column}, %s) > 0"


def span(key: str) -> Sequence[str]:
    """The parameters of a range of what begins with a key: `>= %s AND < %s`."""
    return (key, key + LAST_CHARACTER)


def one_of(values: Iterable[str]) -> tuple[str, list[object]]:
    """A few values written out, with their parameters: inside a condition that is asked of each row."""
    several = list[object](values)
    return f"IN ({', '.join(['%s'] * len(several))})", several


def narrowed(narrowing: Narrowing, place: str = "m") -> tuple[str, list[object]]:
    """The condition of facets on a collection `c`, and on a place in it where there is one."""
    condition, parameters = "", list[object]()
    if narrowing.types:
        chosen, parameters = one_of(narrowing.types)
        condition = f" AND c.type {chosen}"
    labels, more = labelled(narrowing, place)
    return condition + labels, [*parameters, *more]


def labelled(narrowing: Narrowing, place: str) -> tuple[str, list[object]]:
    """The condition of tags and aliases alone. A tag may be the collection's or the version's; an alias is the place's.

    Without a place it is a collection `c` that has the tag itself, and the alias on any of its versions.
    """
    condition, parameters = "", list[object]()
    if narrowing.tags:
        chosen, parameters = one_of(narrowing.tags)
        holder = f"{place}.collection_id" if place else "c.id"
        on = f"EXISTS (SELECT 1 FROM artifacts_collectiontag x WHERE x.collection_id = {holder} AND x.name {chosen})"
        if place:
            version = f"x.version_id = {place}.version_id AND x.name {chosen}"
            on = f"({on} OR EXISTS (SELECT 1 FROM artifacts_versiontag x WHERE {version}))"
            parameters = [*parameters, *parameters]
        condition = f" AND {on}"
    if narrowing.aliases:
        chosen, keys = one_of(narrowing.aliases)
        held = f"x.membership_id = {place}.id" if place else "x.collection_id = c.id"
        condition += f" AND EXISTS (SELECT 1 FROM artifacts_alias x WHERE {held} AND x.name_key {chosen})"
        parameters = [*parameters, *keys]
    return condition, parameters
