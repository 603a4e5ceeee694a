"""What happened in a registry or a collection: narrowed by who, what and when, page by page or all of it as a file."""

import csv
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import batched

from django.db.models import QuerySet
from django.utils.dateparse import parse_date, parse_datetime

from artifacts import access, audit
from artifacts.models import ArtifactVersion, AuditEvent, User, Verb
from artifacts.naming import key_of

GROUPS: dict[str, tuple[str, tuple[Verb, ...]]] = {
    "links": (
        "Links",
        (Verb.LINKED, Verb.UNLINKED, Verb.VERSION_DELETED, Verb.VERSION_DEPRECATED, Verb.VERSION_REINSTATED),
    ),
    "aliases": ("Aliases", (Verb.ALIAS_SET, Verb.ALIAS_REMOVED)),
    "tags": ("Tags", (Verb.VERSION_TAGGED, Verb.VERSION_UNTAGGED, Verb.COLLECTION_TAGGED, Verb.COLLECTION_UNTAGGED)),
    "descriptions": ("Descriptions and metadata", (Verb.COLLECTION_CHANGED, Verb.VERSION_CHANGED)),
    "settings": (
        "Settings",
        (
            Verb.REGISTRY_CREATED,
            Verb.REGISTRY_CHANGED,
            Verb.ALIAS_PROTECTED,
            Verb.ALIAS_UNPROTECTED,
            Verb.COLLECTION_CREATED,
            Verb.COLLECTION_DELETED,
        ),
    ),
    "roles": ("Roles", (Verb.MEMBER_ADDED, Verb.MEMBER_CHANGED, Verb.MEMBER_REMOVED)),
}
AT_ONCE = 500
FIELDS = ("when", "who", "action", "what", "details")
# What a spreadsheet would take for a formula, where it sees the beginning of a cell: also behind “;”, a tab or a line's end, at which
# some part a file that says “,”, whatever the quotes say.
FORMULA = re.compile(r"""(\A|[;\t\r\n])(?=[\s"]*[=+\-@＝＋－＠]|[\t\r])""")  # wide signs count too


@dataclass(frozen=True)
class EventsAddress:
    """What the address of a history asks for: who, what kind of act, since when, until when; empty stands for everything."""

    who: str = ""
    act: str = ""
    since: datetime | None = None
    until: datetime | None = None

    @property
    def is_narrowed(self) -> bool:
        """Whether anything is left out."""
        return bool(self.who or self.act or self.since or self.until)


def read(query: Mapping[str, str]) -> EventsAddress:
    """The filter of an address; what can't be read counts as not given."""
    act = query.get("act", "")
    until = moment(query.get("until", ""))
    if until is not None and len(query.get("until", "")) == len("2026-01-31"):
        until += timedelta(days=1)  # a day as the end means all of it
    return EventsAddress(
        who=query.get("who", "").replace("\0", "").strip()[:64],
        act=act if act in GROUPS else "",
        since=moment(query.get("since", "")),
        until=until,
    )


def moment(text: str) -> datetime | None:
    """A day, or a day with a time, in UTC unless it says otherwise."""
    try:
        if (found := parse_datetime(text)) is None and (day := parse_date(text)) is not None:
            found = datetime.combine(day, time())
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found is not None and found.tzinfo is None else found


def narrowed(events: QuerySet[AuditEvent], address: EventsAddress) -> QuerySet[AuditEvent]:
    """The events that an address asks for."""
    if address.who:
        events = events.filter(actor__name_key=key_of(address.who))
    if address.act:
        events = events.filter(verb__in=GROUPS[address.act][1])
    if address.since:
        events = events.filter(created_at__gte=address.since)
    if address.until:
        events = events.filter(created_at__lt=address.until)
    return events


def as_seen_by(user: User, events: Sequence[AuditEvent]) -> Sequence[AuditEvent]:
    """The events without the names of source projects that somebody can't see: `source` is null then, and `hides_source` true."""
    linking = [event for event in events if event.verb in {Verb.LINKED, Verb.UNLINKED}]
    numbers = {event.version_number for event in linking if event.version_number is not None}
    projects = access.visible_projects(user).values("pk")
    seen: set[int | None] = set()
    if numbers:
        known = ArtifactVersion.objects.filter(pk__in=numbers, sequence__project__in=projects)
        seen.update(known.values_list("pk", flat=True))
    for event in linking:
        if event.version_number not in seen:
            event.data = {**event.data, "source": None}
            event.label = audit.SHAPES[Verb(event.verb)].label.format_map(
                event.data
            )  # as it stands it may name the source
            event.hides_source = True  # type: ignore[attr-defined]
    return events


def rows(events: QuerySet[AuditEvent], user: User) -> Iterator[dict[str, object]]:
    """Every event as a row of a file, as somebody may see it, the newest first, read in pieces."""
    for some in batched(events.order_by("-pk").iterator(chunk_size=AT_ONCE), AT_ONCE, strict=False):
        for event in as_seen_by(user, some):
            yield {
                "when": event.created_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
                "who": event.actor_name or "operator",
                "action": Verb(event.verb).value if event.verb in Verb.values else event.verb,
                "what": event.label,
                "details": event.data,
            }


class _Line:
    """What the csv module writes a line into, to be sent at once."""

    def write(self, text: str) -> str:
        """Hand the line back."""
        return text


def defused(cell: str) -> str:
    """A cell of which no part is taken for a formula."""
    return FORMULA.sub(r"\1'", cell)


def as_csv(events: QuerySet[AuditEvent], user: User) -> Iterator[str]:
    """The events as CSV, every cell in quotes; nothing in one is taken for a formula."""
    write = csv.writer(_Line(), quoting=csv.QUOTE_ALL).writerow
    yield write(FIELDS)
    for row in rows(events, user):
        cells = [json.dumps(row[name], ensure_ascii=False) if name == "details" else str(row[name]) for name in FIELDS]
        yield write([defused(cell) for cell in cells])


def as_json(events: QuerySet[AuditEvent], user: User) -> Iterator[str]:
    """The events as one JSON array, an object on each line."""
    before = "[\n"
    for row in rows(events, user):
        yield before + json.dumps(row, ensure_ascii=False)
        before = ",\n"
    yield "\n]\n" if before == ",\n" else "[]\n"
