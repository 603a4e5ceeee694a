"""What the database refuses is answered as a refusal: nothing hostile, and nothing that passes by itself, is a 500."""

from urllib.parse import quote

import pytest
from django.test import Client, RequestFactory

from artifacts.errors import Conflict
from registry.actions.link import link_by_name
from registry_site.http.middleware import DomainErrorMiddleware
from registry_site.http.refusals import not_found
from tests import factories
from tests.conftest import World


@pytest.fixture
def place(world: World) -> str:
    source = factories.project(world.team, "detector", user=world.bob)
    link_by_name(factories.version(source, "yolo", user=world.bob), world.model, "zoo", acting_user=world.bob)
    return f"/{world.model.entity.name}/{world.model.name}/artifacts/-"


@pytest.mark.parametrize("hostile", ["\x00", "a\x00b", "\ud800".encode("utf-8", "surrogatepass"), "9" * 400])
def test_text_that_no_row_can_hold_is_no_mistake_of_the_server(
    client: Client, world: World, place: str, hostile: str | bytes
) -> None:
    client.force_login(world.alice)
    words = dict.fromkeys(("q", "tag", "type", "alias", "sort", "after", "page", "state"), hostile)
    assert client.get("/orgs/Acme Corp/registry/model", words).status_code < 500
    for act in ("aliases", "tags"):
        for end in ("", "/remove"):
            assert client.post(f"{place}/{act}/zoo/v0{end}", words).status_code < 500


def test_other_refusals_keep_their_status() -> None:
    answer = DomainErrorMiddleware(not_found).process_exception(RequestFactory().get("/graphql"), Conflict("Taken."))
    assert answer
    assert answer.status_code == 400


def test_the_dialog_of_a_collections_description_opens(client: Client, world: World) -> None:
    source = factories.project(world.team, "detector", user=world.bob)
    factories.version(source, "yolo", user=world.bob)
    client.force_login(world.bob)
    response = client.get(f"/vision/{source.name}/artifacts/-/description/yolo")
    assert response.status_code == 200
    assert "Describe yolo" in response.content.decode()


def test_the_address_of_an_act_says_where_its_page_is(client: Client, world: World, place: str) -> None:
    """Whoever reloads or sends on the address of a form that was refused, or presses Enter in it, sees no empty page."""
    client.force_login(world.bob)
    for act, page in (
        ("-/star", ""),
        ("-/settings/aliases", "/-/settings"),
        ("-/settings/aliases/remove", "/-/settings/aliases"),
        ("zoo/-/history/move-back", "/zoo/-/history"),
    ):
        answer = client.get(f"/orgs/Acme Corp/registry/model/{act}")
        assert (answer.status_code, answer["Allow"]) == (405, "POST")
        assert f'href="/orgs/Acme%20Corp/registry/model{page}">Open its page</a>' in answer.content.decode()
    assert 'href="/vision/detector/artifacts">' not in client.get("/storage/nothing.at.all").content.decode()
    assert client.get("/graphql")["Content-Type"] != "text/html; charset=utf-8"


def test_whoever_was_logged_out_meanwhile_gets_back_to_the_page(client: Client, world: World, place: str) -> None:
    collection, act = "/orgs/Acme%20Corp/registry/model/zoo", "/orgs/Acme Corp/registry/model/zoo/-/tags"
    pressed = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{collection}?q=v0"}
    for answer in (client.get(act, headers=pressed), client.post(act, {"tag": "x"}, headers=pressed)):
        assert answer.status_code == 204
        assert answer["HX-Redirect"] == f"/login?next={quote(collection)}%3Fq%3Dv0"
    sent = client.post(act, {"tag": "x"}, headers={"Referer": f"http://testserver{collection}?q=v0"})
    assert sent["Location"] == f"/login?next={quote(collection)}%3Fq%3Dv0"
    elsewhere = client.post(act, {"tag": "x"}, headers={"Referer": "http://evil.example/page"})
    assert "evil" not in elsewhere["Location"]
    plain = client.get(f"{collection}?q=v0")
    assert plain["Location"] == f"/login?next={quote(collection)}%3Fq%3Dv0"
