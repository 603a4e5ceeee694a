"""The filter of the Registry App's home: by name and description, without script too, among what one sees."""

import re

import pytest
from django.test import Client

from artifacts.models import Project
from registry.actions import registries
from tests.conftest import World

HOME = "/orgs/Acme Corp/registry"


def names(client: Client, query: str) -> list[str]:
    page = client.get(f"{HOME}{query}").content.decode()
    return re.findall(r'<div class="head"><h3><a [^>]*>([^<]*)</a>', page)


@pytest.fixture
def visitor(client: Client, world: World) -> Client:
    registries.create_registry(world.organization, "Golden Sets", description="Frozen for Éval.", acting_user=world.bob)
    registries.create_registry(world.organization, "Edge", description="Quantized.", acting_user=world.bob)
    registries.create_registry(world.organization, "Secret", visibility="restricted", acting_user=world.bob)
    client.force_login(world.carol)
    return client


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("gold", ["Golden Sets"]),
        ("GOLDEN SETS", ["Golden Sets"]),
        ("frozen", ["Golden Sets"]),
        ("quant", ["Edge"]),
        ("e", ["model", "dataset", "Edge", "Golden Sets"]),
        ("data", ["dataset"]),
        ("secret", []),
        ("wandb-registry", []),
        ("%", []),
        ("\0", ["model", "dataset", "Edge", "Golden Sets"]),
    ],
)
def test_registries_are_filtered_by_name_and_description(visitor: Client, words: str, expected: list[str]) -> None:
    assert names(visitor, f"?q={words.replace('%', '%25').replace(chr(0), '%00')}") == expected


def test_the_filter_stays_through_sorting_and_paging_and_is_cleared(visitor: Client, world: World) -> None:
    for number in range(30):
        registries.create_registry(world.organization, f"Team {number:02}", acting_user=world.bob)
    page = visitor.get(f"{HOME}?q=team&sort=linked")
    older = page.context["custom"].older
    assert "q=team" in older
    assert "sort=linked" in older
    assert len(names(visitor, older)) == 6
    text = visitor.get(f"{HOME}?q=zzz").content.decode()
    assert "No registries match the filter" in text
    assert 'href="/orgs/Acme%20Corp/registry"' in text or f'href="{HOME}"' in text
    part = visitor.get(f"{HOME}?q=gold", headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith('<div class="stack" id="registry-cards">')
    assert "Welcome to Registry!" not in part
    assert "Recently linked" not in part


def test_whoever_sees_no_registry_is_told_whom_to_ask(client: Client, world: World) -> None:
    Project.objects.registries().update(visibility="restricted")
    client.force_login(world.carol)
    page = client.get(HOME).content.decode()
    assert "No registry is open to you" in page
    assert "Ask an administrator of the organization for access" in page
    assert "Filter registries" not in page
