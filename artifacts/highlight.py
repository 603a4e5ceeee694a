"""Colours for the short Python examples that pages show."""

import re

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

_WORD = re.compile(
    r"""
    (?P<c>\#[^\n]*)                                                       # a comment, in which nothing else is looked for
    | (?P<s>"[^"\n]*"|'[^'\n]*')                                          # a string
    | \b(?P<k>import|from|with|as|for|in|if|else|return|def|None|True|False)\b
    | (?<=\.)(?P<f>\w+)(?=\()                                             # a method that is called
    | (?P<p><[\w\s-]+>)                                                   # what the reader fills in
    """,
    re.VERBOSE,
)
_PLACEHOLDER = re.compile(r"&lt;[\w\s-]+&gt;")


def python(source: str) -> SafeString:
    """The source as HTML whose `<span>`s have the classes of `.code`: c, k, s, f and p."""
    parts: list[str] = []
    end = 0
    for match in _WORD.finditer(source):
        parts.append(escape(source[end : match.start()]))
        inner = _PLACEHOLDER.sub(lambda found: f'<span class="p">{found[0]}</span>', escape(match[0]))
        kind = match.lastgroup or ""
        parts.append(inner if kind == "p" else format_html('<span class="{}">{}</span>', kind, mark_safe(inner)))
        end = match.end()
    return mark_safe("".join([*parts, escape(source[end:])]))
