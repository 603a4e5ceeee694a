"""`set_password USER PASSWORD`."""

from typing import Any

from django.core.management.base import CommandParser

from artifacts.actions import people
from registry_site.management.operator_command import OperatorCommand, Report, find_person


class Command(OperatorCommand):
    help = "Give somebody a new password; sessions opened with the old one end."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user")
        parser.add_argument("password", help="12 characters or more")

    def act(self, **given: Any) -> Report:
        user = find_person(given["user"])
        people.set_password(user, given["password"], acting_user=None)
        return Report(f"Set a new password for “{user.name}”", {"user": user.name})
