"""Hits as lines of results: where each leads, what is marked in its name, and what a page says of it besides."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.utils.html import format_html
from django.utils.safestring import SafeString

from artifacts.actions.search_index import file_key
from artifacts.models import Membership
from artifacts.naming import key_of
from artifacts.templatetags.linkyard import binary_size, type_icon
from artifacts.views.url_of import collection_url, registry_url, version_url
from registry.search.hits import Hit, Kind
from registry.search.labels import Labels
from registry.search.sql import Row, Table, rows_of, sql
from registry.search.tables import COLLECTION, VERSION
from registry.search.words import Words
from registry.tables.rows import Name
from registry.views.fetch import organization_name

MOST_BADGES = 4
LONGEST_ABOUT = 180
LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
ICONS = {Kind.REGISTRY: "layers", Kind.TAG: "tag", Kind.ALIAS: "bookmark", Kind.FILE: "file"}
WORDS = {
    Kind.REGISTRY: "Registry of",
    Kind.COLLECTION: "Collection in",
    Kind.VERSION: "Version in",
    Kind.TAG: "Tag in",
    Kind.ALIAS: "Alias in",
    Kind.FILE: "File in",
}


@dataclass
class ResultLine:
    """One result as it is shown; what needs queries of its own is there on the page only."""

    kind: Kind
    href: str
    icon: str
    name: SafeString
    place: str
    alias: Name | None = None
    tag: str = ""
    note: str = ""
    moment: datetime | None = None
    membership: Membership | None = None
    aliases: list[Name] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    about: str = ""

    @property
    def said(self) -> str:
        """What it is and where: “Collection in model”."""
        return f"{WORDS[self.kind]} {self.place}"


def line_of(hit: Hit, words: Words) -> ResultLine:
    """A hit as it is shown in the panel, without asking the database."""
    line = ResultLine(hit.kind, _address(hit), _icon(hit), _name(hit, words), _place(hit), moment=hit.moment)
    line.membership = hit.membership
    if hit.kind == Kind.COLLECTION and hit.collection is not None:
        line.note = counted(hit.collection.version_count, "version")
    if hit.kind == Kind.TAG:
        line.tag = hit.name
    if hit.kind == Kind.ALIAS:
        line.alias = Name(hit.name, False)
    if hit.kind == Kind.FILE:
        line.note = str(hit.membership)
    return line


def lines_of(hits: Sequence[Hit], words: Words, labels: Labels) -> list[ResultLine]:
    """Hits of a page with badges and a few words of each: a number of queries that doesn't depend on theirs."""
    lines = [line_of(hit, words) for hit in hits]
    abouts = _abouts(hits)
    for place, (hit, line) in enumerate(zip(hits, lines, strict=True)):
        line.about = abouts.get(place, "")
        held = labels.names_at(hit)
        if hit.kind == Kind.ALIAS:
            line.alias = next((name for name in held if name.name == hit.name), line.alias)
        line.aliases = [name for name in held if name != line.alias][:MOST_BADGES]
        if hit.kind in {Kind.COLLECTION, Kind.VERSION}:
            line.tags = sorted(labels.tags_of(hit))[:MOST_BADGES]
    return lines


def counted(number: int, noun: str) -> str:
    """`1 version`, `1,200 versions`."""
    return f"1 {noun}" if number == 1 else f"{number:,} {noun}s"


def _address(hit: Hit) -> str:
    if hit.kind == Kind.FILE and hit.membership is not None:
        return f"{version_url(hit.membership, 'files')}?{urlencode({'path': hit.path})}"
    if hit.membership is not None:
        return version_url(hit.membership)
    if hit.collection is not None:
        return collection_url(hit.collection)
    address = registry_url(hit.project)
    return f"{address}?{urlencode({'tag': hit.name})}" if hit.kind == Kind.TAG else address


def _icon(hit: Hit) -> str:
    return ICONS.get(hit.kind) or type_icon(hit.type)


def _name(hit: Hit, words: Words) -> SafeString:
    if hit.kind == Kind.ALIAS:
        return format_html("{}", str(hit.membership))
    for part in (words.key, file_key(words.text), words.name if words.reference is None else ""):
        if part and part in key_of(hit.name):
            return marked(hit.name, part)
    return format_html("{}", hit.name)


def _place(hit: Hit) -> str:
    if hit.kind == Kind.REGISTRY:
        return organization_name(hit.project)
    if not hit.project.is_registry:
        return f"{hit.project.entity.name}/{hit.project.name}"
    return hit.project.title


def marked(name: str, key: str) -> SafeString:
    """A name with the part that was searched for marked, where folding keeps its length."""
    start = key_of(name).find(key)
    if start < 0 or len(key_of(name)) != len(name):
        return format_html("{}", name)
    end = start + len(key)
    return format_html("{}<mark>{}</mark>{}", name[:start], name[start:end], name[end:])


def _abouts(hits: Sequence[Hit]) -> dict[int, str]:
    """A few words of each: of its description, else of what it holds."""
    cards = _rows(COLLECTION, "", [hit.collection.pk for hit in hits if hit.kind == Kind.COLLECTION and hit.collection])
    versions = [hit.membership.version_id for hit in hits if hit.kind == Kind.VERSION and hit.membership]
    contents = _rows(VERSION, ", {version.file_count}, {version.size}, {version.digest}", versions)
    found: dict[int, str] = {}
    for place, hit in enumerate(hits):
        if hit.kind == Kind.REGISTRY:
            found[place] = excerpt(hit.project.description)
        elif hit.kind == Kind.COLLECTION and hit.collection is not None:
            found[place] = excerpt(cards[hit.collection.pk][1]) if hit.collection.pk in cards else ""
        elif hit.kind == Kind.VERSION and hit.membership is not None:
            _, words, files, size, digest = contents[hit.membership.version_id]
            found[place] = excerpt(words) or f"{counted(files, 'file')}, {binary_size(size)}, digest {digest}"
    return found


def _rows(table: Table[Any], more: str, numbers: Sequence[int]) -> dict[int, Row]:
    """The number, the beginning of the description and more columns of some rows, by their number."""
    if not numbers:
        return {}
    t = table.name
    columns = f"{{{t}.id}}, substr({{{t}.description}}, 1, {{most}}){more}"
    described = sql(
        f"SELECT {columns} FROM {{{t}}} WHERE {{{t}.id:among numbers}}", most=LONGEST_ABOUT * 3, numbers=numbers
    )
    return {row[0]: row for row in rows_of(described)}


def excerpt(text: str) -> str:
    """The first plain line of a Markdown text, without its signs, shortened."""
    for line in text.splitlines():
        plain = LINK.sub(r"\1", line).replace("**", "").replace("`", "").strip()
        if plain and plain[0] not in "#|`!<>[-=*_~":
            return plain if len(plain) <= LONGEST_ABOUT else f"{plain[: LONGEST_ABOUT - 1].rstrip()}…"
    return ""
