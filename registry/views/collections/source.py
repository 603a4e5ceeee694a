"""Deleting a version, or a collection with all its versions, in a project: which links in registries would end with it is said first."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods

from artifacts import access, addresses
from artifacts.access import Can
from artifacts.actions.aliases_and_tags import protected_keys
from artifacts.errors import Conflict, Forbidden, Invalid
from artifacts.models import ArtifactVersion, Collection, Membership
from artifacts.models.collections import MembershipQuerySet
from artifacts.naming import key_of
from artifacts.views.answers import HtmxHttpRequest, done, page
from artifacts.views.fetch import membership_of, project_of
from artifacts.views.url_of import browser_url, collection_url, source_url
from registry.actions.delete import delete_sequence, delete_version
from registry.forms import DeleteForm

SHOWN = 20


@require_http_methods(["GET", "POST"])
def delete(request: HtmxHttpRequest, entity: str, project: str, collection: str, reference: str) -> HttpResponse:
    """The dialog that asks whether to delete a version, naming what would break; its POST deletes it wherever it is linked."""
    membership = membership_of(request, entity, project, collection, reference, can=Can.EDIT)
    version = membership.version
    version.sequence = membership.collection
    error = ""
    if request.method == "POST":
        try:
            delete_version(version, delete_aliases=True, acting_user=request.user)
        except (Forbidden, Conflict, Invalid) as refusal:
            error = str(refusal)
        else:
            return done(request, source_url(version), toast=f"Deleted {version}")
    context = {
        "version": version,
        "cancel": source_url(version),
        "error": error,
        **links_ending_with_version(request, version),
    }
    return page(request, "registry/linking/delete_version.html", context, status=422 if error else 200)


@require_http_methods(["GET", "POST"])
def delete_collection(request: HtmxHttpRequest, entity: str, project: str, collection: str) -> HttpResponse:
    """The dialog that names what would break and asks for the collection's name; its POST deletes it with its versions."""
    source = project_of(request, entity, project, can=Can.EDIT)
    found = addresses.collection(source, collection)
    if found.is_portfolio:
        raise Invalid(f"“{found.name}” is a collection of a registry; delete it there.")
    form = DeleteForm(request.POST or None, title=found.name, what="collection")
    error = ""
    if form.is_valid():
        try:
            delete_sequence(found, acting_user=request.user)
        except (Forbidden, Conflict, Invalid) as refusal:
            error = str(refusal)
        else:
            back = browser_url(source, found.type)
            if not source.collections.all().sequences().filter(type=found.type).exists():
                back = browser_url(source)
            return done(request, back, toast=f"Deleted {found.name} with its versions")
    context = {
        "collection": found,
        "form": form,
        "cancel": collection_url(found),
        "error": error,
        **links_ending_with_sequence(request, found),
    }
    return page(request, "registry/linking/delete_sequence.html", context, status=422 if form.is_bound else 200)


@dataclass(frozen=True)
class EndingLink:
    """A link that would end: its path, which version it holds, and its aliases, each with whether it is protected."""

    path: str
    version: str
    aliases: list[tuple[str, bool]]


def links_ending_with_sequence(request: HtmxHttpRequest, collection: Collection) -> dict[str, Any]:
    """The links that end with a collection and all its versions."""
    return ending_links(request, Membership.objects.filter(version__sequence=collection, collection__kind="portfolio"))


def links_ending_with_version(request: HtmxHttpRequest, version: ArtifactVersion) -> dict[str, Any]:
    """The links that end with a version, and the aliases that it has in its own collection."""
    own = Membership.objects.filter(version=version, collection=version.sequence_id).with_aliases().first()
    links = Membership.objects.filter(version=version, collection__kind="portfolio")
    return {"aliases": own.alias_names if own else [], **ending_links(request, links)}


def ending_links(request: HtmxHttpRequest, links: MembershipQuerySet) -> dict[str, Any]:
    """Links that end: the first that the visitor sees, how many are seen, how many there are, and which of the first forbid it.

    A link under a protected alias forbids the deletion of its source.
    """
    seen = links.filter(collection__project__in=access.visible_projects(request.user).values("pk"))
    protected = "collection__project__protected_aliases"
    rows = seen.select_related("collection__project", "version").with_aliases().prefetch_related(protected)
    shown = []
    for row in rows.order_by("pk")[:SHOWN]:
        guarded = protected_keys(row.collection.project)
        names = [(name, key_of(name) in guarded) for name in row.alias_names]
        shown.append(EndingLink(f"{row.collection.project.title}/{row}", row.version.name, names))
    held = [link for link in shown if any(is_protected for _, is_protected in link.aliases)]
    return {"links": shown, "seen": seen.count(), "all": links.count(), "held": held}
