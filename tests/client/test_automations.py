"""Automations as the unmodified client makes, lists, changes and deletes them, and what the pages and others see of them."""

import pytest

from artifacts.actions import integrations
from artifacts.models import AuditEvent, Automation
from tests import factories
from tests.client.conftest import Client
from tests.conftest import World

pytestmark = [pytest.mark.client]

PLACES = """
    from wandb.automations import *
    api = wandb.Api()
    hook = next(api.webhook_integrations(entity="vision"))
    slack = next(api.slack_integrations(entity="vision"))
    project, team = api.project("detector", "vision"), api.team("vision")
    registry = api.registry("model", organization="Acme Corp")
    sequence = api.artifact_collection("model", "vision/detector/yolo")
    portfolio = api.artifact_collection("model", "acme-corp/wandb-registry-model/detectors")

    def refusal(act):
        began = time.monotonic()
        try:
            act()
        except Exception as error:
            assert time.monotonic() - began < 2, "the client tried again"
            return [type(error).__name__, str(error)]
"""


@pytest.fixture
def places(world: World) -> World:
    """A project with a version, a collection, a webhook with a secret and a Slack channel."""
    integrations.set_secret(world.team, "TOKEN", "t0p-secret", acting_user=world.alice)
    factories.webhook(world.team, access_token="TOKEN", user=world.alice)
    slack = "https://hooks.slack.com/services/T/B/x"
    integrations.create_slack_channel(world.team, "Acme", "alerts", slack, acting_user=world.alice)
    factories.version(factories.project(world.team, user=world.bob), user=world.bob)
    factories.portfolio(world.model, user=world.bob)
    return world


def test_every_event_action_and_scope_is_made_and_read_back_by_others(client: Client, places: World) -> None:
    made = client.run(
        PLACES
        + """
    loss = RunEvent.metric("loss")
    events = [
        OnLinkArtifact(scope=registry, filter=ArtifactEvent.alias.matches_regex("^prod")),
        OnUnlinkArtifact(scope=portfolio), OnCreateArtifact(scope=sequence),
        OnAddArtifactAlias(scope=team, filter=(ArtifactEvent.alias == "a") | (ArtifactEvent.tag != "b")),
        OnAddArtifactTag(scope=project, filter=ArtifactEvent.tag.in_(["x", "y"])), OnRemoveArtifactTag(scope=registry),
        OnAddCollectionTag(scope=portfolio, filter=ArtifactEvent.tag == "x"), OnRemoveCollectionTag(scope=api.organization("Acme Corp")),
        OnRunMetric(scope=project, filter=loss.avg(5).gt(1.5)),
        OnRunMetric(scope=team, filter=(RunEvent.name == "r1") & loss.increases_by(frac=0.1)),
        OnRunMetric(scope=project, filter=abs(loss.zscore(30)) > 3),
        OnRunState(scope=project, filter=RunEvent.state.in_(["finished", "failed"])),
    ]
    actions = [
        SendWebhook.from_integration(hook, payload={"text": "${alias} by ${event_author}", "key": "${TOKEN}"}),
        SendNotification.from_integration(slack, title="t", text="m", level="warn"), DoNothing(),
    ]
    for number, event in enumerate(events):
        made = api.create_automation(event >> actions[number % 3], name=f"a{number}", description="d" * (number % 2))
        again = api.automation(f"a{number}", entity="vision" if made.scope.name in ("detector", "yolo", "vision") else "acme-corp")
        assert made == again, (made, again)
        say([made.event.event_type.value, made.scope.scope_type.value, made.action.action_type.value, made.description])
""",
        user="alice",
    )
    assert [row[0] for row in made] == [
        "LINK_MODEL", "UNLINK_ARTIFACT", "CREATE_ARTIFACT", "ADD_ARTIFACT_ALIAS", "ADD_ARTIFACT_TAG", "REMOVE_ARTIFACT_TAG",
        "ADD_COLLECTION_TAG", "REMOVE_COLLECTION_TAG", "RUN_METRIC", "RUN_METRIC_CHANGE", "RUN_METRIC_ZSCORE", "RUN_STATE",
    ]  # fmt: skip
    assert {row[1] for row in made} == {"PROJECT", "ARTIFACT_COLLECTION", "ENTITY"}
    assert made[1] == ["UNLINK_ARTIFACT", "ARTIFACT_COLLECTION", "NOTIFICATION", "d"]
    listing = """
    import wandb.automations
    api = wandb.Api()
    say(*[sorted(a.name for a in api.automations(entity=e, per_page=2)) for e in ("vision", "acme-corp")])
    say(sorted(a.name for a in api.automations()), [a.name for a in api.automations(name="a3")])
    say([a.name for a in api.automations(entity="vision", name="a4")])
    say([sorted(type(i).__name__ for i in api.integrations(entity="vision"))])
    """
    vision, acme = ["a10", "a11", "a2", "a3", "a4", "a8", "a9"], ["a0", "a1", "a5", "a6", "a7"]
    kinds = [["SlackIntegration", "WebhookIntegration"]]
    assert client.run(listing, user="bob") == [vision, acme, sorted(vision + acme), ["a3"], ["a4"], kinds]
    assert client.run(listing, user="carol")[-1] == [[]]
    outside = """
    api = wandb.Api()
    say(list(api.automations()))
    for entity in ("vision", "acme-corp"):
        try:
            say(list(api.automations(entity=entity)))
        except Exception as error:
            say(str(error))
    """
    nothing, *said = client.run(outside, user="mallory")
    assert nothing == []
    for sentence, entity in zip(said, ("vision", "acme-corp"), strict=True):
        assert f"entity “{entity}” not found" in sentence
    page = client.opens("/orgs/Acme%20Corp/registry/model/-/automations", user="carol").content.decode()
    for words in ("a0", "A version is linked", "alias matches “^prod”", "Not delivering yet"):
        assert words in page
    page = client.opens("/vision/detector/-/automations").content.decode()
    for words in (
        "average of the last 5 values of loss &gt; 1.5",
        "Slack message to #alerts (Acme)",
        "becomes failed or finished",
    ):
        assert words in page
    assert "t0p-secret" not in page


def test_each_part_is_changed_and_deleted(client: Client, places: World) -> None:
    said = client.run(
        PLACES
        + """
    made = api.create_automation(OnLinkArtifact(scope=registry) >> DoNothing(), name="watch")
    made.enabled, made.description = False, "kept"
    made = api.update_automation(made, name="renamed")
    say([made.name, made.enabled, made.description])
    made = api.update_automation(made, event=OnAddArtifactAlias(scope=registry, filter=ArtifactEvent.alias == "x"))
    made = api.update_automation(made, action=SendWebhook.from_integration(hook, payload={"a": "${alias}"}))
    say([made.event.event_type.value, repr(made.event.filter.filter), made.action.request_payload, made.enabled])
    moved = api.create_automation(OnAddArtifactTag(scope=project) >> DoNothing(), name="moved")
    moved = api.update_automation(moved, scope=sequence)
    say([moved.scope.scope_type.value, moved.name])
    gone = api.create_automation(OnRunState(scope=project, filter=RunEvent.state == "failed") >> DoNothing(), name="gone")
    say(api.delete_automation(gone), refusal(lambda: api.delete_automation(gone.id)))
    say(refusal(lambda: api.update_automation(gone, enabled=False)))
    say(refusal(lambda: api.create_automation(OnLinkArtifact(scope=portfolio) >> DoNothing(), name="renamed")))
    there = api.create_automation(OnLinkArtifact(scope=portfolio) >> DoNothing(), name="renamed", fetch_existing=True)
    say(there.id == made.id)
    wide = api.create_automation(OnAddArtifactAlias(scope=team) >> DoNothing(), name="wide")
    say(api.create_automation(OnAddArtifactAlias(scope=team) >> DoNothing(), name="wide", fetch_existing=True).id == wide.id)
""",
        user="alice",
    )
    missing = "No automation has this id; list the automations again."
    assert said[:4] == [
        ["renamed", False, "kept"],
        ["ADD_ARTIFACT_ALIAS", "Or((And((FilterExpr(alias: Eq('x')),)),))", {"a": "${alias}"}, False],
        ["ARTIFACT_COLLECTION", "moved"],
        True,
    ]
    assert missing in said[4][1]
    assert said[5] == ["CommError", "Automation 'gone' not found. Unable to edit it."]
    assert said[6] == ["CommError", "Automation 'renamed' exists. Unable to create another with the same name."]
    assert said[7:] == [True, True]
    names = client.run("say(sorted((a.name, a.enabled) for a in wandb.Api().automations()))")
    assert names == [[["moved", True], ["renamed", False], ["wide", True]]]
    assert set(Automation.objects.values_list("name", flat=True)) == {"moved", "renamed", "wide"}
    assert AuditEvent.objects.filter(verb="automation.changed", label="renamed").count() == 3
    page = client.opens("/orgs/Acme%20Corp/registry/model/-/automations", user="alice").content.decode()
    assert "Disabled" in page
    assert "kept" in page


def test_refusals_are_told_at_once_in_the_servers_sentence(client: Client, places: World) -> None:
    factories.automation(places.model, "alices", user=places.alice)
    said = client.run(
        PLACES
        + """
    def make(event, action=DoNothing()):
        return refusal(lambda: api.create_automation(event >> action, name="new"))
    say(make(OnCreateArtifact(scope=portfolio)))
    say(make(OnAddArtifactAlias(scope=project, filter=ArtifactEvent.alias.matches_regex("(?=x)"))))
    say(make(OnAddArtifactAlias(scope=project, filter={"metadata": {"$eq": "x"}})))
    say(make(OnAddArtifactTag(scope=project), SendWebhook.from_integration(hook, payload={"a": "${nope}"})))
    say(make(OnAddArtifactTag(scope=registry)), make(OnAddArtifactTag(scope=team)))
    say(make(OnAddArtifactTag(scope=project), SendPromptToAria(prompt="x")))
    theirs = api.automation("alices", entity="acme-corp")
    say(refusal(lambda: api.update_automation(theirs, enabled=False)), refusal(lambda: api.delete_automation(theirs)))
"""
    )
    reasons = [
        "“A new version is logged” never happens in a collection of a registry",
        "RE2",
        "Invalid filter fields: metadata",
        "Nothing fills the variable “${nope}”",
        "permission denied: your role in “model”",
        "permission denied: only an administrator of “vision”",
        "is not supported on this wandb server version",
        "permission denied",
        "permission denied",
    ]
    for (kind, message), reason in zip(said, reasons, strict=True):
        assert kind == ("UnsupportedError" if "not supported" in reason else "CommError")
        assert reason in message
    assert list(Automation.objects.values_list("name", "enabled")) == [("alices", True)]
