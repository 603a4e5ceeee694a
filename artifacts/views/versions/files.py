"""The tab “Files”: the manifest as a tree, a look into one file, its download, and that of all."""

import re
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from artifacts.access import Can
from artifacts.errors import NotFound
from artifacts.files.folders import (
    Item,
    files_below,
    list_folder,
)
from artifacts.files.previews import (
    ANYTHING,
    Options,
    Preview,
    preview_of,
    shown_type,
)
from artifacts.files.previews.media import IMAGES
from artifacts.files.previews.preview import (
    Grid,
    suffix,
)
from artifacts.files.ranges import asked_range
from artifacts.files.search import find_files
from artifacts.files.storage import (
    Damaged,
    store,
)
from artifacts.files.zips import archive_of
from artifacts.models import ManifestEntry
from artifacts.naming import shown
from artifacts.views.answers import HtmxHttpRequest
from artifacts.views.fetch import membership_of
from artifacts.views.version_page import VersionPage, version_page_of
from artifacts.views.versions.file_tree import (
    Node,
    Tree,
    file_address,
    folder_address,
)
from artifacts.views.versions.open_folders import (
    Opened,
    clean,
    slashed,
)

Context = dict[str, Any]
SANDBOX = "default-src 'none'; img-src 'self'; media-src 'self'; sandbox"
TREE = {"path", "folder", "after", "open", "find"}  # what the address says of the tree, not of the file
CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\\]")
MOST_PICTURES = 120
SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": SANDBOX,
    "Cross-Origin-Resource-Policy": "same-origin",
}


def files_context(request: HtmxHttpRequest, version_page: VersionPage) -> Context:
    """The folder, the file, or the search that the address names."""
    path = clean(request.GET.get("path", ""))
    words = clean(request.GET.get("find", "")).strip()[:200]
    opened = Opened.read(request.GET.dict(), request.GET.getlist("open"))
    entry = _entry(version_page, path) if path else None
    after = clean(request.GET.get("after", ""))
    here = version_page.url("files")
    preview = _preview(request, version_page, entry) if entry else None
    is_pane = entry is not None and not words and request.htmx.target == "file-pane"
    if is_pane and (before := Opened.shown(request, here)):
        opened = before.chosen(path)
    options = [(name, value) for name, value in request.GET.dict().items() if name not in TREE]
    return {
        "pushed": opened.address(here, options) if is_pane else "",
        "words": words,
        "file_count": f"{version_page.version.file_count:,}",
        "entry": entry,
        "entry_digest": short(entry.digest) if entry else "",
        "entry_name": path.rsplit("/", 1)[-1],
        "entry_url": file_address(here, path, words) if words else Opened(path, folders=opened.folders).address(here),
        "file_url": version_page.act_url("file", path=path)
        if entry and version_page.can_download and entry.blob
        else "",
        "zip_url": version_page.act_url("zip")
        if version_page.can_download and not version_page.version.is_deleted
        else "",
        "preview": preview,
        "preview_template": f"artifacts/files/previews/{preview.kind}.html" if preview else "",
        **(_found(version_page, words, after, path) if words else _tree(version_page, opened)),
    }


def _tree(version_page: VersionPage, opened: Opened) -> Context:
    folder = opened.folder or opened.path[: opened.path.rfind("/") + 1]
    level, top, is_filled = Tree(version_page, opened.path).to(folder, opened.after, opened.open)
    if folder and not is_filled and not opened.after:
        raise NotFound(f"“{version_page.title}” has no folder “{shown(folder)}”; choose one of its files.")
    # Told of a version whose files are all on this page; to know it of a larger one, all of them would have to be read.
    entries = [node.item.entry for node in level.nodes]
    is_referring = len(entries) == version_page.version.file_count > 0 and all(entry and entry.ref for entry in entries)
    return {
        "level": level,
        "folder": folder,
        "trail": _trail(version_page.url("files"), top),
        "is_referring": is_referring,
    }


def _found(version_page: VersionPage, words: str, after: str, path: str) -> Context:
    """A page of what a search finds."""
    here = version_page.url("files")
    found = find_files(version_page.version, words, after)
    nodes = [
        Node(Item(one.path, one.path, one, one.size), file_address(here, one.path, words), is_current=one.path == path)
        for one in found.entries
    ]
    more = f"{here}?{urlencode({'find': words, 'after': found.after})}" if found.after else ""
    return {"found": nodes, "by_digest": found.by_digest, "more_found": more, "is_further": bool(after)}


def short(digest: str) -> str:
    """A digest in few characters; the whole one is what gets copied."""
    return digest if len(digest) <= 16 else f"{digest[:8]}…{digest[-4:]}"


def _entry(version_page: VersionPage, path: str) -> ManifestEntry:
    found = ManifestEntry.objects.filter(version=version_page.version, path=path).select_related("blob").first()
    if found is None:
        raise NotFound(f"“{version_page.title}” has no file “{shown(path)}”; choose one of its files.")
    return found


def _preview(request: HtmxHttpRequest, version_page: VersionPage, entry: ManifestEntry) -> Preview:
    if version_page.version.is_deleted:
        return Preview("none", "The version was deleted; its files are not shown any more.")
    if not version_page.can_download:
        return Preview("none", "")
    options = Options(
        as_source=request.GET.get("as") == "source",
        words=clean(request.GET.get("tensor", "")).strip()[:200],
        show_all=request.GET.get("all") == "1",
    )
    preview = preview_of(entry, options)
    if isinstance(preview.content, Grid):
        _show_media(version_page, preview.content)
    return preview


def _show_media(version_page: VersionPage, grid: Grid) -> None:
    """Let the media cells of a table lead to the files of this version that they name, and show the pictures among them."""
    cells = [cell for row in grid.rows for cell in row if cell.path]
    paths = sorted({cell.path for cell in cells})[:2_000]
    if not paths:
        return
    found = ManifestEntry.objects.filter(version=version_page.version, path__in=paths, blob__isnull=False)
    known, pictures = set(found.values_list("path", flat=True)), 0
    for cell in cells:
        if cell.path not in known:
            continue
        cell.href = file_address(version_page.url("files"), cell.path)
        if suffix(cell.path) in IMAGES and pictures < MOST_PICTURES:
            cell.image = version_page.act_url("file", path=cell.path, show="1")
            pictures += 1


def _trail(here: str, folder: str) -> list[tuple[str, str]]:
    """The folders above the tree's first level, each with its address."""
    parts = folder.split("/")[:-1]
    return [
        (part or "(no name)", folder_address(here, "/".join(parts[: place + 1]) + "/"))
        for place, part in enumerate(parts)
    ]


@require_GET
def branch(request: HtmxHttpRequest, entity: str, project: str, collection: str, reference: str) -> HttpResponse:
    """A folder of the tree, opened or closed in place, or the next page of what it holds."""
    version_page = version_page_of(request, membership_of(request, entity, project, collection, reference))
    folder, after = slashed(clean(request.GET.get("folder", ""))), clean(request.GET.get("after", ""))
    if not request.htmx:
        return redirect(folder_address(version_page.url("files"), folder, after))
    tree = Tree(version_page)
    if after:
        level = tree.level(list_folder(version_page.version, folder, after))
        return render(request, "artifacts/files/level.html", {"level": level})
    node = tree.node(folder, is_open=request.GET.get("closed") != "1") if folder else None
    if node is None:
        raise NotFound(f"“{version_page.title}” has no folder “{shown(folder)}”; choose one of its files.")
    response = render(request, "artifacts/files/node.html", {"node": node})
    here = version_page.url("files")
    if now := Opened.shown(request, here):
        response["HX-Push-Url"] = (now.with_open(folder) if node.level else now.with_closed(folder)).address(here)
    return response


@require_GET
def file(request: HtmxHttpRequest, entity: str, project: str, collection: str, reference: str) -> HttpResponseBase:
    """The bytes of one file or a range of them: to keep, or with `show=1` as a picture or sound in the page."""
    membership = membership_of(request, entity, project, collection, reference, can=Can.DOWNLOAD)
    path = clean(request.GET.get("path", ""))
    entry = ManifestEntry.objects.filter(version=membership.version, path=path).select_related("blob").first()
    if entry is None or entry.blob is None or membership.version.is_deleted:
        raise NotFound(f"“{membership}” has no stored file “{shown(path)}”; choose one of its files.")
    size, etag = entry.blob.size, f'"{entry.blob.key.rsplit("/", 1)[-1]}"'
    asked = asked_range(request.headers.get("Range", ""), request.headers.get("If-Range"), size, etag)
    if asked is not None and not asked:
        return HttpResponse(status=416, headers={**SAFE, "Content-Range": f"bytes */{size}"})
    part = range(size) if asked is None else asked
    try:
        inline = shown_type(entry) if request.GET.get("show") == "1" else ""
        chunks = store().open(entry.blob.key, expected_size=size, start=part.start, length=len(part))
    except Damaged:
        return HttpResponse(
            "The stored file is missing or damaged; tell the operator.", status=410, content_type="text/plain"
        )
    headers = {
        **SAFE,
        "Accept-Ranges": "bytes",
        "ETag": etag,
        "Content-Length": str(len(part)),
        "Content-Disposition": content_disposition_header(not inline, plain_name(path)) or "attachment",
        "Cache-Control": "private, max-age=300",
    }
    if asked is not None:
        headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{size}"
    status = 200 if asked is None else 206
    return StreamingHttpResponse(chunks, status=status, content_type=inline or ANYTHING, headers=headers)


def plain_name(path: str) -> str:
    """A file's name for whoever saves it, without what could fool them."""
    return CONTROLS.sub("_", path.rsplit("/", 1)[-1]) or "file"


@require_GET
def archive(request: HtmxHttpRequest, entity: str, project: str, collection: str, reference: str) -> HttpResponseBase:
    """All files, or with `folder` those of a folder, as a zip that is made while it is sent."""
    membership = membership_of(request, entity, project, collection, reference, can=Can.DOWNLOAD)
    if membership.version.is_deleted:
        raise NotFound(f"“{membership}” was deleted and its files with it; choose another version.")
    folder = slashed(clean(request.GET.get("folder", "")))
    if folder and not files_below(membership.version, folder).exists():
        raise NotFound(f"“{membership}” has no folder “{shown(folder)}”; choose one of its files.")
    made = archive_of(membership.version, folder)
    part = f"-{plain_name(folder[:-1])}" if folder else ""
    name = f"{plain_name(membership.collection.name)}-{membership.name}{part}.zip"
    headers = {
        **SAFE,
        "Content-Length": str(made.size),
        "Content-Disposition": content_disposition_header(True, name) or "attachment",
        "Cache-Control": "private, no-store",
    }
    return StreamingHttpResponse(made.chunks, content_type="application/zip", headers=headers)
