"""What an automation waits for: which events exist, in which scopes each can happen, and what a condition may say.

The client writes a condition as JSON (wandb/automations/events.py): for what happens to versions and collections a tree
of comparisons, for runs such a tree beside a condition on a metric or a state. Everything is read here before it is
kept; nothing that couldn't be tried later is stored.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from artifacts.errors import Invalid
from artifacts.models import Collection, Entity, Project
from artifacts.naming import shown
from artifacts.text import regex
from artifacts.text.cleaning import clean_json, clean_text

LONGEST = 20_000  # characters of the JSON
DEEPEST = 12
MOST_PARTS = 200
MOST_VALUES = 200
LONGEST_TEXT = 500
LARGEST_WINDOW = 10_000

EVERYWHERE = frozenset({"project", "registry", "sequence", "portfolio", "team", "organization"})
WIDE = frozenset({"team", "organization"})
SCOPE_WORDS = {
    "project": "a project",
    "registry": "a registry",
    "sequence": "an artifact of a project",
    "portfolio": "a collection of a registry or a portfolio of a project",
    "team": "a team",
    "organization": "an organization",
}


@dataclass(frozen=True)
class Event:
    """An event by what people call it, the kinds of scopes in which it happens, and how its condition is read."""

    words: str
    scopes: frozenset[str]
    read: Callable[[Any], dict[str, Any]]


def scope_kind(scope: Entity | Project | Collection) -> str:
    """Which kind of scope it is; Invalid for a person's own entity, which nothing watches as a whole."""
    if isinstance(scope, Collection):
        return "portfolio" if scope.is_portfolio else "sequence"
    if isinstance(scope, Project):
        return "registry" if scope.is_registry else "project"
    if scope.kind == Entity.Kind.PERSONAL:
        raise Invalid("An automation watches a team, an organization, a project or a collection; name one of those.")
    return "team" if scope.is_team else "organization"


def read_condition(event: str, text: str, scope: Entity | Project | Collection) -> dict[str, Any]:
    """The condition of an event as it is kept; Invalid for an event that can't happen in the scope, or a condition that can't be read."""
    known = EVENTS.get(event)
    if known is None:
        raise Invalid(f"Automations don't wait for “{shown(event)}”; take one of: {', '.join(EVENTS)}.")
    kind = scope_kind(scope)
    if kind not in known.scopes:
        allowed = ", ".join(SCOPE_WORDS[word] for word in SCOPE_WORDS if word in known.scopes)
        raise Invalid(f"“{known.words}” never happens in {SCOPE_WORDS[kind]}; choose another scope: {allowed}.")
    return known.read(parsed(text))


def parsed(text: str) -> Any:
    """JSON from the client, bounded and clean."""
    if len(text) > LONGEST:
        raise Invalid(f"The event's filter has {len(text)} characters; {LONGEST} are the most.")
    try:
        return clean_json(json.loads(text))
    except (ValueError, RecursionError):
        raise Invalid("The event's filter is not JSON; let the client write it.") from None


def comparisons(*fields: str) -> Callable[[Any], dict[str, Any]]:
    """The reader of a condition on what happened to a version or collection."""

    def read(given: Any) -> dict[str, Any]:
        # Saved automations hold it one level deeper than new ones (prepare_event_filter_input).
        if isinstance(given, dict) and set(given) == {"filter"}:
            given = unwrapped(given["filter"])
        return {"filter": TreeReader(fields).read(given)}

    return read


def unwrapped(value: Any) -> Any:
    """A value that the client may write as text of JSON inside its JSON."""
    return parsed(value) if isinstance(value, str) else value


class TreeReader:
    """Reads a tree of comparisons on these fields, and counts what it has read."""

    def __init__(self, fields: tuple[str, ...]) -> None:
        self.fields = fields
        self.parts = 0

    def read(self, given: Any, depth: int = DEEPEST) -> dict[str, Any]:
        """The tree; Invalid where it has another shape than the client's."""
        self.parts += 1
        if depth == 0 or self.parts > MOST_PARTS:
            raise Invalid(f"The event's filter has more than {DEEPEST} levels or {MOST_PARTS} parts; write it simpler.")
        if not isinstance(given, dict):
            raise Invalid("The event's filter is no object of fields and operators; let the client write it.")
        return {name: self._entry(name, wanted, depth - 1) for name, wanted in given.items()}

    def _entry(self, name: str, wanted: Any, depth: int) -> Any:
        if name in {"$and", "$or", "$nor"}:
            if not isinstance(wanted, list):
                raise Invalid(f"“{name}” takes a list of filters.")
            return [self.read(one, depth) for one in wanted]
        if name == "$not":
            return self.read(wanted, depth)
        if name not in self.fields:
            raise Invalid(f"Invalid filter fields: {shown(name)}; must be one of: {', '.join(self.fields)}")
        if not isinstance(wanted, dict):
            wanted = {"$eq": wanted}
        return {operator: self._operand(operator, value, name, depth) for operator, value in wanted.items()}

    def _operand(self, operator: str, value: Any, name: str, depth: int) -> Any:
        self.parts += 1
        if operator == "$not" and isinstance(value, dict):
            inner = self.read({name: value}, depth)
            return inner[name]
        if operator in OPERATORS:
            return OPERATORS[operator](value)
        raise Invalid(
            f"The operator “{shown(operator)}” can't be asked of “{name}”; take one of: {', '.join(OPERATORS)}."
        )


def word(value: Any) -> str:
    """A text to compare with."""
    if not isinstance(value, str):
        raise Invalid("Aliases, tags and names are compared with text; put the value into quotation marks.")
    if len(value) > LONGEST_TEXT:
        raise Invalid(f"A text to compare with has more than {LONGEST_TEXT} characters; no name is that long.")
    return clean_text(value)


def pattern(value: Any) -> str:
    """A regular expression that RE2 understands."""
    text = word(value)
    regex.compiled(text)
    return text


def words(value: Any) -> list[str]:
    """A list of texts."""
    if not isinstance(value, list) or len(value) > MOST_VALUES:
        raise Invalid(f"“$in” and “$nin” take a list of up to {MOST_VALUES} texts.")
    return [word(one) for one in value]


def truth(value: Any) -> bool:
    """What $exists takes."""
    if not isinstance(value, bool):
        raise Invalid("“$exists” takes true or false.")
    return value


OPERATORS: dict[str, Callable[[Any], Any]] = {
    "$eq": word,
    "$ne": word,
    "$in": words,
    "$nin": words,
    "$gt": word,
    "$gte": word,
    "$lt": word,
    "$lte": word,
    "$contains": word,
    "$regex": pattern,
    "$exists": truth,
}


def one_of(*choices: str | None) -> Callable[[Any], Any]:
    """The reader of a value out of a few."""

    def read(value: Any) -> Any:
        if value not in choices:
            raise Invalid(f"“{shown(str(value))}” is none of: {', '.join(str(choice) for choice in choices)}.")
        return value

    return read


def number(value: Any) -> int | float:
    """A finite number; not finite ones became texts when the JSON was cleaned."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Invalid("A metric's threshold is a number.")
    return value


def positive(value: Any) -> int | float:
    """A number above zero."""
    if number(value) <= 0:
        raise Invalid("The threshold of a change or a z-score is above 0.")
    return number(value)


def window(value: Any) -> int:
    """How many values are taken together."""
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= LARGEST_WINDOW:
        raise Invalid(f"The window of a metric is a whole number from 1 to {LARGEST_WINDOW}.")
    return value


def metric_name(value: Any) -> str:
    """The metric that is watched."""
    if not isinstance(value, str) or not value:
        raise Invalid("The condition names no metric; write RunEvent.metric(“loss”).")
    return word(value)


AGGREGATION = one_of(None, "MAX", "MIN", "AVERAGE")
DIRECTION = one_of("INCREASE", "DECREASE", "ANY")
METRIC_FILTERS: dict[str, dict[str, Callable[[Any], Any]]] = {
    "threshold_filter": {
        "name": metric_name,
        "agg_op": AGGREGATION,
        "window_size": window,
        "cmp_op": one_of("$gt", "$gte", "$lt", "$lte"),
        "threshold": number,
    },
    "change_filter": {
        "name": metric_name,
        "agg_op": AGGREGATION,
        "current_window_size": window,
        "prior_window_size": window,
        "change_type": one_of("ABSOLUTE", "RELATIVE"),
        "change_dir": DIRECTION,
        "change_amount": positive,
    },
    "zscore_filter": {"name": metric_name, "window_size": window, "threshold": positive, "change_dir": DIRECTION},
}
DEFAULTS: Mapping[str, Any] = {"agg_op": None, "window_size": 1, "current_window_size": 1, "prior_window_size": 1}


def metric(kind: str) -> Callable[[Any], dict[str, Any]]:
    """The reader of a condition on a run's metric."""

    def read(given: Any) -> dict[str, Any]:
        given = run_part(given)
        wanted = given.get("run_metric_filter")
        if wanted is None and given.get("metric_filter") is not None:
            wanted = {"threshold_filter": unwrapped(given["metric_filter"])}  # as clients before 0.20 wrote it
        if not isinstance(wanted, dict) or not isinstance(wanted.get(kind), dict):
            raise Invalid(f"The event's filter says nothing of its metric; it needs a “{kind}”.")
        return {"run_filter": run_tree(given), "run_metric_filter": {kind: fields_of(kind, wanted[kind])}}

    return read


def fields_of(kind: str, given: dict[str, Any]) -> dict[str, Any]:
    """Every field of a metric's condition, read; one too many or one too few is refused."""
    readers = METRIC_FILTERS[kind]
    if unknown := set(given) - set(readers):
        raise Invalid(f"A “{kind}” has no field “{shown(min(unknown))}”; it has: {', '.join(readers)}.")
    given = {**{name: value for name, value in DEFAULTS.items() if name in readers}, **given}
    if missing := [name for name in readers if name not in given]:
        raise Invalid(f"The “{kind}” lacks “{missing[0]}”; let the client write it.")
    return {name: reader(given[name]) for name, reader in readers.items()}


def state(given: Any) -> dict[str, Any]:
    """The reader of a condition on a run's state."""
    given = run_part(given)
    wanted = given.get("run_state_filter")
    states = wanted.get("states") if isinstance(wanted, dict) else None
    if not isinstance(states, list) or not 0 < len(states) <= len(STATES):
        raise Invalid(f"The event's filter names no states of runs; name some of: {', '.join(STATES)}.")
    read = one_of(*STATES)
    return {"run_filter": run_tree(given), "run_state_filter": {"states": sorted({read(one) for one in states})}}


STATES = ("RUNNING", "FINISHED", "FAILED")


def run_part(given: Any) -> dict[str, Any]:
    """The object that a condition on runs is."""
    if not isinstance(given, dict):
        raise Invalid("The event's filter is no object of a run's conditions; let the client write it.")
    return given


def run_tree(given: dict[str, Any]) -> dict[str, Any]:
    """Which runs are meant, by their names."""
    return TreeReader(("display_name",)).read(unwrapped(given.get("run_filter") or {}))


ON_VERSION = comparisons("alias", "tag")
ON_COLLECTION = comparisons("tag")
LOGGED = frozenset({"project", "sequence"}) | WIDE
RUNS = frozenset({"project"}) | WIDE
EVENTS: dict[str, Event] = {
    "LINK_MODEL": Event("A version is linked", EVERYWHERE, ON_VERSION),
    "UNLINK_ARTIFACT": Event("A version is unlinked", EVERYWHERE, ON_VERSION),
    "CREATE_ARTIFACT": Event("A new version is logged", LOGGED, ON_VERSION),
    "ADD_ARTIFACT_ALIAS": Event("An alias is added to a version", EVERYWHERE, ON_VERSION),
    "ADD_ARTIFACT_TAG": Event("A tag is added to a version", EVERYWHERE, ON_VERSION),
    "REMOVE_ARTIFACT_TAG": Event("A tag is removed from a version", EVERYWHERE, ON_VERSION),
    "ADD_COLLECTION_TAG": Event("A tag is added to a collection", EVERYWHERE, ON_COLLECTION),
    "REMOVE_COLLECTION_TAG": Event("A tag is removed from a collection", EVERYWHERE, ON_COLLECTION),
    "RUN_METRIC": Event("A run's metric crosses a threshold", RUNS, metric("threshold_filter")),
    "RUN_METRIC_CHANGE": Event("A run's metric changes", RUNS, metric("change_filter")),
    "RUN_METRIC_ZSCORE": Event("A run's metric is an outlier", RUNS, metric("zscore_filter")),
    "RUN_STATE": Event("A run's state changes", RUNS, state),
}
