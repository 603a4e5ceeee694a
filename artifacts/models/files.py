"""Stored bytes, the manifests that name them, and uploads on their way. Digests are the client's: base64 of an MD5."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from artifacts.models.projects import Project
from artifacts.models.versions import ArtifactVersion


class Blob(models.Model):
    """Stored and verified bytes, once for each project and digest. A row is made only after the bytes are on disk."""

    project = models.ForeignKey(Project, on_delete=models.DB_CASCADE, related_name="blobs")
    digest = models.CharField(max_length=64)
    size = models.BigIntegerField()
    key = models.CharField(max_length=256)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "digest"], name="blob_once_in_its_project"),
            models.CheckConstraint(condition=Q(size__gte=0), name="blob_size_not_negative"),
        ]
        # Search by digest, over all projects: far fewer rows than manifests have entries.
        indexes = [models.Index(fields=["digest"], name="blob_digest")]


class Manifest(models.Model):
    """The list of files as the client sent it. A version may have several; the last one with bytes counts."""

    class Kind(models.TextChoices):
        FULL = "FULL"
        INCREMENTAL = "INCREMENTAL"
        PATCH = "PATCH"

    version = models.ForeignKey(ArtifactVersion, on_delete=models.DB_CASCADE, related_name="manifests")
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.FULL)
    base = models.ForeignKey(ArtifactVersion, on_delete=models.DB_SET_NULL, null=True, blank=True, related_name="+")
    digest = models.CharField(max_length=64, blank=True, default="")
    key = models.CharField(max_length=256, blank=True, default="")
    size = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now())
    uploaded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["version", "-id"], name="manifests_of_a_version")]


class ManifestEntryQuerySet(models.QuerySet["ManifestEntry"]):
    """Files of versions."""

    def of_version(self, version: ArtifactVersion) -> "ManifestEntryQuerySet":
        """One version's files in the order of their paths."""
        return self.filter(version=version).order_by("path")


class ManifestEntry(models.Model):
    """One file of a committed version: stored bytes, or a reference to bytes elsewhere."""

    version = models.ForeignKey(ArtifactVersion, on_delete=models.DB_CASCADE, related_name="entries")
    path = models.CharField(max_length=4096)
    digest = models.CharField(max_length=2048)
    size = models.BigIntegerField(default=0)
    blob = models.ForeignKey(Blob, on_delete=models.DB_SET_NULL, null=True, blank=True, related_name="entries")
    ref = models.CharField(max_length=4096, blank=True, default="")
    extra = models.JSONField(default=dict, blank=True)

    objects = ManifestEntryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "manifest entries"
        constraints = [models.UniqueConstraint(fields=["version", "path"], name="path_once_in_a_version")]

    def __str__(self) -> str:
        return self.path


class Upload(models.Model):
    """A file that comes in parts. Its bytes become a Blob when all parts are there and the whole has the digest."""

    class State(models.TextChoices):
        OPEN = "open"
        VERIFYING = "verifying"
        DONE = "done"
        REFUSED = "refused"

    version = models.ForeignKey(ArtifactVersion, on_delete=models.DB_CASCADE, related_name="uploads")
    public_id = models.CharField(max_length=64, unique=True)
    digest = models.CharField(max_length=64)
    key = models.CharField(max_length=256)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    verifying_since = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["state", "created_at"], name="uploads_to_clear")]


class UploadPart(models.Model):
    """One part: its MD5 was announced with the upload and is checked when the bytes come."""

    upload = models.ForeignKey(Upload, on_delete=models.DB_CASCADE, related_name="parts")
    number = models.IntegerField()
    md5 = models.CharField(max_length=32)
    size = models.BigIntegerField(null=True, blank=True)
    uploaded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["upload", "number"], name="upload_part_once"),
            models.CheckConstraint(condition=Q(number__gte=1, number__lte=10_000), name="upload_part_number"),
        ]
