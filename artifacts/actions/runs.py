"""What is done to runs, their inputs and their files; what they log arrives in `artifacts.actions.streams`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils import timezone

from artifacts import access, audit, naming
from artifacts.access import Can
from artifacts.actions.projects import find_or_create_project
from artifacts.actions.streams import COUNTS, SUMMARY
from artifacts.errors import Conflict, Invalid, NotFound
from artifacts.files.paths import refuse_outside
from artifacts.models import ArtifactVersion, Entity, Project, Run, RunFile, RunTag, RunUse, User, Verb
from artifacts.runs.names import new_display_name, new_run_id, number_in
from artifacts.runs.writers import merged
from artifacts.text.cleaning import clean_json, clean_text

DEFAULT_PROJECT = "uncategorized"
LONGEST_FILE_NAME = 1_024
MOST_FILES_AT_ONCE = 10_000
MOST_TAGS = 100
# What people may say of a run from outside, and of which states.
MOVES = {
    Run.State.PENDING: {Run.State.RUNNING, Run.State.FAILED, Run.State.CRASHED, Run.State.PREEMPTED},
    Run.State.FAILED: {Run.State.PENDING, Run.State.RUNNING},
}
FORKED = (
    "Forking a run is not served here, since the new run would lack the old one's history; "
    "start a run of its own, or go on with the old one (resume=“must”)."
)
LONGEST = {"display_name": 256, "group": 256, "job_type": 256, "host": 256, "program": 1024, "commit": 64, "repository": 1024}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class RunChanges:
    """What is to be set of a run; None leaves it as it is."""

    display_name: str | None = None
    config: Mapping[str, object] | None = None
    summary: Mapping[str, object] | None = None
    group: str | None = None
    job_type: str | None = None
    notes: str | None = None
    host: str | None = None
    program: str | None = None
    commit: str | None = None
    repository: str | None = None
    state: str | None = None
    tags: Sequence[str] | None = None
    writer: str = ""  # in shared mode the process that says it, one of several of the run

    def fields(self) -> dict[str, object]:
        """The columns to set, cleaned; text that is too long is cut, since the client can't be asked to shorten it."""
        found: dict[str, object] = {}
        for name, longest in LONGEST.items():
            text = getattr(self, name)
            if text is not None:
                found[name] = clean_text(text)[:longest]
        if self.notes is not None:
            found["notes"] = clean_text(self.notes)
        for name in ("config", "summary"):
            value = getattr(self, name)
            if value is not None:
                found[name] = clean_json(value)
        if self.state in Run.State.values:
            found["state"] = self.state
        return found

    @property
    def is_beginning(self) -> bool:
        """Whether a process says it when it begins, and not as it goes on: only then the client names machine and program."""
        return bool(self.host or self.program)

    def tag_names(self) -> list[str] | None:
        """The tags to set."""
        if self.tags is None:
            return None
        # The client lets people write any text here, so it is cleaned and not refused.
        cleaned = (clean_text(tag).strip()[:128] for tag in self.tags)
        return naming.distinct(tag for tag in cleaned if tag)[:MOST_TAGS]


@transaction.atomic
def upsert_run(
    entity: Entity, project_name: str | None, name: str | None, changes: RunChanges, *, acting_user: User
) -> tuple[Run, bool]:
    """Start a run, or go on with the one of this name; and whether it was made. The project is made if it is missing.

    A process that begins with the name of a run that is there, without having asked for its state and its number, begins it anew:
    what it logs takes the place of what is there (see `artifacts.actions.streams`).

    Raises NotFound, Forbidden or Invalid. Again does nothing more.
    """
    project = find_or_create_project(entity, project_name or DEFAULT_PROJECT, acting_user=acting_user)
    name = naming.run_name(name) if name else new_run_id()
    run, is_new = _find_or_start(project, name, acting_user)
    if is_new and _is_fork(changes.config):
        raise Invalid(FORKED)
    run.project = project
    fields = changes.fields()
    if is_new and not fields.get("display_name"):
        fields["display_name"] = new_display_name(_next_number(run))
    if not is_new:
        fields = _shared(run, fields, changes) if changes.writer else _going_on(run, fields)
        if changes.is_beginning and not changes.writer:
            fields |= _anew(run)
    _set(run, {**fields, "heartbeat_at": timezone.now()}, changes.tag_names())
    return run, is_new


def _is_fork(config: Mapping[str, object] | None) -> bool:
    """Whether the client began it with `fork_from`: it says so among what it keeps of itself, and then logs from that step on."""
    own = (config or {}).get("_wandb")
    inside = own.get("value") if isinstance(own, dict) else None
    return isinstance(inside, dict) and "branch_point" in inside


def _find_or_start(project: Project, name: str, acting_user: User) -> tuple[Run, bool]:
    found = Run.objects.select_for_update().filter(project=project, name=name).first()
    if found is not None:
        return found, False
    try:
        with transaction.atomic():
            return Run.objects.create(project=project, name=name, created_by=acting_user), True
    except IntegrityError:  # the client sent it twice at the same moment
        return Run.objects.select_for_update().get(project=project, name=name), False


def _going_on(run: Run, fields: dict[str, object]) -> dict[str, object]:
    """A run that had ended and says something of itself again is resumed."""
    if not run.is_alive and "state" not in fields:
        fields = {**fields, "state": Run.State.RUNNING, "exit_code": None, "stop_requested_at": None}
    if not fields.get("display_name"):
        fields.pop("display_name", None)
    return fields


def _anew(run: Run) -> dict[str, object]:
    """What a run begun anew says of itself: all that it holds is outdated."""
    outdated = [stream for stream, column in COUNTS.items() if getattr(run, column)] + (
        [SUMMARY] if run.summary else []
    )
    return {"begun_anew_at": timezone.now(), "outdated": outdated, "stop_requested_at": None}


def _shared(run: Run, fields: dict[str, object], changes: RunChanges) -> dict[str, object]:
    """What one of several processes says is added to what the others said; a late one doesn't make a finished run run again.

    Only the one that speaks for the run can do that, since only it says when the run ends: it names itself in the configuration.
    """
    if changes.config is not None:
        if not _speakers(changes.config) <= _speakers(run.config):
            fields = _going_on(run, fields)
        fields["config"] = merged(run.config, _mapping(fields["config"]))
    if not fields.get("display_name"):
        fields.pop("display_name", None)
    return fields


def _speakers(config: object) -> set[str]:
    """The processes that describe themselves in a configuration (wandb-core: `_wandb.e`, unless Settings.x_primary is off)."""
    return set(_mapping(_mapping(_mapping(_mapping(config).get("_wandb")).get("value")).get("e")))


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _next_number(run: Run) -> int:
    """One more than the project's last run has in its name; counted only where people name their runs themselves."""
    others = run.project.runs.exclude(pk=run.pk)
    last = others.newest_first().first()
    if last is None:
        return 1
    number = number_in(last.display_name)
    return number + 1 if number is not None else others.count() + 1


def _set(run: Run, fields: Mapping[str, object], tags: list[str] | None) -> None:
    for name, value in fields.items():
        setattr(run, name, value)
    run.updated_at = timezone.now()
    run.save(update_fields=[*fields, "updated_at"])
    if tags is not None:
        run.tag_rows.exclude(name__in=tags).delete()
        RunTag.objects.bulk_create((RunTag(run=run, name=tag) for tag in tags), ignore_conflicts=True)


@transaction.atomic
def change_run(run: Run, changes: RunChanges, *, acting_user: User) -> Run:
    """Change what people say about a run; its state stays, unless another one is given."""
    access.require(acting_user, Can.LOG, run.project)
    project = run.project
    run = Run.objects.select_for_update().get(pk=run.pk)
    run.project = project
    fields = changes.fields()
    _set(run, _shared(run, fields, changes) if changes.writer else fields, changes.tag_names())
    return run


@transaction.atomic
def use_version(
    run: Run,
    version: ArtifactVersion,
    *,
    place: Project | None = None,
    used_as: str = "",
    acting_user: User,
) -> ArtifactVersion:
    """Record that a run takes a version as input, and the collection of `place` through which it found it; again does nothing.

    Raises NotFound or Forbidden without the right to log to the run's project, or to download the version from `place` (without one,
    from any place that holds it), and Conflict for a version that isn't committed or was deleted.
    """
    access.require(acting_user, Can.LOG, run.project)
    through = None
    if place is not None:
        access.require(acting_user, Can.DOWNLOAD, place)
        held = version.memberships.filter(collection__project=place).select_related("collection").first()
        if held is None:
            raise NotFound(access.NO_VERSION)
        through = held.collection
    elif not access.allowed_version(acting_user, Can.DOWNLOAD, version):
        raise NotFound(access.NO_VERSION)
    if not version.is_committed or version.is_deleted:
        raise Conflict(f"Version “{version}” is still uploading or was deleted; use another one.")
    RunUse.objects.get_or_create(
        run=run, version=version, defaults={"through": through, "used_as": clean_text(used_as)[:256]}
    )
    return version


@transaction.atomic
def stop_run(run: Run, *, acting_user: User) -> None:
    """Ask a run to end: its process hears of it when it next logs. One that has ended is left alone; again does nothing."""
    access.require(acting_user, Can.LOG, run.project)
    found = Run.objects.select_for_update().get(pk=run.pk)
    if not found.is_alive or found.stop_requested_at is not None:
        return
    found.stop_requested_at = found.updated_at = timezone.now()
    found.save(update_fields=["stop_requested_at", "updated_at"])
    audit.record(Verb.RUN_STOPPED, acting_user=acting_user, project=run.project, run=run.name)


@transaction.atomic
def move_run(run: Run, state: str, *, acting_user: User) -> None:
    """Say from outside that a run waits for its process, or failed; Invalid where MOVES doesn't lead from its state."""
    access.require(acting_user, Can.LOG, run.project)
    found = Run.objects.select_for_update().get(pk=run.pk)
    if found.state == state:
        return
    allowed = MOVES.get(Run.State(state), set()) if state in Run.State.values else set()
    if not allowed:
        raise Invalid(f"A run isn't set to “{naming.shown(state)}” from outside; choose “pending” or “failed”.")
    if allowed.isdisjoint({found.state, found.state_now}):
        raise Invalid(f"Run “{run.name}” is {found.state_now}, so it can't be set to “{state}”; resume it instead.")
    found.state, found.updated_at = state, timezone.now()
    found.save(update_fields=["state", "updated_at"])


@transaction.atomic
def delete_run_files(files: Sequence[RunFile], *, acting_user: User) -> None:
    """Delete files of runs; garbage collection clears away bytes that no other file shares. All or none."""
    for project in {file.run.project_id: file.run.project for file in files}.values():
        access.require(acting_user, Can.EDIT, project)
    RunFile.objects.filter(pk__in=[file.pk for file in files]).delete()


@transaction.atomic
def create_run_files(run: Run, names: Sequence[str], *, acting_user: User) -> list[RunFile]:
    """A row for each name, in the order given, each once: what the client then uploads. Again gives the same rows."""
    access.require(acting_user, Can.LOG, run.project)
    if len(names) > MOST_FILES_AT_ONCE:
        raise Invalid(f"{len(names)} files at once are too many; announce {MOST_FILES_AT_ONCE} or fewer.")
    wanted = naming.distinct(_file_name(name) for name in names)
    RunFile.objects.bulk_create((RunFile(run=run, name=name) for name in wanted), ignore_conflicts=True)
    found = {row.name: row for row in run.files.filter(name__in=wanted)}
    for row in found.values():
        row.run = run
    return [found[name] for name in wanted]


def _file_name(name: str) -> str:
    """A path below the run's directory."""
    parts = name.split("/")
    if not name or len(name) > LONGEST_FILE_NAME or any(part in {"", ".", ".."} for part in parts):
        raise Invalid(f"The file's name “{naming.shown(name)}” is no path inside a run; use one like “plots/loss.png”.")
    if any(ord(character) < 32 or 0xD800 <= ord(character) < 0xE000 for character in name):
        raise Invalid(f"The file's name “{naming.shown(clean_text(name))}” has control characters; rename it.")
    refuse_outside(name, "in the run")
    return name


@transaction.atomic
def delete_run(run: Run, *, acting_user: User) -> None:
    """Delete a run with its history and files. The versions that it logged stay, without it."""
    access.require(acting_user, Can.EDIT, run.project)
    # Before the run, whose end takes it off them: a commit locks its version and then writes down the run's output.
    list(ArtifactVersion.objects.filter(run=run).order_by("pk").select_for_update().values_list("pk"))
    audit.record(Verb.RUN_DELETED, acting_user=acting_user, project=run.project, run=run.name)
    Run.objects.filter(pk=run.pk).delete()
