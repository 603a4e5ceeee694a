"""The artifact browser of a project: its tree of types and collections, and the lists of collections."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.db.models import Count, Q
from django.http import HttpResponse, QueryDict
from django.views.decorators.http import require_GET

from artifacts.errors import NotFound
from artifacts.listing.paging import Page, page_of
from artifacts.models import Alias, Collection, Membership, Project, Run
from artifacts.models.collections import CollectionQuerySet
from artifacts.naming import LATEST, key_of
from artifacts.text.cleaning import clean_text
from artifacts.views.answers import HtmxHttpRequest, moved, page, pairs_without
from artifacts.views.fetch import project_of
from artifacts.views.url_of import browser_url, collection_url, registry_url, version_url

Context = dict[str, Any]
IN_TREE = 40
NEWEST = 5
PAGE = 50
MOST_TYPES = 100
LONGEST = 128  # characters of what is looked for
TREE_NAMES = ("from", "to")  # of the tree's cursors; it is only ever turned forwards, so addresses have no “to”
LOG_CODE = """import wandb

with wandb.init(entity={entity}, project={project}) as run:
    artifact = wandb.Artifact(name="<name>", type="<type>")
    artifact.add_file("<path>")
    run.log_artifact(artifact)
"""


@dataclass
class Leaf:
    """A collection in the tree; the current one is open and shows its newest versions."""

    collection: Collection
    href: str
    is_open: bool = False
    versions: list[tuple[Membership, str, bool]] = field(default_factory=list)

    @property
    def has_current(self) -> bool:
        """Whether one of the versions is the page."""
        return any(is_current for _, _, is_current in self.versions)


@dataclass
class Branch:
    """A type in the tree; its collections are there when it is open."""

    type: str
    count: int
    href: str
    leaves: list[Leaf] = field(default_factory=list)
    is_open: bool = False
    more_url: str = ""


@dataclass(frozen=True)
class TreeSearch:
    """What is looked for in the tree, how much has it in its name, and where the further and the first matches are."""

    words: str
    count: int = 0
    more_url: str = ""
    first_url: str = ""

    @property
    def query(self) -> str:
        """What addresses carry as long as it is looked for."""
        return f"?{urlencode({'find': self.words})}" if self.words else ""


type Current = tuple[Collection | None, Membership | None]


@dataclass(frozen=True)
class BrowserAddress:
    """What an address says of the tree and the table beside it.

    `words` are looked for in both; `tree_page` and `table_page` are the cursors of the two, which have different names.
    """

    words: str = ""
    tree_page: str = ""
    table_page: tuple[tuple[str, str], ...] = ()
    kept: Sequence[tuple[str, str]] = ()  # what the search form leaves in the address

    @classmethod
    def read(cls, query: QueryDict) -> "BrowserAddress":
        """Read the query of an address."""
        return cls(
            words=query.get("find", "")[:LONGEST].strip(),
            tree_page=query.get(TREE_NAMES[0], ""),
            table_page=tuple((name, query.get(name, "")) for name in ("before", "after") if name in query),
            kept=pairs_without(query, "find", TREE_NAMES[0]),
        )


@require_GET
def browser(request: HtmxHttpRequest, entity: str, project: str, type: str = "") -> HttpResponse:
    found = project_of(request, entity, project)
    if found.is_registry:
        return moved(request, registry_url(found))
    if (found.entity.name, found.name) != (entity, project):
        return moved(request, browser_url(found, type))
    address = BrowserAddress.read(request.GET)
    shell = around(found, address, (None, None), opened=type)
    if type and type not in shell["types"]:
        raise NotFound(f"“{found.name}” has no artifacts of type “{type[:60]}”; choose one of its types.")
    table = collections_table(found, type, address, shell["types"])
    context = {**shell, "current_type": type, **table}
    return page(request, "artifacts/browser/browser.html", context, partial="collection-rows")


def project_page(
    request: HtmxHttpRequest, project: Project, collection: Collection, membership: Membership | None
) -> Context:
    """What surrounds a collection or a version in the browser."""
    return around(project, BrowserAddress.read(request.GET), (collection, membership), opened=collection.type)


def around(project: Project, address: BrowserAddress, current: Current, *, opened: str) -> Context:
    """The project's head, and the tree with the current place or a type open."""
    collections = project.collections.all()
    counts = list(collections.values_list("type").annotate(number=Count("pk")).order_by("type")[:MOST_TYPES])
    if not opened and len(counts) == 1:
        opened = counts[0][0]
    branches = [
        Branch(type=name, count=number, href=browser_url(project, name), is_open=name == opened)
        for name, number in counts
    ]
    search = TreeSearch(address.words)
    if address.words:
        search = _found(address, collections, branches, current)
        branches = [branch for branch in branches if branch.leaves]
    for branch in branches if not address.words else ():
        if branch.is_open:
            _fill(branch, collections, address, current)
    return {
        "project": project,
        "branches": branches,
        "types": [name for name, _ in counts],
        "search": search,
        "artifact_count": sum(number for _, number in counts),
        "run_count": Run.objects.filter(project=project).count(),
        "browser_url": browser_url(project),
        "kept_by_find": address.kept,
    }


def _fill(branch: Branch, collections: CollectionQuerySet, address: BrowserAddress, current: Current) -> None:
    """The collections of an open type: a page of them, and the current one even when it isn't among those."""
    found = _tree_page(collections.filter(type=branch.type), ("natural_key", "pk"), address)
    branch.more_url = f"{branch.href}{found.older}" if found.older else ""
    _grow(branch, found.rows, current)


def _tree_page(collections: CollectionQuerySet, columns: Sequence[str], address: BrowserAddress) -> Page[Collection]:
    asked = {"find": address.words} if address.words else {}
    return page_of(collections, columns, asked | {TREE_NAMES[0]: address.tree_page}, size=IN_TREE, names=TREE_NAMES)


def _grow(branch: Branch, rows: list[Collection], current: Current, query: str = "") -> None:
    """Put the collections into a branch, the current one open and in front where it isn't among them."""
    collection, membership = current
    if collection is not None and collection.type == branch.type and all(row.pk != collection.pk for row in rows):
        rows = [collection, *rows]
    for row in rows:
        is_here = collection is not None and row.pk == collection.pk
        leaf = _leaf(row, membership) if is_here else Leaf(row, collection_url(row))
        leaf.href += query
        branch.leaves.append(leaf)


def matching(collections: CollectionQuerySet, words: str, types: Iterable[str]) -> CollectionQuerySet:
    """The collections that have the words in their name or in that of their type."""
    key = key_of(clean_text(words))
    return collections.filter(Q(name_key__contains=key) | Q(type__in=[name for name in types if key in key_of(name)]))


def _found(
    address: BrowserAddress, collections: CollectionQuerySet, branches: list[Branch], current: Current
) -> TreeSearch:
    """Fill the tree with a page of what has the words in the name of the collection or its type; the current place stays."""
    words = address.words
    found = matching(collections, words, [branch.type for branch in branches])
    counts = dict(found.values_list("type").annotate(number=Count("pk")).order_by("type")[:MOST_TYPES])
    part = _tree_page(found, ("type", "natural_key", "pk"), address)
    query = TreeSearch(words).query
    for branch in branches:
        _grow(branch, [row for row in part.rows if row.type == branch.type], current, query)
        branch.is_open, branch.count = True, counts.get(branch.type, 0)
    return TreeSearch(words, sum(counts.values()), more_url=part.older, first_url=query if part.newer else "")


def _leaf(collection: Collection, membership: Membership | None) -> Leaf:
    newest = list(Membership.objects.in_collection(collection).newest_first()[:NEWEST])
    if membership is not None and all(row.pk != membership.pk for row in newest):
        newest = [*newest[: NEWEST - 1], membership]
    for row in newest:
        row.collection = collection
    versions = [(row, version_url(row), membership is not None and row.pk == membership.pk) for row in newest]
    return Leaf(collection, collection_url(collection), True, versions)


class ProjectCollectionRow(NamedTuple):
    """A collection in the table, with the number that `latest` has in it."""

    collection: Collection
    href: str
    latest: int | None


def collections_table(project: Project, type: str, address: BrowserAddress, types: Iterable[str]) -> Context:
    """A page of the project's collections by name, those of a type or that are looked for."""
    found = project.collections.all()
    found = found.filter(type=type) if type else found
    if address.words:
        found = matching(found, address.words, types)
    kept = {"find": address.words} if address.words else {}
    collections = page_of(
        found.prefetch_related("tags"), ("natural_key", "pk"), {**kept, **dict(address.table_page)}, size=PAGE
    )
    newest = Alias.objects.filter(collection__in=collections.rows, name=LATEST)
    latest = dict(newest.values_list("collection", "membership__index"))
    here = browser_url(project, type)
    return {
        "log_code": LOG_CODE.format(
            entity=json.dumps(project.entity.name), project=json.dumps(project.name, ensure_ascii=False)
        ),
        "rows": [ProjectCollectionRow(row, collection_url(row), latest.get(row.pk)) for row in collections.rows],
        "first": f"{here}{TreeSearch(address.words).query}" if collections.newer else "",
        "more": f"{here}{collections.older}" if collections.older else "",
    }
