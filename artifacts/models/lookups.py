"""A condition whose plan doesn't hang on PostgreSQL's statistics."""

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BooleanField, F, Func, Model, QuerySet, Subquery
from django.db.models.sql.compiler import SQLCompiler


class IsAmong(Func):
    """Whether a column has one of the values of a query, which is read once and before.

    A plain `column IN (SELECT …)` PostgreSQL may turn into a join, and where it takes a table for nearly empty (hundreds of rows made at
    once, not analyzed yet) into one that reads the query again for each row.
    """

    output_field = BooleanField()

    def __init__(self, column: str, values: "QuerySet[Model, Any]") -> None:
        super().__init__(F(column), Subquery(values))

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any) -> tuple[str, Any]:  # type: ignore[override]
        """`IN`, which SQLite reads first by itself."""
        return super().as_sql(compiler, connection, template="%(expressions)s", arg_joiner=" IN ")

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any) -> tuple[str, Any]:
        """An array of what was read, by which an index can be used."""
        return super().as_sql(compiler, connection, template="%(expressions)s)", arg_joiner=" = ANY(ARRAY")
