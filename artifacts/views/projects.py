"""A project's page: its runs."""

import json
from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET

from artifacts import metrics
from artifacts.access import Can, verbs_in
from artifacts.models import Project, Run
from artifacts.pages import HtmxHttpRequest, moved, page
from artifacts.views.browser import registry_url
from artifacts.views.place import project_of

PAGE = 50
COLUMNS = 4
FIRST_RUN = """import wandb

with wandb.init(entity={entity}, project={project}, config={{"lr": 0.01}}) as run:
    for step in range(10):
        run.log({{"loss": 1 / (step + 1)}})
"""


@require_GET
def project(request: HtmxHttpRequest, entity: str, project: str) -> HttpResponse:
    found = project_of(request, entity, project)
    if found.is_registry:
        return moved(request, registry_url(found))
    address = reverse("artifacts:project", args=[found.entity.name, found.name])
    if (found.entity.name, found.name) != (entity, project):
        return moved(request, address)
    context = {
        "project": found,
        "can_log": Can.LOG in verbs_in(request.user, found),
        "first_run": FIRST_RUN.format(entity=json.dumps(found.entity.name), project=json.dumps(found.name)),
        "run_count": found.runs.count(),
        "artifact_count": found.collections.all().sequences().count(),
        **_runs(request, found),
    }
    return page(request, "artifacts/project.html", context, partial="run-rows")


@require_GET
def project_runs(request: HtmxHttpRequest, entity: str, project: str) -> HttpResponse:
    """`…/runs` without a run, to which people cut addresses short, and the `…/workspace` that the client prints: the project's page."""
    found = project_of(request, entity, project)
    return redirect("artifacts:project", found.entity.name, found.name)


def _runs(request: HtmxHttpRequest, project: Project) -> dict[str, Any]:
    """A page of runs, newest first, each by its number: `before` leads to older ones, `after` to newer ones."""
    runs = project.runs.select_related("created_by").prefetch_related("tag_rows")
    before, after = _number(request, "before"), _number(request, "after")
    if after is not None:
        found = list(runs.filter(pk__gt=after).order_by("pk")[: PAGE + 1])
        has_newer, has_older = len(found) > PAGE, True
        found = found[:PAGE][::-1]
    else:
        found = list((runs if before is None else runs.filter(pk__lt=before)).order_by("-pk")[: PAGE + 1])
        has_newer, has_older = before is not None, len(found) > PAGE
        found = found[:PAGE]
    names, values = _summaries(found)
    return {
        "columns": names,
        "rows": list(zip(found, values, strict=True)),
        "newer": f"?after={found[0].pk}" if found and has_newer else "",
        "older": f"?before={found[-1].pk}" if found and has_older else "",
        "is_first": before is None and after is None,
    }


def _number(request: HtmxHttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _summaries(runs: Sequence[Run]) -> tuple[list[str], list[list[object]]]:
    """A few summary values of each run: those that most runs have and that say most."""
    summaries = [metrics.summary_of(run) for run in runs]
    names = metrics.telling(summaries, most=COLUMNS)
    return names, [[summary.get(name) for name in names] for summary in summaries]
