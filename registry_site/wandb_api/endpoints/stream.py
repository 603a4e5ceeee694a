"""A run's file stream, which the client sends its history through, and the files of a run.

The client repeats a 5xx here for days, and takes a 4xx as the end of the stream without a word to its user: so what can be
stored is stored, and only what is no stream, or has no run to belong to, is refused.
"""

import zlib

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt

from artifacts import addresses
from artifacts.access import Can
from artifacts.actions import streams
from artifacts.errors import Invalid, NotFound
from artifacts.models import Run, User
from artifacts.naming import shown
from artifacts.text.cleaning import clean_text
from artifacts.text.wide_json import MANY, is_too_wide
from registry_site.http.refusals import client_error
from registry_site.wandb_api.endpoints.authenticate import not_logged_in, user_of
from registry_site.wandb_api.endpoints.files import send_file

LARGEST_BODY = 64 * 1024 * 1024
CHUNK = 1024 * 1024
GZIP = 31  # zlib's word for "with a gzip header"


class TooLarge(Exception):
    """The body has more bytes than the bound, as it came or unpacked."""


@login_not_required
@csrf_exempt
def file_stream(request: HttpRequest, entity: str, project: str, run: str) -> HttpResponseBase:
    if request.method != "POST":
        return run_file(request, entity, project, run, "file_stream")
    user = user_of(request)
    if user is None:
        return not_logged_in()
    try:
        found = find_run(user, entity, project, run, can=Can.LOG)
        sent = streams.read_request(
            streams.parse(body_of(request)), writer=writer_of(request, "X-Wandb-Async-Client-Id")
        )
        should_stop = streams.receive(found, sent, acting_user=user)
    except TooLarge:
        return client_error(413, f"The request has more than {LARGEST_BODY // 1024**2} MiB; send less at once.")
    # wandb-core hands this on to the script's process, which is then interrupted as by Ctrl-C.
    body = b'{"stopped":true}' if should_stop else b"{}"
    return HttpResponse(body, content_type="application/json", headers={"Content-Length": str(len(body))})


def writer_of(request: HttpRequest, header: str) -> str:
    """In shared mode (wandb-core: Settings.mode="shared") the process that sends, one of several of its run; else nothing."""
    is_shared = request.headers.get("X-Wandb-Use-Async-Filestream", "").lower() == "true"
    return request.headers.get(header, "") if is_shared else ""


@login_not_required
@csrf_exempt
def run_file(request: HttpRequest, entity: str, project: str, run: str, name: str) -> HttpResponseBase:
    """A file of a run, for a key of the client or for somebody who is logged in to the pages."""
    user = user_of(request)
    if user is None and isinstance(request.user, User) and "Authorization" not in request.headers:
        user = request.user
    if user is None:
        return not_logged_in()
    if request.method not in {"GET", "HEAD"}:
        raise Invalid("Fetch a file with GET; new ones are sent to the address that createRunFiles gives.")
    found = find_run(user, entity, project, run, can=Can.DOWNLOAD)
    file = found.files.filter(name=clean_text(name), uploaded_at__isnull=False).first()
    if file is None:
        raise NotFound(f"The run has no file “{shown(name)}”; look at its list of files.")
    return send_file(request, file.key, file.size, file.name)


def find_run(user: User, entity: str, project: str, name: str, *, can: Can) -> Run:
    """The run of an address, in a project where somebody may do this."""
    place = addresses.project(user, entity, project, can=can)
    found = Run.objects.filter(project=place, name=clean_text(name)).first()
    if found is None:
        raise NotFound(f"run “{shown(name)}” not found in “{place.name}”; it may have been deleted, start a new one.")
    found.project = place
    return found


def body_of(request: HttpRequest) -> bytes:
    """The body, unpacked if it came packed; never more of it than the bound."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST_BODY:
        raise TooLarge
    is_packed = request.headers.get("Content-Encoding", "").strip().lower() == "gzip"
    unpacker = zlib.decompressobj(GZIP) if is_packed else None
    found, came = bytearray(), 0
    try:
        while piece := request.read(CHUNK):
            came += len(piece)
            found += piece if unpacker is None else unpacker.decompress(piece, LARGEST_BODY + 1 - len(found))
            if max(came, len(found)) > LARGEST_BODY:
                raise TooLarge
    except (UnreadablePostError, ConnectionError):
        raise Invalid("The body of the request broke off.") from None
    except zlib.error:
        raise Invalid("The body says it is gzip and isn't.") from None
    if unpacker is not None and not unpacker.eof:
        raise Invalid("The gzip body broke off.")
    if is_too_wide(found):
        raise Invalid(f"The request has more than {MANY} values; send less at once.")
    return bytes(found)
