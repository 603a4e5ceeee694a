"""A version's files one folder at a time: what a folder holds is found by jumping over its subfolders, never by reading them."""

from dataclasses import dataclass

from django.db import connection
from django.db.models import F, QuerySet
from django.db.models.expressions import Combinable
from django.db.models.functions import Collate

from artifacts.models import ArtifactVersion, ManifestEntry

PAGE = 100
BATCH = 60
AMONG_FOLDERS = 4  # rows of a batch where mostly folders follow each other
AFTER_SLASH = chr(ord("/") + 1)  # the first character that sorts behind everything in a folder
SUMMED = 2_000  # files of a version whose folders' sizes are added up


@dataclass(frozen=True)
class FolderItem:
    """A file of a folder, or a folder in it (then `entry` is empty and the path ends in a slash)."""

    name: str
    path: str
    entry: ManifestEntry | None = None
    size: int | None = None
    count: int | None = None

    @property
    def is_folder(self) -> bool:
        """Whether it holds files itself."""
        return self.entry is None


@dataclass(frozen=True)
class FolderPage:
    """A page of a folder; `after` is where the next one begins, empty at the end."""

    folder: str
    items: list[FolderItem]
    after: str
    is_first: bool = True


def by_bytes() -> Combinable:
    """The path compared by its bytes: a language's order, which PostgreSQL may have, tears folders apart."""
    return Collate(F("path"), "C") if connection.vendor == "postgresql" else F("path")


def files_below(version: ArtifactVersion, folder: str) -> "QuerySet[ManifestEntry]":
    """All files of a folder (`""`: of the version) however deep, by their paths."""
    files = ManifestEntry.objects.alias(by_bytes=by_bytes()).filter(version=version).order_by("by_bytes")
    return files.filter(by_bytes__gt=folder, by_bytes__lt=folder[:-1] + AFTER_SLASH) if folder else files


def behind(files: "QuerySet[ManifestEntry]", path: str) -> "QuerySet[ManifestEntry]":
    """Those of the files that come after a path; all for an empty one."""
    return files.alias(by_bytes=by_bytes()).filter(by_bytes__gt=path) if path else files


def list_folder(
    version: ArtifactVersion, folder: str = "", after: str = "", *, since: str = "", size: int = PAGE
) -> FolderPage:
    """What a folder (`""` or a path that ends in a slash) holds, in the order of names, from behind `after`, or from `since`, on.

    Reads at most one small batch for each folder it jumps over, whatever those hold.
    """
    files = files_below(version, folder)
    if since:
        files = files.alias(by_bytes=by_bytes()).filter(by_bytes__gte=since)
    start = _beyond(after) if after else ""
    is_first = not (after or since)
    items: list[FolderItem] = []
    length = BATCH
    while True:
        batch, had = list(behind(files, start)[:length]), len(items)
        for entry in batch:
            if entry.path <= start:
                continue  # lies in the folder that was jumped over
            if len(items) == size:
                return FolderPage(folder, summed(version, folder, items), items[-1].path, is_first)
            name, slash, _ = entry.path[len(folder) :].partition("/")
            items.append(
                FolderItem(name, folder + name + slash, None if slash else entry, None if slash else entry.size)
            )
            start = _beyond(items[-1].path)
        if len(batch) < length:
            return FolderPage(folder, summed(version, folder, items), "", is_first)
        # Among folders most of a batch is jumped over: then a few rows show what comes next.
        length = BATCH if len(items) - had > length // 2 else AMONG_FOLDERS


def list_around(version: ArtifactVersion, folder: str, child: str, *, size: int = PAGE) -> FolderPage:
    """The page of a folder on which one of its files or folders is: the first, else one that begins with it."""
    first = list_folder(version, folder, size=size)
    if not first.after or any(item.path == child for item in first.items):
        return first
    return list_folder(version, folder, since=child, size=size)


def _beyond(path: str) -> str:
    """A text that sorts behind a file, or behind a folder with all it holds, and before what comes next."""
    return path + "\U0010ffff" if path.endswith("/") else path


def summed(version: ArtifactVersion, folder: str, items: list[FolderItem]) -> list[FolderItem]:
    """With what the folders hold in all, where the version is small enough to add that up."""
    if version.file_count > SUMMED or not any(item.is_folder for item in items):
        return items
    sums: dict[str, tuple[int, int]] = {}
    for path, size in files_below(version, folder).order_by().values_list("path", "size"):
        name, slash, _ = path[len(folder) :].partition("/")
        if slash:
            total, count = sums.get(name, (0, 0))
            sums[name] = total + size, count + 1
    return [FolderItem(item.name, item.path, None, *sums[item.name]) if item.is_folder else item for item in items]
