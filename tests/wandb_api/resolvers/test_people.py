"""Accounts that the client makes, who is invited into a team, and how keys are told apart."""

from datetime import timedelta

from artifacts.actions import invitations, organizations, people
from artifacts.models import Entity, Invitation, TeamMember, User
from registry.actions.registries import create_organization
from tests.conftest import World
from tests.wandb_api.asking import ask, nodes, refusal


def made(world: World, email: str, **fields: object) -> str:
    user = ask(world.alice, "CreateUserFromAdmin", email=email, **fields)["result"]["user"]
    assert (user["email"], user["admin"]) == (email, bool(fields.get("admin")))
    return user["username"]


def test_a_site_administrator_makes_accounts_named_by_their_address(world: World) -> None:
    assert "only a site administrator" in refusal(world.bob, "CreateUserFromAdmin", email="ada@example.com")
    people.change_user(world.alice, is_admin=True, acting_user=None)
    assert made(world, "ada@example.com") == "ada"
    assert made(world, "ada@example.com") == "ada"  # the answer got lost
    assert [made(world, f"{name}@other.example") for name in ("ada", "admin", "__", "Zoe.B+x", "bob")] == [
        "ada2", "admin2", "person", "zoe.b-x", "bob2"
    ]  # fmt: skip
    assert made(world, "root@example.com", admin=True) == "root"
    assert Entity.objects.get(name="ada2").user == User.objects.get(email="ada@other.example")
    assert not User.objects.get(name="ada").has_usable_password()
    for email, reason in (("", "No e-mail"), ("nobody", "no e-mail address"), ("root@example.com", "already")):
        assert reason in refusal(world.alice, "CreateUserFromAdmin", email=email)
    people.set_password(User.objects.get(name="ada"), "correct horse battery", acting_user=None)
    assert "“ada” has the address" in refusal(world.alice, "CreateUserFromAdmin", email="ADA@example.com")


def test_a_service_account_is_refused_with_the_way_to_do_without(world: World) -> None:
    refused = refusal(world.alice, "CreateServiceAccount", entity="vision", description="ci")
    assert refused == "Service accounts aren't served yet; make an account for the job and use its API key."


def test_an_invitation_never_changes_a_role_and_may_be_repeated(world: World) -> None:
    dave = people.create_user("dave", email="dave@example.com", acting_user=None)
    assert "No colleague" in refusal(world.alice, "CreateInvite", entity="vision", username="nobody")
    assert "only an administrator" in refusal(world.bob, "CreateInvite", entity="vision", username="dave")
    assert "only an administrator" in refusal(world.bob, "CreateInvite", entity="vision", username="nobody")
    assert "not found" in refusal(world.mallory, "CreateInvite", entity="vision", username="mallory")
    # alice administers the organization, so she asks whoever has an account, as in its settings.
    for _ in range(2):
        invite = ask(world.alice, "CreateInvite", entity="vision", email="DAVE@example.com")["result"]["invite"]
        assert (invite["name"], invite["toUser"]) == ("DAVE@example.com", None)
    assert "as member" in refusal(world.alice, "CreateInvite", entity="vision", username="dave", admin=True)
    invitations.accept(Invitation.objects.get().pk, acting_user=dave)
    # A colleague comes in at once, and who has just come in is the answer that got lost.
    for _ in range(2):
        assert ask(world.alice, "CreateInvite", entity="vision", username="dave")["result"]["invite"]["toUser"]
    assert TeamMember.objects.get(user=dave).role == "member"
    assert world.organization.members.get(user=dave).role == "member"
    assert "as member" in refusal(world.alice, "CreateInvite", entity="vision", username="dave", admin=True)
    assert "as admin" in refusal(world.alice, "CreateInvite", entity="vision", username="alice")
    member = TeamMember.objects.get(user=dave)
    TeamMember.objects.filter(pk=member.pk).update(created_at=member.created_at - timedelta(hours=1))
    assert "already" in refusal(world.alice, "CreateInvite", entity="vision", username="dave")
    assert "no team" in refusal(world.bob, "CreateInvite", entity="bob", username="alice")


def test_a_teams_administrator_invites_colleagues_only(world: World) -> None:
    organizations.add_member(world.team, world.bob, "admin", acting_user=None)
    people.create_user("dave", email="dave@example.com", acting_user=None)
    for name in ("dave", "mallory"):
        assert "No colleague" in refusal(world.bob, "CreateInvite", entity="vision", username=name)
    assert "No colleague" in refusal(world.bob, "CreateInvite", entity="vision", email="dave@example.com")


def test_two_keys_that_begin_alike_have_two_names(world: World) -> None:
    for end in ("a", "b"):
        people.create_api_key(world.bob, key="local-" + end * 40, description=end, acting_user=world.bob)
    own = {row["description"]: row for row in nodes(ask(world.bob, "GetViewer")["viewer"]["apiKeys"])}
    assert own["a"]["name"] == "local-…"
    assert own["b"]["name"] != own["a"]["name"]
    assert ask(world.bob, "DeleteApiKey", id=own["b"]["id"])["result"]["success"]
    assert set(world.bob.api_keys.filter(revoked_at=None).values_list("description", flat=True)) == {"a", "tests"}


def test_a_team_that_names_no_organization_belongs_to_the_only_one_or_that_of_the_default_entity(world: World) -> None:
    ask(world.alice, "CreateTeam", teamName="audio")
    second = create_organization("Second", owner=world.alice, acting_user=None)
    organizations.create_team("second-team", second, members=[(world.alice, "admin")], acting_user=None)
    ask(world.alice, "CreateTeam", teamName="video")
    assert set(Entity.objects.filter(name__in=["audio", "video"]).values_list("organization", flat=True)) == {
        world.organization.pk
    }
    people.create_user("eve", acting_user=None)
    assert "several organizations or none" in refusal(User.objects.get(name="eve"), "CreateTeam", teamName="mine")
