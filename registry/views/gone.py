"""What is left of a collection that was deleted: who did it and when, and its Action History."""

from django.http import HttpResponseBase

from artifacts.errors import NotFound
from artifacts.models import AuditEvent, Verb
from artifacts.views.answers import (
    HtmxHttpRequest,
    page,
)
from registry.views.collections.history import (
    FILES,
    exported,
    listed,
)
from registry.views.place import registry_of


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
        return exported(request, found, name)
    context = {
        "name": name,
        "registry": project,
        "organization": project.entity.organization,
        "deletion": deletion,
        **listed(request, found),
    }
    # A part of the page is asked for by a page that is shown already: htmx takes nothing out of a 410.
    return page(
        request, "registry/collection/gone.html", context, partial="events", status=200 if request.htmx else 410
    )
