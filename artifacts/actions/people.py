"""What is done to people and their API keys."""

import re
import secrets
import string
from datetime import timedelta

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone

from artifacts import access, audit, naming
from artifacts.auth import key_digest
from artifacts.errors import Conflict, Forbidden, Invalid, NotFound
from artifacts.models import ApiKey, DefaultEntity, Entity, Organization, RetiredName, Role, User, Verb
from artifacts.naming import key_of
from artifacts.text.cleaning import clean_text

RETIRED_FOR = timedelta(days=90)
RETRIED_WITHIN = timedelta(minutes=5)  # a client repeats a request whose answer got lost
MOST_NAMESAKES = 100
KEY = re.compile(r"([^-]*-)?[A-Za-z0-9_-]{40,}")  # what the client accepts: wandb/sdk/lib/wbauth/validation.py
KEY_ALPHABET = string.ascii_lowercase + string.digits


def refuse_taken(key: str, shown: str, *, by_operator: bool) -> None:
    """Refuse an entity's name that somebody has or that is still kept for whoever had it."""
    if Entity.objects.filter(name_key=key).exists() or Organization.objects.filter(name_key=key).exists():
        raise Conflict(f"The name “{shown}” is taken; choose another one.", field="name", value=shown)
    kept = RetiredName.objects.filter(name_key=key, until__gt=timezone.now())
    if kept.exists() and not by_operator:
        raise Conflict(
            f"The name “{shown}” belonged to somebody who left and is kept for 90 days; choose another one.",
            field="name",
            value=shown,
        )
    RetiredName.objects.filter(name_key=key).delete()


def retire(key: str) -> None:
    """Keep a deleted name from others for 90 days."""
    RetiredName.objects.update_or_create(name_key=key, defaults={"until": timezone.now() + RETIRED_FOR})


@transaction.atomic
def create_user(
    name: str,
    *,
    email: str = "",
    full_name: str = "",
    password: str | None = None,
    is_admin: bool = False,
    acting_user: User | None,
) -> User:
    """Make a person and their personal entity of the same name. Without a password they can't log in to the pages yet."""
    if acting_user is not None and not acting_user.is_admin:
        raise Forbidden("permission denied: only a site administrator makes accounts; ask one.")
    name = naming.entity_name(name)
    key = key_of(name)
    refuse_taken(key, name, by_operator=acting_user is None)
    refuse_bad_email(email)
    user = User(name=name, name_key=key, email=email, full_name=clean_text(full_name, longest=200), is_admin=is_admin)
    if password is not None:
        refuse_weak(password, user)
    user.set_password(password)
    user.save()
    Entity.objects.create(name=name, name_key=key, kind=Entity.Kind.PERSONAL, user=user)
    audit.record(Verb.USER_CREATED, acting_user=acting_user, name=name)
    return user


@transaction.atomic
def create_account(email: str, *, is_admin: bool = False, acting_user: User) -> User:
    """Make somebody of whom only the address is known, called by its first part, with a number behind it if that is taken.

    Whoever repeats the request, because the answer got lost, gets the same person. Raises Forbidden, Invalid, Conflict.
    """
    if not acting_user.is_admin:
        raise Forbidden("permission denied: only a site administrator makes accounts; ask one.")
    if not email:
        raise Invalid("No e-mail address is given; an account that is made so is named by it.")
    refuse_bad_email(email)
    known = User.objects.filter(email__iexact=email).first()
    if known is not None:
        is_repeated = known.created_at > timezone.now() - RETRIED_WITHIN and not known.has_usable_password()
        if is_repeated and known.is_admin == is_admin:
            return known
        raise Conflict(f"“{known.name}” has the address “{naming.shown(email)}” already; no second account is needed.")
    plain = naming.slug_of(email.partition("@")[0]).lstrip("_.-")[:60] or "person"
    for number in range(1, MOST_NAMESAKES):
        try:
            with transaction.atomic():
                name = plain if number == 1 else f"{plain}{number}"
                return create_user(name, email=email, is_admin=is_admin, acting_user=acting_user)
        except (Conflict, Invalid):  # taken, or an address of this site
            continue
    raise Conflict(
        f"Too many people are called “{plain}”; make the account in the admin panel, where you choose its name."
    )


def refuse_bad_email(email: str) -> None:
    """Refuse what is no e-mail address; none at all is fine."""
    try:
        if email:
            validate_email(email)
    except ValidationError:
        raise Invalid(f"“{naming.shown(email)}” is no e-mail address; write it like ada@example.com.") from None


@transaction.atomic
def change_user(
    user: User,
    *,
    full_name: str | None = None,
    email: str | None = None,
    is_admin: bool | None = None,
    is_active: bool | None = None,
    acting_user: User | None,
) -> None:
    """Change what is given about a person; only a site administrator changes others, or who is administrator or active."""
    by_admin = acting_user is None or acting_user.is_admin
    if not by_admin and (acting_user != user or is_admin is not None or is_active is not None):
        raise Forbidden("permission denied: only a site administrator changes this; ask one.")
    if is_admin is False or is_active is False:
        _keep_a_site_administrator(user)
    user = User.objects.select_for_update().get(pk=user.pk)
    if email is not None:
        refuse_bad_email(email)
    if full_name is not None:
        full_name = clean_text(full_name, longest=200)
    wanted = {"full_name": full_name, "email": email, "is_admin": is_admin, "is_active": is_active}
    changed = {field: value for field, value in wanted.items() if value is not None and value != getattr(user, field)}
    if changed:
        for field, value in changed.items():
            setattr(user, field, value)
        user.save(update_fields=list(changed))
        audit.record(Verb.USER_CHANGED, acting_user=acting_user, name=user.name, changed=sorted(changed))


def _keep_a_site_administrator(user: User) -> None:
    # All are locked in one order: two last administrators can't both step down, nor wait for each other.
    administrators = User.objects.select_for_update().filter(is_admin=True, is_active=True).order_by("pk")
    if [administrator.pk for administrator in administrators] == [user.pk]:
        raise Conflict(f"“{user.name}” is the last administrator of this site; make somebody else one first.")


def refuse_weak(password: str, user: User) -> None:
    """Refuse a password that is short, common or like the person's own name."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages)) from None


@transaction.atomic
def set_password(user: User, password: str, *, acting_user: User | None) -> None:
    """Change a password; sessions opened with the old one end."""
    if acting_user is not None and acting_user.pk != user.pk and not acting_user.is_admin:
        raise Forbidden("permission denied: you can change your own password only; ask a site administrator.")
    refuse_weak(password, user)
    user.set_password(password)
    user.has_printed_password = False
    user.save(update_fields=["password", "has_printed_password"])
    audit.record(Verb.PASSWORD_CHANGED, acting_user=acting_user, name=user.name)


@transaction.atomic
def create_api_key(
    user: User, *, description: str = "", key: str | None = None, acting_user: User | None
) -> tuple[ApiKey, str]:
    """Make a key and return it with its row: it can't be shown again. `key` may be one that the operator chose."""
    if acting_user is not None and acting_user.pk != user.pk:
        raise Forbidden("permission denied: people make their own API keys; ask them to.")
    # Forty letters and digits: every released client accepts these, older ones nothing else.
    key = key or "".join(secrets.choice(KEY_ALPHABET) for _ in range(40))
    if len(key) > 512 or not KEY.fullmatch(key) or len(key.split("-", 1)[-1]) < 40:
        raise Invalid(
            "The API key must have 40 or more of letters, digits, “-” and “_” (behind its first “-”, if it has one)."
        )
    digest = key_digest(key)
    if ApiKey.objects.filter(digest=digest).exists():
        raise Conflict("This API key exists already; choose another one, or leave it out to have one made.")
    row = ApiKey.objects.create(
        user=user, description=clean_text(description, longest=200), prefix=key[:6], digest=digest
    )
    audit.record(Verb.API_KEY_CREATED, acting_user=acting_user, name=user.name, prefix=row.prefix)
    return row, key


@transaction.atomic
def revoke_api_key(row: ApiKey, *, acting_user: User) -> None:
    """End a key at once; again does nothing."""
    if row.user_id != acting_user.pk and not acting_user.is_admin:
        raise NotFound("There is no such API key; reload the page to see yours.")
    if ApiKey.objects.filter(pk=row.pk, revoked_at__isnull=True).update(revoked_at=timezone.now()):
        audit.record(Verb.API_KEY_REVOKED, acting_user=acting_user, name=row.user.name, prefix=row.prefix)


@transaction.atomic
def set_default_entity(user: User, entity: Entity, *, acting_user: User) -> None:
    """Choose where runs go that name no entity."""
    if acting_user.pk != user.pk and not acting_user.is_admin:
        raise Forbidden("permission denied: people choose their own default entity.")
    if not access.logs_in(user, entity):
        raise Invalid(f"You can't log to “{entity.name}”; choose yourself or a team in which you are a member.")
    DefaultEntity.objects.update_or_create(user=user, defaults={"entity": entity})
    audit.record(Verb.USER_CHANGED, acting_user=acting_user, name=user.name, default_entity=entity.name)


def default_entity(user: User) -> Entity:
    """Where somebody's runs go that name no entity: their choice, else the first team joined, else their own."""
    choice = DefaultEntity.objects.filter(user=user).select_related("entity__organization", "entity__user").first()
    if choice is not None and access.logs_in(user, choice.entity):
        return choice.entity
    roles = [role for role in access.roles_that(access.Can.LOG)]
    first = user.team_memberships.filter(role__in=roles).select_related("team__organization").order_by("pk").first()
    return first.team if first is not None else Entity.objects.with_owner().get(user=user)


@transaction.atomic
def delete_user(user: User, *, acting_user: User | None) -> None:
    """Delete a person with their personal entity and all it holds. What they did in teams stays, without their account."""
    if acting_user is not None and not acting_user.is_admin:
        raise Forbidden("permission denied: only a site administrator deletes accounts; ask one.")
    for member in user.organization_memberships.filter(role=Role.ADMIN).select_related("organization"):
        if not member.organization.members.filter(role=Role.ADMIN).exclude(user=user).exists():
            raise Conflict(
                f"“{user.name}” is the last administrator of “{member.organization.name}”; make somebody else one first."
            )
    if acting_user is not None:
        _keep_a_site_administrator(user)
    retire(user.name_key)
    audit.record(Verb.USER_DELETED, acting_user=acting_user if acting_user != user else None, name=user.name)
    user.delete()
