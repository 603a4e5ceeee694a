"""Bytes over HTTP: signed addresses that take or give a file, and the client's own way to one file of an artifact.

Bodies are read and sent a MiB at a time; none is ever held whole in memory.
"""

import hashlib
import logging
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse, UnreadablePostError
from django.utils.http import content_disposition_header
from django.views.decorators.csrf import csrf_exempt

from artifacts import access, addresses, auth
from artifacts.access import Can
from artifacts.actions.saving import parts, receive
from artifacts.errors import Forbidden, Invalid, NotFound
from artifacts.files import manifests, signed_urls
from artifacts.files.manifests import Entry
from artifacts.files.ranges import asked_range
from artifacts.files.signed_urls import Purpose
from artifacts.files.storage import Damaged, Reader, StoredBytes, store
from artifacts.models import ArtifactVersion, Blob, Collection, ManifestEntry, Membership, RunFile, User
from artifacts.models.collections import MembershipQuerySet
from artifacts.views.file_answer import FileAnswer
from registry_site.http.refusals import client_error
from registry_site.wandb_api.endpoints.authenticate import not_logged_in, user_of
from registry_site.wandb_api.engine import ids

NO_HOLDER = (
    "This address was made for an account or an API key that doesn't work here any more; "
    "ask for a new one by logging or downloading the artifact again."
)
NO_FILE = "There is no such file here that you can see; fetch the artifact again by its name."
MD5_KEY = re.compile(r".*/([0-9a-f]{32})")
PAGE = 2_000
SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cache-Control": "private, no-transform",
}

log = logging.getLogger("linkyard.files")


@login_not_required
@csrf_exempt
def signed_address(request: HttpRequest, token: str) -> HttpResponseBase:
    """A signed address: PUT sends what it was given out for, GET fetches it. Whoever it was made for must still have the right to."""
    if request.method == "PUT":
        ticket = signed_urls.read(token, "PUT")
        return receive_upload(request, ticket, holder_of(ticket))
    if request.method not in {"GET", "HEAD"}:
        raise Invalid("Send a file with PUT, or fetch it with GET.")
    ticket = signed_urls.read(token, "GET")
    return send_what_is_signed(request, ticket, holder_of(ticket))


def holder_of(ticket: signed_urls.SignedUrl) -> User:
    """Whom an address was made for."""
    user = auth.holder_of(ticket.person, ticket.key)
    if user is None:
        raise Forbidden(NO_HOLDER)
    return user


def receive_upload(request: HttpRequest, ticket: signed_urls.SignedUrl, user: User) -> HttpResponse:
    """Take a body; the answer's ETag is the MD5 of what came, which multipart uploads end with."""
    length = request.META.get("CONTENT_LENGTH") or ""
    if not (length.isascii() and length.isdigit() and len(length) < 19):
        raise Invalid("The upload says no Content-Length; send the file with its length.")
    fields, stream, size = ticket.fields, RequestBody(request), int(length)
    match ticket.purpose:
        case Purpose.PUT_BLOB:
            found = receive.receive_blob(fields["project"], fields["md5"], stream, size=size, acting_user=user)
        case Purpose.PUT_MANIFEST:
            found = receive.receive_manifest(fields["manifest"], fields["digest"], stream, size=size, acting_user=user)
        case Purpose.PUT_PART:
            found = parts.receive_part(fields["upload"], fields["number"], stream, size=size, acting_user=user)
        case _:
            found = receive.receive_run_file(fields["file"], stream, size=size, acting_user=user)
    return upload_answer(found)


def send_what_is_signed(request: HttpRequest, ticket: signed_urls.SignedUrl, user: User) -> HttpResponseBase:
    """What an address is for, if its holder may download it now."""
    if ticket.purpose == Purpose.GET_RUN_FILE:
        file = RunFile.objects.select_related("run__project__entity").filter(pk=ticket.fields["file"]).first()
        if file is None or file.uploaded_at is None:
            raise NotFound(NO_FILE)
        access.require(user, Can.DOWNLOAD, file.run.project)
        return send_file(request, file.key, file.size, file.name)
    readable = access.versions_where(user, Can.DOWNLOAD).live()
    if ticket.purpose == Purpose.GET_MANIFEST:
        version = readable.filter(pk=ticket.fields["version"]).first()
        if version is None:
            raise NotFound(access.NO_VERSION)
        return send_manifest(version)
    entry = ManifestEntry.objects.select_related("blob").filter(pk=ticket.fields["entry"]).first()
    if entry is None or entry.blob is None or not readable.filter(pk=entry.version_id).exists():
        raise NotFound(NO_FILE)
    return send_file(request, entry.blob.key, entry.blob.size, entry.path.rsplit("/", 1)[-1])


def upload_answer(found: StoredBytes) -> HttpResponse:
    """The answer to an upload."""
    return HttpResponse(b"", status=200, headers={"ETag": f'"{found.md5}"', "Content-Length": "0"})


class RequestBody(Reader):
    """A request's body as a stream; one that breaks off ends, and is then refused as too short."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    def read(self, size: int, /) -> bytes:
        """The next bytes."""
        try:
            piece: bytes = self.request.read(size)
        except (UnreadablePostError, ConnectionError):
            return b""
        return piece


def send_file(request: HttpRequest, key: str, size: int, name: str) -> HttpResponseBase:
    """Stored bytes, or the range of them that was asked for."""
    match = MD5_KEY.fullmatch(key)
    etag = f'"{match[1]}"' if match else f'"{hashlib.md5(key.encode(), usedforsecurity=False).hexdigest()}"'
    span = asked_range(request.headers.get("Range", ""), request.headers.get("If-Range"), size, etag)
    headers = {
        **SAFE,
        "Content-Type": "application/octet-stream",
        "Content-Disposition": content_disposition_header(True, plain_name(name)) or "attachment",
        "Accept-Ranges": "bytes",
        "ETag": etag,
    }
    if span is not None and span.start >= span.stop:
        return HttpResponse(status=416, headers={**headers, "Content-Range": f"bytes */{size}"})
    part = span or range(size)
    try:
        chunks = store().open(key, expected_size=size, start=part.start, length=len(part))
    except Damaged:
        log.error("The stored file %s is missing, or isn't the %d bytes that were verified.", key, size)
        return client_error(410, "This file is damaged on the server; ask its operator to restore it from a backup.")
    headers["Content-Length"] = str(len(part))
    if span is not None:
        headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{size}"
    return FileAnswer(chunks, status=200 if span is None else 206, headers=headers)


def plain_name(name: str) -> str:
    """A file's name for whoever saves it: without what could end the header or lead into a folder."""
    kept = "".join(character if character.isprintable() and character not in '/\\"' else "_" for character in name)
    return kept[:200] or "file"


def send_manifest(version: ArtifactVersion) -> HttpResponseBase:
    """A committed version's manifest, made of its rows: it has nothing of the machine that logged it."""
    return StreamingHttpResponse(
        manifests.written(entries_of(version)), headers={**SAFE, "Content-Type": "application/json"}
    )


def entries_of(version: ArtifactVersion) -> Iterator[Entry]:
    """All files of a version in pages, so that a slow reader keeps no cursor open."""
    birth, after = ids.encode("Artifact", version.pk), ""
    while True:
        rows = list(
            ManifestEntry.objects.of_version(version)
            .filter(path__gt=after)
            .values_list("path", "digest", "size", "ref", "extra")[:PAGE]
        )
        for path, digest, size, reference, extra in rows:
            yield Entry(path, digest, size, reference, "" if reference else birth, extra)
        if len(rows) < PAGE:
            return
        after = rows[-1][0]


@login_not_required
def artifact_file(
    request: HttpRequest,
    entity: str,
    project: str,
    collection: str,
    birth: str,
    md5: str,
    name: str,
    artifact: str | None = None,
) -> HttpResponseBase:
    """One file, as the client's `entry.download()` asks for it: judged by the place in the path, which has to hold the version.

    A version that the client knows by its id alone, because its source is hidden, has no place in the path; it is judged by any.
    """
    user = user_of(request)
    if user is None:
        return not_logged_in()
    if request.method not in {"GET", "HEAD"}:
        raise Invalid("Fetch a file with GET.")
    if "%" in birth:
        # For a file whose name has a bare “%”, the client's HTTP library quotes the whole path a second time.
        entity, project, collection, birth = map(unquote, (entity, project, collection, birth))
        artifact = unquote(artifact) if artifact else None
    if artifact and not entity and not project:
        places = places_anywhere(user, artifact)
    else:
        place = addresses.project(user, entity, project, can=Can.DOWNLOAD)
        places = places_in(addresses.collection(place, collection), artifact)
    blob = find_blob(user, places, birth, md5.lower())
    return send_file(request, blob.key, blob.size, name)


def places_anywhere(user: User, artifact: str) -> MembershipQuerySet:
    """Where a live version is that somebody may download through any of its places."""
    versions = access.versions_where(user, Can.DOWNLOAD).known_as(ids.decode(artifact, "Artifact"))
    return Membership.objects.live().filter(version__in=versions.values("pk"))


def places_in(collection: Collection, artifact: str | None) -> MembershipQuerySet:
    """The live versions of a collection, or the one that the path names."""
    places = Membership.objects.in_collection(collection).live()
    return (
        places
        if artifact is None
        else places.filter(version__in=ArtifactVersion.objects.known_as(ids.decode(artifact, "Artifact")))
    )


def find_blob(user: User, places: MembershipQuerySet, birth: str, md5: str) -> Blob:
    """The bytes that one of these versions lists, if the whole address is consistent; else NotFound."""
    digest = manifests.base64_of(md5)
    entries = ManifestEntry.objects.filter(blob__in=blobs_of(places, digest), version__in=places.values("version"))
    entry = entries.select_related("blob").first()
    if entry is None or entry.blob is None or not was_born(user, birth, digest, entry):
        raise NotFound(NO_FILE)
    return entry.blob


def blobs_of(places: Any, digest: str) -> Any:
    """The rows of these bytes in the projects where the versions of these places were logged."""
    return Blob.objects.filter(digest=digest, project__in=places.values("version__sequence__project")).values("pk")


def was_born(user: User, birth: str, digest: str, entry: ManifestEntry) -> bool:
    """Whether the version named as the file's first holder is this one, none, or one that holds it and may be read."""
    if not birth or birth == ids.encode("Artifact", entry.version_id):
        return True
    readable = access.versions_where(user, Can.DOWNLOAD).known_as(ids.decode(birth, "Artifact"))
    return ManifestEntry.objects.filter(version__in=readable.values("pk"), digest=digest).exists()


@login_not_required
def oldest_address(request: HttpRequest, entity: str, md5: str) -> HttpResponse:
    """How clients of long ago asked for a file; their manifests are none of ours."""
    raise NotFound(NO_FILE)
