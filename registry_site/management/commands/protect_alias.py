"""`protect_alias ORG REGISTRY ALIAS`."""

from typing import Any

from django.core.management.base import CommandParser

from registry.actions import registries
from registry_site.management import operator_command as commands


class Command(commands.OperatorCommand):
    help = "Let only a registry's administrators move this alias from now on."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("organization")
        parser.add_argument("registry")
        parser.add_argument("alias")

    def act(self, **given: Any) -> commands.Report:
        organization = commands.organization(given["organization"])
        project = commands.registry(organization, given["registry"])
        registries.protect_alias(project, given["alias"], acting_user=None)
        return commands.Report(
            f"The alias “{given['alias']}” is protected in the registry “{project.title}” of “{organization.name}”",
            {"organization": organization.name, "registry": project.title, "alias": given["alias"]},
        )
