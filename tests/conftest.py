"""The world that tests happen in."""

from dataclasses import dataclass

import pytest

from artifacts import addresses
from artifacts.actions import organizations, people
from artifacts.models import Entity, Organization, Project, User
from registry.actions import registries


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Why tests were skipped, one line for each reason however many they are."""
    for reason in sorted({str(report.longrepr[2]) for report in terminalreporter.stats.get("skipped", [])}):
        terminalreporter.write_line(reason)


@dataclass
class World:
    """Acme with its team `vision`; alice administers it, bob trains in the team, carol views, mallory belongs elsewhere."""

    organization: Organization
    team: Entity
    model: Project
    dataset: Project
    alice: User
    bob: User
    carol: User
    mallory: User
    elsewhere: Organization
    strangers: Entity


def make_world() -> World:
    """The rows of the world; needs a database that may be written."""
    person = {name: people.create_user(name, acting_user=None) for name in ("alice", "bob", "carol", "mallory")}
    acme = registries.create_organization("Acme Corp", owner=person["alice"], acting_user=None)
    members = [(person["alice"], "admin"), (person["bob"], "member"), (person["carol"], "viewer")]
    team = organizations.create_team("vision", acme, members=members, acting_user=None)
    elsewhere = registries.create_organization("Elsewhere", owner=person["mallory"], acting_user=None)
    strangers = organizations.create_team(
        "strangers", elsewhere, members=[(person["mallory"], "admin")], acting_user=None
    )
    registry = {name: addresses.registry(person["alice"], acme, name) for name in ("model", "dataset")}
    return World(organization=acme, team=team, elsewhere=elsewhere, strangers=strangers, **registry, **person)


@pytest.fixture
def world(db: None) -> World:
    """Made anew for each test."""
    return make_world()
