"""The facets of a page of results: by kind, registry, type, tag and alias, each counted among what the others leave."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from zlib import crc32

from artifacts.naming import key_of
from registry.search.address import SearchAddress
from registry.search.hits import Hit, Kind, SearchResults
from registry.search.labels import Labels
from registry.search.narrowing import EVERYTHING, Narrowing

MOST_OPTIONS = 12
KIND_TITLES = {
    Kind.REGISTRY: "Registries",
    Kind.COLLECTION: "Collections",
    Kind.VERSION: "Versions",
    Kind.TAG: "Tags",
    Kind.ALIAS: "Aliases",
    Kind.FILE: "Files",
}
TITLES = {"kind": "Kind", "registry": "Registry", "type": "Type", "tag": "Tag", "alias": "Alias"}


@dataclass(frozen=True)
class Option:
    """A value that can be chosen; `count` is a number, with a plus where there are more than were counted."""

    value: str
    label: str
    count: str
    is_chosen: bool
    id: str


@dataclass(frozen=True)
class Facet:
    """A way to narrow."""

    name: str
    title: str
    options: list[Option]


def facets_of(
    everything: SearchResults,
    found: SearchResults,
    address: SearchAddress,
    narrowing: Narrowing,
    names: Mapping[int, str],
    labels: Labels,
) -> list[Facet]:
    """The facets of a search before and after it was narrowed; what is chosen is always offered, so that it can be taken back.

    `names` are those of the registries, `labels` the tags and aliases of all that was found.
    """
    hits = [hit for several in everything.hits.values() for hit in several]
    more = "+" if everything.bounded else ""
    facets = []
    for name, title in TITLES.items():
        others = without(narrowing, name)
        left = hits if others == EVERYTHING else [hit for hit in hits if fits(hit, others, labels)]
        counted = Counter(value for hit in left for value in values_of(hit, name, labels, names))
        options = _options(name, counted, address.chosen.get(name, ()), more)
        if name == "kind":
            options = [_of_kind(option, everything, found) for option in options]
        if options:
            facets.append(Facet(name, title, options))
    return facets


def without(narrowing: Narrowing, name: str) -> Narrowing:
    """What is left if one of the facets is not chosen."""
    empty: dict[str, Narrowing] = {
        "kind": replace(narrowing, kinds=frozenset()),
        "registry": replace(narrowing, registries=None),
        "type": replace(narrowing, types=frozenset()),
        "tag": replace(narrowing, tags=frozenset()),
        "alias": replace(narrowing, aliases=frozenset()),
    }
    return empty[name]


def fits(hit: Hit, narrowing: Narrowing, labels: Labels) -> bool:
    """Whether a hit is left: the same rule as the queries of `registry.search.find`."""
    if not narrowing.takes(hit.kind):
        return False
    if narrowing.registries is not None and hit.project.pk not in narrowing.registries:
        return False
    if narrowing.types and hit.type not in narrowing.types:
        return False
    if narrowing.aliases and not narrowing.aliases & set(map(key_of, labels.aliases_of(hit))):
        return False
    return not narrowing.tags or bool(narrowing.tags & labels.tags_of(hit))


def values_of(hit: Hit, name: str, labels: Labels, names: Mapping[int, str]) -> Iterable[str]:
    """The values of a facet that a hit has."""
    if name == "kind":
        return (hit.kind,)
    if name == "registry":
        return (names[hit.project.pk],) if hit.project.pk in names else ()
    if name == "type":
        return (hit.type,) if hit.type else ()
    return labels.aliases_of(hit) if name == "alias" else labels.tags_of(hit)


def _options(name: str, counted: Counter[str], chosen: Sequence[str], more: str) -> list[Option]:
    """The values with the most hits, the chosen ones first; kinds in their own order."""
    known = {value.casefold(): value for value in counted}
    wanted = [known.get(value.casefold(), value) for value in chosen]
    if name == "kind":
        values: list[str] = [kind for kind in Kind if counted[kind] or kind in wanted]
    else:
        ordered = sorted(counted, key=lambda value: (-counted[value], value.casefold()))
        values = [*wanted, *(value for value in ordered if value not in wanted)][: max(MOST_OPTIONS, len(wanted))]
    return [
        Option(
            value=value,
            label=value,
            count=f"{counted[value]}{more}",
            is_chosen=value in wanted,
            id=f"facet-{name}-{crc32(value.encode()):x}",  # the same wherever it stands, so that the focus stays on it
        )
        for value in values
    ]


def _of_kind(option: Option, everything: SearchResults, found: SearchResults) -> Option:
    """A kind by its title; where it was chosen its own results have the better count."""
    kind = Kind(option.value)
    counted = found if option.is_chosen else everything
    count = str(len(found.hits.get(kind, []))) if option.is_chosen else option.count.rstrip("+")
    return replace(option, label=KIND_TITLES[kind], count=f"{count}{'+' if kind in counted.bounded else ''}")
