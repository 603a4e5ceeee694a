"""A registry's settings: shown to whoever sees it, changed by its administrators."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from artifacts.access import Can
from artifacts.errors import Invalid
from artifacts.models import Alias, Project
from artifacts.pages import HtmxHttpRequest, page
from registry.actions import registries
from registry.forms import AliasForm, RegistryDescriptionForm, TypesForm, refused
from registry.views.place import registry_of, registry_url
from registry.views.registries import heading


@require_GET
def show(request: HtmxHttpRequest, org: str, registry: str) -> HttpResponse:
    return answer(request, registry_of(request, org, registry))


def answer(request: HtmxHttpRequest, project: Project, **wrong: forms.Form) -> HttpResponse:
    """The page, with the form that was refused, if any."""
    held = Alias.objects.filter(collection__project=project, name_key__in=project.protected_aliases.values("name_key"))
    context = {
        **heading(request, project, "settings"),
        "describe_form": RegistryDescriptionForm(initial={"description": project.description}),
        "types_form": TypesForm(),
        "alias_form": AliasForm(),
        **wrong,
        "protected_aliases": project.protected_aliases.order_by("name_key"),
        "held": held.count(),
    }
    return page(request, "registry/settings.html", context, status=422 if wrong else 200)


@require_POST
def describe(request: HtmxHttpRequest, org: str, registry: str) -> HttpResponse:
    project = registry_of(request, org, registry, can=Can.EDIT)
    form = RegistryDescriptionForm(request.POST)
    if form.is_valid():
        try:
            registries.describe_registry(project, form.cleaned_data["description"], acting_user=request.user)
        except Invalid as refusal:
            refused(form, refusal, "description")
        else:
            return saved(request, project, "Saved the description")
    return answer(request, project, describe_form=form)


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


def saved(request: HtmxHttpRequest, project: Project, words: str) -> HttpResponse:
    """Back to the page, saying what was done."""
    messages.success(request, words)
    return redirect(registry_url(project, "registry:settings"))
