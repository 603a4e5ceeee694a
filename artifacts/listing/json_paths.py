"""The value that a dotted name leads to inside JSON: `model.type` is a key with a dot, or `type` inside `model`.

People nest, and tools flatten (`val.acc`, `optimizer.lr`); a filter can't know which of the two a row did. So all ways to read
the name are tried, in one order, and the first that leads to a value counts: nested keys first, then those with dots.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import Expression, F, TextField

from artifacts.errors import Invalid
from artifacts.naming import shown
from artifacts.text.cleaning import clean_text

DEEPEST = 20  # keys in a name
FULLY_PARTED = 5  # keys up to which every way to join them is tried; of more, the joins of neighbours in one place
MOST_WAYS = 80  # of one name: a function of SQLite takes 127 values
WRAPPER = "value"  # the client keeps each value of a configuration as {"value": …}

type Way = tuple[str, ...]
type Sql = tuple[str, tuple[Any, ...]]


def ways_of(name: str, *, is_wrapped: bool = False) -> list[Way]:
    """The paths that a dotted name can mean; `is_wrapped` where each outermost value lies below “value”, which may be written or not."""
    keys = clean_text(name).split(".")
    if len(keys) > DEEPEST or '"' in name or "\\" in name:
        raise Invalid(f"“{shown(name)}” is no path to filter or order by; write its keys with dots between them.")
    ways = [way for way in _joined(keys) if all(way)]
    if is_wrapped:
        written = [way for way in ways if len(way) > 1 and way[1] == WRAPPER]
        ways = [*((way[0], WRAPPER, *way[1:]) for way in ways), *written]
    return ways[:MOST_WAYS]


def _joined(keys: list[str]) -> Iterator[Way]:
    """The keys one below the other, then with neighbours joined by dots, fewer joins first."""
    yield tuple(keys)
    if len(keys) <= FULLY_PARTED:
        choices = range(1, 2 ** (len(keys) - 1))
        for choice in sorted(choices, key=lambda bits: (bits.bit_count(), bits)):
            way = keys[:1]
            for place, key in enumerate(keys[1:]):
                if choice >> place & 1:
                    way[-1] += f".{key}"
                else:
                    way.append(key)
            yield tuple(way)
        return
    yield (".".join(keys),)
    for length in range(2, len(keys)):
        for start in range(len(keys) - length + 1):
            yield (*keys[:start], ".".join(keys[start : start + length]), *keys[start + length :])


class Inside(Expression):
    """The value inside a column of JSON, as jsonb in PostgreSQL and as JSON text in SQLite; null where no way leads to one."""

    output_field: Any = TextField()

    def __init__(self, column: str, ways: Sequence[Way]) -> None:
        super().__init__(output_field=TextField())
        self.column: Any = F(column)
        self.ways = tuple(ways)

    def get_source_expressions(self) -> list[Any]:
        return [self.column]

    def set_source_expressions(self, exprs: Sequence[Any]) -> None:
        [self.column] = exprs

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Sql:
        column, parameters = compiler.compile(self.column)
        paths = [path for way in self.ways for path in _sqlite_paths(way)]
        return _first([f"({column} -> %s)"] * len(paths)), tuple(one for path in paths for one in (*parameters, path))

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Sql:
        column, parameters = compiler.compile(self.column)
        steps = [f"jsonb_extract_path({column}, {', '.join(['%s'] * len(way))})" for way in self.ways]
        return _first(steps), tuple(one for way in self.ways for one in (*parameters, *way))


def _first(values: list[str]) -> str:
    return values[0] if len(values) == 1 else f"COALESCE({', '.join(values)})"


def _sqlite_paths(way: Way) -> list[str]:
    """A number is a key or a place in a list; PostgreSQL looks by itself what it finds there."""
    paths = ["$" + "".join(f'."{key}"' for key in way)]
    if any(_is_place(key) for key in way):
        paths.append("$" + "".join(f"[{key}]" if _is_place(key) else f'."{key}"' for key in way))
    return paths


def _is_place(key: str) -> bool:
    return key.isascii() and key.isdigit() and len(key) <= 9
