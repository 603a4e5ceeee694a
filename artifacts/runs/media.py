"""What is no number though it stands among them: pictures, tables, histograms and whatever else the client logs as an object."""

from collections.abc import Mapping


def is_medium(value: object) -> bool:
    """Whether a logged value is a medium: the client says what kind it is in `_type`; the rest is the size and the place of a file."""
    return isinstance(value, Mapping) and "_type" in value


def is_inside_medium(name: str, values: object) -> bool:
    """Whether a dotted name (`curve.height`) leads into a medium of these values."""
    for head in _heads(name):
        held = values.get(head) if isinstance(values, Mapping) else None
        if isinstance(held, Mapping):
            rest = name[len(head) + 1 :]
            return is_medium(held) or is_inside_medium(rest, held)
    return False


def _heads(name: str) -> list[str]:
    """What a dotted name may begin with, the shortest first: a key may have dots itself."""
    parts = name.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts))]
