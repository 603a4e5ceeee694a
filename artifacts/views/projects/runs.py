"""A run's page: what it measured, how it was set up, what it used and logged, what it printed."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from artifacts import access
from artifacts.access import Can, verbs_in
from artifacts.actions.runs import delete_run, stop_run
from artifacts.errors import NotFound
from artifacts.listing.paging import page_of
from artifacts.models import ArtifactVersion, Membership, MetricSeries, Project, Run, RunOutput, RunUse
from artifacts.naming import shown
from artifacts.runs import metrics, plots, reading
from artifacts.runs.axes import Axes, Axis, axes_of
from artifacts.runs.columns import config_of, duration_of
from artifacts.runs.history import console_line
from artifacts.runs.plots import Plot
from artifacts.text.cleaning import clean_text
from artifacts.text.json_values import tree_of
from artifacts.views.answers import HtmxHttpRequest, done, moved, page
from artifacts.views.fetch import project_of
from artifacts.views.url_of import project_url, run_url, version_url

Context = dict[str, Any]
Stream = reading.Stream
CARDS = 48
LINES = 1_000
FILES = 100
VERSIONS = 100
SOME = 8
LONGEST_LINE = 2_000
TABS = {
    "charts": "Charts",
    "overview": "Overview",
    "config": "Config",
    "artifacts": "Artifacts",
    "log": "Log",
    "files": "Files",
    "system": "System",
}
OLD_TABS = {"logs": "log", "workspace": "charts"}  # as bookmarks name them


@dataclass(frozen=True)
class RunVersion:
    """A version that a run used or logged, at its place."""

    version: ArtifactVersion
    href: str
    name: str
    type: str
    aliases: list[str]
    links: list[tuple[str, str]]


@require_GET
def run(request: HtmxHttpRequest, entity: str, project: str, run: str, tab: str = "charts") -> HttpResponse:
    parent = project_of(request, entity, project)
    found = _run(parent, run)
    if tab in OLD_TABS:
        return moved(request, _address(found, OLD_TABS[tab]))
    if tab not in TABS:
        raise NotFound(f"A run has no page “{shown(tab)}”; choose one of its tabs.")
    if (parent.entity.name, parent.name) != (entity, project):
        return moved(request, _address(found, tab))
    verbs = verbs_in(request.user, parent)
    context = {
        "project": parent,
        "run": found,
        "state": found.state_now,
        "ran": duration_of(found, found.summary),
        "path": f"{parent.entity.name}/{parent.name}/{found.name}",
        "tabs": _tabs(found, tab),
        "tab": tab,
        "can_delete": Can.EDIT in verbs,
        "can_stop": Can.LOG in verbs and found.is_alive and not found.is_stopping,
        "can_download": Can.DOWNLOAD in verbs,
        **CONTENTS[tab](request, found),
    }
    return page(request, f"artifacts/run/{tab}.html", context)


@require_http_methods(["GET", "POST"])
def run_delete(request: HtmxHttpRequest, entity: str, project: str, run: str) -> HttpResponse:
    """The dialog that asks whether to delete the run; its POST deletes it."""
    parent = project_of(request, entity, project, can=Can.EDIT)
    found = _run(parent, run)
    if request.method == "POST":
        delete_run(found, acting_user=request.user)
        home = project_url(parent)
        return done(request, home, toast=f"{found} was deleted.")
    return page(request, "artifacts/run/delete.html", {"run": found, "cancel": run_url(found)})


@require_POST
def run_stop(request: HtmxHttpRequest, entity: str, project: str, run: str) -> HttpResponse:
    found = _run(project_of(request, entity, project, can=Can.LOG), run)
    stop_run(found, acting_user=request.user)
    return done(request, run_url(found), toast=f"{found} will stop when it next reports.")


def _run(project: Project, name: str) -> Run:
    found = project.runs.select_related("created_by").prefetch_related("tag_rows").filter(name=clean_text(name)).first()
    if found is None:
        raise NotFound(f"“{project.name}” has no run “{shown(name)}”; look at its list of runs.")
    found.project = project
    return found


def _address(run: Run, tab: str, **query: str) -> str:
    address = run_url(run) if tab == "charts" else f"{run_url(run)}/{tab}"
    return f"{address}?{urlencode(query)}" if query else address


def _tabs(run: Run, current: str) -> list[dict[str, object]]:
    counts = {"config": len(config_of(run.config)) or None, "log": run.output_lines or None}
    return [
        {"label": words, "href": _address(run, tab), "is_current": tab == current, "count": counts.get(tab)}
        for tab, words in TABS.items()
    ]


def _charts(request: HtmxHttpRequest, run: Run) -> Context:
    axes = axes_of(run, request.GET.get("x", ""))
    words = request.GET.get("q", "").strip()[:200]
    config = list(config_of(run.config).items())
    return {
        **_cards(request, run, Stream.HISTORY, axes),
        "words": words,
        "x": axes.chosen,
        "axes": [(label, _along(run, axis), axis == axes.chosen) for axis, label in axes.labels.items()],
        "few_settings": [(key, brief(value)) for key, value in config[:SOME]],
        "settings_url": _address(run, "config"),
        **_artifacts(request, run),
    }


def _along(run: Run, axis: str) -> str:
    return _address(run, "charts", x=axis) if axis else _address(run, "charts")


def brief(value: object) -> str:
    """A value of the configuration in few characters."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _cards(request: HtmxHttpRequest, run: Run, stream: Stream, axes: Axes | None = None) -> Context:
    """A page of plots by name; the next page begins behind the last name of this one."""
    rows: QuerySet[MetricSeries] = MetricSeries.objects.filter(run=run, stream=stream, minimum__isnull=False)
    rows = rows.exclude(key__startswith="_")  # the client's own: its clock and its counting
    if axes and axes.definitions.hides_any():
        rows = rows.exclude(key__in=axes.definitions.hidden(rows.values_list("key", flat=True)))
    words = request.GET.get("q", "").strip()[:200]
    if words:
        rows = rows.filter(key__icontains=clean_text(words))
    kept = {name: value for name, value in request.GET.items() if name in {"x", "q"}}
    found = page_of(rows, ("key",), request.GET.dict(), size=CARDS)
    drawn = [_drawn(row, axes.of(row.key) if axes else Axis()) for row in found.rows]
    return {
        "plots": [plot for plot in drawn if plot],
        "older": found.older,
        "newer": f"?{urlencode(kept)}" if found.newer else "",
    }


def _drawn(row: MetricSeries, axis: Axis) -> Plot | None:
    place, unit = axis.along, axis.unit
    return plots.plot(row.key, reading.points(row), last=row.last, along=place, unit=unit, until=row.last_step)


def _overview(request: HtmxHttpRequest, run: Run) -> Context:
    facts = [
        ("State", run.state_now),
        ("Exit code", run.exit_code),
        ("Run id", run.name),
        ("Group", run.group),
        ("Job type", run.job_type),
        ("Host", run.host),
        ("Program", run.program),
        ("Repository", run.repository),
        ("Commit", run.commit),
    ]
    return {
        "facts": [(term, value) for term, value in facts if value not in {None, ""}],
        "measures": metrics.measures_of(run),
    }


def _settings(request: HtmxHttpRequest, run: Run) -> Context:
    words = request.GET.get("q", "").strip()[:200]
    config = config_of(run.config)
    return {"words": words, "tree": tree_of(config, words), "json": json.dumps(config, indent=2, ensure_ascii=False)}


def _artifacts(request: HtmxHttpRequest, run: Run) -> Context:
    """Versions that the run used and logged, as far as the visitor may see them."""
    seen = access.visible_versions(request.user)
    used = seen.filter(pk__in=RunUse.objects.filter(run=run).values("version"))
    logged = seen.filter(Q(run=run) | Q(pk__in=RunOutput.objects.filter(run=run).values("version")))
    return {"groups": [("Used", _rows(request, used)), ("Logged", _rows(request, logged))], "most": VERSIONS}


def _rows(request: HtmxHttpRequest, versions: QuerySet[ArtifactVersion]) -> list[RunVersion]:
    found = list(versions.filter(index__isnull=False).order_by("pk")[:VERSIONS])
    projects = access.visible_projects(request.user).values("pk")
    places = (
        Membership.objects.filter(version__in=found, collection__project__in=projects)
        .select_related("collection__project__entity__organization")
        .prefetch_related("aliases")
        .order_by("pk")
    )
    by_version: dict[int, list[Membership]] = {}
    for place in places:
        by_version.setdefault(place.version_id, []).append(place)
    return [_row(version, by_version.get(version.pk, [])) for version in found]


def _row(version: ArtifactVersion, places: list[Membership]) -> RunVersion:
    own = next((place for place in places if place.collection_id == version.sequence_id), None)
    links = [(f"{place.collection.name}:{place.name}", version_url(place)) for place in places if place.is_link]
    at = own or places[0]
    return RunVersion(
        version=version,
        href=version_url(at),
        name=f"{at.collection.name}:{at.name}",
        type=at.collection.type,
        aliases=[alias.name for alias in at.aliases.all()],
        links=links,
    )


def _log(request: HtmxHttpRequest, run: Run) -> Context:
    """The last lines of the console, or those that end before the line of the number `before`: lines are no rows of a table."""
    text = request.GET.get("before", "")
    end = int(text) if text.isascii() and text.isdigit() and len(text) < 16 else run.output_lines
    end = min(end, run.output_lines)
    start = max(0, end - LINES)
    said = [
        (number + 1, console_line(line)) for number, line in reading.lines(run, Stream.OUTPUT, start=start, end=end)
    ]
    return {
        "lines": [(number, line.text[:LONGEST_LINE], line.level == "error") for number, line in said],
        "first": start + 1,
        "last": end,
        "older": _address(run, "log", before=str(start)) if start else "",
        "newer": _address(run, "log") if end < run.output_lines else "",
    }


def _files(request: HtmxHttpRequest, run: Run) -> Context:
    found = page_of(run.files.filter(uploaded_at__isnull=False), ("name",), request.GET.dict(), size=FILES)
    owner = run.project.entity.name
    rows = [(file, reverse("run-file", args=[owner, run.project.name, run.name, file.name])) for file in found.rows]
    return {
        "files": rows,
        "older": found.older,
        "newer": _address(run, "files") if found.newer else "",
    }


def _system(request: HtmxHttpRequest, run: Run) -> Context:
    return _cards(request, run, Stream.EVENTS)


CONTENTS = {
    "charts": _charts,
    "overview": _overview,
    "config": _settings,
    "artifacts": _artifacts,
    "log": _log,
    "files": _files,
    "system": _system,
}
