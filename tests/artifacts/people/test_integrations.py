"""Webhooks, Slack channels and secrets: where they may lead, who makes them, and that nothing sealed is ever told."""

import ipaddress

import pytest
from django.test import override_settings

from artifacts import access
from artifacts.actions import integrations
from artifacts.automations.secrets import seal, unseal
from artifacts.automations.webhook_urls import refuse_private, webhook_url, without_path
from artifacts.errors import Conflict, Forbidden, Invalid, NotFound
from artifacts.models import AuditEvent, Integration, Secret
from tests import factories
from tests.conftest import World


@pytest.mark.parametrize(
    "url",
    ["https://example.com/hook?a=b", "http://example.com", "https://hooks.example.co.uk:8443/x", "https://8.8.8.8/x",
     "https://[2606:4700:4700::1111]/"],
)  # fmt: skip
def test_public_hosts_are_where_webhooks_go(url: str) -> None:
    assert webhook_url(url) == url


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1", "http://localhost", "http://LOCALHOST./x", "http://a.localhost", "http://[::1]", "http://0.0.0.0",
     "http://169.254.169.254/latest/meta-data", "http://[fd00:ec2::254]", "http://10.1.2.3", "http://172.16.0.1",
     "http://192.168.1.1", "http://100.64.0.1", "http://metadata.google.internal", "http://intranet", "http://2130706433",
     "http://0x7f.1", "http://017700000001", "http://127.1", "http://[::ffff:127.0.0.1]", "http://[64:ff9b::7f00:1]",
     "http://[2002:7f00:1::]", "http://224.0.0.1", "http://[fe80::1]"],
)  # fmt: skip
def test_private_hosts_are_not(url: str) -> None:
    with pytest.raises(Invalid, match=r"private address|own network"):
        webhook_url(url)


@pytest.mark.parametrize(
    "url",
    ["", "example.com", "ftp://example.com", "file:///etc/passwd", "gopher://example.com", "javascript:alert(1)", "https://",
     "https://u:p@example.com", "https://token@example.com", "https://example.com:22", "https://example.com:6379",
     "https://example.com:0", "https://example.com:99999", "https://exa mple.com", "https://example.com\\@10.0.0.1",
     "https://example.com/\nX: y", "https://ex\u00e4mple.com", "https://[::1", "https://-a.com", "https://a..b", "https://" + "x" * 3000],
)  # fmt: skip
def test_what_is_no_url_for_a_webhook_is_refused(url: str) -> None:
    with pytest.raises(Invalid):
        webhook_url(url)


def test_the_operator_allows_hosts_and_ports() -> None:
    with override_settings(WEBHOOK_ALLOW=frozenset({"127.0.0.1:9000", "hooks.lan"})):
        assert webhook_url("http://127.0.0.1:9000/x")
        assert webhook_url("http://hooks.lan:5000/x")
        refuse_private(ipaddress.ip_address("10.0.0.7"), "hooks.lan", 80)
        for url in ("http://127.0.0.1:9001/", "http://127.0.0.1/", "http://other.lan/"):
            with pytest.raises(Invalid):
                webhook_url(url)
    with pytest.raises(Invalid, match="leads to a private address"):
        refuse_private(ipaddress.ip_address("10.0.0.7"), "example.com", 443)


def test_a_secret_is_sealed_and_opened_by_this_installation_only() -> None:
    sealed = seal("hunter2")
    assert b"hunter2" not in sealed
    assert seal("hunter2") != sealed
    assert unseal(sealed) == "hunter2"
    with override_settings(SECRET_KEY="another one, long enough to be a key", SECRET_KEY_FALLBACKS=[]):
        with pytest.raises(Invalid, match="set it again"):
            unseal(sealed)


def test_secrets_are_set_replaced_and_deleted_by_administrators_only(world: World) -> None:
    made = integrations.set_secret(world.team, "TOKEN", "first-value", acting_user=world.alice)
    assert integrations.set_secret(world.team, "TOKEN", "other-value", acting_user=world.alice) == made
    stored = Secret.objects.get()
    assert unseal(stored.sealed) == "other-value"
    assert stored.updated_at >= stored.created_at
    for user, refusal in ((world.bob, Forbidden), (world.carol, Forbidden), (world.mallory, NotFound)):
        with pytest.raises(refusal):
            integrations.set_secret(world.team, "TOKEN", "stolen", acting_user=user)
        with pytest.raises(refusal):
            integrations.delete_secret(stored, acting_user=user)
    for name, value in (("a-b", "x"), ("", "x"), ("a" * 65, "x"), ("A", ""), ("A", "a\nb"), ("A", "x" * 20_000)):
        with pytest.raises(Invalid):
            integrations.set_secret(world.team, name, value, acting_user=world.alice)
    hook = factories.webhook(world.team, access_token="TOKEN", secret="TOKEN", user=world.alice)
    integrations.delete_secret(stored, acting_user=world.alice)
    hook.refresh_from_db()
    assert (hook.access_token, hook.secret) == (None, None)
    events = AuditEvent.objects.filter(verb__startswith="secret.").order_by("pk")
    assert [event.verb for event in events] == ["secret.created", "secret.replaced", "secret.deleted"]
    assert "value" not in str([(event.label, event.data) for event in events])
    assert events[2].data["webhooks"] == ["hook"]


def test_a_webhook_is_made_once_by_administrators(world: World) -> None:
    integrations.set_secret(world.team, "TOKEN", "t", acting_user=world.alice)
    made = factories.webhook(world.team, access_token="TOKEN", user=world.alice)
    assert factories.webhook(world.team, access_token="TOKEN", user=world.alice) == made
    assert AuditEvent.objects.filter(verb="integration.created").count() == 1
    with pytest.raises(Conflict):
        factories.webhook(world.team, user=world.alice)
    with pytest.raises(Invalid, match="no secret named “NOPE”"):
        factories.webhook(world.team, "other", secret="NOPE", user=world.alice)
    for name in ("a/b", "", " x", "n" * 65):
        with pytest.raises(Invalid):
            factories.webhook(world.team, name, user=world.alice)
    for user, refusal in ((world.bob, Forbidden), (world.mallory, NotFound)):
        with pytest.raises(refusal):
            factories.webhook(world.team, "mine", user=user)
        with pytest.raises(refusal):
            integrations.delete_integration(made, acting_user=user)
    assert factories.webhook(world.model.entity, "of all", user=world.alice).entity == world.model.entity
    assert factories.webhook(world.bob.personal, "own", user=world.bob).entity == world.bob.personal


def test_a_slack_channels_address_is_sealed(world: World) -> None:
    url = "https://hooks.slack.com/services/T/B/abcdef"
    made = integrations.create_slack_channel(world.team, "Acme", "#alerts", url, acting_user=world.alice)
    made = Integration.objects.get(pk=made.pk)
    assert (made.slack_channel, made.url, unseal(made.sealed_url)) == ("alerts", "", url)
    with pytest.raises(Conflict):
        integrations.create_slack_channel(world.team, "Acme", "alerts", url, acting_user=world.alice)
    with pytest.raises(Invalid):
        integrations.create_slack_channel(world.team, "Acme", "other", "http://10.0.0.1", acting_user=world.alice)
    assert "abcdef" not in str(list(AuditEvent.objects.values_list("label", "data")))


def test_integrations_are_used_by_those_who_log_there(world: World) -> None:
    usable = {
        user.name: set(access.entities_to_deliver_for(user).values_list("name", flat=True))
        for user in (world.alice, world.bob, world.carol, world.mallory)
    }
    assert usable == {
        "alice": {"alice", "vision", "acme-corp"},
        "bob": {"bob", "vision", "acme-corp"},
        "carol": {"carol"},
        "mallory": {"mallory", "strangers", "elsewhere"},
    }
    assert without_path("https://example.com/secret?x=y") == "https://example.com/…"
