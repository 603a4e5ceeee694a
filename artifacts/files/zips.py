"""All files of a version, or of one of its folders, as one zip that is made while it is sent: no copy, and no file held in memory."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from zipstream import ZipStream

from artifacts.files.folders import behind, files_below
from artifacts.files.storage import store
from artifacts.models import ArtifactVersion

PAGE = 5_000
TOGETHER = 64 * 1024
REFERENCES = "references.txt"
UNSAFE = re.compile(r"[\x00-\x1f\x7f\\]")
DRIVE = re.compile(r"^[A-Za-z]:")
HEADING = (
    "These files are not in the archive: their bytes lie elsewhere, or are not stored here. Path, address, digest:\n"
)


@dataclass(frozen=True)
class Zip:
    """A zip whose length is known before its first byte is made."""

    size: int
    chunks: Iterator[bytes]


def zip_of(version: ArtifactVersion, folder: str = "") -> Zip:
    """The zip of a version's stored files; what is only referred to is listed in a text file inside.

    A file that is missing or damaged breaks the stream off, so that nobody takes what came for the whole.
    """
    zipped = ZipStream(sized=True)
    names: set[str] = set()
    left_out: list[str] = []
    for path, size, digest, ref, key, stored in _rows(version, folder):
        if key is None:
            left_out.append(f"{path}\t{ref or 'not stored'}\t{digest}")
            continue
        zipped.add(_bytes(key, stored), _name(path, names), size=size if stored is None else stored)
    if left_out:
        zipped.add((HEADING + "\n".join(left_out) + "\n").encode(errors="replace"), _name(REFERENCES, names))
    return Zip(len(zipped), _joined(iter(zipped)))


def safe_name(path: str) -> str:
    """A path that stays inside the folder into which it is unpacked, on every system."""
    parts = [UNSAFE.sub("_", part) for part in path.split("/")]
    kept = [part.rstrip(" .") or "_" if set(part) <= {".", " "} else part for part in parts if part]
    if kept:
        kept[0] = DRIVE.sub(lambda drive: f"{drive.group()[0]}_", kept[0])
    return "/".join(kept) or "_"


def _name(path: str, names: set[str]) -> str:
    """The path made safe, and made another one where that is taken already."""
    name = wanted = safe_name(path).encode(errors="replace").decode()
    number = 2
    while name in names:
        stem, dot, end = wanted.rpartition(".")
        name = f"{stem} ({number}).{end}" if dot and "/" not in end and stem else f"{wanted} ({number})"
        number += 1
    names.add(name)
    return name


def _rows(version: ArtifactVersion, folder: str) -> Iterator[tuple[str, int, str, str, str | None, int | None]]:
    """The files in pages, so that no cursor stays open."""
    files, after = files_below(version, folder), ""
    while True:
        rows = list(behind(files, after).values_list("path", "size", "digest", "ref", "blob__key", "blob__size")[:PAGE])
        yield from rows
        if len(rows) < PAGE:
            return
        after = rows[-1][0]


def _bytes(key: str, size: int | None) -> Iterator[bytes]:
    with store().open(key, expected_size=size) as chunks:
        yield from chunks


def _joined(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Small pieces put together: a hundred thousand headers would be as many writes to the network."""
    waiting, length = [], 0
    for piece in pieces:
        waiting.append(piece)
        length += len(piece)
        if length >= TOGETHER:
            yield b"".join(waiting)
            waiting, length = [], 0
    if waiting:
        yield b"".join(waiting)
