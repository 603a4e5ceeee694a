"""Automations on a project's and a registry's page, and webhooks and secrets in a team's settings; all without JavaScript."""

import json

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from artifacts.actions import integrations
from artifacts.automations.payloads import GivenAction
from artifacts.automations.secrets import unseal
from artifacts.models import AuditEvent, Automation, Integration, Project, Secret, User
from tests import factories
from tests.conftest import World

REGISTRY = "/orgs/Acme%20Corp/registry/model/-/automations"
PROJECT = "/vision/detector/-/automations"
SETTINGS = "/vision/settings"


def opened(client: Client, user: User, address: str) -> HttpResponse:
    client.force_login(user)
    return client.get(address)


def text(client: Client, user: User, address: str) -> str:
    answer = opened(client, user, address)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def project(world: World) -> Project:
    return factories.project(world.team, user=world.bob)


@pytest.fixture
def watched(world: World, project: Project) -> dict[str, Automation]:
    """One of each place."""
    integrations.set_secret(world.team, "TOKEN", "t0p-secret", acting_user=world.alice)
    hook = factories.webhook(world.team, access_token="TOKEN", user=world.alice)
    return {
        "registry": factories.automation(
            world.model,
            "promote",
            user=world.alice,
            event="LINK_MODEL",
            condition=json.dumps({"$or": [{"$and": [{"alias": {"$regex": "^prod"}}]}]}),
            description="<b>bold</b> words",
            action=GivenAction("GENERIC_WEBHOOK", hook.pk),
        ),
        "portfolio": factories.automation(
            factories.portfolio(world.model, user=world.bob), "on the shelf", user=world.bob
        ),
        "organization": factories.automation(world.model.entity, "everywhere", user=world.alice),
        "project": factories.automation(project, "at home", user=world.bob, enabled=False),
        "team": factories.automation(world.team, "team-wide", user=world.alice),
        "dataset": factories.automation(world.dataset, "elsewhere", user=world.alice),
    }


def test_a_registrys_tab_says_what_waits_here_and_that_nothing_is_delivered(
    client: Client, world: World, watched: dict[str, Automation]
) -> None:
    page = text(client, world.carol, REGISTRY)
    for words in (
        "promote", "A version is linked", "alias matches “^prod”", "Webhook “hook” of vision",
        "registry model", "collection detectors", "organization Acme Corp", "on the shelf", "everywhere", "Enabled",
        "Not delivering yet", "Automations don’t deliver yet", "&lt;b&gt;bold",
    ):  # fmt: skip
        assert words in page, words
    for words in ("at home", "team-wide", "elsewhere", "/delete", ">Disable<", "t0p-secret"):
        assert words not in page, words
    assert 'aria-current="page">Automations' in page.replace("\n", "")


def test_a_projects_tab_shows_those_of_project_team_and_organization(
    client: Client, world: World, watched: dict[str, Automation]
) -> None:
    page = text(client, world.bob, PROJECT)
    for words in ("at home", "Disabled", "team-wide", "everywhere", "project detector", "team vision", "Does nothing"):
        assert words in page
    assert "promote" not in page
    assert page.count(">Enable<") == 1, "bob may change the project's own alone"
    assert ">Disable<" not in page
    assert PROJECT in text(client, world.bob, "/vision/detector")
    registry = opened(client, world.bob, "/acme-corp/wandb-registry-model/-/automations")
    assert registry["Location"] == REGISTRY
    assert "No automations here" in text(client, world.mallory, "/orgs/Elsewhere/registry/model/-/automations")


@pytest.mark.parametrize(("address", "name", "who"), [(PROJECT, "project", "bob"), (REGISTRY, "registry", "alice")])
def test_automations_are_switched_and_deleted_after_a_question(
    client: Client, world: World, watched: dict[str, Automation], address: str, name: str, who: str
) -> None:
    made = watched[name]
    switch, delete = f"{address}/{made.pk}/switch", f"{address}/{made.pk}/delete"
    for stranger, status in (("carol", 403), ("mallory", 404)):
        client.force_login(getattr(world, stranger))
        assert client.post(switch, {"enabled": "on"}).status_code == status
        assert (client.get(delete).status_code, client.post(delete).status_code) == (status, status)
    client.force_login(getattr(world, who))
    was = made.enabled
    assert client.post(switch, {} if was else {"enabled": "on"})["Location"] == address
    made.refresh_from_db()
    assert made.enabled is not was
    assert f"Delete automation {made.name}?" in client.get(delete).content.decode()
    assert Automation.objects.filter(pk=made.pk).exists()
    assert client.post(delete, follow=True).status_code == 200
    assert not Automation.objects.filter(pk=made.pk).exists()
    assert client.post(delete).status_code == 404
    assert AuditEvent.objects.filter(verb="automation.deleted", actor=getattr(world, who)).count() == 1
    other = watched["dataset"].pk
    assert client.post(f"{address}/{other}/delete").status_code == 404, "of another place"


def test_many_automations_cost_no_more_queries_than_few(client: Client, world: World, project: Project) -> None:
    counts = []
    shelf = factories.portfolio(world.model, user=world.bob)
    for scope in (world.model, shelf, world.model.entity, project, world.team):
        factories.automation(scope, f"{type(scope).__name__} {scope.pk}", user=world.alice)
    for target in (5, 200):
        factories.more_automations(target)
        for address in (REGISTRY, PROJECT):
            text(client, world.alice, address)
            with CaptureQueriesContext(connection) as queries:
                client.get(address)
            counts.append(len(queries))
    assert counts[:2] == counts[2:]
    page = text(client, world.alice, REGISTRY)
    assert page.count('scope="row"') == 50
    assert "copy 197" in page
    older = page.split("?after=")[1].split('"')[0]
    assert "copy 197" not in text(client, world.alice, f"{REGISTRY}?after={older}")
    assert text(client, world.alice, f"{REGISTRY}?before=x").count('scope="row"') == 50


def test_a_teams_settings_keep_webhooks_slack_channels_and_secrets(client: Client, world: World) -> None:
    client.force_login(world.alice)
    sent = client.post("/vision/-/secrets", {"name": "TOKEN", "value": "t0p-secret"})
    assert sent["Location"] == f"{SETTINGS}#secrets"
    form = {"name": "deploy", "url": "https://ci.example.com/hook", "access_token": "TOKEN", "secret": ""}
    assert client.post("/vision/-/webhooks", form)["Location"] == f"{SETTINGS}#webhooks"
    form = {"team": "Acme", "channel": "#alerts", "url": "https://hooks.slack.com/services/T/B/zzz"}
    assert client.post("/vision/-/slack", form)["Location"] == f"{SETTINGS}#slack"
    page = text(client, world.alice, SETTINGS)
    for words in ("Team secrets", "TOKEN", "deploy", "https://ci.example.com/hook", "#alerts", "Acme"):
        assert words in page
    for words in ("t0p-secret", "services/T/B/zzz"):
        assert words not in page
    member, viewer = text(client, world.bob, SETTINGS), text(client, world.carol, SETTINGS)
    assert "https://ci.example.com/hook" in member
    for words in ("Team secrets", "New webhook", "/-/webhooks", "/delete"):
        assert words not in member
    assert "ci.example.com" not in viewer


def test_a_secret_is_replaced_and_deleted_by_its_own_dialogs(client: Client, world: World) -> None:
    client.force_login(world.alice)
    client.post("/vision/-/secrets", {"name": "TOKEN", "value": " spaced "})
    again = client.post("/vision/-/secrets", {"name": "TOKEN", "value": "other"})
    assert again.status_code == 422
    assert "replace its value instead" in again.content.decode()
    assert unseal(Secret.objects.get().sealed) == " spaced "
    assert client.get("/vision/-/secrets/TOKEN/replace").status_code == 200
    assert client.post("/vision/-/secrets/TOKEN/replace", {"value": ""}).status_code == 422
    assert client.post("/vision/-/secrets/TOKEN/replace", {"value": "a\nb"}).status_code == 422
    assert client.post("/vision/-/secrets/TOKEN/replace", {"value": "other"}).status_code == 302
    assert unseal(Secret.objects.get().sealed) == "other"
    factories.webhook(world.team, secret="TOKEN", user=world.alice)
    assert "“hook” will be sent without it" in client.get("/vision/-/secrets/TOKEN/delete").content.decode()
    assert client.post("/vision/-/secrets/TOKEN/delete").status_code == 302
    assert not Secret.objects.exists()
    for verb in ("replace", "delete"):
        assert client.post(f"/vision/-/secrets/TOKEN/{verb}", {"value": "x"}).status_code == 404


def test_what_is_refused_keeps_what_was_typed(client: Client, world: World) -> None:
    client.force_login(world.alice)
    form = {"name": "deploy", "url": "http://169.254.169.254/x", "access_token": "", "secret": ""}
    refused = client.post("/vision/-/webhooks", form)
    assert refused.status_code == 422
    assert "private address" in refused.content.decode()
    assert 'value="http://169.254.169.254/x"' in refused.content.decode()
    assert client.post("/vision/-/webhooks", {**form, "access_token": "NOPE"}).status_code == 422
    slack = client.post("/vision/-/slack", {"team": "Acme", "channel": "a", "url": "https://u:s3cr3t@example.com"})
    assert slack.status_code == 422
    assert "s3cr3t" not in slack.content.decode()
    value = client.post("/vision/-/secrets", {"name": "a-b", "value": "s3cr3t"})
    assert value.status_code == 422
    assert "s3cr3t" not in value.content.decode()
    assert (Integration.objects.count(), Secret.objects.count()) == (0, 0)


def test_an_integration_in_use_stays(client: Client, world: World, watched: dict[str, Automation]) -> None:
    hook = Integration.objects.get()
    client.force_login(world.alice)
    address = f"/vision/-/integrations/{hook.pk}/delete"
    assert "Delete webhook hook?" in client.get(address).content.decode()
    refused = client.post(address)
    assert refused.status_code == 422
    assert "such as “promote”" in refused.content.decode()
    watched["registry"].delete()
    assert client.post(address)["Location"] == f"{SETTINGS}#webhooks"
    assert not Integration.objects.exists()
    assert client.post("/acme-corp/-/secrets", {"name": "A", "value": "x"}).status_code == 404
    assert client.post("/alice/-/webhooks", {}).status_code == 404
