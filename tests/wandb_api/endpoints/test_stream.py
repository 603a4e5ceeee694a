"""The file stream stores what it can, refuses only what is no stream, and never answers 5xx to what a client sends."""

import gzip
import io
import json
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from artifacts.actions import runs
from artifacts.actions.saving import receive
from artifacts.models import MetricSeries, Run, User
from artifacts.runs import reading
from registry_site.wandb_api.endpoints import stream
from tests import factories
from tests.conftest import World
from tests.wandb_api.asking import basic_of

HISTORY = "wandb-history.jsonl"


def headers_of(user: User) -> dict[str, str]:
    return {"authorization": basic_of(user)}


def post(user: User, run: Run, body: Any, **headers: str) -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    address = f"/files/vision/{run.project.name}/{run.name}/file_stream"
    return Client(raise_request_exception=False).post(
        address, raw, content_type="application/json", headers=headers_of(user) | headers
    )


@pytest.fixture
def run(world: World) -> Run:
    return factories.run(factories.project(world.team, user=world.bob), user=world.bob, state="running")


def chunk(offset: int, *lines: object, file: str = HISTORY) -> dict[str, Any]:
    return {"files": {file: {"offset": offset, "content": [json.dumps(line) for line in lines]}}}


def test_a_whole_run_is_stored(world: World, run: Run) -> None:
    answer = post(world.bob, run, chunk(0, {"loss": 1.0, "_step": 0}, {"loss": 0.5, "_step": 1}))
    assert (answer.status_code, answer.content) == (200, b"{}")
    post(world.bob, run, chunk(0, {"system.cpu": 12.5, "_runtime": 3}, file="wandb-events.jsonl"))
    post(world.bob, run, {"files": {"output.log": {"offset": 0, "content": ["hello\n", "there"]}}})
    post(world.bob, run, chunk(0, {"loss": 0.5, "best": {"acc": "NaN"}}, file="wandb-summary.json"))
    post(world.bob, run, {"files": {}, "complete": True, "exitcode": 0, "uploaded": ["config.yaml"]})
    run.refresh_from_db()
    assert (run.state, run.exit_code, run.last_step) == ("finished", 0, 1)
    assert (run.history_lines, run.events_lines, run.output_lines) == (2, 1, 2)
    assert run.summary == {"loss": 0.5, "best": {"acc": "NaN"}}
    assert [line for _, line in reading.lines(run, "output")] == ["hello", "there"]
    assert MetricSeries.objects.get(run=run, key="loss").last == 0.5
    assert MetricSeries.objects.get(run=run, key="system.cpu").stream == "events"


@pytest.mark.parametrize(("code", "state"), [(0, "finished"), (1, "failed"), (255, "failed")])
def test_the_exit_code_decides_the_state(world: World, run: Run, code: int, state: str) -> None:
    post(world.bob, run, {"complete": True, "exitcode": code})
    run.refresh_from_db()
    assert (run.state, run.exit_code) == (state, code)


def test_the_same_request_twice_changes_nothing_more(world: World, run: Run) -> None:
    body = chunk(0, {"loss": 1.0, "_step": 0}, {"loss": 0.5, "_step": 1})
    for _ in range(3):
        assert post(world.bob, run, body).status_code == 200
    run.refresh_from_db()
    assert run.history_lines == 2
    assert MetricSeries.objects.get(run=run, key="loss").count == 2


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{}", b'{"files": null}', b'{"files": {}}'])
def test_signs_of_life_are_taken(world: World, run: Run, body: bytes) -> None:
    before = run.heartbeat_at
    assert post(world.bob, run, body).status_code == 200
    run.refresh_from_db()
    assert run.heartbeat_at > before


@pytest.mark.parametrize(
    "body",
    [
        b"no json",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"files": []}',
        b'{"files": {"output.log": []}}',
        b'{"files": {"output.log": {"offset": -1, "content": []}}}',
        b'{"files": {"output.log": {"offset": 1e3, "content": []}}}',
        b'{"files": {"output.log": {"offset": true, "content": []}}}',
        b'{"files": {"output.log": {"offset": 99999999999999999999, "content": ["x"]}}}',
        b'{"files": {"output.log": {"offset": 0, "content": "x"}}}',
        b'{"files": {"output.log": {"offset": 0, "content": [1]}}}',
    ],
)
def test_what_is_no_stream_is_refused_and_stores_nothing(world: World, run: Run, body: bytes) -> None:
    answer = post(world.bob, run, body)
    assert answer.status_code == 400
    assert json.loads(answer.content)["errors"][0]["message"]
    run.refresh_from_db()
    assert run.output_lines == 0


def test_hostile_lines_are_stored_and_not_plotted(world: World, run: Run) -> None:
    lines = [
        '{"a": NaN, "b": Infinity, "_step": 1e400}',
        '{"a": "\\u0000\\ud800", "\\u0000": 1}',
        '{"a": ' + "[" * 5_000 + "]" * 5_000 + "}",
        '{"a": ' + "9" * 400 + ', "_step": ' + "9" * 30 + "}",
        "not json\x00",
        '{"_step": -5, "a": {"a": {"_type": "x\\u0000", "v": 1}}}',
    ]
    body = {"files": {HISTORY: {"offset": 0, "content": lines}, "../x": {"offset": 0, "content": ["y"]}}}
    assert post(world.bob, run, body).status_code == 200
    run.refresh_from_db()
    assert run.history_lines == len(lines)
    assert [line for _, line in reading.lines(run, "history")] == lines


def test_a_summary_that_is_too_deep_does_not_cost_the_rest(world: World, run: Run) -> None:
    deep = '{"a": ' * 100 + "1" + "}" * 100
    body = {"files": {"wandb-summary.json": {"offset": 0, "content": [deep]}}, "complete": True, "exitcode": 0}
    assert post(world.bob, run, body).status_code == 200
    run.refresh_from_db()
    assert (run.state, run.summary) == ("finished", {})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(json_values, st.sampled_from([HISTORY, "wandb-events.jsonl", "wandb-summary.json", "output.log", "other"]))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.django_db
def test_no_content_makes_the_server_fail(world: World, value: Any, file: str) -> None:
    project = factories.project(world.team, user=world.bob)
    run = factories.run(project, user=world.bob, state="running")
    for part in (value, {"offset": 0, "content": value}, {"offset": 0, "content": [json.dumps(value)]}):
        assert post(world.bob, run, {"files": {file: part}}).status_code in {200, 400}
    assert post(world.bob, run, json.dumps(value).encode()).status_code in {200, 400}


def test_gzip_is_unpacked_with_a_bound(world: World, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = gzip.compress(json.dumps(chunk(0, {"a": 1})).encode())
    gzipped = {"content-encoding": "gzip"}
    assert post(world.bob, run, packed, **gzipped).status_code == 200
    run.refresh_from_db()
    assert run.history_lines == 1
    assert post(world.bob, run, packed[:-9], **gzipped).status_code == 400
    assert post(world.bob, run, b"no gzip", **gzipped).status_code == 400
    monkeypatch.setattr(stream, "LARGEST_BODY", 100_000)
    assert post(world.bob, run, gzip.compress(b" " * 200_000), **gzipped).status_code == 413
    assert post(world.bob, run, b" " * 200_000).status_code == 413


def test_who_may_stream(world: World, run: Run) -> None:
    address = f"/files/vision/{run.project.name}/{run.name}/file_stream"
    assert Client().post(address, b"{}", content_type="application/json").status_code == 401
    assert post(world.mallory, run, {}).status_code == 404
    assert post(world.carol, run, {}).status_code == 403
    assert post(world.bob, run, {}).status_code == 200
    run.name = "unknown"
    assert post(world.bob, run, {}).status_code == 404


def test_a_file_of_a_run_is_fetched_by_key_or_session(world: World, run: Run) -> None:
    (row,) = runs.create_run_files(run, ["plots/a b#.txt"], acting_user=world.bob)
    address = f"/files/vision/{run.project.name}/{run.name}/plots/a%20b%23.txt"
    assert Client().get(address, headers=headers_of(world.bob)).status_code == 404
    receive.receive_run_file(row.pk, io.BytesIO(b"<b>hello</b>"), size=12, acting_user=world.bob)
    answer = Client().get(address, headers=headers_of(world.carol))
    assert (answer.status_code, b"".join(answer)) == (200, b"<b>hello</b>")
    assert answer["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer["Content-Security-Policy"]
    part = Client().get(address, headers=headers_of(world.bob) | {"range": "bytes=3-7"})
    assert (part.status_code, b"".join(part)) == (206, b"hello")
    browser = Client()
    browser.force_login(world.bob)
    assert b"".join(browser.get(address)) == b"<b>hello</b>"
    browser.force_login(world.mallory)
    assert browser.get(address).status_code == 404
    assert Client().get(address).status_code == 401
    assert Client().get(address, headers=headers_of(world.mallory)).status_code == 404
