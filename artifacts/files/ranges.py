"""Parts of a file over HTTP: which bytes a request asks for (RFC 9110, one range)."""

import re

RANGE = re.compile(r"bytes=(\d{0,19})-(\d{0,19})")


def asked_range(asked: str, if_range: str | None, size: int, etag: str) -> range | None:
    """The bytes that the headers Range and If-Range ask for (empty: it can't be satisfied).

    None stands for the whole file: no range was asked for, several were, or of another file.
    """
    match = RANGE.fullmatch(asked.strip())
    if match is None or (if_range is not None and if_range != etag):
        return None
    first, last = match[1], match[2]
    if not first:
        return range(max(size - int(last), 0), size) if last else None
    if last and int(last) < int(first):
        return None
    return range(min(int(first), size), min(int(last) + 1, size) if last else size)
