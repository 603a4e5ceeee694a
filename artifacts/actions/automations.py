"""Automations: made, changed and deleted by whoever manages their scope. Nothing delivers yet; pages and documents say so."""

import json
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.db.models.functions import Now

from artifacts import access, audit, naming
from artifacts.automations.conditions import read_condition, scope_kind
from artifacts.automations.payloads import GivenAction, read_action
from artifacts.errors import Conflict, Invalid, NotFound
from artifacts.models import Automation, Collection, Entity, Integration, Project, User, Verb
from artifacts.naming import key_of
from artifacts.text.cleaning import clean_text

type Scope = Entity | Project | Collection

LONGEST_DESCRIPTION = 20_000
KINDS = {Automation.Action.NOTIFICATION: Integration.Kind.SLACK, Automation.Action.WEBHOOK: Integration.Kind.WEBHOOK}
KIND_WORDS = {Integration.Kind.SLACK: "a Slack channel", Integration.Kind.WEBHOOK: "a webhook"}


@transaction.atomic
def create_automation(
    name: str,
    scope: Scope,
    *,
    event: str,
    condition: str,
    action: GivenAction,
    description: str = "",
    enabled: bool = True,
    acting_user: User,
) -> Automation:
    """Make an automation; Conflict if its name is taken in the organization (or in the person's own entity)."""
    access.require_automating(acting_user, scope)
    scope_kind(scope)
    made = Automation(enabled=enabled, created_by=acting_user)
    _set_name(made, name)
    _set_scope(made, scope)
    made.description = clean_text(description, longest=LONGEST_DESCRIPTION)
    made.event, made.condition = event, read_condition(event, condition, scope)
    _set_action(made, action, acting_user)
    _save(made)
    _record(Verb.AUTOMATION_CREATED, made, acting_user, event=made.event, action=made.action_kind)
    return made


@transaction.atomic
def change_automation(
    automation: Automation,
    *,
    name: str | None = None,
    description: str | None = None,
    enabled: bool | None = None,
    scope: Scope | None = None,
    event: str | None = None,
    condition: str | None = None,
    action: GivenAction | None = None,
    acting_user: User,
) -> Automation:
    """Change what is given; what differs from before is saved and recorded, and the same again leaves no trace."""
    if Automation.objects.select_for_update().filter(pk=automation.pk).first() is None:
        raise NotFound("This automation was deleted; make it again.")
    automation = Automation.objects.with_scope().get(pk=automation.pk)
    access.require_automating(acting_user, automation.scope)
    before = _content(automation)
    if name is not None:
        _set_name(automation, name)
    if description is not None:
        automation.description = clean_text(description, longest=LONGEST_DESCRIPTION)
    if enabled is not None:
        automation.enabled = enabled
    if scope is not None and scope != automation.scope:
        access.require_automating(acting_user, scope)
        _set_scope(automation, scope)
    _set_event(automation, event, condition)
    if action is not None:
        _set_action(automation, action, acting_user)
    _refuse_foreign(automation)
    changed = [key for key, value in _content(automation).items() if before[key] != value]
    if changed:
        automation.updated_at = Now()
        _save(automation)
        automation.refresh_from_db(fields=["updated_at"])
        _record(Verb.AUTOMATION_CHANGED, automation, acting_user, changed=changed, enabled=automation.enabled)
    return automation


@transaction.atomic
def delete_automation(automation: Automation, *, acting_user: User) -> None:
    """Delete an automation."""
    access.require_automating(acting_user, automation.scope)
    _record(Verb.AUTOMATION_DELETED, automation, acting_user)
    automation.delete()


def _set_name(automation: Automation, name: str) -> None:
    automation.name = naming.automation_name(name)
    automation.name_key = key_of(automation.name)


def _set_scope(automation: Automation, scope: Scope) -> None:
    """Set what it watches, and with it whom it belongs to: the owner of that place."""
    automation.entity = scope if isinstance(scope, Entity) else None
    automation.project = scope if isinstance(scope, Project) else None
    automation.collection = scope if isinstance(scope, Collection) else None
    project = scope.project if isinstance(scope, Collection) else scope
    automation.owner = project.entity if isinstance(project, Project) else project
    automation.organization = automation.owner.organization


def _set_event(automation: Automation, event: str | None, condition: str | None) -> None:
    """Set another event or condition. The condition that stays is read again, since the scope may be another one now."""
    if event is not None and event != automation.event and condition is None:
        raise Invalid("Another event needs a filter of its own; give both.")
    automation.event = event or automation.event
    if condition is not None:
        automation.condition = read_condition(automation.event, condition, automation.scope)
    else:
        read_condition(automation.event, json.dumps(automation.condition), automation.scope)


def _set_action(automation: Automation, action: GivenAction, acting_user: User) -> None:
    """Set the action. Its integration must be one that the person may use, or the one that the automation has already."""
    if action.kind not in Automation.Action.values:
        raise Invalid(
            f"An automation can't do “{naming.shown(action.kind)}” here; let it send a notification or a webhook, or do nothing."
        )
    kind = KINDS.get(Automation.Action(action.kind))
    names: set[str] = set()
    if kind is None:
        automation.integration = None
    else:
        automation.integration = _integration(action.integration, automation.integration_id, acting_user)
        if automation.integration.kind != kind:
            raise Invalid(f"“{automation.integration.name}” is not {KIND_WORDS[kind]}; choose another integration.")
        held = (automation.integration.access_token, automation.integration.secret)
        names = {secret.name for secret in held if secret is not None}
    automation.action_kind, automation.action = action.kind, read_action(action, names)
    _refuse_foreign(automation)


def _integration(number: int | None, present: int | None, acting_user: User) -> Integration:
    """The integration of this number that somebody may use."""
    usable = Q(entity__in=access.entities_to_deliver_for(acting_user).values("pk")) | Q(pk=present)
    rows = Integration.objects.select_related("entity", "access_token", "secret")
    found = rows.filter(usable, pk=number).first() if number is not None else None
    if found is None:
        raise NotFound("No integration that you may use has this id; list those of your team.")
    return found


def _refuse_foreign(automation: Automation) -> None:
    """Refuse an integration of another organization, and another person's own."""
    if automation.integration is None:
        return
    entity, owner = automation.integration.entity, automation.owner
    is_near = entity == owner if owner.organization_id is None else entity.organization_id == owner.organization_id
    if not is_near:
        raise Invalid(
            f"“{automation.integration.name}” belongs to “{entity.name}”, outside of “{owner.name}”; "
            "choose an integration of the same organization."
        )


def _content(automation: Automation) -> dict[str, Any]:
    """What can be changed, by what people call it."""
    return {
        "name": automation.name,
        "description": automation.description,
        "enabled": automation.enabled,
        "scope": (automation.entity_id, automation.project_id, automation.collection_id),
        "event": automation.event,
        "filter": automation.condition,
        "action": (automation.action_kind, automation.action, automation.integration_id),
    }


def _save(automation: Automation) -> None:
    """Write it; the database is the referee of names."""
    try:
        with transaction.atomic():
            automation.save()
    except IntegrityError:
        place = automation.organization or automation.owner
        raise Conflict(
            f"An automation named “{naming.shown(automation.name)}” exists in “{place}”; choose another name."
        ) from None


def _record(verb: Verb, automation: Automation, acting_user: User, **data: object) -> None:
    scope = automation.scope
    audit.record(
        verb,
        acting_user=acting_user,
        label=automation.name,
        organization=automation.organization,
        project=scope if isinstance(scope, Project) else None,
        collection=scope if isinstance(scope, Collection) else None,
        **data,  # type: ignore[arg-type]  # data has names of its own
    )
