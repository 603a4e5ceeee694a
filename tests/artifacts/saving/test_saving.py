"""Logging: what a commit demands, what it refuses, and that everything may be sent twice."""

import io
import threading

import pytest
from django.db import connection

from artifacts.actions import aliases_and_tags, runs
from artifacts.actions.saving import begin, receive
from artifacts.actions.saving.receive import FileSpec
from artifacts.errors import Conflict, Forbidden, Invalid, NotFound, NotYet
from artifacts.files.storage import blob_key, store
from artifacts.models import (
    ArtifactVersion,
    AuditEvent,
    Blob,
    ClientId,
    Manifest,
    ManifestEntry,
    Membership,
    RunOutput,
    RunUse,
    TeamMember,
    Verb,
)
from registry.actions.delete import delete_version
from registry.actions.link import link_by_name
from registry.actions.registries import protect_alias
from registry.models import Registry
from registry_site.wandb_api.engine import ids
from tests import factories
from tests.conftest import make_world
from tests.uploading import b64, digest_of, entries_of, finish, logged, send_files, send_manifest, start

FILES = {"model.bin": b"weights", "config/config.json": b"{}", "empty": b""}
REFERENCE = {"data": {"digest": "etag-1", "ref": "s3://bucket/data", "size": 1_000}}


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


def test_a_logged_version_has_everything(world, project):
    run = factories.run(project, user=world.bob)
    contents = entries_of(FILES, **REFERENCE)
    draft = begin.Draft(
        "model",
        "yolo",
        digest_of(contents),
        client_id="c1",
        aliases=["latest", "best"],
        tags=["night run"],
        description="Trained at night",
        metadata={"loss": float("nan")},
    )
    version = begin.start(project, draft, run=run, acting_user=world.bob)
    assert (version.state, version.index) == ("PENDING", None)
    assert send_files(version, FILES, user=world.bob) == list(FILES)
    send_manifest(version, contents, user=world.bob)
    version = finish(version, user=world.bob)
    assert (version.name, version.file_count, version.size) == ("v0", 4, 1_009)
    assert version.digest == digest_of(contents)
    membership = Membership.objects.get(version=version)
    assert membership.alias_names == ["latest", "best"]
    assert [tag.name for tag in version.tags.all()] == ["night run"]
    assert RunOutput.objects.filter(run=run, version=version).exists()
    assert AuditEvent.objects.filter(verb=Verb.VERSION_LOGGED, version_number=version.pk).count() == 1
    rows = dict(ManifestEntry.objects.filter(version=version).values_list("path", "blob__size"))
    assert rows == {"model.bin": 7, "config/config.json": 2, "empty": 0, "data": None}
    assert store().size(blob_key(project.pk, Blob.objects.get(size=7).key.rsplit("/")[-1])) == 7


def test_what_the_project_holds_is_not_sent_again(world, project):
    logged(project, FILES, user=world.bob)
    more = {**FILES, "new": b"new"}
    contents = entries_of(more)
    version = start(project, contents, user=world.bob)
    assert send_files(version, more, user=world.bob) == ["new"]
    send_manifest(version, contents, user=world.bob)
    assert finish(version, user=world.bob).name == "v1"


def test_another_project_learns_nothing_of_what_is_held(world, project):
    logged(project, FILES, user=world.bob)
    other = factories.project(world.strangers, user=world.mallory)
    version = start(other, entries_of(FILES), user=world.mallory)
    assert send_files(version, FILES, user=world.mallory) == list(FILES)


def test_equal_files_of_one_batch_are_each_wanted(world, project):
    version = start(project, {}, user=world.bob)
    claims = receive.claim_files(version, [FileSpec("a", b64(b"x")), FileSpec("b", b64(b"x"))], acting_user=world.bob)
    assert [(claim.spec.path, claim.is_wanted) for claim in claims] == [("a", True), ("b", True)]


def test_the_same_client_id_is_the_same_version(world, project):
    first = start(project, entries_of(FILES), user=world.bob, client_id="c1")
    again = start(project, entries_of(FILES), user=world.bob, client_id="c1")
    assert first.pk == again.pk
    elsewhere = factories.project(world.strangers, user=world.mallory)
    with pytest.raises(Conflict, match="logged to another project before"):
        start(elsewhere, entries_of(FILES), user=world.mallory, client_id="c1")


def test_equal_content_gives_the_version_there_is_and_moves_its_names(world, project):
    first = logged(project, FILES, user=world.bob)
    logged(project, {"other": b"x"}, user=world.bob, aliases=["best"])
    run = factories.run(project, user=world.bob)
    draft = begin.Draft("model", "yolo", first.digest, client_id="c3", aliases=["latest", "best"], tags=["again"])
    same = begin.start(project, draft, run=run, acting_user=world.bob)
    assert (same.pk, same.state) == (first.pk, "COMMITTED")
    assert Membership.objects.get(version=first).alias_names == ["latest", "best"]
    assert RunOutput.objects.filter(run=run, version=first).exists()
    assert ClientId.objects.get(client_id="c3").version_id == first.pk
    assert ArtifactVersion.objects.count() == 2


def test_deleted_content_is_logged_anew(world, project):
    first = logged(project, FILES, user=world.bob)
    delete_version(first, delete_aliases=True, acting_user=world.bob)
    again = logged(project, FILES, user=world.bob)
    assert (again.name, again.pk == first.pk) == ("v1", False)


def test_committing_twice_changes_nothing(world, project):
    version = logged(project, FILES, user=world.bob)
    events = AuditEvent.objects.count()
    again = finish(ArtifactVersion.objects.with_place().get(pk=version.pk), user=world.bob)
    assert (again.name, AuditEvent.objects.count(), version.sequence.next_index) == ("v0", events, 1)


def pending(project, user, contents=None, files=FILES):
    contents = entries_of(files) if contents is None else contents
    version = start(project, contents, user=user)
    send_files(version, files, user=user)
    return version


def refused_commit(version, user, error, fragment):
    with pytest.raises(error, match=fragment):
        finish(version, user=user)
    version.refresh_from_db()
    assert (version.state, version.index) == ("PENDING", None)
    assert not ManifestEntry.objects.filter(version=version).exists()
    assert version.sequence.next_index == 0


def test_a_commit_without_its_manifest_is_refused(world, project):
    version = pending(project, world.bob)
    begin.add_manifest(version, "FULL", "", acting_user=world.bob)
    refused_commit(version, world.bob, Invalid, "manifest has not been uploaded")


def test_another_manifest_than_announced_is_refused(world, project):
    version = pending(project, world.bob)
    send_manifest(version, entries_of({"model.bin": b"weights"}), user=world.bob)
    refused_commit(version, world.bob, Invalid, "digest mismatch")


def test_a_missing_file_is_refused(world, project):
    contents = entries_of({**FILES, "never sent": b"?"})
    version = pending(project, world.bob, contents)
    send_manifest(version, contents, user=world.bob)
    refused_commit(version, world.bob, Invalid, "“never sent” have not been uploaded")


def test_a_digest_alone_gives_no_access(world, project):
    secret = logged(project, {"secret": b"secret"}, user=world.bob)
    mine = factories.project(world.strangers, user=world.mallory)
    for birth in (ids.encode("Artifact", secret.pk), ids.encode("Artifact", 10**6), "nonsense", ""):
        contents = {"secret": {"digest": b64(b"secret"), "size": 6, "birthArtifactID": birth}}
        version = start(mine, contents, user=world.mallory)
        send_manifest(version, contents, user=world.mallory)
        refused_commit(version, world.mallory, Invalid, "have not been uploaded")


def test_a_file_of_a_version_that_one_may_download_needs_no_sending(world, project):
    born = logged(project, {"shared": b"shared"}, user=world.bob)
    other = factories.project(world.team, "other", user=world.bob)
    contents = {"shared": {"digest": b64(b"shared"), "size": 6, "birthArtifactID": ids.encode("Artifact", born.pk)}}
    version = start(other, contents, user=world.bob)
    send_manifest(version, contents, user=world.bob)
    finish(version, user=world.bob)
    blob = ManifestEntry.objects.get(version=version).blob
    assert blob.project_id == other.pk
    store().delete(blob_key(project.pk, blob.key.rsplit("/")[-1]))
    assert b"".join(store().chunks(blob.key)) == b"shared"


def test_nothing_changes_after_the_commit(world, project):
    version = logged(project, FILES, user=world.bob)
    manifest = Manifest.objects.filter(version=version).last()
    acts = [
        lambda: receive.claim_files(version, [], acting_user=world.bob),
        lambda: begin.add_manifest(version, "FULL", "", acting_user=world.bob),
        lambda: begin.replace_manifest(Manifest.objects.get(pk=manifest.pk), b64(b"x"), acting_user=world.bob),
        lambda: receive.receive_manifest(manifest.pk, manifest.digest, io.BytesIO(b""), size=0, acting_user=world.bob),
    ]
    for act in acts:
        with pytest.raises(Conflict, match="is committed, and its content never changes"):
            act()


def test_whoever_may_not_log_is_refused_at_every_step(world, project):
    version = pending(project, world.bob)
    send_manifest(version, entries_of(FILES), user=world.bob)
    for user, error in [(world.carol, Forbidden), (world.mallory, NotFound)]:
        with pytest.raises(error):
            start(project, entries_of(FILES), user=user)
        with pytest.raises(error):
            receive.claim_files(version, [], acting_user=user)
        with pytest.raises(error):
            begin.add_manifest(version, "FULL", "", acting_user=user)
        refused_commit(version, user, error, ".")


def test_a_role_taken_away_before_the_commit_counts(world, project):
    version = pending(project, world.bob)
    send_manifest(version, entries_of(FILES), user=world.bob)
    TeamMember.objects.filter(user=world.bob).update(role="viewer")
    refused_commit(version, world.bob, Forbidden, "role")


@pytest.mark.parametrize(
    ("wish", "fragment"),
    [
        ({"aliases": ["v3"]}, "version number"),
        ({"tags": ["a/b"]}, "tag"),
        ({"digest": "xyz"}, "32 hexadecimal"),
        ({"digest_algorithm": "MANIFEST_XXH128"}, "MD5 digests only"),
        ({"name": "a/b"}, "contains"),
    ],
)
def test_bad_wishes_are_refused_at_the_start(world, project, wish, fragment):
    with pytest.raises(Invalid, match=fragment):
        start(project, {}, user=world.bob, **wish)
    assert not ArtifactVersion.objects.exists()


def test_bytes_that_are_not_the_announced_ones_are_not_taken(world, project):
    version = start(project, entries_of(FILES), user=world.bob)
    (claim,) = receive.claim_files(version, [FileSpec("a", b64(b"right"))], acting_user=world.bob)
    for data, size in [(b"wrong", 5), (b"righ", 5), (b"right and more", 14)]:
        with pytest.raises(Invalid, match=r"digest mismatch|broke off"):
            receive.receive_blob(project.pk, claim.md5, io.BytesIO(data), size=size, acting_user=world.bob)
    assert not Blob.objects.exists()
    assert not store().exists(blob_key(project.pk, claim.md5))


def test_an_incremental_version_adds_to_its_base(world, project):
    base = logged(project, {"a": b"1", "b": b"1"}, user=world.bob)
    delta = {"b": b"2", "c": b"2"}
    version = start(project, entries_of(delta), user=world.bob)
    send_files(version, delta, user=world.bob)
    first = begin.add_manifest(version, Manifest.Kind.INCREMENTAL, "", base=base, acting_user=world.bob)
    data = b'{"version":1,"contents":{"b":{"digest":"%s"},"c":{"digest":"%s"}}}' % (
        b64(b"2").encode(),
        b64(b"2").encode(),
    )
    begin.replace_manifest(first, b64(data), acting_user=world.bob)
    receive.receive_manifest(first.pk, b64(data), io.BytesIO(data), size=len(data), acting_user=world.bob)
    version = finish(version, user=world.bob)
    whole = {"a": b"1", "b": b"2", "c": b"2"}
    assert version.digest == digest_of(entries_of(whole))
    assert {row.path: row.digest for row in version.entries.all()} == {path: b64(data) for path, data in whole.items()}


def test_workers_of_a_distributed_version_share_it(world, project):
    parts = [{f"part{number}": str(number).encode(), "common": b"c"} for number in range(8)]
    versions = []
    for number, files in enumerate(parts):
        version = start(
            project,
            entries_of(files),
            user=world.bob,
            client_id=f"c{number}",
            distributed_id="d",
            aliases=[f"w{number}"],
        )
        send_files(version, files, user=world.bob)
        send_manifest(version, entries_of(files), user=world.bob, kind=Manifest.Kind.PATCH)
        versions.append(version.pk)
    assert len(set(versions)) == 1
    committed = finish(ArtifactVersion.objects.with_place().get(pk=versions[0]), user=world.bob)
    whole = {path: data for files in parts for path, data in files.items()}
    assert committed.digest == digest_of(entries_of(whole))
    assert committed.file_count == 9
    assert len(Membership.objects.get(version=committed).alias_names) == 9
    fresh = start(project, entries_of({}), user=world.bob, distributed_id="d")
    assert fresh.pk != committed.pk


def test_a_patch_that_arrives_during_the_commit_is_not_lost(world, project):
    version = start(project, entries_of({"a": b"a"}), user=world.bob, distributed_id="d")
    send_files(version, {"a": b"a", "b": b"b"}, user=world.bob)
    send_manifest(version, entries_of({"a": b"a"}), user=world.bob, kind=Manifest.Kind.PATCH)
    from artifacts.actions.saving import commit as committing

    content = committing._content(version, world.bob, lambda text: None)
    send_manifest(version, entries_of({"b": b"b"}), user=world.bob, kind=Manifest.Kind.PATCH)
    with pytest.raises(NotYet):
        committing._finish(version, content, world.bob)
    assert finish(version, user=world.bob).file_count == 2


def test_a_run_uses_what_it_may_download(world, project):
    version = logged(project, FILES, user=world.bob)
    link = link_by_name(version, world.model, "detectors", acting_user=world.bob)
    run = factories.run(project, user=world.bob)
    for _ in range(2):
        runs.use_version(run, version, place=world.model, used_as="base", acting_user=world.bob)
    assert RunUse.objects.get(run=run, version=version).through_id == link.collection_id
    with pytest.raises(NotFound):
        runs.use_version(run, version, place=world.dataset, acting_user=world.bob)
    with pytest.raises(Forbidden):
        runs.use_version(run, version, acting_user=world.carol)
    theirs = factories.run(factories.project(world.strangers, user=world.mallory), user=world.mallory)
    with pytest.raises(NotFound):
        runs.use_version(theirs, version, acting_user=world.mallory)


def test_deleting_a_version_mends_every_place(world, project):
    first, second = (logged(project, {"a": data}, user=world.bob) for data in (b"1", b"2"))
    for version in (first, second):
        link_by_name(version, world.model, "detectors", aliases=["prod"], acting_user=world.bob)
    with pytest.raises(Conflict, match="prod"):
        delete_version(second, acting_user=world.bob)
    with pytest.raises(Forbidden):
        delete_version(second, delete_aliases=True, acting_user=world.carol)
    for _ in range(2):
        delete_version(second, delete_aliases=True, acting_user=world.bob)
    portfolio = Membership.objects.get(version=first, collection__kind="portfolio").collection
    for collection in (portfolio, first.sequence):
        collection.refresh_from_db()
        assert (collection.version_count, collection.next_index) == (1, 2)
        assert Membership.objects.get(version=first, collection=collection).alias_names == ["latest"]
    assert Registry.objects.get(project=world.model).version_count == 1
    assert AuditEvent.objects.filter(verb=Verb.VERSION_DELETED).count() == 1


def test_a_protected_alias_forbids_the_deletion(world, project):
    protect_alias(world.model, "production", acting_user=world.alice)
    version = logged(project, FILES, user=world.bob)
    link_by_name(version, world.model, "detectors", aliases=["production"], acting_user=world.alice)
    with pytest.raises(Forbidden, match="protected alias"):
        delete_version(version, delete_aliases=True, acting_user=world.bob)
    membership = Membership.objects.get(version=version, collection__kind="portfolio")
    aliases_and_tags.remove_aliases(membership, ["production"], acting_user=world.alice)
    delete_version(version, delete_aliases=True, acting_user=world.bob)


@pytest.mark.django_db(transaction=True)
def test_one_request_sent_many_times_at_once_makes_one_version():
    world = make_world()
    project = factories.project(world.team, user=world.bob)
    contents = entries_of(FILES)
    started, committed = [], []

    def work(act, results):
        def run():
            try:
                results.append(act())
            finally:
                connection.close()

        threads = [threading.Thread(target=run) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    work(lambda: start(project, contents, user=world.bob, client_id="c1").pk, started)
    assert len(started) == 8
    assert len(set(started)) == 1
    version = ArtifactVersion.objects.with_place().get(pk=started[0])
    send_files(version, FILES, user=world.bob)
    send_manifest(version, contents, user=world.bob)
    work(
        lambda: finish(ArtifactVersion.objects.with_place().get(pk=version.pk), user=world.bob).name,
        committed,
    )
    assert committed == ["v0"] * 8
    assert AuditEvent.objects.filter(verb=Verb.VERSION_LOGGED).count() == 1
