"""The operator's commands: what each does, that a second time changes nothing, and that a mistake is one sentence."""

import io
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from django.core.management import load_command_class
from django.core.management.base import CommandError
from django.db.models import Model

from artifacts.actions.aliases_and_tags import add_aliases
from artifacts.errors import DomainError
from artifacts.models import (
    Alias,
    ApiKey,
    AuditEvent,
    Collection,
    Entity,
    Organization,
    OrganizationMember,
    Role,
    TeamMember,
    User,
)
from artifacts.naming import LATEST
from benchmarks.serving import ROOT, Serving, free_port
from registry.actions.link import link_version
from registry.models import Registry
from registry_site.management.commands import provision
from registry_site.management.operator_command import OperatorCommand, Report
from tests import factories
from tests.conftest import World

KEY = "a1" * 20
PASSWORD = "correct horse battery"


def command(name: str) -> OperatorCommand:
    """A command as the command line loads it."""
    loaded = load_command_class("registry_site", name)
    assert isinstance(loaded, OperatorCommand)
    return loaded


def run(*words: str) -> Report:
    """Carry out a command line."""
    return command(words[0]).report(list(words[1:]))


def rows(*models: type[Model]) -> list[int]:
    """How many rows there are; an audit event is written for everything that changes."""
    return [model._default_manager.count() for model in (*models, AuditEvent, User, Entity, Organization)]


@pytest.mark.django_db
def test_a_person_gets_a_personal_entity_and_a_key_that_is_shown_once() -> None:
    report = run("create_user", "ada", "--email", "ada@example.com", "--password", PASSWORD)
    user = User.objects.get(name="ada")
    assert user.personal.name == "ada"
    assert user.check_password(PASSWORD)
    assert not user.is_admin
    key = report.sentence.split()[-1]
    assert len(key) == 40
    assert report.fields == {"user": "ada", "api_key": key}
    assert not ApiKey.objects.filter(digest__contains=key).exists()


@pytest.mark.django_db
def test_a_key_that_is_given_is_not_printed_again() -> None:
    report = run("create_user", "root", "--api-key", f"local-{KEY}", "--admin")
    assert KEY not in report.sentence
    assert User.objects.get(name="root").is_admin


def test_a_place_is_made_with_its_people(db: None) -> None:
    for name in ("ada", "ben", "cid"):
        run("create_user", name)
    report = run("create_organization", "Acme Corp", "--owner", "ada")
    assert report.sentence.split()[-1] == "acme-corp"
    registries = Registry.objects.filter(project__entity__name="acme-corp")
    assert {registry.project.title for registry in registries} == {"model", "dataset"}
    run("create_team", "vision", "--organization", "acme-corp", "--member", "ben:member", "--member", "cid:viewer")
    roles = dict(OrganizationMember.objects.values_list("user__name", "role"))
    assert roles == {"ada": Role.ADMIN, "ben": Role.MEMBER, "cid": Role.VIEWER}
    run("add_member", "vision", "ada", "admin")
    run("add_member", "Acme Corp", "ben", "admin")
    assert TeamMember.objects.get(user__name="ada").role == Role.ADMIN
    assert OrganizationMember.objects.get(user__name="ben").role == Role.ADMIN


def test_passwords_and_aliases(world: World) -> None:
    run("set_password", "bob", PASSWORD)
    assert User.objects.get(name="bob").check_password(PASSWORD)
    run("protect_alias", "Acme Corp", "model", "production")
    assert world.model.protected_aliases.get().name == "production"
    before = rows()
    run("protect_alias", "acme-corp", "wandb-registry-model", "production")
    run("add_member", "vision", "bob", "member")
    assert rows() == before


def test_people_and_organizations_are_deleted(world: World) -> None:
    run("delete_user", "carol")
    run("delete_organization", "Elsewhere")
    assert not User.objects.filter(name="carol").exists()
    assert not Organization.objects.filter(name="Elsewhere").exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["create_user", "alice"], "taken"),
        (["create_user", "Alice"], "taken"),
        (["create_user", "admin"], "an address of this site"),
        (["create_user", "new", "--api-key", "short"], "40 or more"),
        (["create_user", "new", "--password", "short"], "too short"),
        (["create_user", "new", "--email", "nobody"], "no e-mail address"),
        (["create_user"], "required: name"),
        (["create_user", "new", "--wrong"], "unrecognized arguments: --wrong"),
        (["create_organization", "Acme Corp"], "exists"),
        (["create_organization", "New", "--owner", "nobody"], "no user “nobody”"),
        (["create_team", "vision", "--organization", "Acme Corp"], "taken"),
        (["create_team", "new", "--organization", "Nowhere"], "no organization “Nowhere”"),
        (["create_team", "new", "--organization", "Acme Corp", "--member", "bob"], "names no role"),
        (["create_team", "new", "--organization", "Acme Corp", "--member", "bob:king"], "is no role"),
        (["create_team", "new", "--organization", "Acme Corp", "--member", "nobody:viewer"], "no user “nobody”"),
        (["add_member", "nowhere", "bob", "member"], "no organization or team “nowhere”"),
        (["add_member", "vision", "bob", "king"], "is no role"),
        (["add_member", "Acme Corp", "alice", "viewer"], "needs an administrator"),
        (["set_password", "nobody", PASSWORD], "no user “nobody”"),
        (["set_password", "bob", "bob"], "too short"),
        (["delete_user", "nobody"], "no user “nobody”"),
        (["delete_user", "alice"], "last administrator"),
        (["delete_organization", "Nowhere"], "no organization “Nowhere”"),
        (["protect_alias", "Acme Corp", "zoo", "production"], "no registry “zoo”"),
        (["protect_alias", "Acme Corp", "model", "v3"], "looks like a version number"),
        (["gc", "--grace", "-1"], "--grace"),
        (["gc", "--grace", "soon"], "invalid int value"),
    ],
)
def test_a_mistake_is_one_sentence_and_changes_nothing(world: World, words: list[str], sentence: str) -> None:
    before = rows(ApiKey)
    with pytest.raises((DomainError, CommandError), match=r".") as refused:
        run(*words)
    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)
    assert rows(ApiKey) == before


def test_provision_answers_line_by_line(db: None) -> None:
    lines = [
        '["create_user", "ada", "--api-key", "' + KEY + '"]',
        "",
        '["create_user", "ada"]',
        '["create_organization", "Acme Corp", "--owner", "ada"]',
        '["create_team", "vision", "--organization", "Acme Corp", "--member", "ada:admin"]',
        '["start"]',
        '["create_user", "--help"]',
        '{"create_user": "ben"}',
        "not json",
    ]
    answers = [json.loads(answer) for answer in provision.answers(io.StringIO("\n".join(lines)))]
    assert [answer["ok"] for answer in answers] == [True, False, True, True, False, False, False, False]
    assert answers[0]["api_key"] == KEY
    assert "taken" in answers[1]["error"]
    assert answers[2]["entity"] == "acme-corp"
    assert answers[3]["members"] == {"ada": "admin"}
    assert "no command that provision carries out" in answers[4]["error"]


def fsck(*words: str) -> dict[str, int]:
    """What is broken, by the invariant's name."""
    report = run("fsck", "--json", *words)
    checks = report.fields["checks"]
    assert isinstance(checks, list)
    return {check["name"]: check["count"] for check in checks if not check["ok"]}


def test_fsck_finds_what_is_broken_and_mends_what_can_be(world: World) -> None:
    source = factories.project(world.team, user=world.bob)
    versions = [factories.version(source, user=world.bob, files={}) for _ in range(3)]
    portfolio = factories.portfolio(world.model, user=world.bob)
    links = [link_version(version, portfolio, acting_user=world.bob) for version in versions]
    add_aliases(links[0], ["production"], acting_user=world.bob)
    assert fsck() == {}

    Collection.objects.filter(pk=portfolio.pk).update(version_count=1)
    Registry.objects.filter(project=world.model).update(version_count=7)
    Alias.objects.filter(collection=portfolio, name=LATEST).update(membership=links[1])
    assert fsck() == {"collections": 1, "registries": 1, "latest": 1}
    assert fsck("--repair") == {}
    assert fsck() == {}
    assert Alias.objects.get(collection=portfolio, name=LATEST).membership == links[2]

    Collection.objects.filter(pk=portfolio.pk).update(next_index=2, version_count=2)
    versions[0].file_count = 5
    versions[0].save()
    Alias.objects.filter(name="production").update(collection=versions[0].sequence)
    assert fsck() == {"numbers": 1, "collections": 1, "aliases": 1, "manifests": 1}
    assert fsck("--repair") == {"aliases": 1, "manifests": 1}
    portfolio.refresh_from_db()
    assert (portfolio.next_index, portfolio.version_count) == (3, 3)


def test_fsck_misses_the_bytes_of_a_listed_file(world: World) -> None:
    source = factories.project(world.team, user=world.bob)
    factories.version(source, user=world.bob, files={"model.bin": 10})
    assert fsck() == {"entries": 1}


def manage(directory: Path, *words: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """A command in a process of its own, on an installation of its own."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("LINKYARD_", "DATABASE_", "DJANGO_"))
    }
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *words],
        env={**kept, "LINKYARD_DATA_DIR": str(directory), **environment},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_command_line_says_one_line_and_ends_with_1_for_a_refusal(tmp_path: Path) -> None:
    made = manage(tmp_path / "data", "create_user", "ada", "--api-key", KEY)
    assert (made.returncode, made.stdout, made.stderr) == (0, "Made the user “ada”\n", "")
    again = manage(tmp_path / "data", "create_user", "ada", "--api-key", KEY)
    assert (again.returncode, again.stdout) == (1, "")
    assert again.stderr == "The name “ada” is taken; choose another one.\n"
    clean = manage(tmp_path / "data", "fsck", "--deep")
    assert clean.returncode == 0, clean.stdout
    assert all(line.startswith("ok ") for line in clean.stdout.splitlines()[:-1])
    assert manage(tmp_path / "data", "create_user", "--wrong").stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("environment", "words", "sentence"),
    [
        ({}, ["--host", "0.0.0.0"], "LINKYARD_PUBLIC_URL"),
        ({}, ["--port", "0"], "--port must be between"),
        ({}, ["--workers", "0"], "--workers between"),
        ({"LINKYARD_PUBLIC_URL": "nonsense"}, [], "no web address"),
        ({"LINKYARD_SECRET_KEY": "short"}, [], "shorter than 32"),
        ({"LINKYARD_STORAGE_URL": "s3://bucket"}, [], "LINKYARD_STORAGE_URL"),
        ({"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}, [], "can't be reached"),
    ],
)
def test_what_can_not_be_served_is_said_in_one_sentence(
    tmp_path: Path, environment: dict[str, str], words: list[str], sentence: str
) -> None:
    refused = manage(tmp_path / "data", "start", "--port", str(free_port()), *words, **environment)
    assert refused.returncode == 1
    assert sentence in refused.stderr
    assert "Traceback" not in refused.stderr
    assert refused.stderr.count("\n") == 1


def answer(url: str) -> int:
    """The status of a page."""
    try:
        with urllib.request.urlopen(url, timeout=10) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_start_sets_up_serves_and_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    server = Serving(workers=2)
    try:
        server.start()
        log = server.log.read_text()
        assert "its password, shown only now: " in log
        assert f"{server.url}/login" in log
        assert answer(f"{server.url}/healthz") == answer(f"{server.url}/readyz") == 200
        assert answer(f"{server.url}/login") == 200
        page = urllib.request.urlopen(f"{server.url}/login", timeout=10).read().decode()
        sheet = re.search(r'"(/static/css/base\.[0-9a-f]+\.css)"', page)
        assert sheet is not None
        assert answer(server.url + sheet[1]) == 200
        stranger = urllib.request.Request(f"{server.url}/login", headers={"Host": "elsewhere.example"})
        with pytest.raises(urllib.error.HTTPError, match="400"):
            urllib.request.urlopen(stranger, timeout=10)
        busy = manage(server.directory / "data", "start", "--port", str(server.port))
        assert busy.returncode == 1
        assert "choose another one with --port" in busy.stderr
        began = time.monotonic()
        assert finished_while_stopping(server).startswith(b"HTTP/1.1 403")  # a form without its token, read to its end
        assert time.monotonic() - began < 10
        with pytest.raises(OSError, match=r"."):
            answer(f"{server.url}/healthz")
        assert server.start() < 5  # about one second where nobody else is at work
        assert server.log.read_text().count("shown only now") == 1
    finally:
        server.stop(kill=True)
        shutil.rmtree(server.directory, ignore_errors=True)


def finished_while_stopping(server: Serving) -> bytes:
    """What a request is answered that was half sent when the server was told to stop."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as line:
        head = (
            f"POST /login HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nContent-Type: application/x-www-form-urlencoded"
        )
        cookie = "c" * 32  # without one the form is refused before it is read
        line.sendall(f"{head}\r\nCookie: csrftoken={cookie}\r\nContent-Length: 20\r\n\r\nname=ada&p".encode())
        time.sleep(0.5)
        rest = threading.Timer(1, line.sendall, [b"assword=12"])
        rest.start()
        server.stop()
        return line.recv(100)


def test_a_worker_that_dies_is_replaced_and_orphans_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    server = Serving(workers=1)
    try:
        server.start()
        parent = server.process_id
        [worker] = children(parent)
        time.sleep(0.2)
        os.kill(worker, 9)
        wait_for(lambda: children(parent) not in ([], [worker]) and answer(f"{server.url}/readyz") == 200)
        [worker] = children(parent)
        os.kill(parent, 9)
        wait_for(lambda: not Path(f"/proc/{worker}/cmdline").exists() or is_zombie(worker))
    finally:
        server.stop(kill=True)
        shutil.rmtree(server.directory, ignore_errors=True)


def children(parent: int) -> list[int]:
    """The processes that another one started."""
    return [int(word) for word in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


def is_zombie(process: int) -> bool:
    """Whether it ended and only its number is left."""
    return Path(f"/proc/{process}/stat").read_text().split(")")[-1].split()[0] == "Z"


def wait_for(condition: object) -> None:
    """Until it is true, for some seconds."""
    assert callable(condition)
    until = time.monotonic() + 20
    while True:
        try:
            if condition():
                return
        except OSError:
            pass
        assert time.monotonic() < until
        time.sleep(0.05)
