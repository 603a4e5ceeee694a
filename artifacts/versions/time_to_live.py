"""How long versions are kept: each as it says itself, else as its team does."""

from dataclasses import dataclass

from artifacts.models import ArtifactVersion

DAY = 86_400  # seconds


@dataclass(frozen=True)
class TimeToLive:
    """The days from a version's creation for which it is kept, None for without end; and whether the team's rule says so, not its own."""

    days: int | None
    is_inherited: bool


def days_of(seconds: int | None) -> int | None:
    """Seconds as whole days, at least one; None for no policy (None) and for one without end (0)."""
    return max(1, round(seconds / DAY)) if seconds else None


def time_to_live_of(version: ArtifactVersion) -> TimeToLive:
    """How long a version is kept; its sequence's project and entity should have been read."""
    if version.ttl_seconds is None:
        return TimeToLive(days_of(version.project.entity.ttl_seconds), is_inherited=True)
    return TimeToLive(days_of(version.ttl_seconds), is_inherited=False)
