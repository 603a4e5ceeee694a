"""Markdown that people wrote, as HTML that can do no harm."""

from collections.abc import Sequence
from functools import lru_cache

import nh3
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

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


class _Renderer(RendererHTML):
    """Headings start at the third level, because the page's own take the first two."""

    def heading_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return f"<h{_level(tokens[idx])}>"

    def heading_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return f"</h{_level(tokens[idx])}>\n"


def _level(token: Token) -> int:
    return min(6, int(token.tag[1]) + 2)


# An image would make the reader's browser ask a foreign host (and the CSP forbids it): it becomes a link.
_parser = MarkdownIt("commonmark", {"html": False}, renderer_cls=_Renderer).enable("table").disable("image")
_cleaner = nh3.Cleaner(
    tags=TAGS,
    attributes={"a": {"href", "title"}, "ol": {"start"}, "code": {"class"}},
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
def render(text: str) -> SafeString:
    """The text as clean HTML; what is too long or too deeply nested is shown as it was typed."""
    text = text.encode(errors="replace").decode()  # a lone surrogate can't be sent to a browser
    if is_costly(text):
        return mark_safe(f'<pre class="plain">{escape(text)}</pre>')
    return mark_safe(_cleaner.clean(_parser.render(text)))
