"""POST /graphql. Whatever happens, the answer is JSON of the shape that the client shows to its user."""

import json
import logging
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from artifacts.errors import NotYet
from registry_site.wandb_api.endpoints.authenticate import user_of
from registry_site.wandb_api.engine.context import Context
from registry_site.wandb_api.run import (
    BadRequest,
    run,
)

LARGEST_BODY = 16 * 1024 * 1024

log = logging.getLogger("linkyard.graphql")


@login_not_required
@csrf_exempt
def graphql(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        # Not 405: the client would repeat it.
        return refused(400, "Send GraphQL as a POST with a JSON body.")
    try:
        return answer_of(request)
    except BadRequest as error:
        return refused(400, *error.messages)
    except NotYet as error:
        return later(str(error), error.seconds)
    except OperationalError:
        log.warning("The database did not answer.", exc_info=True)
        return later("The database is busy; the same request will succeed shortly.", 2)
    except Exception:
        # An HTML page would reach the client's user as "invalid character '<'".
        log.exception("A request failed outside of every resolver.")
        return refused(500, "Internal error: this server failed here; its log tells more about it.")


@login_not_required
@csrf_exempt
@require_POST
def identity_token(request: HttpRequest) -> HttpResponse:
    """Where a client with WANDB_IDENTITY_TOKEN_FILE asks for an access token: it shows its user what stands here."""
    return refused(400, "This server takes no identity tokens; unset WANDB_IDENTITY_TOKEN_FILE and set WANDB_API_KEY.")


def answer_of(request: HttpRequest) -> HttpResponse:
    """The answer for whoever the API key belongs to."""
    user = user_of(request)
    if user is None:
        response = refused(401, "user is not logged in")
        response["WWW-Authenticate"] = 'Basic realm="Linkyard", charset="UTF-8"'
        return response
    body = read_body(request)
    if body is None:
        return refused(413, f"The request has more than {LARGEST_BODY // 1024**2} MiB; send less at once.")
    text, variables, operation_name = read_operation(body)
    context = Context(request, user)
    answer = run(text, variables, operation_name, context)
    return answered(context.status, answer)


def read_body(request: HttpRequest) -> bytes | None:
    """The body, read from the stream; None if it is too large."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST_BODY:
        return None
    try:
        body: bytes = request.read(LARGEST_BODY + 1)
    except UnreadablePostError:
        raise BadRequest("The body of the request broke off.") from None
    return body if len(body) <= LARGEST_BODY else None


def read_operation(body: bytes) -> tuple[str, dict[str, Any] | None, str | None]:
    """The document, its variables and the operation's name."""
    try:
        request = json.loads(body)
    except (ValueError, RecursionError):
        raise BadRequest("The body is not JSON.") from None
    if not isinstance(request, dict) or not isinstance(request.get("query"), str):
        raise BadRequest("The body is not a JSON object with a “query”.")
    variables, operation_name = request.get("variables"), request.get("operationName")
    if not isinstance(variables, dict | None):
        raise BadRequest("“variables” is not a JSON object.")
    if not isinstance(operation_name, str | None):
        raise BadRequest("“operationName” is not text.")
    return request["query"], variables, operation_name


def answered(status: int, answer: dict[str, Any]) -> HttpResponse:
    """The answer as JSON with its length; NaN, which is no JSON, is a bug of ours and never sent."""
    body = json.dumps(answer, separators=(",", ":"), allow_nan=False).encode()
    return HttpResponse(
        body, status=status, content_type="application/json", headers={"Content-Length": str(len(body))}
    )


def later(message: str, seconds: int) -> HttpResponse:
    """503, which the client repeats by itself after that time."""
    response = refused(503, message)
    response["Retry-After"] = str(seconds)
    return response


def refused(status: int, *messages: str) -> HttpResponse:
    """Sentences that say why there is no answer."""
    return answered(status, {"errors": [{"message": message} for message in messages]})
