"""Compare: two to eight versions of one collection side by side against a baseline, in a project and in a registry alike."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.db.models import prefetch_related_objects
from django.http import HttpResponse, QueryDict
from django.views.decorators.http import require_GET

from artifacts import access, addresses
from artifacts.actions import aliases_and_tags
from artifacts.models import Collection, Membership, Run
from artifacts.models.projects import ProjectQuerySet
from artifacts.naming import key_of
from artifacts.runs.columns import config_of
from artifacts.runs.metrics import is_lower_better, rank, summary_of
from artifacts.text.json_values import leaves
from artifacts.versions import comparison
from artifacts.versions.comparison import MOST, ComparisonCell, ComparisonRow, ComparisonSection, FileCounts
from artifacts.views.answers import HtmxHttpRequest, page
from artifacts.views.fetch import project_of
from artifacts.views.url_of import collection_url, path_of, run_url, source_url, version_url
from artifacts.views.version_page import source_of
from artifacts.views.versions.files import short
from artifacts.views.versions.files_address import clean

Context = dict[str, Any]
MOST_CHOICES = 50
LONGEST_TEXT = 300


@dataclass(frozen=True)
class Side:
    """One version of the comparison."""

    membership: Membership
    href: str
    aliases: list[tuple[str, bool]]
    source_name: str
    source_url: str
    run: Run | None
    base_url: str
    without_url: str
    choices: list[tuple[str, str]]
    others: list[str]

    @property
    def name(self) -> str:
        """`v3`."""
        return self.membership.name

    @property
    def run_url(self) -> str:
        """Where the run is; empty where it can't be seen."""
        return run_url(self.run) if self.run else ""


@require_GET
def compare(request: HtmxHttpRequest, entity: str, project: str, collection: str) -> HttpResponse:
    """Versions of a project's own collection."""
    return render_compare(request, addresses.collection(project_of(request, entity, project), collection))


def render_compare(request: HtmxHttpRequest, collection: Collection) -> HttpResponse:
    """The page for a collection that was already judged."""
    asked = CompareAddress.read(request.GET)
    memberships = chosen(collection, asked)
    context = compared(collection, memberships, asked, access.visible_projects(request.user))
    return page(request, "artifacts/compare/compare.html", {**context, "copied": request.build_absolute_uri()})


@dataclass(frozen=True)
class CompareAddress:
    """`?version=` names the versions by number or alias, `base=` the one to compare against, `all=1` shows what is the same too.

    `after` is the page of files.
    """

    versions: tuple[str, ...] = ()
    base: str = ""
    show_all: bool = False
    after: str = ""

    @classmethod
    def read(cls, query: QueryDict) -> "CompareAddress":
        """Read the query of an address."""
        names = tuple(dict.fromkeys(name for name in query.getlist("version") if name))
        return cls(names, query.get("base", ""), query.get("all") == "1", clean(query.get("after", "")))

    @classmethod
    def of(cls, rows: Sequence[Membership], base: Membership | None, *, show_all: bool) -> "CompareAddress":
        """The address that compares these versions, from old to new; the oldest is the baseline unless another one is named."""
        ordered = sorted(rows, key=lambda row: row.index)
        is_oldest = base is None or not ordered or base.index == ordered[0].index
        return cls(tuple(row.name for row in ordered), "" if is_oldest or base is None else base.name, show_all)

    def query(self) -> str:
        """This as the query of the page."""
        pairs = [("version", name) for name in self.versions]
        more = {"base": self.base, "all": "1" if self.show_all else "", "after": self.after}
        return f"?{urlencode([*pairs, *((name, value) for name, value in more.items() if value)])}"


def chosen(collection: Collection, asked: CompareAddress) -> list[Membership]:
    """The first versions that an address names, each once: the baseline, then the others from old to new."""
    found = {one.pk: one for one in (addresses.membership(collection, name) for name in asked.versions[:MOST])}
    rows = sorted(found.values(), key=lambda row: row.index)
    rows.sort(key=lambda row: row.name != asked.base)
    prefetch_related_objects(
        rows, "aliases", "created_by", "version__tags", "version__created_by", "version__sequence__project__entity"
    )
    return rows


def compared(
    collection: Collection, memberships: list[Membership], asked: CompareAddress, seen: ProjectQuerySet
) -> Context:
    """What the page shows of these versions; `seen` are the projects that the visitor sees."""
    here = CompareAddress.of(memberships, memberships[0] if memberships else None, show_all=asked.show_all)
    sides = sides_of(collection, memberships, seen, show_all=asked.show_all)
    context: Context = {
        "collection": collection,
        "collection_url": collection_url(collection),
        "sides": sides,
        "is_cut": len(asked.versions) > MOST,
        "most": MOST,
        "show_all": asked.show_all,
        "all_url": replace(here, show_all=not asked.show_all).query(),
        "more_choices": choices(collection, memberships) if len(memberships) < MOST else [],
    }
    if len(sides) > 1:
        context |= sections(sides, here, after=asked.after)
        context["first_files"] = here.query()
    return context


def choices(collection: Collection, taken: Sequence[Membership]) -> list[tuple[str, str]]:
    """The newest versions that aren't compared yet."""
    found = Membership.objects.in_collection(collection).newest_first().with_aliases()
    rows = found.exclude(pk__in=[row.pk for row in taken])[:MOST_CHOICES]
    return [(row.name, choice_words(row)) for row in rows]


def choice_words(row: Membership) -> str:
    """A version as a list offers it: its number, a few aliases, whether it should still be used."""
    parts = [row.name, ", ".join(row.alias_names[:3]), "deprecated" if row.is_deprecated else ""]
    return " · ".join(part for part in parts if part)


def sides_of(
    collection: Collection, rows: list[Membership], seen_projects: ProjectQuerySet, *, show_all: bool
) -> list[Side]:
    """The heads of the columns; sources and runs as far as the visitor sees them."""
    guarded = aliases_and_tags.protected_keys(collection.project)
    projects = {row.version.project.pk for row in rows} | {collection.project.pk}
    seen = set(seen_projects.filter(pk__in=projects).values_list("pk", flat=True))
    runs = Run.objects.with_place().in_bulk([row.version.run_id for row in rows if row.version.run_id])
    offered = choices(collection, rows)
    made = []
    for row in rows:
        version = row.version
        others = [other for other in rows if other is not row]
        source = source_of(version)
        is_seen = version.project.pk in seen
        run = runs.get(version.run_id or 0)
        made.append(
            Side(
                membership=row,
                href=version_url(row),
                aliases=[(name, key_of(name) in guarded) for name in row.alias_names],
                source_name=path_of(source, source.name) if is_seen else "",
                source_url=source_url(version) if is_seen else "",
                run=run if run is not None and run.project_id in seen else None,
                base_url=CompareAddress.of(rows, row, show_all=show_all).query(),
                without_url=CompareAddress.of(others, others[0], show_all=show_all).query() if len(others) > 1 else "",
                choices=[(row.name, row.name), *offered],
                others=[other.name for other in others],
            )
        )
    return made


def sections(sides: Sequence[Side], here: CompareAddress, *, after: str) -> Context:
    """Metrics, metadata, config, what is said about each version, and a page of files."""
    show_all = here.show_all
    versions = [side.membership.version for side in sides]
    summaries = [_of_run(side, summary_of(side.run) if side.run else None) for side in sides]
    names = sorted({name for one in summaries if one is not None for name in one}, key=rank)
    metrics = comparison.values_section(summaries, show_all=show_all, names=names)
    lower = {name: is_lower_better(name) for name in names}
    configs = [_of_run(side, leaves(config_of(side.run.config)) if side.run else None) for side in sides]
    files = files_section(sides, here, after=after)
    tallies = [comparison.file_counts(versions[0], version) for version in versions[1:]]
    return {
        "metrics": comparison.with_changes(metrics, summaries, lower) if names else metrics,
        "metadata": comparison.values_section([leaves(version.metadata) for version in versions], show_all=show_all),
        "config": comparison.values_section(configs, show_all=show_all),
        "about": about(sides, show_all=show_all),
        "hidden_runs": [side.name for side in sides if side.membership.version.run_id and side.run is None],
        **files,
        "tallies": list(zip(sides[1:], tallies, strict=True)),
        "files_differ": _differing(tallies),
    }


def _differing(tallies: Sequence[FileCounts | None]) -> int | None:
    """The number on the tab “Files”, where there are two versions and it is known."""
    return tallies[0].differing if len(tallies) == 1 and tallies[0] is not None else None


def _of_run(side: Side, table: dict[str, object] | None) -> dict[str, object] | None:
    """A version without a run has no values; one whose run is hidden has unknown ones."""
    return table if side.run or side.membership.version.run_id else {}


def about(sides: Sequence[Side], *, show_all: bool) -> ComparisonSection:
    """What is said about the versions themselves."""

    def said(side: Side) -> dict[str, object]:
        version = side.membership.version
        found: dict[str, object] = {
            "Aliases": ", ".join(name for name, _ in side.aliases),
            "Tags": ", ".join(sorted(tag.name for tag in version.tags.all())),
            "Source Version": side.source_name or "a project you can’t see",
            "Run": str(side.run) if side.run else "a run you can’t see" if version.run_id else "",
            "Created By": version.created_by.name if version.created_by else "",
            "Description": version.description,
            "Digest": short(version.digest),
            "Files": version.file_count,
        }
        return {name: value for name, value in found.items() if value != ""}

    tables = [said(side) for side in sides]
    order = ["Aliases", "Tags", "Source Version", "Run", "Created By", "Description", "Digest", "Files"]
    names = [name for name in order if any(name in table for table in tables)]
    section = comparison.values_section(tables, show_all=show_all, names=names)
    rows = [ComparisonRow(row.name, row.kind, [_plain(cell) for cell in row.cells]) for row in section.rows]
    return ComparisonSection(rows, section.differing, section.same)


def _plain(cell: ComparisonCell) -> ComparisonCell:
    """Text without its quotation marks: these are words, not JSON."""
    text = cell.text[1:].removesuffix('"').replace("\\n", " ") if cell.text.startswith('"') else cell.text
    return ComparisonCell(text[:LONGEST_TEXT], cell.look)


def files_section(sides: Sequence[Side], here: CompareAddress, *, after: str) -> Context:
    """A page of paths, with each version's digest and size."""
    memberships = [side.membership for side in sides]
    found = comparison.files_page([row.version for row in memberships], after=after, show_all=here.show_all)
    rows = []
    for path in found.paths:
        entries = [table.get(path) for table in found.entries]
        base = entries[0]
        digests = [comparison.MISSING if entry is None else entry.digest for entry in entries]
        kind = comparison.difference_of(digests, [True] * len(digests))
        cells = []
        for side, entry in zip(sides, entries, strict=True):
            if entry is None:
                cells.append(ComparisonCell())
                continue
            differs = base is None or base.digest != entry.digest
            look = "was" if entry is base and kind != "same" else "now" if differs else ""
            change = entry.size - base.size if base is not None and entry is not base and differs else None
            href = f"{version_url(side.membership, 'files')}?{urlencode({'path': path})}"
            cells.append(ComparisonCell(short(entry.digest), look, entry.size, change, href=href))
        rows.append(ComparisonRow(path, kind, cells))
    more = replace(here, after=found.after).query() if found.after else ""
    return {"file_rows": rows, "more_files": more, "is_first_page": not after}
