"""Deprecating a linked version with a reason and a successor, and taking that back."""

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods, require_POST

from artifacts import addresses
from artifacts.access import Can
from artifacts.errors import Invalid, NotFound
from artifacts.models import Collection, Membership
from artifacts.views.answers import HtmxHttpRequest, done, page
from artifacts.views.url_of import version_url
from registry.actions import deprecation
from registry.forms import DeprecationForm, refused
from registry.views.fetch import collection_of

OFFERED = 50


@require_http_methods(["GET", "POST"])
def deprecate(request: HtmxHttpRequest, org: str, registry: str, collection: str, reference: str) -> HttpResponse:
    found = collection_of(request, org, registry, collection, can=Can.EDIT)
    membership = addresses.membership(found, reference)
    address = version_url(membership)
    initial = {
        "reason": membership.deprecation,
        "successor": membership.successor.name if membership.successor else "",
    }
    form = DeprecationForm(request.POST or None, initial=initial, choices=successors(found, membership))
    if form.is_valid():
        try:
            successor = successor_named(found, form.cleaned_data["successor"])
            deprecation.deprecate(
                membership, form.cleaned_data["reason"], successor=successor, acting_user=request.user
            )
        except (Invalid, NotFound) as refusal:
            refused(form, refusal, "successor")
        else:
            return done(request, address, toast=f"{membership} is deprecated")
    context = {"membership": membership, "form": form, "cancel": address}
    return page(request, "registry/collection/deprecate.html", context, status=422 if form.is_bound else 200)


def successors(collection: Collection, membership: Membership) -> list[tuple[str, str]]:
    """The newest versions that can be used instead."""
    rows = collection.memberships.live().filter(deprecated_at__isnull=True).exclude(pk=membership.pk)
    newest = rows.newest_first().with_aliases()[:OFFERED]
    words = [(row.name, " · ".join([row.name, ", ".join(row.alias_names[:3])]).rstrip(" ·")) for row in newest]
    return [("", "None"), *words]


def successor_named(collection: Collection, name: str) -> Membership | None:
    """The version of the collection that was chosen to be used instead; None for none."""
    return addresses.membership(collection, name) if name else None


@require_POST
def reinstate(request: HtmxHttpRequest, org: str, registry: str, collection: str, reference: str) -> HttpResponse:
    found = collection_of(request, org, registry, collection, can=Can.EDIT)
    membership = addresses.membership(found, reference)
    deprecation.reinstate(membership, acting_user=request.user)
    return done(request, version_url(membership), toast=f"{membership} can be used again")
