"""Taking back a link, with what was made on the way for it."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q

from artifacts import access
from artifacts.access import Can
from artifacts.actions import locks
from artifacts.models import ArtifactVersion, AuditEvent, Automation, Collection, Membership, Project, User, Verb
from artifacts.naming import key_of
from registry.actions.link import unlink_version
from registry.actions.registries import delete_collection
from registry.actions.settings import delete_registry
from registry.models import Registry

# What linking into something new leaves in the log, and taking it back.
OF_THE_LINK = {Verb.REGISTRY_CREATED, Verb.COLLECTION_CREATED, Verb.LINKED, Verb.ALIAS_SET, Verb.UNLINKED}


@dataclass(frozen=True)
class TakenBack:
    """What went with the link, and the name of what was to go and stayed, because somebody has used it since."""

    collection: bool = False
    registry: bool = False
    kept: str = ""


def can_take_back(version: ArtifactVersion, collection: Collection, aliases: Iterable[str]) -> bool:
    """Whether a link would be new here and take no alias from another version, so that unlinking puts everything back."""
    if collection.memberships.filter(version=version).exists():
        return False
    return not collection.aliases.filter(name_key__in=[key_of(name) for name in aliases]).exists()


@transaction.atomic
def take_back_link(
    membership: Membership, *, with_collection: bool = False, with_registry: bool = False, acting_user: User
) -> TakenBack:
    """End a link, and delete the collection and the registry that were made for it as far as nothing else happened in them.

    Raises what `unlink_version` raises; what may not be deleted, or was used meanwhile, stays.
    """
    collection = locks.lock_collection(membership.collection_id)
    # Locked before it is judged: whoever makes something in the registry meanwhile waits, and finds it gone.
    list(Registry.objects.filter(project=collection.project_id).select_for_update())
    registry = Project.objects.select_for_update(of=("self",)).with_entity().get(pk=collection.project_id)
    unlink_version(membership, acting_user=acting_user)
    if not with_collection:
        return TakenBack()
    here = Q(collection_number=collection.pk)
    is_empty = not collection.memberships.exists() and not Automation.objects.filter(collection=collection).exists()
    if not is_empty or not _is_untouched(here, membership, Verb.COLLECTION_CREATED, acting_user):
        return TakenBack(kept=collection.name)
    delete_collection(collection, acting_user=acting_user)
    if not with_registry:
        return TakenBack(collection=True)
    of_others = Q(project_number=registry.pk) & ~here
    is_empty = not registry.collections.exists() and not Automation.objects.filter(project=registry).exists()
    may = not registry.is_core and access.allowed(acting_user, Can.MANAGE, registry)
    if not (may and is_empty and _is_untouched(of_others, membership, Verb.REGISTRY_CREATED, acting_user)):
        return TakenBack(collection=True, kept=registry.title)
    delete_registry(registry, acting_user=acting_user)
    return TakenBack(collection=True, registry=True)


def _is_untouched(here: Q, membership: Membership, made_by: Verb, acting_user: User) -> bool:
    """Whether this person made the place, and nothing is in its log but the link and what belongs to it."""
    events = AuditEvent.objects.filter(here)
    if not events.filter(verb=made_by, actor=acting_user).exists():
        return False
    other_version = Q(version_number__isnull=False) & ~Q(version_number=membership.version_id)
    foreign = ~Q(verb__in=OF_THE_LINK) | ~Q(actor=acting_user) | Q(actor__isnull=True) | other_version
    return not events.filter(foreign).exists()
