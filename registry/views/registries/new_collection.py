"""“Create collection”: its name, type, description and tags, and a version that is linked into it at once if one is chosen."""

from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods

from artifacts.access import Can
from artifacts.errors import Conflict, DomainError, NotFound
from artifacts.models import ArtifactVersion, Collection, Project
from artifacts.naming import key_of
from artifacts.views.answers import (
    HtmxHttpRequest,
    done,
    page,
)
from artifacts.views.url_of import collection_url, registry_url, version_url
from registry.actions import registries
from registry.actions.link import link_into_new_collection
from registry.forms import CollectionForm, refused
from registry.models import Registry
from registry.views.linking.choice import picked_in
from registry.views.linking.sidebar import (
    choices_made,
    is_narrowing,
    is_sent,
    preview,
)
from registry.views.linking.source_steps import (
    Source,
    Wanted,
    read_short_source,
)
from registry.views.place import filled_in, organization_name, owner_of, registry_of

SENT = "type,project,pick_project,artifact,pick_artifact,version,pick_version"
LINKED = ("project", "artifact", "version")


@require_http_methods(["GET", "POST"])
def new_collection(request: HtmxHttpRequest, org: str, registry: str) -> HttpResponse:
    project = registry_of(request, org, registry, can=Can.LINK)
    given = Registry.objects.as_cards(request.user).get(project=project)
    is_final = is_sent(request)
    asked = choices_made(request)
    initial = {**asked, "type": asked.get("type") or next(iter(given.type_names), "")}
    form = CollectionForm(request.POST if is_final else None, registry=given, initial=initial)
    form.fields["type"].widget.attrs |= narrowing(request.path)
    source = read_short_source(request.user, Wanted(owner_of(project), initial["type"]), asked, is_final=is_final)
    is_linking = any(asked.get(name) for name in LINKED)
    if is_final and is_linking:
        source.refuse_gaps()
    elif request.method == "POST" and not is_final:
        source.open_stale()
    if form.is_valid() and not (is_linking and (source.has_errors or source.chosen is None)):
        try:
            return made(request, project, form.cleaned_data, source.chosen if is_linking else None)
        except DomainError as refusal:
            blame(refusal, form, source, project)
    context: dict[str, Any] = {
        "registry": project,
        "organization_name": organization_name(project),
        "form": form,
        "source": source,
        "is_linking": is_linking or (request.method == "POST" and not is_final),
        "preview": preview(request, source.chosen) if source.chosen else None,
        "known_types": project.artifact_types.order_by("name").values_list("name", flat=True)[:100],
        "sent": SENT,
        "picked": picked_in(filled_in(request)),
        "cancel": registry_url(project),
    }
    partial = "source-fields" if is_narrowing(request, "source-fields") else None
    return page(request, "registry/registry/new_collection.html", context, partial=partial, status=422 if is_final else 200)


def narrowing(address: str) -> dict[str, str]:
    """What makes the type open other artifacts as soon as it is chosen."""
    return {
        "hx-get": address,
        "hx-trigger": "change",
        "hx-target": "#source-fields",
        "hx-swap": "outerHTML",
        "hx-include": "closest form",
        "hx-params": SENT,
        "hx-sync": "closest form:replace",
    }


def made(
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


def blame(refusal: DomainError, form: CollectionForm, source: Source, project: Project) -> None:
    """Put a refusal beside the control that it is about."""
    if isinstance(refusal, NotFound):
        raise refusal
    taken = Collection.objects.filter(project=project, name_key=key_of(form.cleaned_data["name"])).exists()
    if taken or isinstance(refusal, Conflict) or source.chosen is None:
        refused(form, refusal, "name")
    else:
        source.version.error = str(refusal)
