"""Bytes over HTTP: signed addresses, ranges, headers, and who gets which file."""

import base64
import hashlib
import os
from urllib.parse import quote

import pytest
from django.core import signing
from django.test import Client

from artifacts.actions import people
from artifacts.actions.saving import begin
from artifacts.files import signed_urls
from artifacts.files.storage import store
from artifacts.models import ArtifactVersion, Blob, Manifest, ManifestEntry, RunFile
from registry.actions.delete import delete_version
from registry.actions.link import link_by_name
from registry_site.wandb_api.engine import ids
from tests import factories
from tests.uploading import b64, entries_of, logged, start

DATA = bytes(range(256)) * 10
MD5 = hashlib.md5(DATA).hexdigest()


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


def put(address: str, data: bytes, **headers: str):
    return Client().put(
        address, data, content_type="application/octet-stream", headers=headers, CONTENT_LENGTH=str(len(data))
    )


def get(address: str, **headers: str):
    return Client().get(address, headers=headers)


def body(response) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def error_of(response) -> str:
    return response.json()["errors"][0]["message"]


def as_user(user) -> dict[str, str]:
    _, key = people.create_api_key(user, acting_user=user)
    return {"Authorization": "Basic " + base64.b64encode(f"api:{key}".encode()).decode()}


def test_a_blob_is_taken_once_it_is_whole(world, project):
    address = signed_urls.blob_upload(project, MD5, holder=world.bob)
    for _ in range(2):
        response = put(address, DATA)
        assert (response.status_code, response["ETag"]) == (200, f'"{MD5}"')
    assert Blob.objects.get().size == len(DATA)
    response = put(address, DATA[:-1])
    assert response.status_code == 400
    assert "digest mismatch" in error_of(response)


def test_an_empty_file_is_a_file(world, project):
    empty = hashlib.md5(b"").hexdigest()
    assert put(signed_urls.blob_upload(project, empty, holder=world.bob), b"").status_code == 200
    assert Blob.objects.get().size == 0


def test_an_upload_without_a_length_is_refused(world, project):
    response = Client().generic("PUT", signed_urls.blob_upload(project, MD5, holder=world.bob), b"", CONTENT_LENGTH="")
    assert response.status_code == 400
    assert "Content-Length" in error_of(response)


def test_a_changed_address_is_refused(world, project):
    address = signed_urls.blob_upload(project, MD5, holder=world.bob)
    token = address.removeprefix(signed_urls.PREFIX)
    other = token.replace("put-blob.", "put-part.", 1)
    for wrong in (token[:-1], token[:-2] + "AA", other, "x", "put-blob.", "null", token + "A"):
        assert put(signed_urls.PREFIX + wrong, DATA).status_code == 403
    assert put(address + "/", DATA).status_code == 404
    response = get(address)
    assert (response.status_code, error_of(response)) == (403, "This address is for PUT only.")
    assert Client().post(address, DATA, content_type="text/plain").status_code == 400
    assert not Blob.objects.exists()


def test_an_old_address_is_refused(world, project, monkeypatch):
    address = signed_urls.blob_upload(project, MD5, holder=world.bob)
    monkeypatch.setattr(signing.time, "time", lambda: 4_000_000_000.0)
    response = put(address, DATA)
    assert response.status_code == 403
    assert "expired" in error_of(response)


def test_a_manifest_is_taken_until_the_commit(world, project):
    contents = entries_of({})
    version = start(project, contents, user=world.bob)
    data = b'{"version":1,"contents":{}}'
    manifest = begin.add_manifest(version, "FULL", b64(data), acting_user=world.bob)
    address = signed_urls.manifest_upload(manifest, holder=world.bob)
    assert put(address, data).status_code == 200
    assert Manifest.objects.get().size == len(data)
    ArtifactVersion.objects.update(state="COMMITTED", index=0)
    response = put(address, data)
    assert response.status_code == 400
    assert "never changes" in error_of(response)


def test_a_run_file_is_taken_and_replaced(world, project):
    file = RunFile.objects.create(run=factories.run(project, user=world.bob), name="media/a.txt")
    for data in (b"one", b"another"):
        assert put(signed_urls.run_file_upload(file, holder=world.bob), data).status_code == 200
        file.refresh_from_db()
        assert (file.size, file.md5) == (len(data), hashlib.md5(data).hexdigest())
    assert body(get(signed_urls.run_file_download(file, holder=world.carol))) == b"another"


@pytest.fixture
def address(world, project):
    logged(project, {"dir/data.bin": DATA}, user=world.bob)
    return signed_urls.entry_download(ManifestEntry.objects.select_related("blob").get(), holder=world.carol)


def test_a_file_is_given_safely(address):
    response = get(address)
    assert (response.status_code, body(response)) == (200, DATA)
    assert response["Content-Length"] == str(len(DATA))
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"] == 'attachment; filename="data.bin"'
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert response["Accept-Ranges"] == "bytes"
    assert "Content-Encoding" not in response
    assert body(get(address, **{"Accept-Encoding": "gzip"})) == DATA


@pytest.mark.parametrize(
    ("asked", "status", "span"),
    [
        ("bytes=0-0", 206, (0, 1)),
        ("bytes=10-99", 206, (10, 100)),
        ("bytes=2000-", 206, (2000, 2560)),
        ("bytes=2000-99999", 206, (2000, 2560)),
        ("bytes=-5", 206, (2555, 2560)),
        ("bytes=-99999", 206, (0, 2560)),
        ("bytes=9-1", 200, (0, 2560)),
        ("bytes=0-,0-,5-", 200, (0, 2560)),
        ("bytes=-", 200, (0, 2560)),
        ("items=0-1", 200, (0, 2560)),
        ("bytes=0-" + "9" * 40, 200, (0, 2560)),
    ],
)
def test_ranges(address, asked, status, span):
    response = get(address, Range=asked)
    assert (response.status_code, body(response)) == (status, DATA[slice(*span)])
    assert response["Content-Length"] == str(span[1] - span[0])
    if status == 206:
        assert response["Content-Range"] == f"bytes {span[0]}-{span[1] - 1}/2560"


@pytest.mark.parametrize("asked", ["bytes=2560-", "bytes=-0", "bytes=999999999999999999-"])
def test_ranges_that_are_not_there(address, asked):
    response = get(address, Range=asked)
    assert (response.status_code, response["Content-Range"]) == (416, "bytes */2560")


def test_a_range_of_what_was_another_file_gives_the_whole(address):
    assert body(get(address, Range="bytes=0-1", **{"If-Range": '"other"'})) == DATA
    assert body(get(address, Range="bytes=0-1", **{"If-Range": f'"{MD5}"'})) == DATA[:2]


@pytest.mark.parametrize(
    "name", ['a"\r\nSet-Cookie: x=1.txt', "x\n.html", "ünï.bin", '";filename*=', "../../etc/passwd", ""]
)
def test_names_never_break_out_of_the_header(world, project, name):
    logged(project, {"a": DATA}, user=world.bob)
    ManifestEntry.objects.update(path=name)
    entry = ManifestEntry.objects.select_related("blob").get()
    response = get(signed_urls.entry_download(entry, holder=world.carol))
    assert body(response) == DATA
    header = response["Content-Disposition"]
    assert header.startswith("attachment; filename")
    assert not {"\r", "\n"} & set(header)
    assert "Set-Cookie" not in response.headers


def test_a_damaged_file_is_gone_and_logged(address, caplog):
    blob = Blob.objects.get()
    path = store().path(blob.key)
    path.chmod(0o640)
    os.truncate(path, 5)
    for wreck in (lambda: None, path.unlink):
        wreck()
        response = get(address)
        assert response.status_code == 410
        assert "damaged" in error_of(response)


def place(entity, project, collection, *ids_and_digest, name="data.bin") -> str:
    return "/artifactsV2/default/" + "/".join(
        quote(part) for part in (entity, project, collection, *ids_and_digest, name)
    )


def test_only_a_consistent_path_in_a_readable_place_gives_a_file(world, project):
    version = logged(project, {"dir/data.bin": DATA}, user=world.bob)
    other = logged(project, {"b": b"b"}, user=world.bob, name="other")
    theirs_project = factories.project(world.strangers, user=world.mallory)
    theirs = logged(theirs_project, {"c": b"c"}, user=world.mallory)
    link_by_name(version, world.model, "detectors", acting_user=world.bob)
    organization = world.model.entity.name
    mine, foreign, second = (ids.encode("Artifact", row.pk) for row in (version, theirs, other))
    wrong = hashlib.md5(b"c").hexdigest()
    good = [
        place("vision", "detector", "yolo", mine, mine, MD5),
        place("vision", "detector", "yolo", mine, "", MD5),
        place("vision", "detector", "yolo", mine, MD5),
        place(organization, "wandb-registry-model", "detectors", mine, mine, MD5),
    ]
    mixed = [
        place("strangers", "detector", "yolo", mine, mine, MD5),
        place("vision", "detector", "other", mine, mine, MD5),
        place("vision", "detector", "yolo", second, mine, MD5),
        place("vision", "detector", "yolo", mine, foreign, MD5),
        place("vision", "detector", "yolo", foreign, foreign, MD5),
        place("vision", "detector", "yolo", mine, mine, wrong),
        place("vision", "detector", "yolo", foreign, wrong),
        place(organization, "wandb-registry-dataset", "detectors", mine, mine, MD5),
    ]
    for user in (world.alice, world.bob, world.carol):
        headers = as_user(user)
        for address in good:
            response = Client().get(address, headers=headers)
            assert (response.status_code, body(response)) == (200, DATA), address
        for address in mixed:
            assert Client().get(address, headers=headers).status_code == 404, address
    outsider = as_user(world.mallory)
    for address in good + mixed[1:]:
        assert Client().get(address, headers=outsider).status_code == 404, address
    for address in good:
        assert Client().get(address).status_code == 401
    assert Client().get(f"/artifacts/vision/{MD5}", headers=outsider).status_code == 404
    delete_version(version, delete_aliases=True, acting_user=world.bob)
    assert Client().get(good[0], headers=as_user(world.bob)).status_code == 404


def test_the_manifest_tells_nothing_of_the_machine_that_logged(world, project):
    version = logged(project, {"dir/data.bin": DATA, "a": b"1"}, user=world.bob)
    response = get(signed_urls.manifest_download(version, holder=world.carol))
    data = b"".join(response.streaming_content)
    assert b"local_path" not in data
    assert b"/home" not in data
    assert ids.encode("Artifact", version.pk).encode() in data
