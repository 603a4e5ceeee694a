"""The world that tests happen in."""

import os
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import cache

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.db.models import Model

from artifacts import addresses
from artifacts.actions import organizations, people
from artifacts.models import Entity, Organization, Project, User
from registry.actions import registries
from tests.browser import controls


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On another database than the embedded one, only what asks a database: the rest can't differ from what it did there."""
    if connection.vendor == "sqlite":
        return
    asks = {item for item in items if "db" in item.fixturenames or "transactional_db" in item.fixturenames}  # type: ignore[attr-defined]
    asks |= {item for item in items if item.get_closest_marker("django_db")}
    config.hook.pytest_deselected(items=[item for item in items if item not in asks])
    items[:] = [item for item in items if item in asks]


def pytest_collection_finish(session: pytest.Session) -> None:
    """Remember whether all browser tests are about to run."""
    if not session.config.option.collectonly:
        controls.note_what_runs(session)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """A run of all browser tests that was asked to fails if one of the pages' controls was not pressed."""
    is_worker = hasattr(session.config, "workerinput") or not os.environ.get("LINKYARD_REQUIRE_CONTROLS")
    if not is_worker and exitstatus == pytest.ExitCode.OK and controls.never_pressed():
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, exitstatus: int) -> None:
    """Which controls no test pressed; what hung at first; why tests were skipped, a line for each reason."""
    if not terminalreporter.stats.get("failed") and (left := controls.never_pressed()):
        terminalreporter.section("controls that no browser test presses (tests/browser/controls.py)")
        for name in left:
            terminalreporter.write_line(name)
    for report in terminalreporter.stats.get("rerun", []):
        terminalreporter.section(f"hung, and was run again: {report.nodeid}")
        terminalreporter.write_line(str(report.longrepr))
    for reason in sorted({str(report.longrepr[2]) for report in terminalreporter.stats.get("skipped", [])}):
        terminalreporter.write_line(reason)


type Rows = Sequence[Sequence[Model]]


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
    """The rows of the world, anew for each test; needs a database that may be written.

    Making them by the product's own acts takes 150 ms, which thousands of tests would wait for: a process does it once and
    afterwards puts the same rows in again.
    """
    world, rows = _first_world()
    put_in(rows)
    return deepcopy(world)


@cache
def _first_world() -> tuple[World, Rows]:
    world = enact_world()
    return world, taken_out()


def taken_out() -> Rows:
    """All rows of the product's tables, table by table; they are in the database no more."""
    tables = [*apps.get_app_config("artifacts").get_models(), *apps.get_app_config("registry").get_models()]
    rows = [list(table._base_manager.all()) for table in tables]
    with connection.constraint_checks_disabled(), transaction.atomic(), connection.cursor() as cursor:
        for table in reversed(tables):
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(table._meta.db_table)}")
    return [one for one in rows if one]


@transaction.atomic
def put_in(rows: Rows) -> None:
    """Write again what `taken_out` gave."""
    for one in rows:
        type(one[0])._base_manager.bulk_create(one)


def enact_world() -> World:
    """What happened until the world was as it is."""
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
