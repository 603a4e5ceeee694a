"""Every operation of the installed client is valid against our schema, or is listed here with the reason why not.

The client rewrites documents for servers without a feature: it takes fields, fragments and variables out (such as
`digestAlgorithm`, or the automation actions that aren't advertised), which a schema that knows them all tolerates.
"""

import ast
from collections import defaultdict

import pytest
from graphql import GraphQLInputObjectType, GraphQLObjectType, GraphQLSchema, assert_valid_schema, parse, validate

from registry_site.wandb_api import not_served, operation
from registry_site.wandb_api.engine.resolve import RESOLVERS, ROOTS
from registry_site.wandb_api.not_served import ALERTS, LAUNCH, REPORTS, REWINDS, SWEEPS
from registry_site.wandb_api.schema import SDL, executable, schema, undeclared
from tests.wandb_api.client_documents import ClientDocument, client_documents, headings, package_directory

NOT_SERVED = {
    "CreateAgent": SWEEPS,
    "CreateCustomChart": REPORTS,
    "CreateDefaultResourceConfig": LAUNCH,
    "CreateRunQueue": LAUNCH,
    "DeleteFromRunQueue": LAUNCH,
    "DeleteRunQueue": LAUNCH,
    "EnqueueSweepRun": SWEEPS,
    "GetAgentRuns": SWEEPS,
    "GetDefaultResourceConfig": LAUNCH,
    "GetRunQueueItem": LAUNCH,
    "GetRunQueueItems": LAUNCH,
    "GetRunQueueMetadata": LAUNCH,
    "GetSweep": SWEEPS,
    "GetSweepAgent": SWEEPS,
    "GetSweepAgents": SWEEPS,
    "GetSweepLegacy": SWEEPS,
    "GetSweepState": SWEEPS,
    "GetSweeps": SWEEPS,
    "Heartbeat": SWEEPS,
    "LaunchAgent": LAUNCH,
    "NotifyScriptableRunAlert": ALERTS,
    "ProjectRunQueues": LAUNCH,
    "ProjectViews": REPORTS,
    "RewindRun": REWINDS,
    "SweepConfig": SWEEPS,
    "SweepRunsWithHistory": SWEEPS,
    "SweepWatchedRuns": SWEEPS,
    "SweepWithRuns": SWEEPS,
    "UpsertRunQueue": LAUNCH,
    "UpsertSweep": SWEEPS,
    "UpsertSweepState": SWEEPS,
    "ackRunQueueItem": LAUNCH,
    "createLaunchAgent": LAUNCH,
    "failRunQueueItem": LAUNCH,
    "fetchRunQueuesFromProject": LAUNCH,
    "popFromRunQueue": LAUNCH,
    "pushToRunQueue": LAUNCH,
    "pushToRunQueueByName": LAUNCH,
    "updateLaunchAgent": LAUNCH,
    "updateRunQueueItemWarning": LAUNCH,
}


@pytest.fixture(scope="module")
def foreign() -> GraphQLSchema:
    """The schema without any resolver."""
    return executable(SDL.read_text(encoding="utf-8"), {})


def problems(foreign: GraphQLSchema, document: ClientDocument) -> list[str]:
    return [error.message for error in validate(foreign, parse(document.text))]


def test_the_schema_is_valid(foreign: GraphQLSchema) -> None:
    assert_valid_schema(foreign)


def test_enough_operations_are_found_in_the_wheel() -> None:
    origins = defaultdict(int)
    for document in client_documents():
        origins["binary" if document.origin.startswith("bin/") else "python"] += 1
    assert origins["binary"] > 30
    assert origins["python"] > 100


def test_every_operation_that_the_source_mentions_is_found() -> None:
    assert headings() - {document.name for document in client_documents()} <= set(NOT_SERVED)


@pytest.mark.parametrize(
    "document",
    [document for document in client_documents() if document.name not in NOT_SERVED],
    ids=lambda document: f"{document.name} {document.origin}",
)
def test_a_served_operation_is_valid_and_within_the_limits(foreign: GraphQLSchema, document: ClientDocument) -> None:
    assert problems(foreign, document) == []
    assert operation.prepare(document.text)
    assert len(document.text) <= operation.LONGEST_CACHED


@pytest.mark.parametrize("name", NOT_SERVED)
def test_an_operation_listed_as_not_served_exists_and_is_refused(foreign: GraphQLSchema, name: str) -> None:
    assert name in headings() | {document.name for document in client_documents()}
    for document in client_documents():
        if document.name == name:
            assert problems(foreign, document)
            assert not_served.reason_not_served(parse(document.text), foreign) == NOT_SERVED[name]


def test_no_field_is_both_served_and_refused(foreign: GraphQLSchema) -> None:
    for field in not_served.FIELDS:
        owner, name = field.split(".")
        kind = foreign.type_map[owner]
        assert isinstance(kind, GraphQLObjectType)
        assert name not in kind.fields


def input_fields() -> dict[str, set[str]]:
    """The input types of the client's generated code, with their names on the wire."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in package_directory().rglob("_generated/input_types.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if not isinstance(node, ast.ClassDef):
                continue
            for field in node.body:
                assert isinstance(field, ast.AnnAssign)
                assert isinstance(field.target, ast.Name)
                keywords = field.value.keywords if isinstance(field.value, ast.Call) else []
                aliases = [word.value.value for word in keywords if word.arg == "alias"]  # type: ignore[attr-defined]
                found[node.name].add(aliases[0] if aliases else field.target.id)
    return found


def test_every_input_that_the_client_can_send_is_known(foreign: GraphQLSchema) -> None:
    assert input_fields()
    for name, fields in input_fields().items():
        kind = foreign.type_map[name]
        assert isinstance(kind, GraphQLInputObjectType)
        assert fields <= set(kind.fields), name


def test_every_resolver_belongs_to_a_field_and_roots_declare_who_may_ask() -> None:
    built = schema()
    assert set(undeclared(built)).isdisjoint(RESOLVERS)
    for field, registered in RESOLVERS.items():
        assert registered.permission.how in {"public", "signed in", "parent", "checked"}
        if field.split(".")[0] in ROOTS:
            assert registered.permission.how != "parent", field


def test_types_and_fields_are_kept_in_order() -> None:
    lines = SDL.read_text(encoding="utf-8").splitlines()
    for kind in ("enum", "type", "input", "scalar", "union"):
        names = [line.split()[1] for line in lines if line.startswith(f"{kind} ")]
        names = [name for name in names if name not in ROOTS]
        assert names == sorted(names, key=str.lower)
