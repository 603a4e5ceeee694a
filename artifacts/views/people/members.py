"""The members of an organization or a team: the same list, dialogs and answers for both."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import HttpResponse
from django.urls import reverse

from artifacts import access
from artifacts.actions import organizations
from artifacts.errors import DomainError, NotFound
from artifacts.forms import MemberForm, RoleForm
from artifacts.listing.paging import page_of
from artifacts.models import Entity, Invitation, Organization, Role, TeamMember, User
from artifacts.naming import key_of, shown
from artifacts.views.answers import HtmxHttpRequest, done, page

PAGE = 100


@dataclass(frozen=True)
class MembersPage:
    """An organization or a team as a place that people belong to, with the addresses of what is done to its members."""

    holder: Organization | Entity
    template: str

    @property
    def kind(self) -> str:
        """How the names of its addresses begin: `organization` or `team`."""
        return "organization" if isinstance(self.holder, Organization) else "team"

    @property
    def address(self) -> str:
        """The page of the members."""
        name = "artifacts:organization-members" if self.kind == "organization" else "artifacts:team-settings"
        return reverse(name, args=[self.holder.name])

    def address_of(self, verb: str, *person: str) -> str:
        """Where a form is sent: add, or role and remove of a person."""
        return reverse(f"artifacts:{self.kind}-member-{verb}", args=[self.holder.name, *person])

    def is_managed_by(self, user: User) -> bool:
        """Whether somebody may change the members here."""
        return access.manages(user, self.holder)

    def invitation_address(self, number: int) -> str:
        """Where an invitation is withdrawn."""
        return reverse(f"artifacts:{self.kind}-invitation-withdraw", args=[self.holder.name, number])

    def person(self, name: str) -> User:
        """A member by name."""
        member = self.holder.members.filter(user__name_key=key_of(name)).select_related("user").first()
        if member is None:
            raise NotFound(f"“{shown(name)}” isn't a member of “{self.holder.name}”; reload the list.")
        return member.user


def listing(request: HtmxHttpRequest, members_page: MembersPage, *, status: int = 200, **context: Any) -> HttpResponse:
    """The page of a place with its members; `form` is the one that was sent, if there was one."""
    members: QuerySet[Any] = members_page.holder.members.select_related("user")
    if isinstance(members_page.holder, Organization):
        teams = TeamMember.objects.filter(team__organization=members_page.holder).select_related("team").order_by("pk")
        members = members.prefetch_related(Prefetch("user__team_memberships", queryset=teams, to_attr="teams_here"))
    found = page_of(members, ("user__name_key",), request.GET.dict(), size=PAGE)
    rows = [
        {
            "member": member,
            "role_action": members_page.address_of("role", member.user.name),
            "remove": members_page.address_of("remove", member.user.name),
            "is_self": member.user_id == request.user.pk,
        }
        for member in found.rows
    ]
    manages = members_page.is_managed_by(request.user)
    invited = (
        list(Invitation.objects.to(members_page.holder).select_related("user").order_by("pk")[:PAGE]) if manages else []
    )
    everything = {
        "members_page": members_page,
        "rows": rows,
        "roles": RoleForm().fields["role"].choices,  # type: ignore[attr-defined]
        "manages": manages,
        "invited": [{"invitation": one, "withdraw": members_page.invitation_address(one.pk)} for one in invited],
        "form": MemberForm(initial={"role": Role.MEMBER}),
        "add": members_page.address_of("add"),
        "older": f"{members_page.address}{found.older}" if found.older else "",
        "first": members_page.address if found.newer else "",
        **context,
    }
    return page(request, members_page.template, everything, partial="members", status=status)


def add(request: HtmxHttpRequest, members_page: MembersPage, **context: Any) -> HttpResponse:
    """Add a colleague or change their role; somebody from elsewhere who has an account here is invited."""
    access.require_management(members_page.is_managed_by(request.user), members_page.holder.name)
    form = MemberForm(request.POST)
    if form.is_valid():
        person, role = form.cleaned_data["name"], form.cleaned_data["role"]
        try:
            added = organizations.add_member(members_page.holder, person, role, acting_user=request.user)
        except DomainError as error:
            form.add_error("name" if isinstance(error, NotFound) else None, str(error))
        else:
            toast = f"{person.name} is now {Role(role).label} of {members_page.holder.name}."
            if isinstance(added, Invitation):
                toast = f"{person.name} is invited, and belongs to {members_page.holder.name} once they accept."
            return done(request, members_page.address, event="membersChanged", toast=toast)
    return listing(request, members_page, form=form, status=422, **context)


def change_role(request: HtmxHttpRequest, members_page: MembersPage, name: str) -> HttpResponse:
    """Give a member another role."""
    person = members_page.person(name)
    form = RoleForm(request.POST)
    role = form.cleaned_data["role"] if form.is_valid() else str(request.POST.get("role", ""))
    organizations.add_member(members_page.holder, person, role, acting_user=request.user)
    return done(
        request, members_page.address, event="membersChanged", toast=f"{person.name} is now {Role(role).label}."
    )


def remove(request: HtmxHttpRequest, members_page: MembersPage, name: str) -> HttpResponse:
    """The dialog that asks whether to take out a member, or oneself; its POST does."""
    person = members_page.person(name)
    is_self = person.pk == request.user.pk
    if not is_self:
        access.require_management(members_page.is_managed_by(request.user), members_page.holder.name)
    context = {"members_page": members_page, "person": person, "is_self": is_self, "cancel": members_page.address}
    if request.method == "POST":
        organizations.remove_member(members_page.holder, person, acting_user=request.user)
        if is_self:
            return done(request, "/", toast=f"You left {members_page.holder.name}.")
        return done(
            request,
            members_page.address,
            event="membersChanged",
            toast=f"{person.name} left {members_page.holder.name}.",
        )
    return page(request, "artifacts/members/remove_member.html", context)
