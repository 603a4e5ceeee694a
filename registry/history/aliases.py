"""Which version an alias pointed at: before, and at any moment, by the facts of the events that moved it."""

from collections.abc import Container, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from artifacts.models import Alias, AuditEvent, Collection, Verb
from artifacts.naming import LATEST, version_index

MOST_EVENTS = 2_000
MOVES = (Verb.ALIAS_SET, Verb.ALIAS_REMOVED, Verb.UNLINKED)


@dataclass(frozen=True)
class AliasAt:
    """An alias at a moment: on which version ("v3"), since when, by whom."""

    alias: str
    version: str
    since: datetime
    actor: str


@dataclass(frozen=True)
class FormerAlias:
    """An alias now and where it was before, to be moved back there if that version is still linked."""

    alias: str
    now: str
    before: str
    since: datetime
    actor: str
    is_protected: bool


def _moves(collection: Collection, *, until: datetime | None = None) -> Iterator[tuple[str, str, AuditEvent]]:
    """Every move of an alias, the newest first: its name, the version it then had ("" for none), the event."""
    events = AuditEvent.objects.filter(collection_number=collection.pk, verb__in=MOVES)
    if until is not None:
        events = events.filter(created_at__lte=until)
    for event in events.order_by("-pk")[:MOST_EVENTS]:
        if event.verb == Verb.UNLINKED:
            for alias in event.data.get("aliases") or []:
                yield str(alias), "", event
        elif event.verb == Verb.ALIAS_SET:
            yield str(event.data.get("alias", "")), _version(event), event
        else:
            yield str(event.data.get("alias", "")), "", event


def _version(event: AuditEvent) -> str:
    """The version that an event is about, as the collection numbers it ("v3")."""
    return str(event.data.get("version", ""))


def as_of(collection: Collection, moment: datetime) -> list[AliasAt]:
    """The aliases of a collection at a moment, by name; `latest` is the highest version that was linked then."""
    known: dict[str, AliasAt | None] = {}
    deleted = _deleted(collection, moment)
    for alias, version, event in _moves(collection, until=moment):
        if alias not in known and alias != LATEST:
            was_on = version and event.version_number not in deleted  # the aliases of a version end with it
            known[alias] = AliasAt(alias, version, event.created_at, event.actor_name) if was_on else None
    found = sorted((held for held in known.values() if held), key=lambda held: held.alias)
    latest = _latest(collection, moment, deleted)
    return [latest, *found] if latest else found


def _deleted(collection: Collection, moment: datetime) -> set[int | None]:
    """The numbers of those linked versions whose source was deleted until a moment."""
    linked = AuditEvent.objects.filter(collection_number=collection.pk, verb=Verb.LINKED).values("version_number")
    deletions = AuditEvent.objects.filter(
        verb=Verb.VERSION_DELETED, version_number__in=linked, created_at__lte=moment
    ).order_by("-pk")
    return set(deletions.values_list("version_number", flat=True)[:MOST_EVENTS])


def _latest(collection: Collection, moment: datetime, deleted: Container[int | None]) -> AliasAt | None:
    """The highest version that was linked at a moment, and neither unlinked nor deleted until then."""
    linked = AuditEvent.objects.filter(
        collection_number=collection.pk, verb__in=(Verb.LINKED, Verb.UNLINKED), created_at__lte=moment
    )
    gone: set[str] = set()
    for event in linked.order_by("-pk")[:MOST_EVENTS]:
        version = _version(event)
        if event.verb == Verb.UNLINKED:
            gone.add(version)
        elif version not in gone and event.version_number not in deleted:
            return AliasAt(LATEST, version, event.created_at, event.actor_name)
    return None


def former_aliases(collection: Collection, protected: set[str]) -> list[FormerAlias]:
    """The aliases that a collection has, with the version each was on before."""
    rows = Alias.objects.filter(collection=collection).exclude(name=LATEST).select_related("membership")
    holders = {row.name: row for row in rows.order_by("name_key")[:100]}
    moves: dict[str, list[tuple[str, AuditEvent]]] = {name: [] for name in holders}
    for alias, version, event in _moves(collection):
        if alias in moves:
            moves[alias].append((version, event))
    found = []
    for name, row in holders.items():
        latest = next((event for version, event in moves[name] if version == row.membership.name), None)
        before = next((version for version, _ in moves[name] if version and version != row.membership.name), "")
        found.append(
            FormerAlias(
                alias=name,
                now=row.membership.name,
                before=before,
                since=latest.created_at if latest else row.membership.created_at,
                actor=latest.actor_name if latest else "",
                is_protected=row.name_key in protected,
            )
        )
    indexes = {former.before: version_index(former.before) for former in found if former.before}
    live = set(
        collection.memberships.live()
        .filter(index__in=[index for index in indexes.values() if index is not None])
        .values_list("index", flat=True)
    )
    return [former if indexes.get(former.before) in live else replace(former, before="") for former in found]
