"""A search as its address says it: the words, what narrows them, the order. What isn't known is passed over.

Among the words, `tag:vision`, `alias:production`, `type:model` and `registry:model` narrow as the facets of these names do, and
become them; a name with a space stands in quotes. Any other word with a colon is a path, as everywhere; so is a collection
that has one of the four names, behind its registry (`model/tag:v0`).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from django.utils.datastructures import MultiValueDict

from artifacts.models import Project, SearchTerm
from artifacts.naming import key_of
from artifacts.text.cleaning import clean_text
from registry.search.hits import Kind
from registry.search.narrowing import Narrowing

LONGEST_WORDS = 400
MOST_CHOSEN = 20
FACETS = ("kind", "registry", "type", "tag", "alias")
QUALIFIERS = ("registry", "type", "tag", "alias")
QUALIFIED = re.compile(r"""(?<!\S)(registry|type|tag|alias):(?:"([^"]*)"?|(\S+))(?!\S)""", re.IGNORECASE)
SORTS = {"": "Best first", "newest": "Newest first", "name": "By name"}


@dataclass(frozen=True)
class SearchAddress:
    """What an address asks for; `chosen` has the values of each facet in the order given, `free` those of them that were typed."""

    words: str
    chosen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sort: str = ""
    free: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def is_narrowed(self) -> bool:
        """Whether any facet is chosen."""
        return any(self.chosen.values())

    @property
    def asks(self) -> bool:
        """Whether there is anything to look for: words, or a facet that names something."""
        return bool(self.words) or any(self.chosen.get(name) for name in QUALIFIERS)

    @property
    def typed(self) -> str:
        """The search as one types it, in one line: `detect registry:model tag:"night shift"`; a kind isn't typed."""
        return " ".join([*([self.words] if self.words else []), *(qualifier(*one) for one in self.qualifiers)])

    @property
    def qualifiers(self) -> Iterator[tuple[str, str]]:
        """What is chosen of the facets that can be typed, with their names."""
        return ((name, value) for name in QUALIFIERS for value in self.chosen.get(name, ()))

    @property
    def kind(self) -> Kind | None:
        """The kind, where one alone is asked for: it is then shown page by page."""
        kinds = self.chosen.get("kind", ())
        return Kind(kinds[0]) if len(kinds) == 1 else None

    @property
    def said(self) -> str:
        """The whole search in words: `detect · registry model · tag vision`."""
        facets = [f"{name} {', '.join(self.chosen[name])}" for name in FACETS if self.chosen.get(name)]
        words = [self.words] if self.words else []
        return " · ".join([*words, *facets, *([SORTS[self.sort].casefold()] if self.sort else [])])

    def meaning(self, name: str, meant: Mapping[str, Sequence[str]]) -> "SearchAddress":
        """The address with what was typed for a facet replaced by the values that it means; what means none stays as it is."""
        values = [other for value in self.chosen.get(name, ()) for other in meant.get(value) or [value]]
        return replace(self, chosen={**self.chosen, name: tuple(dict.fromkeys(values))[:MOST_CHOSEN]})

    def without(self, name: str, value: str) -> str:
        """The query with one of the chosen values taken back."""
        return self.query(**{name: tuple(other for other in self.chosen[name] if other != value)})

    def query(self, **changed: tuple[str, ...]) -> str:
        """The address's query, with facets replaced; without the place in a list, so that it is always its beginning."""
        facets = {name: changed.get(name, self.chosen.get(name, ())) for name in FACETS}
        pairs = [("q", self.words), *((name, value) for name in FACETS for value in facets[name])]
        if self.sort:
            pairs.append(("sort", self.sort))
        return urlencode([pair for pair in pairs if pair[1]])


def read_address(asked: MultiValueDict[str, str]) -> SearchAddress:
    """The search that an address asks for."""
    words, typed = read_qualifiers(cleaned(asked.get("q", ""), LONGEST_WORDS))
    chosen = {
        name: tuple(
            dict.fromkeys(cleaned(value, 200) for value in [*typed.get(name, []), *asked.getlist(name)] if value)
        )[:MOST_CHOSEN]
        for name in FACETS
    }
    chosen["kind"] = tuple(value for value in chosen["kind"] if value in Kind)
    sort = asked.get("sort", "")
    free = {name: [cleaned(value, 200) for value in values] for name, values in typed.items()}
    return SearchAddress(words, chosen, sort if sort in SORTS else "", free)


def read_qualifiers(text: str) -> tuple[str, dict[str, list[str]]]:
    """The words that are left of what was typed, and the values of each qualifier in it."""
    found: dict[str, list[str]] = {}
    left, end = "", 0
    for match in QUALIFIED.finditer(text):
        value = match.group(3) if match.group(2) is None else match.group(2)
        if value.strip():
            found.setdefault(match.group(1).lower(), []).append(value.strip())
            left, end = f"{left} {text[end : match.start()].strip()}".strip(), match.end()
    return (f"{left} {text[end:].strip()}".strip(), found) if found else (text, found)


def qualifier(name: str, value: str) -> str:
    """A facet's value as one types it."""
    return f'{name}:"{value}"' if re.search(r"\s", value) else f"{name}:{value}"


def cleaned(text: str, longest: int) -> str:
    """Words as a database can look for them."""
    return clean_text(text[: longest * 2]).strip()[:longest]


def registry_labels(visible: Mapping[int, Project]) -> dict[int, str]:
    """What each registry is called in addresses and facets: with its organization where another one has the same name."""
    titles: dict[str, int] = {}
    for project in visible.values():
        titles[key_of(project.title)] = titles.get(key_of(project.title), 0) + 1
    return {
        number: full_label(project) if titles[key_of(project.title)] > 1 else project.title
        for number, project in visible.items()
    }


def full_label(project: Project) -> str:
    """A registry with its organization."""
    organization = project.entity.organization
    return f"{organization.name if organization else project.entity.name}/{project.title}"


def narrowing_of(address: SearchAddress, visible: Mapping[int, Project]) -> Narrowing:
    """What the facets leave. A registry that isn't seen, or isn't there, is chosen without effect on what is shown: nothing."""
    asked = {key_of(value) for value in address.chosen.get("registry", ())}
    registries = frozenset(
        number for number, project in visible.items() if {key_of(project.title), key_of(full_label(project))} & asked
    )
    return Narrowing(
        kinds=frozenset(map(Kind, address.chosen.get("kind", ()))),
        registries=registries if asked else None,
        types=frozenset(address.chosen.get("type", ())),
        tags=_tags(address.chosen.get("tag", ()), visible),
        aliases=frozenset(map(key_of, address.chosen.get("alias", ()))),
    )


def _tags(asked: Sequence[str], visible: Mapping[int, Project]) -> frozenset[str]:
    """The tags as they were given, and as the registries that are seen spell them."""
    if not asked:
        return frozenset()
    known = SearchTerm.objects.filter(
        kind=SearchTerm.Kind.TAG, project__in=list(visible), name_key__in=list(map(key_of, asked))
    )
    return frozenset([*asked, *known.values_list("name", flat=True)])
