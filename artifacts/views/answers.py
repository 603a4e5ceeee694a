"""How a view answers: a page, the part of it that htmx asked for, or "done"."""

import json
from typing import Any

from django.contrib import messages
from django.db.models import F
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.functional import SimpleLazyObject
from django.utils.html import format_html
from django_htmx.middleware import HtmxDetails

from artifacts import access
from artifacts.models import Entity, Organization, Role, User

THEMES = {"light", "dark"}


class HtmxHttpRequest(HttpRequest):
    """A request of somebody who is logged in: every view is closed by default."""

    htmx: HtmxDetails
    user: User


def page(
    request: HttpRequest,
    template: str,
    context: dict[str, Any] | None = None,
    *,
    partial: str | None = None,
    status: int = 200,
) -> HttpResponse:
    """Render a page, or only its `#partial` when htmx asks for it: the one place where that is decided."""
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]
    if partial and htmx and not htmx.boosted and not htmx.history_restore_request:
        template = f"{template}#{partial}"
    response = render(request, template, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def moved(request: HttpRequest, address: str) -> HttpResponseRedirect:
    """Lead from a name that was given up, or is spelt otherwise, to where the thing is; what else the address asks for stays."""
    asked = request.META.get("QUERY_STRING", "")
    return HttpResponseRedirect(f"{address}?{asked}" if asked else address)


def done(
    request: HttpRequest,
    address: str,
    *,
    event: str | None = None,
    toast: str = "",
    link: tuple[str, str] | None = None,
    undo: str = "",
) -> HttpResponse:
    """After a change: a plain form is redirected to `address`; htmx gets 204 with `event`, or without one the redirect too.

    `toast` says what happened; `link` is the address and the name of the thing it is about, `undo` the address whose POST takes it back
    (and whose page asks whether to, for those without script).
    """
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]
    if not htmx or event is None:
        if toast:
            said = format_html('{} <a href="{}">{}</a>', toast, *link) if link else toast
            messages.success(
                request, format_html('{} <a class="undo" href="{}">Undo</a>', said, undo) if undo else said
            )
        if not htmx:
            return HttpResponseRedirect(address)
        # To a place on the page where one is already, a redirect would only scroll.
        is_here = (htmx.current_url_abs_path or "").split("#")[0] == address.split("#")[0] and "#" in address
        return HttpResponse(status=204, headers={"HX-Refresh": "true"} if is_here else {"HX-Redirect": address})
    triggers: dict[str, object] = {event: {}}
    if toast:
        named = {"href": link[0], "text": link[1]} if link else None
        triggers["toast"] = {"text": toast, "link": named, "undo": undo}
    return HttpResponse(status=204, headers={"HX-Trigger": json.dumps(triggers)})


def changed(
    request: HttpRequest, template: str, context: dict[str, Any], *, toast: str, partial: str | None = None
) -> HttpResponse:
    """After a change that htmx shows where it happened: the part as it is now, and a toast that says what was done."""
    response = page(request, template, {**context, "is_focused": True}, partial=partial)
    response["HX-Trigger"] = json.dumps({"toast": {"text": toast}})
    return response


def kept(request: HttpRequest, *changed: str) -> list[tuple[str, str]]:
    """What the address says apart from what a form changes; a changed list begins at its first page."""
    left_out = {*changed, "before", "after"}
    return [(name, value) for name, values in request.GET.lists() if name not in left_out for value in values]


class Shell:
    """What surrounds every page: the organization in view, those one may switch to, its teams."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        user = request.user
        self.organizations: list[Organization] = []
        self.teams: list[Entity] = []
        self.organization: Organization | None = None
        if isinstance(user, User) or user.is_authenticated:
            self._load(user)

    def _load(self, user: User) -> None:
        """Two statements, on every page: one's organizations with one's role in each, and the teams of the current one."""
        mine = Organization.objects.filter(members__user=user).annotate(role=F("members__role"))
        self.organizations = list(mine.order_by("name_key")[:50])
        roles = {organization.pk: organization.role for organization in self.organizations}  # type: ignore[attr-defined]
        if not self.organizations and user.is_admin:
            self.organizations = list(access.visible_organizations(user).order_by("name_key")[:50])
        self.organization = self._current()
        if self.organization is None:
            return
        teams = Entity.objects.teams().filter(organization=self.organization)
        role = roles.get(self.organization.pk)
        if role is None:  # not among the first fifty, or a site administrator's view of somebody else's
            role = access.organization_role(user, self.organization)
        if role != Role.ADMIN and not user.is_admin:
            teams = teams.filter(members__user=user) if role is not None else teams.none()
        self.teams = list(teams.order_by("name_key")[:50])

    def _current(self) -> Organization | None:
        """That of the address, else the one seen last, else the first."""
        session = self._request.session
        by_number = {organization.pk: organization for organization in self.organizations}
        place = getattr(self._request, "place", None)  # set by views through `in_organization`
        if isinstance(place, Organization):
            by_number.setdefault(place.pk, place)
            if session.get("organization") != place.pk:
                session["organization"] = place.pk
            return place
        return by_number.get(session.get("organization", 0)) or next(iter(by_number.values()), None)

    @property
    def section(self) -> str:
        """Which entry of the navigation is the current place."""
        match = self._request.resolver_match
        if match is None:
            return ""
        if match.url_name in {"organization-members", "organization-settings"}:
            return match.url_name.removeprefix("organization-")
        if match.url_name == "quickstart":
            return "quickstart"
        if "entity" in match.kwargs:
            return f"team:{match.kwargs['entity']}"
        return "registry" if match.app_name == "registry" else ""


def in_organization(request: HttpRequest, organization: Organization | None) -> None:
    """Say whose page this is, for the navigation around it."""
    if organization is not None:
        request.place = organization  # type: ignore[attr-defined]


def shell(request: HttpRequest) -> dict[str, object]:
    """Context processor: the theme, and the navigation (read from the database only where a template shows it)."""
    theme = request.COOKIES.get("theme", "")
    return {"shell": SimpleLazyObject(lambda: Shell(request)), "theme": theme if theme in THEMES else ""}
