"""Deleting source versions: one, all of a run, or a whole sequence. It stands in `registry` because the links to them end too."""

from collections.abc import Iterable, Mapping

from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from artifacts import access, audit
from artifacts.access import Can
from artifacts.actions import aliases_and_tags, locks
from artifacts.actions.collections import places_of, refuse_other_kind
from artifacts.actions.runs import delete_run
from artifacts.errors import Conflict, Invalid, NotFound
from artifacts.models import (
    Alias,
    ArtifactVersion,
    Collection,
    Membership,
    Run,
    RunOutput,
    User,
    Verb,
    VersionReference,
)
from registry.models import Registry

SHOWN = 5  # versions named in a sentence
MOST_VERSIONS = 1_000  # of one run, deleted with it in one transaction


@transaction.atomic
def delete_version(version: ArtifactVersion, *, delete_aliases: bool = False, acting_user: User) -> ArtifactVersion:
    """Delete a version wherever it is: its links show that it is gone, its number is never used again. Again does nothing.

    Raises Conflict if it has aliases and `delete_aliases` is false, or if other versions have its files as entries; Forbidden
    without the right to edit its project or while a registry holds it by a protected alias.
    """
    access.require(acting_user, Can.EDIT, version.project)
    collections = _lock_holders(Q(version=version))
    current = locks.lock_version(version)
    if current.is_deleted:
        return current
    if not current.is_committed:
        raise Invalid("The version is still uploading; what is never committed is cleared away by itself.")
    _refuse_referred(ArtifactVersion.objects.filter(pk=version.pk), acting_user)
    aliases = Alias.objects.filter(membership__version=version)
    aliases_and_tags.refuse_held_version(version)
    # `latest` counts too: whoever reads by it would get another version from now on, so it is asked for.
    named = sorted(set(aliases.values_list("name", flat=True)))
    if named and not delete_aliases:
        raise Conflict(
            f"Version “{version}” has the aliases {', '.join(f'“{name}”' for name in named[:5])}; "
            "remove them first, or delete it with its aliases (delete_aliases=True)."
        )
    aliases.delete()
    current.deleted_at = current.updated_at = timezone.now()
    current.save(update_fields=["deleted_at", "updated_at"])
    _count_less({collection: 1 for collection in collections})
    audit.record(
        Verb.VERSION_DELETED,
        acting_user=acting_user,
        collection=version.sequence,
        version=version,
        aliases=named,
        links=len(collections) - 1,
    )
    current.sequence = version.sequence
    return current


@transaction.atomic
def delete_run_and_versions(run: Run, *, acting_user: User) -> None:
    """Delete a run, and the versions that it made with all their aliases, as `delete_version` does; all of it or nothing.

    Versions that another run logged too stay with that run, and so do those of others that it logged again or used. Raises
    Conflict while one of its own is linked or referred to, saying where, and Forbidden if one may not be deleted.
    """
    access.require(acting_user, Can.EDIT, run.project)
    shared = RunOutput.objects.filter(version=OuterRef("pk")).exclude(run=run)
    made = ArtifactVersion.objects.live().filter(run=run).select_related("sequence__project")
    own = made.filter(~Exists(shared))
    versions = list(own.order_by("pk")[: MOST_VERSIONS + 1])
    if len(versions) > MOST_VERSIONS:
        raise Invalid(
            f"The run made more than {MOST_VERSIONS} versions; delete some of them first, or it without them."
        )
    # All at once and in one order: locked version by version, two such acts could wait for each other.
    collections = _lock_holders(Q(version__in=versions))
    list(ArtifactVersion.objects.filter(pk__in=[version.pk for version in versions]).order_by("pk").select_for_update())
    _lock_registries(collections)
    _refuse_linked(versions, acting_user)
    _refuse_referred(ArtifactVersion.objects.filter(pk__in=[version.pk for version in versions]), acting_user)
    # Then their references to one another end with them.
    VersionReference.objects.filter(version__in=versions).delete()
    made.filter(Exists(shared)).update(run=Subquery(shared.order_by("pk").values("run")[:1]))
    for version in versions:
        delete_version(version, delete_aliases=True, acting_user=acting_user)
    delete_run(run, acting_user=acting_user)


@transaction.atomic
def delete_sequence(collection: Collection, *, acting_user: User) -> None:
    """Delete a sequence with its versions and the links to them.

    Raises Forbidden while a registry holds one of them by a protected alias.
    """
    access.require(acting_user, Can.EDIT, collection.project)
    refuse_other_kind(collection, Collection.Kind.SEQUENCE)
    # With its own lock held nobody links one of its versions any more, see `link_version`.
    touched = _lock_holders(Q(version__sequence=collection), collection.pk)
    if collection.pk not in {row.pk for row in touched}:
        raise NotFound("This collection is deleted already.")
    links = Membership.objects.filter(version__sequence=collection, collection__kind=Collection.Kind.PORTFOLIO)
    _refuse_referred(ArtifactVersion.objects.filter(sequence=collection), acting_user)
    aliases_and_tags.refuse_held_sequence(collection)
    counts = dict(links.live().values_list("collection").annotate(links=Count("pk")))
    audit.record(
        Verb.COLLECTION_DELETED,
        acting_user=acting_user,
        collection=collection,
        versions=collection.version_count,
        links=sum(counts.values()),
    )
    Collection.objects.filter(pk=collection.pk).delete()
    _count_less({row: counts.get(row.pk, 0) for row in touched if row.pk != collection.pk})


def _refuse_referred(versions: QuerySet[ArtifactVersion], acting_user: User) -> None:
    """Refuse to delete versions whose files are entries of others that stay: those would have entries that nobody can read."""
    using = VersionReference.objects.filter(target__in=versions.values("pk")).exclude(version__in=versions.values("pk"))
    rows = ArtifactVersion.objects.live().filter(pk__in=using.values("version")).with_place().order_by("pk")
    count = rows.count()
    if count:
        seen = rows.filter(pk__in=access.visible_versions(acting_user).values("pk"))[:SHOWN]
        names = [f"“{row.project.name}/{row}”" for row in seen]
        names += [f"{count - len(names)} {'more' if names else "that you can't see"}"] if count > len(names) else []
        raise Conflict(
            f"Files of this are entries of other versions ({', '.join(names)}), which couldn't be read any more; delete those first."
        )


def _refuse_linked(versions: Iterable[ArtifactVersion], acting_user: User) -> None:
    """Refuse to delete versions with their run while others rely on links to them: nobody was asked about those."""
    links = Membership.objects.filter(version__in=list(versions), collection__kind=Collection.Kind.PORTFOLIO)
    places = places_of(links, acting_user)
    if places:
        raise Conflict(
            f"Versions of the run are linked in {places}; unlink them there first, or delete the run without its artifacts."
        )


def _lock_holders(versions: Q, *more: int) -> list[Collection]:
    """Every collection in which these versions are, locked; from now on they are in no other one."""
    places = Membership.objects.filter(versions).order_by()
    return locks.lock_collections(lambda: [*places.values_list("collection", flat=True).distinct(), *more])


def _lock_registries(collections: Iterable[Collection]) -> None:
    projects = {collection.project_id for collection in collections if collection.is_portfolio}
    list(Registry.objects.filter(project__in=projects).order_by("project").select_for_update())


def _count_less(gone: Mapping[Collection, int]) -> None:
    """Take away so many versions from each of these locked collections and its registry, and give `latest` back."""
    _lock_registries(gone)
    for collection, number in gone.items():
        Collection.objects.filter(pk=collection.pk).update(version_count=F("version_count") - number)
        if collection.is_portfolio:
            Registry.objects.filter(project=collection.project_id).update(version_count=F("version_count") - number)
        aliases_and_tags.give_latest_back(collection)
