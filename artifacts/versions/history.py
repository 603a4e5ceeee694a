"""What happened to a version, as sentences for its page, of those events that the visitor may see.

The sentences are made here of the events' facts (`artifacts.audit.SHAPES`); no label is read.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from artifacts import access
from artifacts.models import ArtifactVersion, AuditEvent, Membership, User, Verb
from artifacts.versions.time_to_live import days_of

MOST = 30
CHANGED = {"ttl_seconds": "time to live"}
WORDS = {
    Verb.VERSION_TAGGED: "tagged it",
    Verb.VERSION_UNTAGGED: "removed the tag",
    Verb.VERSION_DEPRECATED: "deprecated it",
    Verb.VERSION_REINSTATED: "took back the deprecation",
    Verb.VERSION_LOGGED_AGAIN: "logged it again",
}
TTL_IGNORED = "(the time to live that the code set, {}, doesn’t count: only the team’s administrators set one)"
DELETED_ACTOR = "somebody who left"


@dataclass(frozen=True)
class VersionEvent:
    """One event as a sentence: who, what, an alias or a tag that it was about, the rest of the sentence, when."""

    actor: str
    words: str
    at: datetime
    alias: str = ""
    tag: str = ""
    rest: str = ""


def history_of(version: ArtifactVersion, user: User, *, place: Membership) -> list[VersionEvent]:
    """The newest events of a version in all places that somebody sees, as seen from one of them."""
    seen = access.visible_projects(user).values("pk")
    events = AuditEvent.objects.filter(version_number=version.pk, project_number__in=seen).order_by("-pk")
    return list(_sentences(list(events[:MOST]), place))


def _sentences(events: list[AuditEvent], place: Membership) -> Iterator[VersionEvent]:
    for event in events:
        actor = event.actor_name or DELETED_ACTOR
        is_here = event.collection_number == place.collection_id
        name = f"{event.data.get('collection', '')}:{event.data.get('version', '')}"
        where = "here" if is_here else f"on {name}"
        moved_from = event.data.get("moved_from")
        alias, tag = str(event.data.get("alias", "")), str(event.data.get("tag", ""))
        match event.verb:
            case Verb.ALIAS_SET if moved_from:
                target = "here" if is_here else f"to {name}"
                yield VersionEvent(actor, "moved", event.created_at, alias=alias, rest=f"{target} from {moved_from}")
            case Verb.ALIAS_SET:
                yield VersionEvent(actor, "set", event.created_at, alias=alias, rest=where)
            case Verb.ALIAS_REMOVED:
                rest = "" if is_here else f"from {name}"
                yield VersionEvent(actor, "removed", event.created_at, alias=alias, rest=rest)
            case Verb.VERSION_TAGGED | Verb.VERSION_UNTAGGED:
                yield VersionEvent(actor, WORDS[Verb(event.verb)], event.created_at, tag=tag)
            case Verb.LINKED:
                target = "the version here" if is_here else f"it as {name}"
                yield VersionEvent(actor, f"linked {target}", event.created_at)
            case Verb.UNLINKED:
                yield VersionEvent(actor, f"unlinked {name}", event.created_at)
            case Verb.VERSION_DEPRECATED | Verb.VERSION_REINSTATED | Verb.VERSION_LOGGED_AGAIN:
                rest = _kept(event) if event.verb == Verb.VERSION_LOGGED_AGAIN else where
                yield VersionEvent(actor, WORDS[Verb(event.verb)], event.created_at, rest=rest)
            case Verb.VERSION_LOGGED:
                yield VersionEvent(actor, f"logged {name}", event.created_at, rest=_ignored(event))
            case Verb.VERSION_CHANGED:
                changed = event.data.get("changed") or ["version"]
                words = (
                    changed if isinstance(changed, str) else " and ".join(CHANGED.get(name, name) for name in changed)
                )
                yield VersionEvent(actor, f"changed the {words}", event.created_at)
            case Verb.VERSION_DELETED:
                yield VersionEvent(actor, "deleted the version", event.created_at)
            case _:
                # A newer release may have written verbs that this one doesn't know.
                said = Verb(event.verb).label.lower() if event.verb in Verb.values else event.verb
                yield VersionEvent(actor, f"{said} {event.label}", event.created_at)


def _kept(event: AuditEvent) -> str:
    """What was said otherwise the second time and didn't replace what is stored."""
    run, words = event.data.get("run"), " and ".join(map(str, event.data.get("kept") or []))
    return f"{f'by run {run} ' if run else ''}(same content; the {words} of the first time stays, change it with artifact.save())"


def _ignored(event: AuditEvent) -> str:
    """What the code asked for and didn't get."""
    seconds = event.data.get("ttl_ignored")
    if seconds is None:
        return ""
    days = days_of(seconds)
    return TTL_IGNORED.format("no end" if days is None else f"{days} day{'' if days == 1 else 's'}")
