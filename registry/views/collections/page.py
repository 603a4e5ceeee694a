"""One collection: its card, its versions and their metrics, and what is done to it."""

from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.views.decorators.http import require_GET, require_http_methods

from artifacts.access import Can
from artifacts.actions.aliases_and_tags import protected_keys
from artifacts.errors import Forbidden, Invalid, NotFound
from artifacts.views.answers import HtmxHttpRequest, done, moved, page
from artifacts.views.url_of import collection_url, registry_url
from artifacts.views.versions.compare import render_compare
from registry.actions import registries
from registry.tables.collection_address import DIRECTIONS, CollectionAddress
from registry.tables.version_table import VersionTable, protected_holders, version_table
from registry.views import code_samples
from registry.views.collections.history import show_gone
from registry.views.fetch import collection_of, owner_of, permissions


@require_GET
def collection(request: HtmxHttpRequest, org: str, registry: str, collection: str) -> HttpResponseBase:
    try:
        found = collection_of(request, org, registry, collection)
    except NotFound as missing:
        return show_gone(request, org, registry, collection, missing)
    if found.project.title != registry or found.name != collection:
        return moved(request, collection_url(found))
    protected = protected_keys(found.project)
    address = CollectionAddress.read(request.GET)
    table = version_table(found, address, request.user, protected)
    organization = owner_of(found.project)
    context: dict[str, Any] = {
        "collection": found,
        "registry": found.project,
        "organization": organization,
        **permissions(request, found.project),
        "tags": found.tags.order_by("name"),
        "protected": protected_holders(found, protected),
        "compare_url": collection_url(found, "compare"),
        **table_context(table, address),
    }
    if not table.rows and not address.filter_text:
        team = code_samples.own_team(request.user, organization)
        context["code"] = code_samples.link_code(found.project, team, type_name=found.type, collection=found)
    return page(request, "registry/collection/collection.html", context, partial="version-rows")


def table_context(table: VersionTable, address: CollectionAddress) -> dict[str, Any]:
    """The table of versions as templates name its parts, with what each form above it keeps of the address."""
    return {
        "versions": table.page,
        "rows": table.rows,
        "table_rows": table.lines,
        "columns_shown": table.shown,
        "query_text": address.filter_text,
        "query_faults": table.filter_faults,
        "sort": address.order,
        "has_metrics": address.has_metrics,
        "columns": table.measured.columns,
        "metric_choices": table.measured.offered,
        "drawn": table.measured.drawn,
        "plot": table.measured.line,
        "parallel": table.measured.side_by_side,
        "best": address.best,
        "directions": DIRECTIONS.items(),
        "kept_by_filter": address.kept("q"),
        "kept_by_columns": address.kept("show", "column"),
        "kept_by_best": address.kept("best"),
        "kept_by_metric": address.kept("metric"),
    }


@require_GET
def compare(request: HtmxHttpRequest, org: str, registry: str, collection: str) -> HttpResponse:
    return render_compare(request, collection_of(request, org, registry, collection))


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
