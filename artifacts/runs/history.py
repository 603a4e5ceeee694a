"""What a run logs, as arithmetic without a database: lines packed into chunks, and the plot of each metric in bounded buckets.

Lines are kept as they came, so that nothing is lost; the plot of a metric is kept up to date beside them, so that a million
points are drawn from one small row.
"""

import json
import math
import re
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from artifacts.runs.media import is_medium

LINES_OF_A_CHUNK = 4_096
BYTES_OF_A_CHUNK = 512 * 1024
MOST_BUCKETS = 512
DEEPEST = 8  # levels of nested names that become metrics of their own
MOST_OF_A_LINE = 10_000  # metrics that one line may hold
LONGEST_KEY = 512
LARGEST = 2**63 - 1
NUMBER, TEXT, TRUTH, LIST, OBJECT, NOTHING = "number", "string", "bool", "list", "object", "null"
BUCKET = struct.Struct("<qddd")
STAMPED = re.compile(
    r"(?P<error>ERROR )?(?P<moment>\d{4}-\d\d-\d\dT[0-9:.]+(?:Z|[+-]\d\d:\d\d)?) (?P<text>.*)", re.DOTALL
)


def one_line(text: str) -> str:
    """A line as it can be kept: it ends where the line ends, and UTF-8 can say it."""
    return text.rstrip("\r\n").replace("\n", " ").encode("utf-8", "replace").decode()


def pack(lines: Sequence[str]) -> bytes:
    """Lines, compressed."""
    return zlib.compress("\n".join(lines).encode(), 6)


def unpack(packed: bytes | memoryview) -> list[str]:
    """The lines of a chunk that holds at least one."""
    return zlib.decompress(packed).decode().split("\n")


def chunks(lines: Mapping[int, str]) -> Iterator[tuple[int, list[str]]]:
    """Numbered lines as chunks of bounded size, each with the number of its first line; a gap in the numbers ends a chunk."""
    first, held, size = 0, list[str](), 0
    for number in sorted(lines):
        line = lines[number]
        if held and (
            number != first + len(held) or len(held) == LINES_OF_A_CHUNK or size + len(line) > BYTES_OF_A_CHUNK
        ):
            yield first, held
            held, size = [], 0
        if not held:
            first = number
        held.append(line)
        size += len(line) + 1
    if held:
        yield first, held


def line_values(line: str) -> dict[str, object]:
    """The values of a line of history; empty for a line that isn't a JSON object."""
    try:
        found = json.loads(line, parse_constant=str)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def step_of(said: Mapping[str, object], number: int) -> int:
    """The step that a line belongs to; its own number where it names none."""
    step = said.get("_step")
    if isinstance(step, float) and step.is_integer():
        step = int(step)
    if isinstance(step, bool) or not isinstance(step, int) or not 0 <= step <= LARGEST:
        return number
    return step


def metrics_in(said: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """The metrics of a line by dotted name; a media object counts as one value."""
    stack: list[tuple[str, object, int]] = [(name, value, 0) for name, value in reversed(list(said.items()))]
    left = MOST_OF_A_LINE
    while stack and left:
        name, value, depth = stack.pop()
        if isinstance(value, dict) and not is_medium(value) and depth < DEEPEST:
            inner = reversed(list(value.items()))
            stack += [(f"{name}.{key}", held, depth + 1) for key, held in inner]
        elif name != "_step" and name and len(name) <= LONGEST_KEY and "\x00" not in name:
            left -= 1
            yield name.encode("utf-8", "replace").decode(), value


def number_of(value: object) -> float | None:
    """The value if it can be plotted."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def kind_of(value: object) -> str:
    """What kind of value it is: the client's own word for media (`image-file`, `histogram`)."""
    match value:
        case bool():
            return TRUTH
        case int() | float() | "NaN" | "Infinity" | "-Infinity":
            return NUMBER
        case str():
            return TEXT
        case list():
            return LIST
        case dict():
            kind = value.get("_type")
            return (kind.replace("\x00", "").encode("utf-8", "replace").decode() if isinstance(kind, str) else "")[
                :12
            ] or OBJECT
    return NOTHING


class ConsoleLine(NamedTuple):
    """A line of the console: what was printed, when, and whether to the error stream ("error")."""

    text: str
    moment: str | None = None
    level: str | None = None


def console_line(line: str) -> ConsoleLine:
    """A line of the console out of what the client wraps around it: JSON, or the moment and ERROR in front, or nothing."""
    said = line_values(line) if line.startswith("{") else {}
    content, moment, level = said.get("content"), said.get("ts"), said.get("level")
    if isinstance(content, str) and isinstance(moment, str):
        return ConsoleLine(content, moment, level if isinstance(level, str) else None)
    match = STAMPED.fullmatch(line)
    return (
        ConsoleLine(match["text"], match["moment"], "error" if match["error"] else None) if match else ConsoleLine(line)
    )


class Point(NamedTuple):
    """A place on a plot: the first step that it stands for, and the least, greatest and last value from there to the next."""

    step: int
    minimum: float
    maximum: float
    last: float


@dataclass
class Series:
    """The plot of one metric: however many values come, at most 512 buckets, each of `width` steps from step 0 on."""

    kind: str = ""
    count: int = 0
    minimum: float | None = None
    maximum: float | None = None
    last: float | None = None
    last_step: int = -1
    width: int = 1
    buckets: dict[int, tuple[float, float, float]] = field(default_factory=dict)

    def add(self, step: int, value: object) -> None:
        """Take one value in."""
        self.count += 1
        self.last_step = max(self.last_step, step)
        number = number_of(value)
        if number is None:
            if self.kind != NUMBER:
                self.kind = kind_of(value)
            return
        self.kind, self.last = NUMBER, number
        self.minimum = number if self.minimum is None else min(self.minimum, number)
        self.maximum = number if self.maximum is None else max(self.maximum, number)
        place = step // self.width
        held = self.buckets.get(place)
        self.buckets[place] = (
            (number, number, number) if held is None else (min(held[0], number), max(held[1], number), number)
        )
        while len(self.buckets) > MOST_BUCKETS:
            self.widen()

    def widen(self) -> None:
        """Double the width: neighbours become one."""
        self.width *= 2
        merged: dict[int, tuple[float, float, float]] = {}
        for place in sorted(self.buckets):
            low, high, last = self.buckets[place]
            held = merged.get(place // 2)
            merged[place // 2] = (low, high, last) if held is None else (min(held[0], low), max(held[1], high), last)
        self.buckets = merged

    def packed(self) -> bytes:
        """The buckets as bytes."""
        return b"".join(BUCKET.pack(place, *self.buckets[place]) for place in sorted(self.buckets))


def buckets_in(packed: bytes | memoryview) -> dict[int, tuple[float, float, float]]:
    """The buckets that `Series.packed` wrote."""
    return {place: (low, high, last) for place, low, high, last in BUCKET.iter_unpack(packed)}


def points(packed: bytes | memoryview, width: int) -> list[Point]:
    """The plot of a metric from its stored buckets."""
    return [Point(place * width, low, high, last) for place, low, high, last in BUCKET.iter_unpack(packed)]


def thinned[Item](items: Iterable[Item], count: int) -> list[Item]:
    """At most `count` of the items, evenly chosen, the first and the last among them; never holds many more than that."""
    if count <= 0:
        return []
    kept: list[Item] = []
    stride, place, last = 1, -1, None
    for place, item in enumerate(items):
        last = item
        if place % stride == 0:
            kept.append(item)
            if len(kept) > max(4 * count, 2_000):
                kept, stride = kept[::2], stride * 2
    if last is not None and place % stride:
        kept.append(last)
    if len(kept) <= count:
        return kept
    if count == 1:
        return kept[-1:]
    return [kept[round(number * (len(kept) - 1) / (count - 1))] for number in range(count)]


@dataclass
class Batch:
    """Lines of one stream that arrived together, read once: their numbers, their steps and what each metric was at them."""

    offset: int
    lines: list[str]
    steps: list[int] = field(default_factory=list)
    values: dict[str, list[tuple[int, object]]] = field(default_factory=dict)

    @property
    def end(self) -> int:
        """The number that the next line will have."""
        return self.offset + len(self.lines)


def read_batch(offset: int, contents: Iterable[str], *, has_metrics: bool = True) -> Batch:
    """Read the lines that a client sent from `offset` on."""
    read = Batch(offset, [one_line(text) for text in contents])
    if has_metrics:
        for place, line in enumerate(read.lines):
            said = line_values(line)
            read.steps.append(step_of(said, offset + place))
            for key, value in metrics_in(said):
                read.values.setdefault(key, []).append((place, value))
    return read
