"""Text with its lines numbered, JSON indented, Markdown rendered."""

import json
import re
from dataclasses import dataclass

from artifacts.files.previews.preview import MOST_TEXT, Preview
from artifacts.files.previews.reading import Unreadable, Window
from artifacts.models import Blob

JSON = {".json", ".jsonld", ".geojson"}
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"?|[\[\]{},:]|[^\s\[\]{},:"]+', re.DOTALL)
DEEPEST = 40


@dataclass(frozen=True)
class Lines:
    """A text and, beside it, the numbers of its lines."""

    text: str
    numbers: str


def decoded(start: bytes, is_cut: bool) -> str | None:
    """The bytes as text, or None where they aren't: a cut in the middle of a letter is forgiven."""
    if b"\0" in start:
        return None
    try:
        return start.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        if is_cut and error.start > len(start) - 4:
            return start[: error.start].decode("utf-8").removeprefix("\ufeff")
        return None


def preview(end: str, words: str, *, is_cut: bool, has_source: bool = False, note: str = "") -> Preview:
    """Text by lines, JSON indented, also where it is only the beginning of it."""
    if end in JSON:
        words = indented_beginning(words) if is_cut else indented(words)
    return Preview("text", words, is_cut, lined(words), has_source, note)


def lined(words: str) -> Lines:
    """The text with numbers for its lines, as an editor counts them."""
    text = words.replace("\r\n", "\n").replace("\r", "\n")
    count = text.count("\n") + (0 if text.endswith("\n") else 1)
    return Lines(text, "\n".join(map(str, range(1, count + 1))))


def markdown(blob: Blob) -> Preview:
    """The whole text, for the filter that renders it safely; Unreadable where it is too long for that."""
    if blob.size > MOST_TEXT:
        raise Unreadable("It is too long to be rendered.")
    words = decoded(Window(blob, MOST_TEXT).read(), is_cut=False)
    if words is None:
        raise Unreadable("It is no text.")
    return Preview("markdown", words, has_source=True)


def indented(text: str) -> str:
    """JSON on lines of its own; as it is where it isn't JSON after all, or where that would be far longer."""
    try:
        pretty = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text
    return pretty if len(pretty) <= 4 * MOST_TEXT else text


def indented_beginning(text: str) -> str:
    """The beginning of a JSON text on lines of its own; as it is where it has lines already, or is no JSON."""
    if text.lstrip()[:1] not in {"{", "["} or text.count("\n") > len(text) // 200:
        return text
    pieces: list[str] = []
    depth = length = 0
    for match in TOKEN.finditer(text):
        token = match.group()
        if token in "]}":
            depth = max(depth - 1, 0)
        piece = f"\n{'  ' * min(depth, DEEPEST)}" if token in "]}" else ""
        piece += {":": ": "}.get(token, token)
        if token in "[{":
            depth += 1
        if token in "[{,":
            piece += f"\n{'  ' * min(depth, DEEPEST)}"
        pieces.append(piece)
        length += len(piece)
        if length > 4 * MOST_TEXT:
            return text
    return "".join(pieces)
