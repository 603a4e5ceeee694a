"""What Django's test client gets of a page, without the line breaks of its templates.

Tests look for words and elements as a reader sees them; where a template's lines are broken is none of their business. So white
space is one space, and a break between two tags, at the edge of an element or at the end of a tag is nothing. What is preformatted
stays, and so does what browsers and the client get from a live server.
"""

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

KEPT = re.compile(r"(<(pre|textarea|script)\b.*?</\2>)", re.DOTALL)
BETWEEN = re.compile(r"(?<=>)\s*\n\s*(?=<)")
BEFORE_END = re.compile(r"\s*\n\s*(?=</|/?>)")
AFTER_TAG = re.compile(r"(<[a-z][^<>]*>)\s*\n\s*")


def squeezed(html: str) -> str:
    """The same page with its lines joined."""
    pieces = KEPT.split(html)
    # Three pieces each time: what lies before, what is kept, the name of its tag.
    joined = [_joined(piece) if place % 3 == 0 else piece for place, piece in enumerate(pieces) if place % 3 != 2]
    return "".join(joined).strip()


def _joined(html: str) -> str:
    html = AFTER_TAG.sub(r"\1", BEFORE_END.sub("", BETWEEN.sub("", html)))
    return re.sub(r"\s+", " ", html)


def middleware(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Joins the lines of each page that the test client asks for."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        is_page = "text/html" in response.get("Content-Type", "") and not response.streaming
        if is_page and request.META["SERVER_NAME"] == "testserver":
            response.content = squeezed(response.content.decode()).encode()  # type: ignore[attr-defined]
        return response

    return answer
