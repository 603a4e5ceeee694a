"""Automations: which place each event happens in, what is read of a condition and a payload, and who may do what to them."""

import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from artifacts import access
from artifacts.actions import automations, integrations, organizations
from artifacts.automations.conditions import EVENTS, read_condition
from artifacts.automations.payloads import GivenAction, payload
from artifacts.automations.sentences import condition_words, scope_words
from artifacts.errors import Conflict, DomainError, Forbidden, Invalid, NotFound
from artifacts.models import AuditEvent, Automation, Collection, Entity, Project
from registry.actions.registries import delete_collection
from registry.actions.settings import delete_registry, save_registry
from tests import factories
from tests.conftest import World

STATE = '{"run_state_filter": {"states": ["FAILED", "FINISHED", "FAILED"]}}'
THRESHOLD = {"name": "loss", "agg_op": "AVERAGE", "window_size": 5, "cmp_op": "$gt", "threshold": 1.5}
CHANGE = {
    "name": "loss",
    "change_type": "RELATIVE",
    "change_dir": "ANY",
    "change_amount": 0.1,
    "current_window_size": 1,
    "prior_window_size": 2,
}
ZSCORE = {"name": "loss", "window_size": 30, "threshold": 3, "change_dir": "DECREASE"}


def metric(kind: str, **fields: object) -> str:
    return json.dumps({"run_filter": '{"$and": []}', "run_metric_filter": {kind: fields}, "metric_filter": None})


CONDITIONS = {
    "RUN_METRIC": metric("threshold_filter", **THRESHOLD),
    "RUN_METRIC_CHANGE": metric("change_filter", **CHANGE),
    "RUN_METRIC_ZSCORE": metric("zscore_filter", **ZSCORE),
    "RUN_STATE": STATE,
}


@pytest.fixture
def scopes(world: World) -> dict[str, Entity | Project | Collection]:
    """A place of each kind."""
    project = factories.project(world.team, user=world.bob)
    return {
        "project": project,
        "registry": world.model,
        "sequence": factories.version(project, user=world.bob).sequence,
        "portfolio": factories.portfolio(world.model, user=world.bob),
        "team": world.team,
        "organization": world.model.entity,
    }


def test_each_event_is_accepted_exactly_where_it_can_happen(
    world: World, scopes: dict[str, Entity | Project | Collection]
) -> None:
    accepted = {event: set() for event in EVENTS}
    for event in EVENTS:
        for kind, scope in scopes.items():
            fields = {"event": event, "condition": CONDITIONS.get(event, "{}")}
            with suppress(Invalid):
                made = factories.automation(scope, f"{event} in {kind}", user=world.alice, **fields)
                accepted[event].add(kind)
                assert (made.scope, made.event, made.organization) == (scope, event, world.organization)
    everywhere = set(scopes)
    logged = everywhere - {"registry", "portfolio"}
    assert accepted == {
        "LINK_MODEL": everywhere,
        "UNLINK_ARTIFACT": everywhere,
        "CREATE_ARTIFACT": logged,
        **{event: everywhere for event in EVENTS if event.startswith(("ADD", "REMOVE"))},
        **{event: {"project", "team", "organization"} for event in CONDITIONS},
    }
    with pytest.raises(Invalid, match="name one of those"):
        factories.automation(world.alice.personal, "mine", user=world.alice)


MANAGERS = {
    "project": {"alice", "bob"},
    "sequence": {"alice", "bob"},
    "portfolio": {"alice", "bob"},
    "registry": {"alice"},
    "team": {"alice"},
    "organization": {"alice"},
}


@pytest.mark.parametrize("kind", MANAGERS)
def test_members_automate_collections_and_projects_and_administrators_the_rest(
    world: World, scopes: dict[str, Entity | Project | Collection], kind: str
) -> None:
    scope = scopes[kind]
    made = factories.automation(scope, "first", user=world.alice)
    for name in ("alice", "bob", "carol", "mallory"):
        user = getattr(world, name)
        if name in MANAGERS[kind]:
            assert factories.automation(scope, f"of {name}", user=user).created_by == user
            assert automations.change_automation(made, description=name, acting_user=user).description == name
            continue
        refusal = NotFound if name == "mallory" else Forbidden
        with pytest.raises(refusal):
            factories.automation(scope, f"of {name}", user=user)
        with pytest.raises(refusal):
            automations.change_automation(made, enabled=False, acting_user=user)
        with pytest.raises(refusal):
            automations.delete_automation(made, acting_user=user)
        assert access.manages_automations(user, scope) is False
    made.refresh_from_db()
    assert made.enabled
    assert set(Automation.objects.values_list("created_by__name", flat=True)) == MANAGERS[kind]


def test_one_sees_those_of_the_places_one_sees(world: World, scopes: dict[str, Entity | Project | Collection]) -> None:
    hidden = save_registry(world.organization, "Hidden", visibility="restricted", acting_user=world.alice)[0]
    speech = organizations.create_team("speech", world.organization, acting_user=world.alice)
    for kind, scope in {**scopes, "hidden": hidden, "speech": speech}.items():
        factories.automation(scope, kind, user=world.alice)
    own = factories.project(world.bob.personal, "mine", user=world.bob)
    factories.automation(own, "own", user=world.bob)
    factories.automation(world.strangers, "team", user=world.mallory)
    seen = {
        user.name: set(access.visible_automations(user).values_list("name", flat=True))
        for user in (world.alice, world.bob, world.carol, world.mallory)
    }
    assert seen == {
        "alice": {*scopes, "hidden", "speech"},
        "bob": {*scopes, "own"},
        "carol": set(scopes),
        "mallory": {"team"},
    }


def test_a_name_is_taken_once_in_an_organization(world: World) -> None:
    project = factories.project(world.team, user=world.bob)
    first = factories.automation(world.model, "Watch", user=world.alice)
    for scope in (project, world.model, world.team):
        with pytest.raises(Conflict, match="exists in “Acme Corp”"):
            factories.automation(scope, "watch", user=world.alice)
    second = factories.automation(project, "other", user=world.bob)
    with pytest.raises(Conflict):
        automations.change_automation(second, name="WATCH", acting_user=world.bob)
    assert automations.change_automation(first, name="WATCH", acting_user=world.alice).name == "WATCH"
    assert factories.automation(world.strangers, "watch", user=world.mallory).owner == world.strangers
    own = factories.project(world.bob.personal, "mine", user=world.bob)
    assert factories.automation(own, "watch", user=world.bob).organization is None
    with pytest.raises(Conflict, match="“bob”"):
        factories.automation(own, "watch", user=world.bob)
    for name in ("", " x", "a\nb", "n" * 256):
        with pytest.raises(Invalid):
            factories.automation(project, name, user=world.bob)


def test_only_what_changed_is_written_down(world: World) -> None:
    made = factories.automation(world.model, user=world.alice)
    before = made.updated_at
    for _ in range(2):
        changed = automations.change_automation(made, enabled=False, description="d", acting_user=world.alice)
    assert changed.updated_at >= before
    event = AuditEvent.objects.get(verb="automation.changed")
    assert (event.data, event.project_number) == (
        {"registry": "model", "name": "watch", "changed": ["description", "enabled"], "enabled": False},
        world.model.pk,
    )
    automations.delete_automation(changed, acting_user=world.alice)
    with pytest.raises(NotFound):
        automations.change_automation(made, enabled=True, acting_user=world.alice)
    kinds = AuditEvent.objects.filter(label="watch").order_by("pk").values_list("verb", flat=True)
    assert list(kinds) == ["automation.created", "automation.changed", "automation.deleted"]


def test_another_scope_is_judged_like_the_first(world: World, scopes: dict[str, Entity | Project | Collection]) -> None:
    made = factories.automation(scopes["portfolio"], event="LINK_MODEL", user=world.bob)
    with pytest.raises(Forbidden):
        automations.change_automation(made, scope=world.model, acting_user=world.bob)
    logged = factories.automation(scopes["project"], "logged", event="CREATE_ARTIFACT", user=world.bob)
    with pytest.raises(Invalid, match="never happens"):
        automations.change_automation(logged, scope=scopes["portfolio"], acting_user=world.bob)
    with pytest.raises(Invalid, match="filter of its own"):
        automations.change_automation(made, event="UNLINK_ARTIFACT", acting_user=world.bob)
    moved = automations.change_automation(made, scope=scopes["sequence"], acting_user=world.bob)
    assert (moved.collection, moved.owner) == (scopes["sequence"], world.team)


def test_what_is_deleted_takes_its_automations_along(
    world: World, scopes: dict[str, Entity | Project | Collection]
) -> None:
    registry = save_registry(world.organization, "Golden", acting_user=world.alice)[0]
    factories.automation(registry, "of the registry", user=world.alice)
    factories.automation(factories.portfolio(registry, user=world.alice), "below it", user=world.alice)
    factories.automation(scopes["portfolio"], "of the collection", user=world.bob)
    factories.automation(scopes["project"], "stays", user=world.bob)
    delete_registry(registry, acting_user=world.alice)
    delete_collection(scopes["portfolio"], acting_user=world.alice)
    assert list(Automation.objects.values_list("name", flat=True)) == ["stays"]


ALIAS = {"$or": [{"$and": [{"alias": {"$regex": "^prod"}}]}]}


@pytest.mark.parametrize(
    ("event", "given", "words"),
    [
        ("LINK_MODEL", {"$or": [{"$and": []}]}, ""),
        ("LINK_MODEL", {}, ""),
        ("LINK_MODEL", ALIAS, "alias matches “^prod”"),
        ("LINK_MODEL", {"filter": ALIAS}, "alias matches “^prod”"),
        ("LINK_MODEL", {"filter": json.dumps(ALIAS)}, "alias matches “^prod”"),
        ("ADD_ARTIFACT_TAG", {"tag": "x"}, "tag is “x”"),
        ("ADD_ARTIFACT_TAG", {"tag": {"$in": ["a", "b"]}, "alias": {"$exists": False}}, "tag is one of “a”, “b” and has no alias"),
        ("ADD_ARTIFACT_TAG", {"$and": [{"$or": [{"tag": "a"}, {"tag": "b"}]}, {"alias": "c"}]},
         "(tag is “a” or tag is “b”) and alias is “c”"),
        ("ADD_ARTIFACT_TAG", {"$nor": [{"tag": "a"}]}, "not (tag is “a”)"),
        ("ADD_ARTIFACT_TAG", {"$not": {"tag": {"$contains": "a"}}}, "not (tag contains “a”)"),
        ("ADD_ARTIFACT_TAG", {"tag": {"$not": {"$gt": "a"}}}, "not (tag comes after “a”)"),
        ("ADD_ARTIFACT_TAG", {"$or": [{"tag": "a"}, {}]}, ""),
        ("RUN_STATE", json.loads(STATE), "becomes failed or finished"),
        ("RUN_METRIC", json.loads(CONDITIONS["RUN_METRIC"]), "average of the last 5 values of loss > 1.5"),
        ("RUN_METRIC", {"metric_filter": json.dumps(THRESHOLD)}, "average of the last 5 values of loss > 1.5"),
        ("RUN_METRIC_CHANGE", json.loads(CONDITIONS["RUN_METRIC_CHANGE"]), "loss changes by 10 %"),
        ("RUN_METRIC_ZSCORE", json.loads(CONDITIONS["RUN_METRIC_ZSCORE"]),
         "loss lies below the mean by 3 standard deviations of the last 30 values"),
        ("RUN_STATE", {**json.loads(STATE), "run_filter": {"display_name": "r1"}}, "run name is “r1”, becomes failed or finished"),
    ],
)  # fmt: skip
def test_a_condition_is_kept_and_said_in_words(event: str, given: object, words: str) -> None:
    scope = Entity(kind="team")
    kept = read_condition(event, json.dumps(given), scope)
    assert condition_words(Automation(condition=kept)) == words
    assert read_condition(event, json.dumps(kept), scope) == kept, "what was kept is read again when the scope changes"


def nested(levels: int) -> dict[str, object]:
    return {"$and": [nested(levels - 1)]} if levels else {}


@pytest.mark.parametrize(
    ("event", "given", "reason"),
    [
        ("LINK_MODEL", "{", "not JSON"),
        ("LINK_MODEL", "[]", "no object"),
        ("LINK_MODEL", {"metadata": "x"}, "Invalid filter fields: metadata"),
        ("LINK_MODEL", {"alias__name": "x"}, "Invalid filter fields"),
        ("ADD_COLLECTION_TAG", {"alias": "x"}, "must be one of: tag"),
        ("LINK_MODEL", {"alias": {"$where": "1"}}, "can't be asked"),
        ("LINK_MODEL", {"alias": {"$size": 1}}, "can't be asked"),
        ("LINK_MODEL", {"alias": {"$regex": "(?=x)"}}, "RE2"),
        ("LINK_MODEL", {"alias": {"$regex": "("}}, "RE2"),
        ("LINK_MODEL", {"alias": {"$regex": "a{0,1000}" * 50}}, "RE2"),
        ("LINK_MODEL", {"alias": 3}, "compared with text"),
        ("LINK_MODEL", {"alias": {"$in": "x"}}, "take a list"),
        ("LINK_MODEL", {"alias": {"$exists": 1}}, "true or false"),
        ("LINK_MODEL", {"$or": {}}, "takes a list"),
        ("LINK_MODEL", nested(20), "levels"),
        ("LINK_MODEL", {"$and": [{}] * 300}, "parts"),
        ("LINK_MODEL", "[" * 100_000, "characters"),
        ("RUN_METRIC", {}, "says nothing of its metric"),
        ("RUN_METRIC", json.loads(CONDITIONS["RUN_METRIC_CHANGE"]), "threshold_filter"),
        ("RUN_METRIC", metric("threshold_filter", **{**THRESHOLD, "cmp_op": "$eq"}), "none of"),
        ("RUN_METRIC", metric("threshold_filter", **{**THRESHOLD, "threshold": float("nan")}), "a number"),
        ("RUN_METRIC", metric("threshold_filter", **{**THRESHOLD, "threshold": "1"}), "a number"),
        ("RUN_METRIC", metric("threshold_filter", **{**THRESHOLD, "window_size": 0}), "window"),
        ("RUN_METRIC", metric("threshold_filter", **{**THRESHOLD, "name": ""}), "no metric"),
        ("RUN_METRIC", metric("threshold_filter", **{**THRESHOLD, "more": 1}), "no field “more”"),
        ("RUN_METRIC_CHANGE", metric("change_filter", **{**CHANGE, "change_amount": -1}), "above 0"),
        ("RUN_METRIC_ZSCORE", metric("zscore_filter", name="loss", threshold=3), "lacks “change_dir”"),
        ("RUN_STATE", {}, "names no states"),
        ("RUN_STATE", {"run_state_filter": {"states": ["KILLED"]}}, "none of"),
        ("RUN_STATE", {**json.loads(STATE), "run_filter": '{"config.lr": 1}'}, "must be one of: display_name"),
        ("UPDATE_ARTIFACT_ALIAS", {}, "don't wait for"),
        ("WEAVE_METRIC_THRESHOLD", {}, "don't wait for"),
    ],
)  # fmt: skip
def test_what_could_never_be_tried_is_refused(event: str, given: object, reason: str) -> None:
    with pytest.raises(Invalid, match=reason.replace("(", r"\(")):
        read_condition(event, given if isinstance(given, str) else json.dumps(given), Entity(kind="team"))


@settings(max_examples=30, deadline=None)
@given(event=st.sampled_from(sorted(EVENTS)), text=st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5) | st.sampled_from(["$eq", "alias"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["$and", "$or", "$not", "$in", "$regex", "alias", "tag", "run_filter", "run_state_filter",
                         "run_metric_filter", "threshold_filter", "states", "filter"]), inner, max_size=3), max_leaves=12,
))  # fmt: skip
def test_whatever_stands_in_a_condition_is_kept_or_refused_in_a_sentence(event: str, text: object) -> None:
    try:
        kept = read_condition(event, json.dumps(text), Entity(kind="team"))
    except Invalid:
        return
    condition_words(Automation(condition=kept))
    json.dumps(kept, allow_nan=False)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"a": "${nope}"}', "Nothing fills the variable “${nope}”"),
        ('{"${alias}": ["${artifact_metadata.a.b}"]}', "artifact_metadata.a.b"),
        ('{"a": ${alias}}', "not JSON"),
        ('["${alias}"]', "no object"),
        ('{"a": "${OTHER_SECRET}"}', "OTHER_SECRET"),
        ('{"a": "%s"}' % ("x" * 60_000), "characters"),
    ],
)  # fmt: skip
def test_a_payload_that_nothing_could_fill_is_refused(text: str, reason: str) -> None:
    with pytest.raises(Invalid) as refusal:
        payload(text, {"TOKEN"})
    assert reason in str(refusal.value)


def test_a_payload_may_name_what_events_have_and_its_webhooks_own_secrets() -> None:
    text = '{"a": ["${alias} of ${artifact_collection_name}", {"${tag}": "${artifact_metadata.acc}"}], "b": "$alias ${TOKEN}", "c": 1}'
    assert payload(text, {"TOKEN"}) == json.loads(text)
    assert payload(None, ()) is None
    assert payload("null", ()) is None


def test_only_integrations_that_one_may_use_and_of_the_same_organization(world: World) -> None:
    near = factories.webhook(world.team, user=world.alice)
    far = factories.webhook(world.strangers, user=world.mallory)
    own = factories.webhook(world.bob.personal, user=world.bob)
    slack = integrations.create_slack_channel(
        world.team, "Acme", "#alerts", "https://hooks.slack.com/services/T/B/x", acting_user=world.alice
    )
    project = factories.project(world.team, user=world.bob)

    def attempt(action: GivenAction) -> Automation:
        return factories.automation(project, "watch", user=world.bob, action=action)

    for number in (far.pk, 10**6, None):
        with pytest.raises(NotFound, match="No integration"):
            attempt(GivenAction("GENERIC_WEBHOOK", number))
    with pytest.raises(Invalid, match="outside of “vision”"):
        attempt(GivenAction("GENERIC_WEBHOOK", own.pk))
    for kind, number in (("GENERIC_WEBHOOK", slack.pk), ("NOTIFICATION", near.pk)):
        with pytest.raises(Invalid, match="is not a"):
            attempt(GivenAction(kind, number))
    with pytest.raises(Invalid, match="no severity"):
        attempt(GivenAction("NOTIFICATION", slack.pk, {"severity": "LOUD"}))
    for kind in ("ARIA", "PUSH_NOTIFICATION", "QUEUE_JOB"):
        with pytest.raises(Invalid, match="can't do"):
            attempt(GivenAction(kind, near.pk))
    made = attempt(GivenAction("NOTIFICATION", slack.pk, {"title": "t", "message": None}))
    assert made.action == {"title": "t", "message": "", "severity": "INFO"}
    mine = factories.project(world.bob.personal, "mine", user=world.bob)
    factories.automation(mine, "own", user=world.bob, action=GivenAction("GENERIC_WEBHOOK", own.pk))
    with pytest.raises(Invalid, match="outside of"):
        factories.automation(mine, "other", user=world.bob, action=GivenAction("GENERIC_WEBHOOK", near.pk))


def test_an_integration_that_is_there_stays_usable_for_those_who_may_not_choose_it(world: World) -> None:
    """A colleague of another team edits what somebody made with an integration of theirs."""
    speech = organizations.create_team(
        "speech", world.organization, members=[(world.carol, "member")], acting_user=world.alice
    )
    hook = factories.webhook(speech, user=world.alice)
    action = GivenAction("GENERIC_WEBHOOK", hook.pk, {"payload": "{}"})
    shelf = factories.portfolio(world.model, user=world.alice)
    with pytest.raises(NotFound):
        factories.automation(shelf, user=world.bob, action=action)
    made = factories.automation(shelf, user=world.alice, action=action)
    assert automations.change_automation(made, enabled=False, action=action, acting_user=world.bob).integration == hook
    with pytest.raises(Conflict, match="“watch”"):
        integrations.delete_integration(hook, acting_user=world.alice)
    automations.change_automation(made, action=GivenAction("NO_OP"), acting_user=world.bob)
    integrations.delete_integration(hook, acting_user=world.alice)
    assert scope_words(made) == "collection detectors"


def test_a_refused_automation_leaves_nothing(world: World) -> None:
    before = AuditEvent.objects.count()
    for fields in ({"event": "NO"}, {"condition": "{"}, {"action": GivenAction("ARIA")}, {"description": "x" * 30_000}):
        with pytest.raises(DomainError):
            factories.automation(world.model, user=world.alice, **fields)
    assert (Automation.objects.count(), AuditEvent.objects.count()) == (0, before)
