"""`create_organization NAME`: an organization, its entity and its two core registries."""

from typing import Any

from django.core.management.base import CommandParser

from artifacts import addresses
from registry.actions import registries
from registry_site.management.operator_command import OperatorCommand, Report, find_person


class Command(OperatorCommand):
    help = "Make an organization with its entity and the core registries model and dataset."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--owner", metavar="USER", help="its first administrator")

    def act(self, **given: Any) -> Report:
        owner = find_person(given["owner"]) if given["owner"] else None
        organization = registries.create_organization(given["name"], owner=owner, acting_user=None)
        entity = addresses.organization_entity(organization)
        return Report(
            f"Made the organization “{organization.name}”; its entity: {entity.name}",
            {"organization": organization.name, "entity": entity.name, "registries": list(registries.CORE)},
        )
