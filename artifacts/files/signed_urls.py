"""Signed addresses for bytes: whoever holds one may send or fetch exactly that, without any other credentials.

The client sends and fetches files without its API key, large ones long after it got their addresses. So an address says for whom it was
made and by which key, and the right is judged again whenever it is used: it ends with the role, the account or the key, at the latest after
a day. Each purpose signs with a salt of its own and belongs to one HTTP method.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.core import signing

from artifacts.errors import Forbidden
from artifacts.models import ArtifactVersion, Manifest, ManifestEntry, Project, RunFile, Upload, User

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
    GET_RUN_FILE = "get-run-file"
    GET_MANIFEST = "get-manifest"

    @property
    def method(self) -> str:
        """The one HTTP method with which its addresses work."""
        return "PUT" if self.value.startswith("put") else "GET"


@dataclass(frozen=True)
class SignedUrl:
    """What a valid address says: its purpose, the fields that were signed, and the numbers of the person and the API key that it is for."""

    purpose: Purpose
    fields: dict[str, Any]
    person: int
    key: int | None


def _address(purpose: Purpose, holder: User, *, prefix: str = PREFIX, **fields: object) -> str:
    signed = {**fields, "person": holder.pk, "key": holder.key_in_use}
    return f"{prefix}{purpose}.{_signer(purpose).sign_object(signed)}"


def _signer(purpose: Purpose) -> signing.TimestampSigner:
    return signing.TimestampSigner(salt=f"linkyard.storage.2.{purpose}", sep=".")


def blob_upload(project: Project, md5: str, *, holder: User) -> str:
    """Where somebody sends the bytes with this MD5 (hex) to, for a project."""
    return _address(Purpose.PUT_BLOB, holder, project=project.pk, md5=md5)


def manifest_upload(manifest: Manifest, *, holder: User) -> str:
    """Where somebody sends a manifest's JSON to."""
    return _address(Purpose.PUT_MANIFEST, holder, manifest=manifest.pk, digest=manifest.digest)


def part_upload(upload: Upload, number: int, *, holder: User) -> str:
    """Where somebody sends one part of a large file to."""
    return _address(Purpose.PUT_PART, holder, upload=upload.public_id, number=number)


def run_file_upload(file: RunFile, *, holder: User) -> str:
    """Where somebody sends a run's file to; sending again replaces it."""
    return _address(Purpose.PUT_RUN_FILE, holder, file=file.pk)


def entry_download(entry: ManifestEntry, *, holder: User) -> str | None:
    """Where somebody fetches a version's file from; None for a reference."""
    if entry.blob is None:
        return None
    return _address(Purpose.GET_FILE, holder, prefix=f"/{ARTIFACTS}", entry=entry.pk)


def run_file_download(file: RunFile, *, holder: User) -> str:
    """Where somebody fetches a run's file from."""
    return _address(Purpose.GET_RUN_FILE, holder, file=file.pk)


def manifest_download(version: ArtifactVersion, *, holder: User) -> str:
    """Where somebody fetches a committed version's manifest from."""
    return _address(Purpose.GET_MANIFEST, holder, prefix=f"/{ARTIFACTS}", version=version.pk)


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
    return SignedUrl(purpose, fields, fields.pop("person"), fields.pop("key"))
