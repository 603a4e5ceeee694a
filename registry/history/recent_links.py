"""The links that an organization made last, as its home shows them."""

from functools import reduce
from operator import or_

from django.db.models import Q, QuerySet

from artifacts.models import AuditEvent, Membership, Organization, Project, ProtectedAlias, User, Verb
from artifacts.models.lookups import IsInQuery
from registry.tables.rows import LinkRow, link_rows, with_rows


def recently_linked(
    organization: Organization, visible: QuerySet[Project], user: User, *, most: int = 5
) -> list[LinkRow]:
    """The newest links that still stand, in registries of `visible`. The audit log has them in the order of linking."""
    events = AuditEvent.objects.filter(
        IsInQuery("project_number", visible.values("pk")), organization=organization, verb=Verb.LINKED
    ).order_by("-pk")[: most * 3]
    places = [(event.collection_number, event.version_number) for event in events]
    if not places:
        return []
    those = reduce(or_, (Q(collection=collection, version=version) for collection, version in places))
    found = with_rows(Membership.objects.filter(those).live())
    newest = sorted(found, key=lambda membership: membership.pk, reverse=True)[:most]
    projects = {membership.collection.project.pk for membership in newest}
    guarded = ProtectedAlias.objects.filter(project__in=projects).values_list("project", "name_key")
    keys = {project: {key for place, key in guarded if place == project} for project in projects}
    return link_rows(newest, user, by_project=keys)
