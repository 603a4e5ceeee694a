"""Filters in the manner of Mongo, as the client sends them, as conditions of a query: listed fields only, every value literal.

The words of a page's search box become the same (`artifacts.versions.filters`). A filter names fields that a listing offers
(`name`, `tag`, `metadata.accuracy`), never columns: what is sent becomes a value, a path inside metadata or a word of
this file, and nothing else.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import (
    BooleanField,
    CharField,
    Count,
    Exists,
    F,
    Func,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.fields.json import KeyTransform
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact
from django.db.models.sql.compiler import SQLCompiler

from artifacts.errors import Invalid
from artifacts.listing.filter_values import NONE, Reader, inner_value, list_value, size_value, text_value, truth_value
from artifacts.listing.json_lookups import HasElement, HasLength, InnerText
from artifacts.naming import shown
from artifacts.text import regex
from artifacts.text.cleaning import clean_text
from artifacts.text.regex import LONGEST_PATTERN

LONGEST = 100_000  # characters of the JSON
DEEPEST = 20
MOST_CONDITIONS = 200
MOST_PARTS = 500  # objects and named fields, also those that ask for nothing: joining conditions costs their square
MOST_MATCHED = 20_000  # names that a regular expression is tried on where the database has no RE2
MOST_TEXT = 5_000_000  # characters of them together

LOGIC = {"$and", "$or", "$nor", "$not"}
COMPARED = {"$gt": "gt", "$gte": "gte", "$lt": "lt", "$lte": "lte"}
NEGATED = {"$ne": "$eq", "$nin": "$in"}


@dataclass(frozen=True)
class Column:
    """A field that is one value of the row: the way to its column, how a value of the client is read, what it offers."""

    path: str
    read: Reader
    is_text: bool = False
    unset: str | None = None  # what the column holds where people see nothing; to the client that is no value

    def value(self, wanted: Any) -> Any:
        """The client's value as the column has it."""
        return self.unset if wanted is None and self.unset is not None else self.read(wanted)


@dataclass(frozen=True)
class Names:
    """A field that is several names of the row, such as its tags: rows of `model`, whose column `owner` holds the row's `path`."""

    model: type[Model]
    owner: str
    path: str = "pk"


@dataclass(frozen=True)
class Json:
    """A field of JSON, into which the filter's name leads further: `metadata.optimizer.lr`."""

    path: str


type Field = Column | Names | Json


def in_both_spellings(fields: Mapping[str, Field]) -> dict[str, Field]:
    """The fields under their names, and those with an underscore as `createdAt` too: clients write both."""
    found = dict(fields)
    for name, field in fields.items():
        first, *rest = name.split("_")
        found[first + "".join(word.capitalize() for word in rest)] = field
    return found


class JsonKind(Func):
    """The kind of a value inside JSON, in the database's own word; null where there is none."""

    output_field = CharField()

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> tuple[str, Any]:
        """Asked by path: what `JSON_EXTRACT` gives for `true` can't be told from a text."""
        (inner,) = self.get_source_expressions()
        column, parameters, keys = inner.preprocess_lhs(compiler, connection)
        path = connection.ops.compile_json_path(keys)
        return f"JSON_TYPE({column}, %s)", (*parameters, path)

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> tuple[str, Any]:
        """Asked of the value itself."""
        return super().as_sql(compiler, connection, function="jsonb_typeof", **context)


NUMERIC, TEXTUAL = ("integer", "real", "number"), ("text", "string")  # as SQLite and PostgreSQL say it


@dataclass
class Compilation:
    """What is collected while a filter becomes a condition: the values inside JSON that it names, and how large it is so far."""

    queryset: QuerySet[Any]
    fields: Mapping[str, Field]
    aliases: dict[str, Any] = dataclass_field(default_factory=dict)
    conditions: int = 0
    parts: int = 0

    def count_part(self) -> None:
        """One more object or named field; Invalid when the filter has too many."""
        self.parts += 1
        if self.parts > MOST_PARTS:
            raise Invalid(f"The filter has more than {MOST_PARTS} parts; ask in several steps.")

    def count_condition(self) -> None:
        """One more comparison; Invalid when the filter has too many."""
        self.conditions += 1
        if self.conditions > MOST_CONDITIONS:
            raise Invalid(f"The filter has more than {MOST_CONDITIONS} conditions; ask in several steps.")


def narrowed_by[Row: Model](queryset: QuerySet[Row], compilation: Compilation, condition: Q) -> QuerySet[Row]:
    """The rows that hold a condition which was made with this compilation."""
    left: QuerySet[Row] = queryset.alias(**compilation.aliases).filter(condition)
    return left


def filtered[Row: Model](queryset: QuerySet[Row], text: str | None, fields: Mapping[str, Field]) -> QuerySet[Row]:
    """The rows of the queryset that a filter leaves; Invalid for one that can't be read or names what isn't listed."""
    if not text:
        return queryset
    if len(text) > LONGEST:
        raise Invalid(f"The filter has {len(text)} characters; {LONGEST} are the most.")
    try:
        tree = json.loads(text)
    except (ValueError, RecursionError):
        raise Invalid("The filter is not JSON; write it like {“name”: “zoo”}.") from None
    if tree is None:
        return queryset
    compilation = Compilation(queryset, fields)
    return narrowed_by(queryset, compilation, group(tree, compilation, DEEPEST))


def group(tree: Any, compilation: Compilation, depth: int) -> Q:
    """The condition that all entries of an object hold."""
    if not isinstance(tree, dict):
        raise Invalid("A filter is an object such as {“name”: “zoo”}, also inside $and and $or.")
    if depth == 0:
        raise Invalid(f"The filter is nested more than {DEEPEST} levels deep; write it flatter.")
    compilation.count_part()
    found = Q()
    for name, wanted in tree.items():
        if name in LOGIC:
            found &= logic(name, wanted, compilation, depth - 1)
        elif name.startswith("$"):
            raise Invalid(f"“{shown(name)}” stands where a field is expected; write {{field: {{operator: value}}}}.")
        else:
            found &= on_field(name, wanted, compilation, depth - 1)
    return found


def logic(name: str, wanted: Any, compilation: Compilation, depth: int) -> Q:
    """$and, $or, $nor of a list of filters; $not of one."""
    if name == "$not":
        return ~group(wanted, compilation, depth)
    if not isinstance(wanted, list) or not wanted:
        raise Invalid(f"“{name}” takes a list of filters.")
    found = Q()
    for tree in wanted:
        one = group(tree, compilation, depth)
        # An empty filter holds for every row, also beside others in an $or, where an empty Q would be passed over.
        one = one or ~NONE
        found = found & one if name == "$and" else found | one
    return ~found if name == "$nor" else found


def on_field(name: str, wanted: Any, compilation: Compilation, depth: int) -> Q:
    """What is wanted of one field: a bare value, or an object of operators."""
    compilation.count_part()
    head, _, rest = name.partition(".")
    field = compilation.fields.get(name) or (compilation.fields.get(head) if rest else None)
    if field is None or (isinstance(field, Json) and not rest):
        allowed = sorted(f"{key}.<key>" if isinstance(kind, Json) else key for key, kind in compilation.fields.items())
        raise Invalid(f"Invalid filter fields: {shown(name)}; must be one of: {', '.join(allowed)}")
    if isinstance(field, Json):
        field = inside(field, rest, compilation)
    if not isinstance(wanted, dict):
        return one_condition(field, "$eq", wanted, compilation)
    if depth == 0:
        raise Invalid(f"The filter is nested more than {DEEPEST} levels deep; write it flatter.")
    found = Q()
    for operator, value in wanted.items():
        if operator == "$not":
            found &= ~on_field(name, value, compilation, depth - 1)
        elif operator in {"$and", "$or", "$nor"} and isinstance(value, list):
            found &= logic(operator, [{name: one} for one in value], compilation, depth - 1)
        else:
            found &= one_condition(field, operator, value, compilation)
    return found


def inside(field: Json, rest: str, compilation: Compilation) -> Column:
    """A value inside JSON as a column under a name of ours."""
    keys = rest.split(".")
    if len(keys) > DEEPEST or any(not key or '"' in key or "\\" in key for key in keys):
        raise Invalid(f"“{shown(rest)}” is no path into metadata; write its keys with dots between them.")
    value: Any = field.path
    for key in keys:
        value = KeyTransform(clean_text(key), value)
    name = f"inside_{len(compilation.aliases)}"
    compilation.aliases[name] = value
    compilation.aliases[f"{name}_kind"] = JsonKind(value)
    return Column(name, inner_value)


def one_condition(field: Column | Names, operator: str, value: Any, compilation: Compilation) -> Q:
    """One operator on one field."""
    compilation.count_condition()
    if operator in NEGATED:
        return ~one_condition(field, NEGATED[operator], value, compilation)
    if operator == "$all":
        return every_one(field, list_value(value), compilation)
    if operator == "$size":
        return of_size(field, size_value(value), compilation)
    if isinstance(field, Names):
        return on_names(field, operator, value, compilation)
    if operator == "$exists":
        absent = Q(**{f"{field.path}__isnull": True}) if field.unset is None else Q((field.path, field.unset))
        return ~absent if truth_value(value) else absent
    if field.read is inner_value:
        # A missing value is equal to nothing; so the negated condition, which wraps this one, holds for it.
        return Q(**{f"{field.path}__isnull": False}) & on_column(field, operator, value, compilation)
    return on_column(field, operator, value, compilation)


def every_one(field: Column | Names, values: list[Any], compilation: Compilation) -> Q:
    """Holds each of the values; a field that is one value holds that one, and nothing holds all of none."""
    found = Q() if values else NONE
    for value in values:
        if isinstance(field, Column) and field.read is inner_value:
            compilation.count_condition()
            element = inner_value(value)
            found &= NONE if element is NONE else Q(HasElement(compilation.aliases[field.path], element))
        else:
            found &= one_condition(field, "$eq", value, compilation)
    return found


def of_size(field: Column | Names, size: int, compilation: Compilation) -> Q:
    """Has that many names, or is a list of that length inside JSON; a field that is one value is no list."""
    if isinstance(field, Names):
        rows = field.model._default_manager.filter(**{field.owner: OuterRef(field.path)}).order_by()
        counted = Subquery(rows.values(field.owner).annotate(names=Count("pk")).values("names"))
        return Q(Exact(Coalesce(counted, 0), size))
    return Q(HasLength(compilation.aliases[field.path], size)) if field.read is inner_value else NONE


def on_column(field: Column, operator: str, value: Any, compilation: Compilation) -> Q:
    """One operator on a value of the row."""
    if operator == "$eq":
        return exactly(field, field.value(value))
    if operator == "$in":
        return among(field, [field.value(one) for one in list_value(value)])
    if operator in COMPARED:
        return compared(field, COMPARED[operator], field.read(value))
    if operator == "$contains" and (field.is_text or field.read is inner_value):
        # `contains` of JSON would ask for a part of an object.
        lookup = "contains" if field.is_text else "icontains"
        part = text_value(value)
        if len(part) > LONGEST_PATTERN:
            raise Invalid(f"The part has more than {LONGEST_PATTERN} characters; look for a shorter one.")
        return Q(**{f"{field.path}__{lookup}": part})
    if operator == "$regex" and field.is_text:
        return matching(field.path, value, compilation.queryset)
    if operator == "$regex" and field.read is inner_value:
        name = f"{field.path}_text"
        compilation.aliases[name] = InnerText(compilation.aliases[field.path])
        return Q(**{f"{name}__isnull": False}) & matching(
            name, value, compilation.queryset.annotate(**compilation.aliases)
        )
    raise Invalid(f"The operator “{shown(operator)}” doesn't exist for this field; use $eq, $in, $gt or another one.")


def on_names(field: Names, operator: str, value: Any, compilation: Compilation) -> Q:
    """One operator on names that point at the row: it holds when it holds for any of them."""
    rows = field.model._default_manager.filter(**{field.owner: OuterRef(field.path)})
    if operator == "$exists":
        return Q(Exists(rows)) if truth_value(value) else ~Q(Exists(rows))
    every = field.model._default_manager.filter(**{f"{field.owner}__in": compilation.queryset.values(field.path)})
    condition = one_condition(Column("name", text_value, is_text=True), operator, value, Compilation(every, {}))
    return Q(Exists(rows.filter(condition)))


def exactly(field: Column, value: Any) -> Q:
    """Equal to the value; null is the absence of one, except inside JSON."""
    if value is NONE:
        return Q(pk__in=())
    if value is None and field.read is not inner_value:
        return Q(**{f"{field.path}__isnull": True})
    return Q((field.path, value))


def among(field: Column, values: list[Any]) -> Q:
    """Equal to any of the values."""
    found = NONE
    for value in (value for value in values if value is None):
        found = found | exactly(field, value)
    return found | Q(**{f"{field.path}__in": [value for value in values if value is not None and value is not NONE]})


def compared(field: Column, lookup: str, value: Any) -> Q:
    """Greater or less than a value that has an order."""
    if value is None or isinstance(value, bool):
        raise Invalid("Only a number, a text or a moment can be compared with $gt, $gte, $lt and $lte.")
    if value is NONE:
        return Q(pk__in=())
    wanted = {f"{field.path}__{lookup}": value}
    if field.read is inner_value:
        # Databases order every text and `true` somewhere beside the numbers; people compare like with like.
        wanted[f"{field.path}_kind__in"] = TEXTUAL if isinstance(value, str) else NUMERIC
    return Q(**wanted)


def matching(path: str, value: Any, queryset: QuerySet[Any]) -> Q:
    """Text in which RE2 finds the pattern: its time grows with the text only, whoever wrote the pattern."""
    pattern = regex.compiled(text_value(value))
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        # Registered for each filter: the function belongs to a connection, and this one may be new.
        connection.connection.create_function("linkyard_re2", 2, regex.found_in, deterministic=True)
        call: Any = Func(Value(pattern.pattern), F(path), function="linkyard_re2", output_field=BooleanField())
        return Q(call)
    names, length = [], 0
    for count, name in enumerate(queryset.order_by().values_list(path, flat=True).distinct().iterator()):
        length += len(name or "")
        if count == MOST_MATCHED or length > MOST_TEXT:
            raise Invalid("There are too many names here for a regular expression; narrow it with another condition.")
        if name is not None and pattern.search(name):
            names.append(name)
    return Q(**{f"{path}__in": names})
