"""Stored bytes that were lost or changed: never committed again, never served, and healed by logging the same content."""

import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client

from artifacts.actions.saving import receive
from artifacts.errors import Invalid
from artifacts.files import signed_urls
from artifacts.files.storage import Damaged, store
from artifacts.models import ArtifactVersion, Blob, Manifest, ManifestEntry, RunFile
from tests import factories
from tests.uploading import entries_of, finish, logged, send_files, send_manifest, start

CONTENT = b"weights that took a week"
LARGE = os.urandom(1_200_000)
FILES = {"model.bin": CONTENT, "other": b"other", "large.bin": LARGE}


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.STORAGES = {
        **settings.STORAGES,
        "artifacts": {**settings.STORAGES["artifacts"], "OPTIONS": {"location": tmp_path}},
    }


@pytest.fixture
def project(world):
    return factories.project(world.team, user=world.bob)


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


def rot(path: Path) -> None:
    """As flip, but as a disk does it: the file's time tells nothing."""
    before = path.stat()
    flip(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


DAMAGES: dict[str, Callable[[Path], object]] = {
    "removed": Path.unlink,
    "truncated": lambda path: os.truncate(path, 3),
    "longer": lambda path: path.write_bytes(path.read_bytes() + b"x"),
    "flipped": flip,
}
NAMES = ["model.bin", "large.bin"]


def damage(name: str, how: Callable[[Path], object]) -> Blob:
    entry = ManifestEntry.objects.select_related("blob").filter(path=name).first()
    assert entry is not None
    assert entry.blob is not None
    how(store().path(entry.blob.key))
    return entry.blob


def fetched(entry: ManifestEntry, user) -> bytes | int:
    """What a download of it gives: all its bytes, or the status of its refusal; an answer that breaks off raises Damaged."""
    address = signed_urls.entry_download(entry, holder=user)
    assert address is not None
    answer = Client().get(address)
    return b"".join(answer.streaming_content) if answer.status_code == 200 else answer.status_code


def test_logging_the_same_again_heals(world, project):
    for how in DAMAGES.values():
        for name in NAMES:
            logged(project, FILES, user=world.bob)
            damage(name, how)
            version = start(project, entries_of(FILES), user=world.bob)
            assert not version.is_committed  # or the client would send nothing
            assert send_files(version, FILES, user=world.bob) == [name]
            send_manifest(version, entries_of(FILES), user=world.bob)
            finish(version, user=world.bob)
            for entry in ManifestEntry.objects.select_related("blob"):  # of the first version, too
                assert fetched(entry, world.bob) == FILES[entry.path]
            assert start(project, entries_of(FILES), user=world.bob).is_committed


@pytest.mark.parametrize("how", DAMAGES)
def test_a_commit_lists_no_bytes_that_are_not_there_and_whole(world, project, how):
    version = start(project, entries_of(FILES), user=world.bob)
    send_files(version, FILES, user=world.bob)
    send_manifest(version, entries_of(FILES), user=world.bob)
    DAMAGES[how](store().path(Blob.objects.get(size=len(CONTENT)).key))
    with pytest.raises(Invalid, match=r"“model\.bin” have not been uploaded"):
        finish(version, user=world.bob)
    assert not ArtifactVersion.objects.committed().exists()
    send_files(version, FILES, user=world.bob)
    assert finish(version, user=world.bob).name == "v0"


@pytest.mark.parametrize("how", DAMAGES)
def test_what_builds_upon_damaged_bytes_is_refused(world, project, how):
    base = logged(project, FILES, user=world.bob)
    damage("model.bin", DAMAGES[how])
    version = start(project, entries_of({"new": b"new"}), user=world.bob)
    send_files(version, {"new": b"new"}, user=world.bob)
    contents = entries_of({"new": b"new"})
    send_manifest(version, contents, user=world.bob, kind=Manifest.Kind.INCREMENTAL, base=base)
    with pytest.raises(Invalid, match=r"“model\.bin” have not been uploaded"):
        finish(version, user=world.bob)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("how", [*DAMAGES.values(), rot])
def test_a_damaged_file_is_never_served_whole(world, project, how, name):
    logged(project, FILES, user=world.bob)
    damage(name, how)
    entry = ManifestEntry.objects.select_related("blob").get(path=name)
    try:
        first = fetched(entry, world.bob)
    except Damaged:
        first = 0  # the answer had begun and was cut: its length tells whoever reads it
    assert first in ({410} if name == "model.bin" else {410, 0})
    assert fetched(entry, world.bob) == 410
    address = signed_urls.entry_download(entry, holder=world.bob)
    assert Client().get(address, headers={"Range": "bytes=0-1"}).status_code == 410
    page = Client()
    page.force_login(world.bob)
    assert page.get(f"/vision/detector/artifacts/-/file/yolo/v0?path={name}").status_code == 410
    archive = page.get("/vision/detector/artifacts/-/zip/yolo/v0")
    with pytest.raises(Damaged):
        b"".join(archive.streaming_content)


def test_a_file_that_was_only_touched_is_kept(world, project):
    """A backup that was put back has other times: the bytes are read once more, and not asked for."""
    version = logged(project, FILES, user=world.bob)
    for blob in Blob.objects.all():
        store().path(blob.key).touch()
    assert start(project, entries_of(FILES), user=world.bob).pk == version.pk
    for blob in Blob.objects.all():
        found = store().find(blob.key)
        assert found is not None
        assert found.changed <= blob.created_at.timestamp()  # not read again for the next one


def test_a_run_file_that_rotted_is_not_served(world, project):
    row = RunFile.objects.create(run=factories.run(project, user=world.bob), name="a")
    for _ in range(2):
        receive.receive_run_file(row.pk, io.BytesIO(CONTENT), size=len(CONTENT), acting_user=world.bob)
        row.refresh_from_db()
        address = signed_urls.run_file_download(row, holder=world.carol)
        assert b"".join(Client().get(address).streaming_content) == CONTENT
        rot(store().path(row.key))
        assert Client().get(address).status_code == 410
