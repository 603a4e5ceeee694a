"""`load_demo`: an organization in which every page has something to show."""

from typing import Any

from artifacts.errors import Conflict
from artifacts.models import Organization
from artifacts.naming import key_of
from registry_site.demo import story
from registry_site.management.operator_command import OperatorCommand, Report


def is_loaded() -> bool:
    """Whether the organization of the demo is there already."""
    return Organization.objects.filter(name_key=key_of(story.ORGANIZATION)).exists()


class Command(OperatorCommand):
    help = "Load a realistic organization with teams, runs, models, datasets, registries and lineage."

    def act(self, **given: Any) -> Report:
        if is_loaded():
            raise Conflict(
                f"The organization “{story.ORGANIZATION}” is there already; delete it to load the demo again."
            )
        cast, password = story.load()
        others = ", ".join(list(story.PEOPLE)[1:])
        return Report(
            f"Loaded the organization “{story.ORGANIZATION}”; log in as ada (or {others}) with the password {password}",
            {"organization": story.ORGANIZATION, "user": cast.ada.name, "password": password},
        )
