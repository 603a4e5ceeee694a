"""Small promises of the server: who waits for whom, what a log and a terminal are spared, what a full disk is called."""

import json
import logging
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, connections, transaction
from django.test import Client

from artifacts.actions import people
from artifacts.auth import user_of_key
from artifacts.models import ApiKey, User
from artifacts.naming import escaped
from artifacts.text.wide_json import is_too_wide
from artifacts.views.people import throttle
from registry_site.http.busy_database import busy, passes
from registry_site.http.middleware import JsonFormatter
from registry_site.management.operator_command import EscapedOutput
from tests.conftest import World
from tests.wandb_api.asking import basic_of

HOSTILE = "a\x1b[2Jb\x7fc\x85d\x9be\u2028f\u202eg\u2066h\ufeffi\ud800j\rk"


@pytest.mark.django_db(transaction=True)
def test_who_reads_with_a_key_does_not_wait_for_who_writes(world: World) -> None:
    _, key = people.create_api_key(world.bob, acting_user=None)
    holds, over = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            ApiKey.objects.filter(user=world.bob).update(last_used_at=None)
            holds.set()
            over.wait(30)
        connections.close_all()

    writer = threading.Thread(target=hold)
    writer.start()
    try:
        assert holds.wait(10)
        began = time.monotonic()
        assert user_of_key(key) == world.bob
        assert time.monotonic() - began < 3
        assert ApiKey.objects.get(user=world.bob).last_used_at is None
    finally:
        over.set()
        writer.join()
    user_of_key(key)
    assert ApiKey.objects.get(user=world.bob).last_used_at is not None


def test_other_guesses_do_not_push_a_name_out(world: World) -> None:
    for _ in range(10):
        throttle.fail(name="bob", address="10.0.0.1")
    for number in range(400):
        throttle.fail(name=f"guess{number}")
    assert throttle.wait(name="bob", address="10.9.9.9") > 0
    assert throttle.wait(name="alice", address="10.9.9.9") == 0


def test_a_line_of_log_moves_no_cursor_and_turns_no_text() -> None:
    record = logging.LogRecord("x", logging.INFO, "", 0, HOSTILE, None, None)
    record.fields = {"path": HOSTILE}
    line = JsonFormatter().format(record)
    assert line.isprintable()
    assert json.loads(line)["path"] == HOSTILE


def test_a_command_says_nothing_to_the_terminal_but_text() -> None:
    output = StringIO()
    EscapedOutput(output).write(f"“{HOSTILE}”")
    assert output.getvalue().endswith("”\n")
    assert output.getvalue().replace("\n", "").isprintable()
    assert escaped("größer “x” 模型 👍") == "größer “x” 模型 👍"


def test_private_pages_are_kept_by_nobody(client: Client, world: World) -> None:
    client.force_login(world.bob)
    for path in ("/registry", "/settings", "/vision", "/nowhere"):
        kept = client.get(path, follow=True)["Cache-Control"]
        assert "no-store" in kept, path
        assert "private" in kept, path


@pytest.mark.skipif(connection.vendor != "sqlite", reason="it is SQLite's way to bound a file")
def test_a_full_database_says_that_the_disk_is_full(db: None) -> None:
    with connection.cursor() as cursor:
        pages = cursor.execute("PRAGMA page_count").fetchone()[0]
        cursor.execute(f"PRAGMA max_page_count = {pages}")
        try:
            crowd = [User(name=f"u{number}", name_key=f"u{number}", full_name="x" * 200) for number in range(200)]
            with pytest.raises(DatabaseError) as caught, transaction.atomic():
                User.objects.bulk_create(crowd)
        finally:
            cursor.execute("PRAGMA max_page_count = 1073741823")
    refused = busy(caught.value)
    assert refused is not None
    assert "disk is full" in str(refused)
    assert refused.seconds >= 30
    assert not passes(caught.value)


def test_a_server_that_can_store_nothing_is_not_ready(client: Client, db: None) -> None:
    Path(settings.DATA_DIR).mkdir(parents=True, exist_ok=True)
    assert client.get("/readyz").status_code == 200
    least, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, most))  # as a full disk: nothing can be written to any file
    try:
        answer = client.get("/readyz")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (least, most))
        signal.signal(signal.SIGXFSZ, before)
    assert answer.status_code == 503
    assert answer.json()["storage"] is False


def test_the_deployment_check_has_nothing_to_say(tmp_path: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO_", "LINKYARD_"))}
    environment = {**kept, "LINKYARD_PUBLIC_URL": "https://linkyard.example.com", "LINKYARD_DATA_DIR": str(tmp_path)}
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "check", "--deploy", "--fail-level", "WARNING"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


def test_json_is_measured_before_it_is_built() -> None:
    assert is_too_wide(b"[" + b"[]," * 30 + b"[]]", 100) is False
    assert is_too_wide(b"[" + b"[]," * 150 + b"[]]", 100)
    assert is_too_wide(json.dumps({"said": "[[,,::{" * 100 + '"\\'}).encode(), 100) is False


@pytest.mark.parametrize("path", ["/graphql", "/files/vision/zoo/run/file_stream"])
def test_a_body_of_a_million_empty_lists_is_refused(client: Client, world: World, path: str) -> None:
    body = b'{"query": "{viewer {id}}", "variables": {"a": [' + b"[]," * 600_000 + b"[]]}}"
    answer = client.post(path, body, content_type="application/json", headers={"Authorization": basic_of(world.bob)})
    assert answer.status_code in {400, 404}
    if path == "/graphql":
        assert "values" in answer.content.decode()
