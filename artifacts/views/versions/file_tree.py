"""The tree of a version's files: folders that open in place, each level paged by its names."""

import hashlib
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field

from artifacts.files.folders import PAGE, FolderItem, FolderPage, list_around, list_folder, summed
from artifacts.files.previews import is_risky
from artifacts.files.previews.preview import suffix
from artifacts.views.url_of import act_url
from artifacts.views.version_page import VersionPage
from artifacts.views.versions.files_address import FilesAddress

LEVELS = 6  # deeper folders are shown from their own upper ones on
MOST_LEVELS = 30  # that are opened because the address says so
AROUND = 40  # what is shown of the folders above
ICONS = {
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg"), "image"),
    **dict.fromkeys((".csv", ".tsv", ".tab", ".parquet"), "table"),
    **dict.fromkeys((".json", ".yaml", ".yml", ".toml", ".py", ".ipynb"), "code"),
    **dict.fromkeys((".wav", ".mp3", ".ogg", ".oga", ".flac"), "audio-lines"),
    **dict.fromkeys((".safetensors", ".gguf", ".onnx"), "box"),
    **dict.fromkeys((".md", ".markdown", ".txt", ".log"), "file-text"),
}


@dataclass
class FileNode:
    """A file or a folder of the tree; an open folder has its level below it."""

    item: FolderItem
    href: str
    toggle: str = ""  # where the other state of a folder is fetched
    level: "Level | None" = None
    is_current: bool = False

    @property
    def anchor(self) -> str:
        """What the browser finds it again by."""
        return anchor_of(self.item.path)

    @property
    def is_risky(self) -> bool:
        """Whether its name is that of a format which can run code when it is loaded."""
        return not self.item.is_folder and is_risky(self.item.path)

    @property
    def icon(self) -> str:
        """What kind of file it is, by its name."""
        if self.item.is_folder:
            return "folder-open" if self.level else "folder"
        if self.item.entry is not None and self.item.entry.ref:
            return "external-link"
        return "table" if self.item.path.lower().endswith(".table.json") else ICONS.get(suffix(self.item.path), "file")


@dataclass
class Level:
    """What is shown of a folder, and where its other pages are."""

    nodes: list[FileNode] = field(default_factory=list)
    first: str = ""
    more: str = ""
    more_here: str = ""  # the same, to be put into the tree


def anchor_of(path: str) -> str:
    """An id for an element, whatever letters the path has."""
    return f"f-{hashlib.md5(path.encode(errors='replace'), usedforsecurity=False).hexdigest()[:12]}"


class FileTree:
    """Makes the levels of one version's tree."""

    def __init__(self, version_page: VersionPage, current: str = "") -> None:
        self.version_page, self.current, self.here = version_page, current, version_page.url("files")

    def to(self, folder: str, after: str = "", opened: Collection[str] = ()) -> tuple[Level, str, bool]:
        """The tree opened down to a folder and to the current file, with what else is open; from where on; whether that holds anything."""
        parts = folder.split("/")[:-1]
        chain = ["/".join(parts[:count]) + "/" if count else "" for count in range(len(parts) + 1)][-LEVELS:]
        current = self.current if self.current.startswith(folder) else ""
        listing = self._listing(chain[-1], current, after)
        level, is_filled = self.level(listing), bool(listing.items)
        for above, below in zip(reversed(chain[:-1]), reversed(chain[1:]), strict=True):
            inner, level = level, self.level(list_around(self.version_page.version, above, below, size=AROUND))
            for node in level.nodes:
                if node.item.path == below:
                    node.level, node.toggle = inner, self._fragment(below, closed="1")
        self._open(level, opened)
        return level, chain[0], is_filled

    def _open(self, level: Level, opened: Collection[str]) -> None:
        """Open folders of the tree that are open by themselves, the outer ones first, as many as a page bears."""
        left, levels = MOST_LEVELS, deque([level])
        while levels:
            for node in levels.popleft().nodes:
                if node.level is None and node.item.is_folder and node.item.path in opened and left:
                    node.level = self.level(list_folder(self.version_page.version, node.item.path))
                    node.toggle = self._fragment(node.item.path, closed="1")
                    left -= 1
                if node.level is not None:
                    levels.append(node.level)

    def node(self, folder: str, *, is_open: bool) -> FileNode | None:
        """One folder, open or closed, for its place in a tree that is shown already; None where there is none."""
        listing = list_folder(self.version_page.version, folder, size=PAGE if is_open else 1)
        if not listing.items:
            return None
        above, _, name = folder[:-1].rpartition("/")
        node = self._folder(
            summed(self.version_page.version, f"{above}/" if above else "", [FolderItem(name, folder)])[0]
        )
        if is_open:
            node.level, node.toggle = self.level(listing), self._fragment(folder, closed="1")
        return node

    def level(self, listing: FolderPage) -> Level:
        """What a page of a folder holds."""
        nodes = [self._folder(item) if item.is_folder else self._file(item) for item in listing.items]
        return Level(
            nodes,
            first="" if listing.is_first else self._url(folder=listing.folder),
            more=self._url(folder=listing.folder, after=listing.after) if listing.after else "",
            more_here=self._fragment(listing.folder, after=listing.after) if listing.after else "",
        )

    def _listing(self, folder: str, current: str, after: str) -> FolderPage:
        version = self.version_page.version
        return list_around(version, folder, current) if current and not after else list_folder(version, folder, after)

    def _file(self, item: FolderItem) -> FileNode:
        return FileNode(item, self._url(path=item.path), is_current=item.path == self.current)

    def _folder(self, item: FolderItem) -> FileNode:
        return FileNode(item, self._url(folder=item.path), toggle=self._fragment(item.path))

    def _url(self, *, path: str = "", folder: str = "", after: str = "") -> str:
        return FilesAddress(path, folder, after).url(self.here)

    def _fragment(self, folder: str, **query: str) -> str:
        return act_url(self.version_page.membership, "folder", folder=folder, **query)
