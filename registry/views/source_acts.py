"""What is done to a source version that its links are told of: deleting it, with the list of links that would break."""

from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods

from artifacts import access, addresses
from artifacts.access import Can
from artifacts.errors import Conflict, Forbidden, Invalid
from artifacts.models import ArtifactVersion, Membership
from artifacts.pages import HtmxHttpRequest, done, in_organization, page
from registry.actions.delete import delete_version
from registry.rows import source_url

SHOWN = 20


@require_http_methods(["GET", "POST"])
def delete(request: HtmxHttpRequest, entity: str, project: str, collection: str, reference: str) -> HttpResponse:
    """Asks first, naming what would break; then the version is deleted wherever it is."""
    source = addresses.project(request.user, entity, project, can=Can.EDIT)
    membership = addresses.membership(addresses.collection(source, collection), reference)
    version = membership.version
    version.sequence = membership.collection
    in_organization(request, source.entity.organization)
    error = ""
    if request.method == "POST":
        try:
            delete_version(version, delete_aliases=True, acting_user=request.user)
        except (Forbidden, Conflict, Invalid) as refusal:
            error = str(refusal)
        else:
            return done(request, source_url(version), toast=f"Deleted {version}")
    context = {"version": version, "cancel": source_url(version), "error": error, **broken(request, version)}
    return page(request, "registry/delete_version.html", context, status=422 if error else 200)


def broken(request: HtmxHttpRequest, version: ArtifactVersion) -> dict[str, Any]:
    """The links that end with a version: those that the visitor sees by name, and how many there are beside them."""
    links = Membership.objects.filter(version=version, collection__kind="portfolio")
    seen = links.filter(collection__project__in=access.visible_projects(request.user).values("pk"))
    rows = seen.select_related("collection__project").with_aliases().order_by("pk")[:SHOWN]
    shown = [(f"{row.collection.project.title}/{row}", row.alias_names) for row in rows]
    own = Membership.objects.filter(version=version, collection=version.sequence_id).with_aliases().first()
    return {"links": shown, "others": links.count() - len(shown), "aliases": own.alias_names if own else []}
