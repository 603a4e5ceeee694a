"""Asks /graphql as the client does: its own documents, by the name of the operation, with a person's API key."""

import base64
from functools import lru_cache
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from artifacts.actions import people
from artifacts.models import User
from tests.wandb_api.client_documents import client_documents


@lru_cache
def document(name: str) -> str:
    """The text of an operation; the Python client's where its binary has one of the same name."""
    found = [each for each in client_documents() if each.name == name]
    return min(found, key=lambda each: ("_generated" not in each.origin, each.origin)).text


@lru_cache
def documents(name: str) -> list[str]:
    """The texts of all operations of this name."""
    return [each.text for each in client_documents() if each.name == name]


def key_of(user: User) -> str:
    """An API key for somebody, the same each time."""
    key = f"{user.name}-{user.name * 20}"[:300] + "k" * 40
    if not user.api_keys.filter(description="tests").exists():
        people.create_api_key(user, description="tests", key=key, acting_user=user)
    return key


def basic_of(user: User) -> str:
    """The header by which the client says whose key it has."""
    return "Basic " + base64.b64encode(f"api:{key_of(user)}".encode()).decode()


def post(user: User, text: str, variables: dict[str, Any]) -> Any:
    """The whole answer to a document."""
    body = {"query": text, "variables": variables, "operationName": ""}
    headers = {"authorization": basic_of(user), "use-admin-privileges": "true"}
    response = Client(raise_request_exception=False).post(
        "/graphql", body, content_type="application/json", headers=headers
    )
    assert response.status_code in {200, 400}, response.content
    return response.json()


def ask(user: User, name: str, /, **variables: Any) -> Any:
    """The data that an operation of the client is answered with; there must be no errors."""
    answer = post(user, document(name), variables)
    assert "errors" not in answer, answer["errors"]
    return answer["data"]


def refusal(user: User, name: str, /, **variables: Any) -> str:
    """The sentence by which an operation is refused."""
    answer = post(user, document(name), variables)
    assert "errors" in answer, answer
    message: str = answer["errors"][0]["message"]
    assert not message.startswith("Internal error"), message
    return message


def change(user: User, name: str, /, **fields: Any) -> Any:
    """As `ask`, for a mutation with one input: its payload."""
    return next(iter(ask(user, name, input=fields).values()))


def refused_change(user: User, name: str, /, **fields: Any) -> str:
    """As `refusal`, for a mutation with one input."""
    return refusal(user, name, input=fields)


def nodes(connection: dict[str, Any]) -> list[Any]:
    """The nodes of a connection."""
    return [edge["node"] for edge in connection["edges"]]


def queries_of(user: User, name: str, /, **variables: Any) -> int:
    """How many queries an operation needs, once the person's key was made and used."""
    ask(user, name, **variables)
    with CaptureQueriesContext(connection) as queries:
        ask(user, name, **variables)
    return len(queries)
