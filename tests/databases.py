"""The databases of a test run: migrated once, then copied for each of its processes.

Everything lies in the directory of the run (tests/settings.py) or in its PostgreSQL, and goes with it.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection

HOME = Path(os.environ["LINKYARD_TEST_HOME"])
TEMPLATE = "linkyard_template"


def take_own_database() -> None:
    """Point this process at a database of its own with all migrations; the first process of the run that asks migrates one."""
    is_sqlite = connection.vendor == "sqlite"
    template = str(HOME / f"{TEMPLATE}.sqlite3") if is_sqlite else TEMPLATE
    own = settings.DATABASES["default"]["TEST"]["NAME"] if is_sqlite else f"tests_{settings.WORKER or 'main'}"
    with one_at_a_time():
        if not (HOME / "migrated").exists():
            if not is_sqlite:
                create(template)
            go_to(template)
            call_command("migrate", verbosity=0, interactive=False)
            leave()
            (HOME / "migrated").touch()
        if is_sqlite:
            shutil.copyfile(template, own)
        else:
            create(own, template)
    go_to(own)


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """No other process of the run is inside; PostgreSQL copies a database only while nobody uses it."""
    with (HOME / "database.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def create(name: str, template: str = "template0") -> None:
    """A database in the PostgreSQL of the run."""
    with connection._nodb_cursor() as cursor:
        quote = connection.ops.quote_name
        cursor.execute(f"CREATE DATABASE {quote(name)} TEMPLATE {quote(template)}")


def go_to(name: str) -> None:
    leave()
    settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = name


def leave() -> None:
    """End the connections of this process."""
    connection.close()
    if connection.vendor == "postgresql":
        connection.close_pool()
