"""What templates say in our own words: `{% load linkyard %}`. docs/interface.md shows each in use."""

import json
import math
import shlex
import zlib
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Protocol

from django import template
from django.forms import BoundField, CheckboxInput, FileInput, RadioSelect, Select, Textarea
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from lucide.templatetags.lucide import lucide

from artifacts.text.markup import markdown_html, python_html

register = template.Library()

AVATAR_CLASSES = ("", "b", "c", "d", "e")
TYPE_ICONS = {"model": "box", "dataset": "database", "run_table": "table", "job": "workflow", "code": "code"}
NOTE_ICONS = {"bad": "triangle-alert", "good": "circle-check", "info": "info"}
DASH = mark_safe('<span class="muted">–</span>')


@register.simple_tag
@lru_cache(maxsize=256)
def icon(name: str) -> SafeString:
    """A Lucide icon; size and weight come from the stylesheet, and it is silent for screen readers."""
    drawing = lucide(name + "", size=16, **{"class": "icon", "aria-hidden": "true"})
    return mark_safe("".join(line.strip() for line in drawing.splitlines()))


@register.filter
def ago(moment: datetime | None) -> SafeString:
    """How long ago, with the exact time on hover: “12 min ago”, “yesterday”, “2 Aug 2026”; a dash for nothing."""
    if moment is None:
        return DASH
    exact = moment.astimezone(UTC)
    return format_html(
        '<time datetime="{}" title="{} UTC">{}</time>',
        exact.isoformat(timespec="seconds"),
        f"{exact:%Y-%m-%d %H:%M}",
        _distance(moment, timezone.now()),
    )


def _distance(moment: datetime, now: datetime) -> str:
    seconds = (now - moment).total_seconds()
    away = abs(seconds)
    if away < 60:
        return "just now"
    days = abs((now.astimezone(UTC).date() - moment.astimezone(UTC).date()).days)
    if away < 3600:
        amount = f"{int(away // 60)} min"
    elif away < 86_400:
        amount = f"{int(away // 3600)} h"
    elif days == 1:
        return "yesterday" if seconds > 0 else "tomorrow"
    elif days < 14:
        amount = f"{days} days"
    elif days < 31:
        amount = f"{days // 7} weeks"
    else:
        return day(moment)
    return f"{amount} ago" if seconds > 0 else f"in {amount}"


@register.filter
def day(moment: date | None) -> str:
    """A date as people write it: 2 Aug 2026."""
    return f"{moment.day} {moment:%b %Y}" if moment else "–"


@register.filter
def binary_size(size: int | None) -> str:
    """Bytes in binary units: 24.1 MiB."""
    if size is None:
        return "–"
    if size < 1024:
        return f"{size} B"
    amount, units = size / 1024, ["KiB", "MiB", "GiB", "TiB", "PiB"]
    while amount >= 1023.95 and len(units) > 1:
        amount /= 1024
        units.pop(0)
    return f"{amount:.1f} {units[0]}"


@register.filter
def short_digest(digest: str) -> str:
    """The first eight characters, enough to tell two apart; offer the whole one in a copy button."""
    return digest[:8]


@register.filter
def metric(value: object) -> str:
    """A number with four significant digits, grouped from a thousand on; anything else as it is."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return f"{value:,}" if abs(value) < 10**15 else f"{Decimal(value):.3e}"
    if isinstance(value, float):
        if not math.isfinite(value):
            return "NaN" if math.isnan(value) else ("∞" if value > 0 else "-∞")
        return f"{value:,.0f}" if 10_000 <= abs(value) < 10**15 else f"{value:.4g}"
    return "–" if value is None else str(value)


@register.filter
def signed(difference: float) -> str:
    """A change with its sign: +0.003, −0.012, ±0."""
    sign = "+" if difference > 0 else "−" if difference < 0 else "±"
    return sign + metric(abs(difference))


@register.filter
def percent(share: float) -> str:
    """A change in percent with its sign: +0.4 %, −12 %."""
    amount = abs(share)
    sign = "+" if share > 0 else "−" if share < 0 else "±"
    return f"{sign}{amount:.1f} %" if amount < 10 else f"{sign}{amount:,.0f} %"


@register.filter
def signed_size(difference: int) -> str:
    """A change of a size with its sign: +1.4 KiB, ±0."""
    sign = "+" if difference > 0 else "−" if difference < 0 else "±"
    return sign + (binary_size(abs(difference)) if difference else "0")


@register.filter
def initials(name: str) -> str:
    """The first two letters, for an avatar."""
    return name[:2]


@register.filter
def avatar_class(name: str) -> str:
    """The colour of a name, the same on every page and in every process."""
    return AVATAR_CLASSES[zlib.crc32(name.encode(errors="replace")) % len(AVATAR_CLASSES)]


@register.filter
def words(value: object) -> str:
    """One word, or several with commas between them."""
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


@register.filter
def type_icon(artifact_type: str) -> str:
    """The icon of an artifact type."""
    return TYPE_ICONS.get(artifact_type, "package")


@register.filter
def label(value: str) -> str:
    """A stored word as people read it: restricted_viewer → Restricted Viewer."""
    return str(value).replace("_", " ").title()


@register.filter
def markdown(text: str) -> SafeString:
    """Markdown of people as clean HTML, for inside `<div class="prose">`."""
    return markdown_html(text)


@register.filter
def python_code(source: str) -> SafeString:
    """Python with coloured words, strings, calls and `<placeholders>`."""
    return python_html(source)


@register.filter
def spark_points(values: Iterable[float | None]) -> str:
    """The points of a small line, 96 by 22, for components/sparkline.html; gaps and infinities are left out."""
    known = [(x, y) for x, y in enumerate(values) if y is not None and math.isfinite(y)]
    if not known:
        return ""
    low, high = min(y for _, y in known), max(y for _, y in known)
    width = max(1, known[-1][0] - known[0][0])
    height = (high - low) or 1
    return " ".join(f"{2 + 92 * (x - known[0][0]) / width:.1f},{20 - 18 * (y - low) / height:.1f}" for x, y in known)


@register.filter
def python_text(text: str) -> str:
    """Text as a string of Python, in double quotes."""
    return json.dumps(text, ensure_ascii=False)


@register.filter
def shell_text(text: str) -> str:
    """Text as one word for a shell: in double quotes while they keep it as it is."""
    return shlex.quote(text) if any(sign in text for sign in '"$`\\!') else f'"{text}"'


@register.filter
def control(field: BoundField) -> SafeString:
    """A form field's widget with the class that its look needs; the first that was filled in wrongly is where one goes on."""
    widget = field.field.widget
    classes = "input"
    if isinstance(widget, Textarea):
        classes = "textarea"
    elif isinstance(widget, Select) and not isinstance(widget, RadioSelect):
        classes = "select"
    elif isinstance(widget, CheckboxInput | RadioSelect | FileInput):
        classes = ""
    given = widget.attrs.get("class", "")
    attrs: dict[str, str | bool] = {"class": f"{classes} {given}".strip()} if classes else {}
    if field.errors and not isinstance(widget, RadioSelect):
        attrs["autofocus"] = True
    return field.as_widget(attrs=attrs)


@register.filter
def widget_kind(field: BoundField) -> str:
    """How components/field.html lays it out: check, radio or plain."""
    widget = field.field.widget
    if isinstance(widget, RadioSelect):
        return "radio"
    return "check" if type(widget) is CheckboxInput else "plain"


class HasActs(Protocol):
    """What `{% act %}` asks: the page of a version."""

    def act_url(self, name: str) -> str:
        """The address of an act by its name."""
        ...


@register.simple_tag
def act(version_page: HasActs, name: str) -> str:
    """The address of an act on a version: `{% act version_page "describe" %}`; templates can't call with an argument."""
    return version_page.act_url(name)


@register.simple_tag
def crumb(text: str, href: str = "") -> SafeString:
    """One step of `{% breadcrumbs %}`; without an address it is the page itself."""
    if href:
        return format_html('<li><a href="{}">{}</a></li>', href, text)
    return format_html('<li><span aria-current="page">{}</span></li>', text)


@register.simple_tag
@lru_cache(maxsize=2048)
def alias_badge(name: str, protected: bool = False) -> SafeString:
    """components/alias.html without its cross, kept: the same few stand in every row of a list, and an include takes 35 µs each time."""
    return render_to_string("components/alias.html", {"name": name, "protected": protected})


@register.simple_tag
@lru_cache(maxsize=2048)
def tag_badge(name: str, href: str = "") -> SafeString:
    """components/tag.html without its cross, kept likewise."""
    return render_to_string("components/tag.html", {"name": name, "href": href})


@register.simple_tag
@lru_cache(maxsize=256)
def type_badge(name: str) -> SafeString:
    """components/type.html, kept likewise."""
    return render_to_string("components/type.html", {"name": name})


@register.simple_tag
@lru_cache(maxsize=512)
def person_badge(name: str) -> SafeString:
    """components/avatar.html with a link to a person's page, kept likewise."""
    return render_to_string("components/avatar.html", {"name": name, "href": reverse("artifacts:entity", args=[name])})


@register.simple_block_tag
def breadcrumbs(content: str) -> str:
    """The way to this page: `{% crumb %}` tags inside."""
    return format_html('<nav class="crumbs" aria-label="Breadcrumb"><ol>{}</ol></nav>', content)


@register.simple_block_tag
def menu(content: str, id: str, label: str = "Actions", title: str = "", button: str = "", large: bool = False) -> str:
    """A popover of `<li>` items behind a button with three dots, or with words if `button` has some."""
    variables = {"content": content, "id": id, "label": label, "title": title, "button": button, "large": large}
    return render_to_string("components/menu.html", variables)


@register.simple_block_tag
def note(content: str, kind: str = "info", title: str = "") -> str:
    """A sentence in a box: info, good or bad."""
    return render_to_string(
        "components/note.html", {"content": content, "kind": kind, "title": title, "sign": NOTE_ICONS[kind]}
    )


@register.simple_block_tag
def fact(content: str, term: str) -> str:
    """One row of `<dl class="facts">`."""
    return format_html("<div><dt>{}</dt><dd>{}</dd></div>", term, content)
