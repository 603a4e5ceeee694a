"""Runs and what they logged: history in compressed chunks, one small plot for each metric, files."""

from datetime import timedelta

from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Now
from django.utils import timezone

from artifacts.models.people import User
from artifacts.models.projects import Project

SILENT_AFTER = timedelta(minutes=5)  # the client says something every 30 seconds
WHEN_SILENT = {"running": "crashed", "preempting": "preempted"}


class RunQuerySet(models.QuerySet["Run"]):
    """Runs."""

    def newest_first(self) -> "RunQuerySet":
        """In the order of their making, the last one first."""
        return self.order_by("-id")

    def with_place(self) -> "RunQuerySet":
        """Together with the project, its entity and who made the run."""
        return self.select_related("project__entity__organization", "created_by")

    def with_state_now(self) -> "RunQuerySet":
        """With `current_state`, in which a run that fell silent has crashed: for filters; a row itself has `state_now`."""
        before = timezone.now() - SILENT_AFTER
        silent = (When(state=state, heartbeat_at__lt=before, then=Value(then)) for state, then in WHEN_SILENT.items())
        return self.annotate(current_state=Case(*silent, default=F("state"), output_field=models.CharField()))


class Run(models.Model):
    """One execution that logs (outputs) and uses (inputs) versions. `name` is the client's id, `display_name` for people."""

    class State(models.TextChoices):
        RUNNING = "running"
        FINISHED = "finished"
        FAILED = "failed"
        CRASHED = "crashed"
        KILLED = "killed"
        PENDING = "pending"
        PREEMPTING = "preempting"
        PREEMPTED = "preempted"

    project = models.ForeignKey(Project, on_delete=models.DB_CASCADE, related_name="runs")
    name = models.CharField(max_length=128)
    display_name = models.CharField(max_length=256, blank=True, default="")
    state = models.CharField(max_length=10, choices=State.choices, default=State.RUNNING)
    exit_code = models.IntegerField(null=True, blank=True)
    config = models.JSONField(default=dict, blank=True)
    summary = models.JSONField(default=dict, blank=True)
    group = models.CharField(max_length=256, blank=True, default="")
    job_type = models.CharField(max_length=256, blank=True, default="")
    notes = models.TextField(blank=True, default="")
    host = models.CharField(max_length=256, blank=True, default="")
    program = models.CharField(max_length=1024, blank=True, default="")
    commit = models.CharField(max_length=64, blank=True, default="")
    repository = models.CharField(max_length=1024, blank=True, default="")
    created_by = models.ForeignKey(User, on_delete=models.DB_SET_NULL, null=True, blank=True, related_name="runs")
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())
    heartbeat_at = models.DateTimeField(db_default=Now())
    history_lines = models.BigIntegerField(default=0)
    events_lines = models.BigIntegerField(default=0)
    output_lines = models.BigIntegerField(default=0)
    last_step = models.BigIntegerField(default=-1)
    stop_requested_at = models.DateTimeField(null=True, blank=True)
    # Of a run that was begun anew: when, and what is still that of the one before, until the new one sends its own.
    begun_anew_at = models.DateTimeField(null=True, blank=True)
    outdated = models.JSONField(default=list, blank=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="run_once_in_its_project")]
        indexes = [models.Index(fields=["project", "-id"], name="run_list")]

    def __str__(self) -> str:
        return self.display_name or self.name

    @property
    def state_now(self) -> str:
        """The state as people see it: a run that says it is running but fell silent has crashed."""
        if self.state in WHEN_SILENT and timezone.now() - self.heartbeat_at > SILENT_AFTER:
            return WHEN_SILENT[self.state]
        return self.state

    @property
    def is_alive(self) -> bool:
        """Whether a process still logs to it, as far as it was heard of."""
        return self.state_now in WHEN_SILENT

    @property
    def is_stopping(self) -> bool:
        """Whether somebody asked it to stop and it goes on still."""
        return self.stop_requested_at is not None and self.is_alive


class RunTag(models.Model):
    """A word by which runs are found."""

    run = models.ForeignKey(Run, on_delete=models.DB_CASCADE, related_name="tag_rows")
    name = models.CharField(max_length=128)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "name"], name="run_tag_once")]
        indexes = [models.Index(fields=["name"], name="run_tag_name")]


class RunWriter(models.Model):
    """A process of several that write to one run (shared mode): where its lines are among the run's, by stream."""

    run = models.ForeignKey(Run, on_delete=models.DB_CASCADE, related_name="writers")
    client_id = models.CharField(max_length=128)
    places = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "client_id"], name="run_writer_once")]


class HistoryChunk(models.Model):
    """Consecutive lines of one of a run's streams, as they came, compressed."""

    class Stream(models.TextChoices):
        HISTORY = "history"
        EVENTS = "events"
        OUTPUT = "output"

    run = models.ForeignKey(Run, on_delete=models.DB_CASCADE, related_name="chunks")
    stream = models.CharField(max_length=8, choices=Stream.choices)
    first_line = models.BigIntegerField()
    line_count = models.IntegerField()
    first_step = models.BigIntegerField(null=True)
    last_step = models.BigIntegerField(null=True)
    lines = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "stream", "first_line"], name="history_line_once")]
        indexes = [models.Index(fields=["run", "stream", "last_step"], name="history_by_step")]


class MetricSeries(models.Model):
    """The plot of one metric of one run, kept up to date on arrival: a bounded number of buckets however long the run is.

    `buckets` packs the number, minimum, maximum and last value of each bucket that has values; a bucket is `width` steps, from step 0 on.
    """

    run = models.ForeignKey(Run, on_delete=models.DB_CASCADE, related_name="series")
    key = models.CharField(max_length=512)
    stream = models.CharField(max_length=8, choices=HistoryChunk.Stream.choices, default=HistoryChunk.Stream.HISTORY)
    kind = models.CharField(max_length=12, default="number")
    count = models.BigIntegerField(default=0)
    minimum = models.FloatField(null=True)
    maximum = models.FloatField(null=True)
    last = models.FloatField(null=True)
    last_step = models.BigIntegerField(default=-1)
    width = models.BigIntegerField(default=1)
    buckets = models.BinaryField(default=b"")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "stream", "key"], name="metric_once_in_its_run")]


class RunFile(models.Model):
    """A file that belongs to a run, not to an artifact. Not uploaded yet while `uploaded_at` is empty."""

    run = models.ForeignKey(Run, on_delete=models.DB_CASCADE, related_name="files")
    name = models.CharField(max_length=1024)
    size = models.BigIntegerField(default=0)
    md5 = models.CharField(max_length=32, blank=True, default="")
    key = models.CharField(max_length=256, blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())
    uploaded_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "name"], name="run_file_once"),
            models.CheckConstraint(
                condition=Q(uploaded_at__isnull=True) | ~Q(key=""), name="uploaded_run_file_has_bytes"
            ),
        ]

    def __str__(self) -> str:
        return self.name
