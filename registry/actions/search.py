"""Finding registries, collections, versions, tags, aliases and files, among what somebody may see.

Everything is bounded: of a kind so many candidates are read, by way of an index, and ranked here. What doesn't fit is said to be more.
"""

from collections.abc import Iterable, Sequence

from django.db.models import Exists, OuterRef, Q, QuerySet

from artifacts import access
from artifacts.actions.search import SHORTEST_PART, grams_of
from artifacts.models import Alias, Collection, CollectionTag, Project, SearchTerm, User, VersionTag
from artifacts.models.search import begins
from artifacts.naming import REGISTRY_PREFIX, key_of
from registry.search_hits import Found, Hit, Kind, Narrowing, owner_keys, ranked
from registry.search_places import find_files, find_versions
from registry.search_words import Words, read

MOST = 20
CANDIDATES = 60
MOST_GRAMS = 4
STALE = 4  # times as many terms are looked at as are wanted, for those that nothing bears any more
EVERYTHING = Narrowing()


def find(
    user: User,
    words: str,
    *,
    most: int = MOST,
    candidates: int = CANDIDATES,
    narrowing: Narrowing = EVERYTHING,
    seen: dict[int, Project] | None = None,
) -> Found:
    """What `words` mean or are a part of: exactly these first, then what begins so, then a word that does, then the others.

    At most `most` of each kind are listed, the best of the first `candidates` that the indexes give. `seen` is what
    `visible_registries` gave for this person, where it was asked already.
    """
    found, asked, limit = Found(most), read(words), max(most, candidates)
    if not asked.key:
        return found
    seen = visible_registries(user) if seen is None else seen
    left = narrowing.registries
    visible = seen if left is None else {number: row for number, row in seen.items() if number in left}
    ids = list(visible)
    if narrowing.takes(Kind.REGISTRY):
        found.add(Kind.REGISTRY, _registries(visible.values(), asked), limit)
    if narrowing.takes(Kind.COLLECTION):
        found.add(Kind.COLLECTION, _collections(visible, asked, narrowing, limit), limit)
    if narrowing.takes(Kind.VERSION):
        found.add(Kind.VERSION, find_versions(user, visible, asked, narrowing, limit), limit)
    is_path = bool(asked.places) or asked.reference is not None
    if narrowing.takes(Kind.TAG) and not is_path:
        found.add(Kind.TAG, _tags(visible, asked.key, narrowing, limit), limit)
    if narrowing.takes(Kind.ALIAS) and not is_path:
        found.add(Kind.ALIAS, _aliases(visible, ids, asked.key, narrowing, limit), limit)
    if narrowing.takes(Kind.FILE):
        found.add(Kind.FILE, find_files(user, visible, asked, narrowing, limit), limit)
    return found


def visible_registries(user: User) -> dict[int, Project]:
    """The registries that somebody sees, each with its organization."""
    seen = access.visible_projects(user).registries().select_related("entity__organization")
    return {project.pk: project for project in seen}


def _registries(projects: Iterable[Project], asked: Words) -> list[Hit]:
    """Registries are few: their names are read here, so that a renamed one is found by its new name only."""
    if asked.reference is not None or len(asked.places) > 1:
        return []
    key = (asked.name if asked.places else asked.key).removeprefix(REGISTRY_PREFIX)
    if not key:
        return []
    fits = str.__contains__ if len(key) >= SHORTEST_PART else str.startswith
    hits = []
    for project in projects:
        title = key_of(project.title)
        if fits(title, key) and (not asked.places or asked.places[0] in owner_keys(project)):
            rank = (ranked(title, key), len(title), title)
            hits.append(Hit(Kind.REGISTRY, project.title, project, project.pk, rank, moment=project.created_at))
    return hits


def _terms(
    ids: Sequence[int], kind: SearchTerm.Kind, key: str, limit: int, alive: Q | Exists, *, is_narrowed: bool = False
) -> list[SearchTerm]:
    """Terms of one kind: those that begin so, then, if these are few, those that hold it elsewhere.

    Whether they are `alive` is asked of a few times as many as are wanted, since asking it of 100,000 takes a second; only where
    facets are in it too, of all.
    """
    known = SearchTerm.objects.filter(kind=kind, project__in=ids)
    first = list(_living(known.filter(begins("name_key", key)), "name_key", limit, alive, is_narrowed))
    if len(key) < SHORTEST_PART or len(first) > limit:
        return first
    inner = known.filter(name_key__contains=key).exclude(begins("name_key", key))
    for gram in _telling(grams_of(key)):
        inner = inner.filter(grams__gram=gram)
    return [*first, *_living(inner, "pk", limit - len(first), alive, is_narrowed)]


def _living(
    terms: QuerySet[SearchTerm], order: str, limit: int, alive: Q | Exists, is_narrowed: bool
) -> QuerySet[SearchTerm]:
    if is_narrowed:
        return terms.filter(alive).order_by(order, "pk")[: limit + 1]
    some = terms.order_by(order, "pk").values("pk")[: STALE * (limit + 1)]
    return SearchTerm.objects.filter(alive, pk__in=some).order_by(order, "pk")[: limit + 1]


def _telling(grams: Sequence[str]) -> Sequence[str]:
    """A few grams, spread over the word: together they leave little to compare."""
    step = max(1, -(-len(grams) // MOST_GRAMS))
    return grams[::step][:MOST_GRAMS]


def _collections(visible: dict[int, Project], asked: Words, narrowing: Narrowing, limit: int) -> list[Hit]:
    """The collections that still bear such names; of those that fit alike, first the ones with more versions."""
    key = asked.key if not asked.places and asked.reference is None else asked.name
    ids = [number for number, project in visible.items() if asked.fits_place(project.name_key, *owner_keys(project))]
    named = Collection.objects.portfolios().filter(project=OuterRef("project"), name_key=OuterRef("name_key"))
    terms = _terms(
        ids,
        SearchTerm.Kind.COLLECTION,
        key,
        limit,
        Exists(named.filter(narrowing.of_collections())),
        is_narrowed=bool(narrowing.types or narrowing.tags),
    )
    if asked.reference is not None:
        terms = [term for term in terms if term.name_key == key]
    rows = Collection.objects.portfolios().filter(
        project__in={term.project_id for term in terms}, name_key__in={term.name_key for term in terms}
    )
    wanted = {(term.project_id, term.name_key) for term in terms}
    hits = []
    for row in rows.defer("description"):
        if (row.project_id, row.name_key) in wanted:
            row.project = visible[row.project_id]
            rank = (ranked(row.name_key, key), -row.version_count, len(row.name_key), row.name_key)
            moment = row.last_added_at or row.created_at
            hits.append(Hit(Kind.COLLECTION, row.name, row.project, row.pk, rank, row, moment=moment))
    return hits


def _tags(visible: dict[int, Project], key: str, narrowing: Narrowing, limit: int) -> list[Hit]:
    """The tags that a collection of the registry, or a version linked there, still has."""
    on_collections = CollectionTag.objects.filter(name=OuterRef("name"), collection__project=OuterRef("project"))
    on_versions = VersionTag.objects.filter(
        name=OuterRef("name"),
        version__memberships__collection__project=OuterRef("project"),
        version__deleted_at__isnull=True,
    )
    alive: Q = Q(Exists(on_collections)) | Q(Exists(on_versions))
    if narrowing.tags:
        alive &= Q(name__in=narrowing.tags)
    return [
        Hit(
            Kind.TAG,
            term.name,
            visible[term.project_id],
            term.pk,
            (ranked(term.name_key, key), len(term.name_key), term.name_key),
        )
        for term in _terms(list(visible), SearchTerm.Kind.TAG, key, limit, alive, is_narrowed=bool(narrowing.tags))
    ]


def _aliases(visible: dict[int, Project], ids: Sequence[int], key: str, narrowing: Narrowing, limit: int) -> list[Hit]:
    """The aliases that versions still hold, those given last first."""
    terms = _terms(ids, SearchTerm.Kind.ALIAS, key, limit, Q())
    rows = Alias.objects.filter(
        narrowing.of_places("membership__"),
        collection__kind=Collection.Kind.PORTFOLIO,
        collection__project__in={term.project_id for term in terms},
        name_key__in={term.name_key for term in terms},
        membership__version__deleted_at__isnull=True,
    )
    rows = rows.select_related("membership__collection").defer("membership__collection__description")
    hits = []
    for alias in rows.order_by("-pk")[: limit + 1]:
        membership = alias.membership
        membership.collection.project = visible[membership.collection.project_id]
        rank = (ranked(alias.name_key, key), -alias.pk)
        hits.append(
            Hit(
                Kind.ALIAS,
                alias.name,
                membership.collection.project,
                alias.pk,
                rank,
                membership.collection,
                membership,
                moment=alias.created_at,
            )
        )
    return hits
