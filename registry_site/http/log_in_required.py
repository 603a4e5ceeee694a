"""Every page is closed to visitors: they log in first, and get back to where they were.

Apart from the other middleware, whose module is read for the log's format before the apps are there.
"""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase


class LogInMiddleware(LoginRequiredMiddleware):
    """Whoever isn't logged in, or no longer, is sent to the log-in and from there back to a page."""

    def handle_no_permission(  # type: ignore[override]  # htmx gets no redirect
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponse:
        """What isn't a page leads back to the one it was pressed on; htmx would put the log-in into that page, so it is told to leave."""
        wanted = request.get_full_path()
        if htmx := getattr(request, "htmx", None):
            wanted = htmx.current_url_abs_path or wanted
        elif request.method not in {"GET", "HEAD"}:
            wanted = _came_from(request) or wanted
        response = redirect_to_login(wanted, self.get_login_url(view_func))
        return HttpResponse(status=204, headers={"HX-Redirect": response["Location"]}) if htmx else response


def _came_from(request: HttpRequest) -> str:
    """The page of ours that a form was sent from; empty where the browser doesn't say."""
    page = urlsplit(request.headers.get("Referer", ""))
    if page.netloc != request.get_host():
        return ""
    return f"{page.path}?{page.query}" if page.query else page.path
