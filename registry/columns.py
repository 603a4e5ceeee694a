"""Which columns the table of a collection's versions has, as the address says: `?show=tags&show=metadata.accuracy`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import TextField
from django.db.models.functions import Cast, Length

from artifacts.leaves import leaves, number
from artifacts.models import ArtifactVersion, Membership

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
METADATA = "metadata."
MOST_KEYS = 6  # shown at once
MOST_OFFERED = 200
LARGEST = 64 * 1024  # characters of metadata that a table reads of one version

SORTS = {
    "-version": ("-index",),
    "version": ("index",),
    "-linked": ("-created_at", "-pk"),
    "linked": ("created_at", "pk"),
    "-size": ("-version__size", "-pk"),
    "size": ("version__size", "pk"),
}


@dataclass(frozen=True)
class Choice:
    """A column that can be shown."""

    value: str
    label: str
    is_shown: bool


@dataclass(frozen=True)
class Shown:
    """The columns of a table, and the values of the metadata keys among them for each row."""

    names: frozenset[str]
    keys: list[str]
    values: list[list[object]]
    choices: list[Choice]
    key_choices: list[Choice]


def metadata_of(memberships: Sequence[Membership]) -> list[dict[str, object]]:
    """The metadata of a page's versions laid flat, in one query; empty where it is too large for a table."""
    ids = {membership.version_id for membership in memberships}
    small = ArtifactVersion.objects.filter(pk__in=ids).alias(length=Length(Cast("metadata", TextField())))
    read = dict(small.filter(length__lte=LARGEST).values_list("pk", "metadata"))
    return [leaves(read.get(membership.version_id, {})) for membership in memberships]


def shown_columns(asked: Sequence[str], metadata: Sequence[Mapping[str, object]], *, has_metrics: bool) -> Shown:
    """What an address asks for; without a word of it the usual columns."""
    wanted = list(dict.fromkeys(asked))
    names = [name for name in wanted if name in COLUMNS] if wanted else (BESIDE_METRICS if has_metrics else USUAL)
    keys = [name.removeprefix(METADATA) for name in wanted if name.startswith(METADATA)][:MOST_KEYS]
    offered = sorted({key for row in metadata for key in row})[:MOST_OFFERED]
    return Shown(
        names=frozenset(names),
        keys=keys,
        values=[[row.get(key) for key in keys] for row in metadata],
        choices=[Choice(name, label, name in names) for name, label in COLUMNS.items()],
        key_choices=[
            Choice(METADATA + key, key, key in keys) for key in [*keys, *(key for key in offered if key not in keys)]
        ],
    )


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
