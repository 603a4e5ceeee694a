"""Logging what is logged already: the same object, one that was fetched, and equal bytes by several at once."""

import threading

import pytest
from django.db import connection

from artifacts.errors import Conflict
from artifacts.models import ArtifactVersion, AuditEvent, Collection, MergedVersion, Project, RunOutput, Verb
from artifacts.versions.history import history_of
from registry.actions.delete import delete_version
from registry.actions.link import link_by_name
from registry_site.fsck.files import FILES
from registry_site.fsck.invariant import look
from registry_site.fsck.rows import ROWS
from tests import factories
from tests.conftest import World, make_world
from tests.uploading import digest_of, entries_of, finish, logged, send_files, send_manifest, start

FILES_OF_ONE = {"model.bin": b"weights"}
RANKS = 6


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.STORAGES = {
        **settings.STORAGES,
        "artifacts": {**settings.STORAGES["artifacts"], "OPTIONS": {"location": tmp_path}},
    }
    return tmp_path


@pytest.fixture
def project(world: World) -> Project:
    return factories.project(world.team, user=world.bob)


def names_of(version: ArtifactVersion) -> list[str]:
    return sorted(version.memberships.get(collection=version.sequence_id).alias_names)


def test_the_same_object_becomes_an_output_of_each_run_and_takes_aliases_and_tags(
    world: World, project: Project
) -> None:
    runs = [factories.run(project, user=world.bob) for _ in range(2)]
    first = logged(project, FILES_OF_ONE, user=world.bob, client_id="c1", aliases=["latest"])
    other = logged(project, {"model.bin": b"better"}, user=world.bob, aliases=["latest", "best"])
    again = {"user": world.bob, "client_id": "c1", "aliases": ["latest", "best"], "tags": ["gold"], "name": "yolo:v0"}
    for run in [*runs, runs[0]]:
        assert start(project, entries_of(FILES_OF_ONE), run=run, **again).pk == first.pk
    assert {(row.run_id, row.version_id) for row in RunOutput.objects.all()} == {(run.pk, first.pk) for run in runs}
    assert (names_of(first), names_of(other)) == (["best", "latest"], [])
    assert [tag.name for tag in first.tags.all()] == ["gold"]
    assert ArtifactVersion.objects.count() == 2


def test_one_still_uploading_gets_what_a_second_run_asks_for_with_its_commit(world: World, project: Project) -> None:
    runs = [factories.run(project, user=world.bob) for _ in range(2)]
    contents = entries_of(FILES_OF_ONE)
    begun = start(project, contents, run=runs[0], user=world.bob, client_id="c1", aliases=["latest"])
    same = start(project, contents, run=runs[1], user=world.bob, client_id="c1", aliases=["best"], tags=["gold"])
    assert same.pk == begun.pk
    send_files(begun, FILES_OF_ONE, user=world.bob)
    send_manifest(begun, contents, user=world.bob)
    done = finish(begun, user=world.bob)
    assert names_of(done) == ["best", "latest"]
    assert set(done.outputs.values_list("run", flat=True)) == {run.pk for run in runs}
    assert [tag.name for tag in done.tags.all()] == ["gold"]


@pytest.mark.parametrize("name", ["yolo:v0", "detectors:v0"])
def test_a_fetched_one_is_known_by_its_name_with_the_number(world: World, project: Project, name: str) -> None:
    first = logged(project, FILES_OF_ONE, user=world.bob)
    link_by_name(first, world.model, "detectors", acting_user=world.bob)
    logged(project, {"model.bin": b"better"}, user=world.bob)
    again = start(project, entries_of(FILES_OF_ONE), name=name, client_id="new", aliases=["back"], user=world.bob)
    assert again.pk == first.pk
    assert names_of(first) == ["back", "latest"]
    assert not Collection.objects.filter(name__contains=":").exists()


def test_other_words_for_the_same_content_do_not_replace_the_first_and_the_history_says_so(
    world: World, project: Project
) -> None:
    run = factories.run(project, user=world.bob)
    first = logged(project, FILES_OF_ONE, user=world.bob, metadata={"loss": 1}, description="a")
    logged(project, FILES_OF_ONE, user=world.bob, metadata={"loss": 1}, description="a")
    logged(project, FILES_OF_ONE, user=world.bob)
    assert not AuditEvent.objects.filter(verb=Verb.VERSION_LOGGED_AGAIN).exists()
    logged(project, FILES_OF_ONE, run=run, user=world.bob, metadata={"loss": 2}, description="a")
    first.refresh_from_db()
    assert (first.metadata, first.description) == ({"loss": 1}, "a")
    place = first.memberships.select_related("collection").get()
    told = [f"{event.words} {event.rest}" for event in history_of(first, world.bob, place=place)]
    assert (
        f"logged it again by run {run.name} (same content; the metadata of the first time stays, change it with artifact.save())"
        in told
    )


def test_one_that_was_deleted_or_belongs_elsewhere_is_refused(world: World, project: Project) -> None:
    first = logged(project, FILES_OF_ONE, user=world.bob, client_id="c1")
    elsewhere = factories.project(world.team, "elsewhere", user=world.bob)
    with pytest.raises(Conflict, match="was logged to another project before and stays there; to have it here too"):
        start(elsewhere, entries_of(FILES_OF_ONE), user=world.bob, client_id="c1")
    delete_version(first, delete_aliases=True, acting_user=world.bob)
    with pytest.raises(
        Conflict, match="Version “yolo:v0” was deleted, so it can't be logged again; make a new artifact"
    ):
        start(project, entries_of(FILES_OF_ONE), user=world.bob, client_id="c1")


def test_equal_bytes_that_began_at_the_same_moment_are_one_version(world: World, project: Project) -> None:
    runs = [factories.run(project, user=world.bob) for _ in range(2)]
    contents = entries_of(FILES_OF_ONE)
    begun = [
        start(project, contents, run=run, user=world.bob, client_id=f"c{rank}", aliases=["latest", f"a{rank}"])
        for rank, run in enumerate(runs)
    ]
    send_files(begun[0], FILES_OF_ONE, user=world.bob)
    for version in begun:
        send_manifest(version, contents, user=world.bob)
    first, second = [finish(version, user=world.bob) for version in begun]
    assert first.pk == second.pk == begun[0].pk
    assert names_of(first) == ["a0", "a1", "latest"]
    assert set(first.outputs.values_list("run", flat=True)) == {run.pk for run in runs}
    # Its client was told this number, and asks by it.
    assert ArtifactVersion.objects.known_as(begun[1].pk).get() == first
    assert set(first.client_ids.values_list("client_id", flat=True)) == {"c0", "c1"}


def test_whoever_wants_no_deduplication_gets_a_version_of_their_own(world: World, project: Project) -> None:
    logged(project, FILES_OF_ONE, user=world.bob)
    logged(project, FILES_OF_ONE, user=world.bob, deduplicates=False)
    assert ArtifactVersion.objects.live().count() == 2


@pytest.mark.django_db(transaction=True)
def test_equal_bytes_by_many_ranks_at_once_make_one_version() -> None:
    world = make_world()
    project = factories.project(world.team, user=world.bob)
    contents, gate, faults = entries_of(FILES_OF_ONE), threading.Barrier(RANKS), list[BaseException]()

    def rank(number: int) -> None:
        try:
            gate.wait()
            begun = start(project, contents, user=world.bob, client_id=f"c{number}", aliases=["latest", f"a{number}"])
            if not begun.is_committed:
                send_files(begun, FILES_OF_ONE, user=world.bob)
                send_manifest(begun, contents, user=world.bob)
                gate.wait(timeout=0.3) if number % 2 else None
        except threading.BrokenBarrierError:
            pass
        except BaseException as fault:
            faults.append(fault)
        try:
            found = ArtifactVersion.objects.with_place().known_as(begun.pk).get()
            finish(found, user=world.bob)
        except BaseException as fault:
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=rank, args=(number,)) for number in range(RANKS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
    version = ArtifactVersion.objects.get()
    assert (version.digest, version.index) == (digest_of(contents), 0)
    assert names_of(version) == [*(f"a{number}" for number in range(RANKS)), "latest"]
    assert version.client_ids.count() == RANKS
    assert MergedVersion.objects.count() < RANKS
    assert [finding.line for finding in look([*ROWS, *FILES], repair=False) if not finding.holds] == []
