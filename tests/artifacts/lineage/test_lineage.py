"""Lineage: what led to a version and what came of it, as a drawing and as a list."""

import re

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test import Client
from django.test.utils import CaptureQueriesContext

from artifacts.lineage.graph import (
    BACKWARDS,
    EVERYTHING,
    FORWARDS,
    LEVELS_WALKED,
    MOST_NODES,
    _outputs_of_runs,
    _outputs_of_versions,
    _reached,
    _unfinished,
    _uses,
    walk,
)
from artifacts.lineage.layout import MOST_ARROWS
from artifacts.models import ArtifactVersion, Project, RunOutput, RunUse
from artifacts.views.lineage.nodes import GraphNode
from registry.actions import link
from tests import factories
from tests.artifacts.lineage import lineages
from tests.conftest import World

ADDRESS = "/vision/detector/artifacts/model/yolo/v0/lineage"


@pytest.fixture
def project(world: World) -> Project:
    return factories.project(world.team, user=world.bob)


@pytest.fixture
def trained(world: World, project: Project) -> ArtifactVersion:
    """raw → prepare → coco → train → yolo → evaluate → report."""
    yolo = lineages.trained(project, world.bob)
    assert yolo.run is not None
    RunOutput.objects.create(run=yolo.run, version=yolo)
    return yolo


def shown(client: Client, query: str = "") -> str:
    response = client.get(f"{ADDRESS}{query}")
    assert response.status_code == 200, response.content.decode()[:2000]
    return response.content.decode()


def drawn(page: str) -> list[str]:
    """The names of the nodes."""
    return re.findall(r"<title>([^<]*)</title>", page.split('<svg class="graph')[1].split("</svg>")[0])


def link_named(page: str, name: str) -> str:
    """The query of the link with an id, as a browser reads it."""
    found = re.search(rf'<a [^>]*?id="{name}"[^>]*>', page)
    assert found, name
    href = re.search(r'href="([^"]*)"', found[0])
    assert href
    return href[1].replace("&amp;", "&")


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
    page = shown(client)
    for name in ("raw:v0", "prepare-12", "coco:v0", "sunny-sky-3", "yolo:v0", "eval-1", "report:v0"):
        assert f"{name}</text>" in page
    assert "The same as a list" in page
    assert 'aria-label="dataset raw:v0"' in page
    assert page.count('class="tip') == 6
    assert f'data-from="r{trained.run_id}" data-to="v{trained.pk}"' in page
    assert "7 nodes" in page
    direct = shown(client, "?depth=direct")
    assert "raw:v0</text>" not in direct


def test_more_than_five_runs_are_folded_into_a_group_that_can_be_searched(
    world: World, project: Project, trained: ArtifactVersion, client: Client
) -> None:
    for number in range(9):
        reader = factories.run(project, user=world.bob, display_name=f"reader-{number}", job_type="evaluate")
        RunUse.objects.create(run=reader, version=trained)
    client.force_login(world.bob)
    page = shown(client)
    assert "8 runs</text>" in page
    group = "run-1"
    assert f'href="?group={group}"' in page
    opened = shown(client, f"?group={group}")
    assert "8 runs, folded" in opened
    found = shown(client, f"?group={group}&find=READER-3").split('id="side"')[1].split("</aside>")[0]
    assert "reader-3" in found
    assert "reader-2" not in found
    unfolded = shown(client, f"?open={group}")
    assert "reader-6</text>" in unfolded
    assert "Fold again" in unfolded


def test_a_project_one_cannot_see_is_opaque(world: World, trained: ArtifactVersion, client: Client) -> None:
    secret = factories.project(world.team, "hush", user=world.alice)
    reader = factories.run(secret, user=world.alice, display_name="secret-run", job_type="secret-job")
    RunUse.objects.create(run=reader, version=trained)
    factories.version(secret, "hidden-thing", user=world.alice, run=reader)
    Project.objects.filter(pk=secret.pk).update(visibility=Project.Visibility.RESTRICTED)
    client.force_login(world.bob)
    page = shown(client)
    assert "hidden run" in page
    assert "hidden artifact" in page
    for word in ("secret-run", "secret-job", "hidden-thing", "hush", f'"r{reader.pk}"', f"=r{reader.pk}"):
        assert word not in page
    client.force_login(world.alice)
    assert "secret-run" in drawn(shown(client))


def test_a_version_that_is_seen_only_in_a_registry_is_named_as_it_is_there(
    world: World, trained: ArtifactVersion, client: Client
) -> None:
    secret = factories.project(world.team, "hush", user=world.alice)
    [reader] = lineages.readers(trained, 1, project=secret)
    made = factories.version(secret, "inner-name", user=world.alice, run=reader)
    published = factories.portfolio(world.model, "published", user=world.alice)
    link.link_version(made, published, acting_user=world.alice)
    Project.objects.filter(pk=secret.pk).update(visibility=Project.Visibility.RESTRICTED)
    client.force_login(world.bob)
    page = shown(client)
    assert "published:v0" in drawn(page)
    assert "inner-name" not in page
    assert "/orgs/Acme%20Corp/registry/model/published/v0/lineage" in page


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("yolo:v0", "yolo:v0"),
        ("sixteen-letters:", "sixteen-letters:"),
        ("a-report-with-a-long-name:v1499", "a-report-…:v1499"),
        ("a-run-with-a-long-name", "a-run-with-a-lo…"),
        ("odd:but-with-a-long-end", "odd:but-with-a-…"),
    ],
)
def test_a_name_that_is_too_long_keeps_its_number(name: str, label: str) -> None:
    assert GraphNode("v1", "artifact", "model", name).label == label
    assert len(label) <= 16


def test_a_circle_is_drawn(world: World, trained: ArtifactVersion, client: Client) -> None:
    assert trained.run is not None
    RunUse.objects.create(run=trained.run, version=trained)
    client.force_login(world.bob)
    assert "sunny-sky-3" in drawn(shown(client))


def test_a_version_without_runs_explains_how_lineage_comes_about(
    world: World, project: Project, client: Client
) -> None:
    factories.version(project, user=world.bob)
    client.force_login(world.bob)
    page = shown(client)
    assert "No runs are recorded for this version" in page
    assert "use_artifact" in page


def test_a_large_graph_is_bounded_and_costs_queries_by_its_levels(
    world: World, project: Project, trained: ArtifactVersion, client: Client, django_assert_max_num_queries: object
) -> None:
    lineages.readers(trained, MOST_NODES + 20)
    with django_assert_max_num_queries(8):  # type: ignore[operator]
        found = walk(trained, 3)
    assert found.is_cut
    assert len(found.runs) + len(found.versions) == MOST_NODES
    assert len(found.versions) >= 3, "what led to it is taken in too, however much came of it"
    client.force_login(world.bob)
    page = shown(client)
    assert f"Only the {MOST_NODES} nearest nodes" in page
    assert "reader-5019" in drawn(page)
    assert len(page) < 50_000


def test_as_many_queries_for_twenty_nodes_as_for_two_thousand(
    world: World, trained: ArtifactVersion, client: Client
) -> None:
    client.force_login(world.bob)
    beside = {"HX-Request": "true", "HX-Target": "side"}
    asked = [
        ("", {}),
        ("?group=run-1&find=1", {}),
        (f"?node=r{trained.run_id}", beside),
        ("?open=run-1&open=artifact-2", {}),
    ]

    def queries() -> list[int]:
        counts = []
        for query, headers in asked:
            client.get(ADDRESS + query, headers=headers)
            with CaptureQueriesContext(connection) as counted:
                response = client.get(ADDRESS + query, headers=headers)
            assert response.status_code == 200
            assert len(response.content) < 100_000
            counts.append(len(counted))
        return counts

    lineages.outputs(lineages.readers(trained, 8))
    few = queries()
    lineages.outputs(lineages.readers(trained, 1_000, name="late"), "late")
    assert queries() == few
    assert few[0] <= 30


def test_a_long_way_is_walked_to_its_end_and_costs_what_a_shorter_one_costs(
    trained: ArtifactVersion, django_assert_num_queries: object, django_assert_max_num_queries: object
) -> None:
    lineages.chain(trained, 30)
    with CaptureQueriesContext(connection) as counted:
        assert len(walk(trained, EVERYTHING).keys) == 7 + 60
    far = lineages.chain(ArtifactVersion.objects.latest("pk"), 90, first=30)
    with django_assert_num_queries(len(counted)):  # type: ignore[operator]
        found = walk(trained, EVERYTHING)
    assert len(found.keys) == 7 + 240
    assert len(found.edges) == 6 + 240
    assert not found.is_cut
    assert list(found.keys)[-1] == f"v{far.pk}", "nearest first"
    with django_assert_max_num_queries(len(counted)):  # type: ignore[operator]
        back = walk(far, EVERYTHING)
    assert len(back.keys) == 5 + 240, "eval-1 and its report are no ancestors"
    assert set(back.edges) < set(found.edges)
    assert len(counted) <= 4 * LEVELS_WALKED + 7


def test_a_deep_walk_finds_what_one_by_levels_finds(
    world: World, trained: ArtifactVersion, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a fork, a circle, a run that logged what another had logged, an unfinished version and ways that meet again."""
    [fork, again] = lineages.readers(trained, 2, name="fork")
    left, right = lineages.outputs([fork, fork], "left")
    RunOutput.objects.create(run=again, version=left)
    end = lineages.chain(left, 3)
    [meeting] = lineages.readers(right, 1, name="meeting")
    RunUse.objects.create(run=meeting, version=end)
    assert trained.run is not None
    RunUse.objects.create(run=trained.run, version=lineages.outputs([meeting], "met")[0])
    unfinished = lineages.outputs([meeting], "unfinished")[0]
    ArtifactVersion.objects.filter(pk=unfinished.pk).update(state="PENDING", index=None)
    RunOutput.objects.create(run=again, version=unfinished)
    for version in (trained, end, right):
        by_levels = walk(version, EVERYTHING)
        with monkeypatch.context() as changed:
            changed.setattr("artifacts.lineage.graph.LEVELS_WALKED", 1)
            deep = walk(version, EVERYTHING)
        assert deep.keys.keys() == by_levels.keys.keys()
        assert deep.edges == by_levels.edges
        assert f"v{unfinished.pk}" not in deep.keys


def test_a_deep_walk_ends_where_there_is_no_more_room(
    world: World, trained: ArtifactVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("artifacts.lineage.graph.MOST_NODES", 50)
    far = lineages.chain(trained, 60)
    found = walk(trained, EVERYTHING)
    assert found.is_cut
    assert len(found.keys) == 50
    assert f"v{far.pk}" not in found.keys


def test_a_long_graph_is_drawn_by_parts(world: World, trained: ArtifactVersion, client: Client) -> None:
    lineages.chain(trained, 120)
    client.force_login(world.bob)
    page = shown(client, "?depth=all")
    assert "247 nodes" in page
    assert "Drawn: level 2 before to level 63 after this version. In all: level 2 before to level 120 after" in page
    assert "link59x-0" in drawn(page)
    assert "link119x-0" not in page
    assert "Earlier levels" not in page
    assert "Later levels" not in shown(client)
    page = shown(client, link_named(page, "later-levels"))
    assert "Drawn: level 31 to level 95 after this version." in page
    page = shown(client, link_named(page, "later-levels"))
    assert {"link119x-0", "step-119:v0"} < set(drawn(page))
    assert "yolo:v0" not in drawn(page)
    assert 'id="later-levels"' not in page
    assert len(page) < 100_000
    told = page.split("The same as a list")[1]
    assert 'further on <a href="/vision/detector/' in told
    assert told.count("further on") == 1
    assert "step-119:v0</a>" in told
    page = shown(client, link_named(page, "earlier-levels"))
    assert "link60x-0" in drawn(page)
    assert "yolo:v0" in drawn(shown(client, link_named(page, "to-version")))
    for odd in ("x", "99999", "-0", "1e3", "٣"):
        assert "yolo:v0" in drawn(shown(client, f"?depth=all&around={odd}"))


def test_a_long_list_is_told_however_deep(world: World, trained: ArtifactVersion, client: Client) -> None:
    lineages.chain(trained, 45)
    client.force_login(world.bob)
    page = shown(client, "?depth=all")
    body = page.split('class="panel outline"')[1].split("</details>")[0]
    assert body.count("<ul>") == body.count("</ul>") > 80
    assert body.count("<li>") == body.count("</li>")
    assert "step-44:v0" in body


def test_the_list_says_how_many_are_folded(world: World, trained: ArtifactVersion, client: Client) -> None:
    lineages.outputs(lineages.readers(trained, 20))
    client.force_login(world.bob)
    told = shown(client).split("The same as a list")[1]
    assert 'used by <a href="?group=run-1" data-swap="side">19 runs, folded</a>' in told
    assert "19 artifacts, folded</a>" in told
    assert "/vision/detector/runs/" in told


def test_a_chosen_depth_stays_with_what_is_hidden(world: World, trained: ArtifactVersion, client: Client) -> None:
    client.force_login(world.bob)
    page = shown(client, f"?depth=all&hide=r{trained.run_id}")
    assert '<option value="all" selected>' in page
    assert f'<input type="hidden" name="hide" value="r{trained.run_id}">' in page
    assert f"&amp;hide=r{trained.run_id}" in page


def test_a_dense_graph_is_drawn_as_far_as_it_is_legible(
    world: World, project: Project, trained: ArtifactVersion, client: Client
) -> None:
    [first] = lineages.readers(trained, 1)
    many = lineages.readers(trained, 100, name="dense")
    made = lineages.outputs([first] * 100)
    RunUse.objects.bulk_create([RunUse(run=run, version=one) for run in many for one in made], batch_size=500)
    client.force_login(world.bob)
    page = shown(client)
    assert "more to draw than is legible" not in page
    groups = re.findall(r'id="n-((?:run|artifact)-[^"]+)"', page)
    assert len(groups) == 2
    page = shown(client, f"?open={groups[0]}&open={groups[1]}")
    assert "more to draw than is legible" in page
    assert page.count('class="tip"') == MOST_ARROWS
    assert len(page) < 100_000


@pytest.mark.skipif(connection.vendor != "sqlite", reason="a small table is read as a whole by PostgreSQL, rightly")
def test_levels_are_read_by_indexes(db: None) -> None:
    for rows in (
        _uses("run", [1, 2]),
        _uses("version", [1]),
        _outputs_of_runs([1, 2]),
        _outputs_of_versions([1]),
        _unfinished([1]),
    ):
        assert isinstance(rows, QuerySet)
        assert "SCAN" not in rows.explain()
    with CaptureQueriesContext(connection) as counted:
        for way in (BACKWARDS, FORWARDS):
            _reached([1], way, 10)
    for query in counted.captured_queries:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {query['sql']}")
            plan = [row[3] for row in cursor.fetchall()]
        assert {line for line in plan if line.startswith("SCAN")} == {"SCAN reached"}
