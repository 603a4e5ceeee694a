"""What is done to people: names, passwords, keys, and who stays an administrator."""

from datetime import timedelta

import pytest
from django.utils import timezone

from artifacts.actions import organizations, people
from artifacts.auth import user_of_key
from artifacts.errors import Conflict, Forbidden, Invalid, NotFound
from artifacts.models import ApiKey, AuditEvent, Entity, RetiredName, TeamMember, User
from tests.conftest import World

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "name", ["admin", "Registry", "ORGS", "login", "-", ".", "..", "", " ada", "a/b", "ada\u200b", "a" * 65]
)
def test_a_reserved_or_unfit_name_is_refused(name: str) -> None:
    with pytest.raises(Invalid):
        people.create_user(name, acting_user=None)
    assert not User.objects.exists()


@pytest.mark.parametrize("name", ["Bob", "BOB", "vision", "VISION", "acme-corp"])
def test_a_name_that_anything_has_is_refused_in_any_capitals(world: World, name: str) -> None:
    with pytest.raises(Conflict, match="is taken"):
        people.create_user(name, acting_user=None)
    with pytest.raises(Conflict, match="is taken"):
        organizations.create_team(name, world.organization, acting_user=world.alice)


def test_a_deleted_name_is_kept_for_ninety_days_from_everybody_but_the_operator(world: World) -> None:
    people.delete_user(world.bob, acting_user=None)
    with pytest.raises(Conflict, match="kept for 90 days"):
        organizations.create_team("Bob", world.organization, acting_user=world.alice)
    RetiredName.objects.update(until=timezone.now() - timedelta(seconds=1))
    organizations.create_team("Bob", world.organization, acting_user=world.alice)
    people.delete_user(world.carol, acting_user=None)
    assert people.create_user("carol", acting_user=None).personal.name == "carol"


def test_deleting_a_person_takes_their_own_entity_and_keys_with_them(world: World) -> None:
    _, key = people.create_api_key(world.bob, acting_user=world.bob)
    people.delete_user(world.bob, acting_user=None)
    assert not Entity.objects.named("bob").exists()
    assert user_of_key(key) is None
    assert AuditEvent.objects.filter(verb="user.deleted", label="bob").exists()


def test_only_site_administrators_make_and_delete_people(world: World) -> None:
    with pytest.raises(Forbidden):
        people.create_user("eve", acting_user=world.alice)
    with pytest.raises(Forbidden):
        people.delete_user(world.bob, acting_user=world.alice)
    with pytest.raises(Forbidden):
        people.change_user(world.bob, full_name="x", acting_user=world.alice)
    with pytest.raises(Forbidden):
        people.change_user(world.bob, is_admin=True, acting_user=world.bob)
    with pytest.raises(Forbidden):
        people.set_password(world.bob, "a long enough secret", acting_user=world.alice)


def test_the_last_site_administrator_stays(world: World) -> None:
    root = people.create_user("root", is_admin=True, acting_user=None)
    for change in ({"is_admin": False}, {"is_active": False}):
        with pytest.raises(Conflict, match="last administrator of this site"):
            people.change_user(root, **change, acting_user=root)  # type: ignore[arg-type]
    with pytest.raises(Conflict, match="last administrator of this site"):
        people.delete_user(root, acting_user=root)
    people.change_user(world.alice, is_admin=True, acting_user=root)
    people.change_user(root, is_admin=False, acting_user=root)
    assert list(User.objects.filter(is_admin=True)) == [world.alice]


def test_a_change_that_changes_nothing_leaves_no_event(world: World) -> None:
    people.change_user(world.bob, full_name="Bob", acting_user=world.bob)
    people.change_user(world.bob, full_name="Bob", acting_user=world.bob)
    assert AuditEvent.objects.filter(verb="user.changed").count() == 1


def test_a_bad_address_of_mail_is_refused(world: World) -> None:
    with pytest.raises(Invalid, match="no e-mail address"):
        people.change_user(world.bob, email="bob@", acting_user=world.bob)
    with pytest.raises(Invalid, match="no e-mail address"):
        people.create_user("eve", email="x\r\nBcc: y@z.example", acting_user=None)


@pytest.mark.parametrize("password", ["", "short", "elevenchars", "1q2w3e4r5t6y", "bobbobbob"])
def test_a_weak_password_is_refused(world: World, password: str) -> None:
    with pytest.raises(Invalid):
        people.set_password(world.bob, password, acting_user=world.bob)


# ---- keys


def test_a_key_belongs_to_whoever_made_it(world: World) -> None:
    row, key = people.create_api_key(world.bob, description="laptop", acting_user=world.bob)
    assert user_of_key(key) == world.bob
    assert len(key) == 40
    assert key not in (row.digest, row.prefix)
    with pytest.raises(Forbidden):
        people.create_api_key(world.bob, acting_user=world.alice)


@pytest.mark.parametrize("key", ["local-" + "a" * 40, "A" * 39 + "_", "x" * 512])
def test_the_operator_may_choose_any_key_that_the_client_takes(world: World, key: str) -> None:
    people.create_api_key(world.bob, key=key, acting_user=None)
    assert user_of_key(key) == world.bob
    with pytest.raises(Conflict):
        people.create_api_key(world.alice, key=key, acting_user=None)


@pytest.mark.parametrize("key", ["a" * 39, "local-" + "a" * 39, "ä" * 40, "a" * 40 + " ", "a" * 513, "a" * 40 + "\n"])
def test_a_key_that_the_client_would_refuse_is_refused(world: World, key: str) -> None:
    with pytest.raises(Invalid):
        people.create_api_key(world.bob, key=key, acting_user=None)
    assert not ApiKey.objects.exists()


def test_nobody_revokes_the_key_of_another(world: World) -> None:
    row, key = people.create_api_key(world.bob, acting_user=world.bob)
    with pytest.raises(NotFound):
        people.revoke_api_key(row, acting_user=world.alice)
    people.revoke_api_key(row, acting_user=world.bob)
    people.revoke_api_key(row, acting_user=world.bob)
    assert user_of_key(key) is None
    assert AuditEvent.objects.filter(verb="api_key.revoked").count() == 1


# ---- members


def test_the_last_administrator_of_an_organization_stays(world: World) -> None:
    for role in ("member", "viewer"):
        with pytest.raises(Conflict, match="needs an administrator"):
            organizations.add_member(world.organization, world.alice, role, acting_user=world.alice)
    with pytest.raises(Conflict, match="needs an administrator"):
        organizations.remove_member(world.organization, world.alice, acting_user=world.alice)
    with pytest.raises(Conflict, match="last administrator of"):
        people.delete_user(world.alice, acting_user=None)


@pytest.mark.parametrize("role", ["root", "ADMIN ", "", "owner", "restricted_viewer"])
def test_a_role_that_does_not_exist_is_refused(world: World, role: str) -> None:
    with pytest.raises(Invalid, match="is no role"):
        organizations.add_member(world.team, world.bob, role, acting_user=world.alice)
    assert TeamMember.objects.get(team=world.team, user=world.bob).role == "member"


def test_leaving_an_organization_leaves_its_teams(world: World) -> None:
    organizations.remove_member(world.organization, world.bob, acting_user=world.bob)
    assert not TeamMember.objects.filter(user=world.bob).exists()
    assert people.default_entity(world.bob) == world.bob.personal


def test_whoever_comes_to_a_team_as_viewer_views_the_organization(world: World) -> None:
    dave = people.create_user("dave", acting_user=None)
    organizations.add_member(world.team, dave, "viewer", acting_user=None)
    assert world.organization.members.get(user=dave).role == "viewer"
    organizations.add_member(world.team, dave, "member", acting_user=world.alice)
    assert world.organization.members.get(user=dave).role == "viewer"


def test_nobody_promotes_themselves(world: World) -> None:
    for place in (world.team, world.organization):
        with pytest.raises(Forbidden):
            organizations.add_member(place, world.bob, "admin", acting_user=world.bob)
