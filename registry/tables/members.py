"""Who may use a registry, with the role that counts in the end and what gave it to them."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q

from artifacts import access
from artifacts.errors import NotFound
from artifacts.models import Entity, OrganizationMember, Project, ProjectMember, Role, User
from artifacts.naming import key_of, shown


@dataclass(frozen=True)
class MemberRow:
    """One row of the list of members."""

    user: User
    granted: str
    through: str
    effective: Role


def members_of(project: Project, people: Sequence[User]) -> list[MemberRow]:
    """These people with their own role, what gave it to them and the strongest role that they have by anything."""
    effective = access.roles_in(project, people)
    grants = ProjectMember.objects.filter(project=project)
    own = dict(grants.filter(user__in=people).values_list("user", "role"))
    teams = dict(grants.filter(team__members__user__in=people).values_list("team__members__user", "team__name"))
    return [
        MemberRow(
            user=user,
            granted=own.get(user.pk, ""),
            through="Own access" if user.pk in own else teams.get(user.pk, "Organization"),
            effective=effective[user.pk],
        )
        for user in people
        if user.pk in effective
    ]


def holder_named(project: Project, words: str) -> User | Entity:
    """The person (by name or e-mail address) or the team of a registry's organization that somebody typed."""
    organization = project.entity.organization_id
    key = key_of(words.strip().replace("\0", ""))
    members = OrganizationMember.objects.filter(organization=organization).values("user")
    named = User.objects.filter(pk__in=members, is_active=True)
    found = named.filter(name_key=key).first() or named.filter(~Q(email=""), email__iexact=key).first()
    team = None if found else Entity.objects.teams().filter(organization=organization, name_key=key).first()
    holder = found or team
    if holder is None:
        raise NotFound(
            f"Neither a member nor a team of the organization is called “{shown(words)}”; check the name, or add the person to it first."
        )
    return holder
