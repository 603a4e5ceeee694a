"""All addresses. The order matters: `/<entity>` matches anything, so it stands last (tests/test_addresses.py)."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic.base import RedirectView

from artifacts.views.people import login
from registry_site.server import health

urlpatterns = [
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    path("login", login.log_in, name="login"),
    path("logout", login.log_out, name="logout"),
    path("admin", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    path("", include("registry_site.wandb_api.urls")),
    path("", include("registry.urls")),
    path("", include("artifacts.urls")),
]

handler400 = "registry_site.http.refusals.bad_request"
handler403 = "registry_site.http.refusals.permission_denied"
handler404 = "registry_site.http.refusals.not_found"
handler500 = "registry_site.http.refusals.server_error"
