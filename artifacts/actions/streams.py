"""What a run logs as it goes on: lines at their place, the plots of its metrics, its summary, its end.

The client repeats a request until it is answered, so everything here can be done twice: lines are put at their numbers, and a
metric takes in only lines beyond those that were counted before.
"""

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from artifacts import access
from artifacts.access import Can
from artifacts.errors import Invalid, NotFound
from artifacts.models import HistoryChunk, MetricSeries, Run, User
from artifacts.runs import history
from artifacts.runs.history import Batch, Series
from artifacts.text.cleaning import clean_json

Stream = HistoryChunk.Stream
FILES = {"wandb-history.jsonl": Stream.HISTORY, "wandb-events.jsonl": Stream.EVENTS, "output.log": Stream.OUTPUT}
SUMMARY = "wandb-summary.json"
COUNTS = {Stream.HISTORY: "history_lines", Stream.EVENTS: "events_lines", Stream.OUTPUT: "output_lines"}
LARGEST_OFFSET = 10**12
MOST_METRICS = 2_000  # plotted of one stream of a run; what lies beyond is in the lines only
ROWS_AT_ONCE = 200
# What a Series has in common with its row; the buckets are packed there.
KEPT = ("kind", "count", "minimum", "maximum", "last", "last_step", "width")

logger = logging.getLogger("linkyard.stream")


@dataclass
class StreamRequest:
    """One request of the client's file stream, read and checked."""

    batches: dict[Stream, Batch] = field(default_factory=dict)
    summary: dict[str, object] | None = None
    is_complete: bool = False
    is_preempting: bool = False
    exit_code: int | None = None


def read_request(body: object) -> StreamRequest:
    """What a request says, without touching the database; Invalid for what no client would send."""
    if not isinstance(body, dict):
        # `[]` and nothing at all come from clients too: a sign of life.
        return StreamRequest()
    sent = StreamRequest(is_complete=body.get("complete") is True, is_preempting=body.get("preempting") is True)
    code = body.get("exitcode")
    if sent.is_complete and isinstance(code, int):
        sent.exit_code = max(-(2**31), min(code, 2**31 - 1))
    files = body.get("files")
    if not isinstance(files, dict | None):
        raise Invalid("“files” of the stream is not an object; send {“files”: {…}}.")
    for name, part in (files or {}).items():
        if name == SUMMARY:
            sent.summary = _summary(_content(name, part)[1])
        elif name in FILES:
            offset, lines = _content(name, part)
            if lines:
                stream = FILES[name]
                sent.batches[stream] = history.read_batch(offset, lines, has_metrics=stream != Stream.OUTPUT)
    return sent


def _content(name: str, part: object) -> tuple[int, list[str]]:
    """The offset and the lines of one file."""
    offset = part.get("offset", 0) if isinstance(part, dict) else None
    lines = part.get("content") if isinstance(part, dict) else None
    if isinstance(offset, bool) or not isinstance(offset, int) or not 0 <= offset <= LARGEST_OFFSET:
        raise Invalid(f"The offset of “{name}” is no line number; begin at 0.")
    if lines is None:
        lines = []
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        raise Invalid(f"The content of “{name}” is not a list of lines.")
    return offset, lines


def _summary(lines: list[str]) -> dict[str, object] | None:
    """The whole summary; one that can't be kept leaves the former one, since the rest of the request must not be lost with it."""
    said = history.line_values(lines[-1]) if lines else {}
    try:
        cleaned = clean_json(said)
    except Invalid as error:
        logger.warning("A summary was left out: %s", error)
        return None
    return cleaned if isinstance(cleaned, dict) and lines and said else None


@transaction.atomic
def receive(run: Run, sent: StreamRequest, *, acting_user: User) -> bool:
    """Store what a run sent, in one transaction; again does nothing more. Whether the run should stop."""
    access.require(acting_user, Can.LOG, run.project)
    row = Run.objects.select_for_update().filter(pk=run.pk).first()
    if row is None:
        raise NotFound("The run was deleted; start a new one.")
    changed: dict[str, object] = {"heartbeat_at": timezone.now()}
    for stream, batch in sent.batches.items():
        known: int = getattr(row, COUNTS[stream])
        _store(row, stream, batch)
        if stream != Stream.OUTPUT:
            _plot(row, stream, batch, known)
        changed[COUNTS[stream]] = max(known, batch.end)
        if stream == Stream.HISTORY:
            changed["last_step"] = max(row.last_step, max(batch.steps))
    if sent.summary is not None:
        changed["summary"] = sent.summary
    if sent.is_preempting and row.state == Run.State.RUNNING:
        changed["state"] = Run.State.PREEMPTING
    if sent.is_complete:
        changed["state"] = _end_of(row, sent)
        changed["exit_code"] = sent.exit_code
        changed["updated_at"] = timezone.now()
    for name, value in changed.items():
        setattr(row, name, value)
    row.save(update_fields=list(changed))
    return row.is_stopping


def _end_of(run: Run, sent: StreamRequest) -> Run.State:
    """The state of a run that ended: one that failed after it was told to stop, or that its machine was taken, says so."""
    if not sent.exit_code:
        return Run.State.FINISHED
    if run.stop_requested_at is not None:
        return Run.State.KILLED
    was_taken = sent.is_preempting or run.state in {Run.State.PREEMPTING, Run.State.PREEMPTED}
    return Run.State.PREEMPTED if was_taken else Run.State.FAILED


def _store(run: Run, stream: Stream, batch: Batch) -> None:
    """Put lines at their numbers: in the place of those that are there, and into the last chunk while it has room."""
    touched = HistoryChunk.objects.filter(run=run, stream=stream, first_line__lt=batch.end)
    # The first condition is for the index: no chunk has more lines than this.
    touched = touched.filter(first_line__gte=batch.offset - history.LINES_OF_A_CHUNK)
    touched = touched.alias(ends=F("first_line") + F("line_count")).filter(ends__gte=batch.offset)
    lines: dict[int, str] = {}
    replaced: list[int] = []
    for chunk in touched:
        is_before = chunk.first_line + chunk.line_count == batch.offset
        if is_before and chunk.line_count >= history.LINES_OF_A_CHUNK:
            continue
        replaced.append(chunk.pk)
        lines.update(enumerate(history.unpack(chunk.lines), chunk.first_line))
    lines.update(enumerate(batch.lines, batch.offset))
    HistoryChunk.objects.filter(pk__in=replaced).delete()
    steps = dict(enumerate(batch.steps, batch.offset))
    HistoryChunk.objects.bulk_create(
        (_chunk(run, stream, first, held, steps) for first, held in history.chunks(lines)), batch_size=20
    )


def _chunk(run: Run, stream: Stream, first: int, held: list[str], known: Mapping[int, int]) -> HistoryChunk:
    """A row of consecutive lines, with the steps that it covers; only of lines that are not `known` they have to be read."""
    steps: list[int] = []
    if stream != Stream.OUTPUT:
        steps = [
            known[number] if number in known else history.step_of(history.line_values(line), number)
            for number, line in enumerate(held, first)
        ]
    return HistoryChunk(
        run=run,
        stream=stream,
        first_line=first,
        line_count=len(held),
        first_step=min(steps, default=None),
        last_step=max(steps, default=None),
        lines=history.pack(held),
    )


def _plot(run: Run, stream: Stream, batch: Batch, known: int) -> None:
    """Take the lines beyond the `known` ones into the plots of their metrics."""
    fresh = max(0, known - batch.offset)  # lines before this place of the batch were counted when they came first
    found = _stored_series(run, stream, list(batch.values))
    room = MOST_METRICS
    if len(found) < len(batch.values):
        room -= MetricSeries.objects.filter(run=run, stream=stream).count()
    changed: dict[str, Series] = {}
    for key, values in batch.values.items():
        news = [(batch.steps[place], value) for place, value in values if place >= fresh]
        if not news:
            continue
        if key not in found:
            if room <= 0:
                continue
            room -= 1
        series = changed[key] = found.get(key) or Series()
        for step, value in news:
            series.add(step, value)
    _save_series(run, stream, changed.items())


def _stored_series(run: Run, stream: Stream, keys: list[str]) -> dict[str, Series]:
    rows = MetricSeries.objects.filter(run=run, stream=stream)
    if len(keys) <= ROWS_AT_ONCE:
        rows = rows.filter(key__in=keys)
    return {
        row.key: Series(**{name: getattr(row, name) for name in KEPT}, buckets=history.buckets_in(row.buckets))
        for row in rows
    }


def _save_series(run: Run, stream: Stream, changed: Iterable[tuple[str, Series]]) -> None:
    rows = (
        MetricSeries(
            run=run,
            stream=stream,
            key=key,
            **{name: getattr(series, name) for name in KEPT},
            buckets=series.packed(),
        )
        for key, series in changed
    )
    MetricSeries.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["run", "stream", "key"],
        update_fields=[*KEPT, "buckets"],
        batch_size=ROWS_AT_ONCE,
    )


def parse(text: bytes) -> object:
    """The JSON of a request, None for an empty one; Invalid for what is no JSON."""
    try:
        return json.loads(text) if text.strip() else None
    except (ValueError, RecursionError):
        raise Invalid("The body of the stream is not JSON.") from None
