"""Our executor and graphql-core's give the same JSON: by hand on a small schema, at random on the client's operations."""

import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import pytest
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    execute_sync,
    is_abstract_type,
    is_leaf_type,
    parse,
    type_from_ast,
    validate,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from artifacts.errors import Conflict, Invalid
from registry_site.wandb_api.engine import execute
from registry_site.wandb_api.engine.context import Context
from registry_site.wandb_api.engine.resolve import Permission, Registered
from registry_site.wandb_api.schema import SDL, executable
from tests.wandb_api.client_documents import client_documents
from tests.wandb_api.engine.test_client_operations import NOT_SERVED

SMALL = """
scalar DateTime
interface Named { name: String! }
type Dog implements Named { name: String! barks: Boolean owner: Person }
type Cat implements Named { name: String! lives: Int! owner: Person! }
type Person { name: String! pets: [Named] strictPets: [Named!] age: Int friend: Person! }
union Thing = Dog | Cat | Person
enum Size { SMALL LARGE }
input Wish { petName: String!, sizes: [Size!] = [SMALL], deepWish: Wish }
type Query {
  person(nick: String = "ada"): Person
  surePerson: Person!
  things: [Thing!]
  matrix: [[Int!]]
  echo(wish: Wish, number: Int): String
  born: DateTime
  fails: Int
  refuses: Int!
}
type Mutation { rename(nick: String!): Person forget: Person }
"""

DOG = {"__typename": "Dog", "name": "rex", "barks": True, "owner": {"name": "ada", "age": 36}}
CAT = {"__typename": "Cat", "name": "tom", "lives": 9, "owner": None}
NAMELESS = {"__typename": "Dog", "name": None}


class Ada:
    name = "ada"
    age = "not a number"

    def pets(self) -> list[Any]:
        return [DOG, CAT, NAMELESS, None]

    def strict_pets(self) -> list[Any]:
        return [DOG, CAT]


def refuse(source: Any, context: Any, **arguments: Any) -> Any:
    raise Invalid("This is refused.")


def fail(source: Any, context: Any, **arguments: Any) -> Any:
    return 1 // 0


SMALL_RESOLVERS: dict[str, Callable[..., Any]] = {
    "Query.person": lambda source, context, nick=None: Ada() if nick == "ada" else None,
    "Query.surePerson": lambda source, context: {"name": "eve", "age": 3},
    "Query.things": lambda source, context: (thing for thing in (DOG, CAT, {"__typename": "Person", "name": "eve"})),
    "Query.matrix": lambda source, context: [[1, 2], [3, None], None, [], ("4", 5.0)],
    "Query.echo": lambda source, context, **arguments: repr(arguments),
    "Query.born": lambda source, context: datetime(1815, 12, 10, 1, 2, 3, tzinfo=UTC),
    "Query.fails": fail,
    "Query.refuses": refuse,
    "Person.pets": lambda source, context: source.pets() if isinstance(source, Ada) else [],
    "Person.strictPets": lambda source, context: source.strict_pets(),
    "Person.friend": lambda source, context: source.get("friend"),
    "Mutation.rename": lambda source, context, nick: {"name": nick},
    "Mutation.forget": lambda source, context: None,
}


@lru_cache
def small() -> GraphQLSchema:
    return executable(SMALL, {field: Registered(call, Permission.PUBLIC) for field, call in SMALL_RESOLVERS.items()})


CONTEXT = Context(request=None, user=None)  # type: ignore[arg-type]


def as_json(result: ExecutionResult) -> dict[str, Any]:
    errors = [{"message": error.message, "path": error.path} for error in result.errors or ()]
    return {"data": result.data, "errors": errors}


def both(
    schema: GraphQLSchema, document: DocumentNode, variables: dict[str, Any] | None = None, name: str | None = None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What our executor answers, and graphql-core's."""
    mine = execute.execute(schema, document, variables=variables, operation_name=name, context=CONTEXT)
    core = execute_sync(
        schema,
        document,
        context_value=CONTEXT,
        variable_values=variables,
        operation_name=name,
        hide_suggestions=True,
    )
    return as_json(mine), as_json(core)


CASES: list[tuple[str, dict[str, Any] | None]] = [
    ("{ person { name } }", None),
    ("{ a: person { n: name } b: person(nick: null) { name } c: person(nick: 5) { name } }", None),
    ("{ person { pets { __typename name ... on Dog { barks owner { name } } ... on Cat { lives } } } }", None),
    ("{ person { pets { name ... on Cat { owner { name } } } } }", None),
    ("{ person { strictPets { ... on Cat { owner { name } } } name } }", None),
    ("{ person { age name } surePerson { age name friend { name } } }", None),
    ("{ surePerson { friend { name } } }", None),
    ("{ person { name } refuses }", None),
    ("{ fails person { name } }", None),
    ("{ matrix }", None),
    ("{ things { ...T } } fragment T on Thing { __typename ... on Named { name } ... on Person { age ...P } } "
     "fragment P on Person { name }", None),
    ("{ person { ...P name } ...Q } fragment P on Person { name age } fragment Q on Query { person { strictPets { name } } }",
     None),
    ("query ($yes: Boolean = true, $no: Boolean!) { person @include(if: $yes) { name @skip(if: $no) age @skip(if: true) "
     "... @include(if: false) { pets { name } } ...P @skip(if: $yes) } } fragment P on Person { strictPets { name } }",
     {"no": False, "undeclared": 5}),
    ("query ($no: Boolean!) { person @skip(if: $no) { name } }", {}),
    ("query ($nick: String) { person(nick: $nick) { name } }", {}),
    ("query ($nick: String) { person(nick: $nick) { name } }", {"nick": None}),
    ("query ($nick: String = \"bob\") { person(nick: $nick) { name } }", {}),
    ("query ($wish: Wish, $number: Int) { echo(wish: $wish, number: $number) }",
     {"wish": {"petName": "rex", "deepWish": {"petName": "x", "sizes": ["LARGE"]}}}),
    ("query ($wish: Wish) { echo(wish: $wish) }", {"wish": {"petNam": "rex"}}),
    ("query ($wish: Wish) { echo(wish: $wish) }", {"wish": {"petName": "rex", "sizes": ["HUGE"]}}),
    ("query ($name: String!) { echo(wish: {petName: $name, sizes: SMALL}) }", {"name": "rex"}),
    ("query ($number: Int) { echo(number: $number) }", {"number": "5"}),
    ("query ($number: Int) { echo(number: $number) }", {"number": 2**40}),
    ("query ($size: Size!) { echo(wish: {petName: \"x\", sizes: [$size]}) born }", {"size": "LARGE"}),
    ("mutation { first: rename(nick: \"a\") { name } second: rename(nick: \"b\") { name age } }", None),
    ("mutation { forget { name } }", None),
    ("{ __typename person { __typename } }", None),
    ("query A { person { name } } query B { born }", None),
    ("fragment P on Person { name }", None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "variables"), CASES)
def test_both_executors_answer_the_same(text: str, variables: dict[str, Any] | None) -> None:
    mine, core = both(small(), parse(text), variables)
    assert mine == core


@pytest.mark.parametrize("name", ["A", "B", "C", ""])
def test_both_executors_choose_the_same_operation(name: str) -> None:
    mine, core = both(small(), parse("query A { person { name } } query B { born }"), None, name)
    assert mine == core


def test_the_order_of_fields_is_that_of_the_document() -> None:
    text = "{ born ...Q person { age: name name } } fragment Q on Query { person { pets { name } } }"
    mine, _ = both(small(), parse(text))
    assert list(mine["data"]) == ["born", "person"]
    assert list(mine["data"]["person"]) == ["pets", "age", "name"]


def test_a_failure_far_down_says_its_whole_path() -> None:
    mine, _ = both(small(), parse("{ p: person { pets { name } strictPets { ... on Cat { o: owner { name } } } } }"))
    paths = [error["path"] for error in mine["errors"]]
    assert paths == [["p", "pets", 2, "name"], ["p", "strictPets", 1, "o"]]
    assert mine["data"] == {"p": {"pets": [{"name": "rex"}, {"name": "tom"}, None, None], "strictPets": None}}


def test_a_mutation_never_answers_null_without_an_error() -> None:
    mine, _ = both(small(), parse("mutation { forget { name } }"))
    assert mine["data"] == {"forget": None}
    assert [error["path"] for error in mine["errors"]] == [["forget"]]


def test_an_answer_that_grows_without_end_is_broken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(execute, "MOST_OBJECTS", 4)
    assert execute.execute(small(), parse("{ things { __typename } }"), context=CONTEXT).data
    with pytest.raises(execute.AnswerTooLarge, match="smaller pages"):
        execute.execute(small(), parse("{ person { pets { __typename } strictPets { __typename } } }"), context=CONTEXT)


# --- The client's operations over a world that is made up from a seed ---


def mixed(*parts: object) -> int:
    return zlib.crc32(repr(parts).encode())


def made_up(schema: GraphQLSchema, kind: Any, seed: int) -> Any:
    """A value that a resolver could return for a type, right or wrong, with nulls and failures sprinkled in."""
    if isinstance(kind, GraphQLNonNull):
        return made_up(schema, kind.of_type, seed | 1)
    if seed % 22 == 0:
        return None
    if seed % 37 == 0:
        raise Conflict(f"Refused {seed}.")
    if isinstance(kind, GraphQLList):
        return [made_up_item(schema, kind.of_type, mixed(seed, index)) for index in range(seed % 4)]
    if is_leaf_type(kind):
        return made_up_leaf(kind, seed)
    name = (
        sorted(option.name for option in schema.get_possible_types(kind))[seed % 2 - 1]
        if is_abstract_type(kind)
        else kind.name
    )
    return {"__typename": name, "seed": seed}


def made_up_item(schema: GraphQLSchema, kind: Any, seed: int) -> Any:
    try:
        return made_up(schema, kind, seed)
    except Conflict:
        return None


def made_up_leaf(kind: Any, seed: int) -> Any:
    if seed % 41 == 0 and kind.name != "JSON":
        return object()
    if isinstance(kind, GraphQLEnumType):
        return sorted(kind.values)[seed % len(kind.values)]
    if kind.name in {"String", "ID"}:
        return seed if seed % 2 else f"text {seed}"
    if kind.name == "DateTime":
        return datetime.fromtimestamp(seed, UTC)
    if kind.name in {"JSON", "JSONString"}:
        return {"seed": seed}
    return seed % 1000 if kind.name != "Boolean" else bool(seed % 2)


@lru_cache
def made_up_world() -> GraphQLSchema:
    foreign = executable(SDL.read_text(encoding="utf-8"), {})
    resolvers = {}
    for owner in foreign.type_map.values():
        if isinstance(owner, GraphQLObjectType) and not owner.name.startswith("__"):
            for name, field in owner.fields.items():
                call = made_up_resolver(foreign, owner.name, name, field.type)
                resolvers[f"{owner.name}.{name}"] = Registered(call, Permission.PUBLIC)
    return executable(SDL.read_text(encoding="utf-8"), resolvers)


def made_up_resolver(schema: GraphQLSchema, owner: str, name: str, kind: Any) -> Callable[..., Any]:
    def call(source: dict[str, Any] | None, context: Context, **arguments: Any) -> Any:
        seed = source["seed"] if source else context.cache["seed"]
        return made_up(schema, kind, mixed(seed, owner, name, sorted(arguments.items(), key=repr)))

    return call


def made_up_variables(schema: GraphQLSchema, document: DocumentNode, seed: int) -> dict[str, Any]:
    """Values for an operation's variables, some of the optional ones missing."""
    variables: dict[str, Any] = {}
    for operation in document.definitions:
        if isinstance(operation, OperationDefinitionNode):
            for definition in operation.variable_definitions or ():
                kind: Any = type_from_ast(schema, definition.type)  # type: ignore[call-overload]
                name = definition.variable.name.value
                if isinstance(kind, GraphQLNonNull) or mixed(seed, name) % 3:
                    variables[name] = made_up_input(kind, mixed(seed, name))
    return variables


def made_up_input(kind: Any, seed: int) -> Any:
    if isinstance(kind, GraphQLNonNull):
        return made_up_input(kind.of_type, seed)
    if isinstance(kind, GraphQLList):
        return [made_up_input(kind.of_type, mixed(seed, index)) for index in range(seed % 3)]
    if isinstance(kind, GraphQLInputObjectType):
        return {
            name: made_up_input(field.type, mixed(seed, name))
            for name, field in kind.fields.items()
            if isinstance(field.type, GraphQLNonNull) or mixed(seed, name) % 3 == 0
        }
    if isinstance(kind, GraphQLEnumType):
        return sorted(kind.values)[seed % len(kind.values)]
    return {"Boolean": bool(seed % 2), "Int": seed % 100, "Int64": seed, "Float": seed / 7}.get(
        kind.name, f"text {seed}"
    )


SERVED = [document for document in client_documents() if document.name not in NOT_SERVED]


@settings(max_examples=600, deadline=None)
@given(st.sampled_from(SERVED), st.integers(0, 2**32))
def test_every_operation_of_the_client_has_the_same_answer_from_both(document: Any, seed: int) -> None:
    world, parsed = made_up_world(), parse(document.text)
    CONTEXT.cache["seed"] = seed
    mine, core = both(world, parsed, made_up_variables(world, parsed, seed))
    assert mine == core


@pytest.mark.parametrize("document", SERVED, ids=lambda document: f"{document.name} {document.origin}")
def test_an_operation_of_the_client_is_answered_with_something(document: Any) -> None:
    world, parsed = made_up_world(), parse(document.text)
    assert not validate(world, parsed)
    answered = 0
    for seed in range(20):
        CONTEXT.cache["seed"] = seed
        mine, core = both(world, parsed, made_up_variables(world, parsed, seed))
        assert mine == core
        answered += bool(mine["data"]) and any(mine["data"].values())
    assert answered
