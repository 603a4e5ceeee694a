"""Rows for tests, made by the product's own actions wherever there is one."""

import base64
import hashlib
import io
import itertools

from django.utils import timezone

from artifacts import storage
from artifacts.actions import labels
from artifacts.actions.collections import find_or_create_collection
from artifacts.actions.projects import find_or_create_project
from artifacts.models import ArtifactVersion, Blob, Collection, Entity, ManifestEntry, Membership, Project, Run, User
from registry.actions import registries

_numbers = itertools.count(1)


def project(entity: Entity, name: str = "detector", *, user: User) -> Project:
    """An ordinary project of a team or a person."""
    return find_or_create_project(entity, name, acting_user=user)


def run(project: Project, *, user: User, **fields: object) -> Run:
    """A finished run."""
    fields = {"name": f"run{next(_numbers):05d}", "display_name": "sunny-sky-1", "state": "finished", **fields}
    return Run.objects.create(project=project, created_by=user, **fields)


def pending(
    project: Project, name: str = "yolo", type_name: str = "model", *, user: User, **fields: object
) -> ArtifactVersion:
    """A version that is still uploading."""
    sequence, _ = find_or_create_collection(project, Collection.Kind.SEQUENCE, type_name, name, acting_user=user)
    return ArtifactVersion.objects.create(sequence=sequence, created_by=user, **fields)


def version(
    project: Project,
    name: str = "yolo",
    type_name: str = "model",
    *,
    user: User,
    files: dict[str, int] | None = None,
    **fields: object,
) -> ArtifactVersion:
    """A committed version with manifest entries of the given sizes and no bytes behind them."""
    made = pending(project, name, type_name, user=user, **fields)
    files = {"model.bin": 4096} if files is None else files
    made.digest = made.digest or hashlib.md5(f"{next(_numbers)}".encode(), usedforsecurity=False).hexdigest()
    made.index = made.sequence.take_index()
    made.state, made.committed_at = ArtifactVersion.State.COMMITTED, timezone.now()
    made.file_count, made.size = len(files), sum(files.values())
    made.save()
    ManifestEntry.objects.bulk_create(
        ManifestEntry(
            version=made, path=path, size=size, digest=base64.b64encode(hashlib.md5(path.encode()).digest()).decode()
        )
        for path, size in files.items()
    )
    labels.move_latest(
        Membership.objects.create(collection=made.sequence, version=made, index=made.index, created_by=user)
    )
    return made


def portfolio(registry: Project, name: str = "detectors", type_name: str = "model", *, user: User) -> Collection:
    """An empty collection of a registry."""
    return registries.create_collection(registry, type_name, name, acting_user=user)


def stored_version(project: Project, files: dict[str, bytes], name: str = "yolo", *, user: User) -> ArtifactVersion:
    """A committed version whose files have their bytes in the store."""
    made = version(project, name, user=user, files={path: len(data) for path, data in files.items()})
    for path, data in files.items():
        stored = storage.store().write(lambda md5: storage.blob_key(project.pk, md5), io.BytesIO(data), size=len(data))
        digest = base64.b64encode(bytes.fromhex(stored.md5)).decode()
        key = storage.blob_key(project.pk, stored.md5)
        blob, _ = Blob.objects.get_or_create(project=project, digest=digest, defaults={"size": len(data), "key": key})
        ManifestEntry.objects.filter(version=made, path=path).update(blob=blob, digest=digest)
    return made
