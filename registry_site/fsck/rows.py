"""What must always be true of the rows, each as a question that finds what breaks it.

Nothing is loaded as a whole: the database looks for what is wrong. A server may run meanwhile.
"""

from collections.abc import Iterator

from django.db import connection, transaction
from django.db.models import Count, Exists, F, FloatField, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce, Least

from artifacts.actions import aliases_and_tags
from artifacts.models import Alias, ArtifactVersion, Collection, ManifestEntry, Membership, VersionReference
from artifacts.naming import LATEST
from registry.models import AcceptedType, Registry
from registry_site.fsck.invariant import Invariant

COMMITTED = Q(state=ArtifactVersion.State.COMMITTED)


def _per[Row](rows: QuerySet, owner: str, value: Count | Sum) -> Coalesce:  # type: ignore[type-arg]
    """A number of related rows for each outer row, 0 for none."""
    counted = rows.filter(**{owner: OuterRef("pk")}).order_by().values(owner).annotate(found=value).values("found")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def _numbers() -> Iterator[str]:
    """Numbers that were given twice or that would be given again."""
    twice = Membership.objects.values("collection", "index").annotate(held=Count("pk")).filter(held__gt=1).order_by()
    for row in twice.iterator():
        yield f"v{row['index']} twice in collection {row['collection']}"
    beyond = Membership.objects.filter(index__gte=F("collection__next_index")).select_related("collection")
    for membership in beyond.iterator():
        yield f"{membership} is not below the next number of its collection"
    versions = ArtifactVersion.objects.filter(index__gte=F("sequence__next_index")).select_related("sequence")
    for version in versions.iterator():
        yield f"{version} is not below the next number of its collection"


def _mend_numbers() -> None:
    """Go on behind the highest number that is held. Two that hold the same one are for people to judge."""
    highest = Membership.objects.filter(collection=OuterRef("pk")).order_by("-index").values("index")[:1]
    behind = Collection.objects.annotate(highest=Subquery(highest)).filter(next_index__lte=F("highest"))
    for number, index in list(behind.values_list("pk", "highest")):
        Collection.objects.filter(pk=number, next_index__lte=index).update(next_index=index + 1)


def _versions() -> Iterator[str]:
    """Committed versions without their place, and places that say something else than their version."""
    own = Membership.objects.filter(version=OuterRef("pk"), collection=OuterRef("sequence"))
    rows = ArtifactVersion.objects.annotate(place=Subquery(own.values("index")[:1])).select_related("sequence")
    for version in rows.filter(COMMITTED & (Q(place=None) | Q(index=None) | ~Q(place=F("index")))).iterator():
        yield f"{version} (version {version.pk}) has no place of its number in its own collection"
    pending = Membership.objects.exclude(version__state=ArtifactVersion.State.COMMITTED)
    for membership in pending.select_related("collection").iterator():
        yield f"{membership} is a version that was never committed"


def _aliases() -> Iterator[str]:
    """Aliases with two owners, or with one in another collection."""
    twice = Alias.objects.values("collection", "name_key").annotate(held=Count("pk")).filter(held__gt=1).order_by()
    for row in twice.iterator():
        yield f"“{row['name_key']}” has {row['held']} owners in collection {row['collection']}"
    strays = Alias.objects.exclude(membership__collection=F("collection")).select_related("collection")
    for alias in strays.iterator():
        yield f"“{alias.name}” of “{alias.collection.name}” points into another collection"


def _misplaced_latest() -> QuerySet[Alias]:
    """`latest` on a deleted version, or in a portfolio on another than the highest live one."""
    highest = Membership.objects.live().filter(collection=OuterRef("collection")).order_by("-index").values("index")[:1]
    rows = Alias.objects.filter(name=LATEST).annotate(highest=Subquery(highest))
    # In a sequence, logging known content again moves it to an older version, which is meant so.
    behind = Q(collection__kind=Collection.Kind.PORTFOLIO) & ~Q(membership__index=F("highest"))
    return rows.filter(Q(membership__version__deleted_at__isnull=False) | behind)


def _latest() -> Iterator[str]:
    for alias in _misplaced_latest().select_related("collection", "membership").iterator():
        yield f"“{LATEST}” of “{alias.collection.name}” is on v{alias.membership.index}"


def _mend_latest() -> None:
    for alias in _misplaced_latest().select_related("collection").iterator():
        with transaction.atomic():
            collection = Collection.objects.select_for_update().get(pk=alias.collection_id)
            Alias.objects.filter(pk=alias.pk).delete()
            aliases_and_tags.give_latest_back(collection)


def _miscounted_collections() -> QuerySet[Collection]:
    live = _per(Membership.objects.live(), "collection", Count("pk"))
    return Collection.objects.annotate(live=live).exclude(version_count=F("live"))


def _collections() -> Iterator[str]:
    for collection in _miscounted_collections().iterator():
        yield f"“{collection.name}” counts {collection.version_count} versions and holds {collection.live}"  # type: ignore[attr-defined]


def _mend_collections() -> None:
    for number in list(_miscounted_collections().values_list("pk", flat=True)):
        with transaction.atomic():
            Collection.objects.select_for_update().get(pk=number)
            live = Membership.objects.live().filter(collection=number).count()
            Collection.objects.filter(pk=number).update(version_count=live)


def _miscounted_registries() -> QuerySet[Registry]:
    portfolios = Collection.objects.portfolios()
    links = Membership.objects.live().filter(collection__kind=Collection.Kind.PORTFOLIO)
    held = portfolios.filter(project=OuterRef("project")).order_by().values("project").annotate(found=Count("pk"))
    linked = links.filter(collection__project=OuterRef("project")).order_by().values("collection__project")
    return Registry.objects.annotate(
        held=Coalesce(Subquery(held.values("found"), output_field=IntegerField()), 0),
        linked=Coalesce(Subquery(linked.annotate(found=Count("pk")).values("found"), output_field=IntegerField()), 0),
    ).exclude(collection_count=F("held"), version_count=F("linked"))


def _registries() -> Iterator[str]:
    for registry in _miscounted_registries().select_related("project").iterator():
        counts = f"{registry.collection_count} collections and {registry.version_count} versions"
        yield f"“{registry}” counts {counts}, holds {registry.held} and {registry.linked}"  # type: ignore[attr-defined]


def _mend_registries() -> None:
    for registry in list(_miscounted_registries()):
        with transaction.atomic():
            Registry.objects.select_for_update().get(pk=registry.pk)
            fresh = _miscounted_registries().filter(pk=registry.pk).first()
            if fresh is not None:
                Registry.objects.filter(pk=fresh.pk).update(collection_count=fresh.held, version_count=fresh.linked)  # type: ignore[attr-defined]


def _types() -> Iterator[str]:
    """Links whose version is of another type than their collection, and collections of a type that their registry doesn't accept."""
    links = Membership.objects.filter(collection__kind=Collection.Kind.PORTFOLIO)
    other = links.exclude(version__sequence__type=F("collection__type")).select_related(
        "collection", "version__sequence"
    )
    for membership in other.iterator():
        yield f"{membership} is of type “{membership.version.type}” and its collection of “{membership.collection.type}”"
    accepted = AcceptedType.objects.filter(registry__project=OuterRef("project"), name=OuterRef("type"))
    choosy = Collection.objects.portfolios().filter(project__registry__accepts_all_types=False)
    for collection in choosy.filter(~Exists(accepted)).select_related("project").iterator():
        yield f"“{collection.path}” is of type “{collection.type}”, which its registry doesn't accept"


def _references() -> Iterator[str]:
    """Versions with entries that are files of a deleted one."""
    rows = VersionReference.objects.filter(version__deleted_at__isnull=True, target__deleted_at__isnull=False)
    for row in rows.select_related("version__sequence", "target__sequence").iterator():
        yield f"{row.version} (version {row.version_id}) has files of {row.target}, which was deleted"


def _manifests() -> Iterator[str]:
    """Versions that say something else than their files. Sizes of references are the client's word and may add up to anything."""
    # SQLite's SUM fails beyond 64 bits; its TOTAL doesn't, and is exact up to nine petabytes.
    total = Sum("size", function="TOTAL") if connection.vendor == "sqlite" else Sum("size")
    rows = ArtifactVersion.objects.live().annotate(
        listed=_per(ManifestEntry.objects.all(), "version", Count("pk")),
        bytes=Least(_per(ManifestEntry.objects.all(), "version", total), Value(2.0**63), output_field=FloatField()),
    )
    wrong = rows.exclude(file_count=F("listed"), size=F("bytes")).select_related("sequence")
    for version in wrong.iterator():
        yield (
            f"{version} (version {version.pk}) has {version.file_count} files of {version.size} bytes "
            f"and lists {version.listed} of {int(version.bytes)}"  # type: ignore[attr-defined]
        )


def _keys() -> Iterator[str]:
    """Rows that refer to what isn't there. PostgreSQL never lets that happen; in SQLite a tool could have."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA foreign_key_check")
            while rows := cursor.fetchmany(100):
                for table, number, parent, _ in rows:
                    yield f"row {number} of {table} refers to a row of {parent} that isn't there"


def _database() -> Iterator[str]:
    """What SQLite finds wrong with its own file."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA integrity_check")
            yield from (str(row[0]) for row in cursor.fetchall() if row[0] != "ok")


ROWS = [
    Invariant("numbers", "each number is given once in its collection, and never again", _numbers, _mend_numbers),
    Invariant("versions", "each committed version has its place and number in its own collection", _versions),
    Invariant("aliases", "each alias has one owner, in its own collection", _aliases),
    Invariant("latest", "“latest” is on the highest version that is there", _latest, _mend_latest),
    Invariant("collections", "collections count the versions they hold", _collections, _mend_collections),
    Invariant("registries", "registries count what they hold", _registries, _mend_registries),
    Invariant("types", "each link has its collection's type, which the registry accepts", _types),
    Invariant("references", "no version has files of a deleted one", _references),
    Invariant("manifests", "each version lists as many files and bytes as it says", _manifests),
    Invariant("keys", "no row refers to one that isn't there", _keys),
]
ROWS_DEEP = [Invariant("database", "the database's own file is whole", _database)]
