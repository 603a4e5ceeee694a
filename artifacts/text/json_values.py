"""JSON for pages, bounded however large it is: laid flat, every value by its dotted name, and as lines of a tree."""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

MOST_LEAVES = 2_000
DEEPEST_LEAF = 12
LONGEST_WRITTEN = 300
MOST_LINES = 2_000
LONGEST_VALUE = 2_000
DEEPEST_LINE = 24
OPEN_UP_TO = 12  # children of a line that is open at first


def leaves(value: object, *, most: int = MOST_LEAVES) -> dict[str, object]:
    """Texts, numbers, true, false and null by dotted name, lists as one value; the first `most` of them."""
    found: dict[str, object] = {}
    for name, leaf in _walk(value, "", 0):
        if len(found) == most:
            break
        found[name] = leaf
    return found


def _walk(value: object, name: str, depth: int) -> Iterator[tuple[str, object]]:
    if not isinstance(value, Mapping):
        if name:
            yield name, value
        return
    if name and (not value or depth > DEEPEST_LEAF):
        yield name, value
        return
    for key, inner in value.items():
        yield from _walk(inner, f"{name}.{key}" if name else str(key), depth + 1)


def written(value: object) -> str:
    """A value as JSON writes it, shortened where it is long."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST_WRITTEN else f"{text[:LONGEST_WRITTEN]}…"


def number(value: object) -> float | None:
    """The value if it is a finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return value


@dataclass
class JsonLine:
    """A key with its value, or with the lines below it."""

    key: str
    kind: str  # "s" text, "n" number, "b" true, false and null: the classes of the stylesheet
    text: str = ""
    children: "list[JsonLine] | None" = None
    count: str = ""
    is_open: bool = False


@dataclass
class JsonTree:
    """The lines, how many there are on top, and whether some were left out."""

    lines: list[JsonLine] = field(default_factory=list)
    count: int = 0
    is_cut: bool = False


def tree_of(value: Mapping[str, object], words: str = "") -> JsonTree:
    """The lines whose key or value holds the words, with all above and below them; every line for no words."""
    tree = JsonTree(count=len(value))
    room = [MOST_LINES]
    for key, inner in value.items():
        line = _line(str(key), inner, words.casefold(), room, 0)
        if line is not None:
            tree.lines.append(line)
    tree.is_cut = room[0] <= 0
    return tree


def _line(key: str, value: object, words: str, room: list[int], depth: int) -> JsonLine | None:
    if room[0] <= 0:
        return None
    if words and words in key.casefold():
        words = ""
    if not isinstance(value, Mapping | list) or not value or depth >= DEEPEST_LINE:
        kind, text = _shown(value)
        if words and words not in text.casefold():
            return None
        room[0] -= 1
        return JsonLine(key, kind, text)
    room[0] -= 1
    pairs = value.items() if isinstance(value, Mapping) else enumerate(value)
    children = [line for name, inner in pairs if (line := _line(str(name), inner, words, room, depth + 1))]
    if words and not children:
        room[0] += 1
        return None
    unit = "key" if isinstance(value, Mapping) else "item"
    count = f"{len(value)} {unit}{'' if len(value) == 1 else 's'}"
    return JsonLine(key, "", children=children, count=count, is_open=bool(words) or len(children) <= OPEN_UP_TO)


def _shown(value: object) -> tuple[str, str]:
    """The kind of a value, and the value as JSON writes it."""
    if isinstance(value, str):
        text = value if len(value) <= LONGEST_VALUE else f"{value[:LONGEST_VALUE]}…"
        return "s", f'"{text}"'
    if isinstance(value, bool):
        return "b", "true" if value else "false"
    if isinstance(value, int):
        return "n", f"{value:,}" if abs(value) < 10**15 else str(value)
    if isinstance(value, float):
        return "n", repr(value)
    if value is None:
        return "b", "null"
    return "b", "{}" if isinstance(value, Mapping) else "[]" if value == [] else "…"
