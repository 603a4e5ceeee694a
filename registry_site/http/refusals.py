"""How a refusal is answered: a page for people, one line for htmx, GraphQL's error shape for the client."""

import json
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import Resolver404, resolve

from artifacts.errors import Conflict, DomainError, Forbidden, Invalid, NotFound, NotYet

STATUS: dict[type[DomainError], int] = {NotFound: 404, Forbidden: 403, Conflict: 409, Invalid: 400, NotYet: 503}
# The client gives up on 409 too, but repeats it for `upsertBucket` and downloads (sdk_protocol, status codes).
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
CLIENT_PREFIXES = ("/graphql", "/files/", "/storage/", "/artifacts/", "/artifactsV2/", "/oidc/")


def is_client(request: HttpRequest) -> bool:
    """Whether the address belongs to the client's protocol."""
    return request.path.startswith(CLIENT_PREFIXES)


def client_error(message: str, status: int) -> HttpResponse:
    """The one shape whose message the client shows: anything else loses the text (sdk_protocol, section e)."""
    return HttpResponse(json.dumps({"errors": [{"message": message}]}), content_type="application/json", status=status)


def answer(request: HttpRequest, status: int, message: str, *, page: str = "") -> HttpResponse:
    """A refusal as whoever asks can read it; `page` is where it can be done instead."""
    if is_client(request):
        return client_error(message, status)
    if getattr(request, "htmx", None):
        return HttpResponse(message, content_type="text/plain; charset=utf-8", status=status)
    return render(
        request,
        "error.html",
        {"status": status, "title": TITLES.get(status, TITLES[400]), "sentence": message, "page": page},
        status=status,
    )


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
    """Django's 404."""
    return answer(request, 404, "There is nothing at this address that you can see; check it, or ask for access.")


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
    """A bug of ours: said without details, which are in the log."""
    return answer(
        request,
        500,
        "The server made a mistake, which is in its log; try again, or tell the operator when it happened.",
    )
