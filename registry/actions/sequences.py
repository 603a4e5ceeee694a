"""The end of a sequence: its versions go, and with them every link that registries have to them."""

from django.db import transaction
from django.db.models import Count, F

from artifacts import access, audit
from artifacts.access import Can
from artifacts.actions import labels
from artifacts.actions.collections import refuse_other_kind
from artifacts.errors import Forbidden
from artifacts.models import Alias, Collection, Membership, User, Verb
from registry.models import Registry


@transaction.atomic
def delete_sequence(collection: Collection, *, acting_user: User) -> None:
    """Delete a sequence with its versions and the links to them.

    Raises Forbidden while a registry holds one of them by a protected alias.
    """
    access.require(acting_user, Can.EDIT, collection.project)
    refuse_other_kind(collection, Collection.Kind.SEQUENCE)
    links = Membership.objects.filter(version__sequence=collection, collection__kind=Collection.Kind.PORTFOLIO)
    # In one order, as every act that touches several collections: none waits for another in a circle.
    touched = Collection.objects.filter(pk__in=[collection.pk, *links.values_list("collection", flat=True)])
    portfolios = [row for row in touched.select_for_update().order_by("pk") if row.pk != collection.pk]
    _refuse_protected(collection)
    counts = dict(links.live().values_list("collection").annotate(links=Count("pk")))
    audit.record(
        Verb.COLLECTION_DELETED,
        acting_user=acting_user,
        collection=collection,
        versions=collection.version_count,
        links=sum(counts.values()),
    )
    Collection.objects.filter(pk=collection.pk).delete()
    for portfolio in portfolios:
        gone = counts.get(portfolio.pk, 0)
        Collection.objects.filter(pk=portfolio.pk).update(version_count=F("version_count") - gone)
        Registry.objects.filter(project=portfolio.project_id).update(version_count=F("version_count") - gone)
        labels.give_latest_back(portfolio)


def _refuse_protected(collection: Collection) -> None:
    held = Alias.objects.filter(
        membership__version__sequence=collection,
        collection__kind=Collection.Kind.PORTFOLIO,
        collection__project__protected_aliases__name_key=F("name_key"),
    )
    first = held.order_by("pk").values_list("membership__version__index", flat=True).first()
    if first is not None:
        # Which registry isn't said: it may be hidden from whoever deletes.
        raise Forbidden(
            f"permission denied: a registry holds one of these versions by a protected alias ({collection.name}:v{first}); "
            "an administrator of that registry must take the alias off first."
        )
