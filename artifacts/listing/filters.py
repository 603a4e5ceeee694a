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
from django.db.models import (
    BooleanField,
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
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact

from artifacts.errors import Invalid
from artifacts.listing.filter_values import (
    NONE,
    Reader,
    comparable,
    inner_bound,
    inner_list,
    inner_value,
    list_value,
    part_value,
    size_value,
    text_value,
    truth_value,
)
from artifacts.listing.json_lookups import AsText, Compares, HasLength, HoldsAny, InnerText, IsList, IsNothing, JsonKind
from artifacts.listing.json_paths import Inside, ways_of
from artifacts.naming import shown
from artifacts.text import regex

LONGEST = 100_000  # characters of the JSON
DEEPEST = 20
MOST_CONDITIONS = 200
MOST_PARTS = 500  # objects and named fields, also those that ask for nothing: joining conditions costs their square
MOST_WAYS = 2_000  # to read the dotted names of a filter: each is a part of the SQL
MOST_MATCHED = 20_000  # names that a regular expression is tried on where the database has no RE2
MOST_TEXT = 5_000_000  # characters of them together

LOGIC = {"$and", "$or", "$nor", "$not"}
COMPARED = {"$gt": "gt", "$gte": "gte", "$lt": "lt", "$lte": "lte"}
NEGATED = {"$ne": "$eq", "$nin": "$in"}


@dataclass(frozen=True)
class FilterColumn:
    """A field that is one value of the row: the way to its column, how a value of the client is read, what it offers."""

    path: str
    read: Reader
    is_text: bool = False
    unset: str | None = None  # what the column holds where people see nothing; to the client that is no value


@dataclass(frozen=True)
class Names:
    """A field that is several names of the row, such as its tags: rows of `model`, whose column `owner` holds the row's `path`."""

    model: type[Model]
    owner: str
    path: str = "pk"


@dataclass(frozen=True)
class Json:
    """A field of JSON, into which the filter's name leads further: `metadata.optimizer.lr`.

    `is_wrapped` where the client keeps each value below “value”; `key` is a value inside that has a name of its own.
    """

    path: str
    is_wrapped: bool = False
    key: str = ""

    def inside(self, rest: str) -> Inside:
        """The value at a dotted name, or at this field's own key; Invalid for a name that can't be one."""
        return Inside(self.path, ways_of(self.key or rest, is_wrapped=self.is_wrapped))


@dataclass(frozen=True)
class Inner:
    """A value inside JSON, and the name under which the query knows it where it needs one."""

    value: Inside
    name: str


type Field = FilterColumn | Names | Json


def in_both_spellings(fields: Mapping[str, Field]) -> dict[str, Field]:
    """The fields under their names, and those with an underscore as `createdAt` too: clients write both."""
    found = dict(fields)
    for name, field in fields.items():
        first, *rest = name.split("_")
        found[first + "".join(word.capitalize() for word in rest)] = field
    return found


@dataclass
class Compilation:
    """What is collected while a filter becomes a condition: the values inside JSON that it names, and how large it is so far."""

    queryset: QuerySet[Any]
    fields: Mapping[str, Field]
    aliases: dict[str, Any] = dataclass_field(default_factory=dict)
    conditions: int = 0
    parts: int = 0
    ways: int = 0

    def count_part(self) -> None:
        """One more object or named field; Invalid when the filter has too many."""
        self.parts += 1
        if self.parts > MOST_PARTS:
            raise Invalid(f"The filter has more than {MOST_PARTS} parts; ask in several steps.")

    def count_condition(self, field: "FilterColumn | Names | Inner") -> None:
        """One more comparison; Invalid when the filter has too many."""
        self.conditions += 1
        self.ways += len(field.value.ways) if isinstance(field, Inner) else 0
        if self.conditions > MOST_CONDITIONS or self.ways > MOST_WAYS:
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
    field = field_named(name, compilation)
    if not isinstance(wanted, dict):
        return asked_of(name, field, "$eq", wanted, compilation)
    if depth == 0:
        raise Invalid(f"The filter is nested more than {DEEPEST} levels deep; write it flatter.")
    found = Q()
    for operator, value in wanted.items():
        if operator == "$not":
            found &= ~on_field(name, value, compilation, depth - 1)
        elif operator in {"$and", "$or", "$nor"} and isinstance(value, list):
            found &= logic(operator, [{name: one} for one in value], compilation, depth - 1)
        else:
            found &= asked_of(name, field, operator, value, compilation)
    return found


def field_named(name: str, compilation: Compilation) -> FilterColumn | Names | Inner:
    """The field that a filter names, or the value inside one; Invalid for a name that isn't listed."""
    head, _, rest = name.partition(".")
    field = compilation.fields.get(name) or (compilation.fields.get(head) if rest else None)
    if field is None or (isinstance(field, Json) and not (rest or field.key)):
        raise Invalid(f"Invalid filter fields: {shown(name)}; must be one of: {', '.join(offered(compilation.fields))}")
    if not isinstance(field, Json):
        return field
    inner = Inner(field.inside(rest), f"inside_{len(compilation.aliases)}")
    compilation.aliases[inner.name] = AsText(inner.value)
    return inner


def offered(fields: Mapping[str, Field]) -> list[str]:
    """The names that people may write, those that lead into JSON with what follows."""
    return sorted(f"{name}.<key>" if isinstance(kind, Json) and not kind.key else name for name, kind in fields.items())


def asked_of(name: str, field: FilterColumn | Names | Inner, operator: str, value: Any, compilation: Compilation) -> Q:
    """One operator on one field; a refusal names the field as it was asked for."""
    try:
        return one_condition(field, operator, value, compilation)
    except Invalid as refusal:
        raise Invalid(f"“{shown(name)}”: {refusal}") from None


def one_condition(field: FilterColumn | Names | Inner, operator: str, value: Any, compilation: Compilation) -> Q:
    """One operator on one field."""
    compilation.count_condition(field)
    if operator in NEGATED:
        return ~one_condition(field, NEGATED[operator], value, compilation)
    if operator == "$all":
        return every_one(field, list_value(value), compilation)
    if operator == "$size":
        return of_size(field, size_value(value))
    if isinstance(field, Names):
        return on_names(field, operator, value, compilation)
    if isinstance(field, Inner):
        return on_inner(field, operator, value, compilation)
    return on_column(field, operator, value, compilation)


def every_one(field: FilterColumn | Names | Inner, values: list[Any], compilation: Compilation) -> Q:
    """Holds each of the values; a field that is one value holds that one, and nothing holds all of none."""
    found = Q() if values else NONE
    for value in values:
        if isinstance(field, Inner):
            compilation.count_condition(field)
            found &= Q(HoldsAny(field.value, [inner_value(value)]))
        else:
            found &= one_condition(field, "$eq", value, compilation)
    return found


def of_size(field: FilterColumn | Names | Inner, size: int) -> Q:
    """Has that many names, or is a list of that length inside JSON; a field that is one value is no list."""
    if isinstance(field, Names):
        rows = field.model._default_manager.filter(**{field.owner: OuterRef(field.path)}).order_by()
        counted = Subquery(rows.values(field.owner).annotate(names=Count("pk")).values("names"))
        return Q(Exact(Coalesce(counted, 0), size))
    return Q(HasLength(field.value, size)) if isinstance(field, Inner) else NONE


def on_column(field: FilterColumn, operator: str, value: Any, compilation: Compilation) -> Q:
    """One operator on a value of the row."""
    if operator == "$exists":
        return ~absent(field) if truth_value(value) else absent(field)
    if operator == "$eq":
        return among(field, [value])
    if operator == "$in":
        return among(field, list_value(value))
    if operator in COMPARED:
        wanted = field.read(comparable(value))
        return NONE if wanted is NONE else Q(**{f"{field.path}__{COMPARED[operator]}": wanted})
    if operator == "$contains" and field.is_text:
        return Q(**{f"{field.path}__contains": part_value(value)})
    if operator == "$regex" and field.is_text:
        return matching(field.path, value, compilation.queryset)
    raise no_operator(operator)


def on_inner(field: Inner, operator: str, value: Any, compilation: Compilation) -> Q:
    """One operator on a value inside JSON: equal to it is also a list that holds it."""
    if operator == "$exists":
        is_there = Q(**{f"{field.name}_kind__isnull": False})
        compilation.aliases[f"{field.name}_kind"] = JsonKind(field.value)
        return is_there if truth_value(value) else ~is_there
    if operator == "$eq":
        return among_inner(field, [value])
    if operator == "$in":
        return among_inner(field, list_value(value))
    if operator in COMPARED:
        return Q(Compares(field.value, COMPARED[operator], inner_bound(value)))
    if operator == "$contains":
        return Q(**{f"{field.name}__isnull": False, f"{field.name}__icontains": part_value(value)})
    if operator == "$regex":
        name = f"{field.name}_text"
        compilation.aliases[name] = InnerText(field.value)
        text = matching(name, value, compilation.queryset.annotate(**compilation.aliases))
        return Q(**{f"{name}__isnull": False}) & text
    raise no_operator(operator)


def no_operator(operator: str) -> Invalid:
    """The refusal of an operator that a field doesn't have."""
    return Invalid(f"The operator “{shown(operator)}” doesn't exist for this field; use $eq, $in, $gt or another one.")


def on_names(field: Names, operator: str, value: Any, compilation: Compilation) -> Q:
    """One operator on names that point at the row: it holds when it holds for any of them; null is to have none."""
    rows = field.model._default_manager.filter(**{field.owner: OuterRef(field.path)})
    if operator == "$exists":
        return Q(Exists(rows)) if truth_value(value) else ~Q(Exists(rows))
    if operator == "$eq" and isinstance(value, list):
        return every_one(field, value, compilation) & of_size(field, len(value)) if value else of_size(field, 0)
    if operator == "$eq":
        operator, value = "$in", [value]
    found = NONE
    if operator == "$in" and None in list_value(value):
        found, value = ~Q(Exists(rows)), [one for one in value if one is not None]
    every = field.model._default_manager.filter(**{f"{field.owner}__in": compilation.queryset.values(field.path)})
    name = FilterColumn("name", text_value, is_text=True)
    return found | Q(Exists(rows.filter(on_column(name, operator, value, Compilation(every, {})))))


def absent(field: FilterColumn) -> Q:
    """The row has no value here."""
    found = Q(**{f"{field.path}__isnull": True})
    return found if field.unset is None else found | Q((field.path, field.unset))


def among(field: FilterColumn, values: list[Any]) -> Q:
    """Equal to any of the values; null is the absence of one."""
    read = [field.read(value) for value in values if value is not None]
    found = Q(**{f"{field.path}__in": [value for value in read if value is not NONE]})
    return found | absent(field) if len(read) < len(values) else found


def among_inner(field: Inner, values: list[Any]) -> Q:
    """Equal to any of the values, a list that holds one, or a list itself; null is also what isn't there."""
    single = [inner_value(value) for value in values if value is not None and not isinstance(value, list)]
    found = Q(HoldsAny(field.value, single)) if single else NONE
    for value in values:
        if value is None:
            found |= Q(IsNothing(field.value))
        elif isinstance(value, list):
            found |= Q(IsList(field.value, inner_list(value)))
    return found


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
