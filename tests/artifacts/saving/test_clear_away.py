"""Garbage collection: what is unused and old goes, everything else stays."""

import io
import os
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from artifacts.actions.saving import blobs, clear_away, parts, receive
from artifacts.actions.saving.blobs import held_blobs
from artifacts.actions.saving.clear_away import Swept, sweep
from artifacts.files.storage import BlobStore, store
from artifacts.models import ArtifactVersion, Blob, RunFile, Upload
from registry.actions.delete import delete_version
from tests import factories
from tests.uploading import b64, entries_of, finish, logged, send_files, send_manifest, start

FILES = {"model.bin": b"weights", "config.json": b"{}"}
LONG_AGO = timedelta(days=30)


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.STORAGES = {
        **settings.STORAGES,
        "artifacts": {**settings.STORAGES["artifacts"], "OPTIONS": {"location": tmp_path}},
    }
    return tmp_path


@pytest.fixture
def project(world):
    return factories.project(world.team, user=world.bob)


def grow_old(files: BlobStore | None = None) -> None:
    """Make everything that is there a month old."""
    then = time.time() - LONG_AGO.total_seconds()
    for kind in (*clear_away.KINDS, "incoming"):
        for file in store().list(kind):
            os.utime(store().path(file.key), (then, then))
    for model in (Blob, ArtifactVersion, Upload):
        model.objects.update(created_at=timezone.now() - LONG_AGO)


def keys() -> set[str]:
    return {file.key for kind in (*clear_away.KINDS, "incoming") for file in store().list(kind)}


def test_what_versions_and_runs_hold_stays(world, project):
    logged(project, FILES, user=world.bob)
    deleted = logged(project, {"gone": b"gone"}, user=world.bob)
    delete_version(deleted, delete_aliases=True, acting_user=world.bob)
    file = RunFile.objects.create(run=factories.run(project, user=world.bob), name="output.log")
    receive.receive_run_file(file.pk, io.BytesIO(b"log"), size=3, acting_user=world.bob)
    before = {key for key in keys() if not key.startswith("manifests/")}
    grow_old()
    swept = sweep()
    assert (swept.blobs, swept.files) == (0, 2)  # the manifests that were sent: their rows have everything
    assert keys() == before
    assert sweep() == Swept()


def test_a_run_file_that_was_replaced_goes(world, project):
    file = RunFile.objects.create(run=factories.run(project, user=world.bob), name="output.log")
    for data in (b"one", b"two"):
        receive.receive_run_file(file.pk, io.BytesIO(data), size=3, acting_user=world.bob)
    grow_old()
    assert sweep().files == 1
    file.refresh_from_db()
    assert keys() == {file.key}
    assert (file.size, len(file.md5)) == (3, 32)


def test_what_was_never_committed_goes_when_it_is_old(world, project):
    version = start(project, entries_of(FILES), user=world.bob)
    send_files(version, FILES, user=world.bob)
    send_manifest(version, entries_of(FILES), user=world.bob)
    parts.find_or_begin(version, b64(b"big"), [(1, "0" * 32)])
    store().path("incoming/abc").parent.mkdir(exist_ok=True)
    store().path("incoming/abc").write_bytes(b"half")
    assert sweep() == Swept()
    grow_old()
    would = sweep(dry_run=True)
    assert (would.unfinished_files, would.uploads, would.pending_versions, would.blobs) == (1, 1, 1, 2)
    assert would.files >= 2
    assert Blob.objects.count() == 2
    swept = sweep()
    assert (swept.blobs, swept.files, swept.bytes) == (2, 3, swept.bytes)
    assert keys() == set()
    assert not ArtifactVersion.objects.exists()
    assert sweep() == Swept()


def test_a_blob_that_is_claimed_at_that_moment_survives(world, project):
    version = start(project, entries_of(FILES), user=world.bob)
    send_files(version, FILES, user=world.bob)
    grow_old()
    before = timezone.now() - clear_away.GRACE
    batches = list(clear_away._unused(before))  # the collection has chosen them …
    assert set(held_blobs(project.pk, {b64(data) for data in FILES.values()})) == {b64(d) for d in FILES.values()}
    for number, batch in batches:  # … and goes on after a save has claimed them
        clear_away._forget(number, batch, before)
    assert Blob.objects.count() == 2
    send_manifest(version, entries_of(FILES), user=world.bob)
    ArtifactVersion.objects.update(created_at=timezone.now())
    sweep()
    assert finish(version, user=world.bob).name == "v0"


def test_a_file_that_is_sent_again_at_that_moment_survives(world, project):
    version = start(project, entries_of(FILES), user=world.bob)
    send_files(version, FILES, user=world.bob)
    grow_old()
    before = (timezone.now() - clear_away.GRACE).timestamp()
    Blob.objects.all().delete()
    strays = list(clear_away._strays(before, set()))
    assert len(strays) == 2
    send_files(version, FILES, user=world.bob)
    assert not any(clear_away._remove(file, before) for file in strays)
    assert len(keys()) == 2


def test_a_row_is_never_made_for_a_file_that_was_cleared_away(world, project):
    version = start(project, entries_of(FILES), user=world.bob)
    send_files(version, FILES, user=world.bob)
    row = Blob.objects.first()
    Blob.objects.all().delete()
    store().delete(row.key)
    with pytest.raises(blobs.NotYet, match="sent again"):
        blobs.record_blob(project.pk, row.key.rsplit("/")[-1], row.size, acting_user=world.bob)
    assert not Blob.objects.exists()


def test_files_of_a_deleted_project_go(world, project):
    logged(project, FILES, user=world.bob)
    project.delete()
    grow_old()
    assert sweep().files == 3
    assert keys() == set()
