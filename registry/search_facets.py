"""The facets of a page of results: by kind, registry, type, tag and alias, each counted among what the others leave."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from zlib import crc32

from artifacts.models import Alias, CollectionTag, VersionTag
from artifacts.naming import key_of
from registry.search_address import Address
from registry.search_hits import Found, Hit, Kind, Narrowing

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


def tags_of(hits: Sequence[Hit]) -> dict[int, frozenset[str]]:
    """The tags by which each hit may be narrowed, by its place among `hits`: two queries, however many there are."""
    on_collections: dict[int, set[str]] = defaultdict(set)
    on_versions: dict[int, set[str]] = defaultdict(set)
    collections = {hit.collection.pk for hit in hits if hit.collection is not None}
    versions = {hit.membership.version_id for hit in hits if hit.membership is not None}
    for number, name in CollectionTag.objects.filter(collection__in=collections).values_list("collection", "name"):
        on_collections[number].add(name)
    for number, name in VersionTag.objects.filter(version__in=versions).values_list("version", "name"):
        on_versions[number].add(name)
    found: dict[int, frozenset[str]] = {}
    for place, hit in enumerate(hits):
        names = {hit.name} if hit.kind == Kind.TAG else set()
        names |= on_collections[hit.collection.pk] if hit.collection is not None else set()
        names |= on_versions[hit.membership.version_id] if hit.membership is not None else set()
        found[place] = frozenset(names)
    return found


def aliases_of(hits: Sequence[Hit], chosen: Sequence[str]) -> dict[int, frozenset[str]]:
    """The aliases by which each hit may be narrowed, by its place: a version's own, and of a collection's many the chosen ones."""
    on_places: dict[int, set[str]] = defaultdict(set)
    on_collections: dict[int, set[str]] = defaultdict(set)
    places = {hit.membership.pk for hit in hits if hit.membership is not None}
    for number, name in Alias.objects.filter(membership__in=places).values_list("membership", "name"):
        on_places[number].add(name)
    if chosen:
        collections = {hit.collection.pk for hit in hits if hit.kind == Kind.COLLECTION and hit.collection is not None}
        held = Alias.objects.filter(collection__in=collections, name_key__in=list(map(key_of, chosen)))
        for number, name in held.values_list("collection", "name"):
            on_collections[number].add(name)
    found: dict[int, frozenset[str]] = {}
    for place, hit in enumerate(hits):
        names = on_places[hit.membership.pk] if hit.membership is not None else set[str]()
        if hit.kind == Kind.COLLECTION and hit.collection is not None:
            names = on_collections[hit.collection.pk]
        found[place] = frozenset(names)
    return found


def facets_of(
    everything: Found, found: Found, address: Address, narrowing: Narrowing, labels: Mapping[int, str]
) -> list[Facet]:
    """The facets of a search before and after it was narrowed; what is chosen is always offered, so that it can be taken back."""
    hits = [hit for several in everything.hits.values() for hit in several]
    tags, aliases = tags_of(hits), aliases_of(hits, address.chosen.get("alias", ()))
    more = "+" if everything.bounded else ""
    facets = []
    for name, title in TITLES.items():
        others = without(narrowing, name)
        counted: Counter[str] = Counter()
        for place, hit in enumerate(hits):
            if fits(hit, others, tags[place], aliases[place]):
                names = aliases[place] if name == "alias" else tags[place]
                counted.update(values_of(hit, name, names, labels))
        options = _options(name, counted, address.chosen.get(name, ()), more)
        if name == "kind":
            options = [_of_kind(option, everything, found) for option in options]
        if options:
            facets.append(Facet(name, title, options))
    return facets


def without(narrowing: Narrowing, name: str) -> Narrowing:
    """The same without one of the facets."""
    empty: dict[str, Narrowing] = {
        "kind": replace(narrowing, kinds=frozenset()),
        "registry": replace(narrowing, registries=None),
        "type": replace(narrowing, types=frozenset()),
        "tag": replace(narrowing, tags=frozenset()),
        "alias": replace(narrowing, aliases=frozenset()),
    }
    return empty[name]


def fits(hit: Hit, narrowing: Narrowing, tags: frozenset[str], aliases: frozenset[str]) -> bool:
    """Whether a hit is left: the same rule as the queries of `registry.actions.search`."""
    if not narrowing.takes(hit.kind):
        return False
    if narrowing.registries is not None and hit.project.pk not in narrowing.registries:
        return False
    if narrowing.types and hit.type not in narrowing.types:
        return False
    if narrowing.aliases and not narrowing.aliases & set(map(key_of, aliases)):
        return False
    return not narrowing.tags or bool(narrowing.tags & tags)


def values_of(hit: Hit, name: str, names: frozenset[str], labels: Mapping[int, str]) -> Sequence[str]:
    """The values of a facet that a hit has."""
    if name == "kind":
        return [hit.kind]
    if name == "registry":
        return [labels[hit.project.pk]] if hit.project.pk in labels else []
    if name == "type":
        return [hit.type] if hit.type else []
    return [*names]


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


def _of_kind(option: Option, everything: Found, found: Found) -> Option:
    """A kind by its title; where it was chosen its own results have the better count."""
    kind = Kind(option.value)
    counted = found if option.is_chosen else everything
    count = str(len(found.hits.get(kind, []))) if option.is_chosen else option.count.rstrip("+")
    return replace(option, label=KIND_TITLES[kind], count=f"{count}{'+' if kind in counted.bounded else ''}")
