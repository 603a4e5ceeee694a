"""The tab “Files”: names, previews and downloads, with hostile names and contents."""

import base64
import hashlib
import io
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from artifacts.files import storage
from artifacts.models import ArtifactVersion, Blob, ManifestEntry
from tests import factories
from tests.conftest import World

pytestmark = pytest.mark.once

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAYAAACNMs+9AAAAFUlEQVR42mNk+M9Qz0AEYBxVSF+FABJADveWkH6oAAAAAElFTkSuQmCC"
)
FILES = {
    "config.json": b'{"a":[1,{"b":null}],"html":"<script>alert(1)</script>"}',
    "notes/read me.txt": "Grüße\n".encode(),
    "large.txt": b"line\n" * 40_000,
    "weights.bin": b"\x00\x01\x02",
    "picture.png": PNG,
    "evil.svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "evil.html": b"<script>alert(1)</script>",
    "liar.png": b"<script>alert(1)</script>",
    "gif.gif": b"GIF89a<script>alert(1)</script>",
    '<img src=x onerror="alert(1)">.txt': b"x",
    'a"\r\nSet-Cookie: x=1.txt': b"x",
    "\";filename*=UTF-8''evil.html": b"x",
    "\u202egnp.exe": b"x",
    "日本語.csv": b"a,b\n1,2\n",
}
TAB = "/vision/detector/artifacts/model/yolo/v0/files"
FILE = "/vision/detector/artifacts/-/file/yolo/v0"


@pytest.fixture
def version(world: World, settings: Settings, tmp_path: Path) -> ArtifactVersion:
    """A version whose files have bytes, and a reference."""
    plain = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path}}
    settings.STORAGES = {**settings.STORAGES, "artifacts": plain}
    project = factories.project(world.team, user=world.bob)
    made = factories.version(project, user=world.bob, files={name: len(data) for name, data in FILES.items()})
    for name, data in FILES.items():
        md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
        key = storage.blob_key(project.pk, md5)
        storage.store().write(lambda md5: storage.blob_key(project.pk, md5), io.BytesIO(data), size=len(data))
        digest = base64.b64encode(bytes.fromhex(md5)).decode()
        blob, _ = Blob.objects.get_or_create(project=project, digest=digest, defaults={"size": len(data), "key": key})
        ManifestEntry.objects.filter(version=made, path=name).update(blob=blob)
    ManifestEntry.objects.create(version=made, path="elsewhere", ref="s3://bucket/<b>key", digest="etag", size=5)
    return made


def test_files_are_for_those_who_see_the_place(world: World, version: ArtifactVersion, client: Client) -> None:
    for address in (TAB, f"{FILE}?path=config.json"):
        assert client.get(address).status_code == 302
        client.force_login(world.mallory)
        assert client.get(address).status_code == 404
        client.force_login(world.carol)
        response = client.get(address)
        assert response.status_code == 200
        assert b"".join(response)  # read to its end, the stored file is closed
        client.logout()


@pytest.mark.parametrize("name", sorted(FILES))
def test_each_file_is_downloaded_whole_and_inert(
    world: World, version: ArtifactVersion, client: Client, name: str
) -> None:
    client.force_login(world.bob)
    response = client.get(FILE, {"path": name})
    assert response.status_code == 200
    assert b"".join(response.streaming_content) == FILES[name]  # type: ignore[attr-defined]
    assert response.headers["Content-Length"] == str(len(FILES[name]))
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response.headers["Content-Security-Policy"]
    disposition = response.headers["Content-Disposition"]
    assert disposition.startswith("attachment")
    assert "\r" not in disposition
    assert "\n" not in disposition
    assert "\u202e" not in disposition
    assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("picture.png", "image/png"),
        ("gif.gif", "image/gif"),
        ("evil.svg", "application/octet-stream"),
        ("evil.html", "application/octet-stream"),
        ("liar.png", "application/octet-stream"),
        ("config.json", "application/octet-stream"),
    ],
)
def test_only_true_pictures_are_served_to_be_shown(
    world: World, version: ArtifactVersion, client: Client, name: str, expected: str
) -> None:
    client.force_login(world.bob)
    response = client.get(FILE, {"path": name, "show": "1"})
    assert response.headers["Content-Type"] == expected
    assert response.headers["Content-Disposition"].startswith("inline" if "image/" in expected else "attachment")
    assert "sandbox" in response.headers["Content-Security-Policy"]
    assert b"".join(response) == FILES[name]


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_look_into_a_file_runs_nothing(world: World, version: ArtifactVersion, client: Client, name: str) -> None:
    client.force_login(world.bob)
    response = client.get(TAB, {"path": name})
    assert response.status_code == 200
    page = response.content.decode()
    for bad in ("<script>alert", "<img src=x", '<svg xmlns="http://www.w3.org/2000/svg" onload'):
        assert bad not in page
    assert len(page) < 300_000


def test_previews_show_json_in_lines_and_the_beginning_of_what_is_long(
    world: World, version: ArtifactVersion, client: Client
) -> None:
    client.force_login(world.bob)
    assert "  &quot;a&quot;: [" in client.get(TAB, {"path": "config.json"}).content.decode()
    assert "Only the first 64 KiB" in client.get(TAB, {"path": "large.txt"}).content.decode()
    assert "Grüße" in client.get(TAB, {"path": "notes/read me.txt"}).content.decode()
    assert "no preview" in client.get(TAB, {"path": "weights.bin"}).content.decode()
    page = client.get(TAB, {"path": "picture.png"}).content.decode()
    assert '&amp;show=1" alt="picture.png"' in page


def test_a_reference_is_shown_without_a_download(world: World, version: ArtifactVersion, client: Client) -> None:
    client.force_login(world.bob)
    page = client.get(TAB, {"path": "elsewhere"}).content.decode()
    assert "s3://bucket/&lt;b&gt;key" in page
    assert "This is a reference" in page
    assert "-/file/" not in page
    assert client.get(FILE, {"path": "elsewhere"}).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "../config.json",
        "notes/../config.json",
        "%2e%2e%2fconfig.json",
        "%252e%252e%252fconfig.json",
        "..;/config.json",
        "config.json\0",
        "..\\config.json",
        "....//config.json",
        "/etc/passwd",
        "notes",
        "notes/",
        "",
        "x" * 10_000,
        "\udcff",
    ],
)
def test_a_path_that_is_no_file_of_the_version_finds_nothing(
    world: World, version: ArtifactVersion, client: Client, path: str
) -> None:
    client.force_login(world.bob)
    query = {"path": path.encode("utf-8", "surrogatepass")}
    assert client.get(FILE, query).status_code == 404
    if path:
        assert client.get(TAB, query).status_code == 404


def test_a_damaged_file_is_said_to_be_gone(world: World, version: ArtifactVersion, client: Client) -> None:
    blob = Blob.objects.get(entries__path="weights.bin")
    storage.store().delete(blob.key)
    client.force_login(world.bob)
    assert client.get(FILE, {"path": "weights.bin"}).status_code == 410
    assert "missing or damaged" in client.get(TAB, {"path": "weights.bin"}).content.decode()


def test_folders_are_opened_one_at_a_time(world: World, version: ArtifactVersion, client: Client) -> None:
    client.force_login(world.bob)
    page = client.get(TAB).content.decode()
    assert "?folder=notes%2F" in page
    assert "read me.txt" not in page
    page = client.get(TAB, {"folder": "notes/"}).content.decode()
    assert page.index("?folder=notes%2F") < page.index("read me.txt") < page.index("picture.png")  # in its place
    assert page.count('aria-expanded="true"') == 1
    assert client.get(TAB, {"folder": "nothing/"}).status_code == 404
    assert reverse("artifacts:version-file", args=["vision", "detector", "yolo", "v0"]) == FILE
