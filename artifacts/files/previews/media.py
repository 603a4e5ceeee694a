"""Pictures and sounds: by the end of the name and the first bytes alike; SVG and HTML are never pictures here."""

import re
import struct
from dataclasses import dataclass

from artifacts.files.previews.preview import Preview, suffix
from artifacts.files.previews.reading import Window
from artifacts.models import Blob, ManifestEntry

ANYTHING = "application/octet-stream"
LARGEST_IMAGE = 20 * 1024 * 1024
HEAD = 64 * 1024
IMAGES = {
    ".png": ("image/png", re.compile(rb"\x89PNG\r\n\x1a\n")),
    ".jpg": ("image/jpeg", re.compile(rb"\xff\xd8\xff")),
    ".jpeg": ("image/jpeg", re.compile(rb"\xff\xd8\xff")),
    ".gif": ("image/gif", re.compile(rb"GIF8")),
    ".webp": ("image/webp", re.compile(rb"RIFF....WEBP", re.DOTALL)),
}
SOUNDS = {
    ".wav": ("audio/wav", re.compile(rb"RIFF....WAVE", re.DOTALL)),
    ".mp3": ("audio/mpeg", re.compile(rb"ID3|\xff[\xe2-\xfb]")),
    ".ogg": ("audio/ogg", re.compile(rb"OggS")),
    ".oga": ("audio/ogg", re.compile(rb"OggS")),
    ".flac": ("audio/flac", re.compile(rb"fLaC")),
}


@dataclass(frozen=True)
class Size:
    """How large a picture is, in pixels."""

    width: int
    height: int


def shown_type(entry: ManifestEntry) -> str:
    """The type to serve a picture or a sound as, empty for everything else."""
    known = (IMAGES | SOUNDS).get(suffix(entry.path))
    if known is None or entry.blob is None:
        return ""
    return known[0] if _is(known, entry.blob, Window(entry.blob, 16).read(16)) else ""


def preview(path: str, blob: Blob) -> Preview | None:
    """The picture with its size, or the sound; None for a file that is neither."""
    known = (IMAGES | SOUNDS).get(suffix(path))
    if known is None:
        return None
    head = Window(blob, HEAD).read(HEAD)
    if not _is(known, blob, head):
        return None
    if known[0].startswith("audio/"):
        return Preview("audio")
    return Preview("image", content=size_of(known[0], head))


def why_not(path: str, blob: Blob) -> str:
    """Why a file that is called a picture or a sound isn't shown as one; empty for every other file."""
    end = suffix(path)
    known = (IMAGES | SOUNDS).get(end)
    if known is None:
        return ""
    if known[1].match(Window(blob, 16).read(16)):
        return "The picture is larger than is shown here (20 MiB); download it."
    return f"Its name ends in {end}, but its bytes are no {end[1:].upper()} file; download it to look inside."


def _is(known: tuple[str, re.Pattern[bytes]], blob: Blob, head: bytes) -> bool:
    kind, magic = known
    return bool(magic.match(head)) and (kind.startswith("audio/") or blob.size <= LARGEST_IMAGE)


def size_of(kind: str, head: bytes) -> Size | None:
    """Width and height out of a picture's first bytes; None where they aren't there."""
    reader = {"image/png": _png, "image/gif": _gif, "image/jpeg": _jpeg, "image/webp": _webp}[kind]
    try:
        found = reader(head)
    except (struct.error, IndexError):
        return None
    return found if found and found.width and found.height else None


def _png(head: bytes) -> Size | None:
    return Size(*struct.unpack_from(">II", head, 16)) if head[12:16] == b"IHDR" else None


def _gif(head: bytes) -> Size:
    return Size(*struct.unpack_from("<HH", head, 6))


def _jpeg(head: bytes) -> Size | None:
    at = 2
    while head[at] == 0xFF:
        marker = head[at + 1]
        if marker == 0xFF:  # a filler
            at += 1
        elif 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            height, width = struct.unpack_from(">HH", head, at + 5)
            return Size(width, height)
        else:
            at += 2 + max(struct.unpack_from(">H", head, at + 2)[0], 2)
    return None


def _webp(head: bytes) -> Size | None:
    match head[12:16]:
        case b"VP8X":
            return Size(int.from_bytes(head[24:27], "little") + 1, int.from_bytes(head[27:30], "little") + 1)
        case b"VP8 ":
            width, height = struct.unpack_from("<HH", head, 26)
            return Size(width & 0x3FFF, height & 0x3FFF)
        case b"VP8L":
            (bits,) = struct.unpack_from("<I", head, 21)
            return Size((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    return None
