"""What search finds: hits of six kinds, and how well each fits."""

from collections.abc import Callable, Iterable, Mapping
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


@dataclass
class SearchResults:
    """What was found, by kind, the best first. `most` of each are shown; `bounded` are the kinds that have more than were counted."""

    most: int
    hits: dict[Kind, list[Hit]] = field(default_factory=dict)
    bounded: set[Kind] = field(default_factory=set)

    def add(self, kind: Kind, hits: list[Hit], limit: int) -> None:
        """Take the hits of a kind, of which at most `limit` are kept."""
        self.hits[kind] = sorted(hits, key=lambda hit: (hit.rank, hit.number))[:limit]
        if len(hits) > limit:
            self.bounded.add(kind)

    def best(self, kind: Kind) -> list[Hit]:
        """The best of a kind."""
        return self.hits.get(kind, [])[: self.most]

    @property
    def count(self) -> int:
        """How many the best of all kinds are."""
        return sum(len(self.best(kind)) for kind in Kind)


def collection_hits(
    collections: Iterable[Collection],
    visible: Mapping[int, Project],
    rank: Callable[[int, Collection], tuple[int | str, ...]],
) -> list[Hit]:
    """Hits of collections in registries that are seen; `rank` is told how many stand before one, and the collection."""
    hits = []
    for place, collection in enumerate(collections):
        collection.project = visible[collection.project_id]
        name, project, number = collection.name, collection.project, collection.pk
        moment = collection.last_added_at or collection.created_at
        hits.append(Hit(Kind.COLLECTION, name, project, number, rank(place, collection), collection, moment=moment))
    return hits


def version_hit(membership: Membership, rank: tuple[int | str, ...]) -> Hit:
    """The hit of a version in a collection, whose project is known."""
    collection, number, moment = membership.collection, membership.pk, membership.created_at
    return Hit(Kind.VERSION, str(membership), collection.project, number, rank, collection, membership, moment=moment)


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
