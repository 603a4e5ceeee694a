"""What is done to runs from outside: stopping, requeueing, deleting files and versions with them."""

import base64
import io
import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from artifacts.actions import runs, streams
from artifacts.actions.saving import clear_away, receive
from artifacts.files.storage import store
from artifacts.models import ArtifactVersion, AuditEvent, Project, Run, RunFile
from registry.actions.registries import protect_alias
from registry_site.wandb_api.engine import ids
from tests import factories
from tests.conftest import World
from tests.wandb_api.asking import change, key_of, post, refused_change
from tests.wandb_api.conftest import Linked

STOP = "mutation StopRun($id: ID!) { stopRun(input: {id: $id}) { success } }"
DELETE = "mutation DeleteRun($id: ID!) { deleteRun(input: {id: $id, deleteArtifacts: true}) { success } }"


@pytest.fixture
def project(world: World) -> Project:
    return factories.project(world.team, user=world.bob)


def id_of(run: Run) -> str:
    return ids.encode("Run", run.pk)


def streamed(world: World, run: Run, **body: object) -> object:
    """What the client's file stream is answered."""
    address = f"/files/vision/{run.project.name}/{run.name}/file_stream"
    headers = {"authorization": "Basic " + base64.b64encode(f"api:{key_of(world.bob)}".encode()).decode()}
    return Client().post(address, json.dumps(body), content_type="application/json", headers=headers).json()


def test_a_stopped_run_is_told_once_and_ends_as_killed(world: World, project: Project) -> None:
    run = factories.run(project, user=world.bob, state="running")
    assert streamed(world, run) == {}
    assert "permission denied" in post(world.carol, STOP, {"id": id_of(run)})["errors"][0]["message"]
    assert "not found" in post(world.mallory, STOP, {"id": id_of(run)})["errors"][0]["message"]
    for _ in range(2):
        assert post(world.bob, STOP, {"id": id_of(run)})["data"]["stopRun"] == {"success": True}
    assert AuditEvent.objects.filter(verb="run.stopped").count() == 1
    assert streamed(world, run) == {"stopped": True}
    assert streamed(world, run, complete=True, exitcode=255) == {}
    run.refresh_from_db()
    assert (run.state, run.is_stopping) == ("killed", False)
    assert post(world.bob, STOP, {"id": id_of(run)})["data"]["stopRun"] == {"success": True}
    runs.upsert_run(world.team, project.name, run.name, runs.RunChanges(), acting_user=world.bob)
    assert streamed(world, run) == {}  # resumed: the former wish to stop it is over


def test_what_a_running_process_says_of_its_run_keeps_the_wish_to_stop_it(world: World, project: Project) -> None:
    run = factories.run(project, user=world.bob, state="running")
    runs.stop_run(run, acting_user=world.bob)
    runs.upsert_run(world.team, project.name, run.name, runs.RunChanges(config={}), acting_user=world.bob)
    assert streamed(world, run) == {"stopped": True}


@pytest.mark.parametrize(
    ("before", "code", "after"),
    [("preempting", 1, "preempted"), ("preempting", 0, "finished"), ("running", 1, "failed")],
)
def test_a_run_whose_machine_is_taken_ends_as_preempted(
    world: World, project: Project, before: str, code: int, after: str
) -> None:
    run = factories.run(project, user=world.bob, state="running")
    streams.receive(run, streams.read_request({"preempting": before == "preempting"}), acting_user=world.bob)
    run.refresh_from_db()
    assert run.state_now == before
    streams.receive(run, streams.read_request({"complete": True, "exitcode": code}), acting_user=world.bob)
    run.refresh_from_db()
    assert run.state_now == after


def test_a_silent_run_is_shown_and_found_by_its_end(world: World, project: Project) -> None:
    long_ago = timezone.now() - timedelta(hours=1)
    for state in ("running", "preempting", "pending"):
        factories.run(project, user=world.bob, name=state, state=state, heartbeat_at=long_ago)
    found = {run.name: run for run in Run.objects.with_state_now()}
    expected = {"running": "crashed", "preempting": "preempted", "pending": "pending"}
    assert {name: run.state_now for name, run in found.items()} == expected
    assert {name: run.current_state for name, run in found.items()} == expected  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("before", "wanted", "is_allowed"),
    [
        ("running", "pending", True),
        ("failed", "pending", True),
        ("crashed", "pending", True),
        ("preempted", "pending", True),
        ("pending", "failed", True),
        ("running", "failed", True),
        ("failed", "failed", True),
        ("finished", "pending", False),
        ("finished", "failed", False),
        ("running", "finished", False),
        ("running", "nonsense", False),
    ],
)
def test_the_state_is_moved_from_outside_as_the_client_says(
    world: World, project: Project, before: str, wanted: str, is_allowed: bool
) -> None:
    run = factories.run(project, user=world.bob, state=before)
    if is_allowed:
        assert change(world.bob, "UpdateRunState", id=id_of(run), state=wanted) == {"success": True}
    else:
        sentence = refused_change(world.bob, "UpdateRunState", id=id_of(run), state=wanted)
        assert "can't be set" in sentence or "isn't set" in sentence
    run.refresh_from_db()
    assert run.state == (wanted if is_allowed else before)
    assert "permission denied" in refused_change(world.carol, "UpdateRunState", id=id_of(run), state="failed")


def test_deleted_files_leave_no_row_and_no_bytes_that_another_needs(world: World, project: Project) -> None:
    run = factories.run(project, user=world.bob)
    rows = runs.create_run_files(run, ["a", "same", "b"], acting_user=world.bob)
    for row, content in zip(rows, [b"shared", b"shared", b"own"], strict=True):
        receive.receive_run_file(row.pk, io.BytesIO(content), size=len(content), acting_user=world.bob)
    numbers = [ids.encode("RunFile", row.pk) for row in rows]
    text = "mutation D($files: [ID!]!) { deleteFiles(input: {files: $files}) { success } }"
    assert "permission denied" in post(world.carol, text, {"files": numbers})["errors"][0]["message"]
    assert post(world.mallory, text, {"files": numbers})["data"]["deleteFiles"] == {"success": True}
    assert RunFile.objects.count() == 3
    for _ in range(2):
        assert post(world.bob, text, {"files": [numbers[0], numbers[2]]})["data"]["deleteFiles"] == {"success": True}
    kept = RunFile.objects.get()
    assert kept.name == "same"
    clear_away.sweep(grace=timedelta(0))
    assert [file.key for file in store().list("runs")] == [kept.key]


def test_a_run_is_deleted_with_the_versions_it_made_or_not_at_all(world: World, linked: Linked) -> None:
    run = linked.versions[0].run
    assert run is not None
    other = factories.version(linked.project, user=world.bob, run=factories.run(linked.project, user=world.bob))
    run.outputs.create(version=other)  # logged again, but made by another run
    pending = factories.pending(linked.project, user=world.bob, run=run)
    protect_alias(world.model, "x1", acting_user=world.alice)
    assert "protected alias" in post(world.bob, DELETE, {"id": id_of(run)})["errors"][0]["message"]
    assert ArtifactVersion.objects.filter(deleted_at__isnull=False).count() == 0
    assert Run.objects.filter(pk=run.pk).exists()
    assert "permission denied" in post(world.carol, DELETE, {"id": id_of(run)})["errors"][0]["message"]
    linked.links[1].aliases.filter(name="x1").delete()
    assert post(world.bob, DELETE, {"id": id_of(run)})["data"]["deleteRun"] == {"success": True}
    gone = set(ArtifactVersion.objects.filter(deleted_at__isnull=False).values_list("pk", flat=True))
    assert gone == {version.pk for version in linked.versions}
    linked.detectors.refresh_from_db()
    assert linked.detectors.version_count == 0
    assert set(Run.objects.values_list("pk", flat=True)) == {other.run_id}
    pending.refresh_from_db()
    assert (pending.run_id, pending.deleted_at) == (None, None)
    assert AuditEvent.objects.filter(verb="version.deleted").count() == 3
