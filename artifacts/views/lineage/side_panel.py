"""What is shown beside a lineage graph: a run or a version before one goes to it, and the members of a folded group."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, F, Q, Value
from django.db.models.functions import Cast, Concat

from artifacts.models import ArtifactVersion, Membership, Run
from artifacts.models.projects import ProjectQuerySet
from artifacts.runs.columns import config_of, duration_of
from artifacts.runs.metrics import Measure, measures_of
from artifacts.views.lineage.address import LineageAddress
from artifacts.views.lineage.nodes import (
    GraphNode,
    Groups,
    counted,
    kind_of,
    nodes_of,
    numbers,
    places_of,
    visible_places,
    visible_runs,
)
from artifacts.views.projects.runs import brief
from artifacts.views.url_of import path_of, run_url, version_url
from artifacts.views.version_page import VersionPage

MOST_MEMBERS = 50
MOST_LINKS = 5
MOST_SETTINGS = 5
MOST_MEASURES = 5


@dataclass(frozen=True)
class Ways:
    """Where the buttons beside a node lead; empty where one would change nothing."""

    close: str
    hide: str
    take_out: str = ""
    put_back: str = ""


@dataclass(frozen=True)
class RunPreview:
    """A run beside the graph."""

    run: Run
    ways: Ways
    href: str
    settings: list[tuple[str, str]]
    measures: list[Measure]

    is_run = True

    @property
    def name(self) -> str:
        """What people call the run."""
        return str(self.run)

    @property
    def ran(self) -> str:
        """How long it ran."""
        return duration_of(self.run, self.run.summary)


@dataclass(frozen=True)
class VersionPreview:
    """A version beside the graph, at the place where the visitor sees it."""

    membership: Membership
    ways: Ways
    href: str
    lineage_url: str  # the graph around it; empty for the one whose graph it is
    links: list[tuple[str, str]]
    more_links: bool

    is_run = False

    @property
    def name(self) -> str:
        """What people call it: `detectors:v3`."""
        return str(self.membership)

    @property
    def full_name(self) -> str:
        """What code needs to fetch it."""
        return path_of(self.membership, self.membership.name)

    @property
    def version(self) -> ArtifactVersion:
        """The content."""
        return self.membership.version


def preview_of(
    address: LineageAddress,
    known: set[str],
    root: str,
    groups: Groups,
    version_page: VersionPage,
    seen: ProjectQuerySet,
) -> RunPreview | VersionPreview | None:
    """The node that the address names; the caller has made sure that it is in the graph and that the visitor may see it."""
    key = address.node
    if key not in known:
        return None
    ways = Ways(
        close=address.query(node=""),
        hide="" if key == root else address.hiding(key),
        take_out=address.extracted(key) if any(key in members for members in groups.values()) else "",
        put_back=address.put_back(key) if key in address.out else "",
    )
    if kind_of(key) == "run":
        return _run(key, ways, seen)
    return _version(
        version_page.membership if key == root else places_of([int(key[1:])], seen)[int(key[1:])], ways, key, root, seen
    )


def _run(key: str, ways: Ways, seen: ProjectQuerySet) -> RunPreview:
    run = visible_runs(seen, [key]).with_place().get()
    settings = [(name, brief(value)) for name, value in config_of(run.config).items()]
    measures = measures_of(run, most=MOST_MEASURES)
    return RunPreview(run, ways, run_url(run), settings[:MOST_SETTINGS], measures)


def _version(place: Membership, ways: Ways, key: str, root: str, seen: ProjectQuerySet) -> VersionPreview:
    membership = Membership.objects.with_aliases().select_related("version__created_by").get(pk=place.pk)
    membership.collection = place.collection
    registries = seen.registries().values("pk")
    held = Membership.objects.filter(version=membership.version, collection__project__in=registries)
    rows = held.exclude(pk=place.pk).select_related("collection__project__entity__organization").order_by("-pk")
    links = [(f"{row.collection.project.title}/{row}", version_url(row)) for row in rows[: MOST_LINKS + 1]]
    return VersionPreview(
        membership=membership,
        ways=ways,
        href=version_url(membership),
        lineage_url="" if key == root else version_url(membership, "lineage"),
        links=links[:MOST_LINKS],
        more_links=len(links) > MOST_LINKS,
    )


@dataclass(frozen=True)
class Member:
    """A run or version of a group."""

    node: GraphNode
    href: str
    take_out: str
    is_current: bool


def group_beside(
    address: LineageAddress, groups: Groups, unfolded: Groups, seen: ProjectQuerySet
) -> dict[str, Any] | None:
    """The group that the address names: a page of its members that have the words in their name, the newest first."""
    members = groups.get(address.group)
    if not members:
        return None
    kind = kind_of(members[0])
    found = (_runs if kind == "run" else _versions)(members, address, seen)
    nodes = nodes_of(found[:MOST_MEMBERS], seen)
    return {
        "key": address.group,
        "kind": kind,
        "words": counted(len(members), kind),
        "opaque_count": len(members) - _seen(members, seen),
        "members": [
            Member(nodes[key], address.query(node=key), address.extracted(key), key == address.node)
            for key in found[:MOST_MEMBERS]
        ],
        "older": address.query(after=int(found[MOST_MEMBERS - 1][1:])) if len(found) > MOST_MEMBERS else "",
        "newest": address.query(after=0) if address.after else "",
        "close": address.query(group="", words="", after=0),
        "hide": address.hiding(address.group),
        **_unfolding(address, members, unfolded.get(address.group, [])),
        "kept": [*address.pairs(), ("group", address.group)],
    }


def _unfolding(address: LineageAddress, members: Sequence[str], unfolded: Sequence[str]) -> dict[str, Any]:
    """How the group is unfolded page by page, and folded again."""
    last = min(unfolded, key=lambda key: int(key[1:]), default="")  # the oldest that is drawn; older ones are behind it
    behind = [key for key in members if last and int(key[1:]) < int(last[1:])]
    return {
        "is_unfolded": bool(unfolded),
        "unfold": address.unfolded(address.group),
        "unfold_next": address.unfolded(address.group, last) if behind else "",
        "is_further": bool(address.opened.get(address.group)),
        "fold": address.folded(address.group),
    }


def _seen(members: Sequence[str], seen: ProjectQuerySet) -> int:
    """How many of them the visitor may see."""
    if kind_of(members[0]) == "run":
        return visible_runs(seen, members).count()
    return visible_places(seen, numbers(members, "v")).values("version").distinct().count()


# The members of a group are known by their numbers, and every link of the panel carries its place in the address of the
# graph (`LineageAddress.after`): so it is paged by these numbers alone, without the rows and cursors of `page_of`.
def _runs(members: Sequence[str], address: LineageAddress, seen: ProjectQuerySet) -> list[str]:
    """A page of runs, and the first of the next."""
    runs = visible_runs(seen, members)
    if address.after:
        runs = runs.filter(pk__lt=address.after)
    if address.words:
        words = Q(display_name__icontains=address.words) | Q(job_type__icontains=address.words)
        runs = runs.filter(words | Q(name__icontains=address.words))
    return [f"r{number}" for number in runs.order_by("-pk").values_list("pk", flat=True)[: MOST_MEMBERS + 1]]


def _versions(members: Sequence[str], address: LineageAddress, seen: ProjectQuerySet) -> list[str]:
    """A page of versions that some place which the visitor sees names so, and the first of the next."""
    places = visible_places(seen, numbers(members, "v"))
    if address.after:
        places = places.filter(version__lt=address.after)
    if address.words:
        number = Cast(F("index"), CharField())
        named = places.annotate(named=Concat(F("collection__name"), Value(":v"), number, output_field=CharField()))
        places = named.filter(Q(named__icontains=address.words) | Q(collection__type__icontains=address.words))
    found = places.order_by("-version_id").values_list("version_id", flat=True).distinct()
    return [f"v{number}" for number in found[: MOST_MEMBERS + 1]]
