"""Compare: what versions differ in, file by file and value by value, and what a hidden run leaves out."""

import base64
import hashlib

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from artifacts.actions import aliases_and_tags
from artifacts.models import ArtifactVersion, ManifestEntry, Membership, Project
from artifacts.versions import comparison
from artifacts.versions.comparison import MISSING, difference_of
from registry.actions.link import link_by_name
from tests import factories
from tests.conftest import World

COLLECTION = "/orgs/Acme Corp/registry/model/detectors"
COMPARE = f"{COLLECTION}/-/compare"
SOURCE = "/vision/detector/artifacts/-/compare/yolo"


def digest(text: str) -> str:
    return base64.b64encode(hashlib.md5(text.encode(), usedforsecurity=False).digest()).decode()


def fill(version: ArtifactVersion, files: dict[str, str]) -> None:
    """Files with contents of our own."""
    version.entries.all().delete()
    ManifestEntry.objects.bulk_create(
        ManifestEntry(version=version, path=path, digest=digest(text), size=len(text)) for path, text in files.items()
    )
    ArtifactVersion.objects.filter(pk=version.pk).update(file_count=len(files))


FILES = [
    {"a.txt": "1", "b.txt": "1", "c.txt": "1", "dir/é.txt": "1"},
    {"a.txt": "1", "b.txt": "22", "dir/é.txt": "1", "new.txt": "1"},
    {"a.txt": "1", "b.txt": "1", "c.txt": "333", "dir/é.txt": "1", "z.txt": "9"},
]


@pytest.fixture
def versions(world: World) -> list[Membership]:
    """detectors v0 to v2 with runs, metadata and files of their own."""
    source = factories.project(world.team, "detector", user=world.bob)
    made = []
    for number, files in enumerate(FILES):
        run = factories.run(
            source,
            user=world.bob,
            summary={"val_acc": 0.9 + number / 100, "val_loss": 0.5, "_step": 3},
            config={
                "lr": {"value": 0.1 / (number + 1)},
                "layers": {"value": 3},
                "nested": {"value": {"on": number == 2}},
                "_wandb": {"value": {"t": number}},
            },
        )
        metadata = {"lang": "en", "score": number} | ({"only": "first"} if number == 0 else {})
        version = factories.version(source, "yolo", user=world.bob, run=run, metadata=metadata)
        fill(version, files)
        made.append(link_by_name(version, world.model, "detectors", acting_user=world.bob))
    return made


@pytest.mark.parametrize(
    ("values", "known", "kind"),
    [
        ([1, 1], [True, True], "same"),
        ([1, 1.0], [True, True], "same"),
        ([1, True], [True, True], "changed"),
        ([MISSING, 1], [True, True], "added"),
        ([1, MISSING], [True, True], "removed"),
        ([1, MISSING, 2], [True] * 3, "changed"),
        ([MISSING, MISSING, 2], [True] * 3, "added"),
        ([1, MISSING], [True, False], "same"),
        ([MISSING, 1, 2], [False, True, True], "changed"),
        ([None, MISSING], [True, True], "removed"),
    ],
)
def test_a_value_is_added_removed_changed_or_the_same(values: list[object], known: list[bool], kind: str) -> None:
    assert difference_of(values, known) == kind


def test_two_versions_stand_beside_each_other(client: Client, world: World, versions: list[Membership]) -> None:
    aliases_and_tags.add_aliases(versions[0], ["baseline"], acting_user=world.bob)
    client.force_login(world.bob)
    response = client.get(f"{COMPARE}?version=v1&version=baseline")
    page = response.content.decode()
    context = response.context
    assert [side.name for side in context["sides"]] == ["v0", "v1"]
    assert [(row.name, row.kind) for row in context["metrics"].rows] == [("val_acc", "changed")]
    assert (context["metrics"].same, context["config"].same, context["metadata"].same) == (1, 2, 1)
    base, other = context["metrics"].rows[0].cells
    assert (other.is_best, base.is_best, round(other.change, 6), other.is_better) == (True, False, 0.01, True)
    assert [(row.name, row.kind) for row in context["metadata"].rows] == [("only", "removed"), ("score", "changed")]
    assert [(row.name, row.sign) for row in context["file_rows"]] == [("b.txt", "~"), ("c.txt", "−"), ("new.txt", "+")]
    assert "1 added, 1 removed, 1 changed, 2 the same" in page
    assert 'href="/orgs/Acme%20Corp/registry/model/detectors/v1/files?path=b.txt"' in page
    assert "+1.1 %" in page

    everything = client.get(f"{COMPARE}?version=v0&version=v1&all=1").context
    assert [row.kind for row in everything["file_rows"]] == ["same", "changed", "removed", "same", "added"]
    assert [row.name for row in everything["metrics"].rows] == ["val_acc", "val_loss"]
    swapped = client.get(f"{COMPARE}{context['sides'][1].base_url}").context
    assert [side.name for side in swapped["sides"]] == ["v1", "v0"]
    assert [row.sign for row in swapped["file_rows"]] == ["~", "+", "−"]
    assert swapped["metrics"].rows[0].cells[1].is_better is False


def test_more_than_two_have_one_baseline_and_can_be_left_out(
    client: Client, world: World, versions: list[Membership]
) -> None:
    client.force_login(world.carol)
    response = client.get(f"{COMPARE}?version=v0&version=v1&version=v2&base=v2")
    sides = response.context["sides"]
    assert [side.name for side in sides] == ["v2", "v0", "v1"]
    assert [row.name for row in response.context["file_rows"]] == ["b.txt", "c.txt", "new.txt", "z.txt"]
    assert "v1: 1 added, 2 removed, 1 changed, 2 the same" in response.content.decode()
    fewer = client.get(f"{COMPARE}{sides[1].without_url}").context["sides"]
    assert {side.name for side in fewer} == {"v1", "v2"}
    named = "&".join(f"version=v{number % 3}" for number in range(20))
    assert len(client.get(f"{COMPARE}?{named}").context["sides"]) == 3


def test_files_are_compared_a_page_at_a_time(client: Client, world: World, versions: list[Membership]) -> None:
    many = {f"part/{number:04d}.bin": "x" for number in range(1000)}
    fill(versions[0].version, many)
    fill(versions[1].version, many | {f"part/{number:04d}.bin": "y" for number in range(0, 1000, 8)})
    client.force_login(world.bob)
    asked, pages = f"{COMPARE}?version=v0&version=v1", []
    while asked:
        context = client.get(asked).context
        pages.append([row.name for row in context["file_rows"]])
        asked = COMPARE + context["more_files"] if context["more_files"] else ""
    assert [len(names) for names in pages] == [50, 50, 25]
    assert [name for names in pages for name in names] == [f"part/{number:04d}.bin" for number in range(0, 1000, 8)]
    asked = f"{COMPARE}?version=v0&version=v1&all=1&after=part/0997.bin"
    assert [row.name for row in client.get(asked).context["file_rows"]] == ["part/0998.bin", "part/0999.bin"]


def test_what_a_run_that_one_cannot_see_measured_is_left_out(
    client: Client, world: World, versions: list[Membership]
) -> None:
    Project.objects.filter(name="detector").update(visibility=Project.Visibility.RESTRICTED)
    ArtifactVersion.objects.filter(pk=versions[1].version_id).update(deleted_at=timezone.now())
    client.force_login(world.carol)
    page = client.get(f"{COMPARE}?version=v0&version=v1&all=1").content.decode()
    assert "The run behind v0, v1 is in a project you can’t see" in page
    assert "a project you can’t see" in page
    assert "deleted <time" in page
    for secret in ("val_acc", "layers", "vision/detector", "sunny-sky"):
        assert secret not in page
    assert "score" in page
    assert client.get(f"{SOURCE}?version=v0&version=v1").status_code == 404


def test_one_version_asks_for_another_and_a_wrong_one_is_not_found(
    client: Client, world: World, versions: list[Membership]
) -> None:
    client.force_login(world.bob)
    page = client.get(f"{COMPARE}?version=v2").content.decode()
    assert "Choose two versions or more" in page
    assert '<option value="v1">v1</option>' in page
    assert f"{COMPARE}?version=v1".replace(" ", "%20") in client.get(f"{COLLECTION}/v1").content.decode()
    assert client.get(COMPARE).status_code == 200
    assert client.get(f"{COMPARE}?version=v9&version=v0").status_code == 404
    assert client.get(f"{SOURCE}?version=v0&version=latest").context["sides"][1].name == "v2"
    client.force_login(world.mallory)
    assert client.get(f"{COMPARE}?version=v0&version=v1").status_code == 404


def test_the_number_of_queries_does_not_grow(client: Client, world: World, versions: list[Membership]) -> None:
    client.force_login(world.bob)

    def count(address: str) -> int:
        client.get(address)
        with CaptureQueriesContext(connection) as asked:
            assert client.get(address).status_code == 200
        return len(asked)

    two = f"{COMPARE}?version=v0&version=v1&all=1"
    few = count(two)
    fill(versions[0].version, {f"{number}.txt": "1" for number in range(200)})
    fill(versions[1].version, {f"{number}.txt": f"{number % 2}" for number in range(400)})
    assert count(two) <= few
    # Each further version costs its page of paths and its tally, nothing else.
    assert count(f"{two}&version=v2") <= few + 2


def test_equal_digests_are_not_counted_and_very_many_files_are_not_either(
    world: World, versions: list[Membership], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = versions[0].version, versions[1].version
    one.refresh_from_db()
    other.refresh_from_db()
    assert comparison.file_counts(one, other) == comparison.FileCounts(added=1, removed=1, changed=1, same=2)
    monkeypatch.setattr(comparison, "MOST_COUNTED", 3)
    assert comparison.file_counts(one, other) is None
    other.digest = one.digest
    assert comparison.file_counts(one, other) == comparison.FileCounts(0, 0, 0, other.file_count)
