"""POST /graphql: every answer is JSON in the shape that the client shows, whatever was sent."""

import base64
import gzip
import json
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import resolve, reverse

from artifacts.actions import people
from artifacts.models import ApiKey, User
from registry_site.wandb_api import operation, urls
from registry_site.wandb_api.endpoints import graphql
from registry_site.wandb_api.engine.resolve import Permission, Registered
from registry_site.wandb_api.schema import SDL, executable

KEY = "k" * 40


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


def send(body: Any, *, method: str = "POST", authorization: str = "", **headers: str) -> HttpResponse:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    extra = {"HTTP_AUTHORIZATION": authorization} if authorization else {}
    return graphql.graphql(
        RequestFactory().generic(method, "/graphql", data, content_type="application/json", **extra, **headers)
    )


def messages(response: HttpResponse) -> list[str]:
    assert response["Content-Type"] == "application/json"
    assert int(response["Content-Length"]) == len(response.content)
    return [error["message"] for error in json.loads(response.content)["errors"]]


@pytest.fixture
def ada(db: None) -> str:
    """The header of a person with a key."""
    people.create_api_key(people.create_user("ada", acting_user=None), key=KEY, acting_user=None)
    return basic(f"api:{KEY}")


def test_the_address_has_no_slash_at_its_end() -> None:
    assert reverse("graphql", urlconf=urls) == "/graphql"
    assert resolve("/graphql", urlconf=urls).func.login_required is False


def test_a_key_is_answered(ada: str) -> None:
    response = send({"query": "{ serverInfo { features { name isEnabled } } }", "operationName": ""}, authorization=ada)
    assert response.status_code == 200
    assert json.loads(response.content)["data"]["serverInfo"]["features"][0]["isEnabled"] is True
    assert int(response["Content-Length"]) == len(response.content)


@pytest.mark.parametrize(
    "authorization",
    ["", "Basic", "Basic !!!", "Bearer " + KEY, basic("api"), basic("api:"), basic("api:other"), basic(f"ada:{KEY}"),
     "Basic " + base64.b64encode(b"api:\xff\xfe").decode(), "Basic " + "A" * 100_000],
)  # fmt: skip
def test_without_a_key_there_is_no_answer(ada: str, authorization: str) -> None:
    response = send({"query": "{ serverInfo { features { name } } }"}, authorization=authorization)
    assert response.status_code == 401
    assert messages(response) == ["user is not logged in"]


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_only_post_is_answered(ada: str, method: str) -> None:
    response = send(b"", method=method, authorization=ada)
    assert response.status_code == 400
    assert messages(response)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"5", b"\xff", b"{}", b'{"query": 5}', b'{"query": null}', b'{"query": "{a}", "variables": []}',
     b'{"query": "{a}", "operationName": 7}', b"[" * 200_000, b'{"query": "{ nonsense }"}',
     gzip.compress(b'{"query": "{ viewer { id } }"}', mtime=0)],
)  # fmt: skip
def test_a_body_that_is_no_operation_is_refused(ada: str, body: bytes) -> None:
    response = send(body, authorization=ada)
    assert response.status_code == 400
    assert messages(response)


def test_a_body_that_is_too_large_is_refused(ada: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graphql, "LARGEST_BODY", 100)
    response = send(b"x" * 101, authorization=ada)
    assert response.status_code == 413
    assert messages(response)


def test_a_revoked_key_is_refused(ada: str) -> None:
    row = ApiKey.objects.get()
    people.revoke_api_key(row, acting_user=row.user)
    response = send({"query": "{ serverInfo { features { name } } }"}, authorization=ada)
    assert response.status_code == 401


def test_a_browser_session_counts_for_nothing(ada: str) -> None:
    request = RequestFactory().post("/graphql", {"query": "{ viewer { id } }"}, content_type="application/json")
    request.user = User.objects.get()
    assert graphql.graphql(request).status_code == 401


def test_a_failure_outside_of_resolvers_keeps_the_shape(ada: str, monkeypatch: pytest.MonkeyPatch) -> None:
    no_json = Registered(lambda source, context: {"cli_version_info": float("nan")}, Permission.PUBLIC)
    broken = executable(SDL.read_text(), {"Query.serverInfo": no_json})
    monkeypatch.setattr(operation, "schema", lambda: broken)
    response = send({"query": "query NaN { serverInfo { cliVersionInfo } }"}, authorization=ada)
    assert response.status_code == 500
    assert messages(response)[0].startswith("Internal error")


def test_the_whole_way_in_needs_neither_token_nor_cookie(ada: str) -> None:
    client = Client(enforce_csrf_checks=True)
    body = {"query": "query ServerInfo { serverInfo { cliVersionInfo } }", "operationName": "", "variables": {}}
    response = client.post("/graphql", body, content_type="application/json", headers={"authorization": ada})
    assert response.status_code == 200
    assert response.json()["data"]["serverInfo"]["cliVersionInfo"]["max_cli_version"]
    assert "Set-Cookie" not in response
    assert client.get("/graphql").status_code == 400
    assert client.post("/graphql", body, content_type="application/json").status_code == 401


def test_an_identity_token_is_refused_in_a_sentence() -> None:
    response = Client(enforce_csrf_checks=True).post("/oidc/token", {"grant_type": "jwt-bearer", "assertion": "a.b.c"})
    assert response.status_code == 400
    assert messages(response) == [
        "This server takes no identity tokens; unset WANDB_IDENTITY_TOKEN_FILE and set WANDB_API_KEY."
    ]
