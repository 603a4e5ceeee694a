"""`create_user NAME`: a person, their personal entity and an API key."""

from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction

from artifacts.actions import people
from registry_site.management.operator_command import OperatorCommand, Report


class Command(OperatorCommand):
    help = "Make a person with a personal entity of the same name and an API key, which is shown once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--email", default="")
        parser.add_argument("--password", help="12 characters or more; without one the pages can't be entered yet")
        parser.add_argument("--api-key", help="40 or more of letters, digits, “-” and “_”; made if left out")
        parser.add_argument("--admin", action="store_true", help="administrator of the site, with the admin panel")

    def act(self, **given: Any) -> Report:
        # Two actions: a key that is refused must not leave a person behind.
        with transaction.atomic():
            user = people.create_user(
                given["name"],
                email=given["email"],
                password=given["password"],
                is_admin=given["admin"],
                acting_user=None,
            )
            _, key = people.create_api_key(
                user, description="made with the account", key=given["api_key"], acting_user=None
            )
        shown = "" if given["api_key"] else f"; API key, shown only now: {key}"
        kind = "administrator" if given["admin"] else "user"
        return Report(f"Made the {kind} “{user.name}”{shown}", {"user": user.name, "api_key": key})
