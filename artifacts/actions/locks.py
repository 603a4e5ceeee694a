"""The one order in which rows are locked: collections by number, versions by number, what counts them (registries), projects.

What is judged before its lock may be untrue when it is used; so an act locks, reads again, and judges what it then has.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress

from django.db import transaction

from artifacts.errors import NotFound, NotYet
from artifacts.models import ArtifactVersion, Collection, Project

TRIES = 20
GONE = "This collection doesn't exist any more; look at the list of those that do."


class Moved(Exception):
    """What was to be locked grew meanwhile: the locks are let go and the act begins again."""


def settled[Done](work: Callable[[], Done]) -> Done:
    """Do it until nothing moved under it. Leaving the inner transaction lets go of the locks that it took."""
    for _ in range(TRIES):
        with suppress(Moved), transaction.atomic():
            return work()
    raise NotYet("Others change the same things at this moment; the same request will succeed shortly.", seconds=1)


def lock_collections(find: Callable[[], Iterable[int]]) -> list[Collection]:
    """All the collections that a question names once they are locked, by their numbers and fresh."""

    def lock() -> list[Collection]:
        wanted = set(find())
        rows = list(Collection.objects.filter(pk__in=wanted).order_by("pk").select_for_update())
        named = set(find())
        if not named <= wanted:
            raise Moved
        return [row for row in rows if row.pk in named]

    return settled(lock)


def lock_collection(number: int) -> Collection:
    """One collection, locked and fresh, with its place as it is now. Raises NotFound if somebody deleted it."""
    (found,) = lock_these([number])
    return found


def lock_these(numbers: Iterable[int]) -> list[Collection]:
    """These collections, locked by their numbers and given in the order asked for, with their places; NotFound if one is gone."""
    asked = list(numbers)
    rows = {row.pk: row for row in Collection.objects.filter(pk__in=asked).order_by("pk").select_for_update()}
    places = {row.pk: row for row in Project.objects.with_entity().filter(collections__in=rows).distinct()}
    if any(number not in rows or rows[number].project_id not in places for number in asked):
        raise NotFound(GONE)
    for row in rows.values():
        row.project = places[row.project_id]
    return [rows[number] for number in asked]


def lock_version(version: ArtifactVersion) -> ArtifactVersion:
    """A version, locked and fresh, in the same sequence. Raises NotFound if it went with its collection."""
    found = ArtifactVersion.objects.select_for_update().filter(pk=version.pk).first()
    if found is None:
        raise NotFound("This version doesn't exist any more: its collection was deleted.")
    found.sequence = version.sequence
    return found
