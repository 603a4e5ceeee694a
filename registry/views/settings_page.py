"""The page of a registry's settings, whole or with the form that was refused."""

from typing import Any

from django import forms
from django.http import HttpResponse

from artifacts import access
from artifacts.access import Can
from artifacts.listing.paging import page_of
from artifacts.models import Alias, Entity, OrganizationMember, Project, Role
from artifacts.views.answers import (
    HtmxHttpRequest,
    page,
)
from registry.forms import ALL, SPECIFIC, AcceptedForm, AccessForm, AliasForm, GeneralForm, NewMemberForm, TypesForm
from registry.models import COLOURS, ICONS, Registry
from registry.tables.members import members_of
from registry.views.place import owner_of
from registry.views.registries.page import heading

OFFERED = 100  # names that a field offers while one types
ROLES = [(role.value, role.label) for role in (Role.ADMIN, Role.MEMBER, Role.VIEWER, Role.RESTRICTED_VIEWER)]
GRANTS = "access_"


def answer(request: HtmxHttpRequest, project: Project, **wrong: forms.Form) -> HttpResponse:
    """The page, with the form that was refused, if any."""
    held = Alias.objects.protected().filter(collection__project=project)
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
