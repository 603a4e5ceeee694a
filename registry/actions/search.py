"""Finding registries, collections, tags and aliases by a part of their name, among what somebody may see."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from artifacts import access
from artifacts.actions.search import SHORTEST_PART, grams_of
from artifacts.models import Alias, Collection, CollectionTag, Membership, Project, SearchTerm, User, VersionTag
from artifacts.naming import key_of

MOST = 20
MOST_GRAMS = 4
LONGEST_WORDS = 128


@dataclass(frozen=True)
class Hit:
    """Something that was found, and the registry it is in."""

    name: str
    project: Project
    collection: Collection | None = None
    membership: Membership | None = None


@dataclass
class Found:
    """What was found, by kind, the best first; `has_more` says that a kind has more than are listed."""

    registries: list[Hit] = field(default_factory=list)
    collections: list[Hit] = field(default_factory=list)
    tags: list[Hit] = field(default_factory=list)
    aliases: list[Hit] = field(default_factory=list)
    has_more: bool = False

    @property
    def count(self) -> int:
        """How many are listed."""
        return len(self.registries) + len(self.collections) + len(self.tags) + len(self.aliases)


def find(user: User, words: str, *, most: int = MOST) -> Found:
    """The names that hold `words`: exactly these first, then those that begin so, then the others."""
    key = key_of(words.replace("\0", "").strip()[:LONGEST_WORDS])
    found = Found()
    if not key:
        return found
    visible = {
        project.pk: project
        for project in access.visible_projects(user).registries().select_related("entity__organization")
    }
    found.registries = _registries(visible.values(), key)[:most]
    terms = {
        kind: _terms(visible, kind, key, most)
        for kind in (SearchTerm.Kind.COLLECTION, SearchTerm.Kind.TAG, SearchTerm.Kind.ALIAS)
    }
    found.has_more = any(len(listed) > most for listed in terms.values())
    found.collections = _collections(visible, terms[SearchTerm.Kind.COLLECTION][:most])
    found.tags = _tags(visible, terms[SearchTerm.Kind.TAG][:most])
    found.aliases = _aliases(visible, terms[SearchTerm.Kind.ALIAS][:most])
    return found


def _rank(name_key: str, key: str) -> tuple[int, int, str]:
    return (0 if name_key == key else 1 if name_key.startswith(key) else 2, len(name_key), name_key)


def _registries(projects: Iterable[Project], key: str) -> list[Hit]:
    """Registries are few: their names are read here, so that a renamed one is found by its new name only."""
    named = [(key_of(project.title), project) for project in projects]
    fits = str.__contains__ if len(key) >= SHORTEST_PART else str.startswith
    fitting = sorted(
        ((_rank(name, key), project.pk, project) for name, project in named if fits(name, key)),
        key=lambda one: one[:2],
    )
    return [Hit(project.title, project) for _, _, project in fitting]


def _terms(visible: dict[int, Project], kind: SearchTerm.Kind, key: str, most: int) -> list[SearchTerm]:
    """Terms of one kind, ranked: those that begin so, then, if these are few, those that hold it elsewhere."""
    known = SearchTerm.objects.filter(kind=kind, project__in=list(visible))
    first = list(known.filter(name_key__startswith=key).order_by("name_key", "pk")[: most + 1])
    parts: list[SearchTerm] = []
    if len(key) >= SHORTEST_PART and len(first) <= most:
        inner = known.filter(name_key__contains=key).exclude(name_key__startswith=key)
        for gram in _telling(grams_of(key)):
            inner = inner.filter(grams__gram=gram)
        parts = list(inner.order_by("pk")[: most + 1])
    return sorted([*first, *parts], key=lambda term: (_rank(term.name_key, key), term.pk))[: most + 1]


def _telling(grams: Sequence[str]) -> Sequence[str]:
    """A few grams, spread over the word: together they leave little to compare."""
    step = max(1, -(-len(grams) // MOST_GRAMS))
    return grams[::step][:MOST_GRAMS]


def _collections(visible: dict[int, Project], terms: Sequence[SearchTerm]) -> list[Hit]:
    """The collections that still bear these names."""
    rows = Collection.objects.portfolios().filter(
        project__in={term.project_id for term in terms}, name_key__in={term.name_key for term in terms}
    )
    by_name = {(row.project_id, row.name_key): row for row in rows}
    hits = []
    for term in terms:
        row = by_name.get((term.project_id, term.name_key))
        if row is not None:
            row.project = visible[term.project_id]
            hits.append(Hit(row.name, row.project, collection=row))
    return hits


def _tags(visible: dict[int, Project], terms: Sequence[SearchTerm]) -> list[Hit]:
    """The tags that a collection of the registry, or a version linked there, still has."""
    on_collections = CollectionTag.objects.filter(name=OuterRef("name"), collection__project=OuterRef("project"))
    on_versions = VersionTag.objects.filter(
        name=OuterRef("name"),
        version__memberships__collection__project=OuterRef("project"),
        version__deleted_at__isnull=True,
    )
    alive = _again(terms).filter(Exists(on_collections) | Exists(on_versions)).values_list("pk", flat=True)
    living = set(alive)
    return [Hit(term.name, visible[term.project_id]) for term in terms if term.pk in living]


def _aliases(visible: dict[int, Project], terms: Sequence[SearchTerm]) -> list[Hit]:
    """The aliases that a version still holds, each with the version that got it last."""
    holder = Alias.objects.filter(name_key=OuterRef("name_key"), collection__project=OuterRef("project")).order_by(
        "-pk"
    )
    holders = dict(_again(terms).annotate(holder=Subquery(holder.values("pk")[:1])).values_list("pk", "holder"))
    rows = Alias.objects.select_related("membership__collection").in_bulk(
        [number for number in holders.values() if number is not None]
    )
    hits = []
    for term in terms:
        alias = rows.get(holders.get(term.pk) or 0)
        if alias is not None:
            collection = alias.membership.collection
            collection.project = visible[term.project_id]
            hits.append(Hit(alias.name, collection.project, collection=collection, membership=alias.membership))
    return hits


def _again(terms: Sequence[SearchTerm]) -> QuerySet[SearchTerm]:
    return SearchTerm.objects.filter(pk__in=[term.pk for term in terms])
