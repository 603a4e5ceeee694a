"""The versions of a collection as a table: filter, order, page, columns, and what the runs behind them measured."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from artifacts.listing import search_box
from artifacts.listing.columns import ColumnChoice, ShownColumns, shown_columns
from artifacts.listing.paging import Page, page_of
from artifacts.models import Alias, Collection, Membership, User
from artifacts.models.collections import MembershipQuerySet
from artifacts.text.json_values import number
from artifacts.versions import filters
from artifacts.versions.filters import metadata_of
from registry.tables import metrics, parallel_coordinates
from registry.tables.collection_address import CollectionAddress
from registry.tables.columns import BESIDE_METRICS, COLUMNS, SORTS, USUAL, axes_of
from registry.tables.rows import LinkRow, Name, link_rows, with_rows


@dataclass(frozen=True)
class Measured:
    """What the runs of a page's versions measured: as columns, one of them as a line, and all side by side."""

    columns: list[metrics.MetricColumn] = field(default_factory=list)
    offered: list[ColumnChoice] = field(default_factory=list)
    drawn: metrics.MetricColumn | None = None
    line: metrics.MetricOverVersions | None = None
    side_by_side: parallel_coordinates.ParallelCoordinates | None = None


@dataclass(frozen=True)
class VersionTable:
    """One page of a collection's versions; `filter_faults` says what of the filter couldn't be read."""

    page: Page[Membership]
    rows: list[LinkRow]
    shown: ShownColumns
    measured: Measured
    filter_faults: list[str]

    @property
    def lines(self) -> list[tuple[LinkRow, list[object], list[metrics.Cell]]]:
        """Each version with its values of the chosen metadata keys and its cells of the metric columns."""
        cells = [[column.cells[place] for column in self.measured.columns] for place in range(len(self.rows))]
        return list(zip(self.rows, self.shown.values, cells, strict=True))


def version_table(collection: Collection, address: CollectionAddress, user: User, protected: set[str]) -> VersionTable:
    """The page of versions that an address asks for, as far as somebody sees them; `protected` are keys of aliases."""
    query = search_box.parse(address.filter_text, filters.VOCABULARY)
    found = filters.applied(with_rows(Membership.objects.in_collection(collection)), query)
    versions = page_of(found, SORTS[address.order], address.query())
    rows = link_rows(versions.rows, user, protected)
    metadata = metadata_of(versions.rows)
    shown = shown_columns(address.shown, metadata, COLUMNS, BESIDE_METRICS if address.has_metrics else USUAL)
    measured = Measured()
    if address.has_metrics and rows:
        measured = measure(rows, found, metadata, address, keys=shown.keys, visible=visible_sources(rows))
    return VersionTable(versions, rows, shown, measured, query.faults)


def measure(
    rows: Sequence[LinkRow],
    found: MembershipQuerySet,
    metadata: Sequence[dict[str, object]],
    address: CollectionAddress,
    *,
    keys: Sequence[str],
    visible: set[int],
) -> Measured:
    """The metrics of the runs behind one page (`rows`) of the versions `found`.

    `keys` are the shown ones of the metadata, `visible` the projects whose runs may be read.
    """
    memberships = [row.membership for row in rows]
    newest_first = sorted(range(len(rows)), key=lambda place: -memberships[place].index)
    # The version before the page's oldest, for its run alone: the oldest one's change is against it.
    before = found.filter(index__lt=memberships[newest_first[-1]].index).order_by("-index")
    before = before.prefetch_related(None).select_related(None).select_related("version")[:1]
    numbers = metrics.summaries([*memberships, *before], visible)
    numbers, below = numbers[: len(rows)], next(iter(numbers[len(rows) :]), {})
    columns = metrics.columns_of(numbers, address.metrics, address.best, order=newest_first, below=below)
    drawn = next((one for one in columns if one.name == address.drawn), next(iter(columns), None))
    chosen = [column.name for column in columns]
    offered = [*chosen, *(name for name in metrics.all_names(numbers) if name not in chosen)]
    names = [memberships[place].name for place in newest_first]
    return Measured(
        columns=columns,
        offered=[ColumnChoice(name, name, name in chosen) for name in offered],
        drawn=drawn,
        line=metrics.plot_of(metrics.in_order(drawn, newest_first), names) if drawn else None,
        side_by_side=side_by_side(memberships, numbers, metadata, columns, drawn, keys),
    )


def side_by_side(
    memberships: Sequence[Membership],
    numbers: Sequence[dict[str, float]],
    metadata: Sequence[dict[str, object]],
    columns: Sequence[metrics.MetricColumn],
    drawn: metrics.MetricColumn | None,
    keys: Sequence[str],
) -> parallel_coordinates.ParallelCoordinates | None:
    """The parallel coordinates: first the numbers of the metadata, then the metrics; the best of the drawn one stands out."""
    names = [column.name for column in columns]
    most = max(2, parallel_coordinates.MOST_AXES - len(names))
    described = [key for key in axes_of(metadata, keys, most=most) if key not in names]
    rows = [
        {key: value for key in described if (value := number(attached.get(key))) is not None} | measured
        for attached, measured in zip(metadata, numbers, strict=True)
    ]
    versions = [membership.name for membership in memberships]
    best = next((place for place, cell in enumerate(drawn.cells) if cell.is_best), None) if drawn else None
    return parallel_coordinates.picture(
        versions, [*described, *names], rows, best="" if best is None else versions[best]
    )


def visible_sources(rows: Sequence[LinkRow]) -> set[int]:
    """The source projects of a page, as far as whoever looks sees them: a hidden one's row has no address."""
    return {row.version.project.pk for row in rows if row.source_url}


def protected_holders(collection: Collection, protected: set[str]) -> list[tuple[Name, str]]:
    """The protected aliases that the collection has, and which version holds each."""
    rows = Alias.objects.filter(collection=collection, name_key__in=protected).select_related("membership")
    return [(Name(alias.name, True), alias.membership.name) for alias in rows.order_by("name_key")[:20]]
