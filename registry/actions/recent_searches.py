"""What somebody searched for lately: kept for themselves, a few, until they clear it."""

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from artifacts.models import User
from registry.actions.searches import LONGEST_QUERY
from registry.models import RecentSearch

MOST_RECENT = 8


def recent_searches(user: User) -> QuerySet[RecentSearch]:
    """Somebody's own, the last one first."""
    return RecentSearch.objects.filter(user=user).order_by("-searched_at", "-pk")[:MOST_RECENT]


def remember_search(query_string: str, *, acting_user: User) -> None:
    """Keep a search as the last one; the same again only moves up, and is not written while it is the last already."""
    if not query_string or len(query_string) > LONGEST_QUERY:
        return
    held = list(recent_searches(acting_user))
    if held and held[0].query_string == query_string:
        return
    with transaction.atomic():
        RecentSearch.objects.bulk_create(
            [RecentSearch(user=acting_user, query_string=query_string, searched_at=timezone.now())],
            update_conflicts=True,
            unique_fields=["user", "query_string"],
            update_fields=["searched_at"],
        )
        kept = recent_searches(acting_user).values_list("pk", flat=True)
        RecentSearch.objects.filter(user=acting_user).exclude(pk__in=list(kept)).delete()


def clear_searches(*, acting_user: User) -> None:
    """Forget them all."""
    RecentSearch.objects.filter(user=acting_user).delete()
