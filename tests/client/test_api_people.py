"""People, teams and API keys through the public API."""

import pytest

from artifacts.actions import organizations, people
from artifacts.models import ApiKey, Entity, TeamMember, User
from registry.actions.registries import create_organization
from tests.client.conftest import Client
from tests.client.refusals import refusals
from tests.conftest import World

pytestmark = pytest.mark.client


def test_the_viewer_and_their_keys(client: Client, world: World) -> None:
    said = client.run(
        """
        api = wandb.Api()
        viewer = api.viewer
        say(viewer.username, viewer.entity, viewer.teams, viewer.admin, repr(viewer), api.default_entity)
        say(len(viewer.api_keys), viewer.user_api.viewer.username)
        key = viewer.generate_api_key("a laptop")
        say(key, wandb.Api(api_key=key).viewer.username)
        again = wandb.Api().viewer
        say(len(again.api_keys), [name[:6] == key[:6] for name in again.api_keys], again.delete_api_key(again.api_keys[1]))
        api.flush()
        say(len(wandb.Api().viewer.api_keys))
        """
    )
    assert said[:6] == ["bob", "vision", ["vision"], False, "<User bob>", "vision"]
    assert said[6:8] == [1, "bob"]
    assert said[9:] == ["bob", 2, [False, True], True, 1]
    key = ApiKey.objects.get(description="a laptop")
    assert key.revoked_at is not None
    # The deleted key opens nothing any more.
    seen = client.run(
        """
        try:
            wandb.Api().viewer
        except Exception as error:
            say(type(error).__name__, str(error))
        """,
        key=str(said[8]),
    )
    assert seen[0] == "AuthenticationError"
    assert "Failed to verify credentials" in str(seen[1])
    assert "Revoked" in client.opens("/settings").content.decode()


def test_people_are_found_by_colleagues(client: Client, world: World) -> None:
    people.change_user(world.alice, email="al@example.com", full_name="Alice A.", acting_user=None)
    said = client.run(
        """
        api = wandb.Api()
        alice = api.user("al@example.com")
        say(alice.username, alice.name, alice.email, alice.teams, alice.api_keys, alice.delete_api_key.__name__)
        say(api.user("alice").id == alice.id, [user.username for user in api.users("a")], api.user("mallory"), api.users("zz"))
        say(api.user("strangers"))
        """
    )
    assert said[:5] == ["alice", "Alice A.", "al@example.com", ["vision"], []]
    assert said[6:] == [True, ["alice", "carol"], None, [], None]


def test_a_team_is_made_filled_and_emptied(client: Client, world: World) -> None:
    people.change_user(world.alice, is_admin=True, acting_user=None)
    said = client.run(
        """
        api = wandb.Api()
        made = api.create_user("new.one@example.com", admin=False)
        say(made.username, made.email, repr(made))
        team = api.create_team("audio")
        say(repr(team), [(member.username, member.admin) for member in team.members])
        say([team.invite(*words) for words in (("bob",), ("new.one@example.com", True), ("bob",), ("bob", True), ("nobody",))])
        say(team.create_service_account("ci"))
        team.load(force=True)
        say(sorted((member.username, member.admin) for member in team.members), repr(team.members[0]))
        other = api.create_team("video", "bob")
        say([member.username for member in other.members])
        """,
        user="alice",
    )
    assert said[:3] == ["new.one", "new.one@example.com", "<User new.one@example.com>"]
    assert said[3:5] == ["<Team audio>", [["alice", True]]]
    # bob again is the answer that got lost; another role is none of an invitation's business.
    assert said[5:7] == [[True, True, True, False, False], None]
    assert said[7] == [["alice", True], ["bob", False], ["new.one", True]]
    assert said[9] == ["bob"]
    seen = client.run(
        """
        api = wandb.Api()
        say(api.viewer.teams, [member.username for member in api.team("audio").members])
        with wandb.init(entity="audio", project="songs") as run:
            run.log({"loss": 1})
        say(api.team("audio").members[1].delete(), api.team("audio").invite("carol"))
        """,
        user="bob",
    )
    assert seen[:2] == [["vision", "audio", "video"], ["alice", "bob", "new.one"]]
    # A member takes out nobody but themself, and invites nobody.
    assert seen[2:] == [True, False]
    assert "new.one" in client.opens("/audio/settings", user="alice").content.decode()
    gone = client.run(
        """
        team = wandb.Api().team("audio")
        say([member.delete() for member in team.members if member.username != "alice"])
        team.load(True)
        say([member.username for member in team.members], wandb.Api().team("vision").members[2].username)
        """,
        user="alice",
    )
    assert gone == [[True], ["alice"], "carol"]
    assert list(TeamMember.objects.filter(team__name="audio").values_list("user__name", flat=True)) == ["alice"]
    assert User.objects.get(name="new.one").is_active


def test_what_people_may_not_do_to_teams_and_accounts(client: Client, world: World) -> None:
    said = client.run(
        """
        team = wandb.Api().team("vision")
        say(team.invite("alice"), [member.delete() for member in team.members if member.username != "bob"])
        say(team.create_service_account("ci"))
        """
    )
    assert said == [False, [False, False], None]
    told = refusals(
        client,
        ['api.create_user("x@example.com")', 'api.create_team("mine")', 'api.team("strangers")', 'api.team("nowhere")'],
    )
    assert told[0].kind == "WandbApiFailedError"
    assert "permission denied: only a site administrator makes accounts" in told[0].text
    # The client passes over why a team can't be made or loaded and stumbles over what it then doesn't get.
    assert [one.kind for one in told[1:]] == ["KeyError"] * 3
    assert world.team.members.count() == 3
    assert not User.objects.filter(email="x@example.com").exists()


def test_a_new_team_of_somebody_with_two_organizations_belongs_to_that_of_the_default_entity(
    client: Client, world: World
) -> None:
    second = create_organization("Second", owner=world.alice, acting_user=None)
    organizations.create_team("second-team", second, members=[(world.alice, "admin")], acting_user=None)
    client.run('wandb.Api().create_team("audio")', user="alice")
    assert Entity.objects.get(name="audio").organization == world.organization
