"""Logs hold nothing by which their reader could fetch a file, replace one, or act as somebody."""

import base64
import json
import logging

import pytest
from django.core.signing import Signer
from django.test import Client

from artifacts.actions import people
from artifacts.actions.saving import receive
from artifacts.files import signed_urls
from registry_site.http.middleware import JsonFormatter
from registry_site.http.redaction import redacted
from tests import factories
from tests.conftest import World


@pytest.fixture
def written(caplog: pytest.LogCaptureFixture):
    """All that was logged so far, as it is written."""
    caplog.set_level(logging.DEBUG)
    return lambda: "\n".join(JsonFormatter().format(record) for record in caplog.records)


def test_a_fault_while_a_file_arrives_tells_no_address(world: World, monkeypatch, written) -> None:
    project = factories.project(world.team, user=world.bob)
    address = signed_urls.blob_upload(project, "0" * 32, holder=world.bob)

    def fail(*arguments: object, **options: object) -> None:
        raise RuntimeError(f"it broke at http://testserver{address} and {address.removeprefix('/storage/')}")

    monkeypatch.setattr(receive, "refuse_size", fail)
    monkeypatch.setattr(logging.getLogger("django"), "propagate", True)
    answer = Client(raise_request_exception=False).put(address, b"x", content_type="text/plain")
    assert answer.status_code == 500
    lines = written()
    assert "Internal Server Error: /storage/put-blob.…" in lines
    assert "RuntimeError: it broke at http://testserver/storage/put-blob.… and put-blob.…" in lines
    for part in address.removeprefix("/storage/put-blob.").split("."):
        assert part not in lines


def test_no_key_is_logged(world: World, written) -> None:
    _, key = people.create_api_key(world.bob, acting_user=world.bob)
    header = "Basic " + base64.b64encode(f"api:{key}".encode()).decode()
    logging.getLogger("linkyard.tests").error("refused %s", {"Authorization": header})
    assert header.split()[1] not in written()
    assert "refused {'Authorization': 'Basic …'}" in written()


@pytest.mark.parametrize(
    "text",
    [
        "a request to /storage/",
        "/storage/x",
        "the get-go. It went.",
        "weights.v2.bin.sha-256",
        "Basic sums",
        "put-blob.go",
    ],
)
def test_other_text_stays(text: str) -> None:
    assert redacted(text) == text


def test_lines_are_json_still() -> None:
    signed = Signer().sign_object({"a": 1}).replace(":", ".")
    line = JsonFormatter().format(logging.makeLogRecord({"msg": f'"/storage/put-blob.{signed}.x"', "args": ()}))
    assert json.loads(line)["message"] == '"/storage/put-blob.…"'
