"""A registry's automations: its own, its collections', and those of the whole organization."""

from django.http import HttpResponse
from django.shortcuts import resolve_url
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from artifacts.models import Automation
from artifacts.views.answers import HtmxHttpRequest, page
from artifacts.views.projects.automations import automation_of, deleted, listing, switched
from artifacts.views.url_of import registry_url
from registry.views.fetch import organization_name, registry_of
from registry.views.registries.page import heading


@require_GET
def show(request: HtmxHttpRequest, org: str, registry: str) -> HttpResponse:
    project = registry_of(request, org, registry)

    def address_of(verb: str, automation: Automation) -> str:
        return resolve_url(f"registry:automation-{verb}", organization_name(project), project.title, automation.pk)

    context = {**heading(request, project, "automations"), **listing(request, project, address_of)}
    return page(request, "registry/registry/automations.html", context)


@require_POST
def switch(request: HtmxHttpRequest, org: str, registry: str, number: int) -> HttpResponse:
    project = registry_of(request, org, registry)
    return switched(request, automation_of(request, project, number), registry_url(project, "automations"))


@require_http_methods(["GET", "POST"])
def delete(request: HtmxHttpRequest, org: str, registry: str, number: int) -> HttpResponse:
    project = registry_of(request, org, registry)
    return deleted(request, automation_of(request, project, number), registry_url(project, "automations"))
