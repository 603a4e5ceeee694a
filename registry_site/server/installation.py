"""What must be in place before anything can be served: the database's tables, the static files, somebody who may log in."""

import fcntl
import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from artifacts.actions import people
from artifacts.models import User

FIRST_ADMINISTRATOR = "administrator"


@contextmanager
def alone() -> Iterator[None]:
    """Let one process at a time set up this data directory; it ends with the process that holds it."""
    with open(settings.DATA_DIR / "setup.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@cache
def prepare_database() -> None:
    """Bring the tables to this version if they aren't; looked at once in a process."""
    _refuse_unreachable()
    if _is_behind():
        with alone():
            if _is_behind():
                from django.core.management import call_command

                call_command("migrate", interactive=False, verbosity=0)


def _refuse_unreachable() -> None:
    """One sentence at once, where the pool of connections would try for a while and log every time."""
    if connection.vendor == "postgresql":
        driver = connection.Database  # type: ignore[attr-defined]
        parameters = {**connection.get_connection_params(), "connect_timeout": 5}
        try:
            driver.connect(**parameters).close()
        except driver.OperationalError as fault:
            raise ImproperlyConfigured(
                f"The database of DATABASE_URL can't be reached: {fault}; start it, or correct the address."
            ) from None


def _is_behind() -> bool:
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    loader = executor.loader
    ours = {"artifacts", "registry"}
    newer = [name for name in loader.applied_migrations if name[0] in ours and name not in loader.disk_migrations]
    if newer:
        raise ImproperlyConfigured(
            f"The database was set up by a newer version of Linkyard (it has {'.'.join(newer[0])}); "
            "start that version, or point LINKYARD_DATA_DIR elsewhere."
        )
    return bool(executor.migration_plan(loader.graph.leaf_nodes()))


def collect_static() -> None:
    """Copy and compress the static files if one of their sources changed since the last time."""
    from django.core.management import call_command

    with alone():
        marker = settings.DATA_DIR / "static.sources"
        sources = _static_sources()
        manifest = Path(settings.STATIC_ROOT, "staticfiles.json")
        if not manifest.exists() or not marker.exists() or marker.read_text() != sources:
            call_command("collectstatic", interactive=False, verbosity=0)
            marker.write_text(sources)


def _static_sources() -> str:
    """A digest of the names, sizes and times of all that would be collected."""
    from django.contrib.staticfiles import finders

    digest = hashlib.sha256()
    for finder in finders.get_finders():
        for path, storage in finder.list([]):
            status = Path(storage.path(path)).stat()
            digest.update(f"{path}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def make_first_administrator() -> tuple[str, str] | None:
    """Name and new password of a site administrator if there is no user yet at all."""
    with alone():
        if User.objects.exists():
            return None
        password = secrets.token_urlsafe(15)
        made = people.create_user(FIRST_ADMINISTRATOR, password=password, is_admin=True, acting_user=None)
        User.objects.filter(pk=made.pk).update(has_printed_password=True)
        return FIRST_ADMINISTRATOR, password
