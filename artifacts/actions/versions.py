"""What is done to a version's own words: its description, metadata and time to live, the same wherever it is linked."""

import json

from django.db import transaction
from django.db.models.functions import Now

from artifacts import access, audit, naming
from artifacts.access import Can
from artifacts.actions import locks
from artifacts.errors import Conflict, Forbidden, Invalid
from artifacts.models import ArtifactVersion, Entity, User, Verb
from artifacts.text.cleaning import clean_json, clean_text

LONGEST_DESCRIPTION = 100_000
LONGEST_METADATA = 1_000_000
MOST_KEYS = 100  # _validators.py `validate_metadata` raises for more, so one more would make the version unreadable for everybody
FOR_EVER = 0  # seconds to live of a version that is kept whatever the team's rule says; None follows the rule


def read_metadata(text: str) -> dict[str, object]:
    """Metadata from JSON text, as both databases can store it; Invalid for what is no object or too large."""
    if len(text) > LONGEST_METADATA:
        raise Invalid(
            f"The metadata has {len(text)} characters of JSON; {LONGEST_METADATA} are the most: log files.",
            field="metadata",
        )
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise Invalid("The metadata is not JSON; send an object such as {“accuracy”: 0.9}.", field="metadata") from None
    if not isinstance(value, dict | None):
        raise Invalid("The metadata is not a JSON object; send one such as {“accuracy”: 0.9}.", field="metadata")
    cleaned = clean_json(value or {})
    assert isinstance(cleaned, dict)
    if len(cleaned) > MOST_KEYS:
        raise Invalid(
            f"Artifact must not have more than {MOST_KEYS} metadata keys, and this one has {len(cleaned)}; "
            "nest them, or log a file.",
            field="metadata",
        )
    return cleaned


@transaction.atomic
def describe_version(
    version: ArtifactVersion,
    *,
    description: str | None = None,
    metadata: dict[str, object] | None = None,
    acting_user: User,
) -> None:
    """Replace what is given; needs the right to edit the source project. Setting what is set leaves no trace."""
    wanted: dict[str, object] = {}
    if description is not None:
        wanted["description"] = clean_text(description, longest=LONGEST_DESCRIPTION)
    if metadata is not None:
        wanted["metadata"] = clean_json(metadata)
    _change(version, wanted, acting_user)


@transaction.atomic
def keep_version(version: ArtifactVersion, seconds: int | None, *, acting_user: User) -> None:
    """Set how long a version is kept from its making on: FOR_EVER, or None for what the team's rule says.

    It doesn't count while a registry holds the version. Raises Invalid for a type that the client makes by itself,
    Forbidden where only the team's administrators set policies.
    """
    if seconds is not None and seconds < 0:
        raise Invalid("A version can't be kept for a negative time; give the seconds, or none.")
    if seconds != FOR_EVER and naming.is_internal_type(version.type):
        raise Invalid(f"Versions of type “{version.type}” are made by the client itself and get no time to live.")
    if seconds != version.ttl_seconds:
        access.require(acting_user, Can.EDIT, version.project)
        team = _team_of(version)
        if team.ttl_by_admins and not access.manages_team(acting_user, team):
            raise Forbidden(
                f"permission denied: only administrators of “{team.name}” set how long versions are kept; ask one of them."
            )
    _change(version, {"ttl_seconds": seconds}, acting_user)


def allowed_time_to_live(version: ArtifactVersion, acting_user: User) -> int | None:
    """The time to live with which a version is committed: what its code asked for, if that person may set one, else the team's rule.

    It isn't refused: a version that took an hour to upload would be lost for a setting that can be made afterwards.
    """
    if version.ttl_seconds is None:
        return None
    team = _team_of(version)
    return version.ttl_seconds if not team.ttl_by_admins or access.manages_team(acting_user, team) else None


def _team_of(version: ArtifactVersion) -> Entity:
    return Entity.objects.select_related("organization").get(pk=version.project.entity_id)


def never_expire(version: ArtifactVersion) -> None:
    """Switch a version's time to live off, in the act that linked it: no permission of its own, no event; unlinking doesn't restore it.

    Whoever sets it again on the source means it for the time after the last link ended.
    """
    ArtifactVersion.objects.filter(pk=version.pk).update(ttl_seconds=FOR_EVER)
    version.ttl_seconds = FOR_EVER


def _change(version: ArtifactVersion, wanted: dict[str, object], acting_user: User) -> None:
    access.require(acting_user, Can.EDIT, version.project)
    current = locks.lock_version(version)
    if current.is_deleted:
        raise Conflict(f"Version “{version}” was deleted; it can't be changed any more.")
    changed = [field for field, value in wanted.items() if getattr(current, field) != value]
    for field in changed:
        setattr(version, field, wanted[field])
    if changed:
        version.updated_at = Now()
        version.save(update_fields=[*changed, "updated_at"])
        audit.record(
            Verb.VERSION_CHANGED,
            acting_user=acting_user,
            collection=version.sequence,
            version=version,
            changed=sorted(changed),
        )
