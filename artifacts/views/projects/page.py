"""A project's page: the table of its runs, with the columns, filters and order that its address says."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods

from artifacts import addresses
from artifacts.access import Can, verbs_in
from artifacts.actions.projects import describe_project, rename_project
from artifacts.errors import Conflict, Invalid, NotFound
from artifacts.forms import ProjectForm
from artifacts.listing import search_box
from artifacts.listing.paging import page_of
from artifacts.listing.search_box import Query, TypedCondition
from artifacts.models import Project, Run
from artifacts.runs import filters
from artifacts.runs.columns import RunValues, shown_run_columns, values_of_runs
from artifacts.views.answers import HtmxHttpRequest, moved, page
from artifacts.views.fetch import project_of
from artifacts.views.table_address import TableAddress
from artifacts.views.url_of import project_url, registry_url

PAGE = 50
STATES = {"": "All", "running": "Running", "finished": "Finished", "failed": "Failed", "crashed": "Crashed"}
FIRST_RUN = """import wandb

with wandb.init(entity={entity}, project={project}, config={{"lr": 0.01}}) as run:
    for step in range(10):
        run.log({{"loss": 1 / (step + 1)}})
"""


@dataclass(frozen=True)
class Filter:
    """A condition of the filter, or one that could be: its words and the address with or without it."""

    words: str
    href: str
    is_current: bool = False


@dataclass(frozen=True)
class LinkedTag:
    """A tag of a run, and the address of the runs that share it."""

    name: str
    href: str


@dataclass(frozen=True)
class RunRow:
    """A run in the table; its group, job type and tags lead to the runs that share them."""

    run: Run
    values: list[object]
    duration: str
    group: Filter | None
    job: Filter | None
    tags: list[LinkedTag]


@require_GET
def project(request: HtmxHttpRequest, entity: str, project: str) -> HttpResponse:
    found = project_of(request, entity, project)
    if found.is_registry:
        return moved(request, registry_url(found))
    address = project_url(found)
    if (found.entity.name, found.name) != (entity, project):
        return moved(request, address)
    context = {
        "project": found,
        "can_log": Can.LOG in verbs_in(request.user, found),
        "first_run": FIRST_RUN.format(entity=json.dumps(found.entity.name), project=json.dumps(found.name)),
        "run_count": found.runs.count(),
        "artifact_count": found.collections.count(),
        **runs_table(found, TableAddress.read(request.GET)),
    }
    return page(request, "artifacts/project/project.html", context, partial="run-rows")


@require_GET
def project_runs(request: HtmxHttpRequest, entity: str, project: str) -> HttpResponse:
    """`…/runs` without a run, to which people cut addresses short, the `…/workspace` that the client prints, and the `…/table` and
    `…/overview` that people have bookmarked: the project's page."""
    found = project_of(request, entity, project)
    return redirect(project_url(found))


@require_GET
def projects(request: HtmxHttpRequest, entity: str) -> HttpResponse:
    """`/<entity>/projects`, as bookmarks have it: the page of the entity, which lists them, unless a project is named so."""
    try:
        return project(request, entity, "projects")
    except NotFound:
        return redirect("artifacts:entity", addresses.entity(request.user, entity).name)


@require_http_methods(["GET", "POST"])
def project_settings(request: HtmxHttpRequest, entity: str, project: str) -> HttpResponse:
    """Name and description. Who may not change them reads them here."""
    found = project_of(request, entity, project, can=Can.EDIT if request.method == "POST" else Can.VIEW)
    if found.is_registry:
        return moved(request, registry_url(found, "settings"))
    address = project_url(found, "settings")
    if request.method == "GET" and (found.entity.name, found.name) != (entity, project):
        return moved(request, address)
    verbs = verbs_in(request.user, found)
    form = ProjectForm(
        request.POST or None,
        renames=Can.MANAGE in verbs,
        initial={"name": found.name, "description": found.description},
    )
    if form.is_valid():
        try:
            return _saved(request, found, form.cleaned_data)
        except (Conflict, Invalid) as refusal:
            form.add_error("name" if Can.MANAGE in verbs else None, str(refusal))
    context = {
        "project": Project.objects.with_entity().get(pk=found.pk),  # a refused name isn't its name
        "path": f"{found.entity.name}/{found.name}",
        "form": form,
        "address": address,
        "can_edit": Can.EDIT in verbs,
        "can_rename": Can.MANAGE in verbs,
    }
    return page(request, "artifacts/project/settings.html", context, status=422 if form.is_bound else 200)


@transaction.atomic
def _saved(request: HtmxHttpRequest, project: Project, given: dict[str, str]) -> HttpResponse:
    if "name" in given:
        rename_project(project, given["name"], acting_user=request.user)
    describe_project(project, given["description"], acting_user=request.user)
    messages.success(request, "Saved the project’s settings")
    return redirect(project_url(project, "settings"))


def runs_table(project: Project, address: TableAddress) -> dict[str, Any]:
    """A page of the runs that an address asks for, with the columns that it names."""
    query = search_box.parse(address.words, filters.VOCABULARY)
    read = project.runs.with_state_now().select_related("created_by").prefetch_related("tag_rows")
    found = filters.applied(read.defer("config", "summary", "notes"), query)
    ordered, columns, sort = filters.in_order(found, address.sort)
    runs = page_of(ordered, columns, address.query, size=PAGE)
    told = values_of_runs(runs.rows)
    shown = shown_run_columns(address.columns, runs.rows, told)
    return {
        "runs": runs,
        "rows": _rows(address, query, runs.rows, told, shown.values),
        "columns_shown": shown,
        "key_heads": [(key, key.partition(".")[2]) for key in shown.keys],
        "query_text": address.words,
        "query_faults": query.faults,
        "chips": [Filter(part.text, _without(address, query, part)) for part in query.conditions],
        "states": _states(address, query),
        "sort": sort,
        "kept_by_filter": address.kept("q"),
        "kept_by_columns": address.kept("show"),
    }


def _rows(
    address: TableAddress, query: Query, runs: Sequence[Run], told: Sequence[RunValues], values: list[list[object]]
) -> list[RunRow]:
    def sharing(name: str, value: str) -> str:
        return _with(address, query, _condition(name, value))

    def narrowed(name: str, value: str) -> Filter | None:
        return Filter(value, sharing(name, value)) if value else None

    rows = []
    for run, one, cells in zip(runs, told, values, strict=True):
        row = RunRow(
            run=run,
            values=cells,
            duration=one.duration,
            group=narrowed("group", run.group),
            job=narrowed("job", run.job_type),
            tags=[LinkedTag(tag.name, sharing("tag", tag.name)) for tag in run.tag_rows.all() if tag.name],
        )
        rows.append(row)
    return rows


def _states(address: TableAddress, query: Query) -> list[Filter]:
    """The states that one looks for most, as a choice of one."""
    others = Query([part for part in query.conditions if part.name != "state"])
    now = [
        str(part.value).lower() if part.operator == "$eq" else "?" for part in query.conditions if part.name == "state"
    ]
    return [
        Filter(words, _with(address, others, f"state:{state}" if state else ""), now == ([state] if state else []))
        for state, words in STATES.items()
    ]


def _condition(name: str, value: str) -> str:
    """A condition as one would type it."""
    is_plain = not any(sign in value for sign in ' "<>=!:\\')
    quoted = value.replace("\\", "\\\\").replace('"', '\\"')
    return f"{name}:{value}" if is_plain else f'{name}:"{quoted}"'


def _with(address: TableAddress, query: Query, condition: str) -> str:
    """The address with one more condition, which may be empty."""
    texts = [part.text for part in query.conditions if part.text != condition]
    return address.with_words(" ".join([*texts, condition] if condition else texts))


def _without(address: TableAddress, query: Query, condition: TypedCondition) -> str:
    """The address without a condition."""
    return address.with_words(" ".join(part.text for part in query.conditions if part is not condition and part.text))
