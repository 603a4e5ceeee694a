"""Types in one project: one spelling of each, as of collections."""

import pytest

from artifacts.actions.collections import retype_sequence
from artifacts.errors import Conflict, Invalid
from artifacts.models import ArtifactType
from registry.actions.link import link_by_name
from registry.actions.registries import accept_types, create_registry
from tests import factories
from tests.conftest import World


def test_a_type_has_one_spelling_in_a_project(world: World) -> None:
    project = factories.project(world.team, user=world.bob)
    first = factories.version(project, user=world.bob)
    with pytest.raises(Conflict, match="The type “Model” is written “model” in “detector”"):
        factories.version(project, "other", "Model", user=world.bob)
    assert list(ArtifactType.objects.filter(project=project).values_list("name", flat=True)) == ["model"]
    retype_sequence(first.sequence, "Model", acting_user=world.bob)
    assert list(ArtifactType.objects.filter(project=project).values_list("name", flat=True)) == ["Model"]
    elsewhere = factories.project(world.team, "elsewhere", user=world.bob)
    factories.version(elsewhere, user=world.bob)


def test_a_registry_holds_and_accepts_one_spelling(world: World) -> None:
    made = create_registry(world.organization, "open", acting_user=world.alice).project
    one, other = (factories.project(world.team, name, user=world.bob) for name in ("one", "other"))
    link_by_name(factories.version(one, user=world.bob), made, "a", acting_user=world.bob)
    with pytest.raises(Conflict, match="is written “model” in “open”"):
        link_by_name(factories.version(other, type_name="Model", user=world.bob), made, "b", acting_user=world.bob)
    with pytest.raises(Invalid, match="differ in the case"):
        create_registry(world.organization, "both", types=["model", "Model"], acting_user=world.alice)
    with pytest.raises(Invalid, match="differ in the case"):
        accept_types(world.model, ["MODEL"], acting_user=world.alice)
