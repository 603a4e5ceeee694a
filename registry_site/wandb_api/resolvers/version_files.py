"""The files of versions and their manifests, as the client lists and fetches them."""

from collections.abc import Callable
from functools import partial
from typing import Any

from artifacts import access
from artifacts.access import Can
from artifacts.errors import Invalid
from artifacts.files import signed_urls
from artifacts.models import ArtifactVersion, Manifest, ManifestEntry, Membership
from registry_site.wandb_api.engine import ids
from registry_site.wandb_api.engine.context import Context
from registry_site.wandb_api.engine.paging import connection
from registry_site.wandb_api.engine.resolve import Permission, resolves
from registry_site.wandb_api.resolvers.file_addresses import Addresses

MOST_NAMES = 5_000


def downloads_at(membership: Membership, context: Context) -> bool:
    """Whether the person may fetch files at this place."""
    project = membership.collection.project
    known: dict[int, bool] = context.cache.setdefault("downloads at", {})
    if project.pk not in known:
        known[project.pk] = access.allowed(context.person, Can.DOWNLOAD, project)
    return known[project.pk]


def downloads(version: ArtifactVersion, context: Context) -> bool:
    """Whether the person may fetch a version's files through any place."""
    known: dict[int, bool] = context.cache.setdefault("downloads", {})
    if version.pk not in known:
        known[version.pk] = access.allowed_version(context.person, Can.DOWNLOAD, version)
    return known[version.pk]


@resolves("ArtifactCollectionMembership.files", permission=Permission.checked("view", "download"))
def membership_files(membership: Membership, context: Context, **page: Any) -> dict[str, Any]:
    return files(membership.version, context, partial(downloads_at, membership, context), **page)


@resolves("Artifact.files", permission=Permission.checked("view", "download"))
def version_files(version: ArtifactVersion, context: Context, **page: Any) -> dict[str, Any]:
    return files(version, context, partial(downloads, version, context), **page)


@resolves("Artifact.filesByManifestEntries", permission=Permission.checked("view", "download"))
def files_by_entries(
    version: ArtifactVersion, context: Context, entries: list[dict[str, Any]] | None = None, **options: Any
) -> dict[str, Any]:
    """Files that the client names by entries of the manifest that it holds."""
    page = {name: options.get(name) for name in ("first", "after")}
    names = [entry["name"] for entry in entries or ()]
    return files(version, context, partial(downloads, version, context), names=names, **page)


def files(
    version: ArtifactVersion,
    context: Context,
    may_download: Callable[[], bool],
    names: list[str] | None = None,
    after: str | None = None,
    first: int | None = None,
) -> dict[str, Any]:
    """A page of a version's files by path, references among them: the client downloads only what is listed here."""
    rows = ManifestEntry.objects.of_version(version).select_related("blob")
    if names is not None:
        if len(names) > MOST_NAMES:
            raise Invalid(f"{len(names)} names of files are too many; {MOST_NAMES} are the most.")
        rows = rows.filter(path__in=names)
    total = rows.count if names is not None else lambda: version.file_count
    return connection(
        rows,
        first=first,
        after=after,
        key="path",
        node=lambda entry: file_of(entry, version, context, may_download),
        total=total,
    )


def file_of(
    entry: ManifestEntry, version: ArtifactVersion, context: Context, may_download: Callable[[], bool]
) -> dict[str, Any]:
    """A File of a version, which nobody may send anew."""
    addresses = Addresses({Can.DOWNLOAD: may_download}, fetch=partial(file_address, entry, context))
    return {
        "__typename": "File",
        "id": ids.encode("File", entry.pk),
        "artifact": version,
        "name": entry.path,
        "display_name": entry.path,
        "size_bytes": entry.size,
        "md5": None if entry.ref else entry.digest,
        "digest": entry.digest,
        "mimetype": None,
        "storage_path": None if entry.blob is None else f"{signed_urls.ARTIFACTS}{entry.blob.key}",
        "updated_at": version.committed_at,
        "addresses": addresses,
        "upload_headers": [],
    }


def file_address(entry: ManifestEntry, context: Context) -> str:
    """Where the bytes are fetched from; of a reference, where it points."""
    path = signed_urls.entry_download(entry, holder=context.person)
    return entry.ref or "" if path is None else context.absolute(path)


@resolves("Artifact.currentManifest", permission=Permission.checked("view", "download"))
def current_manifest(version: ArtifactVersion, context: Context) -> dict[str, Any] | None:
    """A committed version's manifest; none before that."""
    if not version.is_committed:
        return None
    row = Manifest.objects.filter(version=version).order_by("-pk").values_list("pk", flat=True).first()
    return {
        "id": ids.encode("ArtifactManifest", row or version.pk),
        "file": {
            "__typename": "File",
            "id": ids.encode("VersionManifest", version.pk),
            "artifact": version,
            "name": "wandb_manifest.json",
            "display_name": "wandb_manifest.json",
            "size_bytes": 0,
            "addresses": Addresses(
                {Can.DOWNLOAD: partial(downloads, version, context)}, fetch=partial(manifest_address, version, context)
            ),
        },
    }


def manifest_address(version: ArtifactVersion, context: Context) -> str:
    """Where a committed version's manifest is fetched from."""
    return context.absolute(signed_urls.manifest_download(version, holder=context.person))
