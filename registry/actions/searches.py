"""Searches that a person saved under a name, and the last few that they made: each sees only their own."""

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from artifacts import naming
from artifacts.errors import Conflict, Invalid, NotFound
from artifacts.models import User
from artifacts.naming import key_of
from registry.models import RecentSearch, SavedSearch

MOST_SAVED = 50
MOST_RECENT = 8
LONGEST_QUERY = 2000


def saved_searches(user: User) -> QuerySet[SavedSearch]:
    """The saved searches of a person, by name."""
    return SavedSearch.objects.filter(user=user).order_by("name_key")


def saved_search(user: User, number: int) -> SavedSearch:
    """A saved search of this person by its number; NotFound for somebody else's."""
    found = saved_searches(user).filter(pk=number).first()
    if found is None:
        raise NotFound("You have no such saved search; it may have been deleted.")
    return found


@transaction.atomic
def save_search(name: str, query_string: str, *, acting_user: User) -> SavedSearch:
    """Keep a search under a name; saving the same again returns what is there.

    Raises Conflict where the name stands for another search, Invalid for a bad name, a search for nothing, or one too many.
    """
    name = naming.search_name(name)
    if not query_string or len(query_string) > LONGEST_QUERY:
        raise Invalid(
            "There is nothing to save; search for something first, in fewer words and facets if there are many."
        )
    User.objects.select_for_update().get(pk=acting_user.pk)  # two at once would pass the limit
    held = saved_searches(acting_user).filter(name_key=key_of(name)).first()
    if held is not None:
        if held.query_string == query_string:
            return held
        raise Conflict(
            f"You have a saved search named “{held.name}”; choose another name, or delete that one first.",
            field="name",
            value=name,
        )
    if saved_searches(acting_user).count() >= MOST_SAVED:
        raise Invalid(f"You have {MOST_SAVED} saved searches, which are the most; delete one that you don't need.")
    return SavedSearch.objects.create(user=acting_user, name=name, name_key=key_of(name), query_string=query_string)


@transaction.atomic
def rename_search(search: SavedSearch, name: str, *, acting_user: User) -> None:
    """Give a saved search another name; Conflict for one that another of theirs has."""
    search = saved_search(acting_user, search.pk)
    name = naming.search_name(name)
    search.name, search.name_key = name, key_of(name)
    try:
        with transaction.atomic():
            search.save(update_fields=["name", "name_key"])
    except IntegrityError:
        raise Conflict(
            f"You have another saved search named “{name}”; choose another name.", field="name", value=name
        ) from None


@transaction.atomic
def delete_search(search: SavedSearch, *, acting_user: User) -> None:
    """Forget a saved search."""
    saved_search(acting_user, search.pk).delete()


def recent_searches(user: User) -> QuerySet[RecentSearch]:
    """The last searches of a person, the newest first."""
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
    """Forget what somebody searched for lately."""
    RecentSearch.objects.filter(user=acting_user).delete()
