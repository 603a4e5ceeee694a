"""“Link new version”: from a collection, a version of a team's project is chosen and linked."""

from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods

from artifacts import access, naming
from artifacts.access import Can
from artifacts.actions.labels import protected_keys
from artifacts.errors import DomainError, Invalid, NotFound
from artifacts.models import Alias, ArtifactVersion, Collection, ManifestEntry, Membership
from artifacts.naming import LATEST, key_of
from artifacts.views.answers import (
    HtmxHttpRequest,
    done,
    page,
)
from artifacts.views.url_of import collection_url, version_url
from registry.actions.link import link_version
from registry.forms import words
from registry.tables import metrics
from registry.views.linking.choice import (
    PICKED,
    narrowed,
    picked_in,
)
from registry.views.linking.source_steps import (
    LATER,
    Wanted,
    read_source,
)
from registry.views.linking.unlink import undo_url
from registry.views.place import collection_of, filled_in

SENT = "team,pick_team,project,pick_project,artifact,pick_artifact,version,pick_version,aliases"


@require_http_methods(["GET", "POST"])
def sidebar(request: HtmxHttpRequest, org: str, registry: str, collection: str) -> HttpResponse:
    found = collection_of(request, org, registry, collection, can=Can.LINK)
    is_final = is_sent(request)
    asked = choices_made(request)
    source = read_source(request.user, Wanted.by(found), asked, is_final=is_final)
    if request.method == "POST" and not is_final:
        source.open_stale()
    wrong: dict[str, str] = {}
    if is_final and source.chosen is not None and not source.has_errors:
        try:
            return linked(request, found, source.chosen, words(asked.get("aliases", "")))
        except DomainError as refusal:
            wrong = blame(refusal, asked.get("aliases", ""), found, request)
            source.version.error = wrong.get("version", "")
    context = {
        "collection": found,
        "registry": found.project,
        "source": source,
        "aliases": asked.get("aliases", ""),
        "alias_error": wrong.get("aliases", ""),
        "known_aliases": known_aliases(found, request),
        "preview": preview(request, source.chosen, found) if source.chosen else None,
        "sent": SENT,
        "picked": picked_in(filled_in(request)),
        "cancel": collection_url(found),
    }
    if is_narrowing(request, "source-fields"):
        return page(request, "registry/linking/sidebar.html", context, partial="source-fields")
    is_wrong = bool(wrong) or (is_final and (source.has_errors or source.chosen is None))
    return page(request, "registry/linking/sidebar.html", context, status=422 if is_wrong else 200)


def is_narrowing(request: HtmxHttpRequest, box: str) -> bool:
    """Whether htmx asks for the controls alone: a choice was made, or a part of a name typed, in the open dialog."""
    target = request.headers.get("HX-Target", "")
    return request.method == "GET" and (target == box or target.startswith("list_"))


def is_sent(request: HtmxHttpRequest) -> bool:
    """Whether the form was sent as a whole, not for the next choices (as it is where there is no script)."""
    given = request.POST
    return (
        request.method == "POST"
        and given.get("step") != "choose"
        and not any(name.startswith(PICKED) for name in given)
    )


def choices_made(request: HtmxHttpRequest) -> dict[str, str]:
    """What the form says, without what hung on a choice that was made anew."""
    return narrowed(filled_in(request), request.headers.get("HX-Trigger", ""), LATER)


def linked(
    request: HtmxHttpRequest, collection: Collection, version: ArtifactVersion, aliases: list[str]
) -> HttpResponse:
    """Link, and say under which name."""
    may_undo = takes_nothing(version, collection, aliases)
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


def takes_nothing(version: ArtifactVersion, collection: Collection, aliases: list[str]) -> bool:
    """Whether a link is new and takes no alias from another version, so that unlinking puts everything back."""
    if collection.memberships.filter(version=version).exists():
        return False
    return not collection.aliases.filter(name_key__in=[key_of(name) for name in aliases]).exists()


def blame(refusal: DomainError, aliases: str, collection: Collection, request: HtmxHttpRequest) -> dict[str, str]:
    """Beside which control a refusal of the link belongs; without a role here it isn't about the form at all."""
    if isinstance(refusal, NotFound):
        raise refusal
    for name in words(aliases):
        try:
            naming.alias_name(name)
        except Invalid:
            return {"aliases": str(refusal)}
    guarded = protected_keys(collection.project)
    if any(key_of(name) in guarded for name in words(aliases)) or "alias" in str(refusal):
        return {"aliases": str(refusal)}
    return {"version": str(refusal)}


def known_aliases(collection: Collection, request: HtmxHttpRequest) -> list[dict[str, Any]]:
    """The aliases that a collection has, who holds each, and whether the visitor may move it."""
    guarded = protected_keys(collection.project)
    can_manage = access.allowed(request.user, Can.MANAGE, collection.project)
    rows = Alias.objects.filter(collection=collection).exclude(name=LATEST).select_related("membership")
    return [
        {
            "name": alias.name,
            "holder": alias.membership.name,
            "is_protected": alias.name_key in guarded,
            "is_open": can_manage or alias.name_key not in guarded,
        }
        for alias in rows.order_by("name_key")[:50]
    ]


def preview(request: HtmxHttpRequest, version: ArtifactVersion, collection: Collection | None = None) -> dict[str, Any]:
    """What will be linked: size, maker, and what its run measured, against the newest version here."""
    newest = Membership.objects.in_collection(collection).live().newest_first() if collection else None
    held = newest.select_related("version__sequence__project").first() if newest is not None else None
    pair = [Membership(version=version), *([held] if held else [])]
    projects = {version.project.pk, *([held.version.project.pk] if held else [])}
    seen = set(access.visible_projects(request.user).filter(pk__in=projects).values_list("pk", flat=True))
    numbers = metrics.summaries(pair, seen)
    columns = metrics.columns_of(numbers, metrics.pick(numbers[:1])[:4])
    return {
        "version": version,
        "files": ManifestEntry.objects.of_version(version).values_list("path", flat=True)[:5],
        "metrics": [(column.name, column.cells[0]) for column in columns],
        "against": held.name if held else "",
    }
