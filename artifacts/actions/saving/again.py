"""Logging what is logged already: the version that is there becomes an output of the run, takes the aliases and gets the tags."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from artifacts import audit
from artifacts.actions import aliases_and_tags
from artifacts.errors import Conflict
from artifacts.models import ArtifactVersion, ClientId, Collection, MergedVersion, Run, RunOutput, User, Verb
from artifacts.naming import LATEST, distinct


def same_content(sequence: Collection, digest: str) -> ArtifactVersion | None:
    """The newest live version of a locked sequence with this digest: there is no other one as long as clients let us deduplicate."""
    found = ArtifactVersion.objects.live().filter(sequence=sequence, digest=digest).newest_first().first()
    if found is not None:
        found.sequence = sequence
    return found


class Described(Protocol):
    """What is said of a version beside its content, by a draft or a pending one."""

    @property
    def description(self) -> str: ...

    @property
    def metadata(self) -> Mapping[str, object]: ...


def log_again(
    version: ArtifactVersion,
    run: Run | None,
    words: Described,
    *,
    aliases: Sequence[str],
    tags: Sequence[str],
    acting_user: User,
) -> None:
    """Only names move, and the run gets its output. Call with the version's sequence locked; asking for what is so leaves no trace.

    A version that is still uploading gets them with its commit. Another description or other metadata don't replace what is
    stored, since to log equal content is "a no-op" in the client's words (`Artifact.digest`), and runs rely on what they
    used; the version's history says so. Raises Conflict for one that was deleted.
    """
    if version.is_deleted:
        raise Conflict(
            f"Version “{version}” was deleted, so it can't be logged again; make a new artifact with the same files and log that."
        )
    if run is not None and not (run.pk == version.run_id and not version.is_committed):
        RunOutput.objects.get_or_create(run=run, version=version)
    kept = [
        name
        for name in ("description", "metadata")
        if getattr(words, name) and getattr(words, name) != getattr(version, name)
    ]
    if kept:
        audit.record(
            Verb.VERSION_LOGGED_AGAIN,
            acting_user=acting_user,
            collection=version.sequence,
            version=version,
            kept=kept,
            run=run.name if run else None,
        )
    if not version.is_committed:
        version.wanted_aliases = distinct([*version.wanted_aliases, *aliases])
        version.wanted_tags = distinct([*version.wanted_tags, *tags])
        version.save(update_fields=["wanted_aliases", "wanted_tags"])
        return
    membership = version.memberships.get(collection=version.sequence_id)
    membership.collection, membership.version = version.sequence, version
    aliases_and_tags.move_latest(membership)
    aliases_and_tags.add_aliases(membership, [name for name in aliases if name != LATEST], acting_user=acting_user)
    if tags:
        aliases_and_tags.tag_version(version, tags, acting_user=acting_user)


def merge(pending: ArtifactVersion, version: ArtifactVersion, acting_user: User) -> ArtifactVersion:
    """A pending version has the content of another one of its locked sequence, which is known by its primary key from now on."""
    log_again(
        version,
        pending.run,
        pending,
        aliases=pending.wanted_aliases,
        tags=pending.wanted_tags,
        acting_user=acting_user,
    )
    for run in Run.objects.filter(outputs__version=pending):
        RunOutput.objects.get_or_create(run=run, version=version)
    ClientId.objects.filter(version=pending).update(version=version)
    MergedVersion.objects.create(number=pending.pk, version=version)
    ArtifactVersion.objects.filter(pk=pending.pk).delete()
    return version
