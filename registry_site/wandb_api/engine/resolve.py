"""How a field of the client's schema gets its value: `@resolves("Type.field", permission=…)`, names of types, defaults.

A resolver is `function(source, context, **arguments)`: the parent's value, the operation's Context, and the arguments
in snake_case (`artifactID` is `artifact_id`, in input objects too). Every resolver declares who may see its answer.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, wraps
from types import FunctionType, MethodType
from typing import Any, ClassVar, Literal

from artifacts.errors import DomainError, Forbidden, Invalid, NotFound
from registry_site.wandb_api.engine.context import Context

type Resolver = Callable[..., Any]
type CanVerb = Literal["view", "download", "log", "link", "edit", "manage"]

ROOTS = ("Query", "Mutation")


@dataclass(frozen=True)
class Permission:
    """Who may see what a resolver answers: what a test can read off every field."""

    how: Literal["public", "signed in", "parent", "checked"]
    verbs: tuple[CanVerb, ...] = ()

    PUBLIC: ClassVar["Permission"]
    SIGNED_IN: ClassVar["Permission"]
    PARENT: ClassVar["Permission"]

    @classmethod
    def checked(cls, *verbs: CanVerb) -> "Permission":
        """The resolver (or the action that it calls) demands these verbs of the place it touches."""
        if not verbs:
            raise TypeError("Say which verbs the resolver demands.")
        return cls("checked", verbs)


Permission.PUBLIC = Permission("public")  # anybody, also without a key
Permission.SIGNED_IN = Permission("signed in")  # whoever is signed in, about what is their own
Permission.PARENT = Permission("parent")  # whoever was given the parent object


@dataclass(frozen=True)
class Registered:
    """A resolver and what it declared."""

    function: Resolver
    permission: Permission


RESOLVERS: dict[str, Registered] = {}
TYPE_NAMES: dict[type, Callable[[Any], str]] = {}


def resolves(*fields: str, permission: Permission) -> Callable[[Resolver], Resolver]:
    """Make the function the resolver of these fields ("Artifact.tags")."""

    def register(function: Resolver) -> Resolver:
        for field in fields:
            if field in RESOLVERS:
                raise TypeError(f"{field} has a resolver already: {RESOLVERS[field].function.__qualname__}.")
            if field.split(".")[0] in ROOTS and permission == Permission.PARENT:
                raise TypeError(f"{field} has no parent that was judged; declare another permission.")
            RESOLVERS[field] = Registered(function, permission)
        return function

    return register


def reads(*fields: str, permission: Permission = Permission.PARENT) -> None:
    """Allow these fields to lead from a model to another object by its attribute of the same name."""
    for field in fields:
        resolves(field, permission=permission)(attribute(field.split(".")[1]))


def null_if_missing(function: Resolver) -> Resolver:
    """The resolver, answering null where there is nothing that the person can see: what the client takes for "not found".

    Where a page of what lies below is asked for, the client can't read null; then the refusal itself is the answer
    (`Selected` in `engine/execute.py` calls `for_lists`).
    """

    @wraps(function)
    def guarded(source: Any, context: Context, **arguments: Any) -> Any:
        try:
            return function(source, context, **arguments)
        except NotFound:
            return None

    vars(guarded)["for_lists"] = function
    return guarded


def answers_with(status: int, refusal: type[DomainError]) -> Callable[[Resolver], Resolver]:
    """Let this refusal of the resolver travel with an HTTP status, where the client tells by it what happened."""

    def register(function: Resolver) -> Resolver:
        @wraps(function)
        def guarded(source: Any, context: Context, **arguments: Any) -> Any:
            try:
                return function(source, context, **arguments)
            except refusal:
                context.status = status
                raise

        return guarded

    return register


def names_type[Model](model: type[Model]) -> Callable[[Callable[[Model], str]], Callable[[Model], str]]:
    """Make the function say which schema type an instance has, where an interface or a union is answered."""

    def register(function: Callable[[Model], str]) -> Callable[[Model], str]:
        TYPE_NAMES[model] = function
        return function

    return register


def type_name(value: Any) -> str:
    """The schema type of an answer: a dict says it as `__typename`, a model by what `@names_type` registered."""
    if isinstance(value, dict):
        name: str = value["__typename"]
        return name
    for model in type(value).__mro__:
        if model in TYPE_NAMES:
            return TYPE_NAMES[model](value)
    raise TypeError(f"Nothing names the schema type of a {type(value).__name__}; register it with @names_type.")


def snake_case(name: str) -> str:
    """`artifactID` → `artifact_id`, `hexMD5` → `hex_md5`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def attribute(field: str) -> Resolver:
    """The resolver of a field without one: the key of a dict or the attribute of an object, called if it is a method."""
    name = snake_case(field)

    def read(source: Any, context: Context) -> Any:
        if isinstance(source, dict):
            value = source[name] if name in source else source.get(field)
        else:
            value = getattr(source, name)
        if isinstance(value, FunctionType | MethodType | partial):
            if getattr(value, "alters_data", False):
                raise TypeError(f"{name} of {type(source).__name__} changes something, so it is no attribute to read.")
            return value()
        return value

    return read


def attribute_of_dict(owner: str, field: str) -> Resolver:
    """The resolver of a field without one that leads to another object: it reads dicts only.

    A field of a model needs a resolver that declares its permission.
    """
    read = attribute(field)

    def guarded(source: Any, context: Context, **arguments: Any) -> Any:
        if isinstance(source, dict):
            return read(source, context)
        raise TypeError(f"{owner}.{field} leads to another object, so it needs a resolver with a declared permission.")

    return guarded


def of_signed_in(function: Resolver) -> Resolver:
    """The resolver, refusing whoever is not signed in."""

    @wraps(function)
    def guarded(source: Any, context: Context, **arguments: Any) -> Any:
        if context.user is None:
            raise Forbidden("user is not logged in")
        return function(source, context, **arguments)

    if for_lists := getattr(function, "for_lists", None):
        vars(guarded)["for_lists"] = of_signed_in(for_lists)
    return guarded


def never_null(field: str, function: Resolver) -> Resolver:
    """The resolver of a mutation, failing loudly where it forgot to answer: a null payload kills wandb-core."""

    def guarded(source: Any, context: Context, **arguments: Any) -> Any:
        payload = function(source, context, **arguments)
        if payload is None:
            raise TypeError(f"The resolver of Mutation.{field} returned nothing.")
        return payload

    return guarded


def not_served(field: str) -> Resolver:
    """The resolver of a root field that has none."""

    def refuse(source: Any, context: Context, **arguments: Any) -> Any:
        raise Invalid(f"This server doesn't answer “{field}”.")

    return refuse
