"""“Link new version”: from a collection, a version of a team's project is chosen and linked."""

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods

from artifacts.access import Can
from artifacts.errors import DomainError, NotFound
from artifacts.models import ArtifactVersion, Collection
from artifacts.views.answers import HtmxHttpRequest, done, page
from artifacts.views.url_of import collection_url, version_url
from registry.actions.link import link_version
from registry.actions.undo import can_take_back
from registry.forms import words
from registry.views.fetch import collection_of
from registry.views.linking.address import SourceAddress
from registry.views.linking.preview import known_aliases, preview
from registry.views.linking.source_steps import Wanted, read_source
from registry.views.linking.unlink import undo_url

# The names of the fields that go with a question for the next choices.
SENT = "team,pick_team,project,pick_project,artifact,pick_artifact,version,pick_version,aliases"


@require_http_methods(["GET", "POST"])
def sidebar(request: HtmxHttpRequest, org: str, registry: str, collection: str) -> HttpResponse:
    found = collection_of(request, org, registry, collection, can=Can.LINK)
    address = SourceAddress.read(request)
    source = read_source(request.user, Wanted.by(found), address)
    alias_error = ""
    if address.is_sent and source.chosen is not None and not source.has_errors:
        try:
            return linked(request, found, source.chosen, words(address.aliases))
        except NotFound:
            raise  # no role here, so that it isn't about the form at all
        except DomainError as refusal:
            if refusal.field == "aliases":
                alias_error = str(refusal)
            else:
                source.version.error = str(refusal)
    context = {
        "collection": found,
        "registry": found.project,
        "source": source,
        "aliases": address.aliases,
        "alias_error": alias_error,
        "known_aliases": known_aliases(request.user, found),
        "preview": preview(request.user, source.chosen, found) if source.chosen else None,
        "sent": SENT,
        "picked": address.picked,
        "cancel": collection_url(found),
    }
    partial = "source-fields" if address.redraws("source-fields") else None
    # What was sent as a whole and comes here was refused, or has gaps.
    return page(
        request, "registry/linking/sidebar.html", context, partial=partial, status=422 if address.is_sent else 200
    )


def linked(
    request: HtmxHttpRequest, collection: Collection, version: ArtifactVersion, aliases: list[str]
) -> HttpResponse:
    """Link, and say under which name."""
    may_undo = can_take_back(version, collection, aliases)
    membership = link_version(version, collection, aliases=aliases, acting_user=request.user)
    address = version_url(membership)
    home = collection_url(collection)
    # The page of a collection that was empty shows other things than its table: it is read again as a whole.
    is_other_page = collection.version_count == 0 and (request.htmx.current_url_abs_path or "").split("?")[0] == home
    return done(
        request,
        home,
        event=None if is_other_page else "versionLinked",
        toast="Linked as",
        link=(address, f"{collection.name}:{membership.name}"),
        undo=undo_url(membership) if may_undo else "",
    )
