"""The language of the search box above a list: words and conditions, all of which a row has to hold.

`v3 alias:prod tag:"int8 ready" version>=3 metadata.accuracy > 0.9`. A condition that can't be read becomes a sentence for the page,
and the others still count. Which names a list knows is its `Vocabulary`; what they mean for versions says `artifacts.versions.filters`,
for runs `artifacts.runs.filters`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import Q, QuerySet

from artifacts.errors import Invalid
from artifacts.listing.filters import Compilation, Field, narrowed_by
from artifacts.naming import shown, version_index

LONGEST = 500
MOST_CONDITIONS = 20
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


@dataclass(frozen=True)
class Vocabulary:
    """The names that conditions may have in one list.

    `ordered` are those of the `names` that can be compared with < and >, `paths` are the heads of dotted names that lead into JSON,
    `said` and `examples` tell people what they may write, and `numbers` are the names whose value is a version's number.
    """

    names: frozenset[str]
    ordered: frozenset[str]
    paths: frozenset[str]
    said: str
    examples: Mapping[str, str]
    numbers: frozenset[str] = frozenset()


@dataclass(frozen=True)
class TypedCondition:
    """One condition. `name` is a word of the vocabulary, a dotted path into JSON, or empty for a word that is looked for everywhere;
    `text` is the condition as it was typed.
    """

    name: str
    operator: str
    value: Any
    text: str = field(default="", compare=False)


@dataclass
class Query:
    """The conditions that were understood, and a sentence for each that wasn't."""

    conditions: list[TypedCondition] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def parse(text: str, vocabulary: Vocabulary) -> Query:
    """The conditions in a text, in their order."""
    query = Query()
    text = text.replace("\0", "").encode("utf-8", "replace").decode()
    if len(text) > LONGEST:
        text = text[:LONGEST]
        query.faults.append(f"Only the first {LONGEST} characters are read; write a shorter filter.")
    for match in TOKEN.finditer(text.strip()):
        if len(query.conditions) == MOST_CONDITIONS:
            query.faults.append(f"Only the first {MOST_CONDITIONS} conditions are read; leave some out.")
            break
        try:
            query.conditions.append(replace(_read(match, vocabulary), text=match.group().strip()))
        except Invalid as refusal:
            query.faults.append(str(refusal))
    return query


def _read(match: re.Match[str], vocabulary: Vocabulary) -> TypedCondition:
    if match["quoted"] is not None or match["word"] is not None:
        return TypedCondition("", "$contains", match["word"] if match["quoted"] is None else _plain(match["quoted"]))
    if match["path"] is not None:
        is_known = match["path"].partition(".")[0] in vocabulary.paths
        return (
            TypedCondition(match["path"], "$exists", True)
            if is_known
            else TypedCondition("", "$contains", match["path"])
        )
    name, sign, given = match["name"], match["operator"], match["value"]
    said = f"{name}{sign}"
    kind, _, path = name.partition(".")
    kind = kind.lower()
    if kind not in (vocabulary.paths if path else vocabulary.names):
        raise Invalid(f"“{shown(said)}” isn’t a filter here; write {vocabulary.said} before the value.")
    if given is None:
        example = f"{name} > 0.9" if path else vocabulary.examples.get(kind, f"{kind}:baseline")
        raise Invalid(f"“{shown(said)}” has no value behind it; write one, such as {example}.")
    operator = OPERATORS[sign if sign == ":" else sign.removeprefix(":")]
    if path:
        return TypedCondition(f"{kind}.{path}", operator, _value(given))
    value = _plain(given[1:-1]) if given.startswith('"') else given
    if kind in vocabulary.numbers:
        if version_index(value if value.startswith("v") else f"v{value}") is None:
            raise Invalid(f"“{shown(said + given)}” needs a version’s number; write version:v3 or version>=3.")
        return TypedCondition(kind, operator, value if value.startswith("v") else f"v{value}")
    if operator not in {"$eq", "$ne"} and kind not in vocabulary.ordered:
        raise Invalid(f"“{shown(said)}” has no order; write {kind}:{shown(value)} or {kind}!={shown(value)}.")
    return TypedCondition(kind, operator, value)


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


def rows_holding[Rows: QuerySet[Any]](
    found: Rows, query: Query, fields: Mapping[str, Field], condition_of: Callable[[TypedCondition, Compilation], Q]
) -> Rows:
    """The rows that hold every condition of the query; `condition_of` translates one of them.

    What it refuses, such as a text where a number is compared, is added to the query's faults and left out.
    """
    compilation = Compilation(found, fields)
    condition = Q()
    for typed in query.conditions:
        try:
            condition &= condition_of(typed, compilation)
        except Invalid as refusal:
            query.faults.append(str(refusal))
    return narrowed_by(found, compilation, condition)  # type: ignore[return-value]
