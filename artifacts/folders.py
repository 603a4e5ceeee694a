"""A version's files one folder at a time: what a folder holds is found by jumping over its subfolders, never by reading them."""

from dataclasses import dataclass

from django.db import connection
from django.db.models import F
from django.db.models.expressions import Combinable
from django.db.models.functions import Collate

from artifacts.models import ArtifactVersion, ManifestEntry

PAGE = 100
BATCH = 60
AFTER_SLASH = chr(ord("/") + 1)  # the first character that sorts behind everything in a folder
SUMMED = 2_000


@dataclass(frozen=True)
class Item:
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
class Listing:
    """A page of a folder; `after` is where the next one begins, empty at the end."""

    folder: str
    items: list[Item]
    after: str


def by_bytes() -> Combinable:
    """The path compared by its bytes: a language's order, which PostgreSQL may have, tears folders apart."""
    return Collate(F("path"), "C") if connection.vendor == "postgresql" else F("path")


def list_folder(version: ArtifactVersion, folder: str = "", after: str = "", *, size: int = PAGE) -> Listing:
    """What a folder (`""` or a path that ends in a slash) holds, in the order of names, from behind `after` on.

    Reads at most one small batch for each folder it jumps over, whatever those hold.
    """
    files = ManifestEntry.objects.alias(by_bytes=by_bytes()).filter(version=version).order_by("by_bytes")
    if folder:
        files = files.filter(by_bytes__gt=folder, by_bytes__lt=folder[:-1] + AFTER_SLASH)
    start = _beyond(after) if after else ""
    items: list[Item] = []
    while True:
        batch = list((files.filter(by_bytes__gt=start) if start else files)[:BATCH])
        for entry in batch:
            if entry.path <= start:
                continue  # lies in the folder that was jumped over
            if len(items) == size:
                return Listing(folder, _summed(version, folder, items), items[-1].path)
            name, slash, _ = entry.path[len(folder) :].partition("/")
            items.append(Item(name, folder + name + slash, None if slash else entry, None if slash else entry.size))
            start = _beyond(items[-1].path)
        if len(batch) < BATCH:
            return Listing(folder, _summed(version, folder, items), "")


def _beyond(path: str) -> str:
    """What sorts right before whatever follows a file, or a folder with all it holds."""
    return path + "\U0010ffff" if path.endswith("/") else path


def _summed(version: ArtifactVersion, folder: str, items: list[Item]) -> list[Item]:
    """With what the folders hold in all, where the version is small enough to add that up."""
    if version.file_count > SUMMED or not any(item.is_folder for item in items):
        return items
    sums: dict[str, tuple[int, int]] = {}
    files = ManifestEntry.objects.alias(by_bytes=by_bytes()).filter(version=version)
    below = files.filter(by_bytes__gt=folder, by_bytes__lt=folder[:-1] + AFTER_SLASH) if folder else files
    for path, size in below.values_list("path", "size"):
        name, slash, _ = path[len(folder) :].partition("/")
        if slash:
            total, count = sums.get(name, (0, 0))
            sums[name] = total + size, count + 1
    return [Item(item.name, item.path, None, *sums[item.name]) if item.is_folder else item for item in items]
