"""What one types into the search box of a collection's versions or of a project's runs: words and conditions with AND between them.

`v3 alias:prod tag:"int8 ready" version>=3 metadata.accuracy > 0.9`. What can't be read is answered with a sentence and the rest counts.
What it means for versions is said here, for runs in `artifacts.runs.filters`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from artifacts.errors import Invalid
from artifacts.listing import filters
from artifacts.listing.filter_values import version_value
from artifacts.listing.filters import (
    Column,
    Compiled,
    Field,
    Json,
)
from artifacts.models import Alias, VersionTag
from artifacts.models.collections import MembershipQuerySet
from artifacts.naming import key_of, shown, version_index

LONGEST = 500
MOST_PARTS = 20
OPERATORS = {":": "$eq", "=": "$eq", "==": "$eq", "!=": "$ne", ">": "$gt", ">=": "$gte", "<": "$lt", "<=": "$lte"}
CONSTANTS: dict[str, Any] = {"true": True, "false": False, "null": None}
NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,3})?")
TOKEN = re.compile(
    r"""\s*(?:
      (?P<name>(?:[A-Za-z]\w*)(?:\.[^\s<>=!:"]+)?)\s*(?P<operator>:(?:[<>]=?|=)?|[<>]=?|==?|!=)\s*
        (?P<value>"(?:[^"\\]|\\.)*"|[^\s<>=!:"][^\s"]*)?
      | (?P<path>(?:metadata|config|summary)\.[^\s<>=!:"]+)(?=\s|$)
      | "(?P<quoted>(?:[^"\\]|\\.)*)"
      | (?P<word>\S+)
    )""",
    re.VERBOSE,
)
FIELDS: dict[str, Field] = {
    "version": Column("index", version_value),
    "metadata": Json("version__metadata"),
}


@dataclass(frozen=True)
class Vocabulary:
    """The names that conditions may have: words, those of them that have an order, and what leads into JSON; `said` explains them."""

    names: frozenset[str]
    ordered: frozenset[str]
    paths: frozenset[str]
    said: str


VERSIONS = Vocabulary(
    names=frozenset({"alias", "tag", "version"}),
    ordered=frozenset({"version"}),
    paths=frozenset({"metadata"}),
    said="alias:, tag:, version: or metadata.<key>",
)
EXAMPLES = {
    "alias": "alias:production",
    "tag": "tag:reviewed",
    "version": "version>=3",
    "state": "state:finished",
    "user": "user:ada",
    "created": "created>=2026-01-31",
}


@dataclass(frozen=True)
class Part:
    """One condition, and as it was typed: `name` is alias, tag, `metadata.<path>`, or empty for a word looked for everywhere."""

    name: str
    operator: str
    value: Any
    text: str = field(default="", compare=False)


@dataclass
class Query:
    """The conditions that were understood, and a sentence for each that wasn't."""

    parts: list[Part] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def parse(text: str, vocabulary: Vocabulary = VERSIONS) -> Query:
    """The conditions in a text, in their order."""
    query = Query()
    text = text.replace("\0", "").encode("utf-8", "replace").decode()
    if len(text) > LONGEST:
        text = text[:LONGEST]
        query.faults.append(f"Only the first {LONGEST} characters are read; write a shorter filter.")
    for match in TOKEN.finditer(text.strip()):
        if len(query.parts) == MOST_PARTS:
            query.faults.append(f"Only the first {MOST_PARTS} conditions are read; leave some out.")
            break
        try:
            query.parts.append(replace(_part(match, vocabulary), text=match.group().strip()))
        except Invalid as refusal:
            query.faults.append(str(refusal))
    return query


def _part(match: re.Match[str], vocabulary: Vocabulary) -> Part:
    if match["quoted"] is not None or match["word"] is not None:
        return Part("", "$contains", match["word"] if match["quoted"] is None else _plain(match["quoted"]))
    if match["path"] is not None:
        is_known = match["path"].partition(".")[0] in vocabulary.paths
        return Part(match["path"], "$exists", True) if is_known else Part("", "$contains", match["path"])
    name, sign, given = match["name"], match["operator"], match["value"]
    said = f"{name}{sign}"
    kind, _, path = name.partition(".")
    kind = kind.lower()
    if kind not in (vocabulary.paths if path else vocabulary.names):
        raise Invalid(f"“{shown(said)}” isn’t a filter here; write {vocabulary.said} before the value.")
    if given is None:
        raise Invalid(
            f"“{shown(said)}” has no value behind it; write one, such as {_example(kind, name, is_path=bool(path))}."
        )
    operator = OPERATORS[sign if sign == ":" else sign.removeprefix(":")]
    if path:
        return Part(f"{kind}.{path}", operator, _value(given))
    value = _plain(given[1:-1]) if given.startswith('"') else given
    if kind == "version":
        if version_index(value if value.startswith("v") else f"v{value}") is None:
            raise Invalid(f"“{shown(said + given)}” needs a version’s number; write version:v3 or version>=3.")
        return Part("version", operator, value if value.startswith("v") else f"v{value}")
    if operator not in {"$eq", "$ne"} and kind not in vocabulary.ordered:
        raise Invalid(f"“{shown(said)}” has no order; write {kind}:{shown(value)} or {kind}!={shown(value)}.")
    return Part(kind, operator, value)


def _example(kind: str, name: str, *, is_path: bool) -> str:
    return f"{name} > 0.9" if is_path else EXAMPLES.get(kind, f"{kind}:baseline")


def _plain(text: str) -> str:
    """What stands between quotation marks."""
    return re.sub(r"\\(.)", r"\1", text)


def _value(given: str) -> Any:
    """A value of metadata: in quotation marks always text, else a number, true, false or null if it looks like one."""
    if given.startswith('"'):
        return _plain(given[1:-1])
    if given in CONSTANTS:
        return CONSTANTS[given]
    if not NUMBER.fullmatch(given):
        return given
    number = float(given)
    if re.fullmatch(r"[-+]?\d{1,18}", given):
        return int(given)
    if number in (float("inf"), float("-inf")):
        raise Invalid(f"“{shown(given)}” is larger than a number can be; write a smaller one.")
    return number


def applied(found: MembershipQuerySet, query: Query) -> MembershipQuerySet:
    """The versions that hold every condition; what the database can't compare is added to the query's faults."""
    return holding(found, query, FIELDS, _condition)


def holding[Rows: QuerySet[Any]](
    found: Rows, query: Query, fields: Mapping[str, Field], condition_of: Callable[[Part, Compiled], Q]
) -> Rows:
    """The rows that hold every condition, each made by `condition_of`; its refusals are added to the query's faults."""
    compiled = Compiled(found, fields)
    condition = Q()
    for part in query.parts:
        try:
            condition &= condition_of(part, compiled)
        except Invalid as refusal:
            query.faults.append(str(refusal))
    return filters.narrowed_by(found, compiled, condition)  # type: ignore[return-value]


def _condition(part: Part, compiled: Compiled) -> Q:
    if part.name in {"alias", "tag"}:
        rows: Any = _aliases(name_key=key_of(part.value)) if part.name == "alias" else _tags(name=part.value)
        return ~Q(rows) if part.operator == "$ne" else Q(rows)
    if part.name:
        return filters.group({part.name: {part.operator: part.value}}, compiled, filters.DEEPEST)
    if (index := version_index(part.value)) is not None:
        return Q(index=index)
    return Q(_aliases(name_key__contains=key_of(part.value))) | Q(_tags(name__icontains=part.value))


def _aliases(**named: str) -> Exists:
    return Exists(Alias.objects.filter(membership=OuterRef("pk"), **named))


def _tags(**named: str) -> Exists:
    return Exists(VersionTag.objects.filter(version=OuterRef("version"), **named))
