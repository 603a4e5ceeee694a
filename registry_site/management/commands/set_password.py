"""`set_password USER PASSWORD`."""

from typing import Any

from django.core.management.base import CommandParser

from artifacts.actions import people
from registry_site.management import operator_command as commands


class Command(commands.OperatorCommand):
    help = "Give somebody a new password; sessions opened with the old one end."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user")
        parser.add_argument("password", help="12 characters or more")

    def act(self, **given: Any) -> commands.Report:
        user = commands.person(given["user"])
        people.set_password(user, given["password"], acting_user=None)
        return commands.Report(f"Set a new password for “{user.name}”", {"user": user.name})
