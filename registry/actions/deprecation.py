"""Saying that a linked version should no longer be used, why, and what to use instead; and taking that back."""

from django.db import transaction
from django.utils import timezone

from artifacts import access, audit
from artifacts.access import Can
from artifacts.actions import aliases_and_tags, locks
from artifacts.errors import Invalid, NotFound
from artifacts.models import Membership, User, Verb
from artifacts.text.cleaning import clean_text

LONGEST = 1_000


@transaction.atomic
def deprecate(membership: Membership, reason: str, *, successor: Membership | None = None, acting_user: User) -> None:
    """Mark a link as deprecated with one line of reason; the same words again leave no trace.

    Raises Forbidden without EDIT on the registry, Invalid without a reason, or with a successor that can't be one.
    """
    collection = membership.collection
    access.require(acting_user, Can.EDIT, collection.project)
    reason = " ".join(clean_text(reason, longest=LONGEST).split())
    if not reason:
        raise Invalid(
            "A deprecation without a reason helps nobody; write why the version should no longer be used.",
            field="reason",
        )
    if not membership.is_link:
        raise Invalid(f"“{membership}” is no linked version; deprecate its links in the registries.")
    _lock(membership)
    if successor is not None:
        _refuse_misfit(membership, successor)
    chosen = successor.pk if successor else None
    if membership.is_deprecated and (membership.deprecation, membership.successor_id) == (reason, chosen):
        return
    membership.deprecated_at = timezone.now()
    membership.deprecated_by, membership.deprecation, membership.successor = acting_user, reason, successor
    membership.save(update_fields=["deprecated_at", "deprecated_by", "deprecation", "successor"])
    audit.record(
        Verb.VERSION_DEPRECATED,
        acting_user=acting_user,
        membership=membership,
        reason=reason,
        successor=successor.name if successor else None,
    )


def _lock(membership: Membership) -> None:
    """Hold the place, and read again what is said of it. Raises NotFound if the link was ended."""
    locks.lock_collection(membership.collection_id)
    said = ["deprecated_at", "deprecated_by", "deprecation", "successor"]
    if not Membership.objects.filter(pk=membership.pk).exists():
        raise NotFound(aliases_and_tags.NO_PLACE)
    membership.refresh_from_db(fields=said)


def _refuse_misfit(membership: Membership, successor: Membership) -> None:
    if successor.collection_id != membership.collection_id or successor.pk == membership.pk:
        raise Invalid(
            "The successor has to be another version of the same collection; choose one of those offered.",
            field="successor",
        )
    if successor.is_deprecated or successor.version.is_deleted:
        raise Invalid(
            f"“{successor}” is deprecated or deleted itself; choose a version that can be used.",
            field="successor",
            value=str(successor),
        )


@transaction.atomic
def reinstate(membership: Membership, *, acting_user: User) -> None:
    """Take a deprecation back; a version that isn't deprecated is left as it is."""
    access.require(acting_user, Can.EDIT, membership.collection.project)
    _lock(membership)
    if not membership.is_deprecated:
        return
    membership.deprecated_at, membership.deprecated_by, membership.successor = None, None, None
    membership.deprecation = ""
    membership.save(update_fields=["deprecated_at", "deprecated_by", "deprecation", "successor"])
    audit.record(Verb.VERSION_REINSTATED, acting_user=acting_user, membership=membership)
