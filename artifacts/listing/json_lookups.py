"""Conditions on a value inside JSON that Django has no lookup for: elements and length of a list, text by a pattern.

None of the conditions is ever null, so that NOT works: a missing value has no element and no length.
"""

import json
from typing import Any

from django.db.models import BooleanField, Func, TextField
from django.db.models.fields.json import KeyTransform

Sql = tuple[str, tuple[Any, ...]]


class ConditionInside(Func):
    """A condition on the value that a KeyTransform leads to."""

    output_field: Any = BooleanField()
    arity = 1

    def place(self, compiler: Any, connection: Any) -> Sql:
        """The column and the path below it, as SQLite's functions take the two."""
        [value] = self.get_source_expressions()
        assert isinstance(value, KeyTransform)
        column, parameters, keys = value.preprocess_lhs(compiler, connection)
        return f"{column}, %s", (*parameters, connection.ops.compile_json_path(keys))

    def value(self, compiler: Any) -> Sql:
        """The value as jsonb."""
        [value] = self.get_source_expressions()
        sql, parameters = compiler.compile(value)
        return sql, tuple(parameters)


class HasElement(ConditionInside):
    """The value is a list that holds this text, number, true, false or null, or is that itself."""

    def __init__(self, place: KeyTransform, element: Any) -> None:
        super().__init__(place)
        self.element = element

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Sql:
        place, parameters = self.place(compiler, connection)
        kinds, literal = kinds_of(self.element)
        test = f"type IN ({', '.join(['%s'] * len(kinds))})" + (" AND atom = %s" if literal else "")
        sql = f"(COALESCE(JSON_TYPE({place}), 'object') <> 'object' AND EXISTS(SELECT 1 FROM JSON_EACH({place}) WHERE {test}))"
        return sql, (*parameters, *parameters, *kinds, *literal)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Sql:
        value, parameters = self.value(compiler)
        sql = f"COALESCE(jsonb_typeof({value}) <> 'object' AND {value} @> %s::jsonb, false)"
        return sql, (*parameters, *parameters, json.dumps(self.element))


def kinds_of(element: Any) -> tuple[tuple[str, ...], tuple[Any, ...]]:
    """SQLite's words for the type of an element, and the value to compare: none for null, true and false, which are types of their own."""
    if element is None or isinstance(element, bool):
        return ("null" if element is None else "true" if element else "false",), ()
    return ("text",) if isinstance(element, str) else ("integer", "real"), (element,)


class HasLength(ConditionInside):
    """The value is a list of this length."""

    def __init__(self, place: KeyTransform, length: int) -> None:
        super().__init__(place)
        self.length = length

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Sql:
        place, parameters = self.place(compiler, connection)
        sql = f"(COALESCE(JSON_TYPE({place}), '') = 'array' AND JSON_ARRAY_LENGTH({place}) = %s)"
        return sql, (*parameters, *parameters, self.length)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Sql:
        value, parameters = self.value(compiler)
        # A CASE, since the length of what is no list is an error and AND promises no order.
        length = f"CASE WHEN jsonb_typeof({value}) = 'array' THEN jsonb_array_length({value}) ELSE -1 END"
        return f"({length} = %s)", (*parameters, *parameters, self.length)


class InnerText(ConditionInside):
    """The value if it is text, else null."""

    output_field: Any = TextField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Sql:
        place, parameters = self.place(compiler, connection)
        return f"(CASE WHEN JSON_TYPE({place}) = 'text' THEN JSON_EXTRACT({place}) END)", (*parameters, *parameters)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Sql:
        value, parameters = self.value(compiler)
        return f"(CASE WHEN jsonb_typeof({value}) = 'string' THEN {value} #>> '{{}}' END)", (*parameters, *parameters)
