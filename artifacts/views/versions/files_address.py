"""What the address of the tab “Files” says: `?open=media/&open=weights/&path=README.md`.

A folder that holds an open one, the chosen file, or the folder that the tree is opened down to, is open without being named.
"""

from dataclasses import dataclass
from urllib.parse import unquote, urlencode, urlsplit

from django.http import QueryDict

MOST_OPEN = 20  # folders that an address names
LONGEST = 4_000  # characters of a query that still fits every address bar
LONGEST_WORDS = 200
NAMES = {"path", "folder", "after", "open", "find"}  # all other names are options of the file's preview


def above(path: str) -> list[str]:
    """The folders that a file or a folder lies in, from the outermost on."""
    parts = path.rstrip("/").split("/")[:-1]
    return ["/".join(parts[:count]) + "/" for count in range(1, len(parts) + 1)]


@dataclass(frozen=True)
class FilesAddress:
    """The chosen file with the options of its preview, the folder that is walked to, the open folders, or the words of a search.

    `after` is the page of the folder, or of what the search found.
    """

    path: str = ""
    folder: str = ""
    after: str = ""
    folders: tuple[str, ...] = ()
    words: str = ""
    options: tuple[tuple[str, str], ...] = ()

    @classmethod
    def read(cls, query: QueryDict) -> "FilesAddress":
        """Read the query of an address; of too many open folders the last ones count as closed."""
        named = [slashed(clean(folder)) for folder in query.getlist("open") if folder.strip("/")]
        return cls(
            path=clean(query.get("path", "")),
            folder=slashed(clean(query.get("folder", ""))),
            after=clean(query.get("after", "")),
            folders=tuple(dict.fromkeys(named[:MOST_OPEN])),
            words=clean(query.get("find", "")).strip()[:LONGEST_WORDS],
            options=tuple((name, query.get(name, "")) for name in query if name not in NAMES),
        )

    @classmethod
    def of_page(cls, address: str, here: str) -> "FilesAddress | None":
        """What the page at an address shows; None if that isn't the tab at `here`, or if it shows a search."""
        parts = urlsplit(address)
        query = QueryDict(parts.query)
        if unquote(parts.path) != unquote(here) or "find" in query:
            return None
        return cls.read(query)

    @property
    def open(self) -> set[str]:
        """All open folders, the implied ones too."""
        implied = [*above(self.path), *above(self.folder), *([self.folder] if self.folder else [])]
        return {*implied, *self.folders, *(outer for folder in self.folders for outer in above(folder))}

    def chosen(self, path: str, options: tuple[tuple[str, str], ...] = ()) -> "FilesAddress":
        """The address with another file chosen; the open folders stay open."""
        return FilesAddress(path=path, folders=self._to_name(path), options=options)

    def with_open(self, folder: str) -> "FilesAddress":
        """The address with one more folder open; where that makes too many, the one opened first is closed."""
        named = [name for name in self.folders if name != folder and not folder.startswith(name)]
        return FilesAddress(self.path, self.folder, self.after, (*named, folder)[-MOST_OPEN:])

    def with_closed(self, folder: str) -> "FilesAddress":
        """The address with a folder, and the folders in it, closed; the folders around it stay open."""
        kept = tuple(name for name in self.folders if not name.startswith(folder))
        is_walked_to = self.folder.startswith(folder)
        walked_to = ("", "") if is_walked_to else (self.folder, self.after)
        rest = FilesAddress(self.path, *walked_to, folders=kept)
        outer = tuple(one for one in above(folder)[-1:] if one not in rest.open)
        return FilesAddress(self.path, *walked_to, folders=(*kept, *outer))

    def _to_name(self, path: str) -> tuple[str, ...]:
        """The open folders that have to be named: those that neither this file nor another open folder implies."""
        opened = self.open - {*above(path)}
        return tuple(
            name for name in sorted(opened) if not any(other != name and other.startswith(name) for other in opened)
        )[:MOST_OPEN]

    def url(self, here: str) -> str:
        """The address of this in the tab at `here`; folders are left out where it would be too long."""
        given = {"find": self.words, "folder": self.folder, "after": self.after, "path": self.path}
        pairs = [*((name, value) for name, value in given.items() if value), *self.options]
        folders = list(self.folders)
        while folders and len(urlencode([*(("open", name) for name in folders), *pairs])) > LONGEST:
            folders.pop(0)
        query = urlencode([*(("open", name) for name in folders), *pairs])
        return f"{here}?{query}" if query else here


def clean(path: str) -> str:
    """A path as the database can look for it; what is no path of a manifest then finds nothing."""
    return path.replace("\0", "\ufffd").encode("utf-8", "replace").decode()[:4096]


def slashed(folder: str) -> str:
    """A folder as paths of files begin with it."""
    return folder if not folder or folder.endswith("/") else f"{folder}/"
