"""Conditions on a value inside JSON, the same in both databases: what it equals or holds, its order, its length, its text.

None of the conditions is ever null, so that NOT works: a missing value equals nothing and has no length. Numbers that JSON doesn't
have are kept by their names (`artifacts/text/cleaning.py`) and are numbers here: infinities have an order, NaN has none.
"""

import json
import math
import operator
from collections.abc import Sequence
from typing import Any

from django.db.models import BooleanField, CharField, Func, TextField

from artifacts.listing.json_paths import Inside, Sql

NAMED_NUMBERS = {"Infinity": math.inf, "-Infinity": -math.inf, "NaN": math.nan}
SIGNS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
HOLDS = {"gt": operator.gt, "gte": operator.ge, "lt": operator.lt, "lte": operator.le}


class InsideFunc(Func):
    """Something that is asked of the value that an `Inside` leads to."""

    output_field: Any = BooleanField()
    arity = 1

    def __init__(self, inside: Inside) -> None:
        super().__init__(inside)

    def value(self, compiler: Any) -> Sql:
        """The value as jsonb, or as JSON text."""
        [value] = self.get_source_expressions()
        sql, parameters = compiler.compile(value)
        return sql, tuple(parameters)


class JsonKind(InsideFunc):
    """The kind of the value in the database's own word (`NUMBERS`, `TEXTS`, `TRUTHS`); null where there is none."""

    output_field: Any = CharField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Sql:
        value, parameters = self.value(compiler)
        return f"JSON_TYPE({value})", parameters

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Sql:
        value, parameters = self.value(compiler)
        return f"jsonb_typeof({value})", parameters


class AsText(InsideFunc):
    """The value as text, lists as they are written; in SQLite a number stays one."""

    output_field: Any = TextField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Sql:
        value, parameters = self.value(compiler)
        return f"JSON_EXTRACT({value}, '$')", parameters

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Sql:
        value, parameters = self.value(compiler)
        return f"({value} #>> '{{}}')", parameters


class InnerText(InsideFunc):
    """The value if it is text, else null."""

    output_field: Any = TextField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Sql:
        value, parameters = self.value(compiler)
        return f"(CASE WHEN JSON_TYPE({value}) = 'text' THEN JSON_EXTRACT({value}, '$') END)", parameters * 2

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Sql:
        value, parameters = self.value(compiler)
        return f"(CASE WHEN jsonb_typeof({value}) = 'string' THEN {value} #>> '{{}}' END)", parameters * 2


class IsNothing(InsideFunc):
    """There is no value, or it is null: one thing to who asks."""

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Sql:
        value, parameters = self.value(compiler)
        return f"(COALESCE(JSON_TYPE({value}), 'null') = 'null')", parameters

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Sql:
        value, parameters = self.value(compiler)
        return f"(COALESCE(jsonb_typeof({value}), 'null') = 'null')", parameters


class HoldsAny(InsideFunc):
    """The value is one of these texts, numbers, truth values or null, or a list that holds one."""

    def __init__(self, inside: Inside, elements: Sequence[Any]) -> None:
        super().__init__(inside)
        self.elements = list(elements)

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Sql:
        value, parameters = self.value(compiler)
        tests: list[str] = []
        wanted: list[Any] = []
        for kinds, values in (
            ("'text'", [one for one in self.elements if isinstance(one, str)]),
            ("'integer', 'real'", [one for one in self.elements if is_number(one)]),
        ):
            if values:
                tests.append(f"type IN ({kinds}) AND atom IN ({', '.join(['%s'] * len(values))})")
                wanted += values
        # null, true and false are types of their own.
        tests += [f"type = '{json.dumps(word)}'" for word in (None, True, False) if has(self.elements, word)]
        sql = (
            f"(COALESCE(JSON_TYPE({value}), 'object') <> 'object' AND "
            f"EXISTS(SELECT 1 FROM JSON_EACH({value}) WHERE {' OR '.join(tests) or '0'}))"
        )
        return sql, (*parameters, *parameters, *wanted)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Sql:
        value, parameters = self.value(compiler)
        elements = ", ".join(["%s::jsonb"] * len(self.elements))
        sql = f"COALESCE(jsonb_typeof({value}) <> 'object' AND {value} @> ANY(ARRAY[{elements}]::jsonb[]), false)"
        return sql, (*parameters, *parameters, *(json.dumps(element) for element in self.elements))


class IsList(InsideFunc):
    """The value is this list, element for element, lists in it included."""

    def __init__(self, inside: Inside, wanted: list[Any]) -> None:
        super().__init__(inside)
        self.wanted = json.dumps(wanted)

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Sql:
        """1 and 1.0 are one number, so the trees are compared, not their texts: as many nodes, and each one also there."""
        value, parameters = self.value(compiler)
        kind = "CASE {0}.type WHEN 'integer' THEN 'real' ELSE {0}.type END"
        sql = (
            f"(COALESCE(JSON_TYPE({value}), '') = 'array' AND JSON_ARRAY_LENGTH({value}) = JSON_ARRAY_LENGTH(%s) "
            f"AND (SELECT COUNT(*) FROM JSON_TREE({value})) = (SELECT COUNT(*) FROM JSON_TREE(%s)) "
            f"AND NOT EXISTS(SELECT 1 FROM JSON_TREE({value}) AS mine LEFT JOIN JSON_TREE(%s) AS yours "
            f"ON yours.fullkey = mine.fullkey AND {kind.format('yours')} = {kind.format('mine')} "
            "AND yours.atom IS mine.atom WHERE yours.id IS NULL))"
        )
        three = (*parameters, self.wanted)
        return sql, (*parameters, *three, *three, *three)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Sql:
        value, parameters = self.value(compiler)
        return f"COALESCE({value} = %s::jsonb, false)", (*parameters, self.wanted)


class Compares(InsideFunc):
    """The value lies before or behind this text or number ("gt", "gte", "lt", "lte"); only like is compared with like."""

    def __init__(self, inside: Inside, lookup: str, wanted: Any) -> None:
        super().__init__(inside)
        self.lookup, self.wanted = lookup, wanted
        self.names: list[str] = []
        if is_number(wanted):
            self.names = [name for name, number in NAMED_NUMBERS.items() if HOLDS[lookup](number, wanted)]

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Sql:
        value, parameters = self.value(compiler)
        found = f"JSON_EXTRACT({value}, '$')"
        kinds = ("text",) if isinstance(self.wanted, str) else ("integer", "real")
        return self.joined(f"JSON_TYPE({value})", kinds, "text", found, found, parameters, "%s", self.wanted)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Sql:
        value, parameters = self.value(compiler)
        kinds = ("string",) if isinstance(self.wanted, str) else ("number",)
        wanted = json.dumps(self.wanted)
        text = f"({value} #>> '{{}}')"
        return self.joined(f"jsonb_typeof({value})", kinds, "string", text, value, parameters, "%s::jsonb", wanted)

    def joined(
        self,
        kind: str,
        kinds: tuple[str, ...],
        textual: str,
        text: str,
        value: str,
        parameters: tuple[Any, ...],
        place: str,
        wanted: Any,
    ) -> Sql:
        """The comparison of what JSON has, and that of infinities, which are kept as text."""
        listed = ", ".join(f"'{one}'" for one in kinds)
        if is_number(self.wanted) and not math.isfinite(self.wanted):
            # Every number of JSON lies between the infinities, and none beside NaN.
            test, values = "true" if HOLDS[self.lookup](0.0, self.wanted) else "false", ()
        else:
            test, values = f"{value} {SIGNS[self.lookup]} {place}", (*parameters, wanted)
        sql, given = f"({kind} IN ({listed}) AND {test})", (*parameters, *values)
        if self.names:
            sql += f" OR ({kind} = '{textual}' AND {text} IN ({', '.join(['%s'] * len(self.names))}))"
            given = (*given, *parameters, *parameters, *self.names)
        return f"COALESCE({sql}, false)", given


class HasLength(InsideFunc):
    """The value is a list of this length."""

    def __init__(self, inside: Inside, length: int) -> None:
        super().__init__(inside)
        self.length = length

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Sql:
        value, parameters = self.value(compiler)
        sql = f"(COALESCE(JSON_TYPE({value}), '') = 'array' AND JSON_ARRAY_LENGTH({value}) = %s)"
        return sql, (*parameters, *parameters, self.length)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Sql:
        value, parameters = self.value(compiler)
        # A CASE, since the length of what is no list is an error and AND promises no order.
        length = f"CASE WHEN jsonb_typeof({value}) = 'array' THEN jsonb_array_length({value}) ELSE -1 END"
        return f"({length} = %s)", (*parameters, *parameters, self.length)


def is_number(value: Any) -> bool:
    """A number, which true and false are not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def has(elements: Sequence[Any], word: object) -> bool:
    """Whether null, true or false itself is among these; 1 equals true in Python, and not here."""
    return any(element is word for element in elements)
