"""How a refusal is answered: a page for people, one line for htmx, GraphQL's error shape for the client."""

import json
import sys
from urllib.parse import quote

from django.db import DataError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import Resolver404, resolve

from artifacts.errors import Conflict, DomainError, Forbidden, Invalid, NotFound, NotYet
from registry_site.http import busy_database

STATUS: dict[type[DomainError], int] = {NotFound: 404, Forbidden: 403, Conflict: 409, Invalid: 400, NotYet: 503}
# The client repeats 409 when it makes a run (`upsertBucket`) and when it downloads; at 400 it gives up at once everywhere.
CLIENT_STATUS = {**STATUS, Conflict: 400}
TITLES = {
    400: "This can’t be done",
    403: "You may not do this",
    404: "There is nothing here",
    405: "This address shows no page",
    409: "Something stands in the way",
    500: "Something went wrong",
    503: "Not yet",
}
# Said inside the page that one knows, with its navigation; the others may come of a database that doesn't answer.
AMONG_PAGES = {403, 404, 405}
CLIENT_PREFIXES = (
    "/graphql",
    "/files/",
    "/storage/",
    "/wandb_artifacts/",
    "/artifacts/",
    "/artifactsV2/",
    "/oidc/",
    "/sdk/",
    "/traces/",
)


def is_client(request: HttpRequest) -> bool:
    """Whether the address belongs to the client's protocol."""
    return request.path.startswith(CLIENT_PREFIXES)


def client_error(status: int, *messages: str) -> HttpResponse:
    """Sentences in GraphQL's shape, the only one of which the client shows its user more than the number of the status."""
    body = json.dumps({"errors": [{"message": message} for message in messages]}, separators=(",", ":")).encode()
    return HttpResponse(
        body, content_type="application/json", headers={"Content-Length": str(len(body))}, status=status
    )


def answer(request: HttpRequest, status: int, message: str, *, page: str = "") -> HttpResponse:
    """A refusal as whoever asks can read it; `page` is where it can be done instead."""
    if is_client(request):
        return client_error(status, message)
    if getattr(request, "htmx", None):
        return HttpResponse(message, content_type="text/plain; charset=utf-8", status=status)
    context = {"status": status, "title": TITLES.get(status, TITLES[400]), "sentence": message, "page": page}
    if status in AMONG_PAGES and getattr(getattr(request, "user", None), "is_authenticated", False):
        context["layout"] = "base.html"
    return render(request, "error.html", context, status=status)


def as_refusal(error: BaseException) -> DomainError | None:
    """What was raised as a refusal with its sentence, also where it was the database that refused; None for a mistake of ours."""
    if isinstance(error, DomainError):
        return error
    if isinstance(error, DataError | UnicodeEncodeError):
        # Looked up by text that no row can hold: NUL, a lone surrogate, a number out of range.
        return Invalid(
            "A value of this request can’t be stored, so nothing has it; use printable text and smaller numbers."
        )
    return busy_database.busy(error)


def refusal(request: HttpRequest, error: DomainError) -> HttpResponse:
    """A refusal of the domain."""
    response = answer(request, (CLIENT_STATUS if is_client(request) else STATUS)[type(error)], str(error))
    if isinstance(error, NotYet):
        response["Retry-After"] = str(error.seconds)
    return response


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Django's 400."""
    return answer(request, 400, "The request can’t be read; go back and try again.")


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Django's 403."""
    return answer(request, 403, "permission denied: your account may not do this; ask an administrator.")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that wasn't ours, or is too old."""
    return answer(request, 403, "The form is out of date or came from another site; reload the page and send it again.")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Django's 404; no address of a page ends in a slash, so that one which does leads to the same without."""
    if isinstance(exception, Resolver404) and (page := _without_slash(request)):
        return HttpResponseRedirect(page)
    return answer(request, 404, "There is nothing at this address that you can see; check it, or ask for access.")


def _without_slash(request: HttpRequest) -> str:
    """The address without a slash at its end, where that names a page; quoted, since a backslash would lead to another site."""
    if not request.path.endswith("/") or request.method not in {"GET", "HEAD"} or is_client(request):
        return ""
    bare, asked = request.path.rstrip("/"), request.META.get("QUERY_STRING", "")
    try:
        resolve(bare)
    except Resolver404:
        return ""
    return f"{quote(bare)}?{asked}" if asked else quote(bare)


def shows_no_page(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """Django's 405, which is empty: said to whoever opens the address that a form is sent to, with the way to its page."""
    if is_client(request) or not request.accepts("text/html"):
        return response
    said = answer(
        request, 405, "It takes what a button or a form sends; open the page that has them.", page=_page_above(request)
    )
    said["Allow"] = response["Allow"]
    return said


def _page_above(request: HttpRequest) -> str:
    """The nearest address above this one that names something; `-` is no name."""
    parts = request.path.split("/")
    for length in range(len(parts) - 1, 1, -1):
        above = "/".join(parts[:length])
        try:
            found = resolve(above)
        except Resolver404:
            continue
        if "-" not in found.kwargs.values():
            return quote(above)
    return ""


def server_error(request: HttpRequest) -> HttpResponse:
    """A bug of ours: said without details, which are in the log.

    Django comes here too with what was raised before a view was reached, as when a session is looked up.
    """
    if (raised := sys.exception()) is not None and (busy := busy_database.busy(raised)) is not None:
        return refusal(request, busy)
    return answer(
        request,
        500,
        "The server made a mistake, which is in its log; try again, or tell the operator when it happened.",
    )
