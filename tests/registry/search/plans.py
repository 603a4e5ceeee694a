"""By which indexes the statements of search find their rows, as the database itself explains it."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.apps import apps
from django.db import connection

from registry.search.sql import NAMES

# The tables that grow with what people publish; whole tables of organizations, registries and members are read at times.
GROWING = {
    f"artifacts_{name}"
    for name in (
        "collection", "membership", "alias", "collectiontag", "versiontag", "artifactversion", "manifestentry", "blob",
        "searchterm", "searchgram", "linkedfile", "linkedfilepart",
    )
}  # fmt: skip
SQLITE_STEP = re.compile(r"(SCAN|SEARCH) (\S+)(?: USING (?:COVERING )?(?:INDEX (\S+)|INTEGER (PRIMARY KEY)))?")

type Asked = list[tuple[str, tuple[Any, ...]]]


@contextmanager
def statements() -> Iterator[Asked]:
    """What is asked of the database meanwhile."""
    asked: Asked = []

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        asked.append((sql, tuple(params or ())))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield asked


def indexes_used(asked: Asked) -> set[str]:
    """The indexes by which rows of growing tables are found; `all of <table>` where a table or an index is read from end to end.

    Primary keys are left out: by them rows are found that another table named.
    """
    explain = _on_postgresql if connection.vendor == "postgresql" else _on_sqlite
    return {name for sql, parameters in asked for name in explain(sql, parameters)}


def _on_sqlite(sql: str, parameters: tuple[Any, ...]) -> Iterator[str]:
    tables = {name: text.split('"')[1] for name, text in NAMES.items() if text.endswith(f'" {name}')}
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}", parameters)
        steps = [SQLITE_STEP.match(row[3]) for row in cursor.fetchall()]
        for step in filter(None, steps):
            how, alias, index, _ = step.groups()
            table = tables.get(alias, alias.strip('"'))
            if table not in GROWING:
                continue
            if how == "SCAN":
                yield f"all of {table}"
            elif index:
                cursor.execute("SELECT name FROM pragma_index_info(%s) ORDER BY seqno", [index])
                yield _named(table, [name for (name,) in cursor.fetchall()])


def _on_postgresql(sql: str, parameters: tuple[Any, ...]) -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # some thousand rows are still read whole at times
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", parameters)
        (found,) = cursor.fetchone()
        for node in _nodes((json.loads(found) if isinstance(found, str) else found)[0]["Plan"]):
            index = node.get("Index Name")
            if index is None:
                if node["Node Type"] == "Seq Scan" and node["Relation Name"] in GROWING:
                    yield f"all of {node['Relation Name']}"
                continue
            cursor.execute(
                "SELECT t.relname, i.indisprimary, ARRAY(SELECT a.attname FROM unnest(i.indkey) WITH ORDINALITY k(n, place) "
                "JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.n ORDER BY k.place) FROM pg_index i "
                "JOIN pg_class t ON t.oid = i.indrelid WHERE i.indexrelid = %s::regclass",
                [f'"{index}"'],
            )
            table, is_primary, columns = cursor.fetchone()
            if table in GROWING and not node.get("Index Cond"):
                yield f"all of {table}"
            elif table in GROWING and not is_primary:
                yield _named(table, list(columns))


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", []):
        yield from _nodes(below)


def _named(table: str, columns: list[str]) -> str:
    """The index by the name that it has in its model; a foreign key's own by its column."""
    model = next(model for model in apps.get_models() if model._meta.db_table == table)
    for one in (*model._meta.indexes, *model._meta.constraints):
        fields = [model._meta.get_field(name.removeprefix("-")) for name in getattr(one, "fields", ())]
        if fields and [field.column for field in fields] == columns:
            return one.name
    return f"{model._meta.model_name}.{', '.join(columns)}"
