"""What supervisors ask: is the process alive, can it work, what does it count."""

import ipaddress
import os
import secrets
import tempfile
from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.files.storage import storages
from django.db import connection
from django.db.utils import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse

from artifacts.errors import NotFound
from artifacts.models import ArtifactVersion, Membership, Run

PROBE = 64 * 1024  # bytes that are written to see whether a disk takes them
LEAST_ROOM = 16 * 1024 * 1024  # less, and the next save fills it


@login_not_required
def alive(request: HttpRequest) -> HttpResponse:
    """200 as long as the process answers; asks nothing of the database."""
    return HttpResponse("ok", content_type="text/plain")


@login_not_required
def ready(request: HttpRequest) -> HttpResponse:
    """200 when database and storage answer, 503 with the reason otherwise."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        database = True
    except DatabaseError:
        database = False
    places = {Path(storages["artifacts"].path("")), settings.DATA_DIR}
    storage = all(takes_bytes(place) for place in places if place.exists())
    return JsonResponse({"database": database, "storage": storage}, status=200 if database and storage else 503)


def takes_bytes(place: Path) -> bool:
    """Whether something can be written here, and there is room for more."""
    try:
        with tempfile.TemporaryFile(dir=place) as probe:
            probe.write(bytes(PROBE))
            probe.flush()
            room = os.fstatvfs(probe.fileno())
    except OSError:
        return False
    return room.f_bavail * room.f_frsize > LEAST_ROOM


def _may_read(request: HttpRequest) -> bool:
    """Loopback without a proxy in between, or the operator's token."""
    token = os.environ.get("LINKYARD_METRICS_TOKEN", "")
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token and secrets.compare_digest(given.encode(), token.encode()):
        return True
    try:
        return (
            ipaddress.ip_address(request.META["REMOTE_ADDR"]).is_loopback and "X-Forwarded-For" not in request.headers
        )
    except (KeyError, ValueError):
        return False


@login_not_required
def metrics(request: HttpRequest) -> HttpResponse:
    """Gauges in Prometheus' text format: the newest number of each table, which is free to read."""
    if not _may_read(request):
        raise NotFound("There is nothing at this address that you can see.")
    lines = []
    counted = {"runs": Run.objects, "artifact_versions": ArtifactVersion.objects, "memberships": Membership.objects}
    for name, rows in counted.items():
        newest = rows.order_by("-pk").values_list("pk", flat=True).first() or 0
        lines += [
            f"# HELP linkyard_{name}_made_total How many were ever made.",
            f"# TYPE linkyard_{name}_made_total counter",
        ]
        lines.append(f"linkyard_{name}_made_total {newest}")
    return HttpResponse("\n".join([*lines, ""]), content_type="text/plain; version=0.0.4; charset=utf-8")
