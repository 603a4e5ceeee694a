"""`add_member PLACE USER ROLE`."""

from typing import Any

from django.core.management.base import CommandParser

from artifacts.actions import organizations
from registry_site.management.operator_command import OperatorCommand, Report, find_organization_or_team, find_person


class Command(OperatorCommand):
    help = "Add somebody to a team or an organization, or change the role they have there."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("place", help="an organization or a team")
        parser.add_argument("user")
        parser.add_argument("role", help="admin, member or viewer")

    def act(self, **given: Any) -> Report:
        place, user = find_organization_or_team(given["place"]), find_person(given["user"])
        role = organizations.member_role(given["role"])
        organizations.add_member(place, user, role, acting_user=None)
        return Report(
            f"“{user.name}” is {role} of “{place.name}”",
            {"place": place.name, "user": user.name, "role": str(role)},
        )
