"""Text and JSON from outside, made such that both databases can store it."""

import math

from artifacts.errors import Invalid


def clean_text(text: str, *, longest: int = 1_000_000) -> str:
    """Text from outside as both databases can store it: no NUL, no lone surrogates."""
    if len(text) > longest:
        raise Invalid(f"The text has {len(text)} characters; {longest} are the most.")
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def clean_json(value: object, *, depth: int = 64) -> object:
    """JSON from outside as both databases can store it; NaN and the infinities become their names as text."""
    if depth == 0:
        raise Invalid("The JSON is nested more than 64 levels deep; flatten it.")
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2**63 - 1:
        return float(value) if abs(value) < 10**300 else str(value)[:400]
    if isinstance(value, dict):
        return {clean_text(str(name)): clean_json(inner, depth=depth - 1) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [clean_json(inner, depth=depth - 1) for inner in value]
    return value
