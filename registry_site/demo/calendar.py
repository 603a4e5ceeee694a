"""The demo's days: what was made in seconds is dated as if weeks had gone by, so that ages, histories and “as of” say something."""

from datetime import datetime, timedelta
from itertools import batched

from django.db import models, transaction

from artifacts.models import (
    Alias,
    ArtifactVersion,
    AuditEvent,
    Automation,
    Collection,
    CollectionTag,
    Entity,
    Membership,
    Organization,
    OrganizationMember,
    Project,
    Run,
    RunOutput,
    RunUse,
    TeamMember,
    VersionTag,
)
from registry.models import Registry

# How each kind of row belongs to an organization; nobody else's rows are touched.
BELONGS: dict[type[models.Model], str] = {
    Organization: "pk", OrganizationMember: "organization", Entity: "organization", TeamMember: "team__organization",
    Project: "entity__organization", Registry: "project__entity__organization", Automation: "organization",
    AuditEvent: "organization", Run: "project__entity__organization", RunUse: "run__project__entity__organization",
    RunOutput: "run__project__entity__organization", Collection: "project__entity__organization",
    CollectionTag: "collection__project__entity__organization", Alias: "collection__project__entity__organization",
    Membership: "collection__project__entity__organization",
    ArtifactVersion: "sequence__project__entity__organization", VersionTag: "version__sequence__project__entity__organization",
}  # fmt: skip
ROWS = 200


@transaction.atomic
def spread(organization: Organization, since: datetime, until: datetime, *, over: timedelta, last: timedelta) -> None:
    """Date an organization's rows of a moment over a longer time, in the order in which they were made.

    `since` and `until` enclose the moment; its end becomes `last` ago and its beginning `over` before that.
    """
    end = until - last
    pace = over / max(until - since, timedelta(microseconds=1))
    for model, path in BELONGS.items():
        fields = [field.name for field in model._meta.fields if isinstance(field, models.DateTimeField)]
        rows = model._default_manager.filter(**{path: organization.pk})
        for some in batched(rows.iterator(chunk_size=ROWS), ROWS, strict=False):
            for row in some:
                for name in fields:
                    then = getattr(row, name)
                    if then is not None:
                        setattr(row, name, end - (until - max(then, since)) * pace)
            model._default_manager.bulk_update(some, fields)
