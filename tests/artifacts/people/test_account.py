"""Logging in and out, one's settings, API keys, and how the client gets its key."""

import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client, RequestFactory
from django.utils import timezone

from artifacts.actions import people
from artifacts.auth import user_of_key
from artifacts.models import ApiKey, AuditEvent, User
from artifacts.views.people import throttle
from registry_site.server import installation
from tests.conftest import World

PASSWORD = "a long enough secret"
KEY = re.compile(r"<code>([a-z0-9]{40})</code>")


@pytest.fixture(autouse=True)
def _nobody_has_guessed() -> None:
    cache.clear()


@pytest.fixture
def bob(world: World) -> User:
    people.set_password(world.bob, PASSWORD, acting_user=None)
    return world.bob


@pytest.fixture
def bobs(client: Client, bob: User) -> Client:
    client.post("/login", {"name": "bob", "password": PASSWORD, "stay": "on"})
    return client


def once(client: Client, address: str) -> str:
    found = re.search(r'name="once" value="([0-9a-f]{32})"', client.get(address).content.decode())
    assert found is not None
    return found[1]


# ---- logging in


def test_the_right_password_leads_where_one_wanted_to_go(client: Client, bob: User) -> None:
    answer = client.post("/login", {"name": "BoB", "password": PASSWORD, "next": "/vision?after=x"})
    assert (answer.status_code, answer["Location"]) == (302, "/vision?after=x")
    assert client.get("/settings").status_code == 200


def test_a_wrong_pair_says_one_sentence_whoever_is_meant(client: Client, bob: User) -> None:
    known = client.post("/login", {"name": "bob", "password": "wrong"})
    unknown = client.post("/login", {"name": "nobody", "password": "wrong"})
    for answer in (known, unknown):
        assert answer.status_code == 422
        assert "Name and password don’t fit together." in answer.content.decode()
    assert client.get("/settings").status_code == 302


@pytest.mark.parametrize(
    "address",
    [
        "//evil.example",
        "https:evil.example",
        "https://evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "http://testserver@evil.example",
        "///evil.example",
        "\\\\evil.example",
        "ftp://testserver/",
    ],
)
def test_the_way_back_stays_on_this_site(client: Client, bob: User, address: str) -> None:
    assert client.post("/login", {"name": "bob", "password": PASSWORD, "next": address})["Location"] == "/registry"
    assert client.get("/login", {"next": address})["Location"] == "/registry"


def test_the_session_key_changes_with_the_login(client: Client, bob: User) -> None:
    client.get("/login")
    session = client.session
    session["planted"] = "yes"
    session.save()
    before = session.session_key
    client.post("/login", {"name": "bob", "password": PASSWORD})
    assert client.session.session_key not in {None, before}


def test_without_staying_the_session_ends_with_the_browser(client: Client, bob: User) -> None:
    client.post("/login", {"name": "bob", "password": PASSWORD})
    assert client.session.get_expire_at_browser_close()
    client.post("/login", {"name": "bob", "password": PASSWORD, "stay": "on"})
    assert not client.session.get_expire_at_browser_close()


def test_after_ten_wrong_passwords_even_the_right_one_has_to_wait(client: Client, bob: User) -> None:
    for _ in range(8):
        throttle.fail(name="bob")
    for _ in range(2):
        assert client.post("/login", {"name": "Bob", "password": "wrong"}).status_code == 422
    answer = client.post("/login", {"name": "bob", "password": PASSWORD})
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 15 * 60
    assert re.search(r"Wait \d+ seconds", answer.content.decode())
    assert client.get("/settings").status_code == 302


def test_thirty_wrong_names_from_one_address_have_to_wait_too(client: Client, bob: User) -> None:
    for number in range(30):
        throttle.fail(name=f"guess{number}", address="127.0.0.1")
    assert client.post("/login", {"name": "bob", "password": PASSWORD}).status_code == 429


def test_the_right_password_forgives_the_wrong_ones(client: Client, bob: User) -> None:
    for _ in range(2):
        for _ in range(8):
            throttle.fail(name="bob")
        client.post("/login", {"name": "bob", "password": "wrong"})
        assert client.post("/login", {"name": "bob", "password": PASSWORD}).status_code == 302
        client.post("/logout")


def test_behind_a_proxy_of_this_machine_its_visitor_counts() -> None:
    request = RequestFactory().post("/login", REMOTE_ADDR="127.0.0.1", headers={"X-Forwarded-For": "6.6.6.6, 10.1.2.3"})
    assert throttle.address_of(request) == "10.1.2.3"
    direct = RequestFactory().post("/login", REMOTE_ADDR="9.9.9.9", headers={"X-Forwarded-For": "10.1.2.3"})
    assert throttle.address_of(direct) == "9.9.9.9"


def test_a_deactivated_person_loses_session_and_login(bobs: Client, bob: User) -> None:
    assert bobs.get("/settings").status_code == 200
    people.change_user(bob, is_active=False, acting_user=None)
    assert bobs.get("/settings").status_code == 302
    assert bobs.post("/login", {"name": "bob", "password": PASSWORD}).status_code == 422


def test_logging_out_takes_a_post(bobs: Client) -> None:
    assert bobs.get("/logout").status_code == 405
    assert bobs.post("/logout")["Location"] == "/login"
    assert bobs.get("/settings").status_code == 302


def test_a_login_from_elsewhere_is_refused(bob: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/login", {"name": "bob", "password": PASSWORD}).status_code == 403


# ---- settings


def test_the_profile_is_saved_and_written_down(bobs: Client, bob: User) -> None:
    bobs.post("/settings/profile", {"full_name": "Bob <b>Baker</b>", "email": "bob@example.com"})
    bob.refresh_from_db()
    assert (bob.full_name, bob.email) == ("Bob <b>Baker</b>", "bob@example.com")
    assert AuditEvent.objects.filter(verb="user.changed", actor=bob).count() == 1
    assert "Bob &lt;b&gt;Baker&lt;/b&gt;" in bobs.get("/settings").content.decode()


def test_what_is_wrong_is_said_and_what_was_typed_stays(bobs: Client) -> None:
    answer = bobs.post("/settings/profile", {"full_name": "Bob", "email": "nonsense"})
    assert answer.status_code == 422
    assert 'value="nonsense"' in answer.content.decode()


def test_nobody_makes_themselves_administrator(bobs: Client, bob: User) -> None:
    bobs.post("/settings/profile", {"full_name": "Bob", "email": "", "is_admin": "on", "is_active": "", "name": "x"})
    bob.refresh_from_db()
    assert (bob.is_admin, bob.is_active, bob.name) == (False, True, "bob")


def test_the_default_entity_is_one_where_one_may_log(bobs: Client, world: World) -> None:
    assert people.default_entity(world.bob) == world.team
    bobs.post("/settings/default-entity", {"entity": world.bob.personal.pk})
    assert people.default_entity(world.bob) == world.bob.personal
    assert bobs.post("/settings/default-entity", {"entity": world.strangers.pk}).status_code == 422


def test_the_theme_is_a_cookie(bobs: Client) -> None:
    assert bobs.post("/settings/theme", {"theme": "dark"}).cookies["theme"].value == "dark"
    assert 'data-theme="dark"' in bobs.get("/settings").content.decode()
    bobs.post("/settings/theme", {"theme": ""})
    assert "data-theme=" not in bobs.get("/settings").content.decode().split("<body")[0]


def test_changing_the_password_asks_for_the_old_one(bobs: Client, bob: User) -> None:
    new = {"new": "another long secret", "again": "another long secret"}
    answer = bobs.post("/settings/password", {"old": "wrong", **new})
    assert answer.status_code == 422
    assert "This isn’t your current password." in answer.content.decode()
    bob.refresh_from_db()
    assert bob.check_password(PASSWORD)


@pytest.mark.parametrize(
    ("new", "again"), [("short", "short"), ("bobbobbobbob1", "other words here"), ("1q2w3e4r5t6y", "1q2w3e4r5t6y")]
)
def test_a_bad_new_password_is_refused(bobs: Client, bob: User, new: str, again: str) -> None:
    assert bobs.post("/settings/password", {"old": PASSWORD, "new": new, "again": again}).status_code == 422
    bob.refresh_from_db()
    assert bob.check_password(PASSWORD)


def test_a_new_password_ends_the_other_sessions_and_keeps_this_one(bobs: Client, bob: User) -> None:
    other = Client()
    other.post("/login", {"name": "bob", "password": PASSWORD})
    new = {"old": PASSWORD, "new": "another long secret", "again": "another long secret"}
    assert bobs.post("/settings/password", new).status_code == 302
    assert bobs.get("/settings").status_code == 200
    assert other.get("/settings").status_code == 302


# ---- API keys


@pytest.mark.parametrize("address", ["/settings", "/authorize"])
def test_a_new_key_is_shown_once_and_a_reload_makes_no_second_one(bobs: Client, bob: User, address: str) -> None:
    target = "/settings/keys" if address == "/settings" else address
    form = {"description": "laptop", "once": once(bobs, address)}
    answer = bobs.post(target, form)
    assert "no-store" in answer["Cache-Control"]
    shown = KEY.search(answer.content.decode())
    assert shown is not None
    assert user_of_key(shown[1]) == bob
    again = bobs.post(target, form, follow=True)
    assert "can’t be shown again" in again.content.decode()
    for page in (again, bobs.get("/settings"), bobs.get("/authorize")):
        assert shown[1] not in page.content.decode()
    assert ApiKey.objects.filter(user=bob).count() == 1
    assert shown[1] not in str(list(ApiKey.objects.values())) + str(list(AuditEvent.objects.values()))


def test_whoever_is_logged_out_comes_back_to_authorize(client: Client, bob: User) -> None:
    answer = client.get("/authorize")
    assert answer["Location"] == "/login?next=/authorize"
    page = client.get(answer["Location"]).content.decode()
    assert 'name="next" value="/authorize"' in page
    assert (
        client.post("/login", {"name": "bob", "password": PASSWORD, "next": "/authorize"})["Location"] == "/authorize"
    )


def test_a_key_is_revoked_after_a_question(bobs: Client, bob: User) -> None:
    row, key = people.create_api_key(bob, description="ci", acting_user=bob)
    address = f"/settings/keys/{row.pk}/revoke"
    assert "Revoke the key" in bobs.get(address).content.decode()
    assert user_of_key(key) == bob
    assert bobs.post(address).status_code == 302
    assert user_of_key(key) is None
    assert AuditEvent.objects.filter(verb="api_key.revoked", actor=bob).count() == 1


def test_the_key_of_somebody_else_is_not_there(bobs: Client, world: World) -> None:
    row, key = people.create_api_key(world.alice, acting_user=world.alice)
    assert bobs.get(f"/settings/keys/{row.pk}/revoke").status_code == 404
    assert bobs.post(f"/settings/keys/{row.pk}/revoke").status_code == 404
    assert user_of_key(key) == world.alice
    assert row.prefix not in bobs.get("/settings").content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "key", ["", "api:", "api", " " * 40, "\0" * 40, "x" * 10_000, "é" * 40, "\ud800" * 40, "a" * 39]
)
def test_no_nonsense_is_anybodys_key(key: str) -> None:
    assert user_of_key(key) is None


def test_the_key_of_a_deactivated_person_is_worth_nothing(bob: User) -> None:
    _, key = people.create_api_key(bob, acting_user=bob)
    assert user_of_key(key) == bob
    people.change_user(bob, is_active=False, acting_user=None)
    assert user_of_key(key) is None


def test_a_key_in_the_address_opens_nothing(client: Client, bob: User) -> None:
    _, key = people.create_api_key(bob, acting_user=bob)
    for address in ("/settings", "/vision"):
        for name in ("api_key", "key", "token"):
            assert client.get(address, {name: key}).status_code == 302
    answer = client.post(f"/graphql?api_key={key}", {"query": "{viewer{id username}}"}, content_type="application/json")
    assert "bob" not in answer.content.decode()


def test_the_last_use_is_written_at_most_once_an_hour(bob: User) -> None:
    row, key = people.create_api_key(bob, acting_user=bob)
    user_of_key(key)
    row.refresh_from_db()
    first = row.last_used_at
    assert first is not None
    user_of_key(key)
    row.refresh_from_db()
    assert row.last_used_at == first
    ApiKey.objects.filter(pk=row.pk).update(last_used_at=timezone.now() - timedelta(hours=2))
    user_of_key(key)
    row.refresh_from_db()
    assert row.last_used_at is not None
    assert row.last_used_at >= first


# ---- connecting the client


def test_the_quick_start_names_this_server_and_the_visitors_team(bobs: Client) -> None:
    page = bobs.get("/quickstart").content.decode()
    assert "export WANDB_BASE_URL=http://testserver" in page
    assert "wandb login" in page
    assert "vision" in page
    assert "wandb-registry-model/my-first-collection" in page


def test_whoever_has_no_team_is_told_why_linking_would_fail(client: Client, world: World) -> None:
    loner = people.create_user("loner", acting_user=None)
    client.force_login(loner)
    assert "Your default entity is your personal one." in client.get("/quickstart").content.decode()


def test_a_password_that_stands_in_the_log_is_to_be_changed_at_the_first_log_in(client: Client, db: None) -> None:
    name, password = installation.make_first_administrator() or ("", "")
    assert client.post("/login", {"name": name, "password": password})["Location"] == "/settings#password"
    assert "stands in its log" in client.get("/settings").content.decode()
    new = {"old": password, "new": "a-much-better-one-1", "again": "a-much-better-one-1"}
    assert client.post("/settings/password", new).status_code == 302
    assert "stands in its log" not in client.get("/settings").content.decode()
    client.post("/logout")
    assert client.post("/login", {"name": name, "password": new["new"]})["Location"] == "/registry"
