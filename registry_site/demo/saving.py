"""Runs and versions as the client logs them, by the same functions as its requests: run, history, files, manifest, commit."""

import base64
import hashlib
import io
import json
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from artifacts.actions import streams
from artifacts.actions.runs import RunChanges, upsert_run
from artifacts.actions.saving import begin, receive
from artifacts.actions.saving.begin import Draft
from artifacts.actions.saving.commit import commit
from artifacts.actions.saving.receive import FileSpec
from artifacts.files import manifests
from artifacts.files.manifests import Entry
from artifacts.models import ArtifactVersion, Entity, Manifest, Run, User

STEPS = 120
LINES_AT_ONCE = 60


@dataclass(frozen=True)
class Training:
    """One run of the demo: where, by whom, with what configuration, and how good it becomes."""

    team: Entity
    project: str
    job_type: str
    user: User
    config: Mapping[str, object]
    quality: float = 0.9
    tags: Sequence[str] = ()
    notes: str = ""


def run_of(training: Training) -> Run:
    """A run with its history, the machine's load and its console, finished."""
    changes = RunChanges(
        config={name: {"value": value} for name, value in training.config.items()},
        job_type=training.job_type,
        tags=list(training.tags),
        notes=training.notes,
        host="gpu-07",
        program="train.py",
        group="nightly",
    )
    run, _ = upsert_run(training.team, training.project, None, changes, acting_user=training.user)
    began = time.time() - STEPS * 30
    lines = [measured(training, step, began) for step in range(STEPS)]
    for first in range(0, STEPS, LINES_AT_ONCE):
        send(run, training.user, "wandb-history.jsonl", first, lines[first : first + LINES_AT_ONCE])
    load = [
        {
            "_timestamp": began + place * 300,
            "_runtime": place * 300,
            "system.cpu": 40 + 9 * math.sin(place),
            "system.memory": 55,
        }
        for place in range(12)
    ]
    send(run, training.user, "wandb-events.jsonl", 0, load)
    last = lines[-1]
    done = {
        "files": {
            "output.log": {"offset": 0, "content": [f"epoch {epoch} done" for epoch in range(STEPS // 10)]},
            "wandb-summary.json": {"offset": 0, "content": [json.dumps(last)]},
        },
        "complete": True,
        "exitcode": 0,
    }
    streams.receive(run, streams.read_request(done), acting_user=training.user)
    run.refresh_from_db()
    return run


def measured(training: Training, step: int, began: float) -> dict[str, object]:
    """What a run logs at one step: curves that approach the run's quality."""
    progress = 1 - math.exp(-step / 28)
    wobble = 0.012 * math.sin(step * 1.7 + training.quality * 40)
    return {
        "_step": step,
        "_timestamp": began + step * 30,
        "_runtime": step * 30.0,
        "epoch": step // 10,
        "val/map": round(training.quality * progress + wobble, 4),
        "val/loss": round(1.9 - 1.9 * training.quality * progress + 0.08 - wobble, 4),
        "train/loss": round(1.7 - 1.75 * training.quality * progress + 0.05, 4),
        "latency_ms": round(31 - 12 * training.quality + 3 / (1 + step) + 0.2 * math.sin(step / 9), 2),
    }


def send(run: Run, user: User, name: str, offset: int, rows: Sequence[Mapping[str, object]]) -> None:
    """Lines of one of the run's streams."""
    content = [json.dumps(row) for row in rows]
    body = {"files": {name: {"offset": offset, "content": content}}}
    streams.receive(run, streams.read_request(body), acting_user=user)


def version_of(
    run: Run, draft: Draft, files: Mapping[str, bytes], *, references: Mapping[str, str] | None = None, user: User
) -> ArtifactVersion:
    """A version with these files (and references by address), logged by a run from the first request to the commit."""
    contents: dict[str, dict[str, object]] = {
        path: {"digest": digest(data), "size": len(data)} for path, data in files.items()
    }
    contents |= {path: {"digest": ref, "ref": ref} for path, ref in (references or {}).items()}
    whole = manifests.digest_of(Entry(path, str(fields["digest"])) for path, fields in contents.items())
    begun = Draft(**{**vars(draft), "digest": whole})
    version = begin.start(run.project, begun, run=run, acting_user=user)
    if version.is_committed:
        return version
    specs = [FileSpec(path, digest(data)) for path, data in files.items()]
    for claim in receive.claim_files(version, specs, acting_user=user):
        if claim.is_wanted:
            data = files[claim.spec.path]
            receive.receive_blob(run.project_id, claim.md5, io.BytesIO(data), size=len(data), acting_user=user)
    text = json.dumps({"version": 1, "contents": contents}).encode()
    manifest = begin.add_manifest(version, Manifest.Kind.FULL, digest(text), acting_user=user)
    receive.receive_manifest(manifest.pk, digest(text), io.BytesIO(text), size=len(text), acting_user=user)
    return commit(version, acting_user=user)


def digest(data: bytes) -> str:
    """MD5 in base64, as the client sends it."""
    return base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()
