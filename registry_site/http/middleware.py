"""One line of log for each request, and refusals of the domain as answers."""

import json
import logging
import secrets
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from django.middleware.gzip import GZipMiddleware

from artifacts.naming import escaped
from registry_site.http.redaction import redacted
from registry_site.http.refusals import as_refusal, not_found, refusal, shows_no_page

Answer = Callable[[HttpRequest], HttpResponseBase]
logger = logging.getLogger("linkyard.request")
UNLOGGED = ("/static/", "/healthz", "/readyz", "/metrics", "/sdk/otel/")


class JsonFormatter(logging.Formatter):
    """A record as one JSON line: time, level, logger, message, and what was given as `extra={"fields": {…}}`."""

    def format(self, record: logging.LogRecord) -> str:
        """Never raises: what JSON can't say is written as text."""
        line = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        # In the text as it is written: a path may stand in the message, a field or the traceback.
        return redacted(escaped(json.dumps(line, default=str, ensure_ascii=False)))


class RequestLogMiddleware:
    """Logs method, path, status and duration with an id that the answer carries too. Never headers, bodies or queries."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        started = time.perf_counter()
        number = secrets.token_hex(6)
        response = self.get_response(request)
        response["X-Request-Id"] = number
        if not request.path.startswith(UNLOGGED):
            fields = {
                "id": number,
                "method": request.method,
                "path": logged_path(request),
                "status": response.status_code,
                "milliseconds": round((time.perf_counter() - started) * 1000, 1),
            }
            logger.info("request", extra={"fields": fields})
        return response


def logged_path(request: HttpRequest) -> str:
    """The path without what would let a reader of the log fetch or replace a file: the token of a signed address."""
    for prefix in ("/storage/", "/wandb_artifacts/"):
        if request.path.startswith(prefix):
            return request.path[: request.path.find(".") + 1] or prefix
    return request.path[:500]


class DomainErrorMiddleware:
    """A refusal raised in a view becomes an answer with its sentence, as a page or in the client's shape."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if "\x00" in request.path:  # nothing is named so, and PostgreSQL refuses even to look for it
            return not_found(request)
        response = self.get_response(request)
        return shows_no_page(request, response) if response.status_code == 405 else response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        """Django calls this for whatever a view raised; what is no refusal goes on to be a mistake of the server."""
        known = as_refusal(exception)
        return None if known is None else refusal(request, known)


class PrivateMiddleware:
    """What is shown to somebody is kept by nobody, neither a proxy nor the disk of a shared machine, unless its view says otherwise."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response


class PageGzipMiddleware(GZipMiddleware):
    """Pages go compressed (a long table is a tenth of itself); files, archives and the client's answers go as they are.

    Django's own adds random bytes to each, so that the length tells nothing of a token in the page.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Compress what is HTML and whole."""
        if response.streaming or not response.get("Content-Type", "").startswith("text/html"):
            return response
        return super().process_response(request, response)
