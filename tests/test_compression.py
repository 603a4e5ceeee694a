"""Pages are sent compressed; what the client gets, and files, are sent as they are."""

import base64
import gzip

from django.test import Client

from tests.conftest import World
from tests.wandb_api.asking import key_of


def test_a_page_is_compressed_for_who_takes_it(client: Client, world: World) -> None:
    client.force_login(world.bob)
    page = client.get("/registry", headers={"accept-encoding": "gzip"})
    assert page["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in page["Vary"]
    assert b"Core registries" in gzip.decompress(page.content)
    assert len(page.content) < len(client.get("/registry").content) / 3


def test_answers_to_the_client_are_not(client: Client, world: World) -> None:
    basic = base64.b64encode(f"api:{key_of(world.bob)}".encode()).decode()
    answer = client.post(
        "/graphql",
        {"query": "{serverInfo{features{name isEnabled}}}"},
        content_type="application/json",
        headers={"accept-encoding": "gzip", "authorization": f"Basic {basic}"},
    )
    assert "Content-Encoding" not in answer
    assert len(answer.content) > 200
