"""The client's ids: standard base64 of `Type:number`, with padding, the same for as long as the row lives."""

import base64
import binascii
import re

from artifacts.errors import Invalid, NotFound

LARGEST = 2**63 - 1
LONGEST = 200  # no id of ours comes near; longer text isn't even decoded
PLAIN = re.compile(r"([A-Za-z]+):(0|[1-9][0-9]{0,18})")


def encode(type_name: str, pk: int) -> str:
    """The id of a row, as the client gets it."""
    return base64.b64encode(f"{type_name}:{pk}".encode()).decode()


def decode(text: str, *type_names: str) -> int:
    """The primary key in an id of one of these types; Invalid when it is no id, NotFound when it is another thing's."""
    try:
        plain = base64.b64decode(text, validate=True).decode("ascii") if len(text) <= LONGEST else ""
    except (binascii.Error, ValueError):
        plain = ""
    match = PLAIN.fullmatch(plain)
    if not match or encode(match[1], int(match[2])) != text:
        raise Invalid("This id was not given out by this server; take one from an answer of it.")
    if match[1] not in type_names or int(match[2]) > LARGEST:
        raise NotFound(f"No {type_names[0].lower()} has this id.")
    return int(match[2])


def is_of(text: str, type_name: str) -> bool:
    """Whether a text is an id of this type."""
    try:
        decode(text, type_name)
    except (Invalid, NotFound):
        return False
    return True
