"""What a run logs as it goes on: lines at their place, the plots of its metrics, its summary, its end.

The client repeats a request until it is answered, so everything here can be done twice: lines are put at their numbers, and a
metric takes in only lines beyond those that were counted before. Where several processes write to one run, each has numbers of
its own (`artifacts.runs.writers`). What a run begun anew found there goes when it sends its own.
"""

import json
import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone

from artifacts import access
from artifacts.access import Can
from artifacts.errors import Invalid, NotFound
from artifacts.models import HistoryChunk, MetricSeries, Run, RunWriter, User
from artifacts.runs import history
from artifacts.runs.history import Batch, Series
from artifacts.runs.writers import Places, merged
from artifacts.text.cleaning import clean_json, clean_text

Stream = HistoryChunk.Stream
FILES = {"wandb-history.jsonl": Stream.HISTORY, "wandb-events.jsonl": Stream.EVENTS, "output.log": Stream.OUTPUT}
SUMMARY = "wandb-summary.json"
COUNTS = {Stream.HISTORY: "history_lines", Stream.EVENTS: "events_lines", Stream.OUTPUT: "output_lines"}
LARGEST_OFFSET = 10**12
MOST_METRICS = 2_000  # plotted of one stream of a run; what lies beyond is in the lines only
ROWS_AT_ONCE = 200
MOST_PLOTTED_AGAIN = 50_000  # lines; of a longer stream the lines that took others' places are plotted beside those
CHANGED = (
    "heartbeat_at", "history_lines", "events_lines", "output_lines", "last_step", "summary", "state", "exit_code",
    "updated_at", "outdated",
)  # fmt: skip
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
    writer: str = ""  # in shared mode the process that sends, whose offsets count its own lines


def read_request(body: object, *, writer: str = "") -> StreamRequest:
    """What a request says, without touching the database; Invalid for what no client would send."""
    if not isinstance(body, dict):
        # `[]` and nothing at all come from clients too: a sign of life.
        return StreamRequest()
    sent = StreamRequest(is_complete=body.get("complete") is True, is_preempting=body.get("preempting") is True)
    sent.writer = clean_text(writer)[:128]
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
    before = {name: getattr(row, name) for name in CHANGED}
    row.heartbeat_at = timezone.now()
    _replace_outdated(row, sent)
    for stream, batch in _at_their_lines(row, sent):
        _take_in(row, stream, batch)
    if sent.summary is not None:
        row.summary = merged(row.summary, sent.summary) if sent.writer else sent.summary
    if sent.is_preempting and row.state == Run.State.RUNNING:
        row.state = Run.State.PREEMPTING
    if sent.is_complete:
        row.state = _end_of(row, sent)
        row.exit_code = sent.exit_code
        row.updated_at = timezone.now()
    row.save(update_fields=[name for name in CHANGED if getattr(row, name) != before[name]])
    return row.is_stopping


def _replace_outdated(row: Run, sent: StreamRequest) -> None:
    """Clear away what is still of a former execution as soon as the one begun anew sends its own, or ends without any.

    Not before: until then nothing is lost, whoever begins and dies, and however late a repeated beginning arrives.
    """
    if not row.outdated:
        return
    outdated = set(row.outdated)
    history_sent = sent.batches.get(Stream.HISTORY)
    if history_sent is not None and history_sent.offset > 0:
        outdated.clear()  # it goes on with lines of its own
    begun = {stream for stream, batch in sent.batches.items() if stream in outdated and batch.offset == 0}
    gone = outdated if sent.is_complete else begun | ({SUMMARY} & outdated if Stream.HISTORY in begun else set())
    for stream in gone & set(COUNTS):
        HistoryChunk.objects.filter(run=row, stream=stream).delete()
        MetricSeries.objects.filter(run=row, stream=stream).delete()
        setattr(row, COUNTS[Stream(stream)], 0)
    if gone:
        row.writers.all().delete()
    if Stream.HISTORY in gone:
        row.last_step = -1
        # The pictures of its rows; other files are replaced by name, or were put there by somebody.
        row.files.filter(name__startswith="media/", uploaded_at__lt=row.begun_anew_at).delete()
    if SUMMARY in gone:
        row.summary = {}
    row.outdated = sorted(outdated - gone - set(sent.batches) - ({SUMMARY} if sent.summary is not None else set()))


def _at_their_lines(row: Run, sent: StreamRequest) -> Iterator[tuple[Stream, Batch]]:
    """What was sent at its numbers among the run's lines, one after another."""
    if not sent.writer:
        yield from sent.batches.items()
        return
    if not sent.batches:
        return
    writer, _ = RunWriter.objects.get_or_create(run=row, client_id=sent.writer)
    for stream, batch in sent.batches.items():
        places = Places.read(writer.places.get(stream))
        pieces = places.take(batch.offset, len(batch.lines), getattr(row, COUNTS[stream]))
        writer.places[stream] = places.kept()
        for piece in pieces:
            lines = batch.lines[piece.start : piece.start + piece.size]
            yield stream, history.read_batch(piece.line, lines, has_metrics=stream != Stream.OUTPUT)
    writer.save(update_fields=["places"])


def _take_in(row: Run, stream: Stream, batch: Batch) -> None:
    """Store lines, plot them, and count them."""
    known: int = getattr(row, COUNTS[stream])
    has_changed = _store(row, stream, batch)
    setattr(row, COUNTS[stream], max(known, batch.end))
    if stream == Stream.OUTPUT:
        return
    if has_changed and max(known, batch.end) <= MOST_PLOTTED_AGAIN:
        _plot_again(row, stream)
    else:
        _plot(row, stream, batch, batch.offset if has_changed else known)
    if stream == Stream.HISTORY and has_changed:
        row.last_step = HistoryChunk.objects.filter(run=row, stream=stream).aggregate(last=Max("last_step"))["last"]
    elif stream == Stream.HISTORY:
        row.last_step = max(row.last_step, max(batch.steps))


def _end_of(run: Run, sent: StreamRequest) -> Run.State:
    """The state of a run that ended: one that failed after it was told to stop, or that its machine was taken, says so."""
    if not sent.exit_code:
        return Run.State.FINISHED
    if run.stop_requested_at is not None:
        return Run.State.KILLED
    was_taken = sent.is_preempting or run.state in {Run.State.PREEMPTING, Run.State.PREEMPTED}
    return Run.State.PREEMPTED if was_taken else Run.State.FAILED


def _store(run: Run, stream: Stream, batch: Batch) -> bool:
    """Put lines at their numbers: in the place of those that are there, and into the last chunk while it has room.

    Whether one took the place of another that said something else.
    """
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
    has_changed = any(lines.get(number, line) != line for number, line in enumerate(batch.lines, batch.offset))
    lines.update(enumerate(batch.lines, batch.offset))
    HistoryChunk.objects.filter(pk__in=replaced).delete()
    steps = dict(enumerate(batch.steps, batch.offset))
    HistoryChunk.objects.bulk_create(
        (_chunk(run, stream, first, held, steps) for first, held in history.chunks(lines)), batch_size=20
    )
    return has_changed


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


def _plot_again(run: Run, stream: Stream) -> None:
    """Plot a stream from its lines: what was drawn of a line can't be taken out again when another comes to its place."""
    MetricSeries.objects.filter(run=run, stream=stream).delete()
    for chunk in HistoryChunk.objects.filter(run=run, stream=stream).order_by("first_line").iterator(chunk_size=8):
        _plot(run, stream, history.read_batch(chunk.first_line, history.unpack(chunk.lines)), known=0)


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
