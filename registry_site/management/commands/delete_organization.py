"""`delete_organization ORG`."""

from typing import Any

from django.core.management.base import CommandParser

from artifacts.actions import organizations
from registry_site.management.operator_command import OperatorCommand, Report, find_organization


class Command(OperatorCommand):
    help = "Delete an organization with its teams, registries and all they hold."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("organization")

    def act(self, **given: Any) -> Report:
        organization = find_organization(given["organization"])
        name = organization.name
        organizations.delete_organization(organization, acting_user=None)
        return Report(f"Deleted the organization “{name}”", {"organization": name})
