"""What an automation does, as it is kept: the text of a notification, or the payload of a webhook with its variables."""

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from artifacts.errors import Invalid
from artifacts.models import Automation
from artifacts.naming import shown
from artifacts.text.cleaning import clean_json, clean_text

LONGEST_PAYLOAD = 50_000
LONGEST_TITLE = 300
LONGEST_MESSAGE = 10_000
SEVERITIES = ("INFO", "WARN", "ERROR")

VARIABLE = re.compile(r"\$\{([^{}]*)\}")
METADATA = re.compile(r"artifact_metadata\.[^.{}]+")
# The variables that W&B documents for payloads; one that an event has no value for becomes an empty text.
VARIABLES = frozenset(
    {
        "alias", "artifact_collection_name", "artifact_version", "artifact_version_index", "artifact_version_string",
        "automation_name", "entity_name", "event_author", "event_type", "metric_current_status", "metric_filter",
        "metric_filter_short", "metric_name", "metric_values", "project_name", "run_name", "run_status", "tag",
    }
)  # fmt: skip
OF_INTEGRATION = frozenset({"ACCESS_TOKEN", "SECRET_NAME"})


@dataclass(frozen=True)
class GivenAction:
    """The action of an automation as somebody gave it, not read yet: its kind, the number of its integration, and its further fields."""

    kind: str
    integration: int | None = None
    given: dict[str, Any] = field(default_factory=dict)


def read_action(action: GivenAction, secret_names: Collection[str] = ()) -> dict[str, Any]:
    """The action as it is stored; `secret_names` are those of its integration's own secrets, which a payload may name."""
    if action.kind == Automation.Action.NOTIFICATION:
        return notification(action.given)
    if action.kind == Automation.Action.WEBHOOK:
        return {"payload": payload(action.given.get("payload"), secret_names)}
    return {}


def notification(given: dict[str, Any]) -> dict[str, Any]:
    """Title, message and severity."""
    severity = given.get("severity") or SEVERITIES[0]
    if severity not in SEVERITIES:
        raise Invalid(f"“{shown(str(severity))}” is no severity; take one of: {', '.join(SEVERITIES)}.")
    return {
        "title": clean_text(given.get("title") or "", longest=LONGEST_TITLE),
        "message": clean_text(given.get("message") or "", longest=LONGEST_MESSAGE),
        "severity": severity,
    }


def payload(text: str | None, secret_names: Collection[str]) -> dict[str, Any] | None:
    """The JSON object that a webhook will send, with no variable that nothing will ever fill; None: the server's own."""
    if text is None:
        return None
    if len(text) > LONGEST_PAYLOAD:
        raise Invalid(f"The payload has {len(text)} characters; {LONGEST_PAYLOAD} are the most.")
    try:
        given = clean_json(json.loads(text))
    except (ValueError, RecursionError):
        raise Invalid("The payload is not JSON; put variables such as ${alias} into quotation marks too.") from None
    if given is not None and not isinstance(given, dict):
        raise Invalid("The payload is JSON, but no object; write it like {“text”: “${alias}”}.")
    for name in variables_of(given):
        if not (name in VARIABLES | OF_INTEGRATION or name in secret_names or METADATA.fullmatch(name)):
            raise Invalid(
                f"Nothing fills the variable “${{{shown(name)}}}” of the payload; there are "
                f"{', '.join(sorted(VARIABLES))}, artifact_metadata.<key>, and the webhook's own ACCESS_TOKEN and SECRET_NAME."
            )
    return given


def variables_of(value: Any) -> Iterator[str]:
    """The names of all variables in the texts of some JSON, keys among them."""
    if isinstance(value, str):
        yield from VARIABLE.findall(value)
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from variables_of(name)
            yield from variables_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from variables_of(inner)
