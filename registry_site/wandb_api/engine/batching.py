"""What is read once for all rows of a page: which rows belong together, and what hangs on them.

Querysets of lists run with FETCH_PEERS, so that a row knows its page and a foreign key is read for the whole page at
its first use. Here the same is done for the other direction, and for questions of access.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import FETCH_PEERS, Model, QuerySet, prefetch_related_objects

from artifacts import access
from artifacts.models import Project
from registry_site.wandb_api.engine.context import Context


def with_peers[Row: Model](queryset: QuerySet[Row]) -> QuerySet[Row]:
    """The rows that are answered together: what one of them lacks is read for all at once."""
    return queryset.fetch_mode(FETCH_PEERS)


def peers_of[Row: Model](row: Row) -> list[Row]:
    """The rows that were read together with this one, itself among them."""
    found: list[Any] = [peer for reference in row._state.peers if (peer := reference()) is not None]
    return found if any(peer is row for peer in found) else [row]


def related(row: Model, name: str) -> list[Any]:
    """The rows that point at this one by a reverse relation ("tags"), read for its whole page at the first use."""
    if name not in getattr(row, "_prefetched_objects_cache", {}):
        lacking = [peer for peer in peers_of(row) if name not in getattr(peer, "_prefetched_objects_cache", {})]
        prefetch_related_objects(lacking, name)
    return list(getattr(row, name).all())


def visible_project(context: Context, project: Project) -> Project | None:
    """The project if the person may see it, else None; judged for its whole page at the first use."""
    judged: dict[int, bool] = context.cache.setdefault("projects", {})
    if project.pk not in judged:
        numbers = {peer.pk for peer in peers_of(project)}
        seen = access.visible_projects(context.person).filter(pk__in=numbers).values_list("pk", flat=True)
        judged.update(dict.fromkeys(numbers, False) | dict.fromkeys(seen, True))
    return project if judged[project.pk] else None


def remember_visible(context: Context, project: Project) -> Project:
    """The project, remembered as one that the person may see, by whoever has just found that out."""
    context.cache.setdefault("projects", {})[project.pk] = True
    return project


def read_for_peers[Row: Model, Found](
    context: Context, name: str, row: Row, load: Callable[[list[Row]], Mapping[int, Found]]
) -> Found | None:
    """What `load` finds for a row, by primary key, asked once for its whole page."""
    known: dict[int, Found | None] = context.cache.setdefault(name, {})
    if row.pk not in known:
        rows = peers_of(row)
        known.update(dict.fromkeys((peer.pk for peer in rows), None) | dict(load(rows)))
    return known[row.pk]
