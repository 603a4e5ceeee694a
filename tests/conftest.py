"""The world that tests happen in."""

import os
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import cache

import pytest
import pytest_django
from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model

from artifacts import addresses
from artifacts.actions import organizations, people
from artifacts.models import Entity, Organization, Project, User
from registry.actions import registries
from tests import databases
from tests.browser import controls


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """More workers than cores: tests of the client and of the browser mostly wait."""
    return len(os.sched_getaffinity(0)) + 2


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On another database than the embedded one, only what can differ there: tests that ask a database, and not only as others do."""
    if connection.vendor == "sqlite":
        return
    asks = {item for item in items if "db" in item.fixturenames or "transactional_db" in item.fixturenames}  # type: ignore[attr-defined]
    asks |= {item for item in items if item.get_closest_marker("django_db")}
    asks -= {item for item in items if item.get_closest_marker("once")}
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
    """The rows of the world in an empty database.

    Making them by the product's own acts takes 150 ms: a process does it once and afterwards puts the same rows in again.
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


class StandingWorld:
    """The world in a transaction that stays open from one test to the next, each of which is undone to a savepoint in it.

    Putting the world in for each of two thousand tests would take longer than many of them do.
    """

    def __init__(self) -> None:
        self.outer: transaction.Atomic | None = None
        self.held: BaseDatabaseWrapper | None = None

    @property
    def stands(self) -> bool:
        """Whether it is there, and no test closed the connection or spoilt the transaction."""
        held = self.held
        return held is connections[DEFAULT_DB_ALIAS] and held.in_atomic_block and not held.needs_rollback

    def put_up(self) -> None:
        """Let it stand."""
        if not self.stands:
            self.take_down()
            self.outer, self.held = transaction.atomic(), connections[DEFAULT_DB_ALIAS]
            self.outer.__enter__()
            make_world()

    def take_down(self) -> None:
        """Leave an empty database."""
        outer, held, self.outer, self.held = self.outer, self.held, None, None
        if outer is None or held is None:
            return
        if held is not connections[DEFAULT_DB_ALIAS]:
            # A browser was started meanwhile: in its event loop Django has another connection, which would wait for this one.
            held.in_atomic_block = False
            held.close()
        elif held.in_atomic_block:
            transaction.set_rollback(True)
            outer.__exit__(None, None, None)


standing = StandingWorld()


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: pytest_django.DjangoDbBlocker) -> Iterator[None]:
    """Instead of pytest-django's, which migrates in each worker."""
    with django_db_blocker.unblock():
        databases.take_own_database()
        yield
        standing.take_down()
        databases.leave()


@pytest.fixture
def standing_world(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: pytest_django.DjangoDbBlocker
) -> None:
    """Before the transaction of a test begins: the world for those that ask for it, an empty database for all others."""
    names, marker = set(request.fixturenames), request.node.get_closest_marker("django_db")
    commits = names & {"transactional_db", "live_server"} or (marker and marker.kwargs.get("transaction"))
    with django_db_blocker.unblock():
        if "world" in names and not commits:
            standing.put_up()
        else:
            standing.take_down()


@pytest.fixture(scope="module")
def empty_database(django_db_setup: None, django_db_blocker: pytest_django.DjangoDbBlocker) -> None:
    """For a module that keeps rows of its own in an open transaction: the world of others isn't below it."""
    with django_db_blocker.unblock():
        standing.take_down()


@pytest.fixture
def _django_db_helper(standing_world: None, _django_db_helper: None) -> None:
    """pytest-django's, which begins the transaction of a test: within that of the world."""


@pytest.fixture
def world(db: None) -> World:
    """The world as it was at first; what a test does to it is undone at its end."""
    return deepcopy(_first_world()[0]) if standing.stands else make_world()
