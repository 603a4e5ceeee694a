"""`delete_user USER`."""

from typing import Any

from django.core.management.base import CommandParser

from artifacts.actions import people
from registry_site.management.operator_command import OperatorCommand, Report, find_person


class Command(OperatorCommand):
    help = "Delete a person with the personal entity and all it holds; what they did in teams stays."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user")

    def act(self, **given: Any) -> Report:
        user = find_person(given["user"])
        name = user.name
        people.delete_user(user, acting_user=None)
        return Report(f"Deleted the user “{name}”", {"user": name})
