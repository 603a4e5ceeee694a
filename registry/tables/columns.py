"""Which columns the table of a collection's links can have, in which orders, and which keys of metadata are drawn beside metrics."""

from collections.abc import Mapping, Sequence

from artifacts.text.json_values import number

COLUMNS = {
    "aliases": "Aliases",
    "tags": "Tags",
    "source": "Source Version",
    "creator": "Linked by",
    "linked": "Linked",
    "size": "Size",
    "files": "Files",
    "digest": "Digest",
}
USUAL = ("aliases", "tags", "source", "creator", "linked", "size")
BESIDE_METRICS = ("aliases", "tags", "source", "linked")

SORTS = {
    "-version": ("-index",),
    "version": ("index",),
    "-linked": ("-created_at", "-pk"),
    "linked": ("created_at", "pk"),
    "-size": ("-version__size", "-pk"),
    "size": ("version__size", "pk"),
}


def axes_of(metadata: Sequence[Mapping[str, object]], keys: Sequence[str], *, most: int) -> list[str]:
    """The numeric keys to draw beside metrics: those shown, else those that most versions have and that differ."""
    values = {
        key: [found for row in metadata if (found := number(row.get(key))) is not None]
        for key in {key for row in metadata for key in row}
    }
    if numeric := [key for key in keys if values.get(key)]:
        return numeric[:most]
    counted = {key: len(found) for key, found in values.items() if len(set(found)) > 1}
    return sorted(counted, key=lambda key: (-counted[key], key))[:most]
