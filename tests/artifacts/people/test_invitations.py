"""Who comes in: colleagues at once, people from elsewhere when they accept, and whom the site's administrators bring."""

import pytest
from django.test import Client

from artifacts.actions import invitations, organizations, people
from artifacts.errors import Conflict, Forbidden, NotFound
from artifacts.models import AuditEvent, Invitation, OrganizationMember, TeamMember
from registry.actions.registries import create_organization
from tests.conftest import World
from tests.wandb_api.asking import ask


@pytest.fixture
def invitation(world: World) -> Invitation:
    """What alice asked of mallory, who has an address and a team elsewhere."""
    people.change_user(world.mallory, email="mallory@elsewhere.example", acting_user=None)
    found = organizations.add_member(world.team, world.mallory, "member", acting_user=world.alice)
    assert isinstance(found, Invitation)
    return found


def belongs(world: World) -> bool:
    return (
        OrganizationMember.objects.filter(organization=world.organization, user=world.mallory).exists()
        or TeamMember.objects.filter(team=world.team, user=world.mallory).exists()
    )


@pytest.mark.parametrize(
    "road",
    [
        "team",
        "organization",
        "new team",
        "page of the team",
        "page of the organization",
        "client",
        "client by address",
        "client makes a team",
    ],
)
def test_by_no_road_does_somebody_from_elsewhere_belong_without_asking(road: str, world: World, client: Client) -> None:
    people.change_user(world.mallory, email="mallory@elsewhere.example", acting_user=None)
    client.force_login(world.alice)
    told = ""
    match road:
        case "team" | "organization":
            organizations.add_member(
                world.team if road == "team" else world.organization, world.mallory, "admin", acting_user=world.alice
            )
        case "new team":
            organizations.create_team(
                "speech", world.organization, members=[(world.mallory, "admin")], acting_user=world.alice
            )
        case "page of the team" | "page of the organization":
            address = "/vision" if road == "page of the team" else "/orgs/Acme%20Corp"
            assert client.post(f"{address}/-/members/add", {"name": "mallory", "role": "admin"}).status_code == 302
            told = client.get("/vision/settings").content.decode()
            told += client.get("/orgs/Acme%20Corp/-/members").content.decode()
        case "client":
            told = str(ask(world.alice, "CreateInvite", entity="vision", username="mallory"))
        case "client by address":
            told = str(ask(world.alice, "CreateInvite", entity="vision", email="mallory@elsewhere.example"))
            assert "'toUser': None" in told
            told = told.replace("'name': 'mallory@elsewhere.example', 'email': 'mallory@elsewhere.example'", "")
        case "client makes a team":
            told = str(ask(world.alice, "CreateTeam", teamName="speech", teamAdminUserName="mallory"))
            told += str(ask(world.alice, "GetTeamEntity", name="speech"))
    assert not belongs(world)
    assert "elsewhere.example" not in told
    assert people.default_entity(world.mallory) == world.strangers
    assert Invitation.objects.get().user == world.mallory


def test_colleagues_come_in_at_once(world: World) -> None:
    team = organizations.create_team(
        "speech", world.organization, members=[(world.bob, "member")], acting_user=world.alice
    )
    organizations.add_member(team, world.carol, "viewer", acting_user=world.alice)
    assert set(team.members.values_list("user__name", flat=True)) == {"bob", "carol"}
    assert not Invitation.objects.exists()


def test_the_operator_and_the_sites_administrators_bring_people_in(world: World) -> None:
    organizations.add_member(world.team, world.mallory, "member", acting_user=None)
    assert belongs(world)
    organizations.remove_member(world.organization, world.mallory, acting_user=world.alice)
    people.change_user(world.alice, is_admin=True, acting_user=None)
    world.alice.refresh_from_db()
    organizations.add_member(world.team, world.mallory, "member", acting_user=world.alice)
    assert belongs(world)
    assert people.default_entity(world.mallory) == world.strangers


def test_whoever_is_invited_sees_it_and_accepts(world: World, client: Client, invitation: Invitation) -> None:
    world.mallory.set_password("a long password 1")
    world.mallory.save()
    assert (
        client.post("/login", {"name": "mallory", "password": "a long password 1"})["Location"]
        == "/settings/invitations"
    )
    assert "You are invited." in client.get("/settings").content.decode()
    page = client.get("/settings/invitations").content.decode()
    assert all(name in page for name in ("vision", "Acme Corp", "alice"))
    assert client.get(f"/settings/invitations/{invitation.pk}/accept").status_code == 405
    assert client.post(f"/settings/invitations/{invitation.pk}/accept")["Location"] == "/vision"
    assert TeamMember.objects.get(team=world.team, user=world.mallory).role == "member"
    assert OrganizationMember.objects.get(organization=world.organization, user=world.mallory).role == "member"
    assert people.default_entity(world.mallory) == world.strangers
    assert "You are invited." not in client.get("/settings").content.decode()
    assert client.post(f"/settings/invitations/{invitation.pk}/accept").status_code == 404


def test_whoever_is_invited_declines(world: World, client: Client, invitation: Invitation) -> None:
    client.force_login(world.mallory)
    assert client.post(f"/settings/invitations/{invitation.pk}/decline").status_code == 302
    assert not belongs(world)
    assert not Invitation.objects.exists()
    assert AuditEvent.objects.filter(verb="member.invitation_declined", actor=world.mallory).count() == 1


def test_nobody_answers_for_another(world: World, client: Client, invitation: Invitation) -> None:
    for user in (world.alice, world.bob):
        client.force_login(user)
        for verb in ("accept", "decline"):
            assert client.post(f"/settings/invitations/{invitation.pk}/{verb}").status_code == 404
    assert Invitation.objects.exists()


def test_an_administrator_withdraws_by_the_page(world: World, client: Client, invitation: Invitation) -> None:
    client.force_login(world.bob)
    assert "mallory" not in client.get("/vision/settings").content.decode()
    assert client.post(f"/vision/-/invitations/{invitation.pk}/withdraw").status_code == 403
    client.force_login(world.alice)
    assert "Withdraw the invitation of mallory" in client.get("/vision/settings").content.decode()
    assert (
        client.post(f"/orgs/Acme%20Corp/-/invitations/{invitation.pk}/withdraw").status_code == 302
    )  # of another place
    assert Invitation.objects.exists()
    assert client.post(f"/vision/-/invitations/{invitation.pk}/withdraw").status_code == 302
    assert not Invitation.objects.exists()
    with pytest.raises(NotFound):
        invitations.accept(invitation.pk, acting_user=world.mallory)


def test_an_administrator_withdraws_by_the_client(world: World) -> None:
    number = ask(world.alice, "CreateInvite", entity="vision", username="mallory")["result"]["invite"]["id"]
    for _ in range(2):
        assert ask(world.alice, "DeleteInvite", id=number, entity="vision") == {"result": {"success": True}}
    assert not Invitation.objects.exists()


def test_the_same_invitation_is_one_and_another_role_a_conflict(world: World, invitation: Invitation) -> None:
    assert organizations.invite(world.team, world.mallory, "member", acting_user=world.alice) == invitation
    with pytest.raises(Conflict, match="is invited to “vision” already, as member"):
        organizations.invite(world.team, world.mallory, "admin", acting_user=world.alice)


def test_an_invitation_is_worth_as_much_as_who_made_it(world: World, invitation: Invitation) -> None:
    organizations.add_member(world.organization, world.bob, "admin", acting_user=world.alice)
    organizations.remove_member(world.organization, world.alice, acting_user=world.bob)
    with pytest.raises(Conflict, match="doesn't administer “vision” any more"):
        invitations.accept(invitation.pk, acting_user=world.mallory)
    assert not belongs(world)


def test_members_invite_nobody(world: World) -> None:
    with pytest.raises(Forbidden):
        organizations.add_member(world.team, world.mallory, "viewer", acting_user=world.bob)


# ---- default entities


def test_whoever_has_no_team_yet_logs_to_the_first_one(world: World) -> None:
    eve = people.create_user("eve", acting_user=None)
    found = organizations.add_member(world.team, eve, "member", acting_user=world.alice)
    assert people.default_entity(eve) == eve.personal
    invitations.accept(found.pk, acting_user=eve)
    assert people.default_entity(eve) == world.team


def test_whoever_belongs_elsewhere_without_a_team_keeps_their_own_entity(world: World) -> None:
    eve = people.create_user("eve", acting_user=None)
    organizations.add_member(world.elsewhere, eve, "member", acting_user=None)
    organizations.add_member(world.team, eve, "member", acting_user=None)
    assert people.default_entity(eve) == eve.personal


def test_a_role_that_is_raised_elsewhere_moves_no_default_entity(world: World) -> None:
    eve = people.create_user("eve", acting_user=None)
    organizations.add_member(world.team, eve, "viewer", acting_user=None)
    organizations.add_member(world.strangers, eve, "member", acting_user=None)
    people.set_default_entity(eve, world.strangers, acting_user=eve)
    organizations.add_member(world.team, eve, "member", acting_user=world.alice)
    assert people.default_entity(eve) == world.strangers
    people.set_default_entity(eve, eve.personal, acting_user=eve)
    assert people.default_entity(eve) == eve.personal


# ---- addresses of people


def test_an_address_is_for_those_who_share_an_organization(world: World) -> None:
    second = create_organization("Third", owner=world.bob, acting_user=None)
    people.change_user(world.bob, email="bob@acme.example", acting_user=None)
    assert "bob@acme.example" in str(ask(world.carol, "SearchUsers", query="bob"))
    assert "bob" not in str(ask(world.mallory, "SearchUsers", query="bob")["users"])
    organizations.add_member(second, world.mallory, "viewer", acting_user=None)
    assert "bob@acme.example" in str(ask(world.mallory, "SearchUsers", query="bob"))
