"""One registry: its collections, what happened in it, who may use it, and making a collection."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from artifacts import access, addresses
from artifacts.actions.aliases_and_tags import protected_keys
from artifacts.listing.paging import page_of
from artifacts.models import CollectionTag, Project
from artifacts.views.answers import HtmxHttpRequest, moved, page
from artifacts.views.url_of import collection_url, reference_url, registry_url
from registry.actions import registries
from registry.models import Registry
from registry.tables.collection_table import SORTS, RegistryAddress, collections_of
from registry.tables.members import members_of
from registry.tables.rows import collection_rows
from registry.views import code_samples
from registry.views.fetch import owner_of, permissions, registry_of


@require_GET
def registry(request: HtmxHttpRequest, org: str, registry: str) -> HttpResponse:
    project = registry_of(request, org, registry)
    if "selectionPath" in request.GET:
        return redirect(printed_url(request, project))
    if project.title != registry:
        return moved(request, registry_url(project))
    head = heading(request, project, "collections")
    address = RegistryAddress.read(request.GET)
    collections = page_of(collections_of(project, address), SORTS[address.order][1], request.GET.dict())
    rows = collection_rows(collections.rows, request.user, protected_keys(project), opened=address.opened)
    given: Registry = head["published"]
    context = {
        **head,
        "rows": rows,
        "collections": collections,
        "sort": address.order,
        "sorts": [(key, label) for key, (label, _) in SORTS.items()],
        "types": project.artifact_types.order_by("name").values_list("name", flat=True)[:100],
        "tags": CollectionTag.objects.filter(collection__project=project)
        .order_by("name")
        .values_list("name", flat=True)
        .distinct()[:100],
        "is_filtered": address.is_filtered,
        "code": code_samples.link_code(
            project, code_samples.own_team(request.user, owner_of(project)), type_name=snippet_type(given)
        ),
    }
    return page(request, "registry/registry/registry.html", context, partial="collection-rows")


def snippet_type(given: Registry) -> str:
    """The type to write into the code of a registry."""
    return next(iter(given.type_names), "<type>")


def heading(request: HtmxHttpRequest, project: Project, tab: str) -> dict[str, Any]:
    """What stands above every page of a registry."""
    given = Registry.objects.as_cards(request.user).get(project=project)
    tabs = [
        ("collections", "Collections", "registry", given.collection_count),
        ("automations", "Automations", "automations", None),
        ("history", "History", "history", None),
        ("members", "Members", "members", None),
    ]
    return {
        "registry": project,
        "published": given,
        "organization": project.entity.organization,
        **permissions(request, project),
        "tabs": [
            {"label": label, "href": registry_url(project, name), "is_current": key == tab, "count": count}
            for key, label, name, count in tabs
        ],
    }


def printed_url(request: HtmxHttpRequest, project: Project) -> str:
    """Where `?selectionPath=<entity/project/collection>&view=membership&version=vN` leads, as the client prints it."""
    name = request.GET["selectionPath"].partition("/")[2].partition("/")[2]
    collection = addresses.collection(project, name)
    reference = request.GET.get("version", "")
    return reference_url(collection, reference) if reference else collection_url(collection)


@require_POST
def star(request: HtmxHttpRequest, org: str, registry: str) -> HttpResponse:
    project = registry_of(request, org, registry)
    given = Registry.objects.as_cards(request.user).get(project=project)
    # As the button was shown: pressed in a second tab, it doesn't take back what the first did.
    wanted = request.POST.get("on", "")
    is_on = wanted == "1" if wanted else not given.is_starred  # type: ignore[attr-defined]
    registries.star_registry(project, is_on, acting_user=request.user)
    if not request.htmx:
        return redirect(registry_url(project))
    return page(
        request,
        "components/star.html",
        {"name": project.title, "action": registry_url(project, "star"), "is_on": is_on},
    )


@require_GET
def members(request: HtmxHttpRequest, org: str, registry: str) -> HttpResponse:
    project = registry_of(request, org, registry)
    people = page_of(access.people_of(project), ("name_key",), request.GET.dict())
    context = {
        **heading(request, project, "members"),
        "people": people,
        "rows": members_of(project, people.rows),
        "teams": project.members.filter(team__isnull=False).select_related("team").order_by("team__name_key")[:100],
    }
    return page(request, "registry/registry/members.html", context)
