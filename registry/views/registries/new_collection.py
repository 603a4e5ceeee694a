"""“Create collection”: its name, type, description and tags, and a version that is linked into it at once if one is chosen."""

from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods

from artifacts.access import Can
from artifacts.errors import DomainError, NotFound
from artifacts.models import ArtifactVersion, Project
from artifacts.views.answers import HtmxHttpRequest, done, page
from artifacts.views.url_of import collection_url, registry_url, version_url
from registry.actions import registries
from registry.actions.link import link_into_new_collection
from registry.forms import CollectionForm, refused
from registry.models import Registry
from registry.views.fetch import filled_in, organization_name, owner_of, registry_of
from registry.views.linking.address import SourceAddress
from registry.views.linking.preview import preview
from registry.views.linking.source_steps import Source, Wanted, read_short_source

# The names of the fields that go with a question for the next choices.
SENT = "type,project,pick_project,artifact,pick_artifact,version,pick_version"


@require_http_methods(["GET", "POST"])
def new_collection(request: HtmxHttpRequest, org: str, registry: str) -> HttpResponse:
    project = registry_of(request, org, registry, can=Can.LINK)
    given = Registry.objects.as_cards(request.user).get(project=project)
    address = SourceAddress.read(request)
    type_name = address.type or next(iter(given.type_names), "")
    initial = {**filled_in(request), "type": type_name}
    form = CollectionForm(request.POST if address.is_sent else None, registry=given, initial=initial)
    form.fields["type"].widget.attrs |= narrowing_attributes(request.path)
    source = read_short_source(request.user, Wanted(owner_of(project), type_name), address)
    if form.is_valid() and not (address.is_begun and (source.has_errors or source.chosen is None)):
        try:
            return created(request, project, form.cleaned_data, source.chosen if address.is_begun else None)
        except DomainError as refusal:
            blame(refusal, form, source)
    context: dict[str, Any] = {
        "registry": project,
        "organization_name": organization_name(project),
        "form": form,
        "source": source,
        "is_linking": address.is_begun or address.is_choosing,
        "preview": preview(request.user, source.chosen) if source.chosen else None,
        "known_types": project.artifact_types.order_by("name").values_list("name", flat=True)[:100],
        "sent": SENT,
        "picked": address.picked,
        "cancel": registry_url(project),
    }
    partial = "source-fields" if address.redraws("source-fields") else None
    status = 422 if address.is_sent else 200
    return page(request, "registry/registry/new_collection.html", context, partial=partial, status=status)


def narrowing_attributes(address: str) -> dict[str, str]:
    """What makes htmx offer the artifacts of another type as soon as it is chosen."""
    return {
        "hx-get": address,
        "hx-trigger": "change",
        "hx-target": "#source-fields",
        "hx-swap": "outerHTML",
        "hx-include": "closest form",
        "hx-params": SENT,
        "hx-sync": "closest form:replace",
    }


def created(
    request: HtmxHttpRequest, project: Project, given: dict[str, Any], version: ArtifactVersion | None
) -> HttpResponse:
    """Make the collection, with its first version if one was chosen, and say so."""
    texts = {"description": given["description"], "tags": given["tags"], "acting_user": request.user}
    if version is None:
        collection = registries.create_collection(project, given["type"], given["name"], **texts)
        address = collection_url(collection)
        return done(request, address, toast="Created collection", link=(address, collection.name))
    membership = link_into_new_collection(version, project, given["name"], **texts)
    collection = membership.collection
    collection.project = project
    name = f"{collection.name}:{membership.name}"
    address = version_url(membership)
    return done(request, collection_url(collection), toast="Created collection; linked as", link=(address, name))


def blame(refusal: DomainError, form: CollectionForm, source: Source) -> None:
    """Put a refusal beside the control that it is about."""
    if isinstance(refusal, NotFound):
        raise refusal
    if refusal.field == "name" or source.chosen is None:
        refused(form, refusal, "name")
    else:
        source.version.error = str(refusal)
