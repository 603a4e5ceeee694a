"""Automations, integrations and secrets in the admin panel: looked at, and deleted by the product's own actions."""

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from artifacts.actions import automations, integrations
from artifacts.admin.tables import ReadOnly
from artifacts.models import Automation, Integration, Secret


class DeletedByAction(ReadOnly):
    """What is only looked at here, and deleted by the product's own action."""

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """The action judges."""
        return True


@admin.register(Automation)
class AutomationAdmin(DeletedByAction):
    """Automations. They don't deliver yet."""

    list_display = (
        "name",
        "organization",
        "event",
        "action_kind",
        "integration",
        "enabled",
        "created_by",
        "created_at",
    )
    list_select_related = ("organization", "integration", "created_by")
    list_filter = ("event", "action_kind", "enabled")
    search_fields = ("name_key", "organization__name_key")
    exclude = ("name_key",)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Deletes it."""
        automations.delete_automation(obj, acting_user=request.user)  # type: ignore[arg-type]


@admin.register(Integration)
class IntegrationAdmin(DeletedByAction):
    """Webhooks and Slack channels; the address of a Slack channel is sealed."""

    list_display = ("name", "kind", "entity", "url", "created_by", "created_at")
    list_select_related = ("entity", "created_by")
    list_filter = ("kind",)
    search_fields = ("name", "entity__name_key")
    exclude = ("sealed_url",)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Deletes it, unless an automation delivers there."""
        integrations.delete_integration(obj, acting_user=request.user)  # type: ignore[arg-type]


@admin.register(Secret)
class SecretAdmin(DeletedByAction):
    """Teams' secrets by their names; no value is ever shown."""

    list_display = ("name", "entity", "created_by", "created_at", "updated_at")
    list_select_related = ("entity", "created_by")
    search_fields = ("=name", "entity__name_key")
    exclude = ("sealed",)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Deletes it."""
        integrations.delete_secret(obj, acting_user=request.user)  # type: ignore[arg-type]
