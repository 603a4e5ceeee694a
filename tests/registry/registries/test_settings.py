"""A registry's settings: name, description, icon, visibility, types, access, roles, owner, deletion."""

from html import unescape

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from artifacts.actions import organizations, people
from artifacts.models import AuditEvent, Project, ProjectMember, Role, User, Verb
from registry.actions import registries, settings
from registry.actions.link import link_by_name
from registry.models import Registry
from tests import factories
from tests.conftest import World

CORE = "/orgs/Acme Corp/registry/model/-"
MINE = "/orgs/Acme Corp/registry/Mine/-"


@pytest.fixture
def mine(world: World) -> Project:
    """A registry that bob made, and so administers."""
    return registries.create_registry(world.organization, "Mine", acting_user=world.bob).project


def test_a_new_name_leaves_a_redirect_and_a_taken_one_is_refused_beside_its_field(
    client: Client, world: World, mine: Project
) -> None:
    client.force_login(world.bob)
    taken = client.post(f"{MINE}/settings/general", {"name": "dataset", "description": "new"})
    assert taken.status_code == 422
    assert taken.context["general_form"].errors["name"] == [
        "A registry named “dataset” exists in “Acme Corp”; choose another name."
    ]
    mine.refresh_from_db()
    assert (mine.title, mine.description) == ("Mine", "")
    assert client.post(f"{MINE}/settings/general", {"name": "Ours", "description": "new"}).status_code == 302
    mine.refresh_from_db()
    assert (mine.title, mine.description) == ("Ours", "new")
    assert client.get("/orgs/Acme Corp/registry/Mine")["Location"] == "/orgs/Acme%20Corp/registry/Ours"
    assert client.get(f"{MINE}/settings")["Location"].endswith("/registry/Ours/-/settings")


def test_a_member_describes_and_gives_no_other_name(client: Client, world: World, mine: Project) -> None:
    dora = people.create_user("dora", acting_user=None)
    organizations.add_member(world.organization, dora, "member", acting_user=None)
    client.force_login(dora)
    assert client.post(f"{MINE}/settings/general", {"name": "Mine", "description": "by dora"}).status_code == 302
    answer = client.post(f"{MINE}/settings/general", {"name": "Hers", "description": "by dora"})
    assert answer.status_code == 422
    assert "permission denied" in answer.context["general_form"].errors["name"][0]
    assert answer.context["general_form"].errors["name"][0] in unescape(answer.content.decode())
    mine.refresh_from_db()
    assert (mine.title, mine.description) == ("Mine", "by dora")
    page = client.get(f"{MINE}/settings").content.decode()
    assert 'name="name"' not in page
    settings.rename_registry(mine, "Yours", acting_user=world.bob)  # while dora's page is open
    assert client.post(f"{MINE}/settings/general", {"description": "still dora"}).status_code == 302
    mine.refresh_from_db()
    assert (mine.title, mine.description) == ("Yours", "still dora")


def test_a_core_registry_keeps_name_description_visibility_and_life(client: Client, world: World) -> None:
    client.force_login(world.alice)
    assert client.post(f"{CORE}/settings/general", {"name": "model", "description": "x"}).status_code == 422
    assert client.post(f"{CORE}/settings/visibility").status_code == 422
    assert client.post(f"{CORE}/delete", {"name": "model"}).status_code == 422
    page = client.get(f"{CORE}/settings").content.decode()
    assert "Name and description of a core registry are fixed." in page
    assert "Delete registry" not in page


def test_an_icon_is_chosen_from_those_offered(client: Client, world: World, mine: Project) -> None:
    client.force_login(world.bob)
    assert client.post(f"{MINE}/settings/icon", {"icon": "rocket", "colour": "c"}).status_code == 302
    registry = Registry.objects.get(project=mine)
    assert (registry.icon_name, registry.icon_colour) == ("rocket", "c")
    assert 'class="glyph c"' in client.get("/orgs/Acme Corp/registry").content.decode()
    assert client.post(f"{MINE}/settings/icon", {"icon": "../x"}).status_code == 400
    client.post(f"{MINE}/settings/icon", {"icon": "", "colour": ""})
    assert Registry.objects.get(project=mine).icon == ""


def test_restricting_asks_first_and_hides_it_from_the_others(client: Client, world: World, mine: Project) -> None:
    client.force_login(world.bob)
    assert "no way back" in client.get(f"{MINE}/settings/visibility").content.decode()
    client.post(f"{MINE}/settings/visibility")
    mine.refresh_from_db()
    assert mine.visibility == Project.Visibility.RESTRICTED
    client.force_login(world.carol)
    assert client.get("/orgs/Acme Corp/registry/Mine").status_code == 404


def test_a_list_of_types_begins_with_those_in_use_and_only_grows(client: Client, world: World, mine: Project) -> None:
    version = factories.version(factories.project(world.team, user=world.bob), user=world.bob)
    link_by_name(version, mine, "zoo", acting_user=world.bob)
    client.force_login(world.bob)
    client.post(f"{MINE}/settings/accepted", {"accepted": "specify"})
    client.post(f"{MINE}/settings/types", {"types": "engine"})
    assert Registry.objects.get(project=mine).type_names == ["engine", "model"]
    client.post(f"{MINE}/settings/accepted", {"accepted": "all"})
    assert Registry.objects.get(project=mine).accepts_all_types
    assert client.post(f"{MINE}/settings/accepted", {"accepted": "none"}).status_code == 422


def test_people_and_teams_are_let_in_together_or_not_at_all(client: Client, world: World, mine: Project) -> None:
    User.objects.filter(pk=world.carol.pk).update(email="Carol@acme.example")
    client.force_login(world.bob)
    answer = client.post(f"{MINE}/settings/access", {"names": "carol@acme.example, vision, nobody"})
    assert answer.status_code == 422
    assert "Neither a member nor a team" in answer.context["access_form"].errors["names"][0]
    assert mine.members.count() == 1
    client.post(f"{MINE}/settings/access", {"names": "carol@acme.example, vision"})
    assert {(row.user or row.team).name: row.role for row in mine.members.all()} == {
        "bob": Role.ADMIN,
        "carol": Role.RESTRICTED_VIEWER,
        "vision": Role.RESTRICTED_VIEWER,
    }
    stranger = client.post(f"{MINE}/settings/access", {"names": "mallory"})
    assert stranger.status_code == 422


def test_roles_are_set_changed_and_taken_away(client: Client, world: World, mine: Project) -> None:
    client.force_login(world.bob)
    client.post(f"{MINE}/settings/members", {"member": "carol"})
    assert client.post(f"{MINE}/settings/members/user/carol/role", {"role": "member"}).status_code == 302
    assert mine.members.get(user=world.carol).role == Role.MEMBER
    client.post(f"{MINE}/settings/members/user/alice/role", {"role": "viewer"})
    assert mine.members.get(user=world.alice).role == Role.VIEWER
    client.post(f"{MINE}/settings/members/user/carol/role", {"role": ""})
    assert not mine.members.filter(user=world.carol).exists()
    assert client.post(f"{MINE}/settings/members/user/bob/role", {"role": "viewer"}).status_code == 409
    assert client.post(f"{MINE}/settings/members/user/alice/role", {"role": "king"}).status_code == 400
    verbs = AuditEvent.objects.filter(project_number=mine.pk).values_list("verb", flat=True)
    assert {Verb.MEMBER_ADDED, Verb.MEMBER_CHANGED, Verb.MEMBER_REMOVED} <= set(verbs)


def test_access_ends_after_a_confirmation_and_one_administrator_stays(
    client: Client, world: World, mine: Project
) -> None:
    client.force_login(world.bob)
    client.post(f"{MINE}/settings/access", {"names": "vision"})
    assert "Delete the access of vision?" in client.get(f"{MINE}/settings/access/team/vision/remove").content.decode()
    client.post(f"{MINE}/settings/access/team/vision/remove")
    assert not ProjectMember.objects.filter(project=mine, team=world.team).exists()
    last = client.post(f"{MINE}/settings/access/user/bob/remove")
    assert last.status_code == 422
    assert "last administrator" in last.content.decode()


def test_the_owner_is_somebody_who_sees_it(client: Client, world: World, mine: Project) -> None:
    client.force_login(world.bob)
    client.post(f"{MINE}/settings/members/carol/owner")
    assert Registry.objects.get(project=mine).owner == world.carol
    assert mine.members.filter(user=world.carol).count() == 0
    assert "Owner" in client.get(f"{MINE}/settings").content.decode()
    client.post(f"{MINE}/settings/visibility")
    assert client.post(f"{MINE}/settings/members/carol/owner").status_code == 400


def test_deletion_wants_the_name_as_it_is_written(client: Client, world: World, mine: Project) -> None:
    client.force_login(world.bob)
    assert client.post(f"{MINE}/delete", {"name": "mine"}).status_code == 422
    assert client.post(f"{MINE}/delete", {"name": "Mine"})["Location"] == "/orgs/Acme%20Corp/registry"
    assert not Project.objects.filter(pk=mine.pk).exists()
    assert client.get("/orgs/Acme Corp/registry/Mine").status_code == 404


def test_members_look_at_settings_and_change_none(client: Client, world: World, mine: Project) -> None:
    registries.protect_alias(mine, "gold", acting_user=world.bob)
    client.force_login(world.carol)
    page = client.get(f"{MINE}/settings").content.decode()
    assert "You may look, not change." in page
    assert "Add access" not in page
    assert "<select" not in page.split('id="main"')[1]


@pytest.mark.parametrize("count", [2, 200])
def test_the_page_costs_the_same_for_many_members(
    client: Client, world: World, mine: Project, count: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(count):
        user = people.create_user(f"user{number}", acting_user=None)
        organizations.add_member(world.organization, user, "member", acting_user=None)
        ProjectMember.objects.create(project=mine, user=user, role=Role.VIEWER)
    client.force_login(world.bob)
    with django_assert_max_num_queries(34):
        assert client.get(f"{MINE}/settings").status_code == 200
