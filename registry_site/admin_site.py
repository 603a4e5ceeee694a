"""The admin panel as a whole: for site administrators, through our own log-in."""

from django.contrib import auth
from django.contrib.admin.sites import AdminSite
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.decorators import method_decorator

from artifacts.errors import NotFound


class Panel(AdminSite):
    """Everybody else finds nothing here."""

    site_header = site_title = "Linkyard"
    index_title = "Administration"

    def has_permission(self, request: HttpRequest) -> bool:
        """Site administrators only."""
        return request.user.is_active and bool(getattr(request.user, "is_admin", False))

    @method_decorator(login_not_required)
    def login(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
        """The panel has no log-in of its own: ours counts wrong guesses."""
        wanted = str(request.GET.get("next") or reverse("admin:index"))
        if self.has_permission(request):
            return HttpResponseRedirect(reverse("admin:index"))
        if request.user.is_authenticated:
            raise NotFound("There is nothing at this address that you can see; check it, or ask for access.")
        return redirect_to_login(wanted, reverse("login"))

    def logout(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        """Logging out leads to the log-in page, as in the rest of the web app."""
        auth.logout(request)
        return HttpResponseRedirect(reverse("login"))

    def password_change(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        """One's own password is changed in one's settings."""
        return HttpResponseRedirect(reverse("artifacts:account"))
