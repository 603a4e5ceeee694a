"""One version and its tabs: the same page for a source version in its project and for a linked one in a registry."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Q, prefetch_related_objects
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET

from artifacts import access, addresses
from artifacts.access import Can
from artifacts.actions import aliases_and_tags
from artifacts.errors import NotFound
from artifacts.listing.paging import page_of
from artifacts.models import ArtifactVersion, AuditEvent, Collection, Membership, RunUse, User, Verb
from artifacts.models.projects import ProjectQuerySet
from artifacts.naming import key_of
from artifacts.runs.metrics import measures_of
from artifacts.text.json_values import tree_of
from artifacts.versions.history import history_of
from artifacts.versions.time_to_live import time_to_live_of
from artifacts.views.answers import HtmxHttpRequest, moved, page
from artifacts.views.fetch import producing_run, project_of
from artifacts.views.lineage.tab import lineage_context
from artifacts.views.projects.browser import project_page
from artifacts.views.url_of import collection_url, path_of, run_url, version_url
from artifacts.views.version_page import TABS, VersionPage, version_page_of
from artifacts.views.versions.compare import choice_words
from artifacts.views.versions.files import files_context, short

Context = dict[str, Any]
MOST_CHOICES = 50
MOST_LINKS = 50
SUMMARIZED = 6
USES = 50


@require_GET
def version(
    request: HtmxHttpRequest,
    entity: str,
    project: str,
    type: str,
    collection: str,
    reference: str,
    tab: str = "version",
) -> HttpResponse:
    found = project_of(request, entity, project)
    sequence = addresses.collection(found, collection)
    membership = addresses.membership(sequence, reference)
    typed = (found.entity.name, found.name, sequence.type, sequence.name)
    if found.is_registry or typed != (entity, project, type, collection):
        return moved(request, version_url(membership, tab))
    return render_version(request, membership, tab)


@require_GET
def switch(request: HtmxHttpRequest, entity: str, project: str, collection: str) -> HttpResponse:
    """Where the choice of another version leads: the same tab of that version."""
    found = addresses.collection(project_of(request, entity, project), collection)
    tab = request.GET.get("tab", "version")
    membership = addresses.membership(found, request.GET.get("version", ""))
    return redirect(version_url(membership, tab if tab in TABS else "version"))


def render_version(request: HtmxHttpRequest, membership: Membership, tab: str) -> HttpResponse:
    """A tab of a version, in the place that its membership names; the caller has judged that the visitor sees the place."""
    if tab == "overview":  # what older addresses of the original say
        return redirect(version_url(membership))
    if tab not in TABS:
        raise NotFound(f"A version has no tab “{tab[:40]}”; choose one of {', '.join(TABS.values())}.")
    version_page = version_page_of(request, membership)
    prefetch_related_objects([membership], "aliases")  # asked for by the head, the choices and some tabs
    template, partial, context_of = TAB_VIEWS[tab]
    context = {**heading(request, version_page, tab), **context_of(request, version_page)}
    if "part" in context:  # htmx asked for less than the tab
        return page(request, context["part"], context)
    response = page(request, template, context, partial=partial)
    if context.get("pushed"):  # what the tab shows then, which the address that was asked for doesn't know
        response["HX-Push-Url"] = context["pushed"]
    return response


def heading(request: HtmxHttpRequest, version_page: VersionPage, tab: str) -> Context:
    """What all tabs show, and in a project the artifact browser around them."""
    project, collection, membership = version_page.project, version_page.collection, version_page.membership
    guarded = aliases_and_tags.protected_keys(project)
    names = [project.entity.name, project.name, collection.name]
    return {
        "version_page": version_page,
        "version": version_page.version,
        "tab": tab,
        "tabs": tabs_of(version_page, tab),
        "choices": choices_of(version_page),
        "frame": "artifacts/version/linked.html" if version_page.is_in_registry else "artifacts/version/source.html",
        "files_url": version_page.url("files"),
        "usage_url": version_page.url("usage"),
        "metadata_url": version_page.url("metadata"),
        "alias_used": alias_used(request, membership),
        "aliases": named_aliases(membership, guarded, version_page),
        "switch_url": reverse("artifacts:version-switch", args=names),
        "collection_url": collection_url(collection),
        "deleted_by": deleted_by(version_page.version) if version_page.version.is_deleted else "",
        **({} if version_page.is_in_registry else project_page(request, project, collection, membership)),
    }


def deleted_by(version: ArtifactVersion) -> str:
    """The name of whoever deleted a version; empty if nobody's is known."""
    acts = AuditEvent.objects.filter(version_number=version.pk, verb=Verb.VERSION_DELETED).order_by("-pk")
    return acts.values_list("actor_name", flat=True).first() or ""


@dataclass(frozen=True)
class ShownAlias:
    """An alias as it is shown."""

    name: str
    is_protected: bool
    remove_url: str = ""


def named_aliases(
    membership: Membership, guarded: set[str], version_page: VersionPage | None = None
) -> list[ShownAlias]:
    """The aliases of a version in a collection; with the page, each with where it is removed by those who may."""
    names = []
    for name in membership.alias_names:
        remove_url = ""
        if version_page is not None and version_page.can_name:
            is_administrator = Can.MANAGE in version_page.verbs
            if aliases_and_tags.may_move(name, guarded, is_administrator=is_administrator):
                remove_url = version_page.act_url("unalias")
        names.append(ShownAlias(name, key_of(name) in guarded, remove_url))
    return names


def alias_used(request: HtmxHttpRequest, membership: Membership) -> str:
    """The alias that the address names, if it names one: the page then says where it points."""
    match = request.resolver_match
    reference = match.kwargs.get("reference", "") if match else ""
    return "" if reference == membership.name else str(reference)


def tabs_of(version_page: VersionPage, current: str) -> list[Context]:
    """The row of tabs."""
    return [
        {
            "label": label,
            "href": version_page.url(tab),
            "is_current": tab == current,
            "count": f"{version_page.version.file_count:,}" if tab == "files" else "",
        }
        for tab, label in TABS.items()
    ]


def choices_of(version_page: VersionPage) -> list[tuple[str, str]]:
    """The newest versions of the collection, and this one, for the switcher."""
    found = Membership.objects.in_collection(version_page.collection).newest_first().with_aliases()
    rows = list(found[:MOST_CHOICES])
    if all(row.pk != version_page.membership.pk for row in rows):
        rows.append(version_page.membership)
    return [(row.name, choice_words(row)) for row in rows]


def overview(request: HtmxHttpRequest, version_page: VersionPage) -> Context:
    """The tab “Version”."""
    version = version_page.version
    run = producing_run(request, version)
    uses = RunUse.objects.filter(version=version).count()
    return {
        "run": run,
        "run_url": run_url(run) if run else "",
        "measures": measures_of(run, most=SUMMARIZED) if run else [],
        "remove_tag": version_page.act_url("untag") if version_page.can_edit else "",
        "short_digest": short(version.digest),
        "tags": list(version.tags.order_by("name")),
        "uses": uses,
        "links": links_of(request.user, version_page),
        "history": history_of(version, request.user, place=version_page.membership),
        "time_to_live": time_to_live_of(version),
    }


@dataclass(frozen=True)
class Link:
    """Another place that holds the version."""

    membership: Membership
    href: str
    aliases: list[ShownAlias]


def links_of(user: User, version_page: VersionPage) -> list[Link]:
    """The collections that it is linked into, as far as the visitor sees them; without the place itself."""
    linked = Membership.objects.filter(version=version_page.version, collection__kind=Collection.Kind.PORTFOLIO)
    seen = access.visible_projects(user).values("pk")
    held = linked.filter(collection__project__in=seen).exclude(pk=version_page.membership.pk)
    rows = held.select_related("collection__project__entity__organization", "created_by").with_aliases()
    projects = "collection__project__protected_aliases"
    found = list(rows.prefetch_related(projects).order_by("-pk")[:MOST_LINKS])
    return [
        Link(
            membership=row,
            href=version_url(row),
            aliases=named_aliases(row, aliases_and_tags.protected_keys(row.collection.project)),
        )
        for row in found
    ]


def metadata(request: HtmxHttpRequest, version_page: VersionPage) -> Context:
    """The tab “Metadata”: what was attached, and what the run measured if the visitor sees it."""
    attached = version_page.version.metadata if isinstance(version_page.version.metadata, Mapping) else {}
    words = request.GET.get("q", "")[:200]
    run = producing_run(request, version_page.version)
    return {
        "words": words,
        "tree": tree_of(attached, words),
        "json": json.dumps(attached, indent=2, ensure_ascii=False),
        "run": run,
        "run_url": run_url(run) if run else "",
        "run_is_hidden": run is None and version_page.version.run_id is not None,
        "measures": measures_of(run, words=words) if run else [],
    }


@dataclass(frozen=True)
class UsageAddress:
    """What the address of the tab “Usage” says: the name that the code uses, and the page of the runs."""

    by: str = ""
    page: tuple[tuple[str, str], ...] = ()

    @classmethod
    def read(cls, query: QueryDict) -> "UsageAddress":
        """Read the query of an address."""
        names = ("before", "after")
        return cls(query.get("by", ""), tuple((name, query.get(name, "")) for name in names if name in query))

    def query(self) -> dict[str, str]:
        """The address as pairs of a query."""
        return {**({"by": self.by} if self.by else {}), **dict(self.page)}


def usage(request: HtmxHttpRequest, version_page: VersionPage) -> Context:
    """The tab “Usage”: code, and the runs that used the version."""
    address = UsageAddress.read(request.GET)
    names = [version_page.membership.name, *version_page.membership.alias_names]
    by = address.by if address.by in names else version_page.membership.name
    path = path_of(version_page.membership, by)
    return {
        "by": by,
        "names": names[:8] if by in names[:8] else [*names[:7], by],
        "path": path,
        "command_path": f"{version_page.project.entity.name}/{path}" if version_page.is_in_registry else path,
        **uses_of(version_page, address, access.visible_projects(request.user)),
    }


@dataclass(frozen=True)
class Use:
    """A run that used the version, and the name by which it asked, if the visitor sees where that name is."""

    use: RunUse
    through: str
    href: str


def uses_of(version_page: VersionPage, address: UsageAddress, seen: ProjectQuerySet) -> Context:
    """A page of the runs that used the version, the newest first, and how many there are that the visitor can't see."""
    uses = RunUse.objects.filter(version=version_page.version)
    visible = Count("pk", filter=Q(run__project__in=seen.values("pk")))
    counted = uses.aggregate(all=Count("pk"), visible=visible)
    found = uses.filter(run__project__in=seen.values("pk"))
    found = found.select_related("run__project__entity", "run__created_by", "through__project")
    listed = page_of(found, ("-pk",), address.query(), size=USES)
    here = version_page.version.project.pk
    projects = {row.through.project_id for row in listed.rows if row.through} | {here}
    known = set(seen.filter(pk__in=projects).values_list("pk", flat=True))
    shown = [
        Use(row, _through(row) if (row.through.project_id if row.through else here) in known else "", run_url(row.run))
        for row in listed.rows
    ]
    usage_url, newest = version_page.url("usage"), replace(address, page=()).query()
    return {
        "uses": shown,
        "use_count": counted["all"],
        "hidden_uses": counted["all"] - counted["visible"],
        "first_uses": f"{usage_url}{'?' if newest else ''}{urlencode(newest)}" if listed.newer else "",
        "more_uses": f"{usage_url}{listed.older}" if listed.older else "",
    }


def _through(use: RunUse) -> str:
    """The name that the run gave, else (the client seldom says it) the collection in which it found the version."""
    if use.used_as or use.through is None:
        return use.used_as
    return f"{use.through.project.name}/{use.through.name}"


TAB_VIEWS: dict[str, tuple[str, str, Callable[[HtmxHttpRequest, VersionPage], Context]]] = {
    "version": ("artifacts/version/overview.html", "version-overview", overview),
    "metadata": ("artifacts/version/metadata.html", "attached", metadata),
    "usage": ("artifacts/version/usage.html", "used-by", usage),
    "files": ("artifacts/files/files.html", "files", files_context),
    "lineage": ("artifacts/lineage/lineage.html", "graph", lineage_context),
}
