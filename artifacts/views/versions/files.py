"""The tab “Files”: the manifest as a tree, a look into one file, its download, and that of all."""

import re
from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from artifacts.access import Can
from artifacts.errors import NotFound
from artifacts.files.folders import FolderItem, files_below, list_folder
from artifacts.files.previews import ANYTHING, Options, Preview, preview_of, shown_type
from artifacts.files.previews.media import IMAGES
from artifacts.files.previews.preview import Grid, suffix
from artifacts.files.ranges import asked_range
from artifacts.files.search import find_files
from artifacts.files.storage import Damaged, store
from artifacts.files.zips import zip_of
from artifacts.models import ManifestEntry
from artifacts.naming import shown
from artifacts.views.answers import HtmxHttpRequest
from artifacts.views.fetch import membership_of
from artifacts.views.file_answer import FileAnswer
from artifacts.views.version_page import VersionPage, version_page_of
from artifacts.views.versions.file_tree import FileNode, FileTree
from artifacts.views.versions.files_address import LONGEST_WORDS, FilesAddress, clean, slashed

Context = dict[str, Any]
SANDBOX = "default-src 'none'; img-src 'self'; media-src 'self'; sandbox"
CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\\]")
MOST_PICTURES = 120
SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": SANDBOX,
    "Cross-Origin-Resource-Policy": "same-origin",
}


def files_context(request: HtmxHttpRequest, version_page: VersionPage) -> Context:
    """The tab as its address says. A file that htmx puts beside the tree leaves open what the page shows open."""
    address, here = FilesAddress.read(request.GET), version_page.url("files")
    is_pane = request.htmx.target == "file-pane" and bool(address.path) and not address.words
    if is_pane and (shown_page := FilesAddress.of_page(request.htmx.current_url_abs_path or "", here)):
        address = shown_page.chosen(address.path, address.options)
    return {"pushed": address.url(here) if is_pane else "", **files_of(version_page, address)}


def files_of(version_page: VersionPage, address: FilesAddress) -> Context:
    """The folder, the file, or the search that an address names."""
    here, version = version_page.url("files"), version_page.version
    entry = _entry(version_page, address.path) if address.path else None
    preview = _preview(version_page, entry, dict(address.options)) if entry else None
    alone = FilesAddress(address.path, words=address.words, folders=() if address.words else address.folders)
    may_fetch = version_page.can_download and entry is not None and entry.blob is not None
    return {
        "words": address.words,
        "file_count": f"{version.file_count:,}",
        "entry": entry,
        "entry_digest": short(entry.digest) if entry else "",
        "entry_name": address.path.rsplit("/", 1)[-1],
        "entry_url": alone.url(here),
        "file_url": version_page.act_url("file", path=address.path) if may_fetch else "",
        "zip_url": version_page.act_url("zip") if version_page.can_download and not version.is_deleted else "",
        "preview": preview,
        "preview_template": f"artifacts/files/previews/{preview.kind}.html" if preview else "",
        **(_found(version_page, address) if address.words else _tree(version_page, address)),
    }


def _tree(version_page: VersionPage, address: FilesAddress) -> Context:
    folder = address.folder or address.path[: address.path.rfind("/") + 1]
    level, top, is_filled = FileTree(version_page, address.path).to(folder, address.after, address.open)
    if folder and not is_filled and not address.after:
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


def _found(version_page: VersionPage, address: FilesAddress) -> Context:
    """A page of what a search finds."""
    here, words = version_page.url("files"), address.words
    found = find_files(version_page.version, words, address.after)
    nodes = [
        FileNode(
            FolderItem(one.path, one.path, one, one.size),
            FilesAddress(one.path, words=words).url(here),
            is_current=one.path == address.path,
        )
        for one in found.entries
    ]
    more = FilesAddress(after=found.after, words=words).url(here) if found.after else ""
    return {"found": nodes, "by_digest": found.by_digest, "more_found": more, "is_further": bool(address.after)}


def short(digest: str) -> str:
    """A digest in few characters; the whole one is what gets copied."""
    return digest if len(digest) <= 16 else f"{digest[:8]}…{digest[-4:]}"


def _entry(version_page: VersionPage, path: str) -> ManifestEntry:
    found = ManifestEntry.objects.filter(version=version_page.version, path=path).select_related("blob").first()
    if found is None:
        raise NotFound(f"“{version_page.title}” has no file “{shown(path)}”; choose one of its files.")
    return found


def _preview(version_page: VersionPage, entry: ManifestEntry, asked: Mapping[str, str]) -> Preview:
    if version_page.version.is_deleted:
        return Preview("none", "The version was deleted; its files are not shown any more.")
    if not version_page.can_download:
        return Preview("none", "")
    options = Options(
        as_source=asked.get("as") == "source",
        words=clean(asked.get("tensor", "")).strip()[:LONGEST_WORDS],
        show_all=asked.get("all") == "1",
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
        cell.href = FilesAddress(cell.path).url(version_page.url("files"))
        if suffix(cell.path) in IMAGES and pictures < MOST_PICTURES:
            cell.image = version_page.act_url("file", path=cell.path, show="1")
            pictures += 1


def _trail(here: str, folder: str) -> list[tuple[str, str]]:
    """The folders above the tree's first level, each with its address."""
    parts = folder.split("/")[:-1]
    return [
        (part or "(no name)", FilesAddress(folder="/".join(parts[:depth]) + "/").url(here))
        for depth, part in enumerate(parts, start=1)
    ]


@require_GET
def branch(request: HtmxHttpRequest, entity: str, project: str, collection: str, reference: str) -> HttpResponse:
    """A folder of the tree, opened or closed in place, or the next page of what it holds."""
    version_page = version_page_of(request, membership_of(request, entity, project, collection, reference))
    address, here = FilesAddress.read(request.GET), version_page.url("files")
    folder, tree = address.folder, FileTree(version_page)
    if not request.htmx:
        return redirect(FilesAddress(folder=folder, after=address.after).url(here))
    if address.after:
        level = tree.level(list_folder(version_page.version, folder, address.after))
        return render(request, "artifacts/files/level.html", {"level": level})
    node = tree.node(folder, is_open=request.GET.get("closed") != "1") if folder else None
    if node is None:
        raise NotFound(f"“{version_page.title}” has no folder “{shown(folder)}”; choose one of its files.")
    response = render(request, "artifacts/files/node.html", {"node": node})
    if now := FilesAddress.of_page(request.htmx.current_url_abs_path or "", here):
        response["HX-Push-Url"] = (now.with_open(folder) if node.level else now.with_closed(folder)).url(here)
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
    return FileAnswer(chunks, status=status, content_type=inline or ANYTHING, headers=headers)


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
    made = zip_of(membership.version, folder)
    part = f"-{plain_name(folder[:-1])}" if folder else ""
    name = f"{plain_name(membership.collection.name)}-{membership.name}{part}.zip"
    headers = {
        **SAFE,
        "Content-Length": str(made.size),
        "Content-Disposition": content_disposition_header(True, name) or "attachment",
        "Cache-Control": "private, no-store",
    }
    return StreamingHttpResponse(made.chunks, content_type="application/zip", headers=headers)
