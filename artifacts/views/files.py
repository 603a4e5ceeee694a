"""The tab “Files”: one folder of the manifest at a time, a look into one file, and its download."""

import re
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from artifacts.access import Can
from artifacts.errors import NotFound
from artifacts.folders import list_folder
from artifacts.models import ManifestEntry
from artifacts.naming import shown
from artifacts.pages import HtmxHttpRequest
from artifacts.previews import ANYTHING, Preview, image_type, preview_of
from artifacts.storage import Damaged, store
from artifacts.views.place import Place, membership_of

Context = dict[str, Any]
SANDBOX = "default-src 'none'; img-src 'self'; sandbox"
CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\\]")


def files_context(request: HtmxHttpRequest, place: Place) -> Context:
    """The folder and the file that the address names."""
    path = clean(request.GET.get("path", ""))
    folder = clean(request.GET.get("folder", "")) or path[: path.rfind("/") + 1]
    if folder and not folder.endswith("/"):
        folder += "/"
    entry = _entry(place, path) if path else None
    listing = list_folder(place.version, folder, clean(request.GET.get("after", "")))
    if folder and not listing.items and not request.GET.get("after"):
        raise NotFound(f"“{place.title}” has no folder “{shown(folder)}”; choose one of its files.")
    here = place.url("files")
    return {
        "folder": folder,
        "trail": _trail(here, folder),
        "items": [(item, _address(here, item.path, folder, is_folder=item.is_folder)) for item in listing.items],
        "first": f"{here}?{urlencode({'folder': folder})}" if request.GET.get("after") else "",
        "more": f"{here}?{urlencode({'folder': folder, 'after': listing.after})}" if listing.after else "",
        "entry": entry,
        "entry_digest": short(entry.digest) if entry else "",
        "entry_name": path.rsplit("/", 1)[-1],
        "file_url": place.file_url(path) if entry and place.can_download and entry.blob else "",
        "preview": _preview(place, entry) if entry else None,
    }


def clean(path: str) -> str:
    """A path as the database can look for it; what is no path of a manifest then finds nothing."""
    return path.replace("\0", "\ufffd").encode("utf-8", "replace").decode()[:4096]


def short(digest: str) -> str:
    """A digest in few characters; the whole one is what gets copied."""
    return digest if len(digest) <= 16 else f"{digest[:8]}…{digest[-4:]}"


def _entry(place: Place, path: str) -> ManifestEntry:
    found = ManifestEntry.objects.filter(version=place.version, path=path).select_related("blob").first()
    if found is None:
        raise NotFound(f"“{place.title}” has no file “{shown(path)}”; choose one of its files.")
    return found


def _preview(place: Place, entry: ManifestEntry) -> Preview:
    if place.version.is_deleted:
        return Preview("none", "The version was deleted; its files are not shown any more.")
    return preview_of(entry) if place.can_download else Preview("none", "")


def _address(here: str, path: str, folder: str, *, is_folder: bool) -> str:
    return f"{here}?{urlencode({'folder': path} if is_folder else {'folder': folder, 'path': path})}"


def _trail(here: str, folder: str) -> list[tuple[str, str]]:
    """The folders above, each with its address."""
    parts = folder.split("/")[:-1]
    return [
        (part or "(no name)", f"{here}?{urlencode({'folder': '/'.join(parts[: place + 1]) + '/'})}")
        for place, part in enumerate(parts)
    ]


@require_GET
def file(request: HtmxHttpRequest, entity: str, project: str, collection: str, reference: str) -> HttpResponseBase:
    """The bytes of one file: to keep, or with `show=1` as a picture in the page."""
    membership = membership_of(request, entity, project, collection, reference, can=Can.DOWNLOAD)
    path = clean(request.GET.get("path", ""))
    entry = ManifestEntry.objects.filter(version=membership.version, path=path).select_related("blob").first()
    if entry is None or entry.blob is None or membership.version.is_deleted:
        raise NotFound(f"“{membership}” has no stored file “{shown(path)}”; choose one of its files.")
    try:
        shown_type = image_type(entry) if request.GET.get("show") == "1" else ""
        chunks = store().open(entry.blob.key, expected_size=entry.blob.size)
    except Damaged:
        return HttpResponse(
            "The stored file is missing or damaged; tell the operator.", status=410, content_type="text/plain"
        )
    name = CONTROLS.sub("_", path.rsplit("/", 1)[-1]) or "file"
    response = StreamingHttpResponse(chunks, content_type=shown_type or ANYTHING)
    response["Content-Length"] = str(entry.blob.size)
    response["Content-Disposition"] = content_disposition_header(not shown_type, name) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = SANDBOX
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Cache-Control"] = "private, max-age=300"
    return response
