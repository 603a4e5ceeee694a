"""Versions by their path or digest, and files by their name or digest: what is found is a place, a membership."""

from collections.abc import Mapping

from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast

from artifacts import access
from artifacts.access import Can
from artifacts.actions.search import SHORTEST_PART, file_key
from artifacts.models import (
    Alias,
    ArtifactVersion,
    Blob,
    Collection,
    LinkedFile,
    ManifestEntry,
    Membership,
    Project,
    User,
)
from artifacts.models.collections import MembershipQuerySet
from artifacts.models.search import begins
from artifacts.naming import key_of
from registry.search_hits import Hit, Kind, Narrowing, owner_keys, ranked
from registry.search_words import Words

NEWEST = 5
MOST_COPIES = 2_000  # of the same content that are looked through for one that is linked where it may be seen
PORTFOLIO, SEQUENCE = Collection.Kind.PORTFOLIO, Collection.Kind.SEQUENCE
type Registries = Mapping[int, Project]
type Files = dict[tuple[int, str], tuple[int, str, int]]  # by collection and path: a row's number, the path, the place


def find_versions(user: User, visible: Registries, asked: Words, narrowing: Narrowing, limit: int) -> list[Hit]:
    """The versions that a path with a colon, or a digest, names: linked ones, and those in projects that somebody sees."""
    found: list[Membership] = []
    many = limit + 1 if asked.reference else NEWEST
    if asked.reference is not None:
        found += _linked(visible, asked).filter(narrowing.of_places())[:many]
    if narrowing.registries is None and asked.places and asked.name:
        found += _logged(user, asked).filter(narrowing.of_places())[:many]
    if asked.digest:
        found += _of_digest(user, visible, asked.digest, narrowing).filter(narrowing.of_places())[: limit + 1]
    return [_version(place, visible) for place in {place.pk: place for place in found}.values()]


def _version(place: Membership, visible: Registries) -> Hit:
    collection = place.collection
    collection.project = visible.get(collection.project_id, collection.project)
    # What is published before the rest, the newest link first.
    rank = (0 if collection.is_portfolio else 1, -place.pk)
    return Hit(Kind.VERSION, str(place), collection.project, place.pk, rank, collection, place, moment=place.created_at)


def _places(**where: object) -> MembershipQuerySet:
    """Places with what a line of results shows, the newest first."""
    rows = Membership.objects.live().filter(**where).select_related("collection__project__entity__organization")
    return rows.defer("collection__description", "collection__project__description").order_by("-pk")


def _referred(asked: Words, **collections: object) -> MembershipQuerySet:
    """The places in these collections that the words after the colon mean: a number, an alias or its beginning; nothing yet means all.

    Aliases lead to their places, not the other way: a collection may have 100,000 versions, and few of them bear one.
    """
    rows = _places(**{f"collection__{name}": value for name, value in collections.items()})
    key = key_of(asked.reference or "")
    if asked.index is not None:
        return rows.filter(index=asked.index)
    if not key:
        return rows
    named = Alias.objects.filter(**{f"collection__{name}": value for name, value in collections.items()})
    return rows.filter(pk__in=named.filter(name_key__startswith=key).values("membership"))


def _linked(visible: Registries, asked: Words) -> MembershipQuerySet:
    """The links in collections of exactly this name, in the registry that is named if one is."""
    ids = [number for number, project in visible.items() if asked.fits_place(project.name_key, *owner_keys(project))]
    return _referred(asked, project__in=ids, kind=PORTFOLIO, name_key=asked.name)


def _logged(user: User, asked: Words) -> MembershipQuerySet:
    """The versions of `team/project/name`, or of `project/name` in any team, where somebody sees the project."""
    named = access.visible_projects(user).ordinary().filter(name_key=asked.places[-1])
    if len(asked.places) > 1:
        named = named.filter(entity__name_key=asked.places[-2])
    return _referred(asked, project__in=named.values("pk"), kind=SEQUENCE, name_key=asked.name)


def _of_digest(user: User, visible: Registries, digest: str, narrowing: Narrowing) -> MembershipQuerySet:
    """The places of the newest versions whose digest begins so."""
    versions = (
        ArtifactVersion.objects.live().filter(begins("digest", digest)).order_by("-pk").values("pk")[:MOST_COPIES]
    )
    seen = Q(collection__project__in=list(visible), collection__kind=PORTFOLIO)
    if narrowing.registries is None:
        seen |= Q(collection__project__in=access.visible_projects(user).ordinary().values("pk"))
    return _places(version__in=versions).filter(seen)


def find_files(user: User, visible: Registries, asked: Words, narrowing: Narrowing, limit: int) -> list[Hit]:
    """The files of this name, or whose name begins so, one for each collection; or those with exactly this digest.

    Only in registries whose files may be read: a name or a digest there is as good as the file's own page. Which these are
    is asked only where there is something of the name at all: mostly there isn't.
    """
    key = file_key(asked.text) if asked.reference is None else ""
    fits = begins("name_key", key) if len(key) >= SHORTEST_PART else Q(name_key=key)
    is_named = bool(key) and LinkedFile.objects.filter(fits, project_number__in=list(visible)).exists()
    if not is_named and not asked.md5:
        return []
    ids = list(access.projects_where(user, Can.DOWNLOAD).filter(pk__in=list(visible)).values_list("pk", flat=True))
    found = _of_name(ids, asked.text, key, narrowing, limit) if is_named else {}
    if asked.md5:
        found |= _of_bytes(ids, asked.md5, narrowing, limit)
    places = _places().in_bulk([place for _, _, place in found.values()])
    return [_file(row, path, places[place], visible, key) for row, path, place in found.values() if place in places]


def _of_name(ids: list[int], text: str, key: str, narrowing: Narrowing, limit: int) -> Files:
    """Exactly of this name, then those whose name begins so.

    A path with a slash is tried whole, and as a part of the paths under which its last part was first met.
    """
    names = LinkedFile.objects.filter(project_number__in=ids)
    here, has_folder = F("path"), "/" in text
    part = Q(path__icontains=text) if has_folder else Q()
    found = _with_places(names.filter(part, name_key=key), here, narrowing, limit)
    if has_folder:
        found |= _with_places(names.filter(name_key=key), Value(text), narrowing, limit)
    if len(key) >= SHORTEST_PART and len(found) <= limit:
        longer = names.filter(part, begins("name_key", key)).exclude(name_key=key)
        found |= _with_places(longer, here, narrowing, limit)
    return found


def _with_places(names: "QuerySet[LinkedFile]", path: Combinable, narrowing: Narrowing, limit: int) -> Files:
    """Names with the newest version of their collection that still has a file there. Not in order: that would read all that fit."""
    holds = ManifestEntry.objects.filter(version=OuterRef("version"), path=OuterRef(OuterRef("shown")))
    newest = (
        Membership.objects.live()
        .filter(Exists(holds), narrowing.of_places(), collection=OuterRef("collection"))
        .order_by("-index")
    )
    rows = names.annotate(shown=Cast(path, CharField())).annotate(place=Subquery(newest.values("pk")[:1]))
    listed = rows.filter(place__isnull=False).values_list("collection", "shown", "pk", "place")[: limit + 1]
    return {(collection, shown): (row, shown, place) for collection, shown, row, place in listed}


def _of_bytes(ids: list[int], md5: str, narrowing: Narrowing, limit: int) -> Files:
    """The places of stored bytes. A reference has no bytes here; it is found by its name."""
    entries = ManifestEntry.objects.filter(blob__in=Blob.objects.filter(digest=md5).values("pk")).order_by("-pk")
    paths: dict[int, list[tuple[int, str]]] = {}
    for row, version, path in entries.values_list("pk", "version", "path")[:MOST_COPIES]:
        paths.setdefault(version, []).append((row, path))
    places = Membership.objects.live().filter(
        narrowing.of_places(), version__in=list(paths), collection__project__in=ids, collection__kind=PORTFOLIO
    )
    listed = places.order_by("-pk").values_list("pk", "version", "collection")[: limit + 1]
    found: Files = {}
    for place, version, collection in listed:  # the newest version of a collection is the one to show
        for row, path in paths[version]:
            found.setdefault((collection, path), (row, path, place))
    return found


def _file(row: int, path: str, place: Membership, visible: Registries, key: str) -> Hit:
    name = file_key(path)
    collection = place.collection
    collection.project = visible[collection.project_id]
    rank = (ranked(name, key), -place.pk, path)
    return Hit(Kind.FILE, path, collection.project, row, rank, collection, place, path, place.created_at)
