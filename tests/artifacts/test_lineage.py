"""Lineage: what led to a version and what came of it, as a drawing and as a list."""

import pytest
from django.test import Client

from artifacts.lineage import MOST_NODES, walk
from artifacts.models import ArtifactVersion, Project, RunOutput, RunUse
from tests import factories
from tests.conftest import World

ADDRESS = "/vision/detector/artifacts/model/yolo/v0/lineage"


@pytest.fixture
def project(world: World) -> Project:
    return factories.project(world.team, user=world.bob)


@pytest.fixture
def trained(world: World, project: Project) -> ArtifactVersion:
    """raw → prepare → coco → train → yolo → evaluate → report."""
    raw = factories.version(project, "raw", "dataset", user=world.bob)
    prepare = factories.run(project, user=world.bob, display_name="prepare-12", job_type="preprocess")
    RunUse.objects.create(run=prepare, version=raw)
    coco = factories.version(project, "coco", "dataset", user=world.bob, run=prepare)
    train = factories.run(project, user=world.bob, display_name="sunny-sky-3", job_type="train")
    RunUse.objects.create(run=train, version=coco)
    yolo = factories.version(project, user=world.bob, run=train)
    RunOutput.objects.create(run=train, version=yolo)
    evaluate = factories.run(project, user=world.bob, display_name="eval-1", job_type="evaluate")
    RunUse.objects.create(run=evaluate, version=yolo)
    factories.version(project, "report", "report", user=world.bob, run=evaluate)
    return yolo


def test_a_walk_goes_both_ways_through_runs(trained: ArtifactVersion) -> None:
    found = walk(trained, 3)
    assert len(found.runs) == 3
    assert len(found.versions) == 4
    assert len(found.edges) == 6
    direct = walk(trained, 1)
    assert len(direct.runs) == 2
    assert len(direct.versions) == 3


def test_the_page_draws_every_node_as_a_link(world: World, trained: ArtifactVersion, client: Client) -> None:
    client.force_login(world.bob)
    page = client.get(ADDRESS).content.decode()
    for name in ("raw:v0", "prepare-12", "coco:v0", "sunny-sky-3", "yolo:v0", "eval-1", "report:v0"):
        assert f"{name}</text>" in page
    assert "The same as a list" in page
    assert 'aria-label="dataset raw:v0"' in page
    assert page.count('class="tip') == 6
    direct = client.get(f"{ADDRESS}?depth=direct").content.decode()
    assert "raw:v0</text>" not in direct


def test_more_than_five_runs_are_folded_into_a_group_that_can_be_searched(
    world: World, project: Project, trained: ArtifactVersion, client: Client
) -> None:
    for number in range(9):
        reader = factories.run(project, user=world.bob, display_name=f"reader-{number}", job_type="evaluate")
        RunUse.objects.create(run=reader, version=trained)
    client.force_login(world.bob)
    page = client.get(ADDRESS).content.decode()
    assert "8 runs</text>" in page
    group = "run-1"
    assert f'href="?group={group}"' in page
    opened = client.get(ADDRESS, {"group": group}).content.decode()
    assert "8 runs, folded" in opened
    found = client.get(ADDRESS, {"group": group, "find": "reader-3"}).content.decode().split('id="side"')[1]
    assert "reader-3" in found.split("</aside>")[0]
    assert "reader-2" not in found.split("</aside>")[0]
    unfolded = client.get(ADDRESS, {"open": group}).content.decode()
    assert "reader-6</text>" in unfolded


def test_a_project_one_cannot_see_is_opaque(world: World, trained: ArtifactVersion, client: Client) -> None:
    secret = factories.project(world.team, "hush", user=world.alice)
    reader = factories.run(secret, user=world.alice, display_name="secret-run", job_type="secret-job")
    RunUse.objects.create(run=reader, version=trained)
    factories.version(secret, "hidden-thing", user=world.alice, run=reader)
    Project.objects.filter(pk=secret.pk).update(visibility=Project.Visibility.RESTRICTED)
    client.force_login(world.bob)
    page = client.get(ADDRESS).content.decode()
    assert "hidden run" in page
    assert "hidden artifact" in page
    for word in ("secret-run", "secret-job", "hidden-thing", "hush"):
        assert word not in page


def test_a_circle_is_drawn(world: World, trained: ArtifactVersion, client: Client) -> None:
    assert trained.run is not None
    RunUse.objects.create(run=trained.run, version=trained)
    client.force_login(world.bob)
    assert client.get(ADDRESS).status_code == 200


def test_a_version_without_runs_explains_how_lineage_comes_about(
    world: World, project: Project, client: Client
) -> None:
    factories.version(project, user=world.bob)
    client.force_login(world.bob)
    page = client.get(ADDRESS).content.decode()
    assert "No runs are recorded for this version" in page
    assert "use_artifact" in page


def test_a_large_graph_is_bounded_and_costs_queries_by_its_levels(
    world: World, project: Project, trained: ArtifactVersion, client: Client, django_assert_max_num_queries: object
) -> None:
    for _ in range(MOST_NODES + 20):
        reader = factories.run(project, user=world.bob)
        RunUse.objects.create(run=reader, version=trained)
    with django_assert_max_num_queries(14):  # type: ignore[operator]
        found = walk(trained, 3)
    assert found.is_cut
    assert len(found.runs) + len(found.versions) <= MOST_NODES
    client.force_login(world.bob)
    assert f"Only the {MOST_NODES} nearest nodes" in client.get(ADDRESS).content.decode()
