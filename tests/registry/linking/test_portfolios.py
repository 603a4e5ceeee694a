"""Linking inside a project: a collection of linked versions beside those that are logged, of a team or of a person."""

import pytest
from django.test import Client

from artifacts.errors import Conflict, Invalid
from artifacts.models import ArtifactVersion, Collection, Entity, Membership
from registry.actions.link import link_by_name
from registry_site.wandb_api.engine import ids
from tests import factories
from tests.conftest import World
from tests.wandb_api.asking import change, refused_change


@pytest.fixture
def versions(world: World) -> list[ArtifactVersion]:
    project = factories.project(world.team, user=world.bob)
    return [factories.version(project, user=world.bob) for _ in range(2)]


def test_a_link_inside_a_project_has_its_own_numbers_aliases_and_latest(
    world: World, versions: list[ArtifactVersion]
) -> None:
    project = versions[0].project
    links = [
        link_by_name(version, project, "best", aliases=["prod"], acting_user=world.bob)
        for version in reversed(versions)
    ]
    assert [link.full_name for link in links] == ["detector/best:v0", "detector/best:v1"]
    assert links[1].alias_names == ["latest", "prod"]
    assert Membership.objects.get(pk=links[0].pk).alias_names == []
    assert links[0].collection.kind == Collection.Kind.PORTFOLIO
    with pytest.raises(Conflict, match="taken by versions logged there"):
        link_by_name(versions[0], project, "yolo", acting_user=world.bob)
    with pytest.raises(Conflict, match="taken by versions linked there"):
        factories.version(project, name="best", user=world.bob)


def test_the_target_is_a_project_of_the_same_entity(world: World, versions: list[ArtifactVersion]) -> None:
    other = factories.project(world.team, "shelf", user=world.bob)
    assert link_by_name(versions[0], other, "best", acting_user=world.bob).full_name == "shelf/best:v0"
    own = factories.project(Entity.objects.get(name="bob"), "mine", user=world.bob)
    with pytest.raises(Invalid, match="logged in “vision” and project “mine” belongs to “bob”"):
        link_by_name(versions[0], own, "best", acting_user=world.bob)


def test_a_person_links_inside_their_own_entity_and_not_into_the_registry(world: World) -> None:
    own = factories.project(Entity.objects.get(name="bob"), "mine", user=world.bob)
    version = factories.version(own, user=world.bob)
    target = {"entityName": "bob", "projectName": "mine", "artifactPortfolioName": "best", "aliases": []}
    answer = change(world.bob, "LinkArtifact", **target, artifactID=id_of(version))
    assert answer["versionIndex"] == 0
    bare = change(world.bob, "LinkArtifact", **{**target, "projectName": "uncategorized"}, artifactID=id_of(version))
    assert bare["artifactMembership"]["artifactCollection"]["project"]["name"] == "uncategorized"
    target |= {"entityName": "acme-corp", "projectName": "wandb-registry-model"}
    said = refused_change(world.bob, "LinkArtifact", **target, artifactID=id_of(version))
    assert "“bob” is a personal entity" in said


def id_of(version: ArtifactVersion) -> str:
    return ids.encode("Artifact", version.pk)


@pytest.mark.parametrize("whose", ["vision", "bob"])
def test_its_pages_open_and_a_version_is_unlinked_there(client: Client, world: World, whose: str) -> None:
    project = factories.project(Entity.objects.get(name=whose), "shelf", user=world.bob)
    logged = factories.project(project.entity, "lab", user=world.bob)
    run = factories.run(logged, user=world.bob)
    version = factories.version(logged, user=world.bob, run=run)
    link_by_name(version, project, "best", aliases=["prod"], acting_user=world.bob)
    client.force_login(world.bob)
    assert "best" in client.get(f"/{whose}/shelf/artifacts").content.decode()
    assert "best" in client.get(f"/{whose}/shelf/artifacts/model").content.decode()
    listed = client.get(f"/{whose}/shelf/artifacts/model/best").content.decode()
    for words in ("v0", "prod", "Versions are linked here"):
        assert words in listed
    assert f"/{whose}/shelf/artifacts/-/unlink/best/v0" in client.get(
        f"/{whose}/shelf/artifacts/model/best/prod"
    ).content.decode().replace("&amp;", "&")
    for tab in ("", "/metadata", "/usage", "/files", "/lineage"):
        page = client.get(f"/{whose}/shelf/artifacts/model/best/v0{tab}")
        assert page.status_code == 200, tab
        assert "best:v0" in page.content.decode()
    overview = client.get(f"/{whose}/shelf/artifacts/model/best/v0").content.decode()
    assert f"{whose}/lab/yolo:v0" in overview
    assert "best:v0" in client.get(f"/{whose}/lab/artifacts/model/yolo/v0").content.decode()
    unlink = f"/{whose}/shelf/artifacts/-/unlink/best/v0"
    assert client.get(unlink).status_code == 200
    assert client.post(unlink).status_code in {200, 302}
    assert not Membership.objects.filter(collection__name="best").exists()
    assert client.get(f"/{whose}/shelf/artifacts/model/best").status_code == 200


def test_who_may_not_link_in_the_project_may_not_unlink(
    client: Client, world: World, versions: list[ArtifactVersion]
) -> None:
    link_by_name(versions[0], versions[0].project, "best", acting_user=world.bob)
    for person, status in ((world.carol, 403), (world.mallory, 404)):
        client.force_login(person)
        assert client.post("/vision/detector/artifacts/-/unlink/best/v0").status_code == status
    assert Membership.objects.filter(collection__name="best").exists()
