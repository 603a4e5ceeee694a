"""Search over everything that the visitor sees in registries: a panel as one types, and a page of results with facets."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.views.decorators.http import require_GET

from artifacts.listing.paging import ListPage, page_of_list
from artifacts.models import Project
from artifacts.views.answers import HtmxHttpRequest, page
from registry.actions.searches import recent_searches, remember_search, saved_searches
from registry.models import RecentSearch, SavedSearch
from registry.search.address import FACETS, SORTS, SearchAddress, narrowing_of, read_address, registry_labels
from registry.search.facets import KIND_TITLES, TITLES, facets_of
from registry.search.find import CANDIDATES, find, visible_registries
from registry.search.hits import Hit, Kind, SearchResults
from registry.search.labels import labels_of
from registry.search.meaning import as_meant, instead
from registry.search.words import Words, read
from registry.views.search.lines import ResultLine, line_of, lines_of

IN_PANEL, IN_OVERVIEW, ON_PAGE = 6, 8, 50
FOR_PANEL = 24  # candidates of a kind, of which the best six are shown
MOST_OF_A_KIND = 500  # that are ranked, sorted and paged where one kind is asked for
NOUNS = {"type": "Types", "registry": "Registries"}
ORDER = (Kind.REGISTRY, Kind.COLLECTION, Kind.VERSION, Kind.TAG, Kind.ALIAS, Kind.FILE)
POINTED_ORDER = (Kind.VERSION, Kind.FILE, Kind.COLLECTION, Kind.REGISTRY, Kind.ALIAS, Kind.TAG)


@dataclass(frozen=True)
class Group:
    """The results of one kind; `all_url` leads to more of them where there are more."""

    key: str
    title: str
    lines: list[ResultLine]
    count: str
    all_url: str = ""


@dataclass(frozen=True)
class Chip:
    """A facet that is chosen, and the address without it."""

    words: str
    href: str


@dataclass(frozen=True)
class Instead:
    """The values that there are of a facet by which nothing was found."""

    noun: str
    values: list[Chip]


@require_GET
def search(request: HtmxHttpRequest) -> HttpResponse:
    address, visible = asked_of(request, request.GET)
    words = read(address.words)
    if request.headers.get("HX-Target") == "search-panel":
        return panel(request, address, words, visible)
    context: dict[str, Any] = {
        "query": address.typed,
        "words": address.words,
        "asks": address.asks,
        "saved": saved_of(request),
        "chips": chips_of(address),
        "sorts": SORTS.items(),
        "sort": address.sort,
        "address": address,
        "here": reverse("registry:search"),
        "query_string": address.query(),
        "clear_url": f"?{SearchAddress(address.words, sort=address.sort).query()}",
    }
    context["saved_as"] = next((one for one in context["saved"] if one.query_string == address.query()), None)
    if address.asks:
        context |= results(request, address, words, visible)
        if is_full(request, address):
            remember_search(address.query(), acting_user=request.user)
    else:
        context["recent"] = recent_of(request)
    return page(request, "registry/search/search.html", context, partial="search-page")


def asked_of(request: HtmxHttpRequest, given: QueryDict) -> tuple[SearchAddress, dict[int, Project]]:
    """The search that was asked for, as it is meant, and the registries that it looks into: none where nothing is asked."""
    address = read_address(given)
    visible = visible_registries(request.user) if address.asks else {}
    return as_meant(address, visible), visible


def panel(request: HtmxHttpRequest, address: SearchAddress, words: Words, seen: dict[int, Project]) -> HttpResponse:
    """A few of each kind for whoever is typing; before that, what they searched for and what they saved."""
    if not address.asks:
        return empty_panel(request)
    narrowing = narrowing_of(address, seen)
    found = find(request.user, address.words, most=IN_PANEL, candidates=FOR_PANEL, narrowing=narrowing, seen=seen)
    groups = [
        Group(kind, KIND_TITLES[kind], [line_of(hit, words) for hit in found.best(kind)], "")
        for kind in order(words)
        if found.best(kind)
    ]
    context = {"query": address.typed, "groups": groups, "all_query": address.query()}
    context["instead"] = ways_instead(address, seen) if not groups else []
    return page(request, "registry/search/panel.html", context)


def empty_panel(request: HtmxHttpRequest) -> HttpResponse:
    """What is offered before the first letter."""
    context = {"recent": recent_of(request), "saved": saved_of(request)[:IN_PANEL], "query": ""}
    return page(request, "registry/search/panel.html", context)


def is_full(request: HtmxHttpRequest, address: SearchAddress) -> bool:
    """Whether this is a search of its own: not another page of one, and not the same words narrowed or sorted in place."""
    if "after" in request.GET or "before" in request.GET:
        return False
    if not request.htmx:
        return True
    shown = read_address(QueryDict((request.htmx.current_url_abs_path or "").partition("?")[2]))
    return shown.words != address.words


def recent_of(request: HtmxHttpRequest) -> list[RecentSearch]:
    """What the visitor searched for lately, in words."""
    kept = list(recent_searches(request.user))
    for one in kept:
        one.said = read_address(QueryDict(one.query_string)).said  # type: ignore[attr-defined]
    return kept


def chips_of(address: SearchAddress) -> list[Chip]:
    """What is chosen of the facets, each with the way to take it back."""
    return [
        Chip(
            f"{TITLES[name]}: {KIND_TITLES[Kind(value)] if name == 'kind' else value}",
            f"?{address.without(name, value)}",
        )
        for name in FACETS
        for value in address.chosen.get(name, ())
    ]


def saved_of(request: HtmxHttpRequest) -> list[SavedSearch]:
    """What the visitor saved, each with what it searches for in words."""
    kept = list(saved_searches(request.user))
    for one in kept:
        one.said = read_address(QueryDict(one.query_string)).said  # type: ignore[attr-defined]
    return kept


def order(words: Words) -> Sequence[Kind]:
    """The kinds as they follow each other: what is pointed at comes first."""
    return POINTED_ORDER if words.is_pointed else ORDER


def ways_instead(address: SearchAddress, visible: dict[int, Project]) -> list[Instead]:
    """What there is of a facet by which nothing was found, each with the address that asks for it."""
    return [
        Instead(NOUNS[name], [Chip(value, f"?{address.query(**{name: (value,)})}") for value in values])
        for name, values in instead(address, visible).items()
    ]


def results(
    request: HtmxHttpRequest, address: SearchAddress, words: Words, visible: dict[int, Project]
) -> dict[str, Any]:
    """What the page shows of the results: some of each kind, or one kind page by page, and the facets."""
    narrowing = narrowing_of(address, visible)
    most = MOST_OF_A_KIND if address.kind is not None else CANDIDATES
    everything = found = find(request.user, address.words, most=CANDIDATES, seen=visible)
    if address.is_narrowed:
        found = find(request.user, address.words, most=most, narrowing=narrowing, seen=visible)
        everything = everything if address.words else found  # without words there is nothing before the facets
    part = page_of_kind(found, address, request.GET) if address.kind is not None else None
    shown = part.rows if part is not None else overview(found, address, words)
    labels = labels_of(
        [*shown, *(hit for hits in everything.hits.values() for hit in hits)], address.chosen.get("alias", ())
    )
    return {
        "facets": facets_of(everything, found, address, narrowing, registry_labels(visible), labels),
        "count": found.count,
        "registries": len({hit.project.pk for hits in found.hits.values() for hit in hits}),
        "is_bounded": bool(found.bounded),
        "instead": ways_instead(address, visible) if not found.count else [],
        "groups": groups_of(found, address, lines_of(shown, words, labels), is_whole=part is not None),
        "part": part,
        "part_text": _range_words(part, found, address) if part is not None else "",
    }


def overview(found: SearchResults, address: SearchAddress, words: Words) -> list[Hit]:
    """Some of each kind, the kinds in their order."""
    return [hit for kind in order(words) for hit in sorted_hits(found.best(kind), address.sort)[:IN_OVERVIEW]]


def groups_of(
    found: SearchResults, address: SearchAddress, lines: Sequence[ResultLine], *, is_whole: bool
) -> list[Group]:
    """Lines under the titles of their kinds, with the way to all of a kind where there are more than stand here."""
    groups = []
    for kind, several in groupby(lines, key=lambda line: line.kind):
        shown = list(several)
        has_more = not is_whole and len(found.hits[kind]) > len(shown)
        url = f"?{address.query(kind=(kind,))}" if has_more else ""
        groups.append(Group(kind, KIND_TITLES[kind], shown, count_of(found, kind), url))
    return groups


def count_of(found: SearchResults, kind: Kind) -> str:
    """How many of a kind there are, with a plus where there are more than were counted."""
    return f"{len(found.hits.get(kind, []))}{'+' if kind in found.bounded else ''}"


def sorted_hits(hits: Sequence[Hit], sort: str) -> list[Hit]:
    """Hits, the best first as they come, or in another order that was asked for."""
    if sort == "newest":
        return sorted(hits, key=lambda hit: -hit.moment.timestamp() if hit.moment else 0)
    if sort == "name":
        return sorted(hits, key=lambda hit: (hit.name.casefold(), hit.number))
    return list(hits)


def page_of_kind(found: SearchResults, address: SearchAddress, asked: QueryDict) -> ListPage[Hit]:
    """A page of the kind that the address asks for, in the order that it asks for."""
    assert address.kind is not None
    hits = sorted_hits(found.hits.get(address.kind, []), address.sort)
    query = QueryDict(address.query(), mutable=True)  # as it was meant, and the place that was asked for
    query.update({name: asked.get(name, "") for name in ("after", "before") if name in asked})
    return page_of_list(hits, _key, query, size=ON_PAGE)


def _range_words(part: ListPage[Hit], found: SearchResults, address: SearchAddress) -> str:
    """Which of the results stand on the page, where it doesn't show them all: “51–100 of 120”."""
    assert address.kind is not None
    is_all = not part.newer and not part.older
    return "" if is_all else f"{part.start + 1}–{part.start + len(part.rows)} of {count_of(found, address.kind)}"


def _key(hit: Hit) -> str:
    """What a place in the list is called in addresses: the row, and of a file its version too."""
    return f"{hit.number}-{hit.membership.pk}" if hit.membership is not None else str(hit.number)
