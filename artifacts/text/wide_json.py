"""How much a JSON text would build, counted before it is built: an empty list costs a sender two bytes and the server sixty."""

import re

STRINGS = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
MANY = 500_000  # values of one text


def is_too_wide(text: bytes | bytearray, most: int = MANY) -> bool:
    """Whether a JSON text has more values than this, keys of objects included."""
    if len(text) <= most or _marks(text) <= most:  # what stands inside strings counts here, so this is never too low
        return False
    return _marks(STRINGS.sub(b"", text)) > most


def _marks(text: bytes | bytearray) -> int:
    return sum(text.count(mark) for mark in (b",", b"[", b"{", b":"))
