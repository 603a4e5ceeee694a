"""Projects through the public API, and what people may not do with them, with teams and with accounts."""

import pytest

from artifacts.models import Entity, Project, User
from tests import factories
from tests.client.conftest import Client
from tests.client.refusals import refusals, together
from tests.conftest import World

pytestmark = pytest.mark.client


def test_projects_are_made_listed_and_read(client: Client, world: World) -> None:
    run = factories.run(factories.project(world.team, user=world.bob), user=world.bob)
    factories.project(world.team, "other", user=world.alice)
    said = together(
        client,
        f"""
        api = wandb.Api()
        api.create_project("fresh", "vision")
        api.create_project("fresh", "vision")
        carol = api_of("carol")
        found = carol.projects("vision", per_page=1)
        say(sorted(row.name for row in found), found.length, carol.projects("vision") is found)
        row = carol.project("detector", entity="vision")
        say(row.path, row.url, repr(row), row.owner.username, row.id == carol.from_path("vision/detector").id)
        say(row.entity, row.created_at[:4] > "2000", row.is_benchmark, [kind.name for kind in row.artifacts_types()])
        say(carol.from_path("vision/detector/runs/{run.name}").id, api.from_path("detector").entity)
        say(api.project("wandb-registry-model", "Acme Corp").entity, api.project("wandb-registry-model").id == carol.registry("model").id)
        say([row.name for row in api_of("mallory").projects("strangers")])
        """,
    )
    assert said[:3] == [["detector", "fresh", "other"], None, True]
    assert said[3] == ["vision", "detector"]
    assert client.opens(str(said[4]), user="carol").status_code == 200
    assert said[5:8] == ["<Project vision/detector>", "bob", True]
    assert said[8:12] == ["vision", True, False, []]
    assert said[12:] == [run.name, "vision", "acme-corp", True, []]
    assert Project.objects.filter(name="fresh").count() == 1
    assert "fresh" in client.opens("/vision", user="carol").content.decode()


def test_what_may_not_be_done_with_projects_teams_and_accounts(client: Client, world: World) -> None:
    factories.project(world.team, user=world.bob)
    told = refusals(
        client,
        [
            'api.project("absent", "vision").id',
            'mallory.project("detector", "vision").id',
            'next(mallory.projects("vision"))',
            'api.create_project("x", "nowhere")',
            'mallory.create_project("x", "vision")',
            'carol.create_project("x", "vision")',
            'api.create_project("wandb-registry-x", "vision")',
            'api.create_project("a/b", "vision")',
            'api.from_path("a/b/c/d/e")',
            'api.create_user("x@example.com")',
            'api.create_team("mine")',
            'api.team("strangers")',
            'api.team("nowhere")',
        ],
        before='carol, mallory = api_of("carol"), api_of("mallory")',
    )
    parts = [
        ("ValueError", "Project absent not found"),
        ("ValueError", "Project detector not found"),
        ("WandbApiFailedError", "entity “vision” not found"),
        ("WandbApiFailedError", "entity “nowhere” not found"),
        ("WandbApiFailedError", "entity “vision” not found"),
        ("WandbApiFailedError", "permission denied: your role in “vision” can't make projects"),
        ("WandbApiFailedError", "begins like a registry's"),
        ("WandbApiFailedError", "contains “/”"),
        ("Error", "Invalid path"),
        ("WandbApiFailedError", "permission denied: only a site administrator makes accounts"),
        # The client passes over why a team can't be made or loaded and stumbles over what it then doesn't get.
        *[("KeyError", "members")] * 3,
    ]
    for one, (kind, part) in zip(told, parts, strict=True):
        assert (one.kind, part in one.text) == (kind, True), one
    assert Project.objects.ordinary().count() == 1
    assert not Entity.objects.filter(name="mine").exists()
    assert not User.objects.filter(email="x@example.com").exists()
