"""What the client, and packages beside it, send to a server of theirs that is no part of a registry."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from registry_site.http.refusals import client_error

LARGEST_BODY = 4 * 1024 * 1024
CHUNK = 256 * 1024
NO_TRACES = (
    "This server keeps no traces (Weave), only artifacts and runs; "
    "set WANDB_DISABLE_WEAVE=true, or leave weave.init out."
)


@login_not_required
@csrf_exempt
@require_POST
def telemetry(request: HttpRequest) -> HttpResponse:
    """The client's telemetry of itself (OpenTelemetry): taken, so that it isn't repeated, and dropped."""
    left = LARGEST_BODY
    try:
        while left > 0 and (piece := request.read(CHUNK)):
            left -= len(piece)
    except (UnreadablePostError, ConnectionError):
        pass
    return HttpResponse(b"", content_type="application/x-protobuf", headers={"Content-Length": "0"})


@login_not_required
@csrf_exempt
def traces(request: HttpRequest) -> HttpResponse:
    """Where Weave looks for its server: it shows its user what stands here, and doesn't ask again after a 404."""
    return client_error(404, NO_TRACES)
