"""A `kill -9` of the whole server at a random moment of saves and links loses nothing that was acknowledged."""

import os
import secrets
from urllib.parse import urlsplit

import psycopg
import pytest

from benchmarks.serving import Serving
from tests import kills

TIMES = 10


def own_database() -> str:
    """An empty database beside those of the tests, on whichever kind they run; none given means SQLite."""
    address = os.environ.get("DATABASE_URL", "")
    if not address:
        return ""
    name = f"kills_{secrets.token_hex(4)}"
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return urlsplit(address)._replace(path=f"/{name}").geturl()


@pytest.mark.client
@pytest.mark.xdist_group("kills")
def test_ten_kills_lose_nothing_that_was_acknowledged() -> None:
    with Serving(database_url=own_database()) as server:
        assert kills.kill_often(server, TIMES) > TIMES
