"""Search by path, digest and file name: what is pointed at comes first, nothing hidden is found by whatever it is called."""

import base64
import hashlib

import pytest

from artifacts.actions import aliases_and_tags, search_index
from artifacts.models import ArtifactVersion, Collection, LinkedFile, Membership, Project, ProjectMember, Role, User
from artifacts.models.organizations import TeamMember
from registry.actions import registries
from registry.actions.link import link_by_name, unlink_version
from registry.search.find import find
from registry.search.hits import Kind
from registry.search.words import read
from tests import factories
from tests.conftest import World
from tests.registry.search.test_search_page import crowd

HEX = hashlib.md5(b"weights").hexdigest()
BASE64 = base64.b64encode(bytes.fromhex(HEX)).decode()


def versions(user: User, words: str) -> list[str]:
    return [f"{hit.project.title}/{hit.name}" for hit in find(user, words).best(Kind.VERSION)]


def files(user: User, words: str) -> list[str]:
    return [f"{hit.membership}/{hit.path}" for hit in find(user, words).best(Kind.FILE)]


@pytest.fixture
def linked(world: World) -> list[Membership]:
    """`detectors` with v0 to v2, `production` on v1; the newest has the file whose digest is known."""
    source = factories.project(world.team, "detector", user=world.bob)
    made = [
        link_by_name(
            factories.stored_version(
                source, {"weights/best.safetensors": data, "config.json": b"{}", "a/img 1.png": b"1"}, user=world.bob
            ),
            world.model,
            "detectors",
            acting_user=world.bob,
        )
        for data in (b"one", b"two", b"weights")
    ]
    aliases_and_tags.add_aliases(made[1], ["production"], acting_user=world.bob)
    return made


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("detectors:v1", ["model/detectors:v1"]),
        ("Detectors v1", ["model/detectors:v1"]),
        ("detectors:production", ["model/detectors:v1"]),
        ("detectors:PROD", ["model/detectors:v1"]),
        ("detectors:latest", ["model/detectors:v2"]),
        ("detectors:", ["model/detectors:v2", "model/detectors:v1", "model/detectors:v0"]),
        ("wandb-registry-model/detectors:v2", ["model/detectors:v2"]),
        ("model/detectors:v2", ["model/detectors:v2"]),
        ("acme-corp/wandb-registry-model/detectors:v2", ["model/detectors:v2"]),
        ("Acme Corp/wandb-registry-model/detectors:v2", ["model/detectors:v2"]),
        ("wandb-artifact:///acme-corp/wandb-registry-model/detectors:v2", ["model/detectors:v2"]),
        ("vision/detector/yolo:v2", ["detector/yolo:v2"]),
        ("detector/yolo:latest", ["detector/yolo:v2"]),
        ("dataset/detectors:v1", []),
        ("elsewhere/wandb-registry-model/detectors:v1", []),
        ("detectors:v9", []),
        ("yolo:v1", []),
        ("detectors", []),
        (":v1", []),
        ("a/b/c/d/e/detectors:v1", []),
    ],
)
def test_a_path_leads_to_its_version(world: World, linked: list[Membership], words: str, expected: list[str]) -> None:
    assert versions(world.bob, words) == expected


def test_a_path_without_a_version_leads_to_its_collection(world: World, linked: list[Membership]) -> None:
    for words in ("model/detectors", "acme-corp/wandb-registry-model/detect", "detectors:v1"):
        assert [hit.name for hit in find(world.bob, words).best(Kind.COLLECTION)] == ["detectors"]
    assert not find(world.bob, "dataset/detectors").best(Kind.COLLECTION)
    for words in ("wandb-registry-model", "acme-corp/wandb-registry-mod"):
        assert [hit.name for hit in find(world.bob, words).best(Kind.REGISTRY)] == ["model"]
    assert not find(world.bob, "elsewhere/wandb-registry-model").best(Kind.REGISTRY)


def test_a_digest_leads_to_the_versions_that_have_it_linked_ones_first(world: World, linked: list[Membership]) -> None:
    digest = linked[0].version.digest
    for words in (digest, digest[:8], digest.upper()):
        assert versions(world.bob, words) == ["model/detectors:v0", "detector/yolo:v0"]
    assert versions(world.bob, digest[:7]) == []
    # A viewer of the organization sees the link; of the team's project only what is open to them.
    TeamMember.objects.filter(user=world.carol).delete()
    assert versions(world.carol, digest) == ["model/detectors:v0"]
    assert versions(world.mallory, digest) == []
    ArtifactVersion.objects.filter(pk=linked[0].version_id).update(deleted_at="2026-01-01T00:00Z")
    assert versions(world.bob, digest) == []


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("config.json", ["detectors:v2/config.json"]),
        ("CONF", ["detectors:v2/config.json"]),
        ("best.safe", ["detectors:v2/weights/best.safetensors"]),
        ("weights/best.safetensors", ["detectors:v2/weights/best.safetensors"]),
        ("ights/best", ["detectors:v2/weights/best.safetensors"]),
        ("img 1.png", ["detectors:v2/a/img 1.png"]),
        (HEX, ["detectors:v2/weights/best.safetensors"]),
        (BASE64, ["detectors:v2/weights/best.safetensors"]),
        (BASE64.rstrip("="), ["detectors:v2/weights/best.safetensors"]),
        ("other/best.safetensors", []),
        ("co", []),
        ("nfig.json", []),
        (HEX[:31], []),
        ("%onfig", []),
    ],
)
def test_files_are_found_by_name_or_digest(
    world: World, linked: list[Membership], words: str, expected: list[str]
) -> None:
    assert files(world.bob, words) == expected


def test_a_file_is_where_its_collection_has_it_last(world: World, linked: list[Membership]) -> None:
    source = Project.objects.get(name="detector")
    newest = factories.stored_version(source, {"b/config.json": b"{}", "new.json": b"{}"}, user=world.bob)
    place = link_by_name(newest, world.model, "detectors", acting_user=world.bob)
    assert files(world.bob, "config.json") == ["detectors:v2/config.json"]
    assert files(world.bob, "b/config.json") == ["detectors:v3/b/config.json"]
    assert files(world.bob, "new.json") == ["detectors:v3/new.json"]
    unlink_version(place, acting_user=world.bob)
    assert files(world.bob, "new.json") == []
    assert files(world.bob, "b/config.json") == []
    registries.delete_collection(place.collection, acting_user=world.bob)
    assert files(world.bob, "config.json") == []
    assert not LinkedFile.objects.exists()


def test_only_links_are_searched_and_each_name_is_kept_once(world: World, linked: list[Membership]) -> None:
    source = Project.objects.get(name="detector")
    factories.stored_version(source, {"unpublished.bin": b"unpublished"}, "secret-plan", user=world.bob)
    assert files(world.bob, "unpublished.bin") == []
    assert files(world.bob, hashlib.md5(b"unpublished").hexdigest()) == []
    assert LinkedFile.objects.count() == 3
    collection = Collection.objects.get(name="detectors")
    search_index.remember_files(collection, linked[0].version)
    assert LinkedFile.objects.count() == 3


def test_what_is_hidden_is_not_found_by_any_name_nor_counted(world: World, linked: list[Membership]) -> None:
    secret = registries.create_registry(
        world.organization, "Secret", visibility="restricted", acting_user=world.bob
    ).project
    source = Project.objects.get(name="detector")
    hidden = factories.stored_version(source, {"hush.bin": b"hush"}, "hushed", user=world.bob)
    link_by_name(hidden, secret, "hushed", aliases=["quiet"], acting_user=world.bob)
    TeamMember.objects.filter(user=world.carol).delete()
    digest = hashlib.md5(b"hush").hexdigest()
    every = (
        "hushed:v0",
        "Secret/hushed:v0",
        "vision/detector/hushed:v0",
        "hush",
        "hush.bin",
        digest,
        hidden.digest,
        "quiet",
    )
    for words in every:
        assert find(world.bob, words).count > 0, words
        for user in (world.carol, world.mallory):
            found = find(user, words)
            assert (found.count, found.bounded) == (0, set()), words
    # The same bytes in an open registry don't lead to the closed one.
    link_by_name(hidden, world.model, "open", acting_user=world.bob)
    assert files(world.carol, digest) == ["open:v0/hush.bin"]
    assert versions(world.carol, hidden.digest) == ["model/open:v0"]


def test_who_may_only_look_finds_versions_and_no_files(world: World, linked: list[Membership]) -> None:
    Project.objects.filter(pk=world.model.pk).update(visibility=Project.Visibility.RESTRICTED)
    TeamMember.objects.filter(user=world.carol).delete()
    grant = ProjectMember.objects.create(project=world.model, user=world.carol, role=Role.RESTRICTED_VIEWER)
    assert versions(world.carol, "detectors:v1") == ["model/detectors:v1"]
    for words in ("config.json", HEX, BASE64):
        assert files(world.carol, words) == []
    grant.role = Role.VIEWER
    grant.save()
    for words in ("config.json", HEX, BASE64):
        assert len(files(world.carol, words)) == 1
    world.carol.is_active = False
    assert find(world.carol, "detectors:v1").count == 0


def test_the_number_of_queries_depends_on_no_number_of_rows(
    world: World, linked: list[Membership], django_assert_max_num_queries: object
) -> None:
    for count in (1, 198):
        crowd(world, count)
        for words, queries in {"detect": 14, "detectors:v0": 5, "config.json": 14, "d" * 32: 16}.items():
            with django_assert_max_num_queries(queries):  # type: ignore[operator]
                assert find(world.bob, words, most=500).count


@pytest.mark.parametrize(
    "text", ["", "/", "//", ":", "a:", "/:v1", "\0", "\ud800", ":" * 400, "/" * 400, "v1", "a/b:c:d"]
)
def test_anything_can_be_typed(world: World, text: str) -> None:
    words = read(text)
    assert "\0" not in words.text
    assert find(world.bob, text).count == 0
