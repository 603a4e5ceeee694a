"""CSV and TSV as a table: the first rows, with columns that know what they hold."""

import csv
import re
from collections.abc import Iterable

from artifacts.files.previews.preview import Grid, GridCell, GridColumn, Preview, binary, clip, fitted
from artifacts.files.previews.reading import Unreadable, Window
from artifacts.files.previews.text import decoded
from artifacts.models import Blob

MOST_BYTES = 256 * 1024
MOST_ROWS = 200
MOST_COLUMNS = 40
LONGEST_CELL = 300
INTEGER = re.compile(r"[+-]?\d{1,30}")
NUMBER = re.compile(r"[+-]?(?:\d{1,30}(?:\.\d{0,30})?|\.\d{1,30})(?:[eE][+-]?\d{1,4})?|[+-]?(?:nan|inf)", re.IGNORECASE)
DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?")
KINDS = (
    ("integer", INTEGER),
    ("number", NUMBER),
    ("date", DATE),
    ("true or false", re.compile("true|false", re.IGNORECASE)),
)


def preview(blob: Blob) -> Preview:
    """The first rows; Unreadable where the text is no table."""
    start = Window(blob, MOST_BYTES).read(MOST_BYTES)
    is_cut = blob.size > len(start)
    text = decoded(start, is_cut)
    if not text or not text.strip():
        raise Unreadable("It is empty.")
    if is_cut:
        text = text[: text.rfind("\n") + 1] or text
    rows, is_more = _rows(text)
    width = min(max(map(len, rows)), MOST_COLUMNS)
    if width < 2 and len(rows) < 2:
        raise Unreadable("It is no table.")
    head, body = rows[0], rows[1:]
    columns = [
        GridColumn(clip(name, 120), kind_of(row[place] for row in body if place < len(row)))
        for place, name in enumerate((head + [""] * width)[:width])
    ]
    note = f"{len(body):,} row{'' if len(body) == 1 else 's'}"
    if is_more or is_cut:
        note = f"The first {note}" + (f" of the first {binary(MOST_BYTES)}" if is_cut and not is_more else "")
    if max(map(len, rows)) > width:
        note += f", the first {width} columns"
    return Preview("table", has_source=True, content=fitted(Grid(columns, _cells(columns, body), note)))


def _rows(text: str) -> tuple[list[list[str]], bool]:
    """The rows as far as they are shown, and whether there are more."""
    rows: list[list[str]] = []
    try:
        for row in csv.reader(text.splitlines(keepends=True), delimiter=_delimiter(text)):
            if not row:
                continue
            if len(rows) > MOST_ROWS:
                return rows, True
            rows.append([clip(cell, LONGEST_CELL) for cell in row[: MOST_COLUMNS + 1]])
    except csv.Error as error:
        raise Unreadable("It is no table.") from error
    if not rows:
        raise Unreadable("It is empty.")
    return rows, False


def _delimiter(text: str) -> str:
    """The sign that parts the first line most often: a comma unless another one does more."""
    first = text.lstrip("\r\n").partition("\n")[0][:10_000]
    return max(",\t;|", key=first.count)


def kind_of(values: Iterable[str]) -> str:
    """The kind of which all the filled values are."""
    filled = [value.strip() for value in values if value.strip()]
    if not filled:
        return ""
    return next((kind for kind, pattern in KINDS if all(pattern.fullmatch(value) for value in filled)), "text")


def _cells(columns: list[GridColumn], body: list[list[str]]) -> list[list[GridCell]]:
    empty = [""] * len(columns)
    return [
        [GridCell(text, is_number=column.is_number) for column, text in zip(columns, row + empty, strict=False)]
        for row in body
    ]
