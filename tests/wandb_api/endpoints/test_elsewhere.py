"""Telemetry is dropped, traces are refused at once, and views and reports in words."""

import logging

import pytest
from django.test import Client

from registry_site.wandb_api.not_served import REPORTS
from tests.conftest import World
from tests.wandb_api.asking import basic_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("kind", ["logs", "metrics"])
def test_telemetry_is_taken_and_dropped_quietly(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        answer = Client().post(f"/sdk/otel/v1/{kind}", b"\x0a\x00" * 1000, content_type="application/x-protobuf")
    assert (answer.status_code, answer.content) == (200, b"")
    assert not caplog.records


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_traces_are_refused_at_once(method: str) -> None:
    answer = getattr(Client(), method)("/traces/call/start", b"{}", content_type="application/json")
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/json")
    assert "keeps no traces" in answer.json()["errors"][0]["message"]


@pytest.mark.parametrize(
    "document",
    [
        "mutation upsertView2($id: ID, $spec: String!) {upsertView(input: {id: $id, spec: $spec}) {view {id} inserted}}",
        "mutation D($id: ID!) {deleteView(input: {id: $id}) {success}}",
        "query View2($id: ID!) {view(id: $id) {id displayName spec}}",
        'query V($p: String, $e: String) {project(name: $p, entityName: $e) {allViews(viewType: "runs") {edges {node {id}}}}}',
    ],
)
def test_views_and_reports_are_refused_in_words(world: World, document: str) -> None:
    body = {"query": document, "variables": {"id": "Vmlldzox", "spec": "{}", "p": "p", "e": "vision"}}
    answer = Client().post(
        "/graphql", body, content_type="application/json", headers={"authorization": basic_of(world.bob)}
    )
    assert answer.status_code == 200
    assert [error["message"] for error in answer.json()["errors"]] == [REPORTS]
