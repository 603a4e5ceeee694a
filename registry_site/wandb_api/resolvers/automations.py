"""Automations, which the client's operations call triggers, and the integrations they deliver to."""

import json
from collections import defaultdict
from typing import Any

from django.db.models import Min, Q

from artifacts import access, addresses
from artifacts.actions import automations, integrations
from artifacts.actions.automations import Scope
from artifacts.automations.payloads import GivenAction
from artifacts.automations.webhook_urls import without_path
from artifacts.errors import Conflict, Invalid, NotFound
from artifacts.listing.filters import filtered
from artifacts.models import Automation, Entity, Integration, Organization, Project
from artifacts.models.automations import AutomationQuerySet
from registry_site.wandb_api.engine import filters_and_orders, ids
from registry_site.wandb_api.engine.batching import peers_of, read_for_peers, remember_visible, with_peers
from registry_site.wandb_api.engine.context import Context
from registry_site.wandb_api.engine.paging import connection
from registry_site.wandb_api.engine.resolve import Permission, answers_with, names_type, resolves
from registry_site.wandb_api.resolvers.collections import find_collection

MOST_OF_PROJECTS = 5_000  # on one page of projects, since a project's automations have no pages
MANAGED = Permission.checked("edit", "manage")
ACTION_TYPES = {
    Automation.Action.NOTIFICATION: "NotificationTriggeredAction",
    Automation.Action.WEBHOOK: "GenericWebhookTriggeredAction",
    Automation.Action.NOTHING: "NoOpTriggeredAction",
}
CONFIGS = {"NOTIFICATION": "notification_action_input", "GENERIC_WEBHOOK": "generic_webhook_action_input"}


@names_type(Entity)
def type_of_entity(entity: Entity) -> str:
    return "Entity"


@names_type(Project)
def type_of_project(project: Project) -> str:
    return "Project"


def triggers(
    found: AutomationQuerySet,
    after: str | None = None,
    first: int | None = None,
    order: str | None = None,
    filters: str | None = None,
) -> dict[str, Any]:
    """A page of automations."""
    found = filtered(found.with_scope(), filters, filters_and_orders.AUTOMATION_FIELDS)  # type: ignore[assignment]
    key = filters_and_orders.key_for(order, filters_and_orders.NAMED_ORDERS, default="pk")
    return connection(with_peers(found), first=first, after=after, key=key)


@resolves("Entity.triggers", permission=Permission.checked("view"))
def triggers_of_entity(entity: Entity, context: Context, **page: Any) -> dict[str, Any]:
    """The automations that watch the entity, its projects or registries, and their collections."""
    return triggers(access.visible_automations(context.person).filter(owner=entity), **page)


@resolves("Organization.triggers", permission=Permission.checked("view"))
def triggers_of_organization(organization: Organization, context: Context, **page: Any) -> dict[str, Any]:
    """The automations of all its teams and registries."""
    return triggers(access.visible_automations(context.person).filter(organization=organization), **page)


@resolves("Project.triggers", permission=Permission.checked("view"))
def triggers_of_project(project: Project, context: Context) -> list[Automation]:
    """The automations of the project and its collections: the client asks all projects to find whatever somebody sees.

    The oldest project of a team or organization has also the automations of the whole of it, but only for clients that know
    of such: to older ones a scope without a type would be no valid answer.
    """

    def load(page: list[Project]) -> dict[int, list[Automation]]:
        numbers = [peer.pk for peer in page]
        wide = oldest_projects(context, page) if "Entity" in context.types else {}
        within = Q(project__in=numbers) | Q(collection__project__in=numbers) | Q(entity__in=list(wide))
        seen = with_peers(access.visible_automations(context.person).with_scope())
        found: dict[int, list[Automation]] = defaultdict(list)
        for automation in seen.filter(within).order_by("pk")[:MOST_OF_PROJECTS]:
            place = automation.project_id or (automation.collection and automation.collection.project_id)
            found[place or wide[automation.owner_id]].append(automation)
        return found

    return read_for_peers(context, "automations of projects", project, load) or []


def oldest_projects(context: Context, page: list[Project]) -> dict[int, int]:
    """By entity, its oldest project that the person sees, as far as that is one of these projects."""
    entities = {project.entity_id for project in page}
    seen = access.visible_projects(context.person).filter(entity__in=entities).order_by()
    oldest = dict(seen.values("entity").annotate(oldest=Min("pk")).values_list("entity", "oldest"))
    numbers = {project.pk for project in page}
    return {entity: number for entity, number in oldest.items() if number in numbers}


@resolves("Trigger.id", permission=Permission.PARENT)
def trigger_id(automation: Automation, context: Context) -> str:
    return ids.encode("Trigger", automation.pk)


@resolves("Trigger.description", permission=Permission.PARENT)
def description(automation: Automation, context: Context) -> str | None:
    return automation.description or None


@resolves("Trigger.scope", permission=Permission.PARENT)
def scope(automation: Automation, context: Context) -> Scope:
    return automation.scope


@resolves("Trigger.triggeringCondition", permission=Permission.PARENT)
def triggering_condition(automation: Automation, context: Context) -> dict[str, Any]:
    """The trees of conditions are JSON inside JSON, as the client reads them."""
    told = {
        name: json.dumps(value) if name in {"filter", "run_filter"} else value
        for name, value in automation.condition.items()
    }
    return {
        "__typename": "FilterEventTriggeringCondition", "event_type": automation.event, "filter": json.dumps(told)
    }  # fmt: skip


@resolves("Trigger.triggeredAction", permission=Permission.PARENT)
def triggered_action(automation: Automation, context: Context) -> dict[str, Any]:
    kind = Automation.Action(automation.action_kind)
    told: dict[str, Any] = {"__typename": ACTION_TYPES[kind], **automation.action}
    if kind == Automation.Action.NOTHING:
        return {**told, "no_op": True}
    if kind == Automation.Action.WEBHOOK:
        payload = told.pop("payload", None)
        told["request_payload"] = None if payload is None else json.dumps(payload)
    return {**told, "integration": integration_of(automation, context)}


def integration_of(automation: Automation, context: Context) -> dict[str, Any]:
    """What an automation delivers to; whoever may not use a webhook isn't told its path, which may hold a secret."""
    integration = automation.integration
    if integration is None:
        raise NotFound("What this automation delivered to was deleted with its team; let it do something else.")
    usable: dict[int, bool] = context.cache.setdefault("usable integrations", {})
    if integration.entity_id not in usable:
        entities = {peer.integration.entity_id for peer in peers_of(automation) if peer.integration is not None}
        seen = access.entities_to_deliver_for(context.person).filter(pk__in=entities).values_list("pk", flat=True)
        usable.update(dict.fromkeys(entities, False) | dict.fromkeys(seen, True))
    return told_integration(integration, is_usable=usable[integration.entity_id])


def told_integration(integration: Integration, *, is_usable: bool = True) -> dict[str, Any]:
    """An integration as the client reads it."""
    told = {
        "id": ids.encode("Integration", integration.pk),
        "created_at": integration.created_at,
        "name": integration.name,
    }
    if integration.kind == Integration.Kind.SLACK:
        names = {"team_name": integration.slack_team, "channel_name": integration.slack_channel}
        return {"__typename": "SlackIntegration", **told, **names}
    url = integration.url if is_usable else without_path(integration.url)
    return {"__typename": "GenericWebhookIntegration", **told, "url_endpoint": url}


@resolves("Entity.integrations", permission=Permission.checked("log"))
def integrations_of_entity(
    entity: Entity, context: Context, after: str | None = None, first: int | None = None
) -> dict[str, Any]:
    """The integrations, to whoever may use them; none to others."""
    usable = access.entities_to_deliver_for(context.person).filter(pk=entity.pk).values("pk")
    rows = Integration.objects.filter(entity__in=usable)
    return connection(with_peers(rows), first=first, after=after, key="pk", node=told_integration)


def find_scope(context: Context, kind: str, number: str) -> Scope:
    """The place of this kind with this id, if the person may see it."""
    if kind == "ARTIFACT_COLLECTION":
        return find_collection(context, number)
    if kind == "PROJECT":
        seen = access.visible_projects(context.person).with_entity()
        project = seen.filter(pk=ids.decode(number, "Project", "ProjectInternalId")).first()
        if project is None:
            raise NotFound("No project or registry has this id; load it again by its name.")
        return remember_visible(context, project)
    entities = access.visible_entities(context.person).select_related("organization")
    entity = entities.filter(pk=ids.decode(number, "Entity")).first()
    if entity is None:
        raise NotFound("No team or organization has this id; load it again by its name.")
    return entity


def action_of(kind: str, config: dict[str, Any]) -> GivenAction:
    """What the client wants done; the one input that its kind of action has."""
    given = config.get(CONFIGS.get(kind, "")) or {}
    if kind in CONFIGS and not given:
        raise Invalid("The action says nothing of what to send; give it an integration.")
    number = given.get("integration_id")
    pk = ids.decode(number, "Integration") if number else None
    if kind == "GENERIC_WEBHOOK":
        return GivenAction(kind, pk, {"payload": given.get("request_payload")})
    return GivenAction(kind, pk, {name: given.get(name) for name in ("title", "message", "severity")})


def find_automation(context: Context, number: str) -> Automation:
    """The automation with this id, if the person may see it."""
    seen = access.visible_automations(context.person).with_scope()
    found = seen.filter(pk=ids.decode(number, "Trigger")).first()
    if found is None:
        raise NotFound("No automation has this id; list the automations again.")
    return found


@resolves("Mutation.createFilterTrigger", permission=MANAGED)
@answers_with(409, Conflict)  # api.create_automation: by this status it knows that the name is taken
def create_filter_trigger(source: None, context: Context, input: dict[str, Any]) -> dict[str, Any]:
    made = automations.create_automation(
        input["name"],
        find_scope(context, input["scope_type"], input["scope_id"]),
        event=input["triggering_event_type"],
        condition=input["event_filter"],
        action=action_of(input["triggered_action_type"], input["triggered_action_config"]),
        description=input.get("description") or "",
        enabled=input["enabled"],
        acting_user=context.person,
    )
    return {"trigger": find_automation(context, ids.encode("Trigger", made.pk))}


@resolves("Mutation.updateFilterTrigger", permission=MANAGED)
def update_filter_trigger(source: None, context: Context, input: dict[str, Any]) -> dict[str, Any]:
    automation = automation_to_update(None, context, number=input["id"])
    scope_id, action = input.get("scope_id"), input.get("triggered_action_type")
    changed = automations.change_automation(
        automation,
        name=input.get("name"),
        description=input.get("description"),
        enabled=input.get("enabled"),
        scope=find_scope(context, input.get("scope_type") or "PROJECT", scope_id) if scope_id else None,
        event=input.get("triggering_event_type"),
        condition=input.get("event_filter"),
        action=action_of(action, input.get("triggered_action_config") or {}) if action else None,
        acting_user=context.person,
    )
    return {"trigger": find_automation(context, ids.encode("Trigger", changed.pk))}


@answers_with(404, NotFound)  # api.update_automation: by this status it knows that the automation is gone
def automation_to_update(source: None, context: Context, number: str) -> Automation:
    """The automation that an update names. Only a missing one has this status; a missing scope or integration has none."""
    return find_automation(context, number)


@resolves("Mutation.deleteTrigger", permission=MANAGED)
def delete_trigger(source: None, context: Context, input: dict[str, Any]) -> dict[str, Any]:
    automations.delete_automation(find_automation(context, input["trigger_id"]), acting_user=context.person)
    return {"success": True}


@resolves("Mutation.createGenericWebhookIntegration", permission=Permission.checked("manage"))
def create_generic_webhook_integration(source: None, context: Context, input: dict[str, Any]) -> dict[str, Any]:
    made = integrations.create_webhook(
        addresses.entity(context.person, input["entity_name"]),
        input["name"],
        input["url_endpoint"],
        access_token=input.get("access_token_ref") or "",
        secret=input.get("secret_ref") or "",
        acting_user=context.person,
    )
    return {"integration": told_integration(made)}
