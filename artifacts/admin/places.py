"""Projects, the roles granted on them, runs and the audit log in the admin panel: all to be read, none to be written."""

from django.contrib import admin

from artifacts.admin.tables import ReadOnly
from artifacts.models import AuditEvent, Project, ProjectMember, Run


@admin.register(Project)
class ProjectAdmin(ReadOnly):
    """Projects, registries among them."""

    list_display = ("name", "entity", "kind", "visibility", "is_core", "created_by", "created_at")
    list_select_related = ("entity", "created_by")
    list_filter = ("kind", "visibility")
    search_fields = ("name_key", "entity__name_key")


@admin.register(ProjectMember)
class ProjectMemberAdmin(ReadOnly):
    """Roles granted on registries and restricted projects; they are changed on the registry's own page."""

    list_display = ("project", "user", "team", "role", "created_at")
    list_select_related = ("project", "user", "team")
    list_filter = ("role",)
    search_fields = ("project__name_key", "user__name_key", "team__name_key")


@admin.register(Run)
class RunAdmin(ReadOnly):
    """Runs."""

    list_display = ("name", "display_name", "project", "state", "created_by", "created_at")
    list_select_related = ("project", "created_by")
    list_filter = ("state",)
    search_fields = ("=name", "display_name")
    exclude = ("config", "summary")


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnly):
    """Who did what, as it was written down then."""

    list_display = ("created_at", "actor_name", "verb", "label", "organization")
    list_select_related = ("organization",)
    list_filter = ("verb",)
    search_fields = ("actor_name", "label", "organization__name_key")
