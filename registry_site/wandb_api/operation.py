"""One GraphQL request from text to answer: limits, cached documents, execution, and errors as people read them."""

import logging
import secrets
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSyntaxError,
    InlineFragmentNode,
    OperationDefinitionNode,
    parse,
    validate,
)

from artifacts.errors import NotYet
from registry_site.http.refusals import as_refusal
from registry_site.wandb_api.engine.context import Context
from registry_site.wandb_api.engine.execute import AnswerTooLarge, execute
from registry_site.wandb_api.not_served import reason_not_served
from registry_site.wandb_api.schema import schema

LONGEST_DOCUMENT = 50_000  # characters; the client's longest has under 3,000
LONGEST_CACHED = 8_000
MOST_CACHED = 512
MOST_TOKENS = 10_000
DEEPEST = 15
MOST_FIELDS = 1_000
MOST_CALLS = 60  # fields with arguments: each may ask the database; the client's longest document has under 20
SCHEMA_CALLS = 20  # one question about the schema costs as much
SLOW_SECONDS = 1.0

log = logging.getLogger("linkyard.graphql")


class BadRequest(Exception):
    """The request can't be carried out by anybody: HTTP 400, which the client doesn't repeat."""

    def __init__(self, *messages: str) -> None:
        super().__init__("\n".join(messages))
        self.messages = messages


class NotServed(Exception):
    """The document asks for what no registry does: errors with HTTP 200, as every refusal."""


@dataclass(frozen=True)
class Prepared:
    """A parsed document that is within the limits and valid against the schema."""

    document: DocumentNode
    asks_schema: bool
    types: frozenset[str]


@dataclass(frozen=True)
class Extent:
    """How deep a selection goes, how many fields and calls it has with its fragments written out, whether it asks the schema."""

    depth: int = 0
    fields: int = 0
    calls: int = 0
    asks_schema: bool = False


def run_document(
    text: str, variables: dict[str, Any] | None, operation_name: str | None, context: Context
) -> dict[str, Any]:
    """Answer a document, JSON-ready; BadRequest when it can't be run at all, NotYet when it should be sent again later."""
    started = time.monotonic()
    try:
        prepared = prepare_cached(text) if len(text) <= LONGEST_CACHED else prepare(text)
    except NotServed as refusal:
        return {"data": None, "errors": [{"message": str(refusal)}]}
    operation_name = operation_name or None  # the client sends "" for "the only one"
    context.types = prepared.types
    if prepared.asks_schema and context.user is None:
        raise BadRequest("Only a signed-in caller may ask for the schema; send an API key.")
    try:
        result = execute(
            schema(), prepared.document, variables=variables, operation_name=operation_name, context=context
        )
    except AnswerTooLarge as error:
        raise BadRequest(str(error)) from None
    if result.data is None and result.errors and all(error.path is None for error in result.errors):
        raise BadRequest(*(error.message for error in result.errors))
    answer = answered(result)
    seconds = time.monotonic() - started
    if seconds > SLOW_SECONDS:
        log.warning("The operation %s took %.1f s.", names(prepared.document), seconds)
    return answer


def answered(result: ExecutionResult) -> dict[str, Any]:
    """The answer's JSON: data, and errors if there are any."""
    if not result.errors:
        return {"data": result.data}
    return {"data": result.data, "errors": [described(error) for error in result.errors]}


def described(error: GraphQLError) -> dict[str, Any]:
    """An error as the client shows it: the domain's own sentence, or one that tells nothing of what broke inside."""
    original = error.original_error
    if original is None or isinstance(original, GraphQLError):
        message = error.message
    elif (known := as_refusal(original)) is not None:
        if isinstance(known, NotYet):
            raise known from original  # passes by itself: the whole request is sent again, which every resolver bears
        message = str(known)
    else:
        mark = secrets.token_hex(4)
        log.error("Failed at %s (%s).", error.path, mark, exc_info=original)
        message = f"Internal error: this server failed here; its log tells more about it under {mark}."
    return {"message": message, "path": error.path} if error.path else {"message": message}


def names(document: DocumentNode) -> str:
    """What the operations of a document are called."""
    operations = (node for node in document.definitions if isinstance(node, OperationDefinitionNode))
    named = [node.name.value for node in operations if node.name]
    return ", ".join(named) or "without a name"


@lru_cache(maxsize=MOST_CACHED)
def prepare_cached(text: str) -> Prepared:
    """What `prepare` gives for a document, kept: the client's documents are constant, so each is parsed and validated once."""
    return prepare(text)


def prepare(text: str) -> Prepared:
    """Parse a document, refuse one that is too large before anything else is done with it, and validate it."""
    if len(text) > LONGEST_DOCUMENT:
        raise BadRequest(f"The document has more than {LONGEST_DOCUMENT} characters; split it.")
    try:
        document = parse(text, no_location=True, max_tokens=MOST_TOKENS)
    except (GraphQLSyntaxError, RecursionError) as error:
        raise BadRequest(
            error.message if isinstance(error, GraphQLError) else "The document nests too deeply."
        ) from None
    extent = measured(document)
    if extent.depth > DEEPEST:
        raise BadRequest(f"The document nests more than {DEEPEST} levels deep; ask in several steps.")
    if extent.fields > MOST_FIELDS:
        raise BadRequest(f"The document selects more than {MOST_FIELDS} fields; ask in several steps.")
    if extent.calls > MOST_CALLS:
        raise BadRequest(f"The document has more than {MOST_CALLS} fields with arguments; ask in several steps.")
    # Suggestions would tell a stranger the schema's names, and the client shows them to nobody.
    if errors := validate(schema(), document, max_errors=20, hide_suggestions=True):
        if reason := reason_not_served(document, schema()):
            raise NotServed(reason)
        raise BadRequest(*(error.message for error in errors))
    fragments = (node for node in document.definitions if isinstance(node, FragmentDefinitionNode))
    types = frozenset(node.type_condition.name.value for node in fragments)
    return Prepared(document, extent.asks_schema, types)


def measured(document: DocumentNode) -> Extent:
    """The extent of all operations together; each fragment is measured once, however often it is spread."""
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    known: dict[str, Extent] = {}
    open_fragments: set[str] = set()

    def of_fragment(name: str) -> Extent:
        if name in open_fragments:
            raise BadRequest(f"The fragment “{name}” contains itself; take the cycle out.")
        if name not in known:
            if name not in fragments:
                return Extent()  # validation says it better
            open_fragments.add(name)
            known[name] = of_selections(fragments[name])
            open_fragments.discard(name)
        return known[name]

    def of_selections(node: Any) -> Extent:
        depth, fields, calls, asks_schema = 0, 0, 0, False
        for selection in node.selection_set.selections if node.selection_set else ():
            if isinstance(selection, FragmentSpreadNode):
                inner = of_fragment(selection.name.value)
            elif isinstance(selection, InlineFragmentNode):
                inner = of_selections(selection)
            else:
                assert isinstance(selection, FieldNode)
                below = of_selections(selection)
                is_schema = selection.name.value in {"__schema", "__type"}
                cost = SCHEMA_CALLS if is_schema else bool(selection.arguments)
                inner = Extent(below.depth + 1, below.fields + 1, below.calls + cost, below.asks_schema or is_schema)
            depth, fields, calls = max(depth, inner.depth), fields + inner.fields, calls + inner.calls
            asks_schema = asks_schema or inner.asks_schema
        return Extent(depth, fields, calls, asks_schema)

    try:
        extents = [of_selections(node) for node in document.definitions if hasattr(node, "selection_set")]
    except RecursionError:
        raise BadRequest(f"The document nests more than {DEEPEST} levels deep; ask in several steps.") from None
    return Extent(
        max((extent.depth for extent in extents), default=0),
        sum(extent.fields for extent in extents),
        sum(extent.calls for extent in extents),
        any(extent.asks_schema for extent in extents),
    )
