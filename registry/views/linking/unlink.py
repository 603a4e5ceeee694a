"""Ending a link: by its menu, or by the Undo of the toast that told of it, with what was made on the way."""

from django.http import HttpResponse
from django.shortcuts import resolve_url
from django.views.decorators.http import require_http_methods

from artifacts import addresses
from artifacts.access import Can
from artifacts.errors import Forbidden, Invalid
from artifacts.models import Collection, Membership
from artifacts.views.answers import HtmxHttpRequest, done, page
from artifacts.views.fetch import membership_of
from artifacts.views.url_of import act_url, collection_url, registry_url, version_url
from registry.actions.undo import TakenBack, take_back_link
from registry.views.fetch import collection_of, organization_name

COLLECTION, REGISTRY = "collection", "registry"


def undo_url(membership: Membership, new: str = "") -> str:
    """Where a link is taken back; `new` is what was made on the way to it: a collection, or a registry with one."""
    return act_url(membership, "unlink", **({"new": new} if new else {}))


@require_http_methods(["GET", "POST"])
def unlink(request: HtmxHttpRequest, org: str, registry: str, collection: str, reference: str) -> HttpResponse:
    found = collection_of(request, org, registry, collection, can=Can.LINK)
    return _unlink(request, addresses.membership(found, reference))


@require_http_methods(["GET", "POST"])
def unlink_in_project(
    request: HtmxHttpRequest, entity: str, project: str, collection: str, reference: str
) -> HttpResponse:
    """The same for a collection of linked versions in an ordinary project."""
    return _unlink(request, membership_of(request, entity, project, collection, reference, can=Can.LINK))


def _unlink(request: HtmxHttpRequest, membership: Membership) -> HttpResponse:
    found = membership.collection
    new, error = request.GET.get("new", ""), ""
    if request.method == "POST":
        try:
            taken = take_back_link(
                membership,
                with_collection=new in {COLLECTION, REGISTRY},
                with_registry=new == REGISTRY,
                acting_user=request.user,
            )
        except (Forbidden, Invalid) as refusal:
            error = str(refusal)
        else:
            return _say_what_ended(request, found, membership, taken)
    context = {
        "collection": found,
        "membership": membership,
        "new": new,
        "cancel": version_url(membership),
        "error": error,
    }
    return page(request, "registry/linking/unlink.html", context, status=422 if error else 200)


def _say_what_ended(
    request: HtmxHttpRequest, collection: Collection, membership: Membership, taken: TakenBack
) -> HttpResponse:
    """Say what ended. A page that is gone with it is left; a list is read again where it stands.

    With a collection's last version comes the code to link another, which stands above the list: then the page is read anew.
    """
    project, home = collection.project, collection_url(collection)
    gone, back, words = f"{home}/", home, ""
    if taken.registry:
        gone, back = registry_url(project), resolve_url("registry:organization-home", organization_name(project))
        words = f" and took back the registry {project.title}"
    elif taken.collection:
        gone, back = home, registry_url(project)
        words = f" and took back the collection {collection.name}"
    if taken.kept:
        words += f"; “{taken.kept}” stays: it is used by now, or isn’t yours to delete"
    here = (request.htmx.current_url_abs_path or "").split("?")[0]
    is_emptied = here == home and not collection.memberships.exists()
    event = None if is_emptied or here.startswith(gone) else "versionLinked"
    return done(request, back, event=event, toast=f"Unlinked {collection.name}:{membership.name}{words}")
