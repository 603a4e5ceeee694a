"""`protect_alias ORG REGISTRY ALIAS`."""

from typing import Any

from django.core.management.base import CommandParser

from registry.actions import registries
from registry_site.management.operator_command import OperatorCommand, Report, find_organization, find_registry


class Command(OperatorCommand):
    help = "Let only a registry's administrators move this alias from now on."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("organization")
        parser.add_argument("registry")
        parser.add_argument("alias")

    def act(self, **given: Any) -> Report:
        organization = find_organization(given["organization"])
        project = find_registry(organization, given["registry"])
        registries.protect_alias(project, given["alias"], acting_user=None)
        return Report(
            f"The alias “{given['alias']}” is protected in the registry “{project.title}” of “{organization.name}”",
            {"organization": organization.name, "registry": project.title, "alias": given["alias"]},
        )
