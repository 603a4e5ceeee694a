"""The audit log. What an event names is kept by number, without a key: the event outlives it."""

from collections.abc import Sequence
from typing import Any

from django.db import models
from django.db.models.functions import Now

from artifacts.models.organizations import Organization
from artifacts.models.people import User


class Verb(models.TextChoices):
    """Everything that somebody can do to the data of an organization or a person.

    What `data` says of each stands in `artifacts.audit.SHAPES`. A new verb needs no migration.
    """

    USER_CREATED = "user.created"
    USER_DELETED = "user.deleted"
    USER_CHANGED = "user.changed"
    PASSWORD_CHANGED = "user.password_changed"
    API_KEY_CREATED = "api_key.created"
    API_KEY_REVOKED = "api_key.revoked"
    ORGANIZATION_CREATED = "organization.created"
    ORGANIZATION_DELETED = "organization.deleted"
    MEMBER_ADDED = "member.added"
    MEMBER_CHANGED = "member.changed"
    MEMBER_REMOVED = "member.removed"
    MEMBER_INVITED = "member.invited"
    INVITATION_DECLINED = "member.invitation_declined"
    INVITATION_WITHDRAWN = "member.invitation_withdrawn"
    TEAM_CREATED = "team.created"
    TEAM_CHANGED = "team.changed"
    PROJECT_CREATED = "project.created"
    PROJECT_CHANGED = "project.changed"
    PROJECT_DELETED = "project.deleted"
    REGISTRY_CREATED = "registry.created"
    REGISTRY_CHANGED = "registry.changed"
    REGISTRY_DELETED = "registry.deleted"
    ALIAS_PROTECTED = "registry.alias_protected"
    ALIAS_UNPROTECTED = "registry.alias_unprotected"
    COLLECTION_CREATED = "collection.created"
    COLLECTION_CHANGED = "collection.changed"
    COLLECTION_DELETED = "collection.deleted"
    COLLECTION_TAGGED = "collection.tagged"
    COLLECTION_UNTAGGED = "collection.untagged"
    VERSION_LOGGED = "version.logged"
    VERSION_LOGGED_AGAIN = "version.logged_again"
    VERSION_CHANGED = "version.changed"
    VERSION_DELETED = "version.deleted"
    VERSION_TAGGED = "version.tagged"
    VERSION_UNTAGGED = "version.untagged"
    VERSION_DEPRECATED = "version.deprecated"
    VERSION_REINSTATED = "version.reinstated"
    LINKED = "version.linked"
    UNLINKED = "version.unlinked"
    ALIAS_SET = "alias.set"
    ALIAS_REMOVED = "alias.removed"
    RUN_STOPPED = "run.stopped"
    RUN_DELETED = "run.deleted"
    AUTOMATION_CREATED = "automation.created"
    AUTOMATION_CHANGED = "automation.changed"
    AUTOMATION_DELETED = "automation.deleted"
    INTEGRATION_CREATED = "integration.created"
    INTEGRATION_DELETED = "integration.deleted"
    SECRET_CREATED = "secret.created"
    SECRET_REPLACED = "secret.replaced"
    SECRET_DELETED = "secret.deleted"


class VerbField(models.CharField):  # type: ignore[type-arg]  # at run time it takes none
    """A verb. Migrations know a plain text: the choices, of which there are more with every release, stay out of them."""

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        """The field as a migration writes it."""
        name, _, arguments, options = super().deconstruct()
        options.pop("choices", None)
        return name, "django.db.models.CharField", arguments, options


class AuditEvent(models.Model):
    """One act, written in the transaction that did it: its facts in fields and `data`, and a label for people, which nobody reads back."""

    organization = models.ForeignKey(
        Organization, on_delete=models.DB_CASCADE, null=True, blank=True, related_name="events"
    )
    actor = models.ForeignKey(User, on_delete=models.DB_SET_NULL, null=True, blank=True, related_name="+")
    actor_name = models.CharField(max_length=64, blank=True, default="")
    verb = VerbField(max_length=40, choices=Verb.choices)
    label = models.CharField(max_length=400)
    project_number = models.BigIntegerField(null=True, blank=True)
    collection_number = models.BigIntegerField(null=True, blank=True)
    version_number = models.BigIntegerField(null=True, blank=True)
    data = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            models.Index(fields=["organization", "-id"], name="events_of_an_organization"),
            models.Index(fields=["organization", "verb", "-id"], name="events_of_a_verb"),
            models.Index(fields=["collection_number", "-id"], name="events_of_a_collection"),
            models.Index(fields=["version_number", "-id"], name="events_of_a_version"),
            models.Index(fields=["project_number", "-id"], name="events_of_a_project"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.label}"
