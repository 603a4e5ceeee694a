"""The end of a source version. It stands here, not beside logging, because every registry that holds the version is mended with it."""

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from artifacts import access, audit
from artifacts.access import Can
from artifacts.actions import labels
from artifacts.actions.runs import delete_run
from artifacts.errors import Conflict, Invalid
from artifacts.models import Alias, ArtifactVersion, Collection, Membership, Run, User, Verb
from registry.models import Registry

MOST_VERSIONS = 1_000  # of one run, deleted with it in one transaction


@transaction.atomic
def delete_version(version: ArtifactVersion, *, delete_aliases: bool = False, acting_user: User) -> ArtifactVersion:
    """Delete a version wherever it is: its links show that it is gone, its number is never used again. Again does nothing.

    Raises Conflict if it has aliases and `delete_aliases` is false, Forbidden without the right to edit its project or while a
    registry holds it by a protected alias.
    """
    access.require(acting_user, Can.EDIT, version.project)
    places = Membership.objects.filter(version=version)
    # In one order, as every act that touches several collections.
    holders = Collection.objects.filter(pk__in=places.values("collection")).order_by("pk").select_for_update()
    collections = list(holders)
    current = ArtifactVersion.objects.select_for_update().get(pk=version.pk)
    if current.is_deleted:
        return current
    if not current.is_committed:
        raise Invalid("The version is still uploading; what is never committed is cleared away by itself.")
    aliases = Alias.objects.filter(membership__version=version)
    labels.refuse_held_version(version)
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
    for collection in collections:
        Collection.objects.filter(pk=collection.pk).update(version_count=F("version_count") - 1)
        if collection.is_portfolio:
            Registry.objects.filter(project=collection.project_id).update(version_count=F("version_count") - 1)
        labels.give_latest_back(collection)
    audit.record(
        Verb.VERSION_DELETED,
        acting_user=acting_user,
        label=str(version),
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

    Versions of other runs that it logged again or used stay. Raises Forbidden if any of its own may not be deleted.
    """
    access.require(acting_user, Can.EDIT, run.project)
    own = ArtifactVersion.objects.live().filter(run=run).select_related("sequence__project")
    versions = list(own.order_by("pk")[: MOST_VERSIONS + 1])
    if len(versions) > MOST_VERSIONS:
        raise Invalid(
            f"The run made more than {MOST_VERSIONS} versions; delete some of them first, or it without them."
        )
    holders = Membership.objects.filter(version__in=versions).values("collection")
    # All at once and in one order: locked version by version, two such acts could wait for each other.
    list(Collection.objects.filter(pk__in=holders).order_by("pk").select_for_update())
    for version in versions:
        delete_version(version, delete_aliases=True, acting_user=acting_user)
    delete_run(run, acting_user=acting_user)
