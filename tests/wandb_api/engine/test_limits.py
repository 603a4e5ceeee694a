"""What `run_document` refuses before it executes anything, and how failures read."""

import logging
import sqlite3
from collections.abc import Callable, Iterator
from typing import Any

import graphql
import pytest
from django.db import OperationalError
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from artifacts.errors import Forbidden, NotYet
from artifacts.models import User
from registry_site.wandb_api import operation
from registry_site.wandb_api.engine import execute
from registry_site.wandb_api.engine.context import Context
from registry_site.wandb_api.engine.resolve import Permission, Registered
from registry_site.wandb_api.operation import BadRequest, run_document
from registry_site.wandb_api.schema import SDL, executable, schema

ANONYMOUS = Context(RequestFactory().post("/graphql"), None)
SIGNED_IN = Context(RequestFactory().post("/graphql"), User(name="ada"))


def refusal(text: str, context: Context = SIGNED_IN, variables: dict[str, Any] | None = None) -> str:
    with pytest.raises(BadRequest) as caught:
        run_document(text, variables, None, context)
    return "\n".join(caught.value.messages)


def fan_out(depth: int) -> str:
    fragments = (f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(depth))
    return f"{{ ...F0 }} {' '.join(fragments)} fragment F{depth} on Query {{ viewer {{ id }} }}"


def nested(levels: int) -> str:
    return "{ viewer { organizations " + "{ orgEntity { organization " * levels + "{ id }" + " } }" * levels + " } }"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "Syntax Error"),
        ("{", "Syntax Error"),
        ("{ viewer { id } } " + "#" * 60_000, "characters"),
        ("{" + " a" * 11_000 + " }", "token"),
        ("{" + " ".join(f"a{n}: viewer {{ id }}" for n in range(1_000)) + "}", "fields"),
        ("{" + " viewer { id }" * 600 + "}", "fields"),
        ("{ viewer " + "@skip(if: false) " * 2_500 + "{ id } }", "token"),
        ("{" + " ".join(f'a{n}: entity(name: "zoo") {{ id }}' for n in range(61)) + "}", "arguments"),
        ("{ __typename" + " ".join(f" a{n}: __schema {{ types {{ name }} }}" for n in range(4)) + "}", "arguments"),
        (fan_out(20), "fields"),
        (fan_out(300), "fields"),
        (nested(8), "deep"),
        ("{ viewer " + "{ viewer " * 4_000 + "}" * 4_000 + "}", ""),
        ("{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }", "contains itself"),
        ("{ ...A } fragment A on Query { viewer { id } ...A }", "contains itself"),
        ("{ ...Missing }", "Unknown fragment"),
        ("subscription { viewer { id } }", ""),
        ("query ($a: Nonsense) { viewer { id } }", "Nonsense"),
        ("fragment A on Query { viewer { id } }", ""),
    ],
)
def test_a_hostile_document_is_refused_before_it_runs(text: str, reason: str) -> None:
    assert reason in refusal(text)


def test_nobody_is_told_the_names_that_exist() -> None:
    for text in ("{ viwer { id } }", "{ viewer { usernam } }", "{ project(nam: 1) { id } }"):
        assert "Did you mean" not in refusal(text, ANONYMOUS)


def test_only_who_is_signed_in_may_ask_for_the_schema() -> None:
    text = "{ __schema { types { name } } ...F } fragment F on Query { serverInfo { features { name } } }"
    assert "signed-in" in refusal(text, ANONYMOUS)
    assert "signed-in" in refusal('{ ...F } fragment F on Query { __type(name: "Query") { name } }', ANONYMOUS)
    answer = run_document(text, None, None, SIGNED_IN)
    assert {"name": "Artifact"} in answer["data"]["__schema"]["types"]
    assert answer["data"]["serverInfo"]["features"]


def test_variables_that_do_not_fit_are_refused() -> None:
    assert "$id" in refusal("query ($id: ID!) { artifact(id: $id) { id } }", variables={})
    assert "$first" in refusal(
        "query ($first: Int) { models(first: $first) { edges { cursor } } }", variables={"first": "5"}
    )


def test_an_empty_operation_name_and_further_variables_are_no_matter() -> None:
    answer = run_document("query Q { serverInfo { features { name } } }", {"undeclared": 1}, "", ANONYMOUS)
    assert "errors" not in answer
    assert "unknown" in refusal_of_name("Other").lower()


def refusal_of_name(name: str) -> str:
    with pytest.raises(BadRequest) as caught:
        run_document("query Q { serverInfo { features { name } } }", None, name, SIGNED_IN)
    return caught.value.messages[0]


def test_a_stranger_sees_only_what_is_public() -> None:
    answer = run_document("{ viewer { id } serverInfo { features { name } } }", None, None, ANONYMOUS)
    assert answer["data"]["viewer"] is None
    assert answer["data"]["serverInfo"]["features"]
    assert answer["errors"] == [{"message": "user is not logged in", "path": ["viewer"]}]


def test_a_document_is_parsed_once() -> None:
    operation.prepare_cached.cache_clear()
    for _ in range(3):
        run_document("query Twice { serverInfo { features { name } } }", None, None, ANONYMOUS)
    assert operation.prepare_cached.cache_info().misses == 1


@given(st.text(max_size=200))
def test_any_text_is_answered_or_refused(text: str) -> None:
    with pytest.raises(BadRequest):
        run_document(text, None, None, ANONYMOUS)


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Exception], None]]:
    """Makes Query.viewer and Mutation.deleteModel raise what it is given."""

    def raise_from_now(error: Exception) -> None:
        def fail(source: Any, context: Context, **arguments: Any) -> Any:
            raise error

        registered = Registered(fail, Permission.SIGNED_IN)
        broken = executable(SDL.read_text(), {"Query.viewer": registered, "Mutation.deleteModel": registered})
        monkeypatch.setattr(operation, "schema", lambda: broken)
        operation.prepare_cached.cache_clear()

    yield raise_from_now
    operation.prepare_cached.cache_clear()


def test_a_refusal_of_the_domain_reaches_the_client_as_it_is(failing: Callable[[Exception], None]) -> None:
    failing(Forbidden("You may look at “zoo”, but not change it; ask an administrator."))
    answer = run_document('mutation { result: deleteModel(input: {id: "x"}) { success } }', None, None, SIGNED_IN)
    assert answer == {
        "data": {"result": None},
        "errors": [{"message": "You may look at “zoo”, but not change it; ask an administrator.", "path": ["result"]}],
    }


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    logger = logging.getLogger("linkyard.graphql")
    logger.addHandler(caplog.handler)
    yield caplog
    logger.removeHandler(caplog.handler)


def test_a_bug_is_logged_and_its_text_kept_here(
    failing: Callable[[Exception], None], logged: pytest.LogCaptureFixture
) -> None:
    failing(ValueError("secret of the database"))
    [error] = run_document("{ viewer { id } }", None, None, SIGNED_IN)["errors"]
    assert error["message"].startswith("Internal error")
    assert "secret" not in error["message"]
    assert "secret of the database" in logged.text


def database_locked() -> OperationalError:
    """As Django raises it while another process writes."""
    error, cause = OperationalError("database is locked"), sqlite3.OperationalError("database is locked")
    cause.sqlite_errorcode = sqlite3.SQLITE_BUSY
    error.__cause__ = cause
    return error


@pytest.mark.parametrize("error", [NotYet("Still at it.", seconds=5), database_locked()])
def test_what_passes_by_itself_is_for_the_client_to_repeat(
    failing: Callable[[Exception], None], error: Exception
) -> None:
    failing(error)
    with pytest.raises(NotYet):
        run_document("{ viewer { id } }", None, None, SIGNED_IN)


def test_a_slow_operation_is_logged(monkeypatch: pytest.MonkeyPatch, logged: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(operation, "SLOW_SECONDS", -1.0)
    run_document("query Slow { serverInfo { features { name } } }", None, None, ANONYMOUS)
    assert "Slow" in logged.text


def test_limits_hold_beside_questions_about_the_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(execute, "MOST_OBJECTS", 3)
    text = "{ __typename serverInfo { features { name } } "
    assert "too much" in refusal(text + "}", SIGNED_IN)
    assert "too much" in refusal(text + '__type(name: "Query") { name } }', SIGNED_IN)


def test_the_schema_is_told_as_the_library_tells_it() -> None:
    text = graphql.get_introspection_query(input_value_deprecation=True)
    text = (
        text[: text.index("fragment TypeRef")]
        + "fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name } } }"
    )
    answer = run_document(text, None, None, SIGNED_IN)
    assert answer["data"] == graphql.graphql_sync(schema(), text).data
    assert "errors" not in answer


def test_one_long_text_under_many_names_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(execute, "MOST_TEXT", 1_000)
    monkeypatch.setattr(execute, "SMALL_TEXT", 2)
    assert "MiB of text" in refusal(
        "{" + " ".join(f"a{n}: serverInfo {{ features {{ name }} }}" for n in range(40)) + "}", SIGNED_IN
    )
