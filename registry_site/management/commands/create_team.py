"""`create_team NAME --organization ORG`: a team with its members."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from artifacts.actions import organizations
from artifacts.models import User
from registry_site.management.operator_command import OperatorCommand, Report, find_organization, find_person


class Command(OperatorCommand):
    help = "Make a team of an organization; its members join the organization too, a viewer as viewer."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--organization", required=True, metavar="ORG")
        parser.add_argument(
            "--member", action="append", default=[], metavar="USER:ROLE", help="role: admin, member or viewer"
        )

    def act(self, **given: Any) -> Report:
        organization = find_organization(given["organization"])
        members = [member_and_role(words) for words in given["member"]]
        team = organizations.create_team(given["name"], organization, members=members, acting_user=None)
        return Report(
            f"Made the team “{team.name}” of “{organization.name}” with {len(members)} {'member' if len(members) == 1 else 'members'}",
            {
                "team": team.name,
                "organization": organization.name,
                "members": {user.name: role for user, role in members},
            },
        )


def member_and_role(words: str) -> tuple[User, str]:
    """What `ada:member` says."""
    name, colon, role = words.rpartition(":")
    if not colon:
        raise CommandError(f"“{words}” names no role; write --member {words}:member (or admin, or viewer).")
    return find_person(name), role
