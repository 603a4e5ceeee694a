"""People, teams and API keys through the public API."""

import pytest

from artifacts.actions import people
from artifacts.models import ApiKey, TeamMember, User
from tests.client.conftest import Client
from tests.client.refusals import together
from tests.conftest import World

pytestmark = pytest.mark.client


def test_the_viewer_their_keys_and_colleagues(client: Client, world: World) -> None:
    people.change_user(world.alice, email="al@example.com", full_name="Alice A.", acting_user=None)
    said = client.run(
        """
        api = wandb.Api()
        viewer = api.viewer
        say(viewer.username, viewer.entity, viewer.teams, viewer.admin, repr(viewer), api.default_entity)
        say(len(viewer.api_keys), viewer.user_api.viewer.username)
        key = viewer.generate_api_key("a laptop")
        say(wandb.Api(api_key=key).viewer.username)
        again = wandb.Api().viewer
        say(len(again.api_keys), [name[:6] == key[:6] for name in again.api_keys], again.delete_api_key(again.api_keys[1]))
        api.flush()
        say(len(wandb.Api().viewer.api_keys))
        try:
            wandb.Api(api_key=key).viewer
        except Exception as error:
            say(type(error).__name__, str(error))

        alice = api.user("al@example.com")
        say(alice.username, alice.name, alice.email, alice.teams, alice.api_keys)
        say(api.user("alice").id == alice.id, [user.username for user in api.users("a")], api.user("mallory"), api.users("zz"))
        """
    )
    assert said[:6] == ["bob", "vision", ["vision"], False, "<User bob>", "vision"]
    assert said[6:13] == [1, "bob", "bob", 2, [False, True], True, 1]
    # The deleted key opens nothing any more.
    assert said[13] == "AuthenticationError"
    assert "Failed to verify credentials" in str(said[14])
    assert said[15:20] == ["alice", "Alice A.", "al@example.com", ["vision"], []]
    assert said[20:] == [True, ["alice", "carol"], None, []]
    assert ApiKey.objects.get(description="a laptop").revoked_at is not None
    assert "Revoked" in client.opens("/settings").content.decode()


def test_a_team_is_made_filled_and_emptied(client: Client, world: World) -> None:
    people.change_user(world.alice, is_admin=True, acting_user=None)
    said = together(
        client,
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
        say([member.username for member in api.create_team("video", "bob").members])

        bob = api_of("bob")
        say(bob.viewer.teams, [member.username for member in bob.team("audio").members])
        # A member takes out nobody but themself, invites nobody and makes no accounts; carol is in another team.
        say([member.delete() for member in bob.team("audio").members], bob.team("vision").invite("alice"))
        say([member.delete() for member in bob.team("vision").members if member.username != "bob"])
        say([member.delete() for member in api.team("audio").members if member.username != "alice"])
        say([member.username for member in bob.team("vision").members], [row.username for row in api.team("audio").members])
        """,
        user="alice",
    )
    assert said[:3] == ["new.one", "new.one@example.com", "<User new.one@example.com>"]
    assert said[3:5] == ["<Team audio>", [["alice", True]]]
    # bob again is the answer that got lost; another role is none of an invitation's business.
    assert said[5:7] == [[True, True, True, False, False], None]
    assert said[7] == [["alice", True], ["bob", False], ["new.one", True]]
    assert said[9] == ["bob"]
    assert said[10:12] == [["vision", "audio", "video"], ["alice", "bob", "new.one"]]
    assert said[12:15] == [[False, True, False], False, [False, False]]
    assert said[15:] == [[True], ["alice", "bob", "carol"], ["alice"]]
    assert "new.one" not in client.opens("/audio/settings", user="alice").content.decode()
    assert list(TeamMember.objects.filter(team__name="audio").values_list("user__name", flat=True)) == ["alice"]
    assert User.objects.get(name="new.one").is_active
    assert "new.one" in client.opens("/orgs/acme-corp/-/members", user="alice").content.decode()


def test_people_from_elsewhere_are_invited_and_nothing_of_them_is_told(client: Client, world: World) -> None:
    people.change_user(world.mallory, email="mallory@elsewhere.example", acting_user=None)
    said = together(
        client,
        """
        api = wandb.Api()
        team = api.team("vision")
        say([team.invite(*words) for words in (("mallory",), ("mallory@elsewhere.example",), ("mallory", True))])
        team.load(force=True)
        say([member.username for member in team.members], api.user("mallory"))
        say(api.create_team("audio", "mallory").members, [member.account_type for member in api.team("alice").members])
        say(api_of("mallory").viewer.entity, api_of("mallory").viewer.teams)
        """,
        user="alice",
    )
    assert said[:3] == [[True, True, False], ["alice", "bob", "carol"], None]
    assert said[3:] == [[], ["USER"], "strangers", ["strangers"]]
