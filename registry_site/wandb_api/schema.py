"""The client's schema, read once, with the resolvers of every module in RESOLVER_MODULES attached."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any

from graphql import (
    GraphQLError,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLUnionType,
    build_schema,
    get_named_type,
    is_leaf_type,
)

from registry_site.wandb_api.engine import resolve
from registry_site.wandb_api.engine.context import Context
from registry_site.wandb_api.engine.resolve import RESOLVERS, ROOTS, Permission, Registered, Resolver, snake_case

SDL = Path(__file__).with_name("schema.graphql")
LARGEST = 2**63 - 1

# Importing a module registers its resolvers.
RESOLVER_MODULES = [
    "automations",
    "collections",
    "file_addresses",
    "links",
    "members",
    "organizations",
    "people",
    "projects",
    "registries",
    "run_history",
    "runs",
    "saving",
    "version_files",
    "versions",
    "viewer",
]


@lru_cache
def schema() -> GraphQLSchema:
    """The schema that /graphql answers with."""
    for module in RESOLVER_MODULES:
        import_module(f"{__package__}.resolvers.{module}")
    return executable(SDL.read_text(encoding="utf-8"), RESOLVERS)


def executable(sdl: str, resolvers: Mapping[str, Registered]) -> GraphQLSchema:
    """A schema of this text whose fields call these resolvers, and read attributes where there is none."""
    built = build_schema(sdl)
    known = set()
    for name, kind in built.type_map.items():
        if name.startswith("__"):
            continue
        if isinstance(kind, GraphQLScalarType) and name in SCALARS:
            write, read = SCALARS[name]
            # graphql-core 3.3: the older names `serialize` and `parse_value` would be ignored silently.
            kind.coerce_output_value, kind.coerce_input_value = write, read
        elif isinstance(kind, GraphQLInterfaceType | GraphQLUnionType):
            kind.resolve_type = lambda value, info, abstract: resolve.type_name(value)
        elif isinstance(kind, GraphQLInputObjectType):
            for field_name, input_field in kind.fields.items():
                input_field.out_name = snake_case(field_name)
        elif isinstance(kind, GraphQLObjectType):
            for field_name, field in kind.fields.items():
                known.add(f"{name}.{field_name}")
                attach(name, field_name, field, resolvers)
    if unknown := sorted(set(resolvers) - known):
        raise TypeError(f"The schema has no such fields: {', '.join(unknown)}.")
    return built


def attach(owner: str, name: str, field: GraphQLField, resolvers: Mapping[str, Registered]) -> None:
    """Give a field what computes its value: `call` for our executor, `resolve` for graphql-core's."""
    for argument_name, argument in field.args.items():
        argument.out_name = snake_case(argument_name)
    call = resolver_of(owner, name, field, resolvers)
    field.extensions = {"call": call}

    def through_info(source: Any, info: GraphQLResolveInfo[Context], **arguments: Any) -> Any:
        return call(source, info.context, **arguments)

    field.resolve = through_info


def resolver_of(owner: str, name: str, field: GraphQLField, resolvers: Mapping[str, Registered]) -> Resolver:
    """The function behind a field, with what holds for every field of its kind around it."""
    registered = resolvers.get(f"{owner}.{name}")
    if owner in ROOTS:
        if not registered:
            return resolve.of_signed_in(resolve.not_served(name))
        function = registered.function
        if owner == "Mutation":
            function = resolve.never_null(name, function)
        return function if registered.permission == Permission.PUBLIC else resolve.of_signed_in(function)
    if registered:
        return registered.function
    if is_leaf_type(get_named_type(field.type)) and not field.args:
        return resolve.attribute(name)
    return resolve.attribute_of_dict(owner, name)


def undeclared(built: GraphQLSchema) -> list[str]:
    """The fields of Query and Mutation that have no resolver, so that no permission is declared for them."""
    return sorted(
        f"{root}.{name}"
        for root in ROOTS
        if isinstance(kind := built.type_map.get(root), GraphQLObjectType)
        for name in kind.fields
        if f"{root}.{name}" not in RESOLVERS
    )


def write_json_string(value: Any) -> str:
    """JSON as a string, which is how the client wants metadata, configurations and summaries."""
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), allow_nan=False)


def read_json_string(value: Any) -> str:
    """The string that the client sent; what it says is for the resolver to read."""
    if not isinstance(value, str):
        raise GraphQLError("JSONString is a string of JSON.")
    return value


def write_date_time(value: Any) -> str:
    """ISO 8601 in UTC with a Z."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return value
    raise TypeError(f"A DateTime is a datetime or text, not a {type(value).__name__}.")


def read_date_time(value: Any) -> datetime:
    """A moment from ISO 8601 text; one without a zone is in UTC."""
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise GraphQLError("DateTime is ISO 8601 text such as 2026-01-31T12:00:00Z.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def write_int64(value: Any) -> int:
    """A whole number as JSON number."""
    return int(value)


def read_int64(value: Any) -> int:
    """A whole number of 64 bits, given as number or as digits."""
    if isinstance(value, str) and len(value) <= 20 and value.removeprefix("-").isdecimal() and value.isascii():
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > LARGEST:
        raise GraphQLError("Int64 is a whole number of 64 bits.")
    return value


def as_it_is(value: Any) -> Any:
    """JSON goes in and out unchanged."""
    return value


SCALARS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "DateTime": (write_date_time, read_date_time),
    "Duration": (write_int64, read_int64),
    "Int64": (write_int64, read_int64),
    "JSON": (as_it_is, as_it_is),
    "JSONString": (write_json_string, read_json_string),
}
