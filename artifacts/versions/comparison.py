"""What versions differ in: their values by name against a baseline, and their files by path, a page at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import Count, Exists, OuterRef, Q

from artifacts.models import ArtifactVersion, ManifestEntry
from artifacts.models.files import ManifestEntryQuerySet
from artifacts.text.json_values import number, written

MOST = 8  # versions side by side
MOST_ROWS = 300
FILES = 50
MOST_COUNTED = 500_000  # files of two versions together: counting what differs walks through all of them

SIGNS = {"added": "+", "removed": "−", "changed": "~", "same": "="}


@dataclass(frozen=True)
class ComparisonCell:
    """One version's value. `look` is the class that shows it: was (the baseline's), now (another), or nothing."""

    text: str = ""
    look: str = ""
    size: int | None = None
    change: float | None = None
    percent: float | None = None
    is_better: bool | None = None
    is_best: bool = False
    href: str = ""


@dataclass(frozen=True)
class ComparisonRow:
    """One name with the values of all versions, the baseline first."""

    name: str
    kind: str
    cells: list[ComparisonCell]

    @property
    def sign(self) -> str:
        """The kind in one character."""
        return SIGNS[self.kind]


@dataclass
class ComparisonSection:
    """The rows of one part of the page, and how many differ and are the same."""

    rows: list[ComparisonRow] = field(default_factory=list)
    differing: int = 0
    same: int = 0
    is_cut: bool = False


def difference_of(values: Sequence[object], known: Sequence[bool]) -> str:
    """Against the first value: added, removed, changed or same. A value that isn't known, because its run is hidden, doesn't count."""
    others = [value for value, is_known in zip(values[1:], known[1:], strict=True) if is_known]
    if not known[0] or not others:
        return "same" if len({repr(value) for value in others}) < 2 else "changed"
    if all(_equal(values[0], value) for value in others):
        return "same"
    if values[0] is MISSING:
        return "added"
    return "removed" if all(value is MISSING for value in others) else "changed"


MISSING = object()


def _equal(one: object, other: object) -> bool:
    """Whether two values of JSON are the same; 1 and 1.0 are, 1 and true are not."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def values_section(
    tables: Sequence[Mapping[str, object] | None], *, show_all: bool, names: Sequence[str] = ()
) -> ComparisonSection:
    """Values by name of each version, the baseline first; None for a table that the visitor can't see."""
    section = ComparisonSection()
    known = [table is not None for table in tables]
    every = names or sorted({name for table in tables if table is not None for name in table})
    for name in every:
        values = [MISSING if table is None else table.get(name, MISSING) for table in tables]
        kind = difference_of(values, known)
        if kind == "same":
            section.same += 1
        else:
            section.differing += 1
        if kind != "same" or show_all:
            if len(section.rows) == MOST_ROWS:
                section.is_cut = True
                continue
            section.rows.append(ComparisonRow(name, kind, [_cell(values, place, kind) for place in range(len(values))]))
    return section


def _cell(values: Sequence[object], place: int, kind: str) -> ComparisonCell:
    value = values[place]
    if value is MISSING:
        return ComparisonCell()
    text = written(value)
    if kind == "same":
        return ComparisonCell(text)
    if place == 0:
        return ComparisonCell(text, "was")
    return ComparisonCell(text, "" if values[0] is not MISSING and _equal(values[0], value) else "now")


def with_changes(
    section: ComparisonSection, tables: Sequence[Mapping[str, object] | None], is_lower_better: Mapping[str, bool]
) -> ComparisonSection:
    """The rows of numbers with the best marked and each change against the baseline; other rows as they are."""
    rows = []
    for row in section.rows:
        values = [None if table is None else number(table.get(row.name)) for table in tables]
        seen = [value for value in values if value is not None]
        if len(seen) < len([cell for cell in row.cells if cell.text]):
            rows.append(row)
            continue
        is_lower = is_lower_better[row.name]
        best = (min(seen) if is_lower else max(seen)) if len(set(seen)) > 1 else None
        cells = [
            _measured(cell, value, values[0] if place else None, best, is_lower)
            for place, (cell, value) in enumerate(zip(row.cells, values, strict=True))
        ]
        rows.append(ComparisonRow(row.name, row.kind, cells))
    return ComparisonSection(rows, section.differing, section.same, section.is_cut)


def _measured(
    cell: ComparisonCell, value: float | None, base: float | None, best: float | None, is_lower: bool
) -> ComparisonCell:
    if value is None:
        return cell
    change = None if base is None else value - base
    return ComparisonCell(
        text=f"{value:,.6g}" if isinstance(value, float) else f"{value:,}",
        look="",
        change=change,
        percent=change / abs(base) * 100 if change is not None and base else None,
        is_better=None if not change else (change < 0) == is_lower,
        is_best=value == best,
    )


def _files(version: ArtifactVersion) -> ManifestEntryQuerySet:
    return ManifestEntry.objects.filter(version=version)


def _has_path(version: ArtifactVersion, **same: OuterRef) -> Exists:
    """Whether the version has a file of the outer row's path; asked through the index on version and path."""
    return Exists(ManifestEntry.objects.filter(version=version, path=OuterRef("path"), **same))


def _has_same_file(version: ArtifactVersion) -> Exists:
    return _has_path(version, digest=OuterRef("digest"))


@dataclass(frozen=True)
class FilesPage:
    """One page of paths in their order; `after` is the last path when there are more."""

    paths: list[str]
    entries: list[dict[str, ManifestEntry]]
    after: str = ""


def files_page(versions: Sequence[ArtifactVersion], *, after: str, show_all: bool) -> FilesPage:
    """The next paths that differ from the first version (or all). The database walks its index and stops when a page is full."""
    base, others = versions[0], versions[1:]
    found: set[str] = set()
    for version in versions:
        rows = _files(version).filter(path__gt=after)
        if not show_all and version is base:
            differs = Q()
            for other in others:
                differs |= ~Q(_has_same_file(other))
            rows = rows.filter(differs)
        elif not show_all:
            rows = rows.filter(~Q(_has_path(base)))
        found.update(rows.order_by("path").values_list("path", flat=True)[: FILES + 1])
    paths = sorted(found, key=lambda path: path.encode())[: FILES + 1]
    more, paths = len(paths) > FILES, paths[:FILES]
    entries: dict[int, dict[str, ManifestEntry]] = {version.pk: {} for version in versions}
    for entry in ManifestEntry.objects.filter(version__in=versions, path__in=paths).only(
        "version_id", "path", "digest", "size", "ref"
    ):
        entries[entry.version_id][entry.path] = entry
    return FilesPage(paths, [entries[version.pk] for version in versions], paths[-1] if more else "")


@dataclass(frozen=True)
class FileCounts:
    """How many files of one version were added, removed and changed against the baseline, and are the same."""

    added: int
    removed: int
    changed: int
    same: int

    @property
    def differing(self) -> int:
        """All but the same."""
        return self.added + self.removed + self.changed


def file_counts(base: ArtifactVersion, version: ArtifactVersion) -> FileCounts | None:
    """The numbers for two versions; None where there are too many files to count while somebody waits."""
    if base.digest == version.digest and base.pk != version.pk and base.digest:
        return FileCounts(0, 0, 0, version.file_count)
    if base.file_count + version.file_count > MOST_COUNTED:
        return None
    counted = _files(version).aggregate(
        all=Count("pk"), shared=Count("pk", filter=Q(_has_path(base))), same=Count("pk", filter=Q(_has_same_file(base)))
    )
    shared, same = counted["shared"], counted["same"]
    return FileCounts(counted["all"] - shared, base.file_count - shared, shared - same, same)
