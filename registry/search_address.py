"""A search as its address says it: the words, what narrows them, the order. What isn't known is passed over."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.utils.datastructures import MultiValueDict

from artifacts.models import Project
from artifacts.naming import clean_text, key_of
from registry.search_hits import Kind, Narrowing

LONGEST_WORDS = 400
MOST_CHOSEN = 20
FACETS = ("kind", "registry", "type", "tag")
SORTS = {"": "Best first", "newest": "Newest first", "name": "By name"}


@dataclass(frozen=True)
class Address:
    """What an address asks for; `chosen` has the values of each facet in the order given."""

    words: str
    chosen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sort: str = ""

    @property
    def is_narrowed(self) -> bool:
        """Whether any facet is chosen."""
        return any(self.chosen.values())

    @property
    def kind(self) -> Kind | None:
        """The kind, where one alone is asked for: it is then shown page by page."""
        kinds = self.chosen.get("kind", ())
        return Kind(kinds[0]) if len(kinds) == 1 else None

    @property
    def said(self) -> str:
        """The whole search in words: `detect · registry model · tag vision`."""
        facets = [f"{name} {', '.join(self.chosen[name])}" for name in FACETS if self.chosen.get(name)]
        return " · ".join([self.words, *facets, *([SORTS[self.sort].casefold()] if self.sort else [])])

    def query(self, **changed: tuple[str, ...]) -> str:
        """The address's query, with facets replaced; without the place in a list, so that it is always its beginning."""
        facets = {name: changed.get(name, self.chosen.get(name, ())) for name in FACETS}
        pairs = [("q", self.words), *((name, value) for name in FACETS for value in facets[name])]
        if self.sort:
            pairs.append(("sort", self.sort))
        return urlencode([pair for pair in pairs if pair[1]])


def read_address(asked: MultiValueDict[str, str]) -> Address:
    """The search that an address asks for."""
    chosen = {
        name: tuple(dict.fromkeys(cleaned(value, 200) for value in asked.getlist(name) if value))[:MOST_CHOSEN]
        for name in FACETS
    }
    chosen["kind"] = tuple(value for value in chosen["kind"] if value in Kind)
    sort = asked.get("sort", "")
    return Address(cleaned(asked.get("q", ""), LONGEST_WORDS), chosen, sort if sort in SORTS else "")


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


def narrowing_of(address: Address, visible: Mapping[int, Project]) -> Narrowing:
    """What the facets leave. A registry that isn't seen, or isn't there, is chosen without effect on what is shown: nothing."""
    asked = {key_of(value) for value in address.chosen.get("registry", ())}
    registries = frozenset(
        number for number, project in visible.items() if {key_of(project.title), key_of(full_label(project))} & asked
    )
    return Narrowing(
        kinds=frozenset(map(Kind, address.chosen.get("kind", ()))),
        registries=registries if asked else None,
        types=frozenset(address.chosen.get("type", ())),
        tags=frozenset(address.chosen.get("tag", ())),
    )
