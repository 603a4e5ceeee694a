"""Which columns a table has, as the address says: `?show=tags&show=metadata.accuracy`."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, TextField
from django.db.models.functions import Cast, Length

METADATA_PREFIX = "metadata."
MOST_KEYS = 6  # of JSON, shown at once
MOST_OFFERED = 200  # keys to choose from
LARGEST = 64 * 1024  # characters of JSON that a table reads of one row


@dataclass(frozen=True)
class ColumnChoice:
    """A column that can be shown."""

    value: str
    label: str
    is_shown: bool


@dataclass(frozen=True)
class ShownColumns:
    """The columns that a table shows: names of fixed ones, keys of JSON with their values for each row, and what can be chosen instead."""

    names: frozenset[str]
    keys: list[str]
    values: list[list[object]]
    choices: list[ColumnChoice]
    key_choices: list[ColumnChoice]


def small_json(model: type[Model], ids: Collection[int], column: str) -> dict[int, Any]:
    """The JSON in a column of these rows, in one query; without those in which it is too large for a table."""
    rows = model._default_manager.filter(pk__in=ids).alias(json_length=Length(Cast(column, TextField())))
    return dict(rows.filter(json_length__lte=LARGEST).values_list("pk", column))


def shown_columns(
    asked: Sequence[str],
    rows: Sequence[Mapping[str, object]],
    columns: Mapping[str, str],
    usual: Sequence[str],
    *,
    prefix: str = METADATA_PREFIX,
) -> ShownColumns:
    """The columns that an address asks for; the usual ones if it names none.

    `rows` are the values of each row by key, and `prefix` is what stands before keys in the address.
    """
    wanted = list(dict.fromkeys(asked or usual))
    names = [name for name in wanted if name in columns]
    others = [name for name in wanted if name not in columns and name != "-" and name.startswith(prefix)]
    keys = [name.removeprefix(prefix) for name in others][:MOST_KEYS]
    offered = sorted({key for row in rows for key in row})[:MOST_OFFERED]
    return ShownColumns(
        names=frozenset(names),
        keys=keys,
        values=[[row.get(key) for key in keys] for row in rows],
        choices=[ColumnChoice(name, label, name in names) for name, label in columns.items()],
        key_choices=[
            ColumnChoice(prefix + key, key, key in keys)
            for key in [*keys, *(key for key in offered if key not in keys)]
        ],
    )
