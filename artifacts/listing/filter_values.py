"""How the values of a filter are read, each kind of field in its own way."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from math import inf, isfinite
from typing import Any

from django.db.models import Q

from artifacts.errors import Invalid
from artifacts.naming import version_index
from artifacts.text.cleaning import clean_json, clean_text
from artifacts.text.regex import LONGEST_PATTERN

MOST_VALUES = 1_000  # of one $in
LARGEST = 2**63 - 1
LARGEST_KEPT = 10**300  # of the numbers inside JSON; larger ones are kept as text
NONE = Q(pk__in=())  # holds for no row

type Reader = Callable[[Any], Any]


def list_value(value: Any) -> list[Any]:
    """The list of an $in, $nin or $all."""
    if not isinstance(value, list):
        raise Invalid("“$in”, “$nin” and “$all” take a list of values.")
    if len(value) > MOST_VALUES:
        raise Invalid(f"A list of {len(value)} values is too long for a filter; {MOST_VALUES} are the most.")
    return value


def truth_value(value: Any) -> bool:
    """What $exists takes."""
    if not isinstance(value, bool):
        raise Invalid("“$exists” takes true or false.")
    return value


def size_value(value: Any) -> int:
    """What $size takes."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST:
        raise Invalid("“$size” takes a whole number from 0.")
    return value


def text_value(value: Any) -> str:
    """Text, as the databases can hold it."""
    if not isinstance(value, str):
        raise Invalid("This field is compared with text; put the value into quotation marks.")
    return clean_text(value)


def number_value(value: Any) -> Any:
    """A whole number. One beyond the range of a column becomes NONE, since no row can have it."""
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,19}", value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise Invalid("This field is compared with a whole number.")
    return value if abs(value) <= LARGEST else NONE


def version_value(value: Any) -> Any:
    """A version's number, written 3 or "v3". Another word becomes NONE, since no version has it."""
    if isinstance(value, str):
        index = version_index(value)
        return NONE if index is None else index
    return number_value(value)


def moment_value(value: Any) -> datetime:
    """A moment as ISO 8601, in UTC unless it says otherwise; a day alone is its beginning."""
    try:
        moment = datetime.fromisoformat(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise Invalid("This field is compared with a moment such as 2026-01-31 or 2026-01-31 12:00:00.") from None


def part_value(value: Any) -> str:
    """The part of a text that $contains looks for."""
    part = text_value(value)
    if len(part) > LONGEST_PATTERN:
        raise Invalid(f"The part has more than {LONGEST_PATTERN} characters; look for a shorter one.")
    return part


def comparable(value: Any) -> Any:
    """A value that has an order."""
    if value is None or isinstance(value, bool | list | dict):
        raise Invalid("Only a number, a text or a moment can be compared with $gt, $gte, $lt and $lte.")
    return value


def inner_value(value: Any) -> Any:
    """A value inside JSON as it is kept: text, number, true, false or null."""
    if isinstance(value, dict | list):
        raise Invalid("A value inside JSON is compared with text, a number, true, false, null, or a list of them.")
    return clean_json(value)


def inner_list(value: list[Any]) -> list[Any]:
    """A whole list inside JSON, as it is kept."""
    if _size(value) > MOST_VALUES:
        raise Invalid(f"A list of more than {MOST_VALUES} values is too long for a filter.")
    return [clean_json(one) for one in value]


def _size(value: Any) -> int:
    """How many values a list has, with those inside them."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + sum(_size(one) for one in inner)


def inner_bound(value: Any) -> Any:
    """What a value inside JSON is compared with by its order: text or a number, the infinities included."""
    if isinstance(comparable(value), float) and not isfinite(value):
        return value
    if isinstance(value, int) and abs(value) >= LARGEST_KEPT:
        return inf if value > 0 else -inf
    return inner_value(value)
