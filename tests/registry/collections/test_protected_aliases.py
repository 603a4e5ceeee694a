"""A protected alias holds what it points at in its place: who may not manage the registry can't rename or delete that."""

import pytest

from artifacts.actions.collections import rename_collection
from artifacts.errors import Forbidden
from artifacts.models import Alias, Membership
from registry.actions import registries
from registry.actions.delete import delete_sequence, delete_version
from registry.actions.link import link_by_name
from tests import factories
from tests.conftest import World


@pytest.fixture
def held(world: World) -> Membership:
    """A link in the registry `model` that the protected alias `prod` points at; `dev` points at it too."""
    version = factories.version(factories.project(world.team, user=world.bob), user=world.bob)
    registries.protect_alias(world.model, "prod", acting_user=world.alice)
    registries.protect_alias(world.dataset, "dev", acting_user=world.alice)  # of another registry
    return link_by_name(version, world.model, "detectors", aliases=["prod", "dev"], acting_user=world.alice)


def test_only_what_the_registry_itself_protects_is_protected(held: Membership) -> None:
    assert [alias.name for alias in Alias.objects.protected()] == ["prod"]


def test_a_member_cannot_rename_or_delete_the_collection(world: World, held: Membership) -> None:
    with pytest.raises(Forbidden, match="holds the protected alias “prod”, which would move with its name; ask one"):
        rename_collection(held.collection, "finders", acting_user=world.bob)
    with pytest.raises(Forbidden, match="“detectors” holds the protected alias “prod”; ask one"):
        registries.delete_collection(held.collection, acting_user=world.bob)
    rename_collection(held.collection, "finders", acting_user=world.alice)
    registries.delete_collection(held.collection, acting_user=world.alice)


def test_nobody_deletes_its_source(world: World, held: Membership) -> None:
    for user in (world.bob, world.alice):
        with pytest.raises(Forbidden, match="a registry holds this version by a protected alias"):
            delete_version(held.version, delete_aliases=True, acting_user=user)
        with pytest.raises(Forbidden, match=r"one of these versions by a protected alias \(yolo:v0\)"):
            delete_sequence(held.version.sequence, acting_user=user)


def test_without_protection_all_of_it_is_possible(world: World, held: Membership) -> None:
    registries.unprotect_alias(world.model, "prod", acting_user=world.alice)
    rename_collection(held.collection, "finders", acting_user=world.bob)
    delete_version(held.version, delete_aliases=True, acting_user=world.bob)
