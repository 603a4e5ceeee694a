"""A registry's settings: shown to whoever sees it, changed by its administrators."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, resolve_url
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from artifacts import access
from artifacts.access import Can
from artifacts.errors import Conflict, Forbidden, Invalid
from artifacts.listing.paging import page_of
from artifacts.models import Alias, Entity, OrganizationMember, Project, Role
from artifacts.views.answers import HtmxHttpRequest, done, moved, page
from artifacts.views.url_of import registry_url
from registry.actions import registries, settings
from registry.forms import (
    ALL,
    SPECIFIC,
    AcceptedForm,
    AccessForm,
    AliasForm,
    DeleteForm,
    GeneralForm,
    NewMemberForm,
    TypesForm,
    refused,
)
from registry.models import COLOURS, ICONS, Registry
from registry.tables.members import members_of
from registry.views.fetch import organization_name, owner_of, registry_of
from registry.views.registries.page import heading

OFFERED = 100  # names that a field offers while one types
ROLES = [(role.value, role.label) for role in (Role.ADMIN, Role.MEMBER, Role.VIEWER, Role.RESTRICTED_VIEWER)]
GRANTS = "access_"


@require_GET
def show(request: HtmxHttpRequest, org: str, registry: str) -> HttpResponse:
    project = registry_of(request, org, registry)
    if project.title != registry:
        return moved(request, registry_url(project, "settings"))
    return settings_page(request, project)


@require_POST
def general(request: HtmxHttpRequest, org: str, registry: str) -> HttpResponse:
    """Name and description; only administrators are asked for a name."""
    project = registry_of(request, org, registry, can=Can.EDIT)
    form = GeneralForm(request.POST, renames=access.allowed(request.user, Can.MANAGE, project))
    if form.is_valid():
        given = form.cleaned_data
        try:
            if given["name"] not in ("", project.title):
                settings.rename_registry(project, given["name"], acting_user=request.user)
            registries.describe_registry(project, given["description"], acting_user=request.user)
        except (Conflict, Forbidden) as refusal:
            refused(form, refusal, "name")
        except Invalid as refusal:
            refused(form, refusal)
        else:
            return saved(request, project, "Saved name and description" if given["name"] else "Saved the description")
    return settings_page(request, project, general_form=form)


@require_POST
def icon(request: HtmxHttpRequest, org: str, registry: str) -> HttpResponse:
    project = registry_of(request, org, registry, can=Can.MANAGE)
    settings.choose_icon(
        project, request.POST.get("icon", ""), request.POST.get("colour", ""), acting_user=request.user
    )
    return saved(request, project, "Saved the icon")


@require_http_methods(["GET", "POST"])
def restrict(request: HtmxHttpRequest, org: str, registry: str) -> HttpResponse:
    """The dialog that asks whether to restrict the registry to those who were added, since there is no way back; its POST does."""
    project = registry_of(request, org, registry, can=Can.MANAGE)
    address = registry_url(project, "settings")
    error = ""
    if request.method == "POST":
        try:
            settings.change_settings(project, visibility=Project.Visibility.RESTRICTED, acting_user=request.user)
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
        settings.change_settings(project, accepts_all_types=everything, acting_user=request.user)
        return saved(request, project, "It accepts all types" if everything else "It accepts the listed types")
    return settings_page(request, project, accepted_form=form)


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
    return settings_page(request, project, types_form=form)


@require_POST
def protect_alias(request: HtmxHttpRequest, org: str, registry: str) -> HttpResponse:
    project = registry_of(request, org, registry, can=Can.MANAGE)
    form = AliasForm(request.POST)
    if form.is_valid():
        registries.protect_alias(project, form.cleaned_data["alias"], acting_user=request.user)
        return saved(request, project, "Protected the alias")
    return settings_page(request, project, alias_form=form)


@require_POST
def unprotect_alias(request: HtmxHttpRequest, org: str, registry: str) -> HttpResponse:
    project = registry_of(request, org, registry, can=Can.MANAGE)
    registries.unprotect_alias(project, request.POST.get("alias", ""), acting_user=request.user)
    return saved(request, project, "The alias is no longer protected")


@require_http_methods(["GET", "POST"])
def delete(request: HtmxHttpRequest, org: str, registry: str) -> HttpResponse:
    """The dialog that asks for the registry's name; its POST deletes the registry with its collections and links."""
    project = registry_of(request, org, registry, can=Can.MANAGE)
    form = DeleteForm(request.POST or None, title=project.title)
    if form.is_valid():
        try:
            settings.delete_registry(project, acting_user=request.user)
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


def settings_page(request: HtmxHttpRequest, project: Project, **wrong: forms.Form) -> HttpResponse:
    """The page, with the form that was refused, if any."""
    held = Alias.objects.filter(collection__project=project, name_key__in=project.protected_aliases.values("name_key"))
    head = heading(request, project, "settings")
    given: Registry = head["published"]
    context: dict[str, Any] = {
        **head,
        "general_form": GeneralForm(initial={"name": project.title, "description": project.description}),
        "accepted_form": AcceptedForm(initial={"accepted": ALL if given.accepts_all_types else SPECIFIC}),
        "types_form": TypesForm(),
        "alias_form": AliasForm(),
        "icons": ICONS,
        "colours": COLOURS.items(),
        **members_context(request, project),
        **wrong,
        "protected_aliases": project.protected_aliases.order_by("name_key"),
        "held": held.count(),
    }
    return page(request, "registry/settings/settings.html", context, partial="members", status=422 if wrong else 200)


def members_context(request: HtmxHttpRequest, project: Project) -> dict[str, Any]:
    """The two tables of a registry's settings: who was let in, and everybody with the role that counts."""
    asked = request.GET.dict()
    grants = page_of(
        project.members.select_related("user", "team"),
        ("pk",),
        {name.removeprefix(GRANTS): value for name, value in asked.items() if name.startswith(GRANTS)},
    )
    people = page_of(access.people_of(project), ("name_key",), asked)
    context: dict[str, Any] = {
        "grant_rows": [
            (grant, "user", grant.user.name) if grant.user else (grant, "team", grant.team.name if grant.team else "")
            for grant in grants.rows
        ],
        "grants_newer": grants.newer.replace("?", f"?{GRANTS}"),
        "grants_older": grants.older.replace("?", f"?{GRANTS}"),
        "people": people,
        "people_rows": members_of(project, people.rows),
        "roles": ROLES,
        "access_form": AccessForm(),
        "member_form": NewMemberForm(),
    }
    if access.allowed(request.user, Can.MANAGE, project):
        context["offered"] = offered(project)
    return context


def offered(project: Project) -> list[str]:
    """Teams and people of the organization who have no role of their own here yet."""
    organization = owner_of(project)
    teams = Entity.objects.teams().filter(organization=organization)
    teams = teams.exclude(pk__in=project.members.filter(team__isnull=False).values("team"))
    people = OrganizationMember.objects.filter(organization=organization)
    people = people.exclude(user__in=project.members.filter(user__isnull=False).values("user"))
    return [
        *teams.order_by("name_key").values_list("name", flat=True)[:OFFERED],
        *people.order_by("user__name_key").values_list("user__name", flat=True)[:OFFERED],
    ]
