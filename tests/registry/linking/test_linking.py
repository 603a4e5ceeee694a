"""Linking: one place, its numbers, its refusals."""

import pytest

from artifacts.actions import aliases_and_tags
from artifacts.errors import Conflict, Forbidden, Invalid, NotFound
from artifacts.models import Alias, AuditEvent, Membership, Verb
from artifacts.views.url_of import version_url
from registry.actions.link import link_by_name, link_version, unlink_version
from registry.actions.registries import protect_alias
from registry.models import Registry
from registry.views.linking.preview import known_aliases
from tests import factories
from tests.conftest import World


@pytest.fixture
def source(world: World):
    return factories.project(world.team, user=world.bob)


def test_linking_makes_the_collection_and_starts_at_v0(world, source):
    version = factories.version(source, user=world.bob)
    membership = link_by_name(version, world.model, "detectors", aliases=["staging"], acting_user=world.bob)
    assert membership.full_name == "wandb-registry-model/detectors:v0"
    assert membership.alias_names == ["latest", "staging"]
    registry = Registry.objects.get(project=world.model)
    assert (registry.collection_count, registry.version_count) == (1, 1)


def test_linking_twice_returns_the_same_link_and_leaves_no_trace(world, source):
    version = factories.version(source, user=world.bob)
    first = link_by_name(version, world.model, "detectors", aliases=["staging"], acting_user=world.bob)
    events = AuditEvent.objects.count()
    again = link_by_name(version, world.model, "detectors", aliases=["staging"], acting_user=world.bob)
    assert again.pk == first.pk
    assert AuditEvent.objects.count() == events


def test_a_number_is_never_used_again(world, source):
    one, two, three = (factories.version(source, user=world.bob) for _ in range(3))
    link_by_name(one, world.model, "detectors", acting_user=world.bob)
    second = link_by_name(two, world.model, "detectors", aliases=["prod"], acting_user=world.bob)
    unlink_version(second, acting_user=world.bob)
    third = link_by_name(three, world.model, "detectors", acting_user=world.bob)
    assert third.name == "v2"
    assert list(third.collection.memberships.newest_first().values_list("index", flat=True)) == [2, 0]
    assert not Alias.objects.filter(collection=third.collection, name="prod").exists()


def test_unlinking_the_newest_gives_latest_to_the_highest_left(world, source):
    links = [
        link_by_name(factories.version(source, user=world.bob), world.model, "c", acting_user=world.bob)
        for _ in range(3)
    ]
    unlink_version(links[2], acting_user=world.bob)
    assert Alias.objects.get(collection=links[0].collection, name="latest").membership.index == 1


def test_an_alias_moves_to_the_version_that_asks_last(world, source):
    first, second = (factories.version(source, user=world.bob) for _ in range(2))
    one = link_by_name(first, world.model, "c", aliases=["prod"], acting_user=world.bob)
    two = link_by_name(second, world.model, "c", aliases=["prod"], acting_user=world.bob)
    assert Membership.objects.get(pk=one.pk).alias_names == []
    assert Membership.objects.get(pk=two.pk).alias_names == ["latest", "prod"]


def refused(expected, fragment, act):
    before = (Membership.objects.count(), AuditEvent.objects.count(), Registry.objects.count())
    with pytest.raises(expected, match=fragment):
        act()
    assert (Membership.objects.count(), AuditEvent.objects.count(), Registry.objects.count()) == before


def test_what_cannot_be_linked_is_refused_and_changes_nothing(world, source):
    good = factories.version(source, user=world.bob)
    personal = factories.version(factories.project(world.bob.personal, user=world.bob), user=world.bob)
    foreign = factories.version(factories.project(world.strangers, user=world.mallory), user=world.mallory)
    pending = factories.pending(source, "other", user=world.bob)
    dataset = factories.version(source, "coco", "dataset", user=world.bob)
    link_by_name(good, world.model, "detectors", acting_user=world.bob)

    def link(version, registry, name="detectors", user=world.bob, **options):
        return lambda: link_by_name(version, registry, name, acting_user=user, **options)

    refused(Invalid, "personal entity.*log the artifact to a team", link(personal, world.model))
    refused(Invalid, "another organization", link(foreign, world.model))
    refused(Invalid, "still uploading", link(pending, world.model))
    refused(Invalid, "doesn't accept artifacts of type “dataset”", link(dataset, world.model, "fresh"))
    refused(Conflict, "holds versions of type “model”", link(dataset, world.model))
    refused(Conflict, "taken by versions logged there", link(good, source, "yolo"))
    refused(Forbidden, "your role in “model” is viewer", link(good, world.model, user=world.carol))
    refused(NotFound, "nothing here", link(good, world.model, user=world.mallory))
    refused(Invalid, "looks like a version number", link(good, world.model, aliases=["v3"]))
    refused(Invalid, "contains “/”", link(good, world.model, "a/b"))
    refused(Invalid, "129 characters", link(good, world.model, "x" * 129))


def test_a_source_that_the_linker_may_not_download_is_hidden(world, source):
    private = factories.project(world.team, "private", user=world.alice)
    private.visibility = "restricted"
    private.save()
    version = factories.version(private, user=world.alice)
    refused(NotFound, "nothing here", lambda: link_by_name(version, world.model, "c", acting_user=world.bob))


def test_only_administrators_move_a_protected_alias(world, source):
    protect_alias(world.model, "Production", acting_user=world.alice)
    version = factories.version(source, user=world.bob)
    refused(
        Forbidden,
        "protected alias",
        lambda: link_by_name(version, world.model, "c", aliases=["production"], acting_user=world.bob),
    )
    membership = link_by_name(version, world.model, "c", aliases=["production"], acting_user=world.alice)
    with pytest.raises(Forbidden, match="protected"):
        aliases_and_tags.add_aliases(membership, ["ｐｒｏｄuction"], acting_user=world.bob)
    with pytest.raises(Forbidden, match="protected"):
        aliases_and_tags.remove_aliases(membership, ["production"], acting_user=world.bob)
    with pytest.raises(Forbidden, match="protected"):
        unlink_version(membership, acting_user=world.bob)
    unlink_version(membership, acting_user=world.alice)
    assert AuditEvent.objects.filter(verb=Verb.UNLINKED).count() == 1


def test_pages_offer_what_only_looks_like_a_protected_alias_to_administrators_only(world, source, client):
    """One alias may have been there before the other was protected."""
    membership = link_by_name(
        factories.version(source, user=world.bob),
        world.model,
        "c",
        aliases=["ｐｒｏｄ", "staging"],
        acting_user=world.bob,
    )
    protect_alias(world.model, "prod", acting_user=world.alice)
    for user, expected in ((world.bob, {"staging"}), (world.alice, {"ｐｒｏｄ", "staging"})):
        client.force_login(user)
        shown = client.get(version_url(membership)).context["aliases"]
        assert {alias.name for alias in shown if alias.remove_url} - {"latest"} == expected
        assert {alias.name for alias in known_aliases(user, membership.collection) if alias.is_open} == expected


def test_a_link_into_a_sequence_is_refused(world, source):
    version = factories.version(source, user=world.bob)
    with pytest.raises(Invalid):
        link_version(version, version.sequence, acting_user=world.bob)
