"""Automations and integrations as the client's operations write and read them."""

import base64
import json
from typing import Any

import pytest
from django.test import Client

from artifacts.actions import integrations, organizations
from artifacts.automations.payloads import GivenAction
from artifacts.models import Automation, User
from registry_site.wandb_api.engine import ids
from tests import factories
from tests.conftest import World
from tests.wandb_api.asking import ask, change, document, key_of, nodes, post, queries_of, refusal, refused_change
from tests.wandb_api.conftest import Linked

NOTHING = {"noOpActionInput": {"noOp": True}, "genericWebhookActionInput": None}


def new(world: World, name: str = "watch", **fields: object) -> dict[str, Any]:
    """What the client sends to make an automation of the registry `model`."""
    return {
        "name": name,
        "enabled": True,
        "eventFilter": '{"$or":[{"$and":[{"alias":{"$eq":"prod"}}]}]}',
        "scopeID": ids.encode("Project", world.model.pk),
        "scopeType": "PROJECT",
        "triggeringEventType": "LINK_MODEL",
        "triggeredActionType": "NO_OP",
        "triggeredActionConfig": NOTHING,
        **fields,
    }


def sent(user: User, name: str, /, **fields: object) -> tuple[int, str]:
    """The HTTP status and the sentence that a refused mutation is answered with."""
    basic = base64.b64encode(f"api:{key_of(user)}".encode()).decode()
    body = {"query": document(name), "variables": {"input": fields}, "operationName": ""}
    answer = Client().post("/graphql", body, "application/json", headers={"authorization": f"Basic {basic}"})
    return answer.status_code, answer.json()["errors"][0]["message"]


def names(user: User, entity: str = "acme-corp", **variables: object) -> list[str]:
    found = ask(user, "GetEntityAutomations", entity=entity, **variables)["scope"]["triggers"]
    return [node["name"] for node in nodes(found)]


def test_what_is_made_is_read_back_as_the_client_reads_it(world: World) -> None:
    made = change(world.alice, "CreateAutomation", **new(world))["trigger"]
    assert made["scope"] == {
        "__typename": "Project", "id": ids.encode("Project", world.model.pk), "name": "wandb-registry-model"
    }  # fmt: skip
    assert (made["description"], made["enabled"], made["event"]["eventType"]) == (None, True, "LINK_MODEL")
    told = json.loads(made["event"]["filter"])
    assert json.loads(told["filter"]) == {"$or": [{"$and": [{"alias": {"$eq": "prod"}}]}]}
    assert made["action"] == {"__typename": "NoOpTriggeredAction", "noOp": True}
    listed = ask(world.bob, "GetEntityAutomations", entity="acme-corp")["scope"]["triggers"]
    assert nodes(listed) == [made]
    assert nodes(ask(world.bob, "GetOrgAutomations", org="Acme Corp")["scope"]["triggers"]) == [made]


def test_a_taken_name_answers_409_and_a_missing_automation_404(world: World) -> None:
    change(world.alice, "CreateAutomation", **new(world))
    taken = "An automation named “watch” exists in “Acme Corp”; choose another name."
    assert sent(world.alice, "CreateAutomation", **new(world)) == (409, taken)
    assert sent(world.alice, "CreateAutomation", **new(world, "other", eventFilter="{"))[0] == 200
    missing = {"id": ids.encode("Trigger", 10**6), "enabled": False}
    gone = (404, "No automation has this id; list the automations again.")
    assert sent(world.alice, "UpdateAutomation", **missing) == gone
    made = Automation.objects.get()
    known = {"id": ids.encode("Trigger", made.pk), "scopeID": ids.encode("Project", 10**6), "scopeType": "PROJECT"}
    assert sent(world.alice, "UpdateAutomation", **known)[0] == 200, "it is there; its new place isn't"
    assert sent(world.mallory, "UpdateAutomation", **known) == gone
    assert Automation.objects.count() == 1


@pytest.mark.parametrize(
    ("kind", "config", "reason"),
    [
        ("ARIA", {"ariaActionInput": {"prompt": "x"}}, "can't do “ARIA”"),
        ("PUSH_NOTIFICATION", {"pushNotificationActionInput": {"userID": "x"}}, "can't do “PUSH_NOTIFICATION”"),
        ("QUEUE_JOB", {"queueJobActionInput": {"queueID": "x", "template": "{}"}}, "can't do “QUEUE_JOB”"),
        ("GENERIC_WEBHOOK", {}, "says nothing of what to send"),
        ("GENERIC_WEBHOOK", NOTHING, "says nothing of what to send"),
        ("NOTIFICATION", {"notificationActionInput": {"integrationID": "x"}}, "not given out by this server"),
        ("GENERIC_WEBHOOK", {"genericWebhookActionInput": {"integrationID": ids.encode("Integration", 9**9)}}, "No integration"),
    ],
)  # fmt: skip
def test_actions_that_are_not_served_are_refused(world: World, kind: str, config: dict[str, Any], reason: str) -> None:
    fields = new(world, triggeredActionType=kind, triggeredActionConfig=config)
    assert reason in refused_change(world.alice, "CreateAutomation", **fields)
    assert not Automation.objects.exists()


def test_a_strangers_organization_has_no_automations_and_no_ids(world: World) -> None:
    made = change(world.alice, "CreateAutomation", **new(world))["trigger"]
    assert "“acme-corp” not found" in refusal(world.mallory, "GetEntityAutomations", entity="acme-corp")
    assert names(world.mallory, "elsewhere") == []
    assert sent(world.mallory, "UpdateAutomation", id=made["id"], enabled=False)[0] == 404
    hidden = post(world.mallory, document("DeleteAutomation"), {"id": made["id"]})["errors"][0]["message"]
    missing = post(world.mallory, document("DeleteAutomation"), {"id": ids.encode("Trigger", 10**6)})
    assert hidden == missing["errors"][0]["message"]
    fields = new(world, "theirs", scopeID=ids.encode("Project", world.model.pk))
    assert "No project" in refused_change(world.mallory, "CreateAutomation", **fields)
    for kind, number in (
        ("ENTITY", ids.encode("Entity", world.team.pk)),
        ("ARTIFACT_COLLECTION", "QXJ0aWZhY3RQb3J0Zm9saW86OQ=="),
    ):
        fields = new(world, "theirs", scopeType=kind, scopeID=number)
        assert refused_change(world.mallory, "CreateAutomation", **fields).startswith("No ")


def test_an_update_changes_what_it_gives(linked: Linked, world: World) -> None:
    hook = factories.webhook(world.team, user=world.alice)
    made = change(world.alice, "CreateAutomation", **new(world))["trigger"]
    action = {"integrationID": ids.encode("Integration", hook.pk), "requestPayload": '{"a": "${alias}"}'}
    fields = {
        "id": made["id"], "name": "renamed", "description": "d", "enabled": False, "triggeringEventType": "ADD_ARTIFACT_ALIAS",
        "eventFilter": "{}", "scopeType": "ARTIFACT_COLLECTION", "scopeID": ids.encode("ArtifactPortfolio", linked.detectors.pk),
        "triggeredActionType": "GENERIC_WEBHOOK", "triggeredActionConfig": {"genericWebhookActionInput": action},
    }  # fmt: skip
    for _ in range(2):
        saved = change(world.alice, "UpdateAutomation", **fields)["trigger"]
        assert (saved["name"], saved["description"], saved["enabled"]) == ("renamed", "d", False)
        assert saved["scope"]["__typename"] == "ArtifactPortfolio"
        assert json.loads(saved["action"]["requestPayload"]) == {"a": "${alias}"}
        assert saved["action"]["integration"]["urlEndpoint"] == "https://example.com/hook"
    assert change(world.bob, "UpdateAutomation", id=made["id"], enabled=True)["trigger"]["name"] == "renamed"
    assert "permission denied" in refused_change(world.carol, "UpdateAutomation", id=made["id"], enabled=False)


def test_the_path_of_a_webhook_is_told_to_its_users_only(world: World) -> None:
    hook = factories.webhook(world.team, user=world.alice)
    action = GivenAction("GENERIC_WEBHOOK", hook.pk)
    factories.automation(world.model, user=world.alice, action=action)
    seen = {
        user.name: nodes(ask(user, "GetEntityAutomations", entity="acme-corp")["scope"]["triggers"])[0]["action"]
        for user in (world.bob, world.carol)
    }
    assert seen["bob"]["integration"]["urlEndpoint"] == "https://example.com/hook"
    assert seen["carol"]["integration"]["urlEndpoint"] == "https://example.com/…"
    for user, count in ((world.alice, 1), (world.bob, 1), (world.carol, 0)):
        found = ask(user, "IntegrationsByEntity", entity="vision")["entity"]["integrations"]
        assert len(nodes(found)) == count
    assert "“vision” not found" in refusal(world.mallory, "IntegrationsByEntity", entity="vision")


def test_a_webhook_is_made_by_administrators_and_repeated_safely(world: World) -> None:
    integrations.set_secret(world.team, "TOKEN", "t0p-secret", acting_user=world.alice)
    fields = {
        "entityName": "vision",
        "name": "ci",
        "urlEndpoint": "https://ci.example.com/x",
        "accessTokenRef": "TOKEN",
    }
    made = [change(world.alice, "CreateGenericWebhookIntegration", **fields) for _ in range(2)]
    assert made[0] == made[1]
    assert made[0]["integration"]["urlEndpoint"] == fields["urlEndpoint"]
    for user, changed, reason in (
        (world.bob, {"name": "x"}, "permission denied"),
        (world.mallory, {"name": "x"}, "not found"),
        (world.alice, {"name": "x", "secretRef": "NOPE"}, "no secret named “NOPE”"),
        (world.alice, {"name": "x", "urlEndpoint": "http://10.0.0.1"}, "private address"),
        (world.alice, {"urlEndpoint": "https://other.example.com"}, "choose another name"),
    ):
        assert reason in refused_change(user, "CreateGenericWebhookIntegration", **{**fields, **changed})


def test_lists_are_filtered_ordered_and_paged(world: World) -> None:
    for name in ("b", "a", "c"):
        factories.automation(world.model, name, user=world.alice, enabled=name != "c")
    assert names(world.bob) == ["b", "a", "c"]
    assert names(world.bob, order="name") == ["a", "b", "c"]
    assert names(world.bob, order="-createdAt") == ["c", "a", "b"]
    assert names(world.bob, filters='{"name": "a"}') == ["a"]
    assert names(world.bob, filters='{"name": {"$regex": "[bc]"}, "enabled": true}') == ["b"]
    first = ask(world.bob, "GetEntityAutomations", entity="acme-corp", perPage=2)["scope"]["triggers"]
    assert first["pageInfo"]["hasNextPage"]
    assert names(world.bob, perPage=2, cursor=first["pageInfo"]["endCursor"]) == ["c"]
    bad = post(world.bob, document("GetEntityAutomations"), {"entity": "acme-corp", "filters": '{"organization": 1}'})
    assert "Invalid filter fields" in bad["errors"][0]["message"]


def walked(user: User, text: str) -> list[str]:
    """The automations that the client finds on its walk through all projects."""
    found = post(user, text, {})["data"]["scope"]["projects"]
    return [trigger["name"] for node in nodes(found) for trigger in node["triggers"]]


def test_a_walk_through_all_projects_finds_each_automation_once(linked: Linked, world: World) -> None:
    """How `Api().automations()` looks where no entity is named, and older clients always."""
    organizations.create_team("speech", world.organization, members=[(world.bob, "member")], acting_user=world.alice)
    for scope in (world.model, linked.detectors, linked.project, linked.versions[0].sequence):
        factories.automation(scope, f"{type(scope).__name__} {scope.pk}", user=world.alice)
    factories.project(world.team, "second", user=world.bob)
    narrow = sorted(Automation.objects.values_list("name", flat=True))
    factories.automation(world.team, "team-wide", user=world.alice)
    factories.automation(world.model.entity, "everywhere", user=world.alice)
    text = document("GetAutomationsLegacy")
    assert sorted(walked(world.bob, text)) == sorted([*narrow, "team-wide", "everywhere"])
    before = text.index("fragment EntityScopeFields")
    after = text.index("fragment", before + 1)
    older = (text[:before] + text[after:]).replace("...EntityScopeFields", "")
    assert sorted(walked(world.bob, older)) == narrow, "it couldn't read the others"
    assert walked(world.mallory, text) == []


def test_many_automations_cost_no_more_queries_than_few(linked: Linked, world: World) -> None:
    hook = factories.webhook(world.team, user=world.alice)
    action = GivenAction("GENERIC_WEBHOOK", hook.pk)
    for scope in (world.model, linked.detectors, linked.best, world.model.entity, linked.project):
        factories.automation(scope, f"{type(scope).__name__} {scope.pk}", user=world.alice, action=action)
    asked: list[tuple[str, dict[str, str]]] = [
        ("GetEntityAutomations", {"entity": "acme-corp"}),
        ("GetOrgAutomations", {"org": "Acme Corp"}),
        ("GetAutomationsLegacy", {}),
        ("IntegrationsByEntity", {"entity": "vision"}),
    ]
    few = [queries_of(world.bob, name, perPage=500, **variables) for name, variables in asked]
    factories.more_automations(200)
    assert len(names(world.bob, perPage=500)) > 100
    assert [queries_of(world.bob, name, perPage=500, **variables) for name, variables in asked] == few


def test_an_automation_ends_with_its_collection(linked: Linked, world: World) -> None:
    factories.automation(linked.detectors, user=world.bob)
    assert names(world.carol) == ["watch"]
    ask(world.bob, "DeleteArtifactPortfolio", id=ids.encode("ArtifactPortfolio", linked.detectors.pk))
    assert names(world.carol) == []
