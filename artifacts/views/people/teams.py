"""The profile of a team or a person at `/<entity>`, and a team's settings."""

from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery, Sum
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from artifacts import access, addresses
from artifacts.actions.organizations import keep_versions
from artifacts.errors import NotFound
from artifacts.forms import TeamTtlForm
from artifacts.listing.paging import page_of
from artifacts.models import Collection, Entity, Project, Run
from artifacts.versions.time_to_live import DAY, days_of
from artifacts.views.answers import HtmxHttpRequest, done, moved, page
from artifacts.views.people import invitations, members
from artifacts.views.people.integrations import integrations_of
from artifacts.views.people.members import MembersPage
from artifacts.views.shell import in_organization

SOME = 8


@require_GET
def entity(request: HtmxHttpRequest, entity: str) -> HttpResponse:
    owner = addresses.entity(request.user, entity)
    if owner.kind == Entity.Kind.ORGANIZATION and owner.organization is not None:
        return HttpResponseRedirect(reverse("registry:organization-home", args=[owner.organization.name]))
    if owner.name != entity:
        return moved(request, reverse("artifacts:entity", args=[owner.name]))
    in_organization(request, owner.organization)
    projects = access.visible_projects(request.user).ordinary().filter(entity=owner)
    context = {
        "owner": owner,
        **_projects(request, projects),
        "runs": _recent_runs(projects),
        **_people(request, owner),
    }
    return page(request, "artifacts/team/team.html", context, partial="projects")


def _projects(request: HtmxHttpRequest, projects: QuerySet[Project]) -> dict[str, Any]:
    """A page of projects by name, with what they hold: counted over their collections, never over versions or runs."""
    found = page_of(projects, ("natural_key",), request.GET.dict())
    numbers = [project.pk for project in found.rows]
    held = {
        number: {"artifacts": artifacts, "versions": versions}
        for number, artifacts, versions in Collection.objects.sequences()
        .filter(project__in=numbers)
        .values_list("project")
        .annotate(Count("pk"), Sum("version_count"))
    }
    newest = Run.objects.filter(project=OuterRef("pk")).newest_first().values("pk")[:1]
    last = dict(Project.objects.filter(pk__in=numbers).values_list("pk", Subquery(newest)))
    runs = Run.objects.in_bulk([number for number in last.values() if number])
    rows = [
        {"project": project, **held.get(project.pk, {"artifacts": 0, "versions": 0}), "run": runs.get(last[project.pk])}
        for project in found.rows
    ]
    return {"rows": rows, "older": found.older, "first": request.path if found.newer else ""}


def _recent_runs(projects: QuerySet[Project]) -> list[Run]:
    """The newest runs of an entity: those of the projects that ran last, each read from the end of its own index."""
    newest = Run.objects.filter(project=OuterRef("pk")).newest_first().values("pk")[:1]
    active = projects.annotate(last_run=Subquery(newest)).filter(last_run__isnull=False).order_by("-last_run")[:SOME]
    runs: list[Run] = []
    for project in active:
        found = project.runs.select_related("created_by").order_by("-id")[:SOME]
        runs += found
        for run in found:
            run.project = project
    return sorted(runs, key=lambda run: -run.pk)[:SOME]


def _people(request: HtmxHttpRequest, owner: Entity) -> dict[str, Any]:
    """A team's members, or the teams of a person that the visitor may see."""
    if owner.is_team:
        found = list(owner.members.select_related("user").order_by("user__name_key")[: SOME * 3 + 1])
        return {
            "members": found[: SOME * 3],
            "has_more_members": len(found) > SOME * 3,
            "manages": access.manages_team(request.user, owner),
        }
    teams = access.visible_entities(request.user).filter(kind=Entity.Kind.TEAM, members__user=owner.user)
    return {
        "teams": teams.select_related("organization").order_by("name_key")[: SOME * 3],
        "is_self": owner.user_id == request.user.pk,
    }


def _team(request: HtmxHttpRequest, name: str) -> MembersPage:
    owner = addresses.entity(request.user, name)
    if not owner.is_team:
        raise NotFound(f"“{owner.name}” is no team, so it has no members; choose a team.")
    in_organization(request, owner.organization)
    return MembersPage(owner, "artifacts/team/settings.html")


@require_GET
def team_settings(request: HtmxHttpRequest, entity: str) -> HttpResponse:
    owner = addresses.entity(request.user, entity)
    if owner.user_id == request.user.pk:
        return HttpResponseRedirect(reverse("artifacts:account"))
    if owner.kind == Entity.Kind.ORGANIZATION and owner.organization is not None:
        return HttpResponseRedirect(reverse("artifacts:organization-settings", args=[owner.organization.name]))
    if owner.name != entity:
        return moved(request, reverse("artifacts:team-settings", args=[owner.name]))
    members_page = _team(request, entity)
    return members.listing(request, members_page, owner=members_page.holder, **integrations_of(request, owner))


@require_POST
def team_ttl(request: HtmxHttpRequest, entity: str) -> HttpResponse:
    members_page, team = _team(request, entity), addresses.entity(request.user, entity)
    access.require_management(access.manages_team(request.user, team), team.name)
    form = TeamTtlForm.of(team, request.POST)
    if not form.is_valid():
        return members.listing(
            request, members_page, status=422, owner=team, **integrations_of(request, team, ttl_form=form)
        )
    given = form.cleaned_data
    seconds = given["days"] * DAY if given["has_default"] else None
    by_admins = given["permission"] == TeamTtlForm.ADMINS
    if "confirmed" not in request.POST and (seconds, by_admins) != (team.ttl_seconds, team.ttl_by_admins):
        return _review(request, team, form)
    keep_versions(team, seconds, by_admins=by_admins, acting_user=request.user)
    address = reverse("artifacts:team-settings", args=[team.name])
    return done(request, f"{address}#ttl", toast="Saved the settings")


def _review(request: HtmxHttpRequest, team: Entity, form: TeamTtlForm) -> HttpResponse:
    """What the settings change, also for versions that are there already, before they do."""
    context = {
        "team": team,
        "before": days_of(team.ttl_seconds),
        "days": form.cleaned_data["days"] if form.cleaned_data["has_default"] else None,
        "by_admins": form.cleaned_data["permission"] == TeamTtlForm.ADMINS,
        "sent": [(name, request.POST[name]) for name in form.fields if name in request.POST],
        "cancel": f"{reverse('artifacts:team-settings', args=[team.name])}#ttl",
    }
    return page(request, "artifacts/team/ttl.html", context)


@require_POST
def team_member_add(request: HtmxHttpRequest, entity: str) -> HttpResponse:
    members_page = _team(request, entity)
    team = addresses.entity(request.user, entity)
    return members.add(request, members_page, owner=team, **integrations_of(request, team))


@require_POST
def team_member_role(request: HtmxHttpRequest, entity: str, person: str) -> HttpResponse:
    return members.change_role(request, _team(request, entity), person)


@require_http_methods(["GET", "POST"])
def team_member_remove(request: HtmxHttpRequest, entity: str, person: str) -> HttpResponse:
    return members.remove(request, _team(request, entity), person)


@require_POST
def team_invitation_withdraw(request: HtmxHttpRequest, entity: str, number: int) -> HttpResponse:
    return invitations.withdraw(request, _team(request, entity), number)
