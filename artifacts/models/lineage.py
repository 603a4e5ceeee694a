"""Which run used which version."""

from django.db import models
from django.db.models.functions import Now

from artifacts.models.collections import Collection
from artifacts.models.runs import Run
from artifacts.models.versions import ArtifactVersion


class RunUse(models.Model):
    """A run's input, and the collection through which it was fetched (outputs are `ArtifactVersion.run` and `RunOutput`)."""

    run = models.ForeignKey(Run, on_delete=models.DB_CASCADE, related_name="uses")
    version = models.ForeignKey(ArtifactVersion, on_delete=models.DB_CASCADE, related_name="uses")
    through = models.ForeignKey(Collection, on_delete=models.DB_SET_NULL, null=True, blank=True, related_name="+")
    used_as = models.CharField(max_length=256, blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "version"], name="run_uses_a_version_once")]


class RunOutput(models.Model):
    """A run's output: also of runs that logged content which the sequence already held, or one part of a distributed version."""

    run = models.ForeignKey(Run, on_delete=models.DB_CASCADE, related_name="outputs")
    version = models.ForeignKey(ArtifactVersion, on_delete=models.DB_CASCADE, related_name="outputs")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "version"], name="run_logs_a_version_once")]
