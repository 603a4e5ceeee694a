"""Automations in words, as a person would say what one waits for, where, and what it does."""

from collections.abc import Mapping
from typing import Any

from artifacts.automations.conditions import EVENTS, SCOPE_WORDS, scope_kind
from artifacts.models import Automation, Collection, Integration

FIELD_WORDS = {"display_name": "run name"}
OPERATOR_WORDS = {
    "$eq": "is",
    "$ne": "is not",
    "$gt": "comes after",
    "$gte": "is or comes after",
    "$lt": "comes before",
    "$lte": "is or comes before",
    "$contains": "contains",
    "$regex": "matches",
    "$in": "is one of",
    "$nin": "is none of",
}
SIGNS = {"$gt": ">", "$gte": "≥", "$lt": "<", "$lte": "≤"}
DIRECTIONS = {"INCREASE": "rises", "DECREASE": "falls", "ANY": "changes"}
DEVIATIONS = {"INCREASE": "above the mean by", "DECREASE": "below the mean by", "ANY": "away from the mean by"}


def event_words(automation: Automation) -> str:
    """What it waits for."""
    known = EVENTS.get(automation.event)
    return known.words if known else automation.event


def condition_words(automation: Automation) -> str:
    """Under which condition; empty where there is none."""
    condition: Mapping[str, Any] = automation.condition
    parts = [tree_words(condition.get("filter") or {}), tree_words(condition.get("run_filter") or {})]
    metric = condition.get("run_metric_filter") or {}
    parts += [METRIC_WORDS[kind](metric[kind]) for kind in METRIC_WORDS if kind in metric]
    if "run_state_filter" in condition:
        parts.append(f"becomes {' or '.join(condition['run_state_filter']['states']).lower()}")
    return ", ".join(part for part in parts if part)


def tree_words(tree: Mapping[str, Any]) -> str:
    """A tree of comparisons; empty for one that always holds."""
    return _joined("and", [_entry_words(name, wanted) for name, wanted in tree.items()])


def _entry_words(name: str, wanted: Any) -> str:
    if name == "$and":
        return _joined("and", [tree_words(one) for one in wanted])
    if name in {"$or", "$nor"}:
        parts = [tree_words(one) for one in wanted]
        either = _joined("or", parts) if all(parts) else ""
        return f"not ({either or 'anything'})" if name == "$nor" else either
    if name == "$not":
        return f"not ({tree_words(wanted) or 'anything'})"
    return _joined("and", [_comparison(FIELD_WORDS.get(name, name), op, value) for op, value in wanted.items()])


def _joined(link: str, parts: list[str]) -> str:
    """Parts that say something, in brackets where several of another kind stand side by side."""
    parts = [part for part in parts if part]
    other = " and " if link == "or" else " or "
    return f" {link} ".join(f"({part})" if len(parts) > 1 and other in part else part for part in parts)


def _comparison(field: str, operator: str, value: Any) -> str:
    if operator == "$exists":
        return f"has {'an' if field == 'alias' else 'a'} {field}" if value else f"has no {field}"
    if operator == "$not":
        return f"not ({_joined('and', [_comparison(field, op, inner) for op, inner in value.items()])})"
    values = value if isinstance(value, list) else [value]
    return f"{field} {OPERATOR_WORDS[operator]} {', '.join(f'“{one}”' for one in values)}"


def _metric(given: Mapping[str, Any], window: str) -> str:
    """The metric, alone or several of its values taken together."""
    aggregation = {"MAX": "maximum", "MIN": "minimum", "AVERAGE": "average"}.get(given["agg_op"] or "")
    return f"{aggregation} of the last {given[window]} values of {given['name']}" if aggregation else given["name"]


def _threshold(given: Mapping[str, Any]) -> str:
    return f"{_metric(given, 'window_size')} {SIGNS[given['cmp_op']]} {given['threshold']:g}"


def _change(given: Mapping[str, Any]) -> str:
    amount = given["change_amount"]
    by = f"{amount * 100:g} %" if given["change_type"] == "RELATIVE" else f"{amount:g}"
    return f"{_metric(given, 'current_window_size')} {DIRECTIONS[given['change_dir']]} by {by}"


def _zscore(given: Mapping[str, Any]) -> str:
    where = DEVIATIONS[given["change_dir"]]
    return f"{given['name']} lies {where} {given['threshold']:g} standard deviations of the last {given['window_size']} values"


METRIC_WORDS = {"threshold_filter": _threshold, "change_filter": _change, "zscore_filter": _zscore}


def action_words(automation: Automation) -> str:
    """What it shall do."""
    integration = automation.integration
    if automation.action_kind == Automation.Action.NOTHING:
        return "Does nothing"
    if integration is None:
        return "Has nowhere to deliver to"
    if integration.kind == Integration.Kind.SLACK:
        return f"Slack message to #{integration.slack_channel} ({integration.slack_team})"
    return f"Webhook “{integration.name}” of {integration.entity.name}"


def scope_words(automation: Automation) -> str:
    """Where it watches: “the registry model”, “the team vision”."""
    scope = automation.scope
    name = scope.name if isinstance(scope, Collection) or not automation.project else automation.project.title
    kind = SCOPE_WORDS[scope_kind(scope)].split(" of ")[0].removeprefix("a ").removeprefix("an ")
    return f"{kind} {automation.organization if kind == 'organization' else name}"
