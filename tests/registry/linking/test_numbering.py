"""Numbers and aliases under many threads: what only the database can promise."""

import random
import threading
from collections.abc import Callable

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from artifacts.models import Alias, AuditEvent, Collection, Membership, Verb
from registry.actions.link import link_by_name, unlink_version
from registry.models import Registry
from tests import factories
from tests.conftest import World, make_world

THREADS = 8


def together(work: Callable[[int], None], threads: int = THREADS) -> None:
    """Run `work` in several threads that begin at the same moment; the first failure fails the test."""
    failures: list[BaseException] = []
    gate = threading.Barrier(threads)

    def begin(number: int) -> None:
        try:
            gate.wait()
            work(number)
        except BaseException as failure:
            failures.append(failure)
        finally:
            connection.close()

    started = [threading.Thread(target=begin, args=(number,)) for number in range(threads)]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()
    if failures:
        raise failures[0]


@pytest.fixture
def world(transactional_db: None) -> World:
    """Committed rows, so that other threads see them."""
    return make_world()


def test_many_threads_get_contiguous_numbers_and_one_owner_for_each_alias(world: World) -> None:
    source = factories.project(world.team, user=world.bob)
    versions = [[factories.version(source, user=world.bob, files={}) for _ in range(10)] for _ in range(THREADS)]

    def link(number: int) -> None:
        for version in versions[number]:
            link_by_name(version, world.model, "detectors", aliases=["prod"], acting_user=world.bob)

    together(link)
    collection = Collection.objects.get(project=world.model)
    assert sorted(collection.memberships.values_list("index", flat=True)) == list(range(80))
    assert (collection.next_index, collection.version_count) == (80, 80)
    assert dict(Alias.objects.filter(collection=collection).values_list("name", "membership__index"))["latest"] == 79
    assert Alias.objects.filter(collection=collection, name="prod").count() == 1
    assert Registry.objects.get(project=world.model).version_count == 80


def test_many_threads_that_link_the_same_versions_make_one_link_each(world: World) -> None:
    source = factories.project(world.team, user=world.bob)
    versions = [factories.version(source, user=world.bob, files={}) for _ in range(15)]

    def link(number: int) -> None:
        for version in random.Random(number).sample(versions, len(versions)):
            link_by_name(version, world.model, "detectors", acting_user=world.bob)

    together(link)
    collection = Collection.objects.get(project=world.model)
    assert sorted(collection.memberships.values_list("index", flat=True)) == list(range(15))
    assert AuditEvent.objects.filter(verb=Verb.LINKED).count() == 15


def test_numbers_stay_unique_while_links_are_ended(world: World) -> None:
    source = factories.project(world.team, user=world.bob)
    versions = [[factories.version(source, user=world.bob, files={}) for _ in range(6)] for _ in range(THREADS)]
    seen: list[int] = []

    def link_and_unlink(number: int) -> None:
        for version in versions[number]:
            membership = link_by_name(version, world.model, "detectors", acting_user=world.bob)
            seen.append(membership.index)
            if number % 2:
                unlink_version(membership, acting_user=world.bob)

    together(link_and_unlink)
    assert sorted(seen) == list(range(48))
    collection = Collection.objects.get(project=world.model)
    assert collection.version_count == collection.memberships.count() == 24
    newest = collection.memberships.newest_first().first()
    assert newest is not None
    assert Alias.objects.get(collection=collection, name="latest").membership_id == newest.pk


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    acts=st.lists(
        st.tuples(st.sampled_from(["link", "unlink"]), st.integers(0, 5), st.sampled_from([[], ["a"], ["b", "a"]])),
        max_size=20,
    )
)
def test_any_sequence_of_acts_keeps_the_promises(world: World, acts: list[tuple[str, int, list[str]]]) -> None:
    source, _ = factories.project(world.team, user=world.bob), Collection.objects.filter(kind="portfolio").delete()
    versions = [factories.version(source, user=world.bob, files={}) for _ in range(6)]
    given_numbers: list[int] = []
    for act, which, aliases in acts:
        if act == "link":
            before = Membership.objects.filter(collection__kind="portfolio", version=versions[which]).exists()
            membership = link_by_name(versions[which], world.model, "c", aliases=aliases, acting_user=world.bob)
            given_numbers += [] if before else [membership.index]
        else:
            found = Membership.objects.filter(collection__kind="portfolio", version=versions[which]).first()
            if found:
                unlink_version(found, acting_user=world.bob)
        check_promises(given_numbers)


def check_promises(given_numbers: list[int]) -> None:
    """Contiguous as given, never twice; counts true; every alias on one version; `latest` on the highest left."""
    assert given_numbers == list(range(len(given_numbers)))
    collection = Collection.objects.filter(kind="portfolio").first()
    if collection is None:
        return
    assert collection.next_index == len(given_numbers)
    assert collection.version_count == collection.memberships.count()
    names = list(Alias.objects.filter(collection=collection).values_list("name", flat=True))
    assert len(names) == len(set(names))
    newest = collection.memberships.newest_first().first()
    latest = Alias.objects.filter(collection=collection, name="latest").first()
    assert (latest.membership_id if latest else None) == (newest.pk if newest else None)
