"""One collection: its card, its versions and their metrics, and what is done to it."""

from typing import Any

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from artifacts import access, addresses
from artifacts.access import Can
from artifacts.actions import collections as acts
from artifacts.actions import labels
from artifacts.errors import Forbidden, Invalid
from artifacts.models import Alias, Collection, Membership, User, VersionTag
from artifacts.models.collections import MembershipQuerySet
from artifacts.naming import key_of, version_index
from artifacts.pages import HtmxHttpRequest, done, page
from registry import metrics, snippets
from registry.actions import link, registries
from registry.forms import DescriptionForm, TagForm, refused
from registry.keyset import page_of
from registry.rows import LinkRow, Name, link_rows, with_rows
from registry.views.place import collection_of, collection_url, permissions, registry_url, version_url

DIRECTIONS = [
    ("auto", "Best: as each metric says"),
    ("higher", "Best: the highest"),
    ("lower", "Best: the lowest"),
]


@require_GET
def collection(request: HtmxHttpRequest, org: str, registry: str, collection: str) -> HttpResponse:
    found = collection_of(request, org, registry, collection)
    if found.project.title != registry or found.name != collection:
        return redirect(collection_url(found))
    guarded = labels.protected_keys(found.project)
    versions = page_of(narrowed(found, request.GET.get("q", "")), ("-index",), request.GET.dict())
    rows = link_rows(versions.rows, request.user, guarded)
    context: dict[str, Any] = {
        "collection": found,
        "registry": found.project,
        "organization": found.project.entity.organization,
        **permissions(request, found.project),
        "tags": found.tags.order_by("name"),
        "protected": protected_holders(found, guarded),
        "versions": versions,
        "rows": rows,
        "has_metrics": request.GET.get("metrics") == "1",
        "query_text": request.GET.get("q", ""),
    }
    if context["has_metrics"]:
        context |= compared(request, rows)
    if not found.next_index:
        team = snippets.own_team(request.user, context["organization"])
        context["code"] = snippets.link_code(found.project, team, type_name=found.type, collection=found)
    return page(request, "registry/collection.html", context, partial="version-rows")


def narrowed(collection: Collection, words: str) -> MembershipQuerySet:
    """The versions of a collection that bear a number, an alias or a tag."""
    found = with_rows(Membership.objects.in_collection(collection))
    words = words.replace("\0", "").strip()
    if not words:
        return found
    if (index := version_index(words)) is not None:
        return found.filter(index=index)
    named = Alias.objects.filter(collection=collection, name_key__contains=key_of(words))
    tagged = VersionTag.objects.filter(name__istartswith=words)
    return found.filter(Q(pk__in=named.values("membership")) | Q(version__in=tagged.values("version")))


def protected_holders(collection: Collection, guarded: set[str]) -> list[tuple[Name, str]]:
    """The protected aliases that the collection has, and which version holds each."""
    rows = Alias.objects.filter(collection=collection, name_key__in=guarded).select_related("membership")
    return [(Name(alias.name, True), alias.membership.name) for alias in rows.order_by("name_key")[:20]]


def compared(request: HtmxHttpRequest, rows: list[LinkRow]) -> dict[str, Any]:
    """The metric columns of the page's versions, and the line of one of them."""
    memberships = [row.membership for row in rows]
    numbers = metrics.summaries(memberships, visible_sources(request.user, rows))
    best = request.GET.get("best", "auto")
    columns = metrics.columns_of(numbers, request.GET.getlist("column"), best)
    shown = request.GET.get("metric", "")
    drawn = next((column for column in columns if column.name == shown), next(iter(columns), None))
    return {
        "columns": columns,
        "metric_rows": list(
            zip(rows, [[column.cells[place] for column in columns] for place in range(len(rows))], strict=True)
        ),
        "best": best,
        "directions": DIRECTIONS,
        "metric_names": metrics.all_names(numbers),
        "chosen_names": [column.name for column in columns],
        "drawn": drawn,
        "plot": metrics.plot_of(drawn, [membership.name for membership in memberships]) if drawn else None,
    }


def visible_sources(user: User, rows: list[LinkRow]) -> set[int]:
    """The source projects of a page that somebody sees."""
    return {row.version.project.pk for row in rows if row.source_url}


@require_http_methods(["GET", "POST"])
def delete(request: HtmxHttpRequest, org: str, registry: str, collection: str) -> HttpResponse:
    found = collection_of(request, org, registry, collection, can=Can.LINK)
    error = ""
    if request.method == "POST":
        try:
            registries.delete_collection(found, acting_user=request.user)
        except (Forbidden, Invalid) as refusal:
            error = str(refusal)
        else:
            return done(request, registry_url(found.project), toast=f"Deleted collection {found.name}")
    context = {"collection": found, "cancel": collection_url(found), "error": error}
    return page(request, "registry/delete_collection.html", context, status=422 if error else 200)


@require_http_methods(["GET", "POST"])
def describe(request: HtmxHttpRequest, org: str, registry: str, collection: str) -> HttpResponse:
    found = collection_of(request, org, registry, collection, can=Can.EDIT)
    form = DescriptionForm(request.POST or None, initial={"description": found.description})
    if form.is_valid():
        acts.describe_collection(found, form.cleaned_data["description"], acting_user=request.user)
        return done(request, collection_url(found), toast="Saved the description")
    context = {"collection": found, "form": form, "cancel": collection_url(found)}
    return page(request, "registry/describe_collection.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
def add_tag(request: HtmxHttpRequest, org: str, registry: str, collection: str) -> HttpResponse:
    found = collection_of(request, org, registry, collection, can=Can.EDIT)
    form = TagForm(request.POST or None)
    if form.is_valid():
        try:
            labels.tag_collection(found, form.cleaned_data["tag"], acting_user=request.user)
        except Invalid as refusal:
            refused(form, refusal, "tag")
        else:
            return done(request, collection_url(found), toast="Tagged the collection")
    context = {"collection": found, "form": form, "cancel": collection_url(found)}
    return page(request, "registry/tag_collection.html", context, status=422 if form.is_bound else 200)


@require_POST
def remove_tag(request: HtmxHttpRequest, org: str, registry: str, collection: str) -> HttpResponse:
    found = collection_of(request, org, registry, collection, can=Can.EDIT)
    labels.untag_collection(found, [request.POST.get("tag", "")], acting_user=request.user)
    return redirect(collection_url(found))


@require_http_methods(["GET", "POST"])
def unlink(request: HtmxHttpRequest, org: str, registry: str, collection: str, reference: str) -> HttpResponse:
    found = collection_of(request, org, registry, collection, can=Can.LINK)
    membership = addresses.membership(found, reference)
    error = ""
    if request.method == "POST":
        try:
            link.unlink_version(membership, acting_user=request.user)
        except (Forbidden, Invalid) as refusal:
            error = str(refusal)
        else:
            return done(
                request, collection_url(found), event="versionLinked", toast=f"Unlinked {found.name}:{membership.name}"
            )
    access.require(request.user, Can.LINK, found.project)
    context = {
        "collection": found,
        "membership": membership,
        "cancel": version_url(found, membership.name),
        "error": error,
    }
    return page(request, "registry/unlink_version.html", context, status=422 if error else 200)
