"""Logging versions as the client does, step by step, with real bytes."""

import base64
import hashlib
import io
import json
from collections.abc import Mapping

from artifacts.actions.saving import begin, receive
from artifacts.actions.saving.begin import Draft
from artifacts.actions.saving.commit import commit
from artifacts.actions.saving.receive import FileSpec
from artifacts.files import manifests
from artifacts.files.manifests import Entry
from artifacts.models import ArtifactVersion, Manifest, Project, Run, User
from registry_site.wandb_api.resolvers.saving import number_of

type Files = Mapping[str, bytes]


def b64(data: bytes) -> str:
    """The client's digest of some bytes."""
    return base64.b64encode(hashlib.md5(data).digest()).decode()


def entries_of(files: Files, **more: dict[str, object]) -> dict[str, dict[str, object]]:
    """A manifest's contents for these files, with further entries as they are."""
    held = {
        path: {"digest": b64(data), "size": len(data), "local_path": f"/home/{path}"} for path, data in files.items()
    }
    return {**held, **more}


def digest_of(contents: Mapping[str, dict[str, object]]) -> str:
    """The digest of a manifest."""
    return manifests.digest_of(Entry(path, str(fields["digest"])) for path, fields in contents.items())


def start(
    project: Project,
    contents: Mapping[str, dict[str, object]],
    *,
    run: Run | None = None,
    user: User,
    **draft: object,
) -> ArtifactVersion:
    """Begin a version with the digest of these contents."""
    fields = {"type": "model", "name": "yolo", "digest": digest_of(contents), **draft}
    return begin.start(project, Draft(**fields), run=run, acting_user=user)


def send_files(version: ArtifactVersion, files: Files, *, user: User) -> list[str]:
    """Send what is wanted; the paths of that."""
    specs = [FileSpec(path, b64(data)) for path, data in files.items()]
    wanted = [claim for claim in receive.claim_files(version, specs, acting_user=user) if claim.is_wanted]
    for claim in wanted:
        data = files[claim.spec.path]
        receive.receive_blob(version.project.pk, claim.md5, io.BytesIO(data), size=len(data), acting_user=user)
    return [claim.spec.path for claim in wanted]


def send_manifest(
    version: ArtifactVersion,
    contents: object,
    *,
    user: User,
    kind: Manifest.Kind = Manifest.Kind.FULL,
    base: ArtifactVersion | None = None,
) -> Manifest:
    """Announce and send a manifest, with the empty one that the client makes before."""
    begin.add_manifest(version, kind, "", base=base, acting_user=user)
    data = json.dumps({"version": 1, "contents": contents}).encode()
    manifest = begin.add_manifest(version, kind, b64(data), base=base, acting_user=user)
    receive.receive_manifest(manifest.pk, b64(data), io.BytesIO(data), size=len(data), acting_user=user)
    return manifest


def logged(project: Project, files: Files, *, user: User, **draft: object) -> ArtifactVersion:
    """A version logged from beginning to end."""
    contents = entries_of(files)
    version = start(project, contents, user=user, **draft)
    if version.is_committed:
        return version
    send_files(version, files, user=user)
    send_manifest(version, contents, user=user)
    return finish(version, user=user)


def finish(version: ArtifactVersion, *, user: User) -> ArtifactVersion:
    """Commit as the endpoint does."""
    return commit(version, acting_user=user, read_id=number_of)
