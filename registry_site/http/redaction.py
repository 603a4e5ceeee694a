"""What no log may hold: whoever reads it could fetch or replace a file, or act as somebody."""

import re

# Purpose, signed fields, time and signature of a signed address: only the first stays.
SIGNED_ADDRESS = re.compile(
    r"(/(?:storage|wandb_artifacts)/[a-z-]{1,40}\.)[^\s\\\"'<>?#]+"
    r"|(?<![\w-])((?:put|get)-[a-z-]{1,40}\.)[\w=:-]+\.[\w-]+\.[\w=-]+"  # without what stands before it
)
CREDENTIALS = re.compile(r"\b(Basic|Bearer)\s+[A-Za-z0-9+/=_.~-]{8,}")


def redacted(text: str) -> str:
    """The text without signed addresses, signatures, keys and the headers that carry them."""
    text = SIGNED_ADDRESS.sub(lambda found: f"{found[1] or found[2]}…", text)
    return CREDENTIALS.sub(r"\1 …", text)
