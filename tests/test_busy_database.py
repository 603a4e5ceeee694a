"""What passes by itself is answered 503 with the time to wait, on every way in; what never will is not."""

import hashlib
import json
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg
import pytest
from django.db import DatabaseError, OperationalError, connection, transaction
from django.http import HttpResponse
from django.test import Client

from artifacts.files import signed_urls
from artifacts.models import Project, Run, User
from registry_site.http.busy_database import busy, passes
from tests import factories
from tests.conftest import World
from tests.wandb_api.asking import basic_of

on_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="it is SQLite's fault")
on_postgres = pytest.mark.skipif(connection.vendor != "postgresql", reason="it is PostgreSQL's fault")
WAYS = ["page", "graphql", "graphql field", "stream", "file"]


def raised(statement: str) -> DatabaseError:
    """What the database says to a statement that fails."""
    with pytest.raises(DatabaseError) as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    return caught.value


@on_sqlite
@pytest.mark.parametrize(
    "statement",
    [
        "select * from nowhere",
        "select " + "(" * 2_000 + "1" + ")" * 2_000,
        f"select 1 where 1 in ({', '.join(['?'] * 300_000)})",
    ],
    ids=["no table", "too deep", "too many variables"],
)
def test_a_statement_that_never_succeeds_does_not_pass(db: None, statement: str) -> None:
    if "?" in statement:
        with pytest.raises(OperationalError) as caught:
            Project.objects.extra(
                where=[statement.partition("where ")[2].replace("?", "%s")], params=[1] * 300_000
            ).count()
        error: DatabaseError = caught.value
        assert "too many SQL variables" in str(error)
    else:
        error = raised(statement)
    assert isinstance(error, OperationalError)
    assert not passes(error)
    assert busy(error) is None


@on_postgres
def test_postgres_tells_what_passes_by_its_state(db: None) -> None:
    for statement, state, is_passing in (
        ("set local statement_timeout = 1; select pg_sleep(5)", "57014", True),
        (f"select greatest({', '.join(['1'] * 5)}), concat({', '.join(['1'] * 2_000)})", "54023", False),
        ("select 1 from nowhere", "42P01", False),
    ):
        error = raised(statement)
        assert getattr(error.__cause__, "sqlstate", None) == state
        assert passes(error) is is_passing


@on_postgres
@pytest.mark.django_db(transaction=True)
def test_a_lock_and_a_lost_connection_pass() -> None:
    parameters = connection.get_connection_params()
    for name in ("cursor_factory", "context"):
        parameters.pop(name, None)
    with closing(psycopg.connect(**parameters)) as other:
        other.execute("lock table artifacts_user in access exclusive mode")
        locked = raised("set local lock_timeout = 20; select 1 from artifacts_user")
        assert (getattr(locked.__cause__, "sqlstate", None), passes(locked)) == ("55P03", True)
    with pytest.raises(OperationalError) as lost, connection.cursor() as cursor:
        cursor.execute("select pg_terminate_backend(pg_backend_pid())")
    connection.close()
    assert passes(lost.value)


@pytest.fixture
def run(transactional_db: None, world: World) -> Run:
    if connection.vendor != "sqlite":
        pytest.skip("the faults of these tests are made with SQLite's file")
    return factories.run(factories.project(world.team, user=world.bob), user=world.bob, state="running")


def logged_in(user: User) -> Client:
    """A browser of somebody's, which is shown the page of a mistake."""
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


def ask(client: Client, way: str, run: Run, headers: dict[str, str]) -> HttpResponse:
    """A request that writes, on this way in."""
    project = run.project
    if way == "page":
        return client.post("/settings/profile", {"full_name": f"Bob {secrets.token_hex(4)}", "email": ""})
    if way.startswith("graphql"):
        change = "mutation New($input: UpsertBucketInput!) { upsertBucket(input: $input) { inserted } }"
        body = {"query": change, "variables": {"input": {"entityName": "vision", "modelName": project.name}}}
        return client.post("/graphql", body, content_type="application/json", headers=headers)
    if way == "stream":
        line = {"files": {"wandb-history.jsonl": {"offset": 0, "content": [json.dumps({"loss": 1})]}}}
        address = f"/files/vision/{project.name}/{run.name}/file_stream"
        return client.post(address, line, content_type="application/json", headers=headers)
    data = b"weights"
    address = signed_urls.blob_upload(project, hashlib.md5(data).hexdigest(), holder=run.created_by)
    return client.put(address, data, content_type="application/octet-stream", CONTENT_LENGTH=str(len(data)))


@contextmanager
def locked() -> Iterator[None]:
    """Another process is writing, for longer than we wait."""
    with closing(sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout = 20")
        try:
            yield
        finally:
            other.execute("ROLLBACK")
            connection.close()


@contextmanager
def without(*tables: str) -> Iterator[None]:
    """The database lacks these tables, as after a bad restore."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA legacy_alter_table = ON")
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} RENAME TO lost_{table}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            for table in tables:
                cursor.execute(f"ALTER TABLE lost_{table} RENAME TO {table}")
        connection.close()


@pytest.mark.parametrize("way", WAYS)
def test_a_locked_database_is_busy(world: World, run: Run, way: str) -> None:
    client, headers = logged_in(world.bob), {"authorization": basic_of(world.bob)}
    assert ask(client, way, run, headers).status_code < 400
    with locked():
        answer = ask(client, way, run, headers)
    assert (answer.status_code, answer["Retry-After"]) == (503, "2")
    assert "The database is busy" in answer.content.decode()
    assert ("errors" in answer.content.decode()) == (way != "page")


@pytest.mark.parametrize(("way", "status"), [*zip(WAYS, [500, 500, 200, 500, 500], strict=True)])
def test_a_missing_table_is_a_mistake_that_is_not_said_to_pass(
    world: World, run: Run, way: str, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    tables = {
        "page": "artifacts_auditevent",
        "graphql": "artifacts_apikey",
        "graphql field": "artifacts_run",
        "stream": "artifacts_historychunk",
        "file": "artifacts_blob",
    }
    client, headers = logged_in(world.bob), {"authorization": basic_of(world.bob)}
    ask(client, way, run, headers)
    with without(tables[way]):
        answer = ask(client, way, run, headers)
    assert answer.status_code == status
    assert "Retry-After" not in answer
    text = answer.content.decode()
    assert "busy" not in text
    assert "no such table" not in text
    assert status == 500 or json.loads(text)["errors"][0]["message"].startswith("Internal error")


def test_a_database_that_is_away_is_busy_before_any_view_is_reached(world: World, run: Run) -> None:
    client = logged_in(world.bob)
    there = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = "/nowhere/linkyard.sqlite3"
    try:
        answer = client.get("/registry")
    finally:
        connection.close()
        connection.settings_dict["NAME"] = there
    assert (answer.status_code, answer["Retry-After"]) == (503, "2")
    assert client.get("/registry").status_code == 200
