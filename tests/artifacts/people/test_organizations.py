"""An organization's members, teams and settings."""

import re

from django.test import Client

from artifacts.actions import organizations, people
from artifacts.models import Entity, OrganizationMember
from tests.conftest import World

MEMBERS = "/orgs/Acme%20Corp/-/members"
SETTINGS = "/orgs/Acme%20Corp/settings"


def test_an_organization_leads_to_its_registries_under_either_name(client: Client, world: World) -> None:
    client.force_login(world.bob)
    for name in ("Acme%20Corp", "acme%20corp", "acme-corp"):
        assert client.get(f"/orgs/{name}")["Location"] == "/orgs/Acme%20Corp/registry"


def test_other_spellings_lead_to_the_name(client: Client, world: World) -> None:
    client.force_login(world.bob)
    assert client.get("/orgs/acme-corp/settings")["Location"] == SETTINGS
    assert client.get("/orgs/acme-corp/-/members")["Location"] == MEMBERS


def test_strangers_and_anonymous_visitors_see_nothing(client: Client, world: World) -> None:
    for address in (MEMBERS, SETTINGS, "/orgs/Acme%20Corp"):
        assert client.get(address).status_code == 302
    client.force_login(world.mallory)
    for address in (MEMBERS, SETTINGS, "/orgs/Acme%20Corp", f"{MEMBERS}/bob/remove"):
        assert client.get(address).status_code == 404
    assert client.post(f"{MEMBERS}/add", {"name": "mallory", "role": "admin"}).status_code == 404
    assert client.post("/orgs/Acme%20Corp/-/teams", {"name": "moles"}).status_code == 404


def test_members_read_and_administrators_change(client: Client, world: World) -> None:
    for user, manages in ((world.alice, True), (world.bob, False), (world.carol, False)):
        client.force_login(user)
        page = client.get(MEMBERS).content.decode()
        assert "carol" in page
        assert "vision" in page
        assert ("Add member" in page) == manages
        settings = client.get(SETTINGS).content.decode()
        assert "acme-corp" in settings
        assert ("Create team" in settings) == manages
    for user in (world.bob, world.carol):
        client.force_login(user)
        assert client.post(f"{MEMBERS}/add", {"name": "mallory", "role": "admin"}).status_code == 403
        assert client.post(f"{MEMBERS}/{user.name}/role", {"role": "admin"}).status_code == 403
        assert client.post(f"{MEMBERS}/alice/remove").status_code == 403
        assert client.post("/orgs/Acme%20Corp/-/teams", {"name": "moles"}).status_code == 403
    assert not Entity.objects.named("moles").exists()


def test_an_administrator_adds_changes_and_removes(client: Client, world: World) -> None:
    dora = people.create_user("dora", acting_user=None)
    organizations.add_member(world.organization, dora, "member", acting_user=None)
    client.force_login(world.alice)
    client.post(f"{MEMBERS}/add", {"name": "dora", "role": "viewer"})
    member = OrganizationMember.objects.get(organization=world.organization, user=dora)
    client.post(f"{MEMBERS}/dora/role", {"role": "admin"})
    member.refresh_from_db()
    assert member.role == "admin"
    client.post(f"{MEMBERS}/dora/remove")
    assert not OrganizationMember.objects.filter(pk=member.pk).exists()


def test_the_last_administrator_is_told_why_they_stay(client: Client, world: World) -> None:
    client.force_login(world.alice)
    answer = client.post(f"{MEMBERS}/alice/role", {"role": "viewer"}, headers={"HX-Request": "true"})
    assert (answer.status_code, answer["Content-Type"]) == (409, "text/plain; charset=utf-8")
    assert "needs an administrator" in answer.content.decode()
    assert client.post(f"{MEMBERS}/alice/remove").status_code == 409
    answer = client.post(f"{MEMBERS}/add", {"name": "alice", "role": "member"})
    assert answer.status_code == 422
    assert "needs an administrator" in answer.content.decode()
    assert world.organization.members.get(user=world.alice).role == "admin"


def test_a_team_is_made_with_its_maker_as_administrator(client: Client, world: World) -> None:
    client.force_login(world.alice)
    assert client.post("/orgs/Acme%20Corp/-/teams", {"name": "speech"})["Location"] == "/speech/settings"
    team = Entity.objects.get(name="speech")
    assert team.organization == world.organization
    assert team.members.get().user == world.alice
    assert "speech" in client.get(SETTINGS).content.decode()


def test_a_teams_bad_name_is_said_beside_the_field(client: Client, world: World) -> None:
    client.force_login(world.alice)
    for name, words in (("vision", "is taken"), ("settings", "is an address of this site"), ("a b", "fit an address")):
        answer = client.post("/orgs/Acme%20Corp/-/teams", {"name": name})
        assert answer.status_code == 422
        assert words in answer.content.decode()


def test_site_administrators_manage_every_organization(client: Client, world: World) -> None:
    root = people.create_user("root", is_admin=True, acting_user=None)
    client.force_login(root)
    assert "Add member" in client.get(MEMBERS).content.decode()
    assert client.post(f"{MEMBERS}/bob/role", {"role": "viewer"}).status_code == 302


def test_hundreds_of_members_come_in_pages(client: Client, world: World) -> None:
    for number in range(101):
        person = people.create_user(f"member{number:03}", acting_user=None)
        OrganizationMember.objects.create(organization=world.organization, user=person)
    client.force_login(world.bob)
    first = client.get(MEMBERS).content.decode()
    assert ("member096" in first, "member097" in first) == (True, False)
    older = re.findall(r'href="([^"]+\?after=[^"]+)"', first)[0]
    second = client.get(older).content.decode()
    assert ("member096<" in second, "member100" in second) == (False, True)
