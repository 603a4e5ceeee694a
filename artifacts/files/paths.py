"""Paths that people gave to files of versions and runs.

Nothing on our disk is named by them. Whoever downloads lays the files down by them, on any system, so what one of these would take for a
place outside the target is refused, and so is what no terminal should be shown.
"""

import re
from collections.abc import Iterable

from artifacts.errors import Invalid
from artifacts.naming import shown

# C0, DEL and C1; the separators of lines and paragraphs; what turns the direction of the text around it.
CONTROL = re.compile("[\0-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
DRIVE = re.compile(r".:")  # the client, too, takes any one character for a drive, and then refuses to download
SEPARATOR = re.compile(r"[/\\]")


def visible(path: str) -> str:
    """A path in a sentence: shortened, and with its control characters spelled out."""
    return shown(CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), path))


def refuse_outside(path: str, where: str) -> None:
    """Refuse a path that leads out of the folder into which it is laid, on any system, or has control characters."""
    if CONTROL.search(path):
        raise Invalid(f"The path “{visible(path)}” {where} has control characters; rename the file.")
    # Windows leaves out spaces at the end of a part.
    steps_up = any(part.strip(" ") == ".." for part in SEPARATOR.split(path))
    if path.startswith(("/", "\\")) or steps_up or DRIVE.match(path):
        why = "names a drive of Windows" if DRIVE.match(path) else "leads out of it"
        raise Invalid(f"The path “{visible(path)}” {where} {why}; use a path relative to it, such as “data/a.csv”.")


def plain(path: str) -> str:
    """The place at which a path is laid down: without empty parts and single dots."""
    if "." not in path and "//" not in path and not path.endswith("/"):
        return path
    return "/".join(part for part in path.split("/") if part not in {"", "."})


def refuse_collisions(paths: Iterable[str]) -> None:
    """Refuse paths that can't be laid down side by side: two of one place, or a file where another one needs a folder."""
    places: dict[str, str] = {}
    for path in paths:
        other = places.setdefault(plain(path), path)
        if other != path:
            raise Invalid(f"“{visible(other)}” and “{visible(path)}” are the same path; rename one of the files.")
    folders = {""}
    for place, path in places.items():
        if not place:
            raise Invalid(f"“{visible(path)}” is the folder of all files and no file; rename it.")
        folder = place.rpartition("/")[0]
        while folder not in folders:
            if folder in places:
                raise Invalid(
                    f"“{visible(places[folder])}” is a file, and a folder too because of “{visible(path)}”; rename one of them."
                )
            folders.add(folder)
            folder = folder.rpartition("/")[0]
