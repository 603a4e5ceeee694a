"""What the table of a project's runs can show of each: fixed columns, and keys of the configuration and the summary."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils import timezone

from artifacts.listing.columns import ShownColumns, shown_columns, small_json
from artifacts.models import Run
from artifacts.runs import metrics
from artifacts.runs.history import number_of
from artifacts.runs.media import is_inside_medium, is_medium
from artifacts.text.json_values import leaves

COLUMNS = {
    "state": "State",
    "group": "Group",
    "job": "Job type",
    "tags": "Tags",
    "creator": "Created By",
    "created": "Created",
    "duration": "Duration",
}
MOST_METRICS = 4  # metrics that are shown unless others are asked for


@dataclass(frozen=True)
class RunValues:
    """The configuration and the summary of a run by dotted name (`config.lr`, `summary.loss`), and how long it ran.

    Media are none of the values; `summary` is what it says as it is stored.
    """

    values: dict[str, object]
    duration: str
    summary: Mapping[str, object]


def values_of_runs(runs: Sequence[Run]) -> list[RunValues]:
    """The values of a page's runs, in two queries; none where they are too large for a table."""
    numbers = [run.pk for run in runs]
    configs, summaries = small_json(Run, numbers, "config"), small_json(Run, numbers, "summary")
    told = []
    for run in runs:
        config, summary = config_of(configs.get(run.pk)), summaries.get(run.pk, {})
        config = {key: _settled(value) for key, value in config.items()}
        values = {f"config.{key}": value for key, value in leaves(config).items()}
        values |= {f"summary.{key}": value for key, value in metrics.values_in(summary).items()}
        told.append(RunValues(values, duration_of(run, summary), summary))
    return told


def shown_run_columns(asked: Sequence[str], runs: Sequence[Run], told: Sequence[RunValues]) -> ShownColumns:
    """The columns that an address asks for, else those in which a run has something, with the metrics that say most."""
    asked = [name for name in asked if name in COLUMNS or name == "-" or name.startswith(("config.", "summary."))]
    asked = [name for name in asked if not _is_of_medium(name, told)]
    rows = [one.values for one in told]
    summaries = [
        {key.removeprefix("summary."): value for key, value in row.items() if key.startswith("summary.")}
        for row in rows
    ]
    telling = [f"summary.{name}" for name in metrics.telling(summaries, most=MOST_METRICS)]
    empty = {
        name
        for name, is_used in {
            "group": any(run.group for run in runs),
            "job": any(run.job_type for run in runs),
            "tags": any(run.tag_rows.all() for run in runs),
        }.items()
        if not is_used
    }
    usual = [name for name in COLUMNS if name not in empty]
    return shown_columns(asked, rows, COLUMNS, [*usual, *telling], prefix="")


def _settled(value: object) -> object:
    """A value of the configuration as a table shows it: of an artifact, which version it is."""
    if not isinstance(value, Mapping) or not is_medium(value):
        return value
    name, version = value.get("sequenceName"), value.get("version")
    return f"{name}:{version}" if name and version else None


def _is_of_medium(name: str, told: Sequence[RunValues]) -> bool:
    """Whether a column that is asked for is a picture's size or the like, and no value in any run."""
    place, _, key = name.partition(".")
    if place != "summary" or any(name in one.values for one in told):
        return False
    return any(is_inside_medium(key, one.summary) for one in told)


def config_of(config: object) -> dict[str, object]:
    """The configuration as the user set it: without the client's wrapping around each value and without its own entries."""
    given: Mapping[str, object] = config if isinstance(config, dict) else {}
    return {
        key: value["value"] if isinstance(value, dict) and "value" in value else value
        for key, value in given.items()
        if key not in {"_wandb", "wandb_version"}
    }


def duration_of(run: Run, summary: Mapping[str, object]) -> str:
    """How long it ran, or has been running: 3 h 34 min."""
    end = timezone.now() if run.state_now == Run.State.RUNNING else run.heartbeat_at
    spent = max(0.0, (end - run.created_at).total_seconds())
    # The client's own measurement is the better one: an offline run is sent within a moment.
    measured = number_of(summary.get("_runtime")) if run.state_now != Run.State.RUNNING else None
    minutes, seconds = divmod(int(spent if measured is None else min(abs(measured), 1e10)), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
