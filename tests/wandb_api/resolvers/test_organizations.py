"""Organizations, entities, people and keys, as the client reads and changes them."""

import pytest

from artifacts import auth
from artifacts.actions import organizations, people
from artifacts.models import ApiKey, Entity
from registry_site.wandb_api.engine import ids
from tests.conftest import World
from tests.wandb_api.asking import ask, nodes, post, queries_of, refusal


def test_an_organization_is_found_by_its_name_and_by_its_entitys(world: World) -> None:
    for name in ("Acme Corp", "acme corp", "acme-corp"):
        found = ask(world.bob, "FetchOrganization", org=name)["organization"]
        assert (found["name"], found["orgEntity"]["name"]) == ("Acme Corp", "acme-corp")
        assert found["orgEntity"]["entityType"] == "organization"


def test_strangers_find_neither_organization_nor_team(world: World) -> None:
    for name in ("Acme Corp", "acme-corp", "no such"):
        assert ask(world.mallory, "FetchOrganization", org=name) == {"organization": None}
    for name in ("vision", "acme-corp", "alice", "no such"):
        assert ask(world.mallory, "FetchOrgInfoFromEntity", entity=name) == {"entity": None}
        assert ask(world.mallory, "GetTeamEntity", name=name) == {"entity": None}


def test_the_organization_of_a_team_and_of_a_person(world: World) -> None:
    team = ask(world.bob, "FetchOrgInfoFromEntity", entity="vision")["entity"]
    assert team == {"organization": {"name": "Acme Corp", "orgEntity": {"name": "acme-corp"}}, "user": None}
    own = ask(world.bob, "FetchOrgInfoFromEntity", entity="bob")["entity"]
    assert own["organization"] is None
    assert [row["name"] for row in own["user"]["organizations"]] == ["Acme Corp"]


def test_the_viewer_has_a_default_entity_and_teams(world: World) -> None:
    viewer = ask(world.bob, "GetViewer")["viewer"]
    assert (viewer["username"], viewer["entity"]) == ("bob", "vision")
    assert [team["name"] for team in nodes(viewer["teams"])] == ["vision"]
    assert ids.decode(viewer["id"], "User") == world.bob.pk
    assert ask(world.carol, "GetDefaultEntity")["viewer"]["entity"] == "carol"


def test_colleagues_are_found_and_strangers_are_not(world: World) -> None:
    people.change_user(world.alice, email="al_ice@example.com", acting_user=None)

    def found(user, query):
        return [row["username"] for row in nodes(ask(user, "SearchUsers", query=query)["users"])]

    assert found(world.bob, "ali") == ["alice"]
    assert found(world.bob, "al_ice@EXAMPLE.com") == ["alice"]
    assert found(world.bob, "") == ["alice", "bob", "carol"]
    assert found(world.bob, "%") == found(world.bob, "mallory") == found(world.mallory, "alice") == []
    assert found(world.bob, "_") == ["alice"]


def test_keys_are_shown_to_their_owner_only_and_never_whole(world: World) -> None:
    made = ask(world.alice, "GenerateApiKey", description="laptop")["result"]["apiKey"]
    assert auth.user_of_key(made["name"]) == world.alice
    own = nodes(ask(world.alice, "GetViewer")["viewer"]["apiKeys"])
    assert [row["name"] for row in own if row["description"] == "laptop"] == [f"{made['name'][:6]}"]
    seen = nodes(ask(world.bob, "SearchUsers", query="alice")["users"])[0]
    assert nodes(seen["apiKeys"]) == []
    assert "no such API key" in refusal(world.bob, "DeleteApiKey", id=made["id"])
    assert ask(world.alice, "DeleteApiKey", id=made["id"])["result"]["success"]
    assert auth.user_of_key(made["name"]) is None
    assert ask(world.alice, "DeleteApiKey", id=made["id"])["result"]["success"]
    assert ApiKey.objects.filter(user=world.alice, revoked_at__isnull=True).count() == 1


def test_a_team_tells_its_members(world: World) -> None:
    team = ask(world.carol, "GetTeamEntity", name="Vision")["entity"]
    assert [(row["username"], row["admin"]) for row in team["members"]] == [
        ("alice", True), ("bob", False), ("carol", False)
    ]  # fmt: skip
    assert (team["isTeam"], team["entityType"], team["readOnly"]) == (True, "team", True)
    assert ask(world.bob, "EntityIsTeam", entity="bob")["entity"]["isTeam"] is False


def test_teams_and_their_members_are_made_by_administrators(world: World) -> None:
    assert "only an administrator" in refusal(world.bob, "CreateTeam", teamName="audio")
    made = ask(world.alice, "CreateTeam", teamName="audio", teamAdminUserName="bob")["result"]["entity"]
    team = Entity.objects.get(name=made["name"])
    assert [(row.user.name, row.role) for row in team.members.all()] == [("bob", "admin")]
    invite = ask(world.bob, "CreateInvite", entity="audio", username="carol")["result"]["invite"]
    assert invite["toUser"]["name"] == "carol"
    assert "only an administrator" in refusal(world.carol, "CreateInvite", entity="audio", username="alice")
    assert "No colleague" in refusal(world.bob, "CreateInvite", entity="audio", username="mallory")
    assert ask(world.bob, "DeleteInvite", id=invite["id"], entity="audio")["result"]["success"]
    assert team.members.count() == 1


def test_the_default_entity_is_chosen_among_ones_own(world: World) -> None:
    text = "mutation($name: String) { updateUser(input: {defaultEntity: $name}) { user { entity } } }"
    assert post(world.bob, text, {"name": "bob"})["data"]["updateUser"]["user"]["entity"] == "bob"
    assert "not found" in post(world.bob, text, {"name": "strangers"})["errors"][0]["message"]


@pytest.mark.parametrize("operation", ["OrganizationCoreWeaveOrganizationID", "XXHashDigestsEnabled"])
def test_what_is_never_there(world: World, operation: str) -> None:
    found = ask(world.bob, operation, entityName="vision")["entity"]
    assert found in ({"organization": {"coreWeaveOrganizationId": None}}, {"xxhashDigestsEnabled": False})


def test_advanced_search_is_offered(world: World) -> None:
    found = ask(world.bob, "FetchAdvancedRegistryFeatures", organization="Acme Corp")["organization"]
    assert found["advancedRegistryFeatures"] == {"advancedSearch": True}
    assert ask(world.mallory, "FetchAdvancedRegistryFeatures", organization="Acme Corp") == {"organization": None}


def test_many_people_cost_no_more_queries_than_few(world: World) -> None:
    few = queries_of(world.alice, "SearchUsers", query="")
    for number in range(20):
        person = people.create_user(f"person{number}", acting_user=None)
        organizations.add_member(world.team, person, "member", acting_user=None)
    assert queries_of(world.alice, "SearchUsers", query="") == few


def test_a_persons_own_entity_lists_one_user(world: World) -> None:
    found = ask(world.bob, "GetTeamEntity", name="bob")["entity"]["members"]
    assert [(row["username"], row["accountType"]) for row in found] == [("bob", "USER")]
    assert {row["accountType"] for row in ask(world.bob, "GetTeamEntity", name="vision")["entity"]["members"]} == {
        "MEMBER"
    }


def test_keys_are_named_by_their_beginning(world: World) -> None:
    _, key = people.create_api_key(world.carol, acting_user=None)
    assert [key.startswith(row["name"]) for row in nodes(ask(world.carol, "GetViewer")["viewer"]["apiKeys"])] == [
        True,
        False,
    ]


def test_taking_out_a_member_again_is_no_error(world: World) -> None:
    number = ids.encode("User", world.carol.pk)
    for _ in range(2):
        assert ask(world.alice, "DeleteInvite", entity="vision", id=number) == {"result": {"success": True}}
