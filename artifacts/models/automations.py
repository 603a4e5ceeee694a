"""Automations and what they deliver to. Tables only: the verbs that fill them come with the automations themselves."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from artifacts.models.collections import Collection
from artifacts.models.organizations import Entity
from artifacts.models.people import User
from artifacts.models.projects import Project


class Secret(models.Model):
    """A team's secret for webhooks, stored encrypted and never shown again."""

    entity = models.ForeignKey(Entity, on_delete=models.DB_CASCADE, related_name="secrets")
    name = models.CharField(max_length=128)
    sealed = models.BinaryField()
    created_by = models.ForeignKey(User, on_delete=models.DB_SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["entity", "name"], name="secret_name_once")]


class Integration(models.Model):
    """Where an entity's automations deliver to: a webhook or a Slack channel."""

    class Kind(models.TextChoices):
        WEBHOOK = "webhook"
        SLACK = "slack"

    entity = models.ForeignKey(Entity, on_delete=models.DB_CASCADE, related_name="integrations")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    name = models.CharField(max_length=128)
    url = models.CharField(max_length=2048, blank=True, default="")
    access_token = models.ForeignKey(Secret, on_delete=models.DB_SET_NULL, null=True, blank=True, related_name="+")
    secret = models.ForeignKey(Secret, on_delete=models.DB_SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["entity", "kind", "name"], name="integration_name_once")]


class Automation(models.Model):
    """What is to happen when something happens in its scope: an entity, a project or registry, or one collection."""

    name = models.CharField(max_length=255)
    description = models.TextField(blank=True, default="")
    entity = models.ForeignKey(Entity, on_delete=models.DB_CASCADE, null=True, blank=True, related_name="automations")
    project = models.ForeignKey(Project, on_delete=models.DB_CASCADE, null=True, blank=True, related_name="automations")
    collection = models.ForeignKey(
        Collection, on_delete=models.DB_CASCADE, null=True, blank=True, related_name="automations"
    )
    event = models.CharField(max_length=40)
    condition = models.JSONField(default=dict, blank=True)
    action = models.JSONField(default=dict, blank=True)
    integration = models.ForeignKey(
        Integration, on_delete=models.DB_SET_NULL, null=True, blank=True, related_name="automations"
    )
    enabled = models.BooleanField(default=True)
    created_by = models.ForeignKey(User, on_delete=models.DB_SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="automation_has_one_scope",
                condition=Q(entity__isnull=False, project__isnull=True, collection__isnull=True)
                | Q(entity__isnull=True, project__isnull=False, collection__isnull=True)
                | Q(entity__isnull=True, project__isnull=True, collection__isnull=False),
            )
        ]
        indexes = [models.Index(fields=["project", "event"], condition=Q(enabled=True), name="automations_to_match")]
