"""The audit log: each verb has its facts, in fields; labels are made of them, and nothing reads one back."""

import importlib
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.test import Client

from artifacts import audit
from artifacts.actions import (
    aliases_and_tags,
    collections,
    integrations,
    organizations,
    people,
    projects,
    runs,
    versions,
)
from artifacts.models import AuditEvent, Collection, Verb
from registry.actions import delete, deprecation, link, registries, settings
from registry.actions.link import link_by_name
from tests import factories
from tests.conftest import World

NEW_FACTS = {
    "collection",
    "version",
    "name",
    "project",
    "registry",
    "place",
    "entity",
    "run",
}  # old events hadn't these
HOSTILE = ("data from web", "a → b", "it as v1 → x", "v3", "to v2 from v1")


@pytest.fixture
def full(world: World) -> World:
    """Nearly every verb, with names that look like parts of labels."""
    source = factories.project(world.team, "x → y from z", user=world.bob)
    for name in HOSTILE:
        first, second = (factories.version(source, name, user=world.bob) for _ in range(2))
        place = link_by_name(first, world.model, name, aliases=["on → off", "kept from here"], acting_user=world.bob)
        moved = link_by_name(second, world.model, name, aliases=["on → off"], acting_user=world.bob)
        aliases_and_tags.remove_aliases(place, ["kept from here"], acting_user=world.bob)
        aliases_and_tags.add_aliases(place, ["on → off"], acting_user=world.bob)
        aliases_and_tags.tag_version(first, ["raw"], acting_user=world.bob)
        aliases_and_tags.untag_version(first, ["raw"], acting_user=world.bob)
        aliases_and_tags.tag_collection(place.collection, ["raw"], acting_user=world.bob)
        aliases_and_tags.untag_collection(place.collection, ["raw"], acting_user=world.bob)
        versions.describe_version(first, description="web", acting_user=world.bob)
        deprecation.deprecate(place, "old", successor=moved, acting_user=world.bob)
        deprecation.reinstate(place, acting_user=world.bob)
        link.unlink_version(moved, acting_user=world.bob)
        delete.delete_version(second, delete_aliases=True, acting_user=world.bob)
    everything_else(world)
    return world


def everything_else(world: World) -> None:
    """The verbs that are about no version."""
    alice, project = world.alice, factories.project(world.team, "other", user=world.bob)
    run = factories.run(project, user=world.bob)
    runs.stop_run(run, acting_user=world.bob)
    runs.delete_run(run, acting_user=world.bob)
    projects.describe_project(project, "d", acting_user=world.bob)
    projects.rename_project(project, "renamed in place", acting_user=alice)
    gone = factories.portfolio(world.model, "gone in web", user=world.bob)
    collections.describe_collection(gone, "d", acting_user=world.bob)
    collections.rename_collection(gone, "gone from web", acting_user=world.bob)
    registries.delete_collection(gone, acting_user=alice)
    registry = registries.create_registry(world.organization, "in a → b", types=["model"], acting_user=alice).project
    registries.protect_alias(registry, "production", acting_user=alice)
    registries.unprotect_alias(registry, "production", acting_user=alice)
    settings.rename_registry(registry, "Other", acting_user=alice)
    settings.delete_registry(registry, acting_user=alice)
    integrations.set_secret(world.team, "TOKEN", "x", acting_user=alice)
    secret = integrations.set_secret(world.team, "TOKEN", "y", acting_user=alice)
    integrations.delete_integration(factories.webhook(world.team, user=alice), acting_user=alice)
    integrations.delete_secret(secret, acting_user=alice)
    automation = factories.automation(world.model, user=alice)
    automation.delete()
    eve = people.create_user("eve", acting_user=None)
    people.create_api_key(eve, acting_user=eve)
    organizations.add_member(world.organization, eve, "member", acting_user=None)
    organizations.add_member(world.team, eve, "member", acting_user=alice)
    organizations.add_member(world.team, eve, "viewer", acting_user=alice)
    organizations.remove_member(world.team, eve, acting_user=alice)
    organizations.keep_versions(world.team, 86_400, by_admins=False, acting_user=alice)


def test_every_verb_has_its_facts() -> None:
    assert set(audit.SHAPES) == set(Verb)


def test_events_carry_their_facts_and_labels_are_made_of_them(full: World) -> None:
    events = list(AuditEvent.objects.all())
    assert len({event.verb for event in events}) > 35
    for event in events:
        shape = audit.SHAPES[Verb(event.verb)]
        assert not shape.faults(event.data), event
        assert event.label.endswith(shape.label.format_map(event.data)), event


@pytest.mark.parametrize("facts", [{}, {"alias": "prod", "moved_from": None, "more": 1}])
def test_an_event_with_other_facts_is_refused(world: World, facts: dict[str, Any]) -> None:
    place = link_by_name(
        factories.version(factories.project(world.team, user=world.bob), user=world.bob),
        world.model,
        "detectors",
        acting_user=world.bob,
    )
    with pytest.raises(ValueError, match=r"an event alias\.set"):
        audit.record(Verb.ALIAS_SET, acting_user=world.bob, membership=place, **facts)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_version_tells_its_history_by_names_that_look_like_sentences(client: Client, full: World, name: str) -> None:
    client.force_login(full.bob)
    shown = client.get(f"/vision/x → y from z/artifacts/model/{name}/v0").context["history"]
    said = [f"{event.words} {event.alias}{event.tag} {event.rest}".strip() for event in shown]
    assert said == [
        f"took back the deprecation  on {name}:v0",
        f"deprecated it  on {name}:v0",
        "changed the description",
        "removed the tag raw",
        "tagged it raw",
        f"moved on → off to {name}:v0 from v1",
        f"removed kept from here from {name}:v0",
        f"set kept from here on {name}:v0",
        f"set on → off on {name}:v0",
        f"linked it as {name}:v0",
    ]


@pytest.mark.parametrize("today", ["kept", "renamed", "deleted"])
def test_the_migration_gives_old_events_their_facts(full: World, today: str) -> None:
    if today == "renamed":
        for collection in Collection.objects.all():
            collections.rename_collection(collection, f"{collection.name} of old", acting_user=full.alice)
    before = dict(AuditEvent.objects.values_list("pk", "data"))
    if today == "deleted":
        Collection.objects.all().delete()
    for event in AuditEvent.objects.all():
        event.data = {name: value for name, value in event.data.items() if name not in NEW_FACTS}
        event.save(update_fields=["data"])
    migration = importlib.import_module("artifacts.migrations.0011_facts_of_events")
    for _ in range(2):
        migration.fill(apps, None)
        for event in AuditEvent.objects.all():
            wanted = before[event.pk]
            if not event.verb.startswith("registry.") or "alias" not in wanted:
                wanted = {name: value for name, value in wanted.items() if name not in unknown_to_labels(event.verb)}
            else:
                wanted = {"alias": wanted["alias"]}
            assert event.data == wanted, event


def unknown_to_labels(verb: str) -> set[str]:
    """The facts of new events that no label ever said."""
    return {"registry", "project", "collection"} if verb.startswith(("automation.", "member.")) else set()


def test_old_events_without_an_alias_are_split_by_the_name_of_today() -> None:
    facts_of = importlib.import_module("artifacts.migrations.0011_facts_of_events").facts_of
    assert facts_of("alias.set", "x → a → b:v2", {}, "a → b") == {"collection": "a → b", "version": "v2"}
    assert facts_of("alias.removed", "x from data from web:v2", {}, "web") == {"collection": "web", "version": "v2"}
    assert facts_of("alias.set", "x → a → b:v2", {}, "") == {"version": "v2"}
    assert facts_of("alias.set", "x", {}, "") == {}
    cut = f"p/s:v1 → {'c' * 380}:v1"[:400]
    assert facts_of("version.linked", cut.ljust(400, "…"), {"index": 12}, "now") == {
        "collection": "now",
        "version": "v12",
    }


def test_a_new_verb_needs_no_migration(db: None) -> None:
    """What migrations know of the verb is a text: its choices are nowhere in their state."""
    known = MigrationLoader(connection).project_state().models["artifacts", "auditevent"].fields["verb"]
    assert (known.choices, AuditEvent._meta.get_field("verb").clone().choices) == (None, None)
    assert AuditEvent._meta.get_field("verb").choices == Verb.choices
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
