"""Beside the lineage graph: a run or a version before one goes to it, groups by pages, what is taken out and what is hidden."""

import re

import pytest
from django.test import Client

from artifacts.models import ArtifactVersion, Project, Role, Run
from registry.actions import link
from tests import factories
from tests.artifacts.lineage import lineages
from tests.artifacts.lineage.test_lineage import ADDRESS, drawn, link_named, shown
from tests.artifacts.versions.test_version_pages import reader_of_the_link_alone
from tests.conftest import World

NOT_THERE = "This lineage has no such node that you can see"
SIDE = {"HX-Request": "true", "HX-Target": "side"}


@pytest.fixture
def trained(world: World) -> ArtifactVersion:
    return lineages.trained(factories.project(world.team, user=world.bob), world.bob)


def beside(page: str) -> str:
    return page.split('id="side"')[1].split("</aside>")[0]


def test_a_run_is_shown_beside_the_graph(world: World, trained: ArtifactVersion, client: Client) -> None:
    Run.objects.filter(pk=trained.run_id).update(
        config={"lr": {"value": 0.004}, "_wandb": {"value": {}}, "epochs": {"value": 60}},
        summary={"val_acc": 0.9313, "_runtime": 75},
        state="failed",
    )
    client.force_login(world.bob)
    query = f"?node=r{trained.run_id}"
    assert f'href="{query}"' in shown(client)
    page = shown(client, query)
    side = beside(page)
    for words in (
        "sunny-sky-3",
        "failed",
        "train",
        "vision/<wbr>detector",
        "bob",
        "1 min 15 s",
        "0.004",
        "60",
        "0.9313",
        "View run",
    ):
        assert words in side
    assert "_wandb" not in side
    assert trained.run is not None
    assert f'href="/vision/detector/runs/{trained.run.name}"' in side
    assert re.search(rf'id="n-r{trained.run_id}"[^>]* aria-current="true"', page)
    part = client.get(ADDRESS + query, headers=SIDE).content.decode()
    assert part.strip().startswith("<aside")
    assert '<svg class="graph' not in part
    assert "0.9313" in part


def test_a_version_is_shown_beside_the_graph(world: World, trained: ArtifactVersion, client: Client) -> None:
    coco = ArtifactVersion.objects.get(sequence__name="coco")
    portfolio = factories.portfolio(world.dataset, "pictures", "dataset", user=world.alice)
    link.link_version(coco, portfolio, aliases=["gold"], acting_user=world.bob)
    client.force_login(world.bob)
    side = beside(shown(client, f"?node=v{coco.pk}"))
    for words in (
        "coco:v0",
        "vision/detector/coco:v0",
        "latest",
        "bob",
        "4.0 KiB",
        "Linked To",
        "dataset/pictures:v0",
        "View version",
    ):
        assert words in side
    assert 'href="/vision/detector/artifacts/dataset/coco/v0/lineage"' in side
    own = beside(shown(client, f"?node=v{trained.pk}"))
    assert "vision/detector/yolo:v0" in own
    assert "View version" in own
    assert "Lineage of this version" not in own
    assert "Hide" not in own


def test_what_is_not_in_the_graph_or_not_to_be_seen_is_not_there(
    world: World, trained: ArtifactVersion, client: Client
) -> None:
    secret = factories.project(world.team, "hush", user=world.alice)
    [reader] = lineages.readers(trained, 1, project=secret, name="secret")
    Project.objects.filter(pk=secret.pk).update(visibility=Project.Visibility.RESTRICTED)
    apart = factories.run(trained.project, user=world.bob)
    for user, status in ((world.bob, 404), (world.carol, 404), (world.alice, 200)):
        client.force_login(user)
        answer = client.get(f"{ADDRESS}?node=r{reader.pk}")
        assert answer.status_code == status
        assert (NOT_THERE in answer.content.decode()) == (status == 404)
    client.force_login(world.bob)
    for key in (
        f"r{apart.pk}",
        "v999999",
        "x1",
        "r",
        "r0",
        f"r{10**30}",
        "v%00",
        "v%D9%A1",
        "%F0%9F%98%80",
        "run-1",
        "<b>",
    ):
        for headers in ({}, SIDE):
            answer = client.get(f"{ADDRESS}?node={key}", headers=headers)
            assert answer.status_code == 404, key
            assert NOT_THERE in answer.content.decode()
    hidden = shown(client, f"?out=r{reader.pk}&hide=r{reader.pk}")
    assert "hidden run" in drawn(hidden)
    assert "Show hidden" not in hidden
    client.force_login(world.mallory)
    assert client.get(f"{ADDRESS}?node=v{trained.pk}").status_code == 404


def test_a_reader_of_the_link_alone_looks_at_nothing_but_the_link(
    world: World, trained: ArtifactVersion, client: Client
) -> None:
    portfolio = factories.portfolio(world.model, user=world.alice)
    link.link_version(trained, portfolio, acting_user=world.bob)
    lineages.readers(trained, 20)
    client.force_login(reader_of_the_link_alone(world, Role.RESTRICTED_VIEWER))
    address = "/orgs/Acme%20Corp/registry/model/detectors/v0/lineage"
    page = client.get(address).content.decode()
    assert "hidden run" in page
    assert "19 runs" in page
    group = beside(client.get(f"{address}?group=run-1").content.decode())
    assert "19 in projects you can’t see." in group
    assert "reader" not in group + page
    assert client.get(f"{address}?node=r{trained.run_id}").status_code == 404
    own = beside(client.get(f"{address}?node=v{trained.pk}").content.decode())
    assert "wandb-registry-model/detectors:v0" in own
    assert "yolo" not in own


@pytest.mark.parametrize(
    "query",
    ["depth=x", "open=x&open=run-1.v", "open=run-99999999", "group=run--0", "group=%00", "find=%00&group=run-1", "after=-1",
     "after=99999999999999999999", "hide=run-7&out=v", "hide=v0&out=%FF", "open=" + "&open=".join(f"run-{n}" for n in range(9, 60))],
)  # fmt: skip
def test_what_an_address_says_that_is_nothing_of_the_kind_is_ignored(
    world: World, trained: ArtifactVersion, client: Client, query: str
) -> None:
    lineages.readers(trained, 8)
    client.force_login(world.bob)
    assert len(drawn(shown(client, f"?{query}"))) in {9, 10}


def test_a_group_is_walked_through_by_pages_and_searched_as_a_whole(
    world: World, trained: ArtifactVersion, client: Client
) -> None:
    secret = factories.project(world.team, "hush", user=world.alice)
    lineages.readers(trained, 3, project=secret, name="secret")
    Project.objects.filter(pk=secret.pk).update(visibility=Project.Visibility.RESTRICTED)
    lineages.readers(trained, 130)
    client.force_login(world.bob)
    side = beside(shown(client, "?group=run-1"))
    assert "132 runs, folded" in side
    assert "3 in projects you can’t see." in side
    names = re.findall(r'class="clip">([^<]*)<', side)
    assert names == [f"reader-{n}" for n in range(127, 77, -1)]
    query, seen = link_named(side, "older-members"), list(names)
    while query:
        side = beside(shown(client, query))
        seen += re.findall(r'class="clip">([^<]*)<', side)
        query = link_named(side, "older-members") if "older-members" in side else ""
    assert len(seen) == len(set(seen)) == 129
    assert seen[-1] == "eval-1"
    assert "?group=run-1" in link_named(side, "newest-members")
    found = beside(shown(client, "?group=run-1&find=reader-7"))
    assert re.findall(r'class="clip">([^<]*)<', found) == [f"reader-{n}" for n in (*range(79, 69, -1), 7)]
    assert "No name holds “nothing”." in shown(client, "?group=run-1&find=nothing")


def test_a_group_is_unfolded_by_pages_and_folded_again(world: World, trained: ArtifactVersion, client: Client) -> None:
    lineages.readers(trained, 140)
    client.force_login(world.bob)
    page = shown(client, link_named(shown(client, "?group=run-1"), "unfold"))
    first = {name for name in drawn(page) if name.startswith("reader")}
    assert first == {f"reader-{n}" for n in range(90, 140)}
    assert "91 runs" in drawn(page)
    page = shown(client, link_named(page, "unfold-next"))
    assert {name for name in drawn(page) if name.startswith("reader")} == {f"reader-{n}" for n in range(40, 90)}
    page = shown(client, link_named(page, "unfold-next"))
    assert {name for name in drawn(page) if name.startswith("reader")} == {f"reader-{n}" for n in range(40)}
    assert "unfold-next" not in page
    assert len(page) < 100_000
    assert "reader-139" in drawn(shown(client, link_named(page, "unfold-first")))
    assert "139 runs" in drawn(shown(client, link_named(page, "fold")))
    assert "139 runs" in drawn(shown(client, link_named(page, "fold-again")))


def test_a_member_is_taken_out_of_its_group_and_put_back(
    world: World, trained: ArtifactVersion, client: Client
) -> None:
    made = lineages.outputs(lineages.readers(trained, 20))
    client.force_login(world.bob)
    group = shown(client, "?group=artifact-2&find=result:v4")
    key = f"v{made[4].pk}"
    assert re.findall(r'class="clip">([^<]*)<', beside(group)) == ["result:v4"]
    assert "result:v4" not in drawn(group)
    page = shown(client, link_named(group, f"out-{key}"))
    assert "result:v4" in drawn(page)
    assert "19 artifacts" in drawn(page), "beside it one fewer is shown than before"
    preview = shown(client, link_named(page, f"n-{key}"))
    assert "Take out of its group" not in preview
    back = shown(client, link_named(preview, "put-back"))
    assert "result:v4" not in drawn(back)
    assert "Take out of its group" in back
    assert f"out={key}" in link_named(back, "take-out")


def test_nodes_and_groups_are_hidden_and_shown_again(world: World, trained: ArtifactVersion, client: Client) -> None:
    lineages.readers(trained, 20)
    client.force_login(world.bob)
    page = shown(client, f"?node=r{trained.run_id}")
    page = shown(client, link_named(page, "hide-node"))
    assert "sunny-sky-3" not in drawn(page)
    assert "sunny-sky-3" not in page.split("The same as a list")[1]
    assert "Show hidden (1)" in page
    page = shown(client, link_named(page, "n-run-1"))
    page = shown(client, link_named(page, "hide-group"))
    assert "Show hidden (2)" in page
    assert "19 runs" not in drawn(page)
    assert f'data-to="r{trained.run_id}"' not in page
    page = shown(client, link_named(page, "show-hidden"))
    assert {"sunny-sky-3", "19 runs"} <= set(drawn(page))
    root = shown(client, f"?hide=v{trained.pk}")
    assert "yolo:v0" in drawn(root)
    assert "Show hidden" not in root
