"""Search over everything that the visitor sees in registries: a panel as one types, and a page of results."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_GET

from artifacts.naming import key_of
from artifacts.pages import HtmxHttpRequest, page
from registry.actions.search import Found, Hit, find
from registry.views.place import collection_url, organization_name, registry_url, version_url

IN_PANEL, ON_PAGE = 6, 50


@dataclass(frozen=True)
class Line:
    """One result as it is shown."""

    href: str
    icon: str
    name: SafeString
    place: str
    alias: str = ""
    tag: str = ""
    note: str = ""


@dataclass(frozen=True)
class Group:
    """The results of one kind."""

    key: str
    title: str
    lines: list[Line]


@require_GET
def search(request: HtmxHttpRequest) -> HttpResponse:
    words = request.GET.get("q", "").strip()[:200]
    in_panel = request.headers.get("HX-Target") == "search-panel"
    found = find(request.user, words, most=IN_PANEL if in_panel else ON_PAGE)
    groups = [group for group in grouped(found, words) if group.lines]
    context = {
        "query": words,
        "groups": groups,
        "count": found.count,
        "registries": len(
            {hit.project.pk for hit in [*found.registries, *found.collections, *found.tags, *found.aliases]}
        ),
        "has_more": found.has_more,
    }
    if in_panel:
        return page(request, "registry/search.html", context, partial="search-hits")
    return page(request, "registry/search.html", context)


def grouped(found: Found, words: str) -> list[Group]:
    """The results by kind, best kinds first."""
    return [
        Group("registries", "Registries", [registry_line(hit, words) for hit in found.registries]),
        Group("collections", "Collections", [collection_line(hit, words) for hit in found.collections]),
        Group("tags", "Tags", [tag_line(hit) for hit in found.tags]),
        Group("aliases", "Aliases", [alias_line(hit) for hit in found.aliases]),
    ]


def registry_line(hit: Hit, words: str) -> Line:
    return Line(registry_url(hit.project), "layers", marked(hit.name, words), organization_name(hit.project))


def collection_line(hit: Hit, words: str) -> Line:
    collection = hit.collection
    assert collection is not None
    count = collection.version_count
    note = "1 version" if count == 1 else f"{count:,} versions"
    return Line(collection_url(collection), "box", marked(hit.name, words), hit.project.title, note=note)


def tag_line(hit: Hit) -> Line:
    address = registry_url(hit.project)
    return Line(
        f"{address}?{urlencode({'tag': hit.name})}", "tag", format_html("{}", hit.name), hit.project.title, tag=hit.name
    )


def alias_line(hit: Hit) -> Line:
    assert hit.collection is not None
    assert hit.membership is not None
    name = format_html("{}:v{}", hit.collection.name, hit.membership.index)
    address = version_url(hit.collection, f"v{hit.membership.index}")
    return Line(address, "git-commit-horizontal", name, hit.project.title, alias=hit.name)


def marked(name: str, words: str) -> SafeString:
    """A name with the part that was searched for marked, where folding keeps its length."""
    start = key_of(name).find(key_of(words))
    if start < 0 or len(key_of(name)) != len(name):
        return format_html("{}", name)
    end = start + len(key_of(words))
    return format_html("{}<mark>{}</mark>{}", name[:start], name[start:end], name[end:])
