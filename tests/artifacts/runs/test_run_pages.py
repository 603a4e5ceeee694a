"""A project's page and a run's: what they show, to whom, and by how many queries."""

import io
import json
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from artifacts.actions import runs as acts
from artifacts.actions import streams
from artifacts.actions.saving import receive
from artifacts.models import Project, Run, RunUse
from artifacts.views.projects import runs as views
from artifacts.views.projects.page import PAGE
from registry.actions.link import link_by_name
from tests import factories
from tests.conftest import World

TABS = ["", "/overview", "/config", "/artifacts", "/log", "/files", "/system"]


@pytest.fixture
def project(world: World) -> Project:
    return factories.project(world.team, user=world.bob)


@pytest.fixture
def run(world: World, project: Project) -> Run:
    config = {"optimizer": {"value": {"name": "adamw", "lr": 0.004}}, "_wandb": {"value": {"secret": 1}}}
    made = factories.run(
        project,
        user=world.bob,
        name="x9k2m4qd",
        config=config,
        summary={"val": {"acc": 0.931}, "_runtime": 12_845.5},
        notes="**Good** one",
    )
    made.tag_rows.create(name="retrain")
    history = [
        json.dumps({"val": {"acc": n / 50}, "epoch": n // 5, "_runtime": n * 2.5, "_step": n}) for n in range(50)
    ]
    log(made, world, "wandb-history.jsonl", history)
    log(made, world, "wandb-events.jsonl", ['{"system.cpu": 12.5, "_runtime": 3}'])
    printed = ["<script>alert(1)</script>", "ERROR 2026-11-24T03:00:00.123 it broke"]
    log(made, world, "output.log", printed)
    return made


def log(run: Run, world: World, file: str, lines: list[str], offset: int = 0) -> None:
    sent = streams.read_request({"files": {file: {"offset": offset, "content": lines}}})
    streams.receive(run, sent, acting_user=world.bob)
    run.refresh_from_db()


def opened(world: World, address: str, user: Any = None) -> str:
    client = Client()
    client.force_login(user or world.carol)
    answer = client.get(address)
    assert answer.status_code == 200, answer.content[:2000]
    return answer.content.decode()


@pytest.mark.parametrize("address", ["/vision/detector", *(f"/vision/detector/runs/x9k2m4qd{tab}" for tab in TABS)])
def test_who_sees_the_page(world: World, run: Run, client: Client, address: str) -> None:
    assert client.get(address).status_code == 302
    for user, status in [(world.mallory, 404), (world.carol, 200), (world.bob, 200)]:
        client.force_login(user)
        assert client.get(address).status_code == status, user


def test_a_run_shows_what_it_measured(world: World, run: Run) -> None:
    page = opened(world, "/vision/detector/runs/x9k2m4qd")
    for words in (
        "sunny-sky-1",
        "finished",
        "retrain",
        "val.acc",
        "0.98",
        "vision/detector/x9k2m4qd",
        "Epoch",
        "Time",
        "3 h 34 min",
    ):
        assert words in page
    assert page.count('class="line"') == 2
    assert "_runtime" not in page
    assert "secret" not in page
    assert "Delete run" not in page
    assert "Delete run" in opened(world, "/vision/detector/runs/x9k2m4qd", world.bob)
    by_time = opened(world, "/vision/detector/runs/x9k2m4qd?x=time")
    assert ">2 min<" in by_time
    assert "val.acc" not in opened(world, "/vision/detector/runs/x9k2m4qd?q=epoch").split("<section")[1]


def test_the_tabs_of_a_run(world: World, run: Run) -> None:
    overview = opened(world, "/vision/detector/runs/x9k2m4qd/overview")
    assert "<strong>Good</strong> one" in overview
    assert "0.931" in overview
    config = opened(world, "/vision/detector/runs/x9k2m4qd/config")
    assert "adamw" in config
    assert "0.004" in config
    assert "_wandb" not in config
    assert "adamw" not in opened(world, "/vision/detector/runs/x9k2m4qd/config?q=lr").split('id="config-json"')[0]
    printed = opened(world, "/vision/detector/runs/x9k2m4qd/log")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in printed
    assert '<tr class="err">' in printed
    assert "system.cpu" in opened(world, "/vision/detector/runs/x9k2m4qd/system")


def test_an_unknown_run_or_tab_is_not_found(world: World, run: Run, client: Client) -> None:
    client.force_login(world.bob)
    for address in ("runs/unknown", "runs/x9k2m4qd/nothing", "runs/%00", "runs/x9k2m4qd/-"):
        assert client.get(f"/vision/detector/{address}").status_code == 404


def test_short_and_other_spellings_lead_to_the_page(world: World, run: Run, client: Client) -> None:
    client.force_login(world.bob)
    assert client.get("/vision/detector/runs")["Location"] == "/vision/detector"
    assert client.get("/Vision/DETECTOR")["Location"] == "/vision/detector"
    assert client.get("/Vision/detector/runs/x9k2m4qd/log")["Location"] == "/vision/detector/runs/x9k2m4qd/log"
    assert client.get("/acme-corp/wandb-registry-model")["Location"] == "/orgs/Acme%20Corp/registry/model"


def test_versions_lead_to_their_pages(world: World, project: Project, run: Run) -> None:
    logged = factories.version(project, user=world.bob, run=run)
    link_by_name(logged, world.model, "detectors", acting_user=world.bob)
    used = factories.version(project, "coco", "dataset", user=world.bob)
    hidden = factories.version(factories.project(world.strangers, user=world.mallory), "secret", user=world.mallory)
    RunUse.objects.bulk_create(RunUse(run=run, version=version) for version in (used, hidden))
    page = opened(world, "/vision/detector/runs/x9k2m4qd/artifacts")
    assert 'href="/vision/detector/artifacts/model/yolo/v0"' in page
    assert 'href="/vision/detector/artifacts/dataset/coco/v0"' in page
    assert "detectors:v0" in page
    assert "secret" not in page


def test_files_are_listed_and_downloaded(world: World, run: Run, client: Client) -> None:
    (row, _) = acts.create_run_files(run, ["a b#.txt", "pending.bin"], acting_user=world.bob)
    receive.receive_run_file(row.pk, io.BytesIO(b"hello"), size=5, acting_user=world.bob)
    page = opened(world, "/vision/detector/runs/x9k2m4qd/files")
    address = "/files/vision/detector/x9k2m4qd/a%20b%23.txt"
    assert f'href="{address}"' in page
    assert "pending.bin" not in page
    client.force_login(world.carol)
    assert b"".join(client.get(address)) == b"hello"


def test_plots_page_by_page(world: World, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "CARDS", 4)
    log(run, world, "wandb-history.jsonl", [json.dumps({f"m{n}": n for n in range(10)})], offset=50)
    page = opened(world, "/vision/detector/runs/x9k2m4qd")
    assert page.count('class="line"') == 4
    older = re.findall(r'href="(\?after=[^"]+)"', page)[0]
    second = opened(world, f"/vision/detector/runs/x9k2m4qd{older}")
    assert (second.count('class="line"'), 'href="?">First</a>' in second) == (4, True)
    plots = [re.findall(r">(m\d)<", text) for text in (page, second)]
    assert [[name in shown for name in ("m2", "m3")] for shown in plots] == [[True, False], [False, True]], plots


def test_files_page_by_page(world: World, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "FILES", 2)
    for row in acts.create_run_files(run, ["a.txt", "b.txt", "c.txt"], acting_user=world.bob):
        receive.receive_run_file(row.pk, io.BytesIO(b"hello"), size=5, acting_user=world.bob)
    page = opened(world, "/vision/detector/runs/x9k2m4qd/files")
    older = re.findall(r'href="(\?after=[^"]+)"', page)[0]
    second = opened(world, f"/vision/detector/runs/x9k2m4qd/files{older}")
    shown = ("a.txt", "b.txt", "c.txt", 'href="/vision/detector/runs/x9k2m4qd/files">First</a>')
    assert [words in page for words in shown] == [True, True, False, False]
    assert [words in second for words in shown] == [False, False, True, True]


def test_a_silent_run_is_shown_as_crashed(world: World, project: Project) -> None:
    silent = factories.run(project, user=world.bob, name="silent", state="running")
    Run.objects.filter(pk=silent.pk).update(heartbeat_at="2020-01-01T00:00:00Z")
    assert "crashed" in opened(world, "/vision/detector")
    assert "No sign of life" in opened(world, "/vision/detector/runs/silent")


def test_an_empty_project_shows_how_to_start(world: World, project: Project) -> None:
    page = opened(world, "/vision/detector", world.bob)
    assert "No runs yet" in page
    assert "wandb" in page
    assert "Start the first run" not in opened(world, "/vision/detector", world.carol)


def beside(page: str, direction: str) -> str:
    """The address of a page's neighbour."""
    found = re.search(rf'href="(\?{direction}=[^"]+)"', page)
    assert found is not None
    return found[1]


def test_runs_page_by_page(world: World, project: Project) -> None:
    made = [
        Run(
            project=project,
            name=f"r{number}",
            display_name=f"calm-brook-{number:03}",
            created_by=world.bob,
            state="finished",
        )
        for number in range(2 * PAGE + 10)
    ]
    runs = Run.objects.bulk_create(made)
    first = opened(world, "/vision/detector")
    assert f"calm-brook-{PAGE + 10:03}" in first
    assert f"calm-brook-{PAGE + 9:03}" not in first
    assert len(runs) == 2 * PAGE + 10
    older = opened(world, "/vision/detector" + beside(first, "after"))
    assert f"calm-brook-{PAGE + 9:03}" in older
    assert f"calm-brook-{PAGE + 10:03}" not in older
    last = opened(world, "/vision/detector" + beside(older, "after"))
    assert "calm-brook-000" in last
    assert "calm-brook-010" not in last
    newer = opened(world, "/vision/detector" + beside(last, "before"))
    assert "calm-brook-010" in newer
    assert f"calm-brook-{PAGE + 10:03}" not in newer
    for nonsense in ("before=x", "after=-1", "before=" + "9" * 40):
        assert f"calm-brook-{2 * PAGE + 9:03}" in opened(world, f"/vision/detector?{nonsense}")


def test_the_number_of_queries_does_not_grow(world: World, project: Project) -> None:
    client = Client()
    client.force_login(world.bob)

    def queries(address: str) -> int:
        client.get(address)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    def add(count: int) -> Run:
        for _ in range(count):
            made = factories.run(project, user=world.bob, summary={"acc": 1})
            made.tag_rows.create(name="t")
        return made

    def fill(run: Run, count: int) -> None:
        log(run, world, "wandb-history.jsonl", [json.dumps({f"m{n}": n for n in range(count)})], run.history_lines)
        for _ in range(count):
            version = factories.version(project, f"a{count}", user=world.bob, run=run)
            link_by_name(version, world.model, f"c{count}", acting_user=world.bob)
            RunUse.objects.create(run=run, version=version)

    run = add(2)
    fill(run, 2)
    addresses = ["/vision/detector", f"/vision/detector/runs/{run.name}", f"/vision/detector/runs/{run.name}/artifacts"]
    few = [queries(address) for address in addresses]
    add(48)
    fill(run, 20)
    assert [queries(address) for address in addresses] == few


def test_deleting_a_run(world: World, run: Run, client: Client) -> None:
    address = "/vision/detector/runs/x9k2m4qd/-/delete"
    assert client.post(address).status_code == 302
    for user, status in [(world.mallory, 404), (world.carol, 403), (world.bob, 200)]:
        client.force_login(user)
        assert client.get(address).status_code == status
        if status != 200:
            assert client.post(address).status_code == status
    assert Run.objects.filter(pk=run.pk).exists()
    assert client.post(address)["Location"] == "/vision/detector"
    assert not Run.objects.filter(pk=run.pk).exists()


def test_a_running_run_is_stopped_from_its_page(world: World, project: Project, run: Run) -> None:
    Run.objects.filter(pk=run.pk).update(state="running")
    address = f"/vision/detector/runs/{run.name}"
    assert "Stop run" not in opened(world, address)
    assert "Stop run" in opened(world, address, world.bob)
    client = Client()
    client.force_login(world.bob)
    said = client.post(f"{address}/-/stop", follow=True).content.decode()
    assert "will stop when it next reports" in said
    assert "Somebody asked this run to stop" in opened(world, address)
    assert "Stop run" not in opened(world, address, world.bob)
    streams.receive(run, streams.read_request({"complete": True, "exitcode": 1}), acting_user=world.bob)
    ended = opened(world, address)
    assert "killed" in ended
    assert "Somebody asked" not in ended
