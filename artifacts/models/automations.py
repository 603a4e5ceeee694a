"""Automations and what they deliver to. Nothing delivers yet: what is saved here is listed, judged and kept."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from artifacts.models.collections import Collection
from artifacts.models.organizations import Entity, Organization
from artifacts.models.people import User
from artifacts.models.projects import Project


class Secret(models.Model):
    """A team's secret for webhooks, stored encrypted and never shown again."""

    entity = models.ForeignKey(Entity, on_delete=models.DB_CASCADE, related_name="secrets")
    name = models.CharField(max_length=128)
    sealed = models.BinaryField()
    updated_at = models.DateTimeField(db_default=Now())
    created_by = models.ForeignKey(User, on_delete=models.DB_SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["entity", "name"], name="secret_name_once")]

    def __str__(self) -> str:
        return self.name


class Integration(models.Model):
    """Where an entity's automations deliver to: a webhook, or a Slack channel, whose address is a secret in itself."""

    class Kind(models.TextChoices):
        WEBHOOK = "webhook"
        SLACK = "slack"

    entity = models.ForeignKey(Entity, on_delete=models.DB_CASCADE, related_name="integrations")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    name = models.CharField(max_length=128)
    url = models.CharField(max_length=2048, blank=True, default="")
    slack_team = models.CharField(max_length=80, blank=True, default="")
    slack_channel = models.CharField(max_length=80, blank=True, default="")
    sealed_url = models.BinaryField(blank=True, default=b"")
    created_by = models.ForeignKey(User, on_delete=models.DB_SET_NULL, null=True, blank=True, related_name="+")
    access_token = models.ForeignKey(Secret, on_delete=models.DB_SET_NULL, null=True, blank=True, related_name="+")
    secret = models.ForeignKey(Secret, on_delete=models.DB_SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["entity", "kind", "name"], name="integration_name_once")]

    def __str__(self) -> str:
        return self.name


class AutomationQuerySet(models.QuerySet["Automation"]):
    """Automations."""

    def with_scope(self) -> "AutomationQuerySet":
        """Together with the place they watch, whose it is, and what they deliver to."""
        return self.select_related(
            "owner__organization",
            "organization",
            "entity__organization",
            "project__entity__organization",
            "collection__project__entity__organization",
            "integration__entity",
        )

    def watching(self, project: Project) -> "AutomationQuerySet":
        """Those that something in this project or registry concerns: its own, its collections', and its owner's."""
        owner = project.entity
        wide = Q(entity=owner)
        if owner.organization_id is not None:
            wide |= Q(entity__kind=Entity.Kind.ORGANIZATION, organization=owner.organization_id)
        return self.filter(Q(project=project) | Q(collection__project=project) | wide)


class Automation(models.Model):
    """What is to happen when something happens in its scope: an entity, a project or registry, or one collection.

    `owner` is the entity that the scope lies in, `organization` that entity's: a name is taken once in an organization,
    or in a person's own entity.
    """

    class Action(models.TextChoices):
        """The values are the client's."""

        NOTIFICATION = "NOTIFICATION"
        WEBHOOK = "GENERIC_WEBHOOK"
        NOTHING = "NO_OP"

    name = models.CharField(max_length=255)
    name_key = models.CharField(max_length=255)
    owner = models.ForeignKey(Entity, on_delete=models.DB_CASCADE, related_name="owned_automations")
    organization = models.ForeignKey(
        Organization, on_delete=models.DB_CASCADE, null=True, blank=True, related_name="automations"
    )
    description = models.TextField(blank=True, default="")
    entity = models.ForeignKey(Entity, on_delete=models.DB_CASCADE, null=True, blank=True, related_name="automations")
    project = models.ForeignKey(Project, on_delete=models.DB_CASCADE, null=True, blank=True, related_name="automations")
    collection = models.ForeignKey(
        Collection, on_delete=models.DB_CASCADE, null=True, blank=True, related_name="automations"
    )
    event = models.CharField(max_length=40)
    condition = models.JSONField(default=dict, blank=True)
    action_kind = models.CharField(max_length=16, choices=Action.choices)
    action = models.JSONField(default=dict, blank=True)
    integration = models.ForeignKey(
        Integration, on_delete=models.DB_SET_NULL, null=True, blank=True, related_name="automations"
    )
    enabled = models.BooleanField(default=True)
    created_by = models.ForeignKey(User, on_delete=models.DB_SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    objects = AutomationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="automation_has_one_scope",
                condition=Q(entity__isnull=False, project__isnull=True, collection__isnull=True)
                | Q(entity__isnull=True, project__isnull=False, collection__isnull=True)
                | Q(entity__isnull=True, project__isnull=True, collection__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["organization", "name_key"],
                condition=Q(organization__isnull=False),
                name="automation_name_once_in_an_organization",
            ),
            models.UniqueConstraint(
                fields=["owner", "name_key"],
                condition=Q(organization__isnull=True),
                name="automation_name_once_in_a_personal_entity",
            ),
        ]
        indexes = [models.Index(fields=["project", "event"], condition=Q(enabled=True), name="automations_to_match")]

    def __str__(self) -> str:
        return self.name

    @property
    def scope(self) -> Entity | Project | Collection:
        """The place that it watches."""
        found = self.entity or self.project or self.collection
        assert found is not None  # automation_has_one_scope
        return found
