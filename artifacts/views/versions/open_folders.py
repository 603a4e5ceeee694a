"""Which folders of the tab “Files” are open, as its address says it: `?open=media/&open=weights/&path=README.md`.

A folder that holds an open one, the chosen file, or the folder that the tree is opened down to, is open without being named.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlencode, urlsplit

from django.http import QueryDict

from artifacts.views.answers import HtmxHttpRequest

MOST_OPEN = 20  # folders that an address names
LONGEST = 4_000  # characters of a query that still fits every address bar


def above(path: str) -> list[str]:
    """The folders that a file or a folder lies in, from the outermost on."""
    parts = path.rstrip("/").split("/")[:-1]
    return ["/".join(parts[:count]) + "/" for count in range(1, len(parts) + 1)]


@dataclass(frozen=True)
class Opened:
    """What the address of the tab says: the chosen file, the folder that is walked to (with its page), and the open folders."""

    path: str = ""
    folder: str = ""
    after: str = ""
    folders: tuple[str, ...] = ()

    @classmethod
    def read(cls, query: Mapping[str, str], folders: Iterable[str]) -> "Opened":
        """From the parts of an address; folders beyond the most count as closed."""
        path, folder, after = (clean(query.get(name, "")) for name in ("path", "folder", "after"))
        named = [slashed(clean(folder)) for folder in folders if folder.strip("/")]
        return cls(path, slashed(folder), after, tuple(dict.fromkeys(named[:MOST_OPEN])))

    @classmethod
    def shown(cls, request: HtmxHttpRequest, here: str) -> "Opened | None":
        """What the page shows from which htmx asks; None if that is no page of this tab, or one of a search."""
        address = urlsplit(request.htmx.current_url_abs_path or "")
        query = QueryDict(address.query)
        if unquote(address.path) != unquote(here) or "find" in query:
            return None
        return cls.read({name: query[name] for name in query}, query.getlist("open"))

    @property
    def open(self) -> set[str]:
        """All open folders, the implied ones too."""
        implied = [*above(self.path), *above(self.folder), *([self.folder] if self.folder else [])]
        return {*implied, *self.folders, *(outer for folder in self.folders for outer in above(folder))}

    def chosen(self, path: str) -> "Opened":
        """With another file chosen: what is open stays so."""
        return Opened(path=path, folders=self._named(path, ""))

    def with_open(self, folder: str) -> "Opened":
        """With one more folder open; the one opened first gives way where there are too many."""
        named = [name for name in self.folders if name != folder and not folder.startswith(name)]
        return Opened(self.path, self.folder, self.after, (*named, folder)[-MOST_OPEN:])

    def with_closed(self, folder: str) -> "Opened":
        """Without a folder and what is open in it; what it lies in stays open."""
        is_walked_to = self.folder.startswith(folder)
        kept = [name for name in self.folders if not name.startswith(folder)]
        rest = Opened(self.path, "" if is_walked_to else self.folder, "" if is_walked_to else self.after, tuple(kept))
        outer = above(folder)[-1:]
        return Opened(rest.path, rest.folder, rest.after, (*kept, *(one for one in outer if one not in rest.open)))

    def _named(self, path: str, folder: str) -> tuple[str, ...]:
        """The open folders that have to be named: neither implied by this file and folder nor by one another."""
        implied = {*above(path), *above(folder), folder}
        opened = self.open - implied
        return tuple(
            name for name in sorted(opened) if not any(other != name and other.startswith(name) for other in opened)
        )[:MOST_OPEN]

    def address(self, here: str, options: Iterable[tuple[str, str]] = ()) -> str:
        """Where the tab is shown so, with options for the file; folders are left out where the address would be too long."""
        pairs = [(name, value) for name in ("folder", "after", "path") if (value := getattr(self, name))]
        pairs += options
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
