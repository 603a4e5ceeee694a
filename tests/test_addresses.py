"""Every address there is: reserved in names, closed to visitors, and leading where it should."""

from collections.abc import Iterator

import pytest
from django.contrib.admindocs.views import simplify_regex
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from artifacts.naming import RESERVED_ENTITIES, key_of
from tests import factories
from tests.conftest import World

pytestmark = pytest.mark.once

# What answers somebody who isn't logged in, and why.
PUBLIC = {
    "": "leads to the Registry App or to the log-in",
    "healthz": "supervisors ask it without credentials; it says nothing",
    "readyz": "supervisors ask it without credentials; it says yes or no",
    "metrics": "to loopback or with the operator's token only, which the view checks",
    "login": "one can't be logged in before",
    "logout": "a session that ended by itself still has the button",
    "admin/login/": "leads to /login",
    "graphql": "the client's credentials are an API key, which the view checks",
    "oidc/token": "says that there are no identity tokens here, and nothing else",
    "sdk/otel/.*$": "the client's telemetry comes without a key; it is dropped",
    "traces/.*$": "says that there are no traces here, and nothing else",
}
# The client's protocol authenticates by key or by a signed address, each view for itself (tests/wandb_api).
PROTOCOL = ("graphql", "files/", "storage/", "wandb_artifacts/", "artifacts/", "artifactsV2/")


def every_pattern(resolver: URLResolver | None = None, before: str = "") -> Iterator[tuple[str, URLPattern]]:
    for entry in (resolver or get_resolver()).url_patterns:
        route = before + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from every_pattern(entry, route)
        else:
            yield route, entry


def is_public(pattern: URLPattern) -> bool:
    return getattr(pattern.callback, "login_required", True) is False


def first_word(route: str) -> str:
    """What an address begins with; nothing where that is a name."""
    word = simplify_regex(route).lstrip("/").split("/")[0]
    return "" if word.startswith("<") else word


ALL = list(every_pattern())
FIRST_WORDS = sorted({first_word(route) for route, _ in ALL} - {""})
OPEN = sorted({route for route, pattern in ALL if is_public(pattern)})
# Without names in them, so that they can be asked for as they stand.
CLOSED = sorted({route for route, pattern in ALL if not is_public(pattern) and not {"<", "("} & set(route)})


@pytest.mark.parametrize("word", FIRST_WORDS)
def test_a_first_word_is_no_name(word: str) -> None:
    assert key_of(word) in RESERVED_ENTITIES


@pytest.mark.parametrize("route", OPEN)
def test_a_view_is_public_for_a_reason(route: str) -> None:
    is_known = route.lstrip("^") in PUBLIC or route.lstrip("^").startswith(PROTOCOL)
    assert is_known, f"{route} is open to everybody; say why in PUBLIC"


@pytest.mark.django_db
@pytest.mark.parametrize("route", CLOSED)
def test_an_address_without_names_sends_visitors_to_the_login(client: Client, route: str) -> None:
    answer = client.get(f"/{route}".replace("^", "").replace("$", "").replace("\\Z", ""))
    assert answer.status_code in {302, 405}
    assert answer.status_code == 405 or answer["Location"].startswith(("/login?", "/admin/login/?"))


def test_the_entity_stands_last() -> None:
    names = [pattern.name for _, pattern in ALL]
    assert names[-1] == "entity"


def test_no_address_ends_in_a_slash_but_the_panels() -> None:
    slashed = {route for route, _ in ALL if route.endswith("/") and not route.startswith("admin/")}
    assert slashed == set()


HOME = "/orgs/Acme%20Corp/registry"


@pytest.mark.parametrize(
    ("address", "target"),
    [
        ("/", "/registry"),
        ("/registry/", "/registry"),
        ("/registry/?sort=linked", "/registry?sort=linked"),
        ("/admin", "/admin/"),
        (f"{HOME}/", HOME),
        ("/orgs/acme-corp/registry/", "/orgs/acme-corp/registry"),
        ("/home", "/registry"),
        ("/home/", "/home"),
        ("/vision/", "/vision"),
        ("/vision//?after=x", "/vision?after=x"),
        ("/vision/projects", "/vision"),
        ("/vision/projects/", "/vision/projects"),
        ("/vision/settings/", "/vision/settings"),
        ("/orgs/Acme%20Corp/registry/model/", "/orgs/Acme%20Corp/registry/model"),
        ("/orgs/Acme%20Corp", HOME),
        ("/acme-corp", HOME),
        ("/authorize?ref=models", None),
        ("/registry", None),
        (HOME, None),
    ],
)
def test_short_and_slashed_forms_lead_to_the_page(
    client: Client, world: World, address: str, target: str | None
) -> None:
    client.force_login(world.bob)
    answer = client.get(address)
    assert answer.get("Location") == target
    if target != "/admin/":
        assert client.get(address, follow=True).status_code == 200


def test_a_visitor_comes_to_the_login(client: Client, world: World) -> None:
    assert client.get("/")["Location"] == "/login"
    assert client.get("/registry")["Location"] == "/login?next=/registry"
    assert client.get("/authorize?ref=models")["Location"] == "/login?next=/authorize%3Fref%3Dmodels"


@pytest.mark.parametrize(
    "address", ["/%00", "/vision%00", "/orgs/%00", "/%ED%A0%80", "/" + "x" * 5000, "/..;/", "/%2e%2e%2f"]
)
def test_nonsense_is_not_found(client: Client, world: World, address: str) -> None:
    client.force_login(world.bob)
    assert client.get(address, follow=address.endswith(("/", "%2f"))).status_code == 404


@pytest.mark.parametrize(
    "address", ["//evil.example/", "/\\evil.example/", "///evil.example//", "/%5Cevil.example/", "/%2Fevil.example/"]
)
def test_a_slash_at_the_end_leads_to_no_other_site(client: Client, world: World, address: str) -> None:
    client.force_login(world.bob)
    answer = client.get(f"http://testserver{address}")
    assert answer.status_code == 404 or answer["Location"] == "/%5Cevil.example"


def test_only_reading_is_led_on_and_the_clients_addresses_are_not(client: Client, world: World) -> None:
    client.force_login(world.bob)
    assert client.post("/vision/projects/").status_code == 404
    for address in ("/graphql/", "/files/vision/detector/r1/a/", "/storage/x/"):
        assert client.get(address).status_code in {401, 403, 404}, address


def test_a_bookmarked_project_named_projects_is_itself(client: Client, world: World) -> None:
    client.force_login(world.bob)
    assert client.get("/vision/projects")["Location"] == "/vision"
    assert client.get("/nobody/projects", follow=True).status_code == 404
    factories.project(world.team, "projects", user=world.bob)
    assert client.get("/vision/projects").status_code == 200
    client.force_login(world.mallory)
    assert client.get("/vision/projects", follow=True).status_code == 404


@pytest.mark.parametrize(
    ("bookmarked", "page"),
    [
        ("table", ""),
        ("overview", ""),
        ("overview/", ""),
        ("workspace?nw=nwuserada", ""),
        ("runs/", ""),
        ("runs/x9k2m4qd/logs", "/runs/x9k2m4qd/log"),
        ("runs/x9k2m4qd/logs/", "/runs/x9k2m4qd/log"),
        ("runs/x9k2m4qd/workspace", "/runs/x9k2m4qd"),
        ("runs/x9k2m4qd/files/", "/runs/x9k2m4qd/files"),
        ("runs/x9k2m4qd/overview", "/runs/x9k2m4qd/overview"),
        ("artifacts/", "/artifacts"),
    ],
)
def test_bookmarks_of_projects_and_runs_lead_on(client: Client, world: World, bookmarked: str, page: str) -> None:
    factories.run(factories.project(world.team, user=world.bob), user=world.bob, name="x9k2m4qd")
    client.force_login(world.carol)
    answer = client.get(f"/vision/detector/{bookmarked}", follow=True)
    assert (answer.status_code, answer.request["PATH_INFO"]) == (200, f"/vision/detector{page}")
    client.force_login(world.mallory)
    assert client.get(f"/vision/detector/{bookmarked}", follow=True).status_code == 404


def test_the_page_for_nothing_keeps_the_navigation(client: Client, world: World) -> None:
    addresses = ["/vision/nothing", "/vision/a/b/c/d", "/nobody", "/orgs/Acme Corp/registry/nothing"]
    for address in addresses:
        client.force_login(world.bob)
        page = client.get(address)
        assert page.status_code == 404
        for words in ('aria-label="Main"', "Signed in as", "There is nothing here", "Go to Registry"):
            assert words in page.content.decode(), (address, words)
    client.logout()
    assert 'aria-label="Main"' not in client.get("/vision/a/b/c/d").content.decode()


def test_what_one_may_not_see_is_not_named_by_the_navigation(client: Client, world: World) -> None:
    client.force_login(world.mallory)
    for address in ("/vision", "/vision/detector", "/orgs/Acme Corp/registry"):
        page = client.get(address)
        assert page.status_code == 404
        assert "Organization: Acme Corp" not in page.content.decode()
