"""Links and collections as tables show them: the names on them, and the source as far as somebody may see it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import F, Prefetch, Window
from django.db.models.functions import RowNumber

from artifacts import access
from artifacts.models import Alias, ArtifactVersion, Collection, Membership, Run, User
from artifacts.models.collections import MembershipQuerySet
from artifacts.naming import LATEST, key_of
from artifacts.views.url_of import project_url, source_url

MOST_ALIASES = 8


@dataclass(frozen=True)
class Name:
    """An alias as it is shown."""

    name: str
    is_protected: bool


@dataclass(frozen=True)
class LinkRow:
    """A linked version; `source_url` is empty where the source project is hidden from whoever looks."""

    membership: Membership
    aliases: list[Name]
    source_url: str
    source_project_url: str

    @property
    def version(self) -> ArtifactVersion:
        """What is linked."""
        return self.membership.version


@dataclass
class CollectionRow:
    """A collection of a registry; `versions` are the newest, when the row is open. `latest_deprecation` says why not to use the latest."""

    collection: Collection
    latest: str = ""
    latest_deprecation: str = ""
    aliases: list[Name] = field(default_factory=list)
    has_more_aliases: bool = False
    is_open: bool = False
    versions: list[LinkRow] = field(default_factory=list)

    @property
    def key(self) -> str:
        """The row's number, for ids in the page."""
        return str(self.collection.pk)


def with_rows(queryset: MembershipQuerySet) -> MembershipQuerySet:
    """Together with all that a row shows, and without what may be large (metadata, configuration, summary)."""
    runs = Run.objects.only("pk", "name", "display_name", "project_id")
    versions = ArtifactVersion.objects.defer("metadata", "description", "wanted_aliases", "wanted_tags")
    return queryset.prefetch_related(
        "aliases",
        "created_by",
        "collection__project__entity__organization",
        Prefetch("version", versions),
        Prefetch("version__run", runs),
        "version__sequence__project__entity",
        "version__created_by",
        "version__tags",
    )


def link_rows(
    memberships: Sequence[Membership],
    user: User,
    protected: Iterable[str] = (),
    *,
    by_project: Mapping[int, set[str]] | None = None,
) -> list[LinkRow]:
    """Rows of links that were read by `with_rows`; `protected` are keys of aliases, `by_project` those of several registries."""
    everywhere = set(protected)
    sources = {membership.version.project.pk for membership in memberships}
    seen = set(access.visible_projects(user).filter(pk__in=sources).values_list("pk", flat=True)) if sources else set()
    rows = []
    for membership in memberships:
        project = membership.version.project
        is_seen = project.pk in seen
        guarded = everywhere if by_project is None else by_project.get(membership.collection.project.pk, set())
        rows.append(
            LinkRow(
                membership=membership,
                aliases=[Name(name, key_of(name) in guarded) for name in membership.alias_names],
                source_url=source_url(membership.version) if is_seen else "",
                source_project_url=project_url(project) if is_seen else "",
            )
        )
    return rows


def collection_rows(
    collections: Sequence[Collection], user: User, protected: Iterable[str], *, opened: str = ""
) -> list[CollectionRow]:
    """Rows of collections of one registry, each with its newest number and its first aliases."""
    guarded = set(protected)
    pointing = Alias.objects.filter(collection__in=collections, name=LATEST)
    latest = {
        collection: (f"v{index}", deprecation)
        for collection, index, deprecation in pointing.values_list(
            "collection", "membership__index", "membership__deprecation"
        )
    }
    numbered = Window(RowNumber(), partition_by=F("collection"), order_by=F("pk").asc())
    few = Alias.objects.filter(collection__in=collections).exclude(name=LATEST).annotate(place=numbered)
    names: dict[int, list[Name]] = defaultdict(list)
    for collection, name in few.filter(place__lte=MOST_ALIASES + 1).order_by("pk").values_list("collection", "name"):
        names[collection].append(Name(name, key_of(name) in guarded))
    rows = [
        CollectionRow(
            collection=collection,
            latest=latest.get(collection.pk, ("", ""))[0],
            latest_deprecation=latest.get(collection.pk, ("", ""))[1],
            aliases=names[collection.pk][:MOST_ALIASES],
            has_more_aliases=len(names[collection.pk]) > MOST_ALIASES,
            is_open=collection.name == opened,
        )
        for collection in collections
    ]
    for row in rows:
        if row.is_open:
            newest = with_rows(Membership.objects.in_collection(row.collection).newest_first())[:5]
            row.versions = link_rows(list(newest), user, guarded)
    return rows
