"""The tab “Files”: the tree, the search in it, parts of a file, and the zip of all."""

import base64
import hashlib
import io
import re
import zipfile
from html import unescape
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from artifacts.files import storage
from artifacts.files.search import find_files
from artifacts.files.zips import safe_name, zip_of
from artifacts.models import ArtifactVersion, ManifestEntry, Project, Role
from registry.actions import link
from tests import factories
from tests.artifacts.files import samples
from tests.artifacts.versions.test_version_pages import reader_of_the_link_alone
from tests.conftest import World

PLACE = "/vision/detector/artifacts"
TAB = f"{PLACE}/model/yolo/v0/files"
FOLDER, FILE, ZIP = (f"{PLACE}/-/{act}/yolo/v0" for act in ("folder", "file", "zip"))
HTMX = {"HX-Request": "true"}


@pytest.fixture
def project(world: World, settings: Settings, tmp_path: Path) -> Project:
    """A project whose files lie in a directory of this test."""
    plain = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path}}
    settings.STORAGES = {**settings.STORAGES, "artifacts": plain}
    return factories.project(world.team, user=world.bob)


def logged(project: Project, world: World, files: dict[str, bytes]) -> ArtifactVersion:
    return factories.stored_version(project, files, user=world.bob)


def names(page: str) -> list[str]:
    """What the tree shows, from top to bottom."""
    return [
        unescape(name)
        for name in re.findall(r'<span class="clip" title="([^"]*)">', page.partition('id="files"')[2] or page)
    ]


def test_the_tree_is_open_down_to_the_chosen_file(world: World, project: Project, client: Client) -> None:
    logged(project, world, {path: b"x" for path in ("a.txt", "b/c/d.txt", "b/e.txt", "z/y.pkl", "z.txt")})
    client.force_login(world.bob)
    page = client.get(TAB, {"path": "b/c/d.txt"}).content.decode()
    assert names(page) == ["a.txt", "b", "c", "d.txt", "e.txt", "z.txt", "z"]
    assert re.findall(r'role="treeitem"[^>]* aria-expanded="(\w+)"', page) == ["true", "true", "false"]
    assert len(re.findall(r'role="treeitem"[^>]* aria-current="true"', page)) == 1
    assert names(client.get(TAB).content.decode()) == ["a.txt", "b", "z.txt", "z"]
    assert "can run code when loaded" in client.get(TAB, {"folder": "z"}).content.decode()


def test_a_folder_opens_closes_and_goes_on_in_its_place(world: World, project: Project, client: Client) -> None:
    factories.version(project, user=world.bob, files={f"b/{n:03d}.txt": 1 for n in range(150)} | {"c/d": 2})
    client.force_login(world.bob)
    opened = client.get(FOLDER, {"folder": "b/"}, headers=HTMX).content.decode()
    assert names(opened) == ["b", *(f"{n:03d}.txt" for n in range(100))]
    assert "150 files, 150 B" in opened
    assert "closed=1" in opened
    further = unescape(re.findall(r'hx-get="([^"]+after=[^"]+)"', opened)[0])
    assert names(client.get(further, headers=HTMX).content.decode()) == [f"{n:03d}.txt" for n in range(100, 150)]
    closed = client.get(FOLDER, {"folder": "b/", "closed": "1"}, headers=HTMX).content.decode()
    assert names(closed) == ["b"]
    assert 'aria-expanded="false"' in closed
    assert client.get(FOLDER, {"folder": "b/"}).headers["Location"] == f"{TAB}?folder=b%2F"
    for nothing in ("nothing/", "", "b/000.txt", "\0"):
        assert client.get(FOLDER, {"folder": nothing}, headers=HTMX).status_code == 404
    client.force_login(world.mallory)
    assert client.get(FOLDER, {"folder": "b/"}, headers=HTMX).status_code == 404
    client.logout()
    assert client.get(FOLDER, {"folder": "b/"}).status_code == 302


def test_a_file_far_down_a_long_folder_is_shown_where_it_is(world: World, project: Project, client: Client) -> None:
    files = {f"d{n:03d}/{m:03d}.txt": 1 for n in range(90) for m in range(3)} | {f"e/{n:04d}": 1 for n in range(500)}
    factories.version(project, user=world.bob, files=files)
    client.force_login(world.bob)
    page = client.get(TAB, {"path": "e/0300"}).content.decode()
    shown = names(page)
    assert shown[:2] == ["e", "0300"]
    assert len(shown) == 101
    assert page.count("From the beginning") == 2
    assert names(client.get(TAB, {"path": "d080/001.txt"}).content.decode())[:4] == [
        "d080",
        "000.txt",
        "001.txt",
        "002.txt",
    ]


@pytest.mark.parametrize("depth", [3, 300])
def test_however_deep_the_queries_are_few(
    world: World, project: Project, client: Client, depth: int, django_assert_max_num_queries: object
) -> None:
    folder = "x/" * depth
    factories.version(project, user=world.bob, files={f"{folder}a.txt": 1, **{f"{n}.txt": 1 for n in range(depth)}})
    client.force_login(world.bob)
    client.get(TAB)
    with django_assert_max_num_queries(38):  # type: ignore[operator]
        page = client.get(TAB, {"path": f"{folder}a.txt"}).content.decode()
    assert names(page)[-1] == "a.txt" or depth == 3
    assert 'aria-current="location"' in page or depth == 3


def test_files_are_found_by_a_part_of_their_path(world: World, project: Project, client: Client) -> None:
    logged(project, world, {"Weights/Größe.bin": b"1", "weights/other.bin": b"2", "100%_a": b"3"})
    client.force_login(world.bob)
    for words, found in [
        ("GRÖSSE.B", ["Weights/Größe.bin"]),
        ("weights/", ["Weights/Größe.bin", "weights/other.bin"]),
        ("%_", ["100%_a"]),
        ("nothing", []),
    ]:
        page = client.get(TAB, {"find": words}).content.decode()
        assert names(page) == found, words
        assert ("No path holds" in page) == (not found)
    address = unescape(
        re.findall(r'href="([^"]+find=[^"]+path=[^"]+)"', client.get(TAB, {"find": "other"}).content.decode())[0]
    )
    page = client.get(address).content.decode()
    assert names(page) == ["weights/other.bin"]
    assert '<h2 id="file-name" class="mono">weights/other.bin</h2>' in page


@pytest.mark.parametrize("form", ["base64", "bare", "hex"])
def test_files_are_found_by_their_digest(world: World, project: Project, client: Client, form: str) -> None:
    logged(project, world, {"a": b"same", "b": b"other", "c/d": b"same"})
    factories.stored_version(project, {"elsewhere": b"same"}, "coco", user=world.bob)
    digest = hashlib.md5(b"same", usedforsecurity=False)
    words = base64.b64encode(digest.digest()).decode()
    words = {"base64": words, "bare": words.rstrip("="), "hex": digest.hexdigest().upper()}[form]
    client.force_login(world.bob)
    page = client.get(TAB, {"find": words}).content.decode()
    assert names(page) == ["a", "c/d"]
    assert "Files with this digest" in page


def test_a_search_reads_so_many_paths_and_goes_on_where_it_stopped(
    world: World, project: Project, django_assert_num_queries: object
) -> None:
    files = {f"{n:04d}{'-hit' if n % 10 == 0 else ''}": 1 for n in range(1_000)}
    version = factories.version(project, user=world.bob, files=files)
    first = find_files(version, "HIT", most=30)
    assert [entry.path for entry in first.entries][::29] == ["0000-hit", "0290-hit"]
    rest = find_files(version, "hit", first.after, most=30)
    assert rest.entries[0].path == "0300-hit"
    with django_assert_num_queries(2):  # type: ignore[operator]
        bounded = find_files(version, "hit", looked_at=200)
    assert (len(bounded.entries), bounded.after) == (20, "0199")
    assert find_files(version, "0999", "0900-hit", looked_at=200).after == ""


def test_a_part_of_a_file_is_given_to_who_asks_for_one(world: World, project: Project, client: Client) -> None:
    sound = samples.wav()
    logged(project, world, {"a.wav": sound, "liar.mp3": b"<script>"})
    client.force_login(world.carol)
    page = client.get(TAB, {"path": "a.wav"}).content.decode()
    assert '<audio controls preload="metadata" src="' in page
    assert "<audio" not in client.get(TAB, {"path": "liar.mp3"}).content.decode()
    whole = client.get(FILE, {"path": "a.wav", "show": "1"})
    assert (whole.status_code, whole["Content-Type"], whole["Accept-Ranges"]) == (200, "audio/wav", "bytes")
    assert b"".join(whole) == sound
    for asked, part in [("bytes=0-3", slice(0, 4)), ("bytes=10-", slice(10, None)), ("bytes=-5", slice(-5, None))]:
        response = client.get(FILE, {"path": "a.wav", "show": "1"}, headers={"Range": asked})
        assert response.status_code == 206
        assert b"".join(response) == sound[part]
        assert response["Content-Range"].endswith(f"/{len(sound)}")
        assert "sandbox" in response["Content-Security-Policy"]
    beyond = client.get(FILE, {"path": "a.wav"}, headers={"Range": "bytes=999999-"})
    assert (beyond.status_code, beyond["Content-Range"]) == (416, f"bytes */{len(sound)}")
    changed = client.get(FILE, {"path": "a.wav"}, headers={"Range": "bytes=0-3", "If-Range": '"other"'})
    assert (changed.status_code, b"".join(changed)) == (200, sound)
    liar = client.get(FILE, {"path": "liar.mp3", "show": "1"})
    assert (liar["Content-Type"], b"".join(liar)) == ("application/octet-stream", b"<script>")


def test_all_files_come_as_one_zip_of_the_declared_size(world: World, project: Project, client: Client) -> None:
    files = {"a.txt": b"aaa", "b/c.bin": bytes(3_000_000), "Größe/日本": b"x", "empty": b"", "references.txt": b"mine"}
    version = logged(project, world, files)
    ManifestEntry.objects.create(version=version, path="far/away", ref="s3://bucket/key", digest="etag-7", size=5)
    client.force_login(world.carol)
    response = client.get(ZIP)
    sent = b"".join(response)
    assert int(response["Content-Length"]) == len(sent)
    assert response["Content-Disposition"] == 'attachment; filename="yolo-v0.zip"'
    with zipfile.ZipFile(io.BytesIO(sent)) as archive:
        assert archive.testzip() is None
        held = {one.filename: archive.read(one) for one in archive.infolist()}
        assert {one.compress_type for one in archive.infolist()} == {zipfile.ZIP_STORED}
    assert "far/away\ts3://bucket/key\tetag-7" in held.pop("references (2).txt").decode()
    assert held == files
    part = client.get(ZIP, {"folder": "b"})
    assert 'filename="yolo-v0-b.zip"' in part["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(b"".join(part))) as archive:
        assert archive.namelist() == ["b/c.bin"]
    assert client.get(ZIP, {"folder": "B"}).status_code == 404
    assert f'href="{ZIP}" download' in client.get(TAB).content.decode()


def test_a_zip_is_for_those_who_may_download(world: World, project: Project, client: Client) -> None:
    version = logged(project, world, {"a.txt": b"aaa"})
    linked = link.link_version(version, factories.portfolio(world.model, user=world.alice), acting_user=world.bob)
    address = "/acme-corp/wandb-registry-model/artifacts/-/zip/detectors/v0"
    assert client.get(address).status_code == 302
    client.force_login(world.mallory)
    assert (client.get(address).status_code, client.get(ZIP).status_code) == (404, 404)
    looker = reader_of_the_link_alone(world, Role.RESTRICTED_VIEWER)
    client.force_login(looker)
    assert client.get(address).status_code == 403
    page = client.get("/orgs/Acme%20Corp/registry/model/detectors/v0/files", {"path": "a.txt"}).content.decode()
    assert names(page) == ["a.txt"]
    assert "You may look, not download." in page
    assert "-/zip/" not in page
    assert "aaa" not in page
    client.force_login(world.alice)
    assert b"".join(client.get(address))[:2] == b"PK"
    ArtifactVersion.objects.filter(pk=version.pk).update(deleted_at=timezone.now())
    assert client.get(address).status_code == 404
    assert linked.name == "v0"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("../../etc/passwd", "_/_/etc/passwd"),
        ("/etc/passwd", "etc/passwd"),
        ("a//b/./c", "a/b/_/c"),
        ("C:/x", "C_/x"),
        ("..\\..\\x", ".._.._x"),
        ("a\r\nb\0c", "a__b_c"),
        ("..", "_"),
        ("... /x", "_/x"),
        ("", "_"),
        ("a/..b", "a/..b"),
    ],
)
def test_names_in_a_zip_stay_in_its_folder(path: str, name: str) -> None:
    assert safe_name(path) == name


def test_names_that_become_the_same_are_told_apart(world: World, project: Project) -> None:
    made = zip_of(logged(project, world, {"a/b.txt": b"1", "a//b.txt": b"2", "/a/b.txt": b"3"}))
    sent = b"".join(made.chunks)
    assert len(sent) == made.size
    with zipfile.ZipFile(io.BytesIO(sent)) as archive:
        assert sorted(archive.namelist()) == ["a/b (2).txt", "a/b (3).txt", "a/b.txt"]


def test_a_damaged_file_breaks_a_zip_off(world: World, project: Project) -> None:
    version = logged(project, world, {"a": b"1", "b": b"2"})
    blob = ManifestEntry.objects.get(version=version, path="b").blob
    assert blob is not None
    storage.store().delete(blob.key)
    with pytest.raises(storage.Damaged):
        b"".join(zip_of(version).chunks)


def test_every_kind_of_file_has_its_page(world: World, project: Project, client: Client) -> None:
    logged(project, world, samples.EVERYTHING)
    client.force_login(world.bob)
    for path, words in {
        "weights/model.safetensors": ["46,224", "214", "200 of 214 tensors", "Show all", "8 × 3 × 3 × 3"],
        "weights/model.gguf": ["36,160", "Q4_K", "general.architecture", "500 × 64"],
        "weights/odd.pkl": ["This file can run code when loaded", "posix.system", "dangerous"],
        "weights/legacy.pt": ["This file can run code when loaded", "collections.OrderedDict", "known, harmless"],
        "objects.npy": ["NumPy array of Python objects"],
        "config.yaml": ["model: yolo\nepochs: 60", "1\n2</pre>"],
        "labels.csv": ["<small>integer</small>", "pallet", "2 rows"],
        "media/images/a.png": ["64 × 48", 'width="64" height="48"'],
        "README.md": ["<h3>Detector</h3>", "as=source"],
        "train.ipynb": ["<em>pallets</em>", "ZeroDivisionError: by zero", "in python"],
    }.items():
        page = client.get(TAB, {"path": path}).content.decode()
        for word in words:
            assert word in page, (path, word)
        assert "<script>alert" not in page
    table = client.get(TAB, {"path": "predictions.table.json"}).content.decode()
    assert table.count('loading="lazy"') == 2
    picture = unescape(re.findall(r'<img src="([^"]+)" alt="a.png"', table)[0])
    served = client.get(picture)
    assert (served["Content-Type"], b"".join(served)) == ("image/png", samples.EVERYTHING["media/images/a.png"])
    assert "# Detector" in client.get(TAB, {"path": "README.md", "as": "source"}).content.decode()
    found = client.get(TAB, {"path": "weights/model.safetensors", "tensor": "stage21"}).content.decode()
    assert "5 of 5 tensors" in found
    everything = client.get(TAB, {"path": "weights/model.safetensors", "all": "1"}).content.decode()
    assert "214 of 214 tensors" in everything


def opened_by(client: Client, folder: str, at: str, **more: str) -> str:
    """The address to which the browser goes when a folder is opened (or closed) on the page at this address."""
    headers = {**HTMX, "HX-Current-URL": f"http://testserver{at}"}
    return str(client.get(FOLDER, {"folder": folder, **more}, headers=headers).headers.get("HX-Push-Url", ""))


def test_open_folders_are_in_the_address_and_a_sent_one_opens_the_same(
    world: World, project: Project, client: Client
) -> None:
    logged(project, world, {path: b"x" for path in ("a/b/c.txt", "a/d.txt", "e f/g.txt", "h/i/j.txt", "k.txt")})
    client.force_login(world.bob)
    one = opened_by(client, "a/", TAB)
    assert one == f"{TAB}?open=a%2F"
    two = opened_by(client, "a/b/", one)
    assert two == f"{TAB}?open=a%2Fb%2F"  # what lies above is open without being named
    three = opened_by(client, "e f/", two)
    assert three == f"{TAB}?open=a%2Fb%2F&open=e+f%2F"
    assert names(client.get(three).content.decode()) == ["a", "b", "c.txt", "d.txt", "e f", "g.txt", "h", "k.txt"]
    # Closing leaves what lies above open, and ends what lies below.
    assert opened_by(client, "a/b/", three, closed="1") == f"{TAB}?open=e+f%2F&open=a%2F"
    assert opened_by(client, "a/", three, closed="1") == f"{TAB}?open=e+f%2F"
    assert opened_by(client, "a/", one, closed="1") == TAB
    # A chosen file keeps them, and what its own address implied before.
    pane = {**HTMX, "HX-Target": "file-pane", "HX-Current-URL": f"http://testserver{three}"}
    chosen = client.get(TAB, {"path": "h/i/j.txt"}, headers=pane)
    four = chosen.headers["HX-Push-Url"]
    assert four == f"{TAB}?open=a%2Fb%2F&open=e+f%2F&path=h%2Fi%2Fj.txt"
    shown = names(client.get(four).content.decode())
    assert shown == ["a", "b", "c.txt", "d.txt", "e f", "g.txt", "h", "i", "j.txt", "k.txt"]
    pane["HX-Current-URL"] = f"http://testserver{four}"
    five = client.get(TAB, {"path": "k.txt", "as": "source"}, headers=pane).headers["HX-Push-Url"]
    assert five == f"{TAB}?open=a%2Fb%2F&open=e+f%2F&open=h%2Fi%2F&path=k.txt&as=source"
    # What was walked to without script stays open, too; a page elsewhere or a search is left alone.
    assert opened_by(client, "e f/", f"{TAB}?folder=a/") == f"{TAB}?open=e+f%2F&folder=a%2F"
    assert opened_by(client, "a/", f"{TAB}?folder=a/b", closed="1") == TAB
    assert opened_by(client, "a/", "/vision/detector") == opened_by(client, "a/", f"{TAB}?find=x") == ""


def test_an_address_opens_a_bounded_number_of_folders(
    world: World, project: Project, client: Client, django_assert_max_num_queries: object
) -> None:
    files = {f"d{n:03d}/{m}/x.txt": 1 for n in range(60) for m in range(2)}
    factories.version(project, user=world.bob, files=files)
    client.force_login(world.bob)
    asked = [f"d{n:03d}/{m}" for n in range(60) for m in range(2)] + ["", "/", "nothing/", "\0", "d000/0/x.txt"]
    client.get(TAB)
    with django_assert_max_num_queries(110):  # type: ignore[operator]
        page = client.get(TAB, {"open": asked}).content.decode()
    assert page.count('aria-expanded="true"') == 30
    at = TAB
    for number in range(25):
        at = opened_by(client, f"d{number:03d}/", at)
    assert (at.count("open="), "d000" in at, "d024" in at) == (20, False, True)
    long = f"{TAB}?" + "&".join(f"open={'x' * 900}{number}" for number in range(6))
    assert len(opened_by(client, "d001/", long)) < 4_500


def test_where_a_reference_points_is_for_those_who_may_download(world: World, project: Project, client: Client) -> None:
    version = factories.version(project, user=world.bob, files={"far.bin": 3})
    address = "s3://secret-bucket/far.bin"
    ManifestEntry.objects.filter(version=version).update(ref=address, digest=address)
    link.link_version(version, factories.portfolio(world.model, user=world.alice), acting_user=world.bob)
    page = "/orgs/Acme%20Corp/registry/model/detectors/v0/files"
    client.force_login(reader_of_the_link_alone(world, Role.RESTRICTED_VIEWER))
    for query in ({}, {"path": "far.bin"}, {"q": "far"}):
        shown = client.get(page, query).content.decode()
        assert "far.bin" in shown
        assert "secret-bucket" not in shown
    client.force_login(world.alice)
    assert address in client.get(page, {"path": "far.bin"}).content.decode()
