"""POST /graphql. Whatever happens, the answer is JSON of the shape that the client shows to its user."""

import json
import logging
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from artifacts.text.wide_json import MANY, is_too_wide
from registry_site.http.refusals import as_refusal, client_error, refusal
from registry_site.wandb_api.endpoints.authenticate import not_logged_in, user_of
from registry_site.wandb_api.engine.context import Context
from registry_site.wandb_api.operation import BadRequest, run_document

LARGEST_BODY = 16 * 1024 * 1024

log = logging.getLogger("linkyard.graphql")


@login_not_required
@csrf_exempt
def graphql(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        # Not 405: the client would repeat it.
        return client_error(400, "Send GraphQL as a POST with a JSON body.")
    try:
        return answer_of(request)
    except BadRequest as error:
        return client_error(400, *error.messages)
    except Exception as error:
        if (known := as_refusal(error)) is not None:
            return refusal(request, known)
        # An HTML page would reach the client's user as "invalid character '<'".
        log.exception("A request failed outside of every resolver.")
        return client_error(500, "Internal error: this server failed here; its log tells more about it.")


@login_not_required
@csrf_exempt
@require_POST
def identity_token(request: HttpRequest) -> HttpResponse:
    """Where a client with WANDB_IDENTITY_TOKEN_FILE asks for an access token: it shows its user what stands here."""
    return client_error(
        400, "This server takes no identity tokens; unset WANDB_IDENTITY_TOKEN_FILE and set WANDB_API_KEY."
    )


def answer_of(request: HttpRequest) -> HttpResponse:
    """The answer for whoever the API key belongs to."""
    user = user_of(request)
    if user is None:
        return not_logged_in()
    body = read_body(request)
    if body is None:
        return client_error(413, f"The request has more than {LARGEST_BODY // 1024**2} MiB; send less at once.")
    text, variables, operation_name = read_operation(body)
    context = Context(request, user)
    answer = run_document(text, variables, operation_name, context)
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
    if is_too_wide(body):
        raise BadRequest(f"The request has more than {MANY} values; send less at once.")
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
