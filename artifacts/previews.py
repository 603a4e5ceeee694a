"""What a file may be shown as: decided by its name and its bytes, never by what an uploader said about it."""

import json
from dataclasses import dataclass
from pathlib import PurePosixPath

from artifacts.models import ManifestEntry
from artifacts.storage import Damaged, store

MOST_BYTES = 64 * 1024
LARGEST_IMAGE = 20 * 1024 * 1024
IMAGES = {
    ".png": ("image/png", b"\x89PNG\r\n\x1a\n"),
    ".jpg": ("image/jpeg", b"\xff\xd8\xff"),
    ".jpeg": ("image/jpeg", b"\xff\xd8\xff"),
    ".gif": ("image/gif", b"GIF8"),
    ".webp": ("image/webp", b"RIFF"),
}
ANYTHING = "application/octet-stream"


@dataclass(frozen=True)
class Preview:
    """What is shown of a file: an image, text (perhaps only its beginning), or a sentence that says why nothing is."""

    kind: str  # "image", "text", "none"
    text: str = ""
    is_cut: bool = False


def suffix(path: str) -> str:
    """The end of a file's name by which it is known."""
    return PurePosixPath(path.rsplit("/", 1)[-1]).suffix.lower()


def image_type(entry: ManifestEntry) -> str:
    """The type to serve a picture as, empty for everything else; SVG and HTML are never pictures here."""
    known = IMAGES.get(suffix(entry.path))
    if known is None or entry.blob is None or not 0 < entry.blob.size <= LARGEST_IMAGE:
        return ""
    return known[0] if _beginning(entry, len(known[1])) == known[1] else ""


def preview_of(entry: ManifestEntry) -> Preview:
    """A bounded look into a file's bytes."""
    if entry.ref:
        return Preview("none", "This is a reference: the bytes lie elsewhere and are not shown here.")
    if entry.blob is None:
        return Preview("none", "The bytes of this file are not stored here.")
    try:
        if image_type(entry):
            return Preview("image")
        start = _beginning(entry, MOST_BYTES)
    except Damaged:
        return Preview("none", "The stored file is missing or damaged; tell the operator.")
    is_cut = entry.blob.size > len(start)
    text = _text(start, is_cut)
    if text is None:
        return Preview("none", "There is no preview for this kind of file; download it to look inside.")
    if not is_cut and suffix(entry.path) in {".json", ".jsonld", ".geojson"}:
        text = _indented(text)
    return Preview("text", text, is_cut)


def _beginning(entry: ManifestEntry, length: int) -> bytes:
    assert entry.blob is not None
    with store().open(entry.blob.key, expected_size=entry.blob.size, length=length) as chunks:
        return b"".join(chunks)


def _text(start: bytes, is_cut: bool) -> str | None:
    """The bytes as text, or None where they aren't: a cut in the middle of a letter is forgiven."""
    if b"\0" in start:
        return None
    try:
        return start.decode("utf-8")
    except UnicodeDecodeError as error:
        if is_cut and error.start > len(start) - 4:
            return start[: error.start].decode("utf-8")
        return None


def _indented(text: str) -> str:
    """JSON on lines of its own; as it is where it isn't JSON after all, or where that would be far longer."""
    try:
        pretty = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text
    return pretty if len(pretty) <= 4 * MOST_BYTES else text
