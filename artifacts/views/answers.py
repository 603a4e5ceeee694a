"""How a view answers: a page, the part of it that htmx asked for, or "done"."""

import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.html import format_html
from django_htmx.middleware import HtmxDetails

from artifacts.models import User


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
    return pairs_without(request.GET, *changed)


def pairs_without(query: QueryDict, *changed: str) -> list[tuple[str, str]]:
    """The pairs of a query without some names and without the page."""
    left_out = {*changed, "before", "after"}
    return [(name, value) for name, values in query.lists() if name not in left_out for value in values]
