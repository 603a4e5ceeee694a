"""The Registry App's home: an organization's registries as cards, and making one."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db.models import Q
from django.db.models.functions import Substr
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods

from artifacts import access, addresses
from artifacts.access import Can
from artifacts.errors import Conflict, Forbidden, Invalid
from artifacts.listing.paging import page_of
from artifacts.models import Organization
from artifacts.naming import REGISTRY_PREFIX, key_of
from artifacts.text.cleaning import clean_text
from artifacts.views.answers import HtmxHttpRequest, done, page
from artifacts.views.shell import Shell, in_organization
from artifacts.views.url_of import registry_url
from registry.actions import registries
from registry.forms import RegistryForm, refused
from registry.history.recent_links import recently_linked
from registry.models import Registry, RegistryQuerySet
from registry.views.fetch import organization_of

CARDS = 24
LONGEST_WORDS = 128
SORTS = {
    "name": ("Starred first, then name", ("-is_starred", "project__natural_key")),
    "linked": ("Last linked", ("-active_at", "pk")),
    "versions": ("Most versions", ("-version_count", "pk")),
}


@login_not_required
@require_GET
def front(request: HttpRequest) -> HttpResponse:
    """The first page: the Registry App for whoever is known, else the log-in."""
    return redirect("registry:home" if request.user.is_authenticated else "login")


@require_GET
def front_page(request: HtmxHttpRequest) -> HttpResponse:
    """`/home`, where others have their first page: ours."""
    return redirect("registry:home")


@require_GET
def home(request: HtmxHttpRequest) -> HttpResponse:
    organization = Shell(request).organization
    if organization is None:
        return page(request, "registry/home/no_organization.html")
    return organization_page(request, organization)


@require_GET
def short(request: HtmxHttpRequest, registry: str) -> HttpResponse:
    """`/registry/model`, as the older documentation and bookmarks have it: that registry of the visitor's organization."""
    organization = Shell(request).organization
    if organization is None:
        return page(request, "registry/home/no_organization.html")
    return redirect(registry_url(addresses.registry(request.user, organization, registry)))


@require_GET
def organization_home(request: HtmxHttpRequest, org: str) -> HttpResponse:
    return organization_page(request, organization_of(request, org))


def organization_page(request: HtmxHttpRequest, organization: Organization) -> HttpResponse:
    """An organization's registries, as far as the visitor sees them."""
    in_organization(request, organization)
    visible = access.visible_projects(request.user).registries()
    seen = Registry.objects.where(request.user, Can.VIEW).of_organization(organization).as_cards(request.user)
    words = clean_text(request.GET.get("q", "")[:LONGEST_WORDS]).strip()
    if words:
        seen = registries_matching(seen, words)
    sort = request.GET.get("sort", "name")
    sort = sort if sort in SORTS else "name"
    custom = page_of(seen.custom(), SORTS[sort][1], request.GET.dict(), size=CARDS)
    core = list(seen.core().order_by("-project__name_key"))  # model before dataset
    is_first = not {"before", "after"} & request.GET.keys()
    context: dict[str, Any] = {
        "organization": organization,
        "core": core,
        "custom": custom,
        "sort": sort,
        "sorts": [(key, label) for key, (label, _) in SORTS.items()],
        "words": words,
        "has_any": bool(core or custom.rows or not is_first),
        "recent": recently_linked(organization, visible, request.user) if is_first and not words else [],
        "can_create": access.creates_registries(request.user, organization),
        "first": next(iter(core), None),
    }
    return page(request, "registry/home/home.html", context, partial="registry-cards")


def registries_matching(registries: RegistryQuerySet, words: str) -> RegistryQuerySet:
    """The registries with the words in their own name or in their description."""
    named = registries.annotate(own_key=Substr("project__name_key", len(REGISTRY_PREFIX) + 1))
    return named.filter(Q(own_key__contains=key_of(words)) | Q(project__description__icontains=words))


@require_http_methods(["GET", "POST"])
def new_registry(request: HtmxHttpRequest, org: str) -> HttpResponse:
    organization = organization_of(request, org)
    if not access.creates_registries(request.user, organization):
        raise Forbidden(
            f"permission denied: viewers of “{organization.name}” can't make registries; ask one of its administrators."
        )
    form = RegistryForm(request.POST or None)
    if form.is_valid():
        given = form.cleaned_data
        try:
            made = registries.create_registry(
                organization,
                given["name"],
                description=given["description"],
                visibility=given["visibility"],
                types=given["types"],
                acting_user=request.user,
            )
        except (Conflict, Invalid) as refusal:
            refused(form, refusal, "name")
        else:
            address = registry_url(made.project)
            return done(request, address, toast="Created registry", link=(address, made.project.title))
    context = {"organization": organization, "form": form, "sends_once": True}
    return page(request, "registry/home/new_registry.html", context, status=422 if form.is_bound else 200)
