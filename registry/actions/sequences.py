"""The end of a sequence: its versions go, and with them every link that registries have to them."""

from django.db import transaction
from django.db.models import Count, F

from artifacts import access, audit
from artifacts.access import Can
from artifacts.actions import labels
from artifacts.actions.collections import refuse_other_kind
from artifacts.models import Collection, Membership, User, Verb
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
    labels.refuse_held_sequence(collection)
    counts = dict(links.live().values_list("collection").annotate(links=Count("pk")))
    audit.record(
        Verb.COLLECTION_DELETED,
        acting_user=acting_user,
        label=collection.name,
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
