"""What a registry's address says of its list of collections is one value, from which the list is computed."""

import pytest
from django.http import QueryDict

from artifacts.actions.aliases_and_tags import tag_collection
from registry.tables.collection_table import RegistryAddress, collections_of
from tests import factories
from tests.conftest import World


def test_an_address_is_read_and_an_unknown_order_counts_as_not_said() -> None:
    said = RegistryAddress.read(QueryDict("q=det&type=model&tag=red&alias=prod&sort=-linked&open=zoo"))
    assert said == RegistryAddress("det", "model", "red", "prod", "-linked", "zoo")
    assert said.is_filtered
    assert RegistryAddress.read(QueryDict("sort=colour&page=2")) == RegistryAddress()
    assert not RegistryAddress(order="-name", opened="zoo").is_filtered


@pytest.mark.parametrize(
    ("address", "names"),
    [
        (RegistryAddress(), {"detectors", "zoo"}),
        (RegistryAddress(words="DETECT"), {"detectors"}),
        (RegistryAddress(words="animals"), {"zoo"}),
        (RegistryAddress(tag="animals"), {"zoo"}),
        (RegistryAddress(type="dataset"), set()),
        (RegistryAddress(alias="prod"), set()),
    ],
)
def test_the_list_is_computed_without_a_request(world: World, address: RegistryAddress, names: set[str]) -> None:
    factories.portfolio(world.model, "detectors", user=world.bob)
    zoo = factories.portfolio(world.model, "zoo", user=world.bob)
    tag_collection(zoo, ["animals"], acting_user=world.bob)
    assert set(collections_of(world.model, address).values_list("name", flat=True)) == names
