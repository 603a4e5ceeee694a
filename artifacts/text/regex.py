"""Regular expressions that strangers wrote: compiled by RE2 only, whose time grows with the text alone, and bounded in size."""

from typing import Any

import re2

from artifacts.errors import Invalid
from artifacts.naming import shown

LONGEST_PATTERN = 500
PATTERN_BYTES = 2**18  # memory of a compiled pattern; without this bound, fifty times `a{0,1000}` takes 13 seconds


def compiled(pattern: str) -> Any:
    """The pattern compiled by RE2; Invalid for one that it doesn't understand or that is too large."""
    if len(pattern) > LONGEST_PATTERN:
        raise Invalid(f"The pattern has more than {LONGEST_PATTERN} characters; use a shorter one.")
    options = re2.Options()
    options.log_errors = False
    options.max_mem = PATTERN_BYTES
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        raise Invalid(
            f"“{shown(pattern)}” is no regular expression that RE2 understands ({reason_of(error)})."
        ) from None


def reason_of(error: Exception) -> str:
    """RE2's own words, which it raises as bytes."""
    reason = error.args[0] if error.args else ""
    return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)


def found_in(pattern: str, text: str | None) -> bool:
    """Whether RE2 finds the pattern (it keeps compiled ones) in the text."""
    return text is not None and re2.search(pattern, text) is not None
