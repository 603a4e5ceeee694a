"""A registry's settings: shown to whoever sees it, changed by its administrators."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, resolve_url
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from artifacts import access
from artifacts.access import Can
from artifacts.errors import Conflict, Forbidden, Invalid
from artifacts.models import Project
from artifacts.views.answers import (
    HtmxHttpRequest,
    done,
    moved,
    page,
)
from artifacts.views.url_of import registry_url
from registry.actions import registries
from registry.actions import settings as acts
from registry.forms import ALL, AcceptedForm, AliasForm, DeleteForm, GeneralForm, TypesForm, refused
from registry.models import Registry
from registry.views.place import organization_name, registry_of
from registry.views.settings_page import answer


@require_GET
def show(request: HtmxHttpRequest, org: str, registry: str) -> HttpResponse:
    project = registry_of(request, org, registry)
    if project.title != registry:
        return moved(request, registry_url(project, "settings"))
    return answer(request, project)


@require_POST
def general(request: HtmxHttpRequest, org: str, registry: str) -> HttpResponse:
    """Name and description; only administrators are asked for a name."""
    project = registry_of(request, org, registry, can=Can.EDIT)
    form = GeneralForm(request.POST, renames=access.allowed(request.user, Can.MANAGE, project))
    if form.is_valid():
        given = form.cleaned_data
        try:
            if given["name"] not in ("", project.title):
                acts.rename_registry(project, given["name"], acting_user=request.user)
            registries.describe_registry(project, given["description"], acting_user=request.user)
        except (Conflict, Forbidden) as refusal:
            refused(form, refusal, "name")
        except Invalid as refusal:
            refused(form, refusal)
        else:
            return saved(request, project, "Saved name and description" if given["name"] else "Saved the description")
    return answer(request, project, general_form=form)


@require_POST
def icon(request: HtmxHttpRequest, org: str, registry: str) -> HttpResponse:
    project = registry_of(request, org, registry, can=Can.MANAGE)
    acts.choose_icon(project, request.POST.get("icon", ""), request.POST.get("colour", ""), acting_user=request.user)
    return saved(request, project, "Saved the icon")


@require_http_methods(["GET", "POST"])
def restrict(request: HtmxHttpRequest, org: str, registry: str) -> HttpResponse:
    """Asks first, since there is no way back; then only those who were added see it."""
    project = registry_of(request, org, registry, can=Can.MANAGE)
    address = registry_url(project, "settings")
    error = ""
    if request.method == "POST":
        try:
            acts.change_settings(project, visibility=Project.Visibility.RESTRICTED, acting_user=request.user)
        except Invalid as refusal:
            error = str(refusal)
        else:
            return done(request, address, toast=f"{project.title} is restricted now")
    context = {"registry": project, "organization_name": organization_name(project), "cancel": address, "error": error}
    return page(request, "registry/settings/restrict.html", context, status=422 if error else 200)


@require_POST
def accepted(request: HtmxHttpRequest, org: str, registry: str) -> HttpResponse:
    """All types or a list; the list then begins with what is here already."""
    project = registry_of(request, org, registry, can=Can.MANAGE)
    form = AcceptedForm(request.POST)
    if form.is_valid():
        everything = form.cleaned_data["accepted"] == ALL
        acts.change_settings(project, accepts_all_types=everything, acting_user=request.user)
        return saved(request, project, "It accepts all types" if everything else "It accepts the listed types")
    return answer(request, project, accepted_form=form)


@require_POST
def accept_types(request: HtmxHttpRequest, org: str, registry: str) -> HttpResponse:
    project = registry_of(request, org, registry, can=Can.MANAGE)
    form = TypesForm(request.POST)
    if form.is_valid():
        try:
            registries.accept_types(project, form.cleaned_data["types"], acting_user=request.user)
        except Invalid as refusal:
            refused(form, refusal, "types")
        else:
            return saved(request, project, "Added the type")
    return answer(request, project, types_form=form)


@require_POST
def protect_alias(request: HtmxHttpRequest, org: str, registry: str) -> HttpResponse:
    project = registry_of(request, org, registry, can=Can.MANAGE)
    form = AliasForm(request.POST)
    if form.is_valid():
        registries.protect_alias(project, form.cleaned_data["alias"], acting_user=request.user)
        return saved(request, project, "Protected the alias")
    return answer(request, project, alias_form=form)


@require_POST
def unprotect_alias(request: HtmxHttpRequest, org: str, registry: str) -> HttpResponse:
    project = registry_of(request, org, registry, can=Can.MANAGE)
    registries.unprotect_alias(project, request.POST.get("alias", ""), acting_user=request.user)
    return saved(request, project, "The alias is no longer protected")


@require_http_methods(["GET", "POST"])
def delete(request: HtmxHttpRequest, org: str, registry: str) -> HttpResponse:
    """Asks for the name; then the registry goes with its collections and links."""
    project = registry_of(request, org, registry, can=Can.MANAGE)
    form = DeleteForm(request.POST or None, title=project.title)
    if form.is_valid():
        try:
            acts.delete_registry(project, acting_user=request.user)
        except Invalid as refusal:
            refused(form, refusal)
        else:
            home = resolve_url("registry:organization-home", organization_name(project))
            return done(request, home, toast=f"Deleted {project.title}")
    context = {
        "registry": project,
        "published": Registry.objects.get(project=project),
        "form": form,
        "cancel": registry_url(project, "settings"),
    }
    return page(request, "registry/settings/delete_registry.html", context, status=422 if form.is_bound else 200)


def saved(request: HtmxHttpRequest, project: Project, words: str) -> HttpResponse:
    """Back to the page, saying what was done."""
    messages.success(request, words)
    return redirect(registry_url(project, "settings"))
