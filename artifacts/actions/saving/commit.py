"""Committing: the one place where a version becomes whole. Everything slow comes before the transaction, which is short."""

import base64
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from django.db import connection, transaction
from django.utils import timezone

from artifacts import access, audit
from artifacts.access import Can
from artifacts.actions import aliases_and_tags, locks
from artifacts.actions.saving import again, in_background
from artifacts.actions.saving.blobs import HeldBlob, adopt_blobs, held_blobs, require_held
from artifacts.actions.versions import allowed_time_to_live
from artifacts.errors import Conflict, Invalid, NotYet
from artifacts.files import manifests
from artifacts.files.manifests import Entry
from artifacts.files.storage import Damaged, store
from artifacts.models import (
    ArtifactVersion,
    Manifest,
    ManifestEntry,
    Membership,
    RunOutput,
    User,
    Verb,
    VersionReference,
)
from artifacts.naming import LATEST

INSIDE = "wandb-artifact://"  # followed by the other version's id in hexadecimal digits and a path in it
QUICK_BYTES = 4 * 1024 * 1024  # of manifests: what is committed well within the client's patience
COMMITTING = "The version has very many files, and its commit is still going on."

type ReadId = Callable[[str], int | None]


@dataclass(frozen=True)
class VerifiedContent:
    """What was read and verified: the files, where their bytes are, and the digest of it all."""

    manifests: tuple[tuple[int, str], ...]
    entries: list[Entry]
    blobs: dict[str, HeldBlob]
    digest: str
    targets: frozenset[int] = frozenset()  # other versions whose files are entries of this one

    @property
    def rows(self) -> list[tuple[Entry, HeldBlob | None]]:
        """Each file with its bytes; a reference has none."""
        return [(entry, None if entry.is_reference else self.blobs[entry.digest]) for entry in self.entries]


def commit(version: ArtifactVersion, *, acting_user: User, read_id: ReadId = lambda text: None) -> ArtifactVersion:
    """Make a pending version whole: its number, `latest`, aliases, tags, output and audit event in one transaction; again does nothing.

    `read_id` gives the number of the version in a client's `birthArtifactID`. Raises Invalid when bytes are missing or digests differ,
    Forbidden when the role was taken away meanwhile, NotYet while a very large one goes on.
    """
    if version.is_committed:
        access.require(acting_user, Can.VIEW, version.project)
        return version
    access.require(acting_user, Can.LOG, version.project)
    work = partial(_commit, version, acting_user, read_id)
    if sum(manifest.size for manifest in _counting(version)) <= QUICK_BYTES:
        return work()
    return in_background.within(f"commit {version.pk}", work, sentence=COMMITTING)


def _commit(version: ArtifactVersion, acting_user: User, read_id: ReadId) -> ArtifactVersion:
    return _finish(version, _content(version, acting_user, read_id), acting_user)


def _counting(version: ArtifactVersion) -> list[Manifest]:
    """The manifests that make up a version: the last one with bytes, or every part of a distributed one in the order of their making."""
    with_bytes = list(version.manifests.filter(uploaded_at__isnull=False).order_by("id"))
    patches = [manifest for manifest in with_bytes if manifest.kind == Manifest.Kind.PATCH]
    return patches or with_bytes[-1:]


def _identity(counting: Sequence[Manifest]) -> tuple[tuple[int, str], ...]:
    return tuple((manifest.pk, manifest.key) for manifest in counting)


def _content(version: ArtifactVersion, acting_user: User, read_id: ReadId) -> VerifiedContent:
    """Read the manifests and find the bytes of every file."""
    counting = _counting(version)
    if not counting:
        raise Invalid("The version's manifest has not been uploaded; log the artifact again.")
    homes: dict[str, int] = {}  # digest → a version that is said to hold it
    layers: list[Iterator[Entry]] = []
    for manifest in counting:
        if manifest.kind == Manifest.Kind.INCREMENTAL and manifest.base_id is not None:
            layers.append(_of_base(manifest.base_id, homes))
        layers.append(_of_manifest(manifest, read_id, homes))
    entries = manifests.merged(*layers)
    digest = manifests.digest_of(entries)
    if [manifest.kind for manifest in counting] == [Manifest.Kind.FULL] and digest != version.digest:
        raise Invalid(
            f"digest mismatch: the manifest has the digest {digest} and {version.digest} was announced; log the artifact again."
        )
    blobs = _blobs(version, entries, homes, acting_user)
    return VerifiedContent(_identity(counting), entries, blobs, digest, _targets(entries, read_id, acting_user))


def _targets(entries: Sequence[Entry], read_id: ReadId, acting_user: User) -> frozenset[int]:
    """The versions that references lead to, as far as whoever logs may read them: nobody else keeps one from being deleted."""
    hosts = {entry.ref.removeprefix(INSIDE).partition("/")[0] for entry in entries if entry.ref.startswith(INSIDE)}
    named = set[int]()
    for host in hosts:
        with suppress(ValueError):
            number = read_id(base64.b64encode(bytes.fromhex(host)).decode())
            named.update(ArtifactVersion.objects.known_as(number).values_list("pk", flat=True) if number else ())
    readable = access.versions_where(acting_user, Can.DOWNLOAD)
    return frozenset(readable.filter(pk__in=named).values_list("pk", flat=True))


def _of_manifest(manifest: Manifest, read_id: ReadId, homes: dict[str, int]) -> Iterator[Entry]:
    """The entries that were uploaded."""
    try:
        stream = store().open(manifest.key, expected_size=manifest.size)
    except Damaged:
        raise Invalid("The version's manifest is damaged on the server; log the artifact again.") from None
    with stream:
        for entry in manifests.parse(stream):
            if entry.birth and not entry.is_reference and entry.digest not in homes:
                number = read_id(entry.birth)
                if number is not None and number != manifest.version_id:
                    homes[entry.digest] = number
            yield entry


def _of_base(base: int, homes: dict[str, int]) -> Iterator[Entry]:
    """The entries of the version that an incremental one adds to."""
    rows = ManifestEntry.objects.filter(version=base).values_list("path", "digest", "size", "ref", "extra")
    for path, digest, size, reference, extra in rows.order_by("path"):
        if not reference:
            homes.setdefault(digest, base)
        yield Entry(path, digest, size, reference, "", extra)


def _blobs(
    version: ArtifactVersion, entries: Sequence[Entry], homes: dict[str, int], acting_user: User
) -> dict[str, HeldBlob]:
    """The bytes of every file by digest; refuses a version of which anything is missing."""
    digests = {entry.digest for entry in entries if not entry.is_reference}
    for entry in entries:
        if not entry.is_reference and entry.extra.get("alg", "MD5") != "MD5":
            raise Invalid(f"“{entry.path}” has another digest than MD5, the only one that this server knows.")
    for digest in digests:
        manifests.hex_of(digest)
    project = version.sequence.project_id
    found = held_blobs(project, digests)
    elsewhere = {digest: homes[digest] for digest in digests - found.keys() if digest in homes}
    if elsewhere:
        found |= adopt_blobs(project, elsewhere, acting_user=acting_user)
    missing = sorted(entry.path for entry in entries if not entry.is_reference and entry.digest not in found)
    if missing:
        others = f" and {len(missing) - 1} more files" if len(missing) > 1 else ""
        raise Invalid(f"The bytes of “{missing[0]}”{others} have not been uploaded; log the artifact again.")
    return found


@transaction.atomic
def _finish(version: ArtifactVersion, content: VerifiedContent, acting_user: User) -> ArtifactVersion:
    """The version's rows, all of them or none."""
    sequence = locks.lock_collection(version.sequence_id)
    pending = ArtifactVersion.objects.select_for_update().filter(pk=version.pk).first()
    if pending is None:
        raise Conflict("The version was deleted while it was committed; log the artifact again.")
    pending.sequence = sequence
    if pending.is_committed:  # by the same request, sent again while the first was at work
        return pending
    acting_user.refresh_from_db(fields=["is_active"])
    access.require(acting_user, Can.LOG, sequence.project)
    if _identity(_counting(pending)) != content.manifests:
        raise NotYet("A part of the version arrived while it was committed.", seconds=1)
    if pending.deduplicates and pending.distributed_id is None:
        # One that began at the same moment, or before, was quicker: equal content is one version.
        same = again.same_content(sequence, content.digest)
        if same is not None:
            return again.merge(pending, same, acting_user)
    require_held(sequence.project_id, {blob.pk for blob in content.blobs.values()})
    rows = content.rows
    _insert(pending, rows)
    _refer(pending, content.targets)
    index = pending.index = sequence.take_index()
    pending.state, pending.committed_at = ArtifactVersion.State.COMMITTED, timezone.now()
    pending.digest, pending.file_count = content.digest, len(rows)
    asked, pending.ttl_seconds = pending.ttl_seconds, allowed_time_to_live(pending, acting_user)
    pending.size = min(sum(entry.size or 0 if blob is None else blob.size for entry, blob in rows), 2**63 - 1)
    changed = ["index", "state", "committed_at", "digest", "file_count", "size", "ttl_seconds"]
    pending.save(update_fields=changed)
    _place(pending, index, acting_user, **({} if asked == pending.ttl_seconds else {"ttl_ignored": asked}))
    return pending


def _refer(version: ArtifactVersion, targets: frozenset[int]) -> None:
    """Keep the versions whose files are entries of this one: from now on they aren't deleted before it is."""
    found = ArtifactVersion.objects.filter(pk__in=targets - {version.pk}).order_by("pk").select_for_update()
    for target in found:
        if target.is_deleted:
            raise Conflict(
                "The artifact refers to files of a version that was deleted meanwhile; add the files themselves and log it again."
            )
        VersionReference.objects.create(version=version, target=target)


def _insert(version: ArtifactVersion, rows: Sequence[tuple[Entry, HeldBlob | None]]) -> None:
    """The rows of the version's files. In SQL: `bulk_create` takes 13 s for 100,000 of them, this 1 s."""
    columns = ["version_id", "path", "digest", "size", "blob_id", "ref", "extra"]
    table = connection.ops.quote_name(ManifestEntry._meta.db_table)
    statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join(['%s'] * len(columns))})"
    with connection.cursor() as cursor:
        cursor.executemany(
            statement,
            [
                (
                    version.pk,
                    entry.path,
                    entry.digest,
                    entry.size or 0 if blob is None else blob.size,
                    None if blob is None else blob.pk,
                    entry.ref,
                    json.dumps(entry.extra) if entry.extra else "{}",
                )
                for entry, blob in rows
            ],
        )


def _place(version: ArtifactVersion, index: int, acting_user: User, **told: object) -> None:
    """The version's place in its sequence, with the names it asked for; its run's output; the audit event, with what is `told`."""
    sequence = version.sequence
    membership = Membership.objects.create(collection=sequence, version=version, index=index, created_by=acting_user)
    aliases_and_tags.move_latest(membership)
    audit.record(Verb.VERSION_LOGGED, acting_user=acting_user, membership=membership, **told)  # type: ignore[arg-type]  # data has names of its own
    wanted = [name for name in version.wanted_aliases if name != LATEST]
    aliases_and_tags.add_aliases(membership, wanted, acting_user=acting_user)
    if version.wanted_tags:
        aliases_and_tags.tag_version(version, version.wanted_tags, acting_user=acting_user)
    if version.run_id is not None:
        RunOutput.objects.get_or_create(run_id=version.run_id, version=version)
