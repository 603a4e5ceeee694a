"""JSON laid flat: every value by its dotted name, as tables and comparisons show it."""

import json
import math
from collections.abc import Iterator, Mapping

MOST = 2_000
DEEPEST = 12
LONGEST = 300


def leaves(value: object, *, most: int = MOST) -> dict[str, object]:
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
    if name and (not value or depth > DEEPEST):
        yield name, value
        return
    for key, inner in value.items():
        yield from _walk(inner, f"{name}.{key}" if name else str(key), depth + 1)


def written(value: object) -> str:
    """A value as JSON writes it, shortened where it is long."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def number(value: object) -> float | None:
    """The value if it is a finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return value
