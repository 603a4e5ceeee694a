"""Addresses of linked versions; the page itself is that of every version (artifacts.views.versions)."""

from urllib.parse import quote

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_GET

from artifacts import addresses
from artifacts.errors import NotFound
from artifacts.views.answers import HtmxHttpRequest, moved
from artifacts.views.url_of import reference_url, version_url
from artifacts.views.versions.page import render_version
from registry.views.collections.history import show_gone
from registry.views.fetch import collection_of
from registry.views.registries.page import printed_url


@require_GET
def version(
    request: HtmxHttpRequest, org: str, registry: str, collection: str, reference: str, tab: str = "version"
) -> HttpResponseBase:
    try:
        found = collection_of(request, org, registry, collection)
    except NotFound as missing:
        return show_gone(request, org, registry, collection, missing)
    if found.project.title != registry or found.name != collection:
        address = reference_url(found, reference)
        return moved(request, address if tab == "version" else f"{address}/{quote(tab)}")
    return render_version(request, addresses.membership(found, reference), tab)


@require_GET
def printed(request: HtmxHttpRequest, entity: str) -> HttpResponse:
    """`/<entity>/registry/model?selectionPath=<entity/project/collection>&version=vN`, which the client prints."""
    owner, _, rest = request.GET.get("selectionPath", "").partition("/")
    project_name, _, name = rest.partition("/")
    if not name:
        raise NotFound("This address names no version; open the Registry and choose a collection there.")
    project = addresses.project(request.user, owner, project_name)
    if project.is_registry:
        return redirect(printed_url(request, project))
    found = addresses.collection(project, name)
    reference = request.GET.get("version", "")
    return redirect(version_url(addresses.membership(found, reference)))
