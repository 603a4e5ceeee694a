"""Who may use a registry, with the role that counts in the end and the road it comes by."""

from collections.abc import Sequence
from dataclasses import dataclass

from artifacts import access
from artifacts.models import Project, ProjectMember, Role, User


@dataclass(frozen=True)
class Person:
    """One row of the list of members."""

    user: User
    granted: str
    through: str
    effective: Role


def members_of(project: Project, people: Sequence[User]) -> list[Person]:
    """These people with their own role, the road to it and the strongest role of all roads."""
    effective = access.roles_in(project, people)
    grants = ProjectMember.objects.filter(project=project)
    own = dict(grants.filter(user__in=people).values_list("user", "role"))
    teams = dict(grants.filter(team__members__user__in=people).values_list("team__members__user", "team__name"))
    return [
        Person(
            user=user,
            granted=own.get(user.pk, ""),
            through="Own access" if user.pk in own else teams.get(user.pk, "Organization"),
            effective=effective[user.pk],
        )
        for user in people
        if user.pk in effective
    ]
