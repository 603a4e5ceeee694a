"""Keeping a search, renaming it, forgetting it, and what was searched for lately: everybody's own only."""

from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from artifacts.errors import Conflict, Invalid
from artifacts.views.answers import HtmxHttpRequest, done, page
from registry.actions import searches
from registry.forms import SavedSearchForm, refused
from registry.models import SavedSearch
from registry.search.address import read_address
from registry.views.search.page import asked_of, empty_panel


@require_http_methods(["GET", "POST"])
def save(request: HtmxHttpRequest) -> HttpResponse:
    """The search is what this address says, as the page of results says it."""
    address, _ = asked_of(request, request.GET)
    form = SavedSearchForm(request.POST or None, initial={"name": (address.words or address.typed)[:128]})
    if form.is_valid():
        try:
            kept = searches.save_search(
                form.cleaned_data["name"], address.query() if address.asks else "", acting_user=request.user
            )
        except (Conflict, Invalid) as refusal:
            refused(form, refusal, "name")
        else:
            return done(request, results_url(kept), toast=f"Saved search {kept.name}")
    context = {"form": form, "address": address, "cancel": f"{reverse('registry:search')}?{address.query()}"}
    return page(request, "registry/search/save.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
def rename(request: HtmxHttpRequest, number: int) -> HttpResponse:
    search = searches.saved_search(request.user, number)
    form = SavedSearchForm(request.POST or None, initial={"name": search.name})
    if form.is_valid():
        try:
            searches.rename_search(search, form.cleaned_data["name"], acting_user=request.user)
        except (Conflict, Invalid) as refusal:
            refused(form, refusal, "name")
        else:
            return done(request, reverse("registry:search"), toast=f"Renamed to {form.cleaned_data['name']}")
    context = {
        "form": form,
        "address": read_address(QueryDict(search.query_string)),
        "search": search,
        "cancel": reverse("registry:search"),
    }
    return page(request, "registry/search/save.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
def delete(request: HtmxHttpRequest, number: int) -> HttpResponse:
    search = searches.saved_search(request.user, number)
    if request.method == "POST":
        searches.delete_search(search, acting_user=request.user)
        return done(request, reverse("registry:search"), toast=f"Deleted saved search {search.name}")
    context = {"search": search, "cancel": reverse("registry:search")}
    return page(request, "registry/search/delete.html", context)


@require_POST
def remember(request: HtmxHttpRequest) -> HttpResponse:
    """A hit of the panel was chosen: what was typed to find it is kept, as the page of results keeps what it shows."""
    address, _ = asked_of(request, request.POST)
    if address.asks:
        searches.remember_search(address.query(), acting_user=request.user)
    return HttpResponse(status=204)


@require_http_methods(["GET", "POST"])
def clear(request: HtmxHttpRequest) -> HttpResponse:
    """Forget what was searched for lately; from the panel, which then shows what is left."""
    if request.method == "POST":
        searches.clear_searches(acting_user=request.user)
        if request.headers.get("HX-Target") == "search-panel":
            return empty_panel(request)
        return done(request, reverse("registry:search"), toast="Recent searches cleared")
    return page(request, "registry/search/clear.html", {"cancel": reverse("registry:search")})


def results_url(search: SavedSearch) -> str:
    """Where a saved search shows what it finds now."""
    return f"{reverse('registry:search')}?{search.query_string}"
