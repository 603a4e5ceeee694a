"""The profile of a team or a person, and a team's members."""

import re

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from artifacts.actions import organizations, people
from artifacts.models import AuditEvent, NameRedirect, Project, TeamMember, User
from tests import factories
from tests.conftest import World


def shown(answer: HttpResponse) -> str:
    """The page without its tokens."""
    return re.sub(r'[A-Za-z0-9]{64}|nonce="[^"]*"', "", answer.content.decode())


def text(client: Client, user: User, address: str, **headers: str) -> str:
    client.force_login(user)
    return client.get(address, headers=headers).content.decode()


def test_anonymous_visitors_log_in_first(client: Client, world: World) -> None:
    assert client.get("/vision")["Location"] == "/login?next=/vision"
    assert client.get("/vision/settings")["Location"] == "/login?next=/vision/settings"


def test_a_stranger_finds_neither_team_nor_person(client: Client, world: World) -> None:
    client.force_login(world.mallory)
    hidden, absent = client.get("/vision"), client.get("/nothing")
    assert (hidden.status_code, absent.status_code) == (404, 404)
    assert shown(hidden).replace("vision", "nothing") == shown(absent)
    for address in ("/vision/settings", "/bob", "/acme-corp", "/vision/-/members/bob/remove"):
        assert client.get(address).status_code == 404
    assert client.post("/vision/-/members/add", {"name": "mallory", "role": "admin"}).status_code == 404


@pytest.mark.parametrize("who", ["alice", "bob", "carol"])
def test_members_see_projects_runs_and_each_other(client: Client, world: World, who: str) -> None:
    project = factories.project(world.team, user=world.bob)
    factories.run(project, user=world.bob, display_name="sunny-sky-7")
    factories.version(project, user=world.bob)
    page = text(client, getattr(world, who), "/vision")
    for words in ("detector", "sunny-sky-7", "alice", "bob", "carol", "Viewer", "Team of Acme Corp"):
        assert words in page
    assert "The last part of this page’s address is the team’s entity." in page
    assert 'data-copy="vision"' in page


def test_a_restricted_project_is_shown_to_those_who_see_it(client: Client, world: World) -> None:
    project = factories.project(world.team, "secret-plans", user=world.bob)
    factories.run(project, user=world.bob, display_name="quiet-run")
    Project.objects.filter(pk=project.pk).update(visibility="restricted")
    assert "secret-plans" in text(client, world.alice, "/vision")
    for user in (world.bob, world.carol):
        page = text(client, user, "/vision")
        assert "secret-plans" not in page
        assert "quiet-run" not in page


def test_a_persons_page_says_that_nothing_here_can_be_linked(client: Client, world: World) -> None:
    assert "Artifacts logged here can’t be linked to a registry." in text(client, world.bob, "/bob")
    factories.project(world.bob.personal, "diary", user=world.bob)
    assert "diary" in text(client, world.bob, "/bob")
    assert "diary" not in text(client, world.alice, "/bob")


def test_an_organizations_entity_leads_to_its_registries(client: Client, world: World) -> None:
    client.force_login(world.bob)
    assert client.get("/acme-corp")["Location"] == "/orgs/Acme%20Corp/registry"
    assert client.get("/acme-corp/settings")["Location"] == "/orgs/Acme%20Corp/settings"


def test_former_names_and_other_capitals_lead_to_the_name(client: Client, world: World) -> None:
    NameRedirect.objects.create(name_key="sight", entity=world.team)
    client.force_login(world.bob)
    assert client.get("/sight?after=x")["Location"] == "/vision?after=x"
    assert client.get("/VISION/settings")["Location"] == "/vision/settings"
    client.force_login(world.mallory)
    assert client.get("/sight").status_code == 404


def test_projects_come_in_pages(client: Client, world: World) -> None:
    for number in range(53):
        Project.objects.create(entity=world.team, name=f"p{number:03}", name_key=f"p{number:03}")
    first = text(client, world.bob, "/vision")
    assert ("p049" in first, "p050" in first) == (True, False)
    older = re.findall(r'href="(\?after=[^"]+)"', first)[0]
    second = text(client, world.bob, f"/vision{older}", **{"HX-Request": "true"})
    assert ("p049<" in second, "p052" in second, "<html" in second) == (False, True, False)
    assert "p049" in text(client, world.bob, "/vision?after=p049"), (
        "an address of another day begins with the first page"
    )


def test_the_profile_asks_as_little_for_fifty_projects_as_for_two(client: Client, world: World) -> None:
    client.force_login(world.bob)
    client.get("/vision")

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/vision").status_code == 200
        return len(queries)

    for number in range(8):
        factories.run(factories.project(world.team, f"a{number}", user=world.bob), user=world.bob)
    few = asked()
    for number in range(40):
        factories.run(factories.project(world.team, f"b{number}", user=world.bob), user=world.bob)
    assert asked() == few


# ---- members


def test_the_members_are_read_by_all_and_changed_by_administrators(client: Client, world: World) -> None:
    for user, manages in ((world.alice, True), (world.bob, False), (world.carol, False)):
        page = text(client, user, "/vision/settings")
        assert "carol" in page
        assert ("Add member" in page) == manages
    for user in (world.bob, world.carol):
        client.force_login(user)
        assert client.post("/vision/-/members/add", {"name": "mallory", "role": "member"}).status_code == 403
        assert client.post("/vision/-/members/carol/role", {"role": "admin"}).status_code == 403
        assert client.get("/vision/-/members/alice/remove").status_code == 403
        assert client.post("/vision/-/members/alice/remove").status_code == 403
    assert TeamMember.objects.filter(team=world.team).count() == 3


def test_an_administrator_adds_changes_and_removes(client: Client, world: World) -> None:
    dora = people.create_user("dora", acting_user=None)
    organizations.add_member(world.organization, dora, "member", acting_user=None)
    client.force_login(world.alice)
    assert client.post("/vision/-/members/add", {"name": "Dora", "role": "viewer"}).status_code == 302
    member = TeamMember.objects.get(team=world.team, user=dora)
    assert member.role == "viewer"
    assert client.post("/vision/-/members/dora/role", {"role": "member"}).status_code == 302
    member.refresh_from_db()
    assert member.role == "member"
    assert "Remove dora from vision?" in client.get("/vision/-/members/dora/remove").content.decode()
    assert client.post("/vision/-/members/dora/remove").status_code == 302
    assert not TeamMember.objects.filter(pk=member.pk).exists()
    verbs = AuditEvent.objects.filter(actor=world.alice).values_list("verb", flat=True)
    assert {"member.added", "member.changed", "member.removed"} <= set(verbs)


def test_a_name_that_nobody_has_is_said_beside_the_field(client: Client, world: World) -> None:
    client.force_login(world.alice)
    answer = client.post("/vision/-/members/add", {"name": "<nobody>", "role": "member"})
    assert answer.status_code == 422
    assert "Nobody here is called “&lt;nobody&gt;”" in answer.content.decode()


@pytest.mark.parametrize("role", ["root", "ADMIN ", "", "restricted_viewer"])
def test_an_invented_role_changes_nothing(client: Client, world: World, role: str) -> None:
    client.force_login(world.alice)
    assert client.post("/vision/-/members/bob/role", {"role": role}).status_code == 400
    assert TeamMember.objects.get(team=world.team, user=world.bob).role == "member"


def test_one_may_always_leave(client: Client, world: World) -> None:
    client.force_login(world.carol)
    assert "Leave vision?" in client.get("/vision/-/members/carol/remove").content.decode()
    assert client.post("/vision/-/members/carol/remove")["Location"] == "/"
    assert not TeamMember.objects.filter(user=world.carol).exists()


def test_with_htmx_the_list_is_told_to_refresh(client: Client, world: World) -> None:
    client.force_login(world.alice)
    answer = client.post("/vision/-/members/bob/role", {"role": "viewer"}, headers={"HX-Request": "true"})
    assert answer.status_code == 204
    assert "membersChanged" in answer["HX-Trigger"]
    part = client.get("/vision/settings", headers={"HX-Request": "true"}).content.decode()
    assert 'id="members"' in part
    assert "<html" not in part


def test_a_person_has_settings_but_no_members(client: Client, world: World) -> None:
    client.force_login(world.bob)
    assert client.get("/bob/settings")["Location"] == "/settings"
    assert client.get("/alice/settings").status_code == 404
    assert client.post("/bob/-/members/add", {"name": "carol", "role": "member"}).status_code == 404
