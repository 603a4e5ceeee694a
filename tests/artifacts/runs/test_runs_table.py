"""The runs of a project in a table: how they are filtered, ordered and shown, as the address says."""

import html
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from artifacts.listing.search_box import parse
from artifacts.models import Project, Run
from artifacts.runs import filters
from artifacts.versions.filters import VOCABULARY as VERSIONS
from tests import factories
from tests.conftest import World

PROJECT = "/vision/detector"


@pytest.fixture
def project(world: World) -> Project:
    """Four runs: a good one, a bad one, one that fell silent and one that says little."""
    made = factories.project(world.team, user=world.bob)

    def run(name: str, **fields: object) -> Run:
        return factories.run(made, user=world.bob, name=name, display_name=f"{name}-run", **fields)

    config = {"lr": {"value": 0.1}, "optimizer": {"value": {"name": "adam"}}, "_wandb": {"value": {"t": 1}}}
    good = run("good", config=config, summary={"loss": 0.2, "_runtime": 4000}, group="sweep one", job_type="train")
    good.tag_rows.create(name="night run")
    bad = run("bad", config={"lr": {"value": 0.001}}, summary={"loss": 0.9, "_runtime": 30}, state="failed")
    bad.tag_rows.create(name="day")
    silent = run("silent", state="running", summary={"loss": "NaN"})
    Run.objects.filter(pk=silent.pk).update(heartbeat_at=timezone.now() - timedelta(hours=1))
    factories.run(made, user=world.alice, name="plain", display_name="plain-run")
    return made


def names(client: Client, query: str) -> list[str]:
    return [row.run.name for row in client.get(f"{PROJECT}?{query}").context["rows"]]


@pytest.mark.parametrize(
    ("asked", "left"),
    [
        ("state:finished", ["plain", "good"]),
        ("state:Crashed", ["silent"]),
        ("state!=finished", ["silent", "bad"]),
        ('tag:"night run"', ["good"]),
        ("tag!=day", ["plain", "silent", "good"]),
        ('group:"sweep one" job:train', ["good"]),
        ("user:alice", ["plain"]),
        ("name:bad-run", ["bad"]),
        ("config.lr > 0.01", ["good"]),
        ("config.lr", ["bad", "good"]),
        ("config.optimizer.name = adam", ["good"]),
        ("summary.loss < 0.3", ["good"]),
        ("summary.loss >= 0.2", ["bad", "good"]),
        ("NIGHT", ["good"]),
        ("plain", ["plain"]),
        ("created>=2000-01-01 sweep", ["good"]),
        ("created<2000-01-01", []),
        ("metadata.x", []),
    ],
)
def test_conditions_leave_the_right_runs(
    client: Client, world: World, project: Project, asked: str, left: list[str]
) -> None:
    client.force_login(world.carol)
    response = client.get(PROJECT, {"q": asked})
    assert [row.run.name for row in response.context["rows"]] == left
    assert response.context["query_faults"] == []
    if not left:
        assert "No runs match the filter" in response.content.decode()


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("colour:red plain", "“colour:” isn’t a filter here; write state:"),
        ("config:red plain", "“config:” isn’t a filter here"),
        ("group>a plain", "“group&gt;” has no order"),
        ("created>soon plain", "compared with a moment such as 2026-01-31"),
        ("user: plain", ""),
    ],
)
def test_what_cannot_be_read_is_said_and_the_rest_counts(
    client: Client, world: World, project: Project, asked: str, said: str
) -> None:
    client.force_login(world.bob)
    page = client.get(PROJECT, {"q": asked})
    assert said in page.content.decode()
    assert [row.run.name for row in page.context["rows"]] == (["plain"] if said else [])


def test_runs_are_ordered_by_what_a_head_names(client: Client, world: World, project: Project) -> None:
    client.force_login(world.bob)
    assert names(client, "") == names(client, "sort=nonsense") == ["plain", "silent", "bad", "good"]
    assert names(client, "sort=name") == ["bad", "good", "plain", "silent"]
    assert names(client, "sort=-state") == ["plain", "good", "bad", "silent"]
    assert names(client, "sort=-duration")[:2] == ["good", "bad"]
    assert names(client, "sort=-summary.loss") == ["bad", "good", "plain", "silent"]
    assert names(client, "sort=-config.lr")[:2] == ["good", "bad"]
    assert names(client, 'sort=-config."') == names(client, "")


def test_columns_chips_and_states_are_links_that_keep_the_rest(client: Client, world: World, project: Project) -> None:
    client.force_login(world.bob)
    usual = client.get(PROJECT)
    page = usual.content.decode()
    assert usual.context["columns_shown"].keys == ["summary.loss"]
    assert "1 h 6 min" in page
    assert 'href="?q=group%3A%22sweep+one%22"' in page
    assert 'href="?q=tag%3Aday"' in page
    shown = client.get(f"{PROJECT}?show=config.lr&show=config.optimizer.name&show=state").content.decode()
    assert 'title="config.lr"' in shown
    assert ">adam</span>" in shown
    assert ">Created By</th>" not in shown
    assert "_wandb" not in shown
    asked = client.get(f"{PROJECT}?q=state:finished+config.lr>0.01&sort=name&show=state&show=tags")
    chips = {chip.words: chip.href for chip in asked.context["chips"]}
    assert chips["state:finished"] == "?sort=name&show=state&show=tags&q=config.lr%3E0.01"
    assert f'href="{html.escape(chips["state:finished"])}" aria-label="Remove state:finished"' in asked.content.decode()
    states = {state.words: state for state in asked.context["states"]}
    assert states["Finished"].is_current
    assert not states["All"].is_current
    assert states["Failed"].href == "?sort=name&show=state&show=tags&q=config.lr%3E0.01+state%3Afailed"
    # A tag with signs of the language in it leads to itself.
    Run.objects.get(name="bad").tag_rows.create(name='a "b" \\ >c')
    row = next(row for row in client.get(PROJECT).context["rows"] if row.run.name == "bad")
    odd = next(tag for tag in row.tags if "b" in tag.name)
    assert names(client, odd.href.removeprefix("?")) == ["bad"]
    alone = client.get(f"{PROJECT}?q=name:plain-run").context["columns_shown"]
    assert {"group", "job", "tags"}.isdisjoint(alone.names)


def test_two_runs_and_two_hundred_take_the_same_queries_and_every_page_is_reached(
    client: Client, world: World, project: Project
) -> None:
    client.force_login(world.bob)
    addresses = [f"{PROJECT}?sort=-summary.loss&q=tag!=x", f"{PROJECT}?sort=group&show=config.lr", PROJECT]

    def count(address: str) -> int:
        client.get(address)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    few = [count(address) for address in addresses]
    for number in range(200):
        made = factories.run(
            project, user=world.bob, name=f"m{number}", summary={"loss": number % 7}, group=f"g{number % 5}"
        )
        made.tag_rows.create(name="t")
    assert [count(address) for address in addresses] == few
    for address in addresses[:2]:
        seen: list[str] = []
        context = client.get(address).context
        seen += [row.run.name for row in context["rows"]]
        while context["runs"].older:
            context = client.get(PROJECT + context["runs"].older).context
            seen += [row.run.name for row in context["rows"]]
        assert len(seen) == len(set(seen)) == 204
        assert context["runs"].newer


def test_who_sees_the_table(client: Client, world: World, project: Project) -> None:
    address = f"{PROJECT}?q=state:finished&sort=-config.lr&show=config.lr"
    assert client.get(address).status_code == 302
    for user, status in ((world.mallory, 404), (world.carol, 200), (world.bob, 200), (world.alice, 200)):
        client.force_login(user)
        assert client.get(address).status_code == status


def test_the_words_of_runs_are_not_those_of_versions() -> None:
    assert [part.name for part in parse("alias:x state:y", filters.VOCABULARY).conditions] == ["state"]
    assert [part.name for part in parse("alias:x state:y", VERSIONS).conditions] == ["alias"]
    assert parse("config.x metadata.y", VERSIONS).conditions[0].name == ""
    assert parse("  tag:a   v3 ", VERSIONS).conditions[1].text == "v3"
