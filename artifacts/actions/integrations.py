"""Webhooks and Slack channels of an entity, and the secrets that they are sent with. Its administrators make and delete them."""

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.db.models.functions import Now

from artifacts import access, audit, naming
from artifacts.automations.secrets import seal
from artifacts.automations.webhook_urls import webhook_url
from artifacts.errors import Conflict, Invalid, NotFound
from artifacts.models import Automation, Entity, Integration, Secret, User, Verb
from artifacts.text.cleaning import clean_text

LONGEST_SECRET = 10_000
MOST_INTEGRATIONS = 200
MOST_SECRETS = 200
NAMED = 3


def _require(entity: Entity, acting_user: User) -> None:
    """Refuse whoever doesn't administer the entity."""
    if not access.visible_entities(acting_user).filter(pk=entity.pk).exists():
        raise NotFound(access.NO_PLACE)
    access.require_management(access.manages_team(acting_user, entity), entity.name)


@transaction.atomic
def create_webhook(
    entity: Entity, name: str, url: str, *, access_token: str = "", secret: str = "", acting_user: User
) -> Integration:
    """Make a webhook; `access_token` and `secret` are names of the entity's secrets. Making the same again changes nothing."""
    _require(entity, acting_user)
    name, url = naming.integration_name(name), webhook_url(url.strip())
    token, signer = _secret_named(entity, access_token), _secret_named(entity, secret)
    made = Integration(
        entity=entity,
        kind=Integration.Kind.WEBHOOK,
        name=name,
        url=url,
        access_token=token,
        secret=signer,
        created_by=acting_user,
    )
    return _create(made, acting_user)


@transaction.atomic
def create_slack_channel(entity: Entity, team: str, channel: str, url: str, *, acting_user: User) -> Integration:
    """Make a Slack channel from the URL of one of its incoming webhooks, which is kept sealed since whoever has it may post."""
    _require(entity, acting_user)
    team, channel = naming.integration_name(team), naming.integration_name(channel.removeprefix("#"))
    url = webhook_url(url.strip())
    made = Integration(
        entity=entity,
        kind=Integration.Kind.SLACK,
        name=f"{team} {channel}"[:128],
        slack_team=team,
        slack_channel=channel,
        sealed_url=seal(url),
        created_by=acting_user,
    )
    return _create(made, acting_user)


def _create(made: Integration, acting_user: User) -> Integration:
    """Save it; of two with one name the second is refused, unless it is the same."""
    here = Integration.objects.filter(entity=made.entity, kind=made.kind)
    held = here.filter(name=made.name).first()
    if held is None and here.count() >= MOST_INTEGRATIONS:
        raise Invalid(f"“{made.entity}” has {MOST_INTEGRATIONS} of these; delete one that isn't used any more.")
    try:
        if held is None:
            with transaction.atomic():
                made.save(force_insert=True)
    except IntegrityError:
        held = here.get(name=made.name)
    if held is None:
        _record(Verb.INTEGRATION_CREATED, made, acting_user)
        return made
    if made.kind == Integration.Kind.SLACK or _content(held) != _content(made):
        raise Conflict(
            f"“{made.entity}” has an integration named “{made.name}”; choose another name, or delete that one."
        )
    return held


def _content(integration: Integration) -> tuple[str, int | None, int | None]:
    return integration.url, integration.access_token_id, integration.secret_id


def _secret_named(entity: Entity, name: str) -> Secret | None:
    """The entity's secret of this name; none for the empty one."""
    if not name:
        return None
    found = entity.secrets.filter(name=name.replace("\0", "")).first()
    if found is None:
        raise Invalid(
            f"“{entity}” has no secret named “{naming.shown(name)}”; make it in the team's settings, then name it here."
        )
    return found


@transaction.atomic
def delete_integration(integration: Integration, *, acting_user: User) -> None:
    """Delete an integration that no automation uses any more."""
    _require(integration.entity, acting_user)
    used = Automation.objects.filter(integration=integration)
    if used.exists():
        seen = access.visible_automations(acting_user).filter(integration=integration).order_by("name_key")
        names = [f"“{automation.name}”" for automation in seen[:NAMED]]
        which = f"such as {', '.join(names)}" if names else "in places that you can't see"
        raise Conflict(
            f"Automations deliver to “{integration.name}”, {which}; delete them or let them do something else first."
        )
    _record(Verb.INTEGRATION_DELETED, integration, acting_user)
    integration.delete()


@transaction.atomic
def set_secret(entity: Entity, name: str, value: str, *, acting_user: User) -> Secret:
    """Make a secret, or give the one of this name another value; the value is sealed and never shown again."""
    _require(entity, acting_user)
    name = naming.secret_name(name)
    if not value or len(value) > LONGEST_SECRET:
        raise Invalid(f"The secret's value is empty or has more than {LONGEST_SECRET} characters; paste it again.")
    if any(character in value for character in "\r\n\0"):
        raise Invalid("The secret's value has more than one line; it is sent in a header, which has only one.")
    sealed = seal(clean_text(value))
    held = entity.secrets.select_for_update().filter(name=name).first()
    if held is None:
        if entity.secrets.count() >= MOST_SECRETS:
            raise Invalid(f"“{entity}” has {MOST_SECRETS} secrets; delete one that isn't used any more.")
        held = Secret.objects.create(entity=entity, name=name, sealed=sealed, created_by=acting_user)
        _record(Verb.SECRET_CREATED, held, acting_user)
    else:
        held.sealed, held.updated_at = sealed, Now()
        held.save(update_fields=["sealed", "updated_at"])
        _record(Verb.SECRET_REPLACED, held, acting_user)
    return held


@transaction.atomic
def delete_secret(secret: Secret, *, acting_user: User) -> None:
    """Delete a secret at once; the webhooks that used it go without it from now on."""
    _require(secret.entity, acting_user)
    webhooks = Integration.objects.filter(Q(access_token=secret) | Q(secret=secret))
    _record(Verb.SECRET_DELETED, secret, acting_user, webhooks=list(webhooks.values_list("name", flat=True)))
    secret.delete()


def _record(verb: Verb, row: Integration | Secret, acting_user: User, **data: object) -> None:
    """By name alone: neither values nor addresses belong into the log."""
    audit.record(
        verb,
        acting_user=acting_user,
        label=f"{row.entity.name}/{row.name}",
        organization=row.entity.organization,
        **data,  # type: ignore[arg-type]  # data has names of its own
    )
