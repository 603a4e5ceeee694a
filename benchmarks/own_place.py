"""Where benchmarks inside one process measure: a directory of their own, with one person, organization, team and project in it."""

import argparse
import logging
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.test import Client

    from artifacts.models import Entity, Organization, Project, User


@dataclass(frozen=True)
class Place:
    """ada, the administrator of Acme Corp, logged in with `browser`; the team vision and its project bench."""

    user: "User"
    organization: "Organization"
    team: "Entity"
    project: "Project"
    browser: "Client"


def arguments(said: str, *, sizes: Sequence[int], times: int) -> argparse.ArgumentParser:
    """What every such benchmark can be told; `said` is its docstring."""
    parser = argparse.ArgumentParser(description=said.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[*sizes])
    parser.add_argument("--times", type=int, default=times)
    return parser


@contextmanager
def own_place() -> Iterator[Place]:
    """Set up Django with a new directory (and `DATABASE_URL`, if there is one), which is gone afterwards. Once a process."""
    with tempfile.TemporaryDirectory() as directory:
        os.environ.update(LINKYARD_DATA_DIR=directory, DJANGO_SETTINGS_MODULE="registry_site.settings")
        import django

        django.setup()
        yield _filled()


def _filled() -> Place:
    from django.conf import settings
    from django.core.management import call_command
    from django.test import Client

    from artifacts.actions import organizations, people, projects
    from registry.actions import registries

    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    settings.ALLOWED_HOSTS.append("testserver")
    settings.STATIC_ROOT.mkdir(exist_ok=True)
    logging.disable(logging.INFO)  # a line for each request would hide the table
    call_command("migrate", verbosity=0)
    user = people.create_user("ada", acting_user=None)
    organization = registries.create_organization("Acme Corp", owner=user, acting_user=None)
    team = organizations.create_team("vision", organization, members=[(user, "admin")], acting_user=None)
    project = projects.find_or_create_project(team, "bench", acting_user=user)
    browser = Client()
    browser.force_login(user)
    return Place(user, organization, team, project, browser)
