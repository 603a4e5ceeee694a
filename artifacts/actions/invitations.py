"""What is done to invitations: whoever is invited accepts or declines, whoever administers the place withdraws."""

from django.db import transaction

from artifacts import access
from artifacts.actions import organizations
from artifacts.errors import Conflict, NotFound
from artifacts.models import Invitation, Organization, Role, User

GONE = "There is no such invitation any more; it may have been answered or withdrawn. Reload the page."


@transaction.atomic
def accept(number: int, *, acting_user: User) -> Invitation:
    """Join what one was invited to. Raises NotFound, and Conflict if whoever invited doesn't administer the place any more."""
    invitation = _waiting(number, acting_user)
    place = invitation.place
    inviter = invitation.invited_by
    if inviter is None or not access.manages(inviter, place):
        raise Conflict(f"Whoever invited you doesn't administer “{place.name}” any more; ask for another invitation.")
    if not place.members.filter(user=acting_user).exists():  # who came in meanwhile keeps their role
        organizations.join(place, acting_user, Role(invitation.role), acting_user)
    Invitation.objects.filter(pk=invitation.pk).delete()
    return invitation


@transaction.atomic
def decline(number: int, *, acting_user: User) -> Invitation:
    """Stay away; the invitation is gone."""
    invitation = _waiting(number, acting_user)
    Invitation.objects.filter(pk=invitation.pk).delete()
    organizations.answered(invitation, acting_user)
    return invitation


@transaction.atomic
def withdraw(invitation: Invitation, *, acting_user: User) -> None:
    """Take an invitation back that isn't answered yet; one that is gone already is no error."""
    place = invitation.place
    access.require_management(access.manages(acting_user, place), place.name)
    if Invitation.objects.filter(pk=invitation.pk).delete()[0]:
        organizations.answered(invitation, acting_user)


def _waiting(number: int, user: User) -> Invitation:
    """Somebody's own invitation, its organization locked."""
    found = Invitation.objects.filter(pk=number, user=user).select_related("organization", "team", "invited_by").first()
    if found is not None:
        Organization.objects.select_for_update().get(pk=found.organization_id)
        found = (
            Invitation.objects.filter(pk=number).select_related("organization", "team", "invited_by", "user").first()
        )
    if found is None:
        raise NotFound(GONE)
    return found
