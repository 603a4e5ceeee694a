"""What is done to projects."""

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from artifacts import access, addresses, audit, naming
from artifacts.access import Can
from artifacts.actions.former_names import take_over
from artifacts.errors import Conflict, Forbidden, Invalid, NotFound
from artifacts.models import Entity, NameRedirect, Project, User, Verb
from artifacts.naming import key_of
from artifacts.text.cleaning import clean_text


def find_or_create_project(entity: Entity, name: str, *, acting_user: User) -> Project:
    """The ordinary project that a client logs to, by its name or a former one, made on the fly; the acting user may log there.

    Raises NotFound, Forbidden or Invalid.
    """
    found = addresses.project_in(entity, name)
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
            audit.record(Verb.PROJECT_CREATED, acting_user=acting_user, project=project)
            return project
    except IntegrityError:
        return entity.projects.get(name_key=key_of(name))


@transaction.atomic
def rename_project(project: Project, name: str, *, acting_user: User) -> None:
    """Give an ordinary project another name; the old one leads to it from now on, also for the client that logs.

    The name that it has changes nothing. Raises Forbidden without the right to manage, Invalid for a name that can't be one and
    for a registry, Conflict for one that is taken.
    """
    access.require(acting_user, Can.MANAGE, project)
    if project.is_registry:
        raise Invalid(f"“{project.title}” is a registry; rename it in its settings.")
    current = Project.objects.select_for_update().get(pk=project.pk)
    if current.name == name:
        return
    name = naming.project_name(name)
    if project.entity.projects.filter(name_key=key_of(name)).exclude(pk=project.pk).exists():
        raise Conflict(
            f"A project named “{name}” exists in “{project.entity.name}”; choose another name.",
            field="name",
            value=name,
        )
    give_name(project, name, former_key=current.name_key, acting_user=acting_user)
    audit.record(
        Verb.PROJECT_CHANGED,
        acting_user=acting_user,
        project=project,
        changed="name",
        renamed_from=current.name,
    )


def give_name(project: Project, name: str, *, former_key: str, acting_user: User) -> None:
    """Store the name of a project or registry, judged and free, and let the former one lead to it. Conflict if it is kept for another."""
    project.name, project.name_key = name, key_of(name)
    project.updated_at = Now()
    project.save(update_fields=["name", "name_key", "natural_key", "updated_at"])
    take_over(project.entity, project.name, project, acting_user=acting_user)
    if former_key != project.name_key:
        kept = NameRedirect.objects.filter(in_entity=project.entity)
        kept.update_or_create(in_entity=project.entity, name_key=former_key, defaults={"project": project})


@transaction.atomic
def describe_project(project: Project, description: str, *, acting_user: User) -> None:
    """Replace an ordinary project's description; the one that it has leaves no trace."""
    access.require(acting_user, Can.EDIT, project)
    description = clean_text(description, longest=100_000)
    if description == project.description:
        return
    project.description = description
    project.updated_at = Now()
    project.save(update_fields=["description", "updated_at"])
    audit.record(Verb.PROJECT_CHANGED, acting_user=acting_user, project=project, changed="description")
