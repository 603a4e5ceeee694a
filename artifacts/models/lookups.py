"""Two forms of `…__in` for where Django's own is slow: the values of a query, and thousands of numbers."""

from collections.abc import Iterable
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BooleanField, F, Func, Lookup, Model, QuerySet, Subquery
from django.db.models.sql.compiler import SQLCompiler


class IsInQuery(Func):
    """Whether a column has one of the values of a query, which is read once, before the rows are looked at.

    PostgreSQL may turn a plain `column IN (SELECT …)` into a join. Where its statistics say that a table is nearly empty, though hundreds
    of rows were just written to it, that join reads the query again for each row.
    """

    output_field = BooleanField()

    def __init__(self, column: str, values: "QuerySet[Model, Any]") -> None:
        super().__init__(F(column), Subquery(values))

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any) -> tuple[str, Any]:  # type: ignore[override]
        """`IN`, which SQLite reads first by itself."""
        return super().as_sql(compiler, connection, template="%(expressions)s", arg_joiner=" IN ")

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any) -> tuple[str, Any]:
        """`= ANY` of an array of what was read: an index can be used for it."""
        return super().as_sql(compiler, connection, template="%(expressions)s)", arg_joiner=" = ANY(ARRAY")


class IsOneOfNumbers(Lookup):
    """Whether a column has one of these whole numbers.

    `…__in` means the same, but looks at each number several times and makes it a parameter: for the thousands of numbers that one level
    of a lineage graph may have, that took longer than all other work for the graph together.
    """

    prepare_rhs = False

    def __init__(self, column: str, numbers: Iterable[int]) -> None:
        super().__init__(F(column), ",".join(str(int(number)) for number in numbers) or "NULL")

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[str | int, ...]]:
        """The numbers stand in the statement itself; `int` above makes sure that they are numbers."""
        column, parameters = self.process_lhs(compiler, connection)
        return f"{column} IN ({self.rhs})", tuple(parameters)
