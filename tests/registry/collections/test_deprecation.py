"""A linked version that should no longer be used: reason and successor, wherever it is met."""

import pytest
from django.test import Client

from artifacts.models import AuditEvent, Membership, Verb
from registry.actions import deprecation
from registry.actions.link import link_by_name
from tests import factories
from tests.conftest import World

COLLECTION = "/orgs/Acme Corp/registry/model/detectors"


@pytest.fixture
def links(world: World) -> list[Membership]:
    """Three links of `detectors`."""
    source = factories.project(world.team, user=world.bob)
    versions = [factories.version(source, user=world.bob) for _ in range(3)]
    return [link_by_name(version, world.model, "detectors", acting_user=world.bob) for version in versions]


def test_reason_and_successor_stand_wherever_the_version_is_met(
    client: Client, world: World, links: list[Membership]
) -> None:
    client.force_login(world.bob)
    assert "Use instead" in client.get(f"{COLLECTION}/v0/-/deprecate").content.decode()
    answer = client.post(f"{COLLECTION}/v0/-/deprecate", {"reason": "It misses\nbuses.", "successor": "v2"})
    assert answer["Location"].endswith("/detectors/v0")
    client.force_login(world.carol)
    page = client.get(f"{COLLECTION}/v0").content.decode()
    assert "This version is deprecated." in page
    assert "It misses buses." in page
    assert ">detectors:v2</a> instead." in page
    usage = client.get(f"{COLLECTION}/v0/usage").content.decode()
    said = "# v0 is deprecated: It misses buses.\n# Use wandb-registry-model/detectors:v2 instead."
    assert usage.count(said) == 3  # in a run, without one, and on the command line
    for path in (COLLECTION, f"{COLLECTION}?metrics=1", "/orgs/Acme Corp/registry/model?open=detectors", "/registry"):
        assert ">deprecated</span>" in client.get(path).content.decode(), path
    assert "deprecated" not in client.get(f"{COLLECTION}/v2/usage").content.decode().split("<pre")[1]
    assert "v0 · deprecated" in client.get(f"{COLLECTION}/v2").content.decode()
    compared = client.get(f"{COLLECTION}/-/compare?version=v0&version=v1").content.decode()
    assert compared.count('title="It misses buses.">deprecated</span>') == 1
    assert '">v0 · deprecated</option>' in client.get(f"{COLLECTION}/-/compare?version=v1").content.decode()
    assert ">deprecated</span>" in client.get("/vision/detector/artifacts/model/yolo/v0").content.decode()  # Linked To


def test_it_is_taken_back_and_a_repetition_leaves_no_trace(
    client: Client, world: World, links: list[Membership]
) -> None:
    deprecation.deprecate(links[0], "Old.", acting_user=world.bob)
    deprecation.deprecate(links[0], " Old. ", acting_user=world.bob)
    assert AuditEvent.objects.filter(verb=Verb.VERSION_DEPRECATED).count() == 1
    client.force_login(world.bob)
    client.post(f"{COLLECTION}/v0/-/reinstate")
    client.post(f"{COLLECTION}/v0/-/reinstate")
    assert AuditEvent.objects.filter(verb=Verb.VERSION_REINSTATED).count() == 1
    assert "This version is deprecated." not in client.get(f"{COLLECTION}/v0").content.decode()


@pytest.mark.parametrize("successor", ["v0", "v1", "v9"])
def test_a_successor_is_another_usable_version_of_the_collection(
    client: Client, world: World, links: list[Membership], successor: str
) -> None:
    deprecation.deprecate(links[1], "Worse.", acting_user=world.bob)
    client.force_login(world.bob)
    answer = client.post(f"{COLLECTION}/v0/-/deprecate", {"reason": "Old.", "successor": successor})
    assert answer.status_code == 422
    links[0].refresh_from_db()
    assert not links[0].is_deprecated


def test_a_reason_is_wanted_and_a_viewer_refused(client: Client, world: World, links: list[Membership]) -> None:
    client.force_login(world.bob)
    assert client.post(f"{COLLECTION}/v0/-/deprecate", {"reason": "  "}).status_code == 422
    client.force_login(world.carol)
    assert client.post(f"{COLLECTION}/v0/-/deprecate", {"reason": "Old."}).status_code == 403
    assert "Deprecate…" not in client.get(f"{COLLECTION}/v0").content.decode()
