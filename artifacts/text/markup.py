"""Markdown that people wrote, as HTML that can do no harm; and colours for the short Python examples that pages show."""

import re
from functools import lru_cache

import nh3
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore

LONGEST = 64 * 1024
# The parser's time grows with the square of these signs; no card of a person comes near the limit.
COSTLY = "[]*_`~<>!&\\"
MOST_COSTLY = 2_000
MOST_IN_A_LINE = 400
MOST_LINES = 3_000
TAGS = {
    *("p", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code", "em", "strong", "s", "a", "br", "hr"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
_TOKEN = re.compile(
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


def _third_level_first(state: StateCore) -> None:
    """Headings start at the third level, because the page's own take the first two, and none is left out in between."""
    headings = [token for token in state.tokens if token.type in {"heading_open", "heading_close"}]
    used = sorted({token.tag for token in headings})
    for token in headings:
        token.tag = f"h{3 + min(3, used.index(token.tag))}"


# An image would make the reader's browser ask a foreign host (and the CSP forbids it): it becomes a link.
_parser = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
_parser.core.ruler.push("third_level_first", _third_level_first)
_cleaner = nh3.Cleaner(
    tags=TAGS,
    attributes={"a": {"href", "title"}, "ol": {"start"}, "code": {"class"}},
    set_tag_attribute_values={"pre": {"tabindex": "0"}},  # what scrolls can be reached by keys
    url_schemes={"http", "https", "mailto"},
    link_rel="nofollow noopener",
)


def is_costly(text: str) -> bool:
    """Whether parsing could take longer than a page may."""
    if len(text.encode()) > LONGEST or sum(map(text.count, COSTLY)) > MOST_COSTLY:
        return True
    lines = text.splitlines()
    return len(lines) > MOST_LINES or any(sum(map(line.count, COSTLY)) > MOST_IN_A_LINE for line in lines)


@lru_cache(maxsize=128)
def markdown_html(text: str) -> SafeString:
    """The text as clean HTML; what is too long or too deeply nested is shown as it was typed."""
    text = text.encode(errors="replace").decode()  # a lone surrogate can't be sent to a browser
    if is_costly(text):
        return mark_safe(f'<pre class="plain" tabindex="0">{escape(text)}</pre>')
    return mark_safe(_cleaner.clean(_parser.render(text)))


def python_html(source: str) -> SafeString:
    """The source as HTML whose `<span>`s have the classes of `.code`: c, k, s, f and p."""
    parts: list[str] = []
    end = 0
    for match in _TOKEN.finditer(source):
        parts.append(escape(source[end : match.start()]))
        inner = _PLACEHOLDER.sub(lambda found: f'<span class="p">{found[0]}</span>', escape(match[0]))
        kind = match.lastgroup or ""
        parts.append(inner if kind == "p" else format_html('<span class="{}">{}</span>', kind, mark_safe(inner)))
        end = match.end()
    return mark_safe("".join([*parts, escape(source[end:])]))
