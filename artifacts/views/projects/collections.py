"""A collection of the artifact browser: the table of its versions, and what is done to the collection itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch, prefetch_related_objects
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from artifacts import addresses
from artifacts.access import Can, verbs_in
from artifacts.actions.collections import describe_collection, rename_collection
from artifacts.errors import Conflict, Forbidden, Invalid
from artifacts.forms import CollectionNameForm, VersionDescriptionForm
from artifacts.listing import search_box
from artifacts.listing.columns import shown_columns
from artifacts.listing.paging import page_of
from artifacts.models import ArtifactVersion, Collection, Membership, Run
from artifacts.models.collections import MembershipQuerySet
from artifacts.versions import filters
from artifacts.versions.filters import metadata_of
from artifacts.versions.time_to_live import TimeToLive, time_to_live_of
from artifacts.views.answers import HtmxHttpRequest, done, moved, page
from artifacts.views.fetch import project_of
from artifacts.views.projects.browser import project_page
from artifacts.views.table_address import TableAddress
from artifacts.views.url_of import collection_url, compare_url, run_url
from artifacts.views.version_page import VersionPage

Context = dict[str, Any]
COLUMNS = {
    "aliases": "Aliases",
    "tags": "Tags",
    "creator": "Created By",
    "created": "Created",
    "ttl": "Time to Live",
    "files": "Files",
    "size": "Size",
    "digest": "Digest",
}
USUAL = ("aliases", "tags", "creator", "created", "ttl", "files", "size")
SORTS = {
    "-version": ("-index",),
    "version": ("index",),
    "-created": ("-created_at", "-pk"),
    "created": ("created_at", "pk"),
    "-files": ("-version__file_count", "-pk"),
    "files": ("version__file_count", "pk"),
    "-size": ("-version__size", "-pk"),
    "size": ("version__size", "pk"),
}


@dataclass(frozen=True)
class VersionRow:
    """A version in the table: where it is and what the visitor may do to it, the run that made it, how long it is kept."""

    version_page: VersionPage
    run: Run | None
    run_url: str
    time_to_live: TimeToLive


@require_GET
def collection(request: HtmxHttpRequest, entity: str, project: str, type: str, collection: str) -> HttpResponse:
    source = project_of(request, entity, project)
    found = addresses.collection(source, collection)
    typed = (source.entity.name, source.name, found.type, found.name)
    if source.is_registry or typed != (entity, project, type, collection):
        return moved(request, collection_url(found))
    verbs = verbs_in(request.user, source)
    context = {
        **project_page(request, source, found, None),
        "collection": found,
        "tags": list(found.tags.order_by("name")),
        "can_edit": Can.EDIT in verbs,
        "can_delete": Can.EDIT in verbs and not found.is_portfolio,
        "path": f"{entity}/{found.path}",
        "describe_url": collection_url(found, "describe"),
        "rename_url": collection_url(found, "rename"),
        "delete_url": reverse("registry:delete-sequence", args=[entity, project, found.name]),
        "compare_url": compare_url(found),
        **versions_table(found, verbs, TableAddress.read(request.GET)),
    }
    return page(request, "artifacts/browser/collection.html", context, partial="version-rows")


def versions_table(collection: Collection, verbs: frozenset[Can], address: TableAddress) -> Context:
    """A page of the versions that an address asks for, with the columns that it names, for whoever has these rights."""
    query = search_box.parse(address.words, filters.VOCABULARY)
    sort = address.sort if address.sort in SORTS else "-version"
    found = filters.applied(with_rows(Membership.objects.in_collection(collection)), query)
    versions = page_of(found, SORTS[sort], address.query)
    rows = rows_of(collection, versions.rows, verbs)
    shown = shown_columns(address.columns, metadata_of(versions.rows), COLUMNS, USUAL)
    return {
        "versions": versions,
        "table_rows": list(zip(rows, shown.values, strict=True)),
        "columns_shown": shown,
        "query_text": address.words,
        "query_faults": query.faults,
        "sort": sort,
        "kept_by_filter": address.kept("q"),
        "kept_by_columns": address.kept("show"),
    }


def with_rows(found: MembershipQuerySet) -> MembershipQuerySet:
    """Together with all that a row shows, and without what may be large."""
    runs = Run.objects.only("pk", "name", "display_name", "project_id", "state", "heartbeat_at")
    versions = ArtifactVersion.objects.defer("metadata", "description", "wanted_aliases", "wanted_tags")
    return found.prefetch_related(
        "aliases", Prefetch("version", versions), Prefetch("version__run", runs), "version__tags", "version__created_by"
    )


def rows_of(collection: Collection, memberships: Sequence[Membership], verbs: frozenset[Can]) -> list[VersionRow]:
    """The rows of versions in a collection of a project, for whoever has these rights there.

    What a linked version shares with its other places is changed on its own page.
    """
    project = collection.project
    if collection.is_portfolio:
        prefetch_related_objects(memberships, "version__sequence__project__entity")
    rows = []
    for membership in memberships:
        membership.collection = collection
        is_source = membership.version.sequence_id == collection.pk
        if is_source:
            membership.version.sequence = collection
        run = membership.version.run
        if run is not None and run.project_id == project.pk:  # one of another project might be hidden
            run.project = project
        else:
            run = None
        version_page = VersionPage(membership=membership, verbs=verbs, source_verbs=verbs if is_source else frozenset())
        rows.append(VersionRow(version_page, run, run_url(run) if run else "", time_to_live_of(membership.version)))
    return rows


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
    return page(request, "artifacts/version/describe.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
def rename(request: HtmxHttpRequest, entity: str, project: str, collection: str) -> HttpResponse:
    """Another name for a collection; the old one leads to it from then on."""
    found = addresses.collection(project_of(request, entity, project, can=Can.EDIT), collection)
    cancel = collection_url(found)
    form = CollectionNameForm(request.POST or None, initial={"name": found.name})
    if form.is_valid():
        old = found.name
        try:
            rename_collection(found, form.cleaned_data["name"], acting_user=request.user)
        except (Conflict, Forbidden, Invalid) as refusal:
            form.add_error("name", str(refusal))
        else:
            return done(request, collection_url(found), toast=f"Renamed {old} to {found.name}")
    context = {"collection": found, "form": form, "cancel": cancel}
    return page(request, "artifacts/browser/collection_rename.html", context, status=422 if form.is_bound else 200)
