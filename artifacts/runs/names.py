"""Names for runs whose user gave none: `calm-harbor-12`."""

import re
import secrets
import string

ADJECTIVES = (
    "amber", "ample", "bold", "brave", "bright", "brisk", "calm", "clear", "clever", "coral", "cosmic", "crisp", "deft",
    "eager", "early", "fleet", "gentle", "golden", "grand", "happy", "humble", "keen", "kind", "lively", "lucid", "mellow",
    "noble", "quiet", "rapid", "sunny",
)  # fmt: skip
NOUNS = (
    "anchor", "aspen", "beacon", "birch", "bridge", "brook", "canyon", "cedar", "cloud", "comet", "dune", "ember", "falcon",
    "fern", "field", "forest", "garden", "glacier", "harbor", "heron", "island", "lagoon", "lantern", "maple", "meadow",
    "orchard", "otter", "pebble", "river", "summit",
)  # fmt: skip
MADE = re.compile(rf"(?:{'|'.join(ADJECTIVES)})-(?:{'|'.join(NOUNS)})-(\d{{1,9}})")
ALPHABET = string.ascii_lowercase + string.digits


def new_run_id() -> str:
    """Eight characters, as the client makes them."""
    return "".join(secrets.choice(ALPHABET) for _ in range(8))


def new_display_name(number: int) -> str:
    """Two words and the run's number in its project."""
    return f"{secrets.choice(ADJECTIVES)}-{secrets.choice(NOUNS)}-{number}"


def number_in(name: str) -> int | None:
    """The number in a name that was made here."""
    match = MADE.fullmatch(name)
    return int(match[1]) if match else None
