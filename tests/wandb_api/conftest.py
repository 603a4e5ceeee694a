"""A world with three logged versions, linked into two collections."""

from dataclasses import dataclass

import pytest

from artifacts.actions import aliases_and_tags
from artifacts.models import ArtifactVersion, Collection, Membership, Project
from registry.actions.link import link_by_name
from registry_site.wandb_api.engine import ids
from tests import factories
from tests.conftest import World


@dataclass
class Linked:
    """What bob logged to vision/detector as `yolo`, and linked into `detectors` and `best` of registry model."""

    project: Project
    versions: list[ArtifactVersion]
    detectors: Collection
    best: Collection
    links: list[Membership]

    def id_of(self, number: int) -> str:
        """The client's id of a version."""
        return ids.encode("Artifact", self.versions[number].pk)


@pytest.fixture
def linked(world: World) -> Linked:
    project = factories.project(world.team, user=world.bob)
    run = factories.run(project, user=world.bob)
    versions = [
        factories.version(project, user=world.bob, run=run, metadata={"acc": number / 10, "nest": {"k": number}})
        for number in range(3)
    ]
    aliases_and_tags.tag_version(versions[0], ["even"], acting_user=world.bob)
    links = [
        link_by_name(version, world.model, "detectors", aliases=[f"x{number}"], acting_user=world.bob)
        for number, version in enumerate(versions)
    ]
    other = link_by_name(versions[2], world.model, "best", acting_user=world.bob)
    return Linked(project, versions, links[0].collection, other.collection, [*links, other])
