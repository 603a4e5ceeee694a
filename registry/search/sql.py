"""How search writes its SQL: templates with names from the models, values always as parameters, and what the databases do otherwise.

    sql("SELECT {term.name} FROM {term} WHERE {term.kind} = {kind} AND {term.project_id:among seen}{more} LIMIT {most}",
        kind="tag", seen=[3, 7], more=condition, most=5)

`{term}` and `{term.name}` are a table and a column of `registry.search.tables`, which names some joins and conditions too. Any other
name is given: a `Statement` is put in with its parameters, a whole number is written out (the planner looks at limits),
everything else becomes a parameter. `{column:begins key}` is a condition on a column, one of `CONDITIONS`, with what is given as `key`.

Statements are written out, since to compose a dozen of them by the ORM costs more than to ask them.
"""

import json
import string
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import cache, cached_property, partial
from typing import Any

from django.db import connection, models
from django.db.models import Model
from django.db.models.base import ModelState

from artifacts.models.search import LAST_CHARACTER

type Row = tuple[Any, ...]

NAMES: dict[str, str] = {}  # what `{term}`, `{term.name}` and `{term.columns}` stand for


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL, or a piece of it, with the parameters of its placeholders in their order."""

    sql: str
    parameters: tuple[object, ...] = ()

    def __add__(self, other: "Statement") -> "Statement":
        return Statement(self.sql + other.sql, self.parameters + other.parameters)


NOTHING = Statement("")


class Table[M: Model]:
    """A table under the name by which templates mention it, the columns that are read of it, and the objects that they make.

    `first_<name>` is the same table once more: in `first_of_each`, which looks for the rows that it then joins.
    """

    def __init__(self, model: type[M], name: str, *read: str) -> None:
        quote = connection.ops.quote_name
        self.model, self.name = model, name
        self.fields: list[models.Field[Any, Any]] = [model._meta.get_field(one) for one in read]  # type: ignore[misc]
        self.attributes = [field.attname for field in self.fields]
        self.width = len(self.fields)
        for alias in (name, f"first_{name}"):
            NAMES[alias] = f"{quote(model._meta.db_table)} {alias}"
            for field in model._meta.concrete_fields:
                NAMES[f"{alias}.{field.attname}"] = f"{alias}.{quote(str(field.column))}"
            NAMES[f"{alias}.columns"] = ", ".join(NAMES[f"{alias}.{attribute}"] for attribute in self.attributes)

    @cached_property
    def converters(self) -> list[tuple[int, Any, Any]]:
        """What turns a value as the database hands it over, such as SQLite's moments, into the field's: by column."""
        found = []
        for place, field in enumerate(self.fields):
            column = field.get_col(self.name)
            found += [(place, convert, column) for convert in connection.ops.get_db_converters(column)]
        return found

    def object_of(self, row: Row, start: int = 0) -> M:
        """The object whose columns begin at `start` of a row; fields that weren't read are deferred.

        What `Model.from_db` does. That walks over every field of the model, which took most of the time of a search that
        ranks five hundred.
        """
        values = list(row[start : start + self.width])
        for place, convert, column in self.converters:
            values[place] = convert(values[place], column, connection)
        made = self.model.__new__(self.model)
        made._state = ModelState()
        made._state.adding, made._state.db = False, connection.alias
        made.__dict__.update(zip(self.attributes, values, strict=True))
        return made


def name_pieces(**pieces: str) -> None:
    """Let templates mention pieces of SQL without parameters, which may mention each other."""
    for name, template in pieces.items():
        NAMES[name] = sql(template).sql


def sql(template: str, **given: object) -> Statement:
    """The statement of a template; KeyError for what neither has a name nor is given."""
    written: list[str] = []
    parameters: list[object] = []
    for text, name, condition in _read(template):
        written.append(text)
        if not name:
            continue
        value = condition(given[name]) if condition else given[name]
        if isinstance(value, Statement):
            written.append(value.sql)
            parameters += value.parameters
        elif isinstance(value, int):
            written.append(str(value))
        else:
            written.append("%s")
            parameters.append(value)
    return Statement("".join(written), tuple(parameters))


type Condition = Callable[[Any], Statement]


@cache
def _read(template: str) -> list[tuple[str, str, Condition | None]]:
    """A template as pieces of text, each with the name of what is given behind it, and with what makes a condition of that.

    Kept for each template, so templates are constants: what differs from call to call is given.
    """
    pieces: list[tuple[str, str, Condition | None]] = []
    text = ""
    for literal, name, condition, _ in string.Formatter().parse(template):
        text += literal
        if condition:
            which, _, value = condition.partition(" ")
            pieces.append((text, value, partial(CONDITIONS[which], NAMES[name or ""])))
            text = ""
        elif name in NAMES:
            text += NAMES[name]
        elif name and "." in name:
            raise KeyError(f"search reads no column {name}")
        elif name:
            pieces.append((text, name, None))
            text = ""
    return [*pieces, (text, "", None)]


def rows_of(statement: Statement) -> list[Row]:
    """The rows that a statement gives."""
    with connection.cursor() as cursor:
        cursor.execute(statement.sql, statement.parameters)  # type: ignore[arg-type]
        return list(cursor.fetchall())


def joined(separator: str, statements: Iterable[Statement]) -> Statement:
    """Statements one after the other."""
    several = list(statements)
    parameters = tuple(value for one in several for value in one.parameters)
    return Statement(separator.join(one.sql for one in several), parameters)


def union_all(statements: Iterable[Statement]) -> Statement:
    """The rows of each, one statement's behind the other's; each may have an order and a limit of its own."""
    parts = [
        sql("SELECT * FROM ({statement}) {name}", statement=statement, name=Statement(f"part_{number}"))
        for number, statement in enumerate(statements)
    ]
    return joined(" UNION ALL ", parts)


def begins(column: str, text: str) -> Statement:
    """The column begins with a text: a range of its index, which `LIKE` uses in neither database."""
    return Statement(f"{column} >= %s AND {column} < %s", (text, text + LAST_CHARACTER))


def one_of(column: str, values: Collection[object]) -> Statement:
    """The column is one of a few values, written out: for a condition that is asked of each row."""
    return Statement(f"{column} IN ({', '.join(['%s'] * len(values))})", tuple(values))


# What SQLite and PostgreSQL write differently.


def _is_postgresql() -> bool:
    return connection.vendor == "postgresql"


def among(column: str, numbers: Iterable[int]) -> Statement:
    """The column is one of many numbers, which are one parameter."""
    if _is_postgresql():
        return Statement(f"{column} = ANY(%s::bigint[])", (list(numbers),))
    return Statement(f"{column} IN (SELECT value FROM json_each(%s))", (json.dumps(list(numbers)),))


def each_of(numbers: Iterable[int]) -> Statement:
    """Numbers as a table `each` with the column `value`."""
    if _is_postgresql():
        return Statement("unnest(%s::bigint[]) AS each(value)", (list(numbers),))
    return Statement("json_each(%s) each", (json.dumps(list(numbers)),))


def contains(column: str, text: str) -> Statement:
    """The column has a text somewhere in it, letter for letter."""
    return Statement(f"{'strpos' if _is_postgresql() else 'instr'}({column}, %s) > 0", (text,))


def contains_lowered(column: str, text: str) -> Statement:
    """The column, in lower case, has a text somewhere in it, in whatever case that is given."""
    return contains(f"LOWER({column})", text.lower())


# Behind a term's key that is compared with another table's. On PostgreSQL the columns that are asked by their beginnings
# compare by bytes, others as the database does; two that differ are compared by bytes, and no index of the other table
# is in that order: for each of 244 terms all of 50,000 aliases were read, which took two seconds.
NAMES["compared_as_usual"] = ' COLLATE "default"' if _is_postgresql() else ""

CONDITIONS: dict[str, Callable[[str, Any], Statement]] = {
    condition.__name__: condition for condition in (begins, one_of, among, contains, contains_lowered)
}


def rows_for_each(source: Statement, table: Table[Any], which: Statement) -> Statement:
    """For each row of a source the rows of a table that `which` chooses: a condition on `first_<table>`, its order and limit.

    The source joined with the table, to stand behind FROM.
    """
    t = table.name
    chosen = sql(f"SELECT {{first_{t}.id}} FROM {{first_{t}}} WHERE {{which}}", which=which)
    if _is_postgresql():
        lateral = f"{{source}} CROSS JOIN LATERAL ({{chosen}}) {t}_row JOIN {{{t}}} ON {{{t}.id}} = {t}_row.id"
        return sql(lateral, source=source, chosen=chosen)
    return sql(f"{{source}} JOIN {{{t}}} ON {{{t}.id}} IN ({{chosen}})", source=source, chosen=chosen)


def first_of_each(
    numbers: Iterable[int], table: Table[Any], column: str, condition: Statement, *, order: str, most: int
) -> Statement:
    """For each number the first rows of a table that have it in `column` and fit a condition on `first_<table>`, to stand behind FROM.

    With an index that begins with the column, what is read depends on how many are wanted and not on how many there are: every
    list of search starts so, with the registries that somebody sees.
    """
    template = (
        f"{{first_{table.name}.{column}}} = each.value AND {{condition}} "
        f"ORDER BY {{first_{table.name}.{order}}} LIMIT {{most}}"
    )
    return rows_for_each(each_of(numbers), table, sql(template, condition=condition, most=most))
