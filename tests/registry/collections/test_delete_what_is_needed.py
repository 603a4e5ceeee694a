"""Deleting what something else relies on: refused with a list of it, or kept for whoever logged it too."""

import base64

import pytest

from artifacts.errors import Conflict
from artifacts.models import ArtifactVersion, Project, VersionReference
from registry.actions.delete import delete_run_and_versions, delete_sequence, delete_version
from registry.actions.link import link_by_name, unlink_version
from registry_site.fsck.invariant import look
from registry_site.fsck.rows import ROWS
from registry_site.wandb_api.engine import ids
from tests import factories
from tests.conftest import World
from tests.uploading import entries_of, finish, logged, send_manifest, start


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.STORAGES = {
        **settings.STORAGES,
        "artifacts": {**settings.STORAGES["artifacts"], "OPTIONS": {"location": tmp_path}},
    }


@pytest.fixture
def project(world: World) -> Project:
    return factories.project(world.team, user=world.bob)


def referring(project: Project, target: ArtifactVersion, name: str, *, world: World) -> ArtifactVersion:
    """A version with an entry that is a file of another one, as `add_reference(entry)` makes it."""
    host = base64.b64decode(ids.encode("Artifact", target.pk)).hex()
    contents = entries_of({}, picture={"digest": "d", "ref": f"wandb-artifact://{host}/picture.png"})
    version = start(project, contents, user=world.bob, name=name)
    send_manifest(version, contents, user=world.bob)
    return finish(version, user=world.bob)


def test_a_version_whose_files_others_list_is_deleted_after_them(world: World, project: Project) -> None:
    target = logged(project, {"picture.png": b"png"}, name="pictures", user=world.bob)
    table = referring(project, target, "table", world=world)
    for delete in (
        lambda: delete_version(target, delete_aliases=True, acting_user=world.bob),
        lambda: delete_sequence(target.sequence, acting_user=world.bob),
    ):
        with pytest.raises(Conflict, match=r"entries of other versions \(“detector/table:v0”\).*; delete those first"):
            delete()
    assert ArtifactVersion.objects.live().count() == 2
    delete_version(table, delete_aliases=True, acting_user=world.bob)
    assert delete_version(target, delete_aliases=True, acting_user=world.bob).is_deleted


def test_a_version_that_refers_to_a_deleted_one_is_refused_and_one_that_does_is_found(
    world: World, project: Project
) -> None:
    target = logged(project, {"picture.png": b"png"}, name="pictures", user=world.bob)
    referring(project, target, "table", world=world)
    assert [finding.name for finding in look(ROWS, repair=False) if not finding.holds] == []
    ArtifactVersion.objects.filter(pk=target.pk).update(deleted_at=target.committed_at)
    assert "references" in [finding.name for finding in look(ROWS, repair=False) if not finding.holds]


def test_nobody_keeps_what_they_cannot_read(world: World, project: Project) -> None:
    hidden = logged(factories.project(world.strangers, user=world.mallory), {"a": b"a"}, user=world.mallory)
    referring(project, hidden, "table", world=world)
    assert not VersionReference.objects.exists()


def test_a_run_is_deleted_with_its_versions_except_those_of_others(world: World, project: Project) -> None:
    runs = [factories.run(project, user=world.bob) for _ in range(2)]
    own = logged(project, {"a": b"1"}, name="own", run=runs[0], user=world.bob)
    shared = logged(project, {"a": b"2"}, name="shared", run=runs[0], user=world.bob)
    assert logged(project, {"a": b"2"}, name="shared", run=runs[1], user=world.bob).pk == shared.pk
    link = link_by_name(own, world.model, "detectors", acting_user=world.bob)
    with pytest.raises(Conflict, match="linked in “wandb-registry-model/detectors”; unlink them there first"):
        delete_run_and_versions(runs[0], acting_user=world.bob)
    unlink_version(link, acting_user=world.bob)
    delete_run_and_versions(runs[0], acting_user=world.bob)
    own.refresh_from_db()
    shared.refresh_from_db()
    assert (own.is_deleted, shared.is_deleted, shared.run_id) == (True, False, runs[1].pk)
