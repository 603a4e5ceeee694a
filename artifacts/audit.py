"""The one writer of the audit log. Call it inside the transaction of the act, and only when something changed."""

from artifacts.models import ArtifactVersion, AuditEvent, Collection, Membership, Organization, Project, User, Verb


def record(
    verb: Verb,
    *,
    acting_user: User | None,
    label: str,
    organization: Organization | None = None,
    project: Project | None = None,
    collection: Collection | None = None,
    version: ArtifactVersion | None = None,
    membership: Membership | None = None,
    **data: object,
) -> None:
    """Write one event; places that aren't given are taken from the narrower one (a membership names all of them)."""
    if membership is not None:
        collection, version = membership.collection, membership.version
    project = project or (collection.project if collection is not None else None)
    if organization is None and project is not None:
        organization_id = project.entity.organization_id
    else:
        organization_id = None if organization is None else organization.pk
    AuditEvent.objects.create(
        organization_id=organization_id,
        actor=acting_user,
        actor_name=acting_user.name if acting_user else "",
        verb=verb,
        label=label[:400],
        project_number=project.pk if project else None,
        collection_number=collection.pk if collection else None,
        version_number=version.pk if version else None,
        data=data,
    )
