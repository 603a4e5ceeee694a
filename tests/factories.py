"""Rows for tests, made by the product's own actions wherever there is one."""

import base64
import copy
import hashlib
import io
import itertools

from django.utils import timezone

from artifacts.actions import aliases_and_tags, integrations
from artifacts.actions.automations import Scope, create_automation
from artifacts.actions.collections import find_or_create_collection
from artifacts.actions.projects import find_or_create_project
from artifacts.automations.payloads import GivenAction
from artifacts.files import storage
from artifacts.models import (
    ArtifactVersion,
    Automation,
    Blob,
    Collection,
    Entity,
    Integration,
    ManifestEntry,
    Membership,
    Project,
    Run,
    User,
)
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
    aliases_and_tags.move_latest(
        Membership.objects.create(collection=made.sequence, version=made, index=made.index, created_by=user)
    )
    return made


def portfolio(registry: Project, name: str = "detectors", type_name: str = "model", *, user: User) -> Collection:
    """An empty collection of a registry."""
    return registries.create_collection(registry, type_name, name, acting_user=user)


def webhook(entity: Entity, name: str = "hook", *, user: User, **fields: str) -> Integration:
    """A webhook of an entity."""
    return integrations.create_webhook(entity, name, "https://example.com/hook", **fields, acting_user=user)


def automation(scope: Scope, name: str = "watch", *, user: User, **fields: object) -> Automation:
    """An automation that waits for an alias and does nothing."""
    known = {"event": "ADD_ARTIFACT_ALIAS", "condition": "{}", "action": GivenAction("NO_OP"), **fields}
    return create_automation(name, scope, **known, acting_user=user)  # type: ignore[arg-type]


def more_automations(count: int) -> None:
    """Copies of those that are there, under other names, until there are so many; each integration gets copies too."""
    there = list(Automation.objects.order_by("pk"))
    names = [f"copy {number}" for number in range(len(there), count)]
    hooks = list(Integration.objects.order_by("pk"))
    for hook, name in itertools.product(hooks[:1], names):
        hook.pk, hook.name = None, name
        hook.save()
        hooks.append(Integration.objects.get(pk=hook.pk))
    made = []
    for number, name in enumerate(names):
        copied = copy.copy(there[number % len(there)])
        copied.pk, copied.name, copied.name_key = None, name, name
        if copied.integration_id is not None:
            copied.integration = hooks[number % len(hooks)]
        made.append(copied)
    Automation.objects.bulk_create(made)


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
