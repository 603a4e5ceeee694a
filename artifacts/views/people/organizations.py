"""An organization's members and settings."""

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from artifacts import access, addresses
from artifacts.actions import organizations
from artifacts.errors import DomainError
from artifacts.forms import TeamForm
from artifacts.listing.paging import page_of
from artifacts.models import Organization
from artifacts.views.answers import HtmxHttpRequest, done, page
from artifacts.views.people import invitations, members
from artifacts.views.people.members import MembersPage
from artifacts.views.shell import in_organization


def _organization(request: HtmxHttpRequest, name: str) -> Organization:
    found = addresses.organization(request.user, name)
    in_organization(request, found)
    return found


def _members_page(request: HtmxHttpRequest, name: str) -> MembersPage:
    return MembersPage(_organization(request, name), "artifacts/organization/members.html")


@require_GET
def organization(request: HtmxHttpRequest, org: str) -> HttpResponse:
    """The home of an organization is its registry."""
    found = _organization(request, org)
    return HttpResponseRedirect(reverse("registry:organization-home", args=[found.name]))


@require_GET
def organization_members(request: HtmxHttpRequest, org: str) -> HttpResponse:
    members_page = _members_page(request, org)
    if members_page.holder.name != org:
        return HttpResponseRedirect(members_page.address)
    return members.listing(request, members_page)


@require_POST
def organization_member_add(request: HtmxHttpRequest, org: str) -> HttpResponse:
    return members.add(request, _members_page(request, org))


@require_POST
def organization_member_role(request: HtmxHttpRequest, org: str, person: str) -> HttpResponse:
    return members.change_role(request, _members_page(request, org), person)


@require_http_methods(["GET", "POST"])
def organization_member_remove(request: HtmxHttpRequest, org: str, person: str) -> HttpResponse:
    return members.remove(request, _members_page(request, org), person)


@require_POST
def organization_invitation_withdraw(request: HtmxHttpRequest, org: str, number: int) -> HttpResponse:
    return invitations.withdraw(request, _members_page(request, org), number)


def _settings(
    request: HtmxHttpRequest, organization: Organization, *, status: int = 200, **changed: Any
) -> HttpResponse:
    teams = access.visible_entities(request.user).filter(organization=organization, kind="team")
    found = page_of(teams, ("name_key",), request.GET.dict())
    context = {
        "organization": organization,
        "entity": addresses.organization_entity(organization),
        "role": access.organization_role(request.user, organization),
        "manages": access.manages_organization(request.user, organization),
        "teams": found.rows,
        "older": found.older,
        "first": request.path if found.newer else "",
        "form": TeamForm(),
        **changed,
    }
    return page(request, "artifacts/organization/settings.html", context, partial="teams", status=status)


@require_GET
def organization_settings(request: HtmxHttpRequest, org: str) -> HttpResponse:
    found = _organization(request, org)
    if found.name != org:
        return HttpResponseRedirect(reverse("artifacts:organization-settings", args=[found.name]))
    return _settings(request, found)


@require_POST
def team_create(request: HtmxHttpRequest, org: str) -> HttpResponse:
    found = _organization(request, org)
    access.require_management(access.manages_organization(request.user, found), found.name)
    form = TeamForm(request.POST)
    if form.is_valid():
        try:
            team = organizations.create_team(
                form.cleaned_data["name"], found, members=[(request.user, "admin")], acting_user=request.user
            )
        except DomainError as error:
            form.add_error("name", str(error))
        else:
            settings = reverse("artifacts:team-settings", args=[team.name])
            return done(request, settings, toast=f"The team {team.name} is made; add its members here.")
    return _settings(request, found, form=form, status=422)
