"""One collection: its card, its versions and their metrics, and what is done to it."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.views.decorators.http import require_GET, require_http_methods

from artifacts.access import Can
from artifacts.actions import labels
from artifacts.errors import Forbidden, Invalid, NotFound
from artifacts.listing import search_box
from artifacts.listing.columns import (
    ColumnChoice,
    shown_columns,
)
from artifacts.listing.paging import page_of
from artifacts.models import Alias, Collection, Membership, User
from artifacts.text.json_values import number
from artifacts.versions import filters
from artifacts.versions.columns import metadata_of
from artifacts.views.answers import (
    HtmxHttpRequest,
    done,
    kept,
    moved,
    page,
)
from artifacts.views.url_of import collection_url, registry_url
from artifacts.views.versions.compare import render_compare
from registry.actions import registries
from registry.tables import metrics
from registry.tables import parallel_coordinates as parallel
from registry.tables.columns import (
    BESIDE_METRICS,
    COLUMNS,
    SORTS,
    USUAL,
    axes_of,
)
from registry.tables.rows import (
    LinkRow,
    Name,
    link_rows,
    with_rows,
)
from registry.views import code_samples as snippets
from registry.views.gone import show_gone
from registry.views.place import collection_of, permissions

DIRECTIONS = [
    ("auto", "Best: as each metric says"),
    ("higher", "Best: the highest"),
    ("lower", "Best: the lowest"),
]


@require_GET
def collection(request: HtmxHttpRequest, org: str, registry: str, collection: str) -> HttpResponseBase:
    try:
        found = collection_of(request, org, registry, collection)
    except NotFound as missing:
        return show_gone(request, org, registry, collection, missing)
    if found.project.title != registry or found.name != collection:
        return moved(request, collection_url(found))
    guarded = labels.protected_keys(found.project)
    query = search_box.parse(request.GET.get("q", ""), filters.VOCABULARY)
    sort = request.GET.get("sort", "")
    sort = sort if sort in SORTS else "-version"
    filtered = filters.applied(with_rows(Membership.objects.in_collection(found)), query)
    versions = page_of(filtered, SORTS[sort], request.GET)
    rows = link_rows(versions.rows, request.user, guarded)
    context: dict[str, Any] = {
        "collection": found,
        "registry": found.project,
        "organization": found.project.entity.organization,
        **permissions(request, found.project),
        "tags": found.tags.order_by("name"),
        "protected": protected_holders(found, guarded),
        "versions": versions,
        "rows": rows,
        "query_text": request.GET.get("q", ""),
        "query_faults": query.faults,
        "sort": sort,
        "compare_url": collection_url(found, "compare"),
        **table(request, rows, filtered),
    }
    if not versions.rows and not request.GET.get("q"):
        team = snippets.own_team(request.user, context["organization"])
        context["code"] = snippets.link_code(found.project, team, type_name=found.type, collection=found)
    return page(request, "registry/collection/collection.html", context, partial="version-rows")


def table(request: HtmxHttpRequest, rows: list[LinkRow], listed: QuerySet[Membership]) -> dict[str, Any]:
    """The columns of the page's versions, and with metrics their pictures; what the address says stays in every form.

    `listed` is everything of which `rows` are a page.
    """
    has_metrics = request.GET.get("metrics") == "1"
    metadata = metadata_of([row.membership for row in rows])
    usual = BESIDE_METRICS if has_metrics else USUAL
    shown = shown_columns(request.GET.getlist("show"), metadata, COLUMNS, usual)
    measured = compared(request, rows, listed, metadata, shown.keys) if has_metrics and rows else {"columns": []}
    cells = [[column.cells[place] for column in measured["columns"]] for place in range(len(rows))]
    return {
        "has_metrics": has_metrics,
        "columns_shown": shown,
        "table_rows": list(zip(rows, shown.values, cells, strict=True)),
        "kept_by_filter": kept(request, "q"),
        "kept_by_columns": kept(request, "show", "column"),
        "kept_by_best": kept(request, "best"),
        "kept_by_metric": kept(request, "metric"),
        **measured,
    }


@require_GET
def compare(request: HtmxHttpRequest, org: str, registry: str, collection: str) -> HttpResponse:
    return render_compare(request, collection_of(request, org, registry, collection))


def protected_holders(collection: Collection, guarded: set[str]) -> list[tuple[Name, str]]:
    """The protected aliases that the collection has, and which version holds each."""
    rows = Alias.objects.filter(collection=collection, name_key__in=guarded).select_related("membership")
    return [(Name(alias.name, True), alias.membership.name) for alias in rows.order_by("name_key")[:20]]


def compared(
    request: HtmxHttpRequest,
    rows: list[LinkRow],
    listed: QuerySet[Membership],
    metadata: list[dict[str, object]],
    keys: list[str],
) -> dict[str, Any]:
    """The metric columns of the page's versions, the line of one of them, and all of them side by side."""
    memberships = [row.membership for row in rows]
    order = sorted(range(len(rows)), key=lambda place: -memberships[place].index)
    next_below = listed.filter(index__lt=memberships[order[-1]].index).order_by("-index")
    next_below = (
        next_below.prefetch_related(None).select_related(None).select_related("version")[:1]
    )  # for its run alone
    numbers = metrics.summaries([*memberships, *next_below], visible_sources(request.user, rows))
    below: dict[str, float] = dict(*numbers[len(rows) :])
    numbers = numbers[: len(rows)]
    best = request.GET.get("best", "auto")
    columns = metrics.columns_of(numbers, request.GET.getlist("column"), best, order=order, below=below)
    drawn = next((one for one in columns if one.name == request.GET.get("metric", "")), next(iter(columns), None))
    chosen = [column.name for column in columns]
    offered = [*chosen, *(name for name in metrics.all_names(numbers) if name not in chosen)]
    labels_of = [memberships[place].name for place in order]
    return {
        "columns": columns,
        "best": best,
        "directions": DIRECTIONS,
        "metric_choices": [ColumnChoice(name, name, name in chosen) for name in offered],
        "drawn": drawn,
        "plot": metrics.plot_of(metrics.in_order(drawn, order), labels_of) if drawn else None,
        "parallel": side_by_side(memberships, numbers, metadata, columns, drawn, keys),
    }


def side_by_side(
    memberships: list[Membership],
    numbers: list[dict[str, float]],
    metadata: list[dict[str, object]],
    columns: list[metrics.Column],
    drawn: metrics.Column | None,
    keys: list[str],
) -> parallel.Picture | None:
    """The parallel coordinates: first the numbers of the metadata, then the metrics; the best of the drawn one stands out."""
    names = [column.name for column in columns]
    described = [
        key for key in axes_of(metadata, keys, most=max(2, parallel.MOST_AXES - len(names))) if key not in names
    ]
    rows = [
        {key: value for key in described if (value := number(attached.get(key))) is not None} | measured
        for attached, measured in zip(metadata, numbers, strict=True)
    ]
    versions = [membership.name for membership in memberships]
    best = next((place for place, cell in enumerate(drawn.cells) if cell.is_best), None) if drawn else None
    return parallel.picture(versions, [*described, *names], rows, best="" if best is None else versions[best])


def visible_sources(user: User, rows: list[LinkRow]) -> set[int]:
    """The source projects of a page that somebody sees."""
    return {row.version.project.pk for row in rows if row.source_url}


@require_http_methods(["GET", "POST"])
def delete(request: HtmxHttpRequest, org: str, registry: str, collection: str) -> HttpResponse:
    found = collection_of(request, org, registry, collection, can=Can.LINK)
    error = ""
    if request.method == "POST":
        try:
            registries.delete_collection(found, acting_user=request.user)
        except (Forbidden, Invalid) as refusal:
            error = str(refusal)
        else:
            return done(request, registry_url(found.project), toast=f"Deleted collection {found.name}")
    context = {"collection": found, "cancel": collection_url(found), "error": error}
    return page(request, "registry/collection/delete.html", context, status=422 if error else 200)
