"""A team's webhooks, Slack channels and secrets, on its settings page."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from artifacts import access, addresses
from artifacts.actions import integrations
from artifacts.errors import Conflict, DomainError, NotFound
from artifacts.forms import SecretForm, SecretValueForm, SlackForm, TeamTtlForm, WebhookForm
from artifacts.models import Entity, Integration, Secret
from artifacts.views.answers import HtmxHttpRequest, done, page
from artifacts.views.people import members
from artifacts.views.people.members import MembersPage
from artifacts.views.shell import in_organization

SECTIONS = {"webhook": "webhooks", "slack": "slack", "secret": "secrets"}


def integrations_of(request: HtmxHttpRequest, team: Entity, **wrong: forms.Form) -> dict[str, Any]:
    """What the settings page shows of them: integrations to whoever may use them, secrets to administrators."""
    manages = access.manages_team(request.user, team)
    uses = manages or access.entities_to_deliver_for(request.user).filter(pk=team.pk).exists()
    rows = team.integrations.select_related("access_token", "secret", "created_by").order_by("name")
    secrets = list(team.secrets.select_related("created_by").order_by("name")) if manages else []
    names = [secret.name for secret in secrets]
    return {
        "uses_integrations": uses,
        "webhooks": rows.filter(kind=Integration.Kind.WEBHOOK) if uses else [],
        "slack_channels": rows.filter(kind=Integration.Kind.SLACK) if uses else [],
        "secrets": secrets,
        "webhook_form": WebhookForm(secrets=names),
        "slack_form": SlackForm(),
        "secret_form": SecretForm(),
        "ttl_form": TeamTtlForm.of(team),
        "manages_team": manages,
        **wrong,
    }


def _managed_team(request: HtmxHttpRequest, name: str) -> Entity:
    """The team of an address, for its administrators."""
    team = addresses.entity(request.user, name)
    if not team.is_team:
        raise NotFound(f"“{team.name}” is no team, so it has no such settings; choose a team.")
    in_organization(request, team.organization)
    access.require_management(access.manages_team(request.user, team), team.name)
    return team


def _secret_of(team: Entity, name: str) -> Secret:
    row = team.secrets.filter(name=name).first()
    if row is None:
        raise NotFound("There is no such secret; reload the page.")
    return row


def _again(request: HtmxHttpRequest, team: Entity, **wrong: forms.Form) -> HttpResponse:
    """The settings page with the form that was refused."""
    members_page = MembersPage(team, "artifacts/team/settings.html")
    return members.listing(request, members_page, status=422, owner=team, **integrations_of(request, team, **wrong))


def _back(team: Entity, section: str) -> str:
    return reverse("artifacts:team-settings", args=[team.name]) + f"#{section}"


def _make(
    request: HtmxHttpRequest, team: Entity, form: forms.Form, make: Callable[[dict[str, Any]], str], *, kind: str
) -> HttpResponse:
    """Make what a form of the settings page describes, and say so; the page again where the form or the act refuses it."""
    if form.is_valid():
        try:
            said = make(form.cleaned_data)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            return done(request, _back(team, SECTIONS[kind]), toast=said)
    return _again(request, team, **{f"{kind}_form": form})


@require_POST
def webhook_add(request: HtmxHttpRequest, entity: str) -> HttpResponse:
    team = _managed_team(request, entity)
    form = WebhookForm(request.POST, secrets=list(team.secrets.order_by("name").values_list("name", flat=True)))

    def make(given: dict[str, Any]) -> str:
        return f"Made the webhook “{integrations.create_webhook(team, **given, acting_user=request.user).name}”."

    return _make(request, team, form, make, kind="webhook")


@sensitive_post_parameters("url")
@require_POST
def slack_add(request: HtmxHttpRequest, entity: str) -> HttpResponse:
    team = _managed_team(request, entity)

    def make(given: dict[str, Any]) -> str:
        made = integrations.create_slack_channel(team, **given, acting_user=request.user)
        return f"Added the Slack channel #{made.slack_channel}."

    return _make(request, team, SlackForm(request.POST), make, kind="slack")


@sensitive_post_parameters("value")
@require_POST
def secret_add(request: HtmxHttpRequest, entity: str) -> HttpResponse:
    """A new secret; one that exists is replaced only by its own dialog, so that no value is lost by a typing error."""
    team = _managed_team(request, entity)

    def make(given: dict[str, Any]) -> str:
        if team.secrets.filter(name=given["name"]).exists():
            raise Conflict(f"“{team}” has a secret named “{given['name']}”; replace its value instead.")
        integrations.set_secret(team, given["name"], given["value"], acting_user=request.user)
        return f"Sealed the secret {given['name']}."

    return _make(request, team, SecretForm(request.POST), make, kind="secret")


@sensitive_post_parameters("value")
@require_http_methods(["GET", "POST"])
def secret_replace(request: HtmxHttpRequest, entity: str, secret: str) -> HttpResponse:
    team = _managed_team(request, entity)
    row = _secret_of(team, secret)
    form = SecretValueForm(request.POST or None)
    if form.is_valid():
        try:
            integrations.set_secret(team, row.name, form.cleaned_data["value"], acting_user=request.user)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            return done(request, _back(team, "secrets"), toast=f"Replaced the value of {row.name}.")
    context = {"secret": row, "form": form, "cancel": _back(team, "secrets")}
    return page(request, "artifacts/team/replace_secret.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
def secret_delete(request: HtmxHttpRequest, entity: str, secret: str) -> HttpResponse:
    team = _managed_team(request, entity)
    row = _secret_of(team, secret)
    if request.method == "POST":
        integrations.delete_secret(row, acting_user=request.user)
        return done(request, _back(team, "secrets"), toast=f"Deleted the secret {row.name}.")
    using = team.integrations.filter(access_token=row) | team.integrations.filter(secret=row)
    context = {"secret": row, "using": using.order_by("name"), "cancel": _back(team, "secrets")}
    return page(request, "artifacts/team/delete_secret.html", context)


@require_http_methods(["GET", "POST"])
def integration_delete(request: HtmxHttpRequest, entity: str, number: int) -> HttpResponse:
    team = _managed_team(request, entity)
    row = team.integrations.select_related("entity__organization").filter(pk=number).first()
    if row is None:
        raise NotFound("There is no such integration; reload the page.")
    back = _back(team, "webhooks" if row.kind == Integration.Kind.WEBHOOK else "slack")
    error = ""
    if request.method == "POST":
        try:
            integrations.delete_integration(row, acting_user=request.user)
        except Conflict as refusal:
            error = str(refusal)
        else:
            return done(request, back, toast=f"Deleted “{row.name}”.")
    context = {"integration": row, "error": error, "cancel": back}
    return page(request, "artifacts/team/delete_integration.html", context, status=422 if error else 200)
