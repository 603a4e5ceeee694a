"""Invitations as whoever is invited sees them, and as the administrators of the place do."""

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from artifacts import access
from artifacts.actions import invitations
from artifacts.models import Invitation, Organization, User
from artifacts.views.answers import HtmxHttpRequest, done, page
from artifacts.views.people.members import MembersPage

MOST_SHOWN = 50


def waiting_for(user: User) -> list[Invitation]:
    """What somebody is invited to, the newest first."""
    found = Invitation.objects.filter(user=user).select_related("organization", "team", "invited_by")
    return list(found.order_by("-pk")[:MOST_SHOWN])


@never_cache
@require_GET
def invitations_page(request: HtmxHttpRequest) -> HttpResponse:
    """What one is invited to, to be accepted or declined."""
    return page(request, "artifacts/account/invitations.html", {"invitations": waiting_for(request.user)})


@require_POST
def accept(request: HtmxHttpRequest, number: int) -> HttpResponse:
    invitation = invitations.accept(number, acting_user=request.user)
    name = invitation.place.name
    home = (
        reverse("registry:organization-home", args=[name])
        if isinstance(invitation.place, Organization)
        else reverse("artifacts:entity", args=[name])
    )
    return done(request, home, toast=f"You belong to {name} now.")


@require_POST
def decline(request: HtmxHttpRequest, number: int) -> HttpResponse:
    invitation = invitations.decline(number, acting_user=request.user)
    return done(request, reverse("artifacts:invitations"), toast=f"You declined to join {invitation.place.name}.")


def withdraw(request: HtmxHttpRequest, members_page: MembersPage, number: int) -> HttpResponse:
    """For those who administer the place."""
    access.require_management(members_page.is_managed_by(request.user), members_page.holder.name)
    invitation = (
        Invitation.objects.to(members_page.holder)
        .filter(pk=number)
        .select_related("user", "organization", "team")
        .first()
    )
    if invitation is None:
        return done(request, members_page.address, event="membersChanged", toast="That invitation is gone already.")
    invitations.withdraw(invitation, acting_user=request.user)
    return done(
        request, members_page.address, event="membersChanged", toast=f"{invitation.user.name} isn’t invited any more."
    )


def after_log_in(user: User, wanted: str) -> str:
    """Where somebody goes after the log-in: first to what is asked of them, then to where they wanted."""
    if user.has_printed_password:
        return f"{reverse('artifacts:account')}#password"
    if Invitation.objects.filter(user=user).exists():
        return reverse("artifacts:invitations")
    return wanted
