"""Every act that touches a link, at the same moment as every other: whatever comes first, all that `fsck` promises is true afterwards.

Each act gets rows that were read before all of them begin, as a page or a request has them.
"""

import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

import pytest
from django.db import connection

from artifacts.actions import aliases_and_tags, collections, versions
from artifacts.errors import DomainError
from artifacts.models import ArtifactVersion, Collection, Membership, Project, Run
from registry.actions import deprecation, registries, settings
from registry.actions.delete import delete_run_and_versions, delete_sequence, delete_version
from registry.actions.link import link_by_name, link_version, unlink_from, unlink_version
from registry.actions.undo import take_back_link
from registry_site.fsck.invariant import look
from registry_site.fsck.rows import ROWS
from tests import factories
from tests.conftest import World, make_world
from tests.uploading import logged

SECONDS = float(os.environ.get("LINKYARD_RACE_SECONDS", "8"))  # of racing in CI; for more: LINKYARD_RACE_SECONDS=600
AT_ONCE = 6

type Act = Callable[[], object]


@pytest.fixture
def world(transactional_db: None) -> World:
    """Committed rows, so that other threads see them."""
    return make_world()


@dataclass
class Ground:
    """A sequence with two versions, and a registry with two collections that hold the first."""

    world: World
    run: Run
    sequence: Collection
    registry: Project
    collections: list[Collection]

    def version(self, which: int) -> ArtifactVersion:
        """As somebody's request has it: read now, judged later."""
        return ArtifactVersion.objects.with_place().get(sequence=self.sequence, index=which)

    def portfolio(self, which: int) -> Collection:
        return Collection.objects.with_place().get(pk=self.collections[which].pk)

    def place(self, which: int) -> Membership:
        found = Membership.objects.select_related("collection__project__entity", "version__sequence__project__entity")
        return found.get(collection=self.collections[which], version__index=0)

    def acts(self, dice: random.Random) -> dict[str, Act]:
        """One act of each kind, with rows of its own."""
        user, which, other = self.world.alice, dice.randrange(2), dice.randrange(2)
        version, collection, place = self.version(other), self.portfolio(which), self.place(which)
        sequence = Collection.objects.with_place().get(pk=self.sequence.pk)
        registry = Project.objects.with_entity().get(pk=self.registry.pk)
        name = f"n{dice.randrange(3)}"
        return {
            "link": lambda: link_version(version, collection, aliases=["a", name], acting_user=user),
            "link by name": lambda: link_by_name(version, registry, name, aliases=["a"], acting_user=user),
            "delete version": lambda: delete_version(version, delete_aliases=True, acting_user=user),
            "delete sequence": lambda: delete_sequence(sequence, acting_user=user),
            "delete run": lambda: delete_run_and_versions(self.run, acting_user=user),
            "delete collection": lambda: registries.delete_collection(collection, acting_user=user),
            "delete registry": lambda: settings.delete_registry(registry, acting_user=user),
            "unlink": lambda: unlink_version(place, acting_user=user),
            "unlink from": lambda: unlink_from(collection, version, acting_user=user),
            "take back": lambda: take_back_link(place, with_collection=True, with_registry=True, acting_user=user),
            "set alias": lambda: aliases_and_tags.add_aliases(place, ["a", "b", name], acting_user=user),
            "remove alias": lambda: aliases_and_tags.remove_aliases(place, ["a", "latest"], acting_user=user),
            "retype": lambda: collections.retype_sequence(sequence, "weights", acting_user=user),
            "rename collection": lambda: collections.rename_collection(collection, name, acting_user=user),
            "rename registry": lambda: settings.rename_registry(registry, f"r-{name}", acting_user=user),
            "settings": lambda: settings.change_settings(registry, description=name, acting_user=user),
            "protect": lambda: registries.protect_alias(registry, "b", acting_user=user),
            "deprecate": lambda: deprecation.deprecate(place, "old", acting_user=user),
            "tag": lambda: aliases_and_tags.tag_version(version, ["t", name], acting_user=user),
            "describe": lambda: versions.describe_version(version, description=name, acting_user=user),
            "keep": lambda: versions.keep_version(version, 60, acting_user=user),
            "log": lambda: logged(sequence.project, {"f": name.encode()}, name=sequence.name, user=user),
        }


def ground(world: World, number: int) -> Ground:
    source = factories.project(world.team, user=world.alice)
    run = factories.run(source, user=world.alice)
    made = [factories.version(source, f"s{number}", user=world.alice, run=run) for _ in range(2)]
    registry = registries.create_registry(world.organization, f"races-{number}", acting_user=world.alice).project
    portfolios = [factories.portfolio(registry, f"c{which}", user=world.alice) for which in range(2)]
    for portfolio in portfolios:
        link_version(made[0], portfolio, aliases=["a"], acting_user=world.alice)
    return Ground(world, run, made[0].sequence, registry, portfolios)


def at_once(acts: dict[str, Act]) -> list[str]:
    """Begin all at the same moment; the faults that are no refusals, by the act."""
    gate, faults = threading.Barrier(len(acts)), list[str]()

    def begin(name: str, act: Act) -> None:
        try:
            gate.wait()
            with suppress(DomainError):
                act()
        except BaseException as fault:
            faults.append(f"{name}: {type(fault).__name__}: {fault}")
        finally:
            connection.close()

    threads = [threading.Thread(target=begin, args=one) for one in acts.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return faults


def broken() -> list[str]:
    """What of the promises isn't kept."""
    return [finding.line for finding in look(ROWS, repair=False) if not finding.holds]


def pairs() -> Iterator[tuple[str, str]]:
    """Those that were seen to break something, each against each."""
    others = ["delete version", "delete sequence", "unlink", "set alias", "retype", "link by name"]
    others += ["rename collection", "delete collection", "delete registry", "take back"]
    yield from (("link", other) for other in others)
    yield from (("delete version", other) for other in ["unlink", "set alias", "link by name", "delete registry"])


def test_two_acts_at_once_keep_every_promise(world: World) -> None:
    for number, (first, second) in enumerate(pairs()):
        here = ground(world, number)
        acts = here.acts(random.Random(number))
        wrong = at_once({name: acts[name] for name in (first, second)}) + broken()
        assert not wrong, (first, second, wrong)


def test_any_acts_at_once_keep_every_promise(world: World) -> None:
    until, number = time.monotonic() + SECONDS, 1_000
    while time.monotonic() < until:
        number += 1
        dice = random.Random(number)
        acts = ground(world, number).acts(dice)
        chosen = dice.sample(sorted(acts), AT_ONCE)
        wrong = at_once({name: acts[name] for name in chosen}) + broken()
        assert not wrong, (number, chosen, wrong)
