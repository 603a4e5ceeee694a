"""A version's files one folder at a time, with few queries however many there are."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from artifacts.files.folders import list_around, list_folder
from artifacts.files.search import find_files
from artifacts.models import ArtifactVersion, ManifestEntry
from tests import factories
from tests.conftest import World


def names(version: ArtifactVersion, folder: str = "", size: int = 100) -> list[str]:
    """All of a folder's items, page after page."""
    found, after = [], ""
    while True:
        listing = list_folder(version, folder, after, size=size)
        found += [item.name + ("/" if item.is_folder else "") for item in listing.items]
        after = listing.after
        if not after:
            return found


@pytest.fixture
def project(world: World) -> object:
    return factories.project(world.team, user=world.bob)


def test_a_folder_shows_its_files_and_folders_once_each(world: World) -> None:
    files = {"a": 1, "a/b": 2, "a/c/d": 3, "a-b": 4, "a0": 5, "b/x": 6, "ä/ö": 7, "z": 8}
    version = factories.version(factories.project(world.team, user=world.bob), user=world.bob, files=files)
    assert names(version) == ["a", "a-b", "a/", "a0", "b/", "z", "ä/"]
    assert names(version, "a/") == ["b", "c/"]
    assert names(version, "a/c/") == ["d"]
    assert names(version, "nothing/") == []
    sums = {item.name: (item.size, item.count) for item in list_folder(version).items if item.is_folder}
    assert sums == {"a": (5, 2), "b": (6, 1), "ä": (7, 1)}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    paths=st.sets(
        st.lists(st.text("ab-0.", min_size=1, max_size=2), min_size=1, max_size=3).map("/".join), max_size=25
    ),
    size=st.integers(1, 4),
)
def test_pages_of_any_size_give_what_splitting_all_paths_gives(world: World, paths: set[str], size: int) -> None:
    project = factories.project(world.team, user=world.bob)
    version = factories.version(project, user=world.bob, files=dict.fromkeys(paths, 1))
    top = {path.partition("/")[0] + ("/" if "/" in path else "") for path in paths}
    assert sorted(names(version, size=size)) == sorted(top)


def test_a_hundred_thousand_files_are_listed_with_few_small_queries(
    world: World, django_assert_max_num_queries: object
) -> None:
    version = factories.version(factories.project(world.team, user=world.bob), user=world.bob, files={"readme.md": 1})
    entries = (
        ManifestEntry(version=version, path=f"part{number % 20:02d}/{number // 20:05d}.bin", digest="d", size=1)
        for number in range(100_000)
    )
    ManifestEntry.objects.bulk_create(entries, batch_size=5_000)
    ArtifactVersion.objects.filter(pk=version.pk).update(file_count=100_001)
    version.refresh_from_db()
    with django_assert_max_num_queries(25) as queries:  # type: ignore[operator]
        listing = list_folder(version)
    assert [item.name for item in listing.items] == [*(f"part{number:02d}" for number in range(20)), "readme.md"]
    assert all(re.search(r"LIMIT (60|4)$", query["sql"]) for query in queries.captured_queries)
    with django_assert_max_num_queries(3):  # type: ignore[operator]
        listing = list_folder(version, "part07/")
    assert len(listing.items) == 100
    assert listing.after == "part07/00099.bin"
    assert list_around(version, "part07/", "part07/04000.bin").items[0].name == "04000.bin"
    with django_assert_max_num_queries(13):  # type: ignore[operator]
        found = find_files(version, "T19/04999")
    assert ([entry.path for entry in found.entries], found.after) == (["part19/04999.bin"], "")
