"""Runs: started, gone on with, changed, ended, deleted."""

from datetime import timedelta

import pytest
from django.utils import timezone

from artifacts.actions import runs, streams
from artifacts.actions.runs import RunChanges
from artifacts.errors import Forbidden, Invalid, NotFound
from artifacts.models import AuditEvent, HistoryChunk, Project, Run
from artifacts.runs.names import number_in
from tests import factories
from tests.conftest import World


def start(world: World, name: str | None = None, **changes: object) -> Run:
    run, _ = runs.upsert_run(world.team, "detector", name, RunChanges(**changes), acting_user=world.bob)  # type: ignore[arg-type]
    return run


def send(world: World, run: Run, body: object) -> None:
    streams.receive(run, streams.read_request(body), acting_user=world.bob)
    run.refresh_from_db()


def test_starting_makes_the_project_and_names_the_run(world: World) -> None:
    run = start(world)
    assert run.project == Project.objects.get(name="detector")
    assert (len(run.name), run.created_by, run.state) == (8, world.bob, "running")
    assert number_in(run.display_name) == 1
    assert [number_in(start(world).display_name) for _ in range(2)] == [2, 3]


def test_numbers_go_on_behind_names_that_people_chose(world: World) -> None:
    start(world, display_name="mine")
    assert number_in(start(world).display_name) == 2


def test_starting_again_goes_on_with_the_run(world: World) -> None:
    run = start(world, "r1", config={"lr": 1}, notes="first", tags=["a"])
    send(world, run, {"complete": True, "exitcode": 1})
    assert run.state == "failed"
    again = start(world, "r1", job_type="train")
    again.refresh_from_db()
    assert again.pk == run.pk
    assert (again.state, again.exit_code, again.config, again.notes) == ("running", None, {"lr": 1}, "first")
    assert (again.display_name, again.job_type) == (run.display_name, "train")
    assert [tag.name for tag in again.tag_rows.all()] == ["a"]


def test_text_from_outside_is_cleaned_and_cut(world: World) -> None:
    run = start(
        world,
        group="g" * 300,
        program="p" * 2_000,
        notes="a\x00b\ud800",
        config={"x": float("nan"), "\x00": [10**400]},
        tags=["t" * 300, "\x00"],
        state="nonsense",
    )
    run.refresh_from_db()
    assert (len(run.group), len(run.program), run.notes, run.state) == (256, 1024, "ab?", "running")
    assert run.config["x"] == "NaN"
    assert [tag.name for tag in run.tag_rows.all()] == ["t" * 128]


@pytest.mark.parametrize("name", ["a/b", "a\tb", "a\u00a0b", " a", "", "..", "x" * 129, "a\x00"])
def test_a_bad_id_is_refused(world: World, name: str) -> None:
    if not name:
        assert start(world, name).name
        return
    with pytest.raises(Invalid):
        start(world, name)
    assert not Project.objects.ordinary().exists()


def test_who_may_start(world: World) -> None:
    for user, error in [(world.mallory, NotFound), (world.carol, Forbidden)]:
        with pytest.raises(error):
            runs.upsert_run(world.team, "detector", "r1", RunChanges(), acting_user=user)
    start(world, "r1")
    for user, error in [(world.mallory, NotFound), (world.carol, Forbidden)]:
        with pytest.raises(error):
            runs.upsert_run(world.team, "detector", "r1", RunChanges(), acting_user=user)
        with pytest.raises(error):
            runs.change_run(Run.objects.get(), RunChanges(notes="x"), acting_user=user)
        with pytest.raises(error):
            runs.create_run_files(Run.objects.get(), ["x"], acting_user=user)
        with pytest.raises(error):
            streams.receive(Run.objects.get(), streams.StreamRequest(), acting_user=user)


def test_changing_keeps_what_is_not_named(world: World) -> None:
    run = start(world, config={"lr": 1}, tags=["a", "b"])
    send(world, run, {"complete": True, "exitcode": 0})
    changed = runs.change_run(run, RunChanges(notes="good", tags=["b", "c"]), acting_user=world.bob)
    changed.refresh_from_db()
    assert (changed.state, changed.config, changed.notes) == ("finished", {"lr": 1}, "good")
    assert sorted(tag.name for tag in changed.tag_rows.all()) == ["b", "c"]


def test_a_late_line_does_not_wake_an_ended_run(world: World) -> None:
    run = start(world)
    send(world, run, {"complete": True, "exitcode": 0})
    send(world, run, {"files": {"output.log": {"offset": 0, "content": ["late"]}}})
    assert (run.state, run.output_lines) == ("finished", 1)


def test_a_run_that_fell_silent_has_crashed(world: World) -> None:
    run = start(world)
    assert run.state_now == "running"
    Run.objects.update(heartbeat_at=timezone.now() - timedelta(minutes=6))
    run.refresh_from_db()
    assert run.state_now == "crashed"
    assert Run.objects.with_state_now().filter(current_state="crashed").get() == run
    send(world, run, {})
    assert run.state_now == "running"
    send(world, run, {"complete": True, "exitcode": 0})
    Run.objects.update(heartbeat_at=timezone.now() - timedelta(days=6))
    run.refresh_from_db()
    assert run.state_now == "finished"


def test_files_are_announced_once_in_order(world: World) -> None:
    run = start(world)
    rows = runs.create_run_files(run, ["b", "a", "b", "media/ä b.png"], acting_user=world.bob)
    assert [row.name for row in rows] == ["b", "a", "media/ä b.png"]
    again = runs.create_run_files(run, ["a"], acting_user=world.bob)
    assert again[0].pk == rows[1].pk


@pytest.mark.parametrize(
    "name", ["", "/etc/x", "../x", "a/../b", "a//b", "a/", ".", "a\x00", "a\nb", "\ud800", "x" * 1_025]
)
def test_a_file_name_that_leads_elsewhere_is_refused(world: World, name: str) -> None:
    run = start(world)
    with pytest.raises(Invalid):
        runs.create_run_files(run, [name], acting_user=world.bob)


def test_deleting_takes_the_history_and_leaves_the_versions(world: World) -> None:
    run = start(world)
    send(world, run, {"files": {"output.log": {"offset": 0, "content": ["x"]}}})
    version = factories.version(run.project, user=world.bob, run=run)
    with pytest.raises(Forbidden):
        runs.delete_run(run, acting_user=world.carol)
    runs.delete_run(run, acting_user=world.bob)
    assert not Run.objects.exists()
    assert not HistoryChunk.objects.exists()
    version.refresh_from_db()
    assert version.run_id is None
    assert AuditEvent.objects.filter(verb="run.deleted", actor=world.bob).count() == 1
    with pytest.raises(NotFound):
        streams.receive(run, streams.StreamRequest(), acting_user=world.bob)
