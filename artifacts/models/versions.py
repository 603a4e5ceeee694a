"""Artifact versions: immutable content, born in one sequence."""

import hashlib

from django.db import models
from django.db.models import Q, Subquery, Value
from django.db.models.functions import Coalesce, Now

from artifacts.models.collections import Collection
from artifacts.models.people import User
from artifacts.models.projects import Project
from artifacts.models.runs import Run


class VersionQuerySet(models.QuerySet["ArtifactVersion"]):
    """Versions."""

    def committed(self) -> "VersionQuerySet":
        """Whole ones: every byte was verified."""
        return self.filter(state=ArtifactVersion.State.COMMITTED)

    def live(self) -> "VersionQuerySet":
        """Committed and not deleted."""
        return self.committed().filter(deleted_at__isnull=True)

    def known_as(self, number: int) -> "VersionQuerySet":
        """The one with this primary key, or into which the one that had it was merged."""
        merged = MergedVersion.objects.filter(number=number).values("version")[:1]
        return self.filter(pk=Coalesce(Subquery(merged), Value(number, output_field=models.BigIntegerField())))

    def newest_first(self) -> "VersionQuerySet":
        """The highest number of their sequence first."""
        return self.order_by("-index")

    def with_place(self) -> "VersionQuerySet":
        """Together with the sequence, its project and entity."""
        return self.select_related("sequence__project__entity__organization")


class ArtifactVersion(models.Model):
    """One content: a manifest's digest, metadata, files. It has no number until it is committed."""

    class State(models.TextChoices):
        PENDING = "PENDING"
        COMMITTED = "COMMITTED"

    sequence = models.ForeignKey(Collection, on_delete=models.DB_CASCADE, related_name="versions")
    index = models.BigIntegerField(null=True, blank=True)
    digest = models.CharField(max_length=64, blank=True, default="")
    digest_algorithm = models.CharField(max_length=20, default="MANIFEST_MD5")
    state = models.CharField(max_length=9, choices=State.choices, default=State.PENDING)
    description = models.TextField(blank=True, default="")
    metadata = models.JSONField(default=dict, blank=True)
    size = models.BigIntegerField(default=0)
    file_count = models.BigIntegerField(default=0)
    run = models.ForeignKey(Run, on_delete=models.DB_SET_NULL, null=True, blank=True, related_name="logged_versions")
    created_by = models.ForeignKey(User, on_delete=models.DB_SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())
    committed_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    ttl_seconds = models.BigIntegerField(null=True, blank=True)
    history_step = models.BigIntegerField(null=True, blank=True)
    distributed_id = models.CharField(max_length=128, null=True, blank=True)  # noqa: DJ001  None is "not distributed", unique below
    deduplicates = models.BooleanField(
        default=True
    )  # whether equal content of the sequence takes its place at the commit
    wanted_aliases = models.JSONField(default=list, blank=True)
    wanted_tags = models.JSONField(default=list, blank=True)

    objects = VersionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sequence", "index"], name="number_once_in_its_sequence"),
            models.CheckConstraint(
                condition=~Q(state="COMMITTED") | Q(index__isnull=False), name="committed_version_has_a_number"
            ),
            models.UniqueConstraint(
                fields=["sequence", "distributed_id"],
                condition=Q(state="PENDING", distributed_id__isnull=False),
                name="one_pending_version_for_each_distributed_id",
            ),
        ]
        indexes = [
            models.Index(fields=["sequence", "digest"], name="version_digest"),
            models.Index(fields=["digest"], name="version_digest_anywhere"),
        ]

    def __str__(self) -> str:
        return f"{self.sequence.name}:{self.name}"

    @property
    def name(self) -> str:
        """The number in its own sequence as it is shown, or `pending`."""
        return "pending" if self.index is None else f"v{self.index}"

    @property
    def project(self) -> Project:
        """Where it was logged."""
        return self.sequence.project

    @property
    def type(self) -> str:
        """The type of its sequence."""
        return self.sequence.type

    @property
    def is_committed(self) -> bool:
        """Whether it is whole: only such versions are linked and used."""
        return self.state == ArtifactVersion.State.COMMITTED

    @property
    def commit_hash(self) -> str | None:
        """Of the content together with its place, so that equal content logged elsewhere has another; None before the commit."""
        if not self.is_committed:
            return None
        return hashlib.sha256(f"{self.sequence_id}/{self.index}/{self.digest}".encode()).hexdigest()[:20]

    @property
    def is_deleted(self) -> bool:
        """Whether somebody deleted it; links then show that it is gone."""
        return self.deleted_at is not None


class ClientId(models.Model):
    """A name that a client gave a version before it knew the server's: also what makes a repeated request harmless."""

    client_id = models.CharField(max_length=128)
    version = models.ForeignKey(ArtifactVersion, on_delete=models.DB_CASCADE, related_name="client_ids")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client_id"], name="client_id_once")]


class MergedVersion(models.Model):
    """The primary key of a pending version that became another at its commit, because that one had the same content by then.

    Its client was told the number when it began, and asks by it for as long as it likes.
    """

    number = models.BigIntegerField(unique=True)
    version = models.ForeignKey(ArtifactVersion, on_delete=models.DB_CASCADE, related_name="merged")


class VersionReference(models.Model):
    """A committed version has entries that are files of another one (`add_reference(entry)`, a table with its images)."""

    version = models.ForeignKey(ArtifactVersion, on_delete=models.DB_CASCADE, related_name="references")
    target = models.ForeignKey(ArtifactVersion, on_delete=models.DB_CASCADE, related_name="referrers")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "target"], name="version_refers_to_another_once")]


class VersionTag(models.Model):
    """A descriptive label of a version, the same wherever it is linked."""

    version = models.ForeignKey(ArtifactVersion, on_delete=models.DB_CASCADE, related_name="tags")
    name = models.CharField(max_length=128)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "name"], name="version_tag_once")]
        indexes = [models.Index(fields=["name"], name="version_tag_name")]

    def __str__(self) -> str:
        return self.name
