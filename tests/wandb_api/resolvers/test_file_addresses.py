"""Addresses that fields hand out: to whom, by every road, and what they are worth once the right is gone."""

import hashlib
import io
from typing import Any

import pytest
from django.test import Client
from graphql import GraphQLObjectType, get_named_type

from artifacts.actions import people
from artifacts.actions.saving import begin, receive
from artifacts.errors import Forbidden
from artifacts.files import signed_urls
from artifacts.files.signed_urls import Purpose
from artifacts.models import (
    ApiKey,
    ManifestEntry,
    OrganizationMember,
    Project,
    ProjectMember,
    RunFile,
    TeamMember,
    User,
)
from registry.actions.link import link_by_name
from registry_site.wandb_api.endpoints.files import receive_upload
from registry_site.wandb_api.engine import ids
from registry_site.wandb_api.engine.resolve import RESOLVERS, Permission
from registry_site.wandb_api.schema import schema
from tests import factories
from tests.conftest import World
from tests.uploading import b64, logged, start
from tests.wandb_api.asking import post

HOST = "http://testserver"
CONTENT = b"learning_rate: 1"
ADDRESSES = "name directUrl url uploadUrl uploadMultipartUrls { uploadUrlParts { uploadUrl } }"
ROADS = {
    "a run's files": 'project { run(name: "abc") { files { edges { node { %s } } } } }',
    "a run's files by name": 'project { run(name: "abc") { files(names: ["config.yaml", "no"]) { edges { node { %s } } } } }',
    "a run by its other name": 'project { bucket(name: "abc") { files { edges { node { %s } } } } }',
    "a version's files": 'project { artifact(name: "yolo:v0") { files { edges { node { %s } } } } }',
    "a version's files by id": "artifact { files { edges { node { %s } } } }",
    "a membership's files": (
        'project { artifactCollection(name: "yolo") { artifactMembership(aliasName: "v0") { files { edges { node { %s } } } } } }'
    ),
    "files by their entries": (
        'artifact { filesByManifestEntries(storageLayout: "V2", manifestVersion: "1", entries: [{name: "a", digest: ""}])'
        " { edges { node { %s } } } }"
    ),
    "a manifest": "artifact { currentManifest { file { %s } } }",
    "a registry's files": (
        'registry { artifactCollection(name: "detectors") { artifactMembership(aliasName: "v0") '
        "{ files { edges { node { %s } } } } } }"
    ),
}


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.STORAGES = {
        **settings.STORAGES,
        "artifacts": {**settings.STORAGES["artifacts"], "OPTIONS": {"location": tmp_path}},
    }


@pytest.fixture
def project(world: World) -> Project:
    found = factories.project(world.team, user=world.bob)
    run = factories.run(found, user=world.bob, name="abc")
    row = RunFile.objects.create(run=run, name="config.yaml")
    receive.receive_run_file(row.pk, io.BytesIO(CONTENT), size=len(CONTENT), acting_user=world.bob)
    version = logged(found, {"a": CONTENT}, user=world.bob)
    link_by_name(version, world.model, "detectors", acting_user=world.bob)
    return found


def answer_by(road: str, user: User, project: Project) -> Any:
    version = ManifestEntry.objects.get(path="a").version_id
    places = {
        "project {": 'project(entityName: "vision", name: "detector") {',
        "registry {": 'project(entityName: "acme-corp", name: "wandb-registry-model") {',
        "artifact {": f'artifact(id: "{ids.encode("Artifact", version)}") {{',
    }
    text = ROADS[road] % ADDRESSES
    for place, written in places.items():
        if text.startswith(place):
            text = written + text.removeprefix(place)
    return post(user, f"query {{ {text} }}", {})


def strings_in(answer: Any) -> set[tuple[str, str]]:
    """All fields with text, wherever they are."""
    if isinstance(answer, dict):
        own = {(key, value) for key, value in answer.items() if isinstance(value, str)}
        return own.union(*(strings_in(value) for value in answer.values()))
    return set().union(*map(strings_in, answer)) if isinstance(answer, list) else set()


def give(user: User, project: Project, role: str | None) -> None:
    """Let somebody have this role in the project and in the registry, and no other."""
    TeamMember.objects.filter(user=user).delete()
    ProjectMember.objects.filter(user=user).delete()
    for place in (project, Project.objects.get(name="wandb-registry-model", entity__name="acme-corp")) if role else ():
        ProjectMember.objects.create(project=place, user=user, role=role)


def test_every_field_that_gives_an_address_declares_who_gets_it() -> None:
    """A field of a File whose name speaks of an address has a resolver of its own, which declares a verb."""
    found = {
        f"{kind.name}.{name}"
        for kind in schema().type_map.values()
        if isinstance(kind, GraphQLObjectType)
        for name in kind.fields
        if not kind.name.startswith("__")
        if name.lower().endswith(("url", "urls")) and name != "photoUrl"
    }
    inside = {"UploadUrlPart.uploadUrl"}  # reached through File.uploadMultipartUrls alone
    inside |= {"ParquetHistory.parquetUrls"}  # always empty; who fills it gives it a resolver that declares “download”
    assert {
        f"{kind.name}.{name}"
        for kind in schema().type_map.values()
        if isinstance(kind, GraphQLObjectType)
        for name, field in kind.fields.items()
        if get_named_type(field.type).name == "UploadMultipartUrls"
    } == {"File.uploadMultipartUrls"}
    assert found - inside == {"File.directUrl", "File.url", "File.uploadUrl", "File.uploadMultipartUrls"}
    for field in found - inside:
        wanted = "log" if "upload" in field else "download"
        assert RESOLVERS[field].permission == Permission.checked(wanted), field


@pytest.mark.parametrize("road", ROADS)
def test_addresses_are_given_by_role_on_every_road(world: World, project: Project, road: str) -> None:
    seen = {}
    for role in (None, "restricted_viewer", "viewer", "member", "admin"):
        give(world.mallory, project, role)
        seen[role] = answer_by(road, world.mallory, project)
    signed = {role: {text for _, text in strings_in(answer) if "/storage/" in text} for role, answer in seen.items()}
    assert signed[None] == signed["restricted_viewer"] == set()
    for role in ("viewer", "member", "admin"):
        assert "errors" not in seen[role], seen[role]
        assert any("/storage/get-" in text for text in signed[role])
    assert not any("/storage/put-" in text for text in signed["viewer"])
    if "run" in road:
        assert any("/storage/put-run-file." in text for text in signed["member"])


def put(address: str, data: bytes) -> Any:
    return Client().put(
        address.removeprefix(HOST), data, content_type="application/octet-stream", CONTENT_LENGTH=str(len(data))
    )


def every_address(world: World, project: Project) -> dict[Purpose, tuple[str, bytes]]:
    """An address of each kind that bob was given, with what he would send there."""
    version = start(project, {}, user=world.bob, name="other")
    manifest = begin.add_manifest(version, "FULL", b64(b"{}"), acting_user=world.bob)
    part = [(1, hashlib.md5(b"part").hexdigest())]
    (claim,) = receive.claim_files(version, [receive.FileSpec("big", b64(b"part"), part)], acting_user=world.bob)
    assert claim.upload is not None
    file, entry = RunFile.objects.get(), ManifestEntry.objects.select_related("blob", "version").get()
    bob = world.bob
    download = signed_urls.entry_download(entry, holder=bob)
    assert download is not None
    return {
        Purpose.PUT_BLOB: (signed_urls.blob_upload(project, hashlib.md5(b"x").hexdigest(), holder=bob), b"x"),
        Purpose.PUT_MANIFEST: (signed_urls.manifest_upload(manifest, holder=bob), b"{}"),
        Purpose.PUT_PART: (signed_urls.part_upload(claim.upload, 1, holder=bob), b"part"),
        Purpose.PUT_RUN_FILE: (signed_urls.run_file_upload(file, holder=bob), b"new"),
        Purpose.GET_FILE: (download, b""),
        Purpose.GET_RUN_FILE: (signed_urls.run_file_download(file, holder=bob), b""),
        Purpose.GET_MANIFEST: (signed_urls.manifest_download(entry.version, holder=bob), b""),
    }


def use(purpose: Purpose, address: str, data: bytes) -> int:
    return int((put(address, data) if purpose.method == "PUT" else Client().get(address)).status_code)


@pytest.mark.parametrize("purpose", Purpose)
def test_an_address_ends_with_the_right(world: World, project: Project, purpose: Purpose) -> None:
    """Removed from the team, made a viewer, deactivated, the key revoked: each ends what was handed out before."""
    row, _ = people.create_api_key(world.bob, acting_user=world.bob)
    world.bob.key_in_use = row.pk
    addresses = every_address(world, project)
    assert set(addresses) == set(Purpose)
    address, data = addresses[purpose]
    mine = TeamMember.objects.filter(user=world.bob)
    role = mine.get().role
    ways = [
        (lambda: mine.update(role="viewer"), lambda: mine.update(role=role), purpose.method == "PUT"),
        (
            lambda: User.objects.filter(pk=world.bob.pk).update(is_active=False),
            lambda: User.objects.filter(pk=world.bob.pk).update(is_active=True),
            True,
        ),
        (
            lambda: ApiKey.objects.filter(pk=row.pk).update(revoked_at="2026-01-01T00:00:00Z"),
            lambda: ApiKey.objects.filter(pk=row.pk).update(revoked_at=None),
            True,
        ),
    ]
    for take, back, ends in ways:
        take()
        assert use(purpose, address, data) == (403 if ends else 200)
        back()
    give(world.bob, project, None)
    OrganizationMember.objects.filter(user=world.bob).delete()
    assert use(purpose, address, data) == 404
    assert RunFile.objects.get().size == len(CONTENT)


@pytest.mark.parametrize("purpose", [each for each in Purpose if each.method == "PUT"])
def test_a_right_that_ends_while_bytes_arrive_ends_the_upload(world: World, project: Project, purpose: Purpose) -> None:
    address, data = every_address(world, project)[purpose]
    ticket = signed_urls.read(address.removeprefix(signed_urls.PREFIX), "PUT")

    class Slow(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            TeamMember.objects.filter(user=world.bob).update(role="viewer")
            return super().read(size)

    class Request:
        META = {"CONTENT_LENGTH": str(len(data))}
        body = Slow(data)

        def read(self, size: int) -> bytes:
            return self.body.read(size)

    with pytest.raises(Forbidden):
        receive_upload(Request(), ticket, world.bob)  # type: ignore[arg-type]
    assert RunFile.objects.get().size == len(CONTENT)
    assert Project.objects.get(pk=project.pk).blobs.count() == 1
