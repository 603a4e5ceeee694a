"""The artifact browser of a project: types, the collections of each, and a collection's versions."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Prefetch
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from artifacts import addresses
from artifacts.access import Can, verbs_in
from artifacts.actions.collections import describe_collection
from artifacts.errors import Invalid, NotFound
from artifacts.forms import VersionDescriptionForm
from artifacts.models import Alias, ArtifactVersion, Collection, Membership, Project, Run
from artifacts.models.collections import CollectionQuerySet
from artifacts.naming import LATEST, key_of, version_index
from artifacts.pages import HtmxHttpRequest, done, moved, page
from artifacts.views.place import collection_url, project_of, version_url

Context = dict[str, Any]
IN_TREE = 40
NEWEST = 5
PAGE = 50
MOST_TYPES = 100
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


@dataclass
class Branch:
    """A type in the tree; its collections are there when it is open."""

    type: str
    count: int
    href: str
    leaves: list[Leaf] = field(default_factory=list)
    is_open: bool = False
    more_url: str = ""


@require_GET
def browser(request: HtmxHttpRequest, entity: str, project: str, type: str = "") -> HttpResponse:
    found = project_of(request, entity, project)
    if found.is_registry:
        return moved(request, registry_url(found))
    if (found.entity.name, found.name) != (entity, project):
        return moved(request, browser_url(found, type))
    shell = project_page(request, found, None, None, type=type)
    if type and type not in [branch.type for branch in shell["branches"]]:
        raise NotFound(f"“{found.name}” has no artifacts of type “{type[:60]}”; choose one of its types.")
    context = {**shell, "current_type": type, **listed(request, found, type)}
    return page(request, "artifacts/browser.html", context, partial="collection-rows")


@require_GET
def collection(request: HtmxHttpRequest, entity: str, project: str, type: str, collection: str) -> HttpResponse:
    place = project_of(request, entity, project)
    found = addresses.collection(place, collection)
    if place.is_registry or (place.entity.name, place.name, found.type, found.name) != (
        entity,
        project,
        type,
        collection,
    ):
        return moved(request, collection_url(found))
    context = {
        **project_page(request, place, found, None),
        "collection": found,
        "tags": list(found.tags.order_by("name")),
        "can_edit": Can.EDIT in verbs_in(request.user, place),
        "describe_url": reverse("artifacts:collection-describe", args=[entity, project, found.name]),
        **versions_page(request, found),
    }
    return page(request, "artifacts/collection.html", context, partial="version-rows")


@require_http_methods(["GET", "POST"])
def describe(request: HtmxHttpRequest, entity: str, project: str, collection: str) -> HttpResponse:
    """The Markdown card of a collection."""
    found = addresses.collection(project_of(request, entity, project, can=Can.EDIT), collection)
    form = VersionDescriptionForm(request.POST or None, initial={"description": found.description})
    form.fields["description"].help_text = "Markdown. What these versions are for, and how they were made."
    if form.is_valid():
        try:
            describe_collection(found, form.cleaned_data["description"], acting_user=request.user)
            return done(request, collection_url(found), toast="Saved the description")
        except Invalid as refusal:
            form.add_error("description", str(refusal))
    context = {"title": found.name, "form": form, "cancel": collection_url(found)}
    return page(request, "artifacts/version_describe.html", context, status=422 if form.is_bound else 200)


def project_page(
    request: HtmxHttpRequest,
    project: Project,
    collection: Collection | None,
    membership: Membership | None,
    *,
    type: str = "",
) -> Context:
    """What surrounds everything in the browser: the project's head, and the tree with the current place open."""
    sequences = project.collections.all().sequences()
    counts = list(sequences.values_list("type").annotate(number=Count("pk")).order_by("type")[:MOST_TYPES])
    words = request.GET.get("find", "")[:128].strip()
    opened = collection.type if collection is not None else type
    if not opened and len(counts) == 1:
        opened = counts[0][0]
    branches = [
        Branch(type=name, count=number, href=browser_url(project, name), is_open=name == opened)
        for name, number in counts
    ]
    if words:
        branches = _found(sequences, words, branches)
    else:
        for branch in branches:
            if branch.is_open:
                _fill(branch, sequences, request.GET.get("from", ""), collection, membership)
    return {
        "project": project,
        "branches": branches,
        "words": words,
        "artifact_count": sum(number for _, number in counts),
        "run_count": Run.objects.filter(project=project).count(),
        "browser_url": browser_url(project),
    }


def _fill(
    branch: Branch,
    sequences: CollectionQuerySet,
    start: str,
    collection: Collection | None,
    membership: Membership | None,
) -> None:
    """The collections of an open type: a page of them, and the current one even when it isn't among those."""
    found = sequences.filter(type=branch.type).order_by("name_key")
    if start:
        found = found.filter(name_key__gte=key_of(start))
    rows = list(found[: IN_TREE + 1])
    if len(rows) > IN_TREE:
        branch.more_url = f"{branch.href}?{urlencode({'from': rows[IN_TREE].name})}"
    rows = rows[:IN_TREE]
    if collection is not None and all(row.pk != collection.pk for row in rows):
        rows.insert(0, collection)
    branch.leaves = [
        _leaf(row, membership) if collection and row.pk == collection.pk else Leaf(row, collection_url(row))
        for row in rows
    ]


def _found(sequences: CollectionQuerySet, words: str, branches: list[Branch]) -> list[Branch]:
    """The tree of what has the words in its name, at most a page of it."""
    rows = list(sequences.filter(name_key__contains=key_of(words)).order_by("type", "name_key")[:IN_TREE])
    for branch in branches:
        branch.leaves = [Leaf(row, collection_url(row)) for row in rows if row.type == branch.type]
        branch.is_open, branch.count = True, len(branch.leaves)
    return [branch for branch in branches if branch.leaves]


def _leaf(collection: Collection, membership: Membership | None) -> Leaf:
    newest = list(Membership.objects.in_collection(collection).newest_first()[:NEWEST])
    if membership is not None and all(row.pk != membership.pk for row in newest):
        newest = [*newest[: NEWEST - 1], membership]
    for row in newest:
        row.collection = collection
    versions = [(row, version_url(row), membership is not None and row.pk == membership.pk) for row in newest]
    return Leaf(collection, collection_url(collection), True, versions)


def browser_url(project: Project, type: str = "") -> str:
    """Where a project's artifacts are, or those of a type."""
    arguments = [project.entity.name, project.name]
    return (
        reverse("artifacts:browser-type", args=[*arguments, type])
        if type
        else reverse("artifacts:browser", args=arguments)
    )


def registry_url(project: Project) -> str:
    """Where a registry is: its artifacts are browsed there."""
    assert project.entity.organization is not None  # an organization's entity owns registries
    return reverse("registry:registry", args=[project.entity.organization.name, project.title])


def listed(request: HtmxHttpRequest, project: Project, type: str) -> Context:
    """A page of the project's collections by name, with the number that `latest` has in each."""
    found = project.collections.all().sequences().order_by("name_key")
    found = found.filter(type=type) if type else found
    start = request.GET.get("after", "")[:128]
    rows = list((found.filter(name_key__gt=key_of(start)) if start else found).prefetch_related("tags")[: PAGE + 1])
    newest = Alias.objects.filter(collection__in=rows[:PAGE], name=LATEST).values_list(
        "collection", "membership__index"
    )
    latest = dict(newest)
    here = browser_url(project, type)
    return {
        "log_code": LOG_CODE.format(
            entity=json.dumps(project.entity.name), project=json.dumps(project.name, ensure_ascii=False)
        ),
        "rows": [(row, collection_url(row), latest.get(row.pk)) for row in rows[:PAGE]],
        "first": here if start else "",
        "more": f"{here}?{urlencode({'after': rows[PAGE - 1].name})}" if len(rows) > PAGE else "",
    }


def versions_page(request: HtmxHttpRequest, collection: Collection) -> Context:
    """A page of a collection's versions, the newest first."""
    found = Membership.objects.in_collection(collection).newest_first().with_aliases()
    after = request.GET.get("after", "")
    index = version_index(after)
    if index is not None:
        found = found.filter(index__lt=index)
    slim = ArtifactVersion.objects.defer("metadata", "description", "wanted_aliases", "wanted_tags")
    related = (Prefetch("version", slim), "version__tags", "version__created_by")
    rows = list(found.prefetch_related(*related)[: PAGE + 1])
    for row in rows:
        row.collection = collection
    here = collection_url(collection)
    return {
        "rows": [(row, version_url(row)) for row in rows[:PAGE]],
        "first": here if index is not None else "",
        "more": f"{here}?{urlencode({'after': rows[PAGE - 1].name})}" if len(rows) > PAGE else "",
    }
