"""What is done to projects."""

from django.db import IntegrityError, transaction

from artifacts import access, audit, naming
from artifacts.access import Can
from artifacts.errors import Forbidden, Invalid, NotFound
from artifacts.models import Entity, Project, User, Verb
from artifacts.naming import key_of


def find_or_create_project(entity: Entity, name: str, *, acting_user: User) -> Project:
    """The ordinary project that a client logs to, made on the fly; the acting user may log there.

    Raises NotFound, Forbidden or Invalid.
    """
    found = entity.projects.filter(name_key=key_of(name)).first()
    if found is None:
        found = _create(entity, name, acting_user)
    found.entity = entity
    if found.is_registry:
        raise Invalid(
            f"“{found.name}” is a registry, which holds links and no runs; log to a team's project and link from there."
        )
    access.require(acting_user, Can.LOG, found)
    return found


def _create(entity: Entity, name: str, acting_user: User) -> Project:
    """Make it, or find what somebody else made at the same moment."""
    if not access.visible_entities(acting_user).filter(pk=entity.pk).exists():
        raise NotFound(
            f"entity “{naming.shown(entity.name)}” not found; check the name of the team, or ask to be added to it."
        )
    if entity.kind == Entity.Kind.ORGANIZATION:
        raise Invalid(f"“{entity.name}” is an organization's own entity and holds no runs; log to one of its teams.")
    if not access.logs_in(acting_user, entity):
        raise Forbidden(
            f"permission denied: your role in “{entity.name}” can't make projects; ask one of its administrators."
        )
    name = naming.project_name(name)
    try:
        with transaction.atomic():
            project = Project.objects.create(entity=entity, name=name, name_key=key_of(name), created_by=acting_user)
            audit.record(Verb.PROJECT_CREATED, acting_user=acting_user, label=name, project=project)
            return project
    except IntegrityError:
        return entity.projects.get(name_key=key_of(name))
