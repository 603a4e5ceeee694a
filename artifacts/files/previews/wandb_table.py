"""A logged `wandb.Table` (`*.table.json`): its columns and first rows, also of a table far larger than what is read."""

import json
import re
from json import JSONDecoder

from artifacts.files.previews.preview import Grid, GridCell, GridColumn, Preview, binary, clip, fitted
from artifacts.files.previews.reading import Unreadable, Window
from artifacts.files.previews.tables import LONGEST_CELL, MOST_COLUMNS, MOST_ROWS
from artifacts.files.previews.text import decoded
from artifacts.models import Blob

MOST_BYTES = 1024 * 1024
SPACE = re.compile(r"[\s,]*")
KINDS = {"string": "text", "boolean": "true or false"}
_decoder = JSONDecoder()


def preview(blob: Blob) -> Preview:
    """The first rows; ValueError or Unreadable where it is no such table."""
    start = Window(blob, MOST_BYTES).read(MOST_BYTES)
    is_cut = blob.size > len(start)
    text = decoded(start, is_cut)
    if text is None:
        raise Unreadable("It is no text.")
    values, rows, is_more = _read(text)
    if values.get("_type", "table") not in ("table", "joined-table", "partitioned-table") or (
        not rows and not values.get("columns")
    ):
        raise Unreadable("It is no table.")
    width = min(max(map(len, rows), default=0), MOST_COLUMNS)
    names = values.get("columns")
    names = names if isinstance(names, list) else []
    width = width or min(len(names), MOST_COLUMNS)
    columns = [GridColumn(clip(str(names[place]) if place < len(names) else str(place), 120)) for place in range(width)]
    cells = [[_cell(row[place] if place < len(row) else None) for place in range(width)] for row in rows]
    for place, column in enumerate(columns):
        column.kind = _kind([row[place] for row in rows if place < len(row)])
    return Preview("table", has_source=True, content=fitted(Grid(columns, cells, _note(values, rows, is_more, is_cut))))


def _note(values: dict[str, object], rows: list[list[object]], is_more: bool, is_cut: bool) -> str:
    """How many rows are shown, of how many."""
    said = values.get("nrows")
    count = f"{len(rows):,} row{'' if len(rows) == 1 else 's'}"
    if not is_more:
        return count
    if type(said) is int and said > len(rows):
        return f"The first {len(rows):,} of {said:,} rows, as the file says"
    return f"The first {count}" + (f" of the first {binary(MOST_BYTES)}" if is_cut and len(rows) < MOST_ROWS else "")


def _read(text: str) -> tuple[dict[str, object], list[list[object]], bool]:
    """The values of the object as far as the text goes, the rows of its `data`, and whether there are more rows."""
    values: dict[str, object] = {}
    rows: list[list[object]] = []
    at = _space(text, 0)
    if text[at : at + 1] != "{":
        raise Unreadable("It is no table.")
    at = _space(text, at + 1)
    try:
        while text[at] != "}":
            key, at = _decoder.raw_decode(text, at)
            at = _space(text, at)
            if text[at] != ":":
                raise Unreadable("It is no table.")
            at = _space(text, at + 1)
            if key == "data" and text[at] == "[":
                at = _space(text, at + 1)
                while text[at] != "]":
                    row, at = _decoder.raw_decode(text, at)
                    at = _space(text, at)
                    if len(rows) == MOST_ROWS:
                        return _rest(values, text), rows, True
                    rows.append(row if isinstance(row, list) else [row])
                at += 1
            else:
                values[str(key)], at = _decoder.raw_decode(text, at)
            at = _space(text, at)
    except (json.JSONDecodeError, IndexError):  # the text ends before the object does
        return values, rows, True
    return values, rows, False


def _rest(values: dict[str, object], text: str) -> dict[str, object]:
    """With the number of rows, which the client writes behind them, where that was read too."""
    found = re.search(r'"nrows":\s*(\d{1,12})\b[^\[\]]{0,200}\}\s*$', text[-400:])
    return {**values, "nrows": int(found[1])} if found else values


def _space(text: str, at: int) -> int:
    match = SPACE.match(text, at)
    return match.end() if match else at


def _kind(values: list[object]) -> str:
    kinds = {_kind_of(value) for value in values if value is not None}
    if kinds == {"integer", "number"}:
        return "number"
    return kinds.pop() if len(kinds) == 1 else ("mixed" if kinds else "")


def _kind_of(value: object) -> str:
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "number"
    if isinstance(value, dict) and isinstance(value.get("_type"), str):
        return clip(value["_type"].removesuffix("-file"), 40)
    return "text" if isinstance(value, str) else "JSON"


def _cell(value: object) -> GridCell:
    if value is None:
        return GridCell("")
    if isinstance(value, str):
        return GridCell(clip(value, LONGEST_CELL))
    if isinstance(value, dict) and isinstance(value.get("path"), str) and isinstance(value.get("_type"), str):
        caption = value.get("caption")
        name = value["path"].rsplit("/", 1)[-1]
        return GridCell(
            clip(caption if isinstance(caption, str) and caption else name, LONGEST_CELL), path=value["path"][:4096]
        )
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return GridCell(clip(json.dumps(value, ensure_ascii=False), LONGEST_CELL), is_number=is_number)
