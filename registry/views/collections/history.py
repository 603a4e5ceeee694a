"""Action History of a registry, of a collection and of a deleted one: filter, export, aliases as of a moment, and moving one back."""

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_POST

from artifacts import addresses
from artifacts.access import Can
from artifacts.actions import aliases_and_tags
from artifacts.errors import NotFound
from artifacts.listing.paging import page_of
from artifacts.models import AuditEvent, Verb
from artifacts.views.answers import HtmxHttpRequest, done, moved, page
from artifacts.views.url_of import collection_url, registry_url
from registry.history import aliases, events
from registry.views.fetch import collection_of, permissions, registry_of
from registry.views.registries.page import heading

FILES = {"csv": ("text/csv; charset=utf-8", events.as_csv), "json": ("application/json", events.as_json)}


@require_GET
def registry_history(request: HtmxHttpRequest, org: str, registry: str) -> HttpResponseBase:
    """Everything that happened in a registry."""
    project = registry_of(request, org, registry)
    if project.title != registry:
        return moved(request, registry_url(project, "history"))
    found = AuditEvent.objects.filter(project_number=project.pk)
    if request.GET.get("format") in FILES:
        return events_file(request, found, project.title)
    context = {**heading(request, project, "history"), **events_context(request, found)}
    return page(request, "registry/registry/history.html", context, partial="events")


@require_GET
def collection_history(request: HtmxHttpRequest, org: str, registry: str, collection: str) -> HttpResponseBase:
    """Everything that happened in a collection, and where its aliases were."""
    place = collection_of(request, org, registry, collection)
    if place.project.title != registry or place.name != collection:
        return moved(request, collection_url(place, "history"))
    found = AuditEvent.objects.filter(collection_number=place.pk)
    if request.GET.get("format") in FILES:
        return events_file(request, found, place.name)
    moment = events.moment(request.GET.get("as_of", ""))
    context: dict[str, Any] = {
        "collection": place,
        "registry": place.project,
        "organization": place.project.entity.organization,
        **permissions(request, place.project),
        **events_context(request, found),
        "aliases": aliases.former_aliases(place, aliases_and_tags.protected_keys(place.project)),
        "as_of": request.GET.get("as_of", ""),
        "moment": moment,
        "is_to_come": moment is not None and moment > timezone.now(),
        "standing": aliases.as_of(place, moment) if moment else [],
    }
    return page(request, "registry/collection/history.html", context, partial="events")


def show_gone(request: HtmxHttpRequest, org: str, registry: str, name: str, missing: NotFound) -> HttpResponseBase:
    """The page of a deleted collection, for whoever sees its registry; `missing` is raised again where there was none."""
    project = registry_of(request, org, registry)
    deletions = AuditEvent.objects.filter(
        organization=project.entity.organization_id,
        verb=Verb.COLLECTION_DELETED,
        project_number=project.pk,
        data__collection=name,
    )
    deletion = deletions.order_by("-pk").select_related("actor").first()
    if deletion is None:
        raise missing
    found = AuditEvent.objects.filter(collection_number=deletion.collection_number)
    if request.GET.get("format") in FILES:
        return events_file(request, found, name)
    context = {
        "name": name,
        "registry": project,
        "organization": project.entity.organization,
        "deletion": deletion,
        **events_context(request, found),
    }
    # A part of the page is asked for by a page that is shown already: htmx takes nothing out of a 410.
    return page(
        request, "registry/collection/gone.html", context, partial="events", status=200 if request.htmx else 410
    )


def events_context(request: HtmxHttpRequest, found: QuerySet[AuditEvent]) -> dict[str, Any]:
    """A page of events with the filter that they passed."""
    address = events.read(request.GET.dict())
    narrowed = events.narrowed(found, address).select_related("actor")
    shown = page_of(narrowed, ("-pk",), request.GET.dict())
    events.as_seen_by(request.user, shown.rows)
    return {
        "events": shown,
        "asked": address,
        "groups": [(key, label) for key, (label, _) in events.GROUPS.items()],
        "given": {name: request.GET.get(name, "") for name in ("who", "act", "since", "until")},
    }


def events_file(request: HtmxHttpRequest, found: QuerySet[AuditEvent], name: str) -> StreamingHttpResponse:
    """All events that pass the filter as a file, sent as they are read."""
    kind = request.GET["format"]
    content_type, written = FILES[kind]
    lines: Iterator[str] = written(events.narrowed(found, events.read(request.GET.dict())), request.user)
    response = StreamingHttpResponse(lines, content_type=content_type)
    response["Content-Disposition"] = content_disposition_header(True, f"{name}-history.{kind}") or "attachment"
    return response


@require_POST
def move_back(request: HtmxHttpRequest, org: str, registry: str, collection: str) -> HttpResponse:
    """Point an alias at the version that it was on before."""
    place = collection_of(request, org, registry, collection, can=Can.EDIT)
    membership = addresses.membership(place, request.POST.get("version", ""))
    alias = request.POST.get("alias", "")
    aliases_and_tags.add_aliases(membership, [alias], acting_user=request.user)
    address = collection_url(place, "history")
    return done(request, address, toast=f"{alias} is back on {membership.name}")
