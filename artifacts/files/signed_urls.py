"""Signed addresses for bytes: whoever holds one may send or fetch exactly that, until it expires, without any other credentials.

The client sends and fetches files without its API key. Each purpose signs with a salt of its own and belongs to one HTTP method.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.core import signing

from artifacts.errors import Forbidden
from artifacts.models import ArtifactVersion, Manifest, ManifestEntry, Project, RunFile, Upload

PREFIX = "/storage/"
# What the files of versions are fetched from: tools tell them from other addresses by it, as by their `storagePath`.
ARTIFACTS = "wandb_artifacts/"
VALID_SECONDS = 24 * 3600
LONGEST_TOKEN = 8_192


class Purpose(StrEnum):
    """What an address is for."""

    PUT_BLOB = "put-blob"
    PUT_MANIFEST = "put-manifest"
    PUT_PART = "put-part"
    PUT_RUN_FILE = "put-run-file"
    GET_FILE = "get-file"
    GET_MANIFEST = "get-manifest"

    @property
    def method(self) -> str:
        """The one HTTP method with which its addresses work."""
        return "PUT" if self.value.startswith("put") else "GET"


@dataclass(frozen=True)
class SignedUrl:
    """What a valid address says: its purpose, and the fields that were signed."""

    purpose: Purpose
    fields: dict[str, Any]


def _address(purpose: Purpose, prefix: str = PREFIX, **fields: object) -> str:
    return f"{prefix}{purpose}.{_signer(purpose).sign_object(fields)}"


def _signer(purpose: Purpose) -> signing.TimestampSigner:
    return signing.TimestampSigner(salt=f"linkyard.storage.{purpose}", sep=".")


def blob_upload(project: Project, md5: str) -> str:
    """Where the bytes with this MD5 (hex) are sent to, for a project."""
    return _address(Purpose.PUT_BLOB, project=project.pk, md5=md5)


def manifest_upload(manifest: Manifest) -> str:
    """Where a manifest's JSON is sent to."""
    return _address(Purpose.PUT_MANIFEST, manifest=manifest.pk, digest=manifest.digest)


def part_upload(upload: Upload, number: int) -> str:
    """Where one part of a large file is sent to."""
    return _address(Purpose.PUT_PART, upload=upload.public_id, number=number)


def run_file_upload(file: RunFile) -> str:
    """Where a run's file is sent to; sending again replaces it."""
    return _address(Purpose.PUT_RUN_FILE, file=file.pk)


def download(key: str, size: int, name: str, prefix: str = PREFIX) -> str:
    """Where stored bytes are fetched from, under a file name for whoever saves them. The caller judged the right to DOWNLOAD."""
    return _address(Purpose.GET_FILE, prefix, key=key, size=size, name=name.rsplit("/", 1)[-1])


def entry_download(entry: ManifestEntry) -> str | None:
    """Where a version's file is fetched from; None for a reference. The caller judged the right to DOWNLOAD."""
    return None if entry.blob is None else download(entry.blob.key, entry.blob.size, entry.path, f"/{ARTIFACTS}")


def run_file_download(file: RunFile) -> str:
    """Where a run's file is fetched from. The caller judged the right to DOWNLOAD."""
    return download(file.key, file.size, file.name)


def manifest_download(version: ArtifactVersion) -> str:
    """Where a committed version's manifest is fetched from. The caller judged the right to DOWNLOAD."""
    return _address(Purpose.GET_MANIFEST, f"/{ARTIFACTS}", version=version.pk)


def read(token: str, method: str) -> SignedUrl:
    """What a token allows; Forbidden for one that is forged, too old, or meant for another method."""
    purpose_name, _, signed = token.partition(".")
    try:
        if len(token) > LONGEST_TOKEN:
            raise signing.BadSignature
        purpose = Purpose(purpose_name)
        fields: dict[str, Any] = _signer(purpose).unsign_object(signed, max_age=VALID_SECONDS)
    except signing.SignatureExpired:
        raise Forbidden(
            "This address has expired; ask for a new one by logging or downloading the artifact again."
        ) from None
    except (signing.BadSignature, ValueError):
        raise Forbidden("This address was not given out by this server, or was changed on its way.") from None
    if method != purpose.method:
        raise Forbidden(f"This address is for {purpose.method} only.")
    return SignedUrl(purpose, fields)
