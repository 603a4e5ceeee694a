"""Saving begins: a version is started and its manifests are announced. It becomes whole in `commit.py`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from django.db import IntegrityError, transaction

from artifacts import access, naming
from artifacts.access import Can
from artifacts.actions import aliases_and_tags, locks
from artifacts.actions.collections import find_or_create_collection
from artifacts.actions.saving import again
from artifacts.actions.saving.blobs import has_lost_bytes
from artifacts.errors import Conflict, Invalid, NotFound
from artifacts.files import manifests
from artifacts.models import ArtifactVersion, ClientId, Collection, Manifest, Membership, Project, Run, RunOutput, User
from artifacts.text.cleaning import clean_json, clean_text

DIGEST = re.compile(r"[0-9a-f]{32}")
MD5 = "MANIFEST_MD5"
MOST_MANIFESTS = 10_000
LONGEST_NUMBER = 19  # signs of a version's name that the database can count to


@dataclass(frozen=True)
class Draft:
    """What a client says of a version that it begins to log. `digest` is that of its manifest, 32 hex digits."""

    type: str
    name: str
    digest: str
    client_id: str = ""
    aliases: Sequence[str] = ()
    tags: Sequence[str] = ()
    description: str = ""
    metadata: dict[str, object] = field(default_factory=dict)
    ttl_seconds: int | None = None
    history_step: int | None = None
    distributed_id: str | None = None
    digest_algorithm: str = MD5
    deduplicates: bool = True


def start(project: Project, draft: Draft, *, run: Run | None = None, acting_user: User) -> ArtifactVersion:
    """Begin a version, or return the one that this very request began, that its workers share, or that has the same content.

    A committed one means that nothing has to be uploaded: then its aliases, tags, and the run's output are recorded already.
    """
    access.require(acting_user, Can.LOG, project)
    draft = _checked(draft)
    if run is not None and run.project_id != project.pk:
        raise Invalid("The run belongs to another project than the artifact; log it from a run of the same project.")
    if _same_is_damaged(project, draft):
        # So that the client sends the bytes again, which heals the other one too.
        draft = replace(draft, deduplicates=False)
    try:
        return _start(project, draft, run, acting_user)
    except IntegrityError:  # the same request at the same moment: now the other one's row is there
        return _start(project, draft, run, acting_user)


def _checked(draft: Draft) -> Draft:
    """The draft as it is stored; refuses at once what the commit would refuse."""
    if draft.digest_algorithm != MD5:
        raise Invalid("This server knows MD5 digests only; log the artifact without another digest algorithm.")
    if not DIGEST.fullmatch(draft.digest):
        raise Invalid("The artifact's digest isn't 32 hexadecimal digits; log it again with a current client.")
    if len(draft.client_id) > 128 or len(draft.distributed_id or "") > 128:
        raise Invalid("The artifact's client id is longer than 128 characters; log it again with a current client.")
    metadata = clean_json(draft.metadata)
    assert isinstance(metadata, dict)
    return Draft(
        type=draft.type,
        name=draft.name,
        digest=draft.digest,
        client_id=clean_text(draft.client_id),
        aliases=aliases_and_tags.checked_aliases(draft.aliases),
        tags=aliases_and_tags.checked_tags(draft.tags),
        description=clean_text(draft.description, longest=100_000),
        metadata=metadata,
        ttl_seconds=draft.ttl_seconds if draft.ttl_seconds is not None and 0 <= draft.ttl_seconds < 2**62 else None,
        history_step=draft.history_step if draft.history_step is None or abs(draft.history_step) < 2**62 else None,
        distributed_id=clean_text(draft.distributed_id or "") or None,
        deduplicates=draft.deduplicates,
    )


@transaction.atomic
def _start(project: Project, draft: Draft, run: Run | None, acting_user: User) -> ArtifactVersion:
    known = _begun_by(project, draft.client_id)
    if known is None:
        known = _named_whole(project, draft)
    if known is not None:
        # A repeated request, or an artifact that is logged already, by this run or another one: asking twice changes nothing.
        return _logged_again(known, draft, run, acting_user)
    sequence, _ = find_or_create_collection(
        project, Collection.Kind.SEQUENCE, draft.type, draft.name, acting_user=acting_user
    )
    # Locked: workers of one distributed version, and twins with one content, queue here.
    sequence = locks.lock_collection(sequence.pk)
    sequence.project = project
    if draft.distributed_id:
        version = _joined(sequence, draft, run) or _created(sequence, draft, run, acting_user)
    else:
        same = again.same_content(sequence, draft.digest) if draft.deduplicates else None
        version = _created(sequence, draft, run, acting_user) if same is None else same
        if same is not None:
            again.log_again(same, run, draft, aliases=draft.aliases, tags=draft.tags, acting_user=acting_user)
    version.sequence = sequence
    if draft.client_id:
        ClientId.objects.create(client_id=draft.client_id, version=version)
    return version


def _begun_by(project: Project, client_id: str) -> ArtifactVersion | None:
    """The version that a client began under this id of its own: a repeated request gets the same answer."""
    row = (
        ClientId.objects.filter(client_id=client_id).select_related("version__sequence").first() if client_id else None
    )
    if row is None:
        return None
    if row.version.sequence.project_id != project.pk:
        raise Conflict(
            "This artifact was logged to another project before and stays there; "
            "to have it here too, make a new artifact with the same files and log that."
        )
    return row.version


def _same_is_damaged(project: Project, draft: Draft) -> bool:
    """Whether the version that holds this content has lost bytes. Looked at outside of the transaction, since many files take a while."""
    if not draft.deduplicates:
        return False
    sequence = Collection.objects.filter(
        project=project, kind=Collection.Kind.SEQUENCE, type=draft.type, name=draft.name
    ).first()
    same = None if sequence is None else again.same_content(sequence, draft.digest)
    return same is not None and has_lost_bytes(same)


def _named_whole(project: Project, draft: Draft) -> ArtifactVersion | None:
    """The version that was fetched, by its own or a link's name, and is logged as it is: the client sends that with the number."""
    name, _, number = draft.name.rpartition(":")
    if not name or len(number) > LONGEST_NUMBER or not naming.VERSION_ALIAS.fullmatch(number):
        return None
    places = Membership.objects.filter(collection__name=name, index=int(number[1:]))
    own = ArtifactVersion.objects.live().filter(sequence__project=project, digest=draft.digest)
    return own.filter(memberships__in=places).select_related("sequence").newest_first().first()


def _logged_again(known: ArtifactVersion, draft: Draft, run: Run | None, acting_user: User) -> ArtifactVersion:
    sequence = locks.lock_collection(known.sequence_id)
    version = locks.lock_version(known)
    version.sequence = sequence
    again.log_again(version, run, draft, aliases=draft.aliases, tags=draft.tags, acting_user=acting_user)
    if draft.client_id:
        ClientId.objects.get_or_create(client_id=draft.client_id, defaults={"version": version})
    return version


def _joined(sequence: Collection, draft: Draft, run: Run | None) -> ArtifactVersion | None:
    """The pending version that other workers of the same distributed save began; what this one asks for is added."""
    version = ArtifactVersion.objects.filter(
        sequence=sequence, distributed_id=draft.distributed_id, state=ArtifactVersion.State.PENDING
    ).first()
    if version is not None:
        version.wanted_aliases = naming.distinct([*version.wanted_aliases, *draft.aliases])
        version.wanted_tags = naming.distinct([*version.wanted_tags, *draft.tags])
        version.save(update_fields=["wanted_aliases", "wanted_tags"])
        if run is not None:
            RunOutput.objects.get_or_create(run=run, version=version)
    return version


def _created(sequence: Collection, draft: Draft, run: Run | None, acting_user: User) -> ArtifactVersion:
    return ArtifactVersion.objects.create(
        sequence=sequence,
        digest=draft.digest,
        description=draft.description,
        metadata=draft.metadata,
        run=run,
        created_by=acting_user,
        ttl_seconds=draft.ttl_seconds,
        history_step=draft.history_step,
        distributed_id=draft.distributed_id,
        deduplicates=draft.deduplicates,
        wanted_aliases=list(draft.aliases),
        wanted_tags=list(draft.tags),
    )


def require_pending(version: ArtifactVersion, *, acting_user: User) -> None:
    """Refuse whoever may not log here, and everything that would change what is committed."""
    access.require(acting_user, Can.LOG, version.project)
    if version.is_committed:
        raise Conflict(
            f"Version “{version}” is committed, and its content never changes; log a new version of “{version.sequence.name}”."
        )


def _checked_digest(digest: str) -> str:
    """A manifest's own digest: empty as long as the client doesn't know it, else an MD5 in base64."""
    if digest:
        manifests.hex_of(digest)
    return digest


@transaction.atomic
def add_manifest(
    version: ArtifactVersion,
    kind: Manifest.Kind,
    digest: str,
    *,
    base: ArtifactVersion | None = None,
    acting_user: User,
) -> Manifest:
    """Announce a list of files; of several the last one with bytes counts (the client makes two for every version)."""
    require_pending(version, acting_user=acting_user)
    _refuse_foreign_base(base, acting_user)
    locks.lock_version(version)  # it may go with its collection at this moment
    if version.manifests.count() >= MOST_MANIFESTS:
        raise Invalid(f"The version has {MOST_MANIFESTS} manifests already; log a new one.")
    return Manifest.objects.create(version=version, kind=kind, base=base, digest=_checked_digest(digest))


@transaction.atomic
def replace_manifest(
    manifest: Manifest, digest: str, *, base: ArtifactVersion | None = None, acting_user: User
) -> Manifest:
    """Announce other bytes for a manifest: how incremental and distributed saves give the digest that they know only at the end."""
    require_pending(manifest.version, acting_user=acting_user)
    _refuse_foreign_base(base, acting_user)
    if base is not None:
        manifest.base = base
    if digest and _checked_digest(digest) != manifest.digest:
        manifest.digest, manifest.key, manifest.size, manifest.uploaded_at = digest, "", 0, None
    manifest.save(update_fields=["base", "digest", "key", "size", "uploaded_at"])
    return manifest


def _refuse_foreign_base(base: ArtifactVersion | None, acting_user: User) -> None:
    if base is not None and not access.allowed_version(acting_user, Can.DOWNLOAD, base):
        raise NotFound(access.NO_VERSION)
