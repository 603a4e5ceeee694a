"""Who sent a request of the client: HTTP Basic with an API key as password, and nothing else."""

import base64
import binascii

from django.http import HttpRequest, HttpResponse

from artifacts import auth
from artifacts.models import User
from registry_site.http.refusals import client_error

LONGEST_HEADER = 4_096


def user_of(request: HttpRequest) -> User | None:
    """The owner of the API key in the request, or None; a browser's session counts for nothing here."""
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic" or len(encoded) > LONGEST_HEADER:
        return None
    try:
        name, _, key = base64.b64decode(encoded.strip(), validate=True).decode("utf-8").partition(":")
    except (binascii.Error, ValueError):
        return None
    return auth.user_of_key(key) if name == "api" and key else None


def not_logged_in() -> HttpResponse:
    """The answer to a request without a key that works: without one there is nothing to see."""
    response = client_error(401, "user is not logged in")
    response["WWW-Authenticate"] = 'Basic realm="Linkyard", charset="UTF-8"'
    return response
