"""Compare: two to eight versions of one collection side by side against a baseline, in a project and in a registry alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import prefetch_related_objects
from django.http import HttpResponse
from django.views.decorators.http import require_GET

from artifacts import (
    access,
    addresses,
)
from artifacts.actions import labels
from artifacts.models import Collection, Membership, Run
from artifacts.naming import key_of
from artifacts.runs.columns import settings_of
from artifacts.runs.metrics import (
    is_lower_better,
    rank,
    summary_of,
)
from artifacts.text.json_values import leaves
from artifacts.versions import comparison
from artifacts.versions.comparison import (
    MOST,
    Cell,
    Row,
    Section,
    Tally,
)
from artifacts.views.answers import (
    HtmxHttpRequest,
    page,
)
from artifacts.views.fetch import project_of
from artifacts.views.url_of import collection_url, path_of, run_url, version_url
from artifacts.views.versions.files import short
from artifacts.views.versions.open_folders import clean

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
    """The page for a collection that was already judged. `?version=` names the versions, `base=` the one to compare against."""
    memberships, is_cut = chosen(request, collection)
    show_all = request.GET.get("all") == "1"
    sides = sides_of(request, collection, memberships)
    context: Context = {
        "collection": collection,
        "collection_url": collection_url(collection),
        "sides": sides,
        "is_cut": is_cut,
        "most": MOST,
        "show_all": show_all,
        "all_url": address(memberships, memberships[0] if memberships else None, show_all=not show_all),
        "copied": request.build_absolute_uri(),
        "more_choices": choices(collection, memberships) if len(memberships) < MOST else [],
    }
    if len(sides) > 1:
        context |= sections(sides, show_all=show_all, after=clean(request.GET.get("after", "")))
        context["first_files"] = context["all_url"] and address(memberships, memberships[0], show_all=show_all)
    return page(request, "artifacts/compare/compare.html", context)


def chosen(request: HtmxHttpRequest, collection: Collection) -> tuple[list[Membership], bool]:
    """The versions that the address names by number or alias, each once: the baseline, then the others from old to new."""
    asked = list(dict.fromkeys(name for name in request.GET.getlist("version") if name))
    found = {one.pk: one for one in (addresses.membership(collection, name) for name in asked[:MOST])}
    rows = sorted(found.values(), key=lambda row: row.index)
    base = request.GET.get("base", "")
    rows.sort(key=lambda row: row.name != base)
    prefetch_related_objects(
        rows, "aliases", "created_by", "version__tags", "version__created_by", "version__sequence__project__entity"
    )
    return rows, len(asked) > MOST


def address(rows: Sequence[Membership], base: Membership | None, *, show_all: bool, **more: str) -> str:
    """This page for these versions."""
    pairs = [("version", row.name) for row in sorted(rows, key=lambda row: row.index)]
    if base is not None and rows and base.index != min(row.index for row in rows):
        pairs.append(("base", base.name))
    if show_all:
        pairs.append(("all", "1"))
    return f"?{urlencode([*pairs, *more.items()])}"


def choices(collection: Collection, taken: Sequence[Membership]) -> list[tuple[str, str]]:
    """The newest versions that aren't compared yet."""
    found = Membership.objects.in_collection(collection).newest_first().with_aliases()
    rows = found.exclude(pk__in=[row.pk for row in taken])[:MOST_CHOICES]
    return [(row.name, choice_words(row)) for row in rows]


def choice_words(row: Membership) -> str:
    """A version as a list offers it: its number, a few aliases, whether it should still be used."""
    parts = [row.name, ", ".join(row.alias_names[:3]), "deprecated" if row.is_deprecated else ""]
    return " · ".join(part for part in parts if part)


def sides_of(request: HtmxHttpRequest, collection: Collection, rows: list[Membership]) -> list[Side]:
    """The heads of the columns; sources and runs as far as the visitor sees them."""
    guarded = labels.protected_keys(collection.project)
    show_all = request.GET.get("all") == "1"
    projects = {row.version.project.pk for row in rows} | {collection.project.pk}
    seen = set(access.visible_projects(request.user).filter(pk__in=projects).values_list("pk", flat=True))
    runs = Run.objects.with_place().in_bulk([row.version.run_id for row in rows if row.version.run_id])
    offered = choices(collection, rows)
    made = []
    for row in rows:
        version = row.version
        others = [other for other in rows if other is not row]
        source = Membership(collection=version.sequence, version=version, index=version.index or 0)
        is_seen = version.project.pk in seen
        run = runs.get(version.run_id or 0)
        made.append(
            Side(
                membership=row,
                href=version_url(row),
                aliases=[(name, key_of(name) in guarded) for name in row.alias_names],
                source_name=path_of(source, source.name) if is_seen else "",
                source_url=version_url(source) if is_seen else "",
                run=run if run is not None and run.project_id in seen else None,
                base_url=address(rows, row, show_all=show_all),
                without_url=address(others, others[0], show_all=show_all) if len(others) > 1 else "",
                choices=[(row.name, row.name), *offered],
                others=[other.name for other in others],
            )
        )
    return made


def sections(sides: Sequence[Side], *, show_all: bool, after: str) -> Context:
    """Metrics, metadata, config, what is said about each version, and a page of files."""
    versions = [side.membership.version for side in sides]
    summaries = [_of_run(side, summary_of(side.run) if side.run else None) for side in sides]
    names = sorted({name for one in summaries if one is not None for name in one}, key=rank)
    metrics = comparison.values_section(summaries, show_all=show_all, names=names)
    lower = {name: is_lower_better(name) for name in names}
    configs = [_of_run(side, leaves(settings_of(side.run.config)) if side.run else None) for side in sides]
    files = files_section(sides, show_all=show_all, after=after)
    tallies = [comparison.tally(versions[0], version) for version in versions[1:]]
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


def _differing(tallies: Sequence[Tally | None]) -> int | None:
    """The number on the tab “Files”, where there are two versions and it is known."""
    return tallies[0].differing if len(tallies) == 1 and tallies[0] is not None else None


def _of_run(side: Side, table: dict[str, object] | None) -> dict[str, object] | None:
    """A version without a run has no values; one whose run is hidden has unknown ones."""
    return table if side.run or side.membership.version.run_id else {}


def about(sides: Sequence[Side], *, show_all: bool) -> Section:
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
    rows = [Row(row.name, row.kind, [_plain(cell) for cell in row.cells]) for row in section.rows]
    return Section(rows, section.differing, section.same)


def _plain(cell: Cell) -> Cell:
    """Text without its quotation marks: these are words, not JSON."""
    text = cell.text[1:].removesuffix('"').replace("\\n", " ") if cell.text.startswith('"') else cell.text
    return Cell(text[:LONGEST_TEXT], cell.look)


def files_section(sides: Sequence[Side], *, show_all: bool, after: str) -> Context:
    """A page of paths, with each version's digest and size."""
    memberships = [side.membership for side in sides]
    found = comparison.files_page([row.version for row in memberships], after=after, show_all=show_all)
    rows = []
    for path in found.paths:
        entries = [table.get(path) for table in found.entries]
        base = entries[0]
        digests = [comparison.MISSING if entry is None else entry.digest for entry in entries]
        kind = comparison.kind_of(digests, [True] * len(digests))
        cells = []
        for side, entry in zip(sides, entries, strict=True):
            if entry is None:
                cells.append(Cell())
                continue
            differs = base is None or base.digest != entry.digest
            look = "was" if entry is base and kind != "same" else "now" if differs else ""
            change = entry.size - base.size if base is not None and entry is not base and differs else None
            href = f"{version_url(side.membership, 'files')}?{urlencode({'path': path})}"
            cells.append(Cell(short(entry.digest), look, entry.size, change, href=href))
        rows.append(Row(path, kind, cells))
    more = address(memberships, memberships[0], show_all=show_all, after=found.after) if found.after else ""
    return {"file_rows": rows, "more_files": more, "is_first_page": not after}
