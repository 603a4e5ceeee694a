"""What search finds: hits of six kinds, and by what they can be narrowed."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from artifacts.models import Collection, Membership, Project


class Kind(StrEnum):
    """What can be found; the values stand in addresses."""

    REGISTRY = "registry"
    COLLECTION = "collection"
    VERSION = "version"
    TAG = "tag"
    ALIAS = "alias"
    FILE = "file"


@dataclass(frozen=True)
class Hit:
    """Something that was found, and the registry or project it is in. A smaller rank is better."""

    kind: Kind
    name: str
    project: Project
    number: int  # of its row: what makes the order unique
    rank: tuple[int | str, ...] = ()
    collection: Collection | None = None
    membership: Membership | None = None
    path: str = ""
    moment: datetime | None = None

    @property
    def type(self) -> str:
        """The type of its versions; registries and tags have none."""
        return self.collection.type if self.collection is not None else ""


@dataclass(frozen=True)
class Narrowing:
    """What the facets leave; empty ones leave everything. One of each that was chosen has to fit."""

    kinds: frozenset[Kind] = frozenset()
    registries: frozenset[int] | None = None
    types: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    aliases: frozenset[str] = frozenset()  # by key

    @property
    def names_something(self) -> bool:
        """Whether it leaves a choice that can be shown without words."""
        return self.registries is not None or bool(self.types or self.tags or self.aliases)

    def takes(self, kind: Kind) -> bool:
        """Whether anything of this kind can be left: registries have no type, tag and alias, tags no type and alias."""
        if self.kinds and kind not in self.kinds:
            return False
        if kind == Kind.REGISTRY:
            return not self.types and not self.tags and not self.aliases
        return kind != Kind.TAG or not (self.types or self.aliases)


@dataclass
class Found:
    """What was found, by kind, the best first, at most so many of each; `bounded` are the kinds that have more than were counted."""

    most: int
    hits: dict[Kind, list[Hit]] = field(default_factory=dict)
    bounded: set[Kind] = field(default_factory=set)

    def add(self, kind: Kind, hits: list[Hit], limit: int) -> None:
        """Take the hits of a kind, of which at most `limit` are kept."""
        self.hits[kind] = sorted(hits, key=lambda hit: (hit.rank, hit.number))[:limit]
        if len(hits) > limit:
            self.bounded.add(kind)

    def listed(self, kind: Kind) -> list[Hit]:
        """The best of a kind."""
        return self.hits.get(kind, [])[: self.most]

    @property
    def registries(self) -> list[Hit]:
        """The best registries."""
        return self.listed(Kind.REGISTRY)

    @property
    def collections(self) -> list[Hit]:
        """The best collections."""
        return self.listed(Kind.COLLECTION)

    @property
    def versions(self) -> list[Hit]:
        """The best versions."""
        return self.listed(Kind.VERSION)

    @property
    def tags(self) -> list[Hit]:
        """The best tags."""
        return self.listed(Kind.TAG)

    @property
    def aliases(self) -> list[Hit]:
        """The best aliases."""
        return self.listed(Kind.ALIAS)

    @property
    def files(self) -> list[Hit]:
        """The best files."""
        return self.listed(Kind.FILE)

    @property
    def count(self) -> int:
        """How many are listed."""
        return sum(len(self.listed(kind)) for kind in Kind)

    @property
    def has_more(self) -> bool:
        """Whether a kind has more than are listed."""
        return any(len(hits) > self.most for hits in self.hits.values()) or bool(self.bounded)


def owner_keys(project: Project) -> tuple[str, ...]:
    """The names by which a registry's owner may stand in a path: the entity's, and the organization's own."""
    entity = project.entity
    return (entity.name_key, entity.organization.name_key) if entity.organization else (entity.name_key,)


def ranked(name_key: str, key: str) -> int:
    """How well a name fits: exactly, by its beginning, by the beginning of a word in it, or somewhere."""
    if name_key == key:
        return 0
    if name_key.startswith(key):
        return 1
    at = name_key.find(key)
    while at > 0:
        if not name_key[at - 1].isalnum():
            return 2
        at = name_key.find(key, at + 1)
    return 3
