"""Keeping searches for oneself: everybody has their own, and nobody else's exists for them."""

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from artifacts import naming
from artifacts.errors import Conflict, Invalid, NotFound
from artifacts.models import User
from artifacts.naming import key_of
from registry.models import SavedSearch

MOST_SAVED = 50
LONGEST_QUERY = 2000


def saved_searches(user: User) -> QuerySet[SavedSearch]:
    """Somebody's own, by name."""
    return SavedSearch.objects.filter(user=user).order_by("name_key")


def saved_search(user: User, number: int) -> SavedSearch:
    """One of somebody's own; NotFound for anybody else's."""
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
