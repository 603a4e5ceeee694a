"""What the nodes of a lineage graph are called, as far as the visitor may know; names are read only for those that are shown."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import F, Min, Value

from artifacts.models import Membership, Run
from artifacts.models.collections import MembershipQuerySet
from artifacts.models.lookups import IsOneOfNumbers
from artifacts.models.projects import ProjectQuerySet
from artifacts.models.runs import RunQuerySet
from artifacts.views.url_of import run_url, version_url

LONGEST_LABEL = 16
Groups = Mapping[str, Sequence[str]]


@dataclass
class GraphNode:
    """A run or a version; one that the visitor may not see has no name and leads nowhere. Or a group of them, with their number."""

    key: str
    kind: str  # "run" or "artifact"
    note: str
    name: str
    href: str = ""
    state: str = ""
    count: int = 0
    is_root: bool = False

    @property
    def label(self) -> str:
        """The name as it fits into the box; a version's number is never cut."""
        if len(self.name) <= LONGEST_LABEL:
            return self.name
        name, colon, number = self.name.rpartition(":")
        if colon and len(number) < LONGEST_LABEL - 4:
            return f"{name[: LONGEST_LABEL - 2 - len(number)]}…:{number}"
        return f"{self.name[: LONGEST_LABEL - 1]}…"

    @property
    def short_note(self) -> str:
        """The line above it as it fits."""
        return self.note if len(self.note) <= LONGEST_LABEL else f"{self.note[: LONGEST_LABEL - 1]}…"

    @property
    def is_opaque(self) -> bool:
        """Whether the visitor may not see what it is."""
        return not self.href and not self.count


def kind_of(key: str) -> str:
    """What a key stands for."""
    return "run" if key.startswith("r") else "artifact"


def counted(count: int, what: str) -> str:
    """A number of things in words: 2,998 runs."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def numbers(keys: Iterable[str], letter: str) -> list[int]:
    """The rows' numbers of those keys that stand for runs (`r`) or versions (`v`)."""
    return [int(key[1:]) for key in keys if key.startswith(letter)]


def visible_runs(seen: ProjectQuerySet, keys: Iterable[str]) -> RunQuerySet:
    """The runs with these keys that are in projects which the visitor sees."""
    return Run.objects.filter(IsOneOfNumbers("pk", numbers(keys, "r")), project__in=seen.values("pk"))


def visible_places(seen: ProjectQuerySet, versions: Iterable[int]) -> MembershipQuerySet:
    """The memberships of these versions in projects and registries that the visitor sees."""
    return Membership.objects.filter(IsOneOfNumbers("version", versions), collection__project__in=seen.values("pk"))


def nodes_of(keys: Collection[str], seen: ProjectQuerySet) -> dict[str, GraphNode]:
    """Nodes by their keys, with a name only where the visitor sees the place; opaque ones tell not even their row's number."""
    nodes = {}
    runs = visible_runs(seen, keys).select_related("project__entity")
    shown = ("name", "display_name", "job_type", "state", "heartbeat_at", "project__name", "project__entity__name")
    for run in runs.only(*shown) if numbers(keys, "r") else []:
        key = f"r{run.pk}"
        nodes[key] = GraphNode(key, "run", run.job_type or "run", str(run), run_url(run), run.state_now)
    for number, place in places_of(numbers(keys, "v"), seen).items():
        key = f"v{number}"
        nodes[key] = GraphNode(key, "artifact", place.collection.type, str(place), version_url(place, "lineage"))
    opaque = (key for key in keys if key not in nodes)
    for count, key in enumerate(opaque, start=1):
        kind = kind_of(key)
        nodes[key] = GraphNode(f"x{count}", kind, kind, f"hidden {kind}")
    return nodes


def places_of(versions: Collection[int], seen: ProjectQuerySet) -> dict[int, Membership]:
    """For each version the place where the visitor sees it: its own project, else the first registry that holds it."""
    if not versions:
        return {}
    rows = visible_places(seen, versions).select_related("collection__project__entity__organization")
    places = {row.version_id: row for row in rows.filter(collection=F("version__sequence"))}
    rest = [number for number in versions if number not in places]
    if rest:
        firsts = visible_places(seen, rest).values("version").annotate(first=Min("pk")).values("first")
        places |= {row.version_id: row for row in rows.filter(pk__in=firsts)}
    return places


def notes_of(groups: Groups, seen: ProjectQuerySet) -> dict[str, str]:
    """What the members of each group are, where the visitor sees that they are all of one kind.

    One query, asked even where nothing is folded: a graph costs as many queries however large it is.
    """
    keys = [key for members in groups.values() for key in members]
    runs = visible_runs(seen, keys).values_list(Value("r"), "pk", "job_type")
    versions = visible_places(seen, numbers(keys, "v")).values_list(Value("v"), "version_id", "collection__type")
    kinds = {f"{letter}{number}": kind for letter, number, kind in runs.union(versions, all=True)}
    notes = {}
    for name, members in groups.items():
        found = {kinds[key] for key in members if kinds.get(key)}
        notes[name] = "several kinds" if len(found) > 1 else next(iter(found), kind_of(members[0]))
    return notes
