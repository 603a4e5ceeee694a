"""What is done to a registry after it was made: its settings, its name, its end."""

from collections.abc import Iterable

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from artifacts import access, addresses, audit, naming
from artifacts.access import Can
from artifacts.actions import locks, search_index
from artifacts.actions.projects import give_name
from artifacts.errors import Invalid, NotFound
from artifacts.models import ArtifactType, Organization, Project, SearchTerm, User, Verb
from artifacts.naming import key_of
from registry.actions.registries import accept_types, create_registry, describe_registry, locked_registry, name_taken
from registry.models import COLOURS, ICONS, AcceptedType, Registry


@transaction.atomic
def save_registry(
    organization: Organization,
    name: str,
    *,
    description: str | None = None,
    visibility: str | None = None,
    accepts_all_types: bool | None = None,
    types: Iterable[str] = (),
    acting_user: User,
) -> tuple[Project, bool]:
    """The registry of this name with these settings, made if it is missing, and whether this very call made it; None leaves as it is."""
    stored, types = naming.registry_project_name(name), list(types)
    entity = addresses.organization_entity(organization)
    project = entity.projects.filter(name_key=key_of(stored)).first()
    if project is not None:
        project.entity = entity
    if project is None or not access.allowed(acting_user, Can.VIEW, project):
        refuse_contradiction(accepts_all_types, types)
        visible = visibility or Project.Visibility.ORGANIZATION
        made = create_registry(
            organization,
            name,
            description=description or "",
            visibility=visible,
            types=types,
            acting_user=acting_user,
        )
        return made.project, True
    change_settings(
        project,
        description=description,
        visibility=visibility,
        accepts_all_types=accepts_all_types,
        types=types,
        acting_user=acting_user,
    )
    return project, False


def refuse_contradiction(accepts_all_types: bool | None, types: list[str]) -> None:
    """Refuse a new registry that shall accept all types and some, or none at all."""
    if accepts_all_types and types:
        raise Invalid(
            "A registry that accepts all types has no list of them; leave the types out, or accept only those.",
            field="types",
        )
    if accepts_all_types is False and not types:
        raise Invalid(
            "The registry would accept no type; name the types that it shall accept, or let it accept all.",
            field="types",
        )


@transaction.atomic
def change_settings(
    project: Project,
    *,
    description: str | None = None,
    visibility: str | None = None,
    accepts_all_types: bool | None = None,
    types: Iterable[str] = (),
    acting_user: User,
) -> bool:
    """Change what is given and differs; says whether anything did. Types are only ever added."""
    registry = locked_registry(project)
    has_changed = False
    if description is not None and description != project.description:
        describe_registry(project, description, acting_user=acting_user)
        has_changed = True
    if visibility is not None and visibility != project.visibility:
        _restrict(project, visibility, acting_user)
        has_changed = True
    if accepts_all_types is not None and accepts_all_types != registry.accepts_all_types:
        _accept_all(registry, accepts_all_types, acting_user)
        has_changed = True
    added = [name for name in types if name not in registry.type_names]
    if added:
        accept_types(project, added, acting_user=acting_user)
        has_changed = True
    return has_changed


def _restrict(project: Project, visibility: str, acting_user: User) -> None:
    """Restrict a registry that the organization sees to those with a role of their own; never back, since people relied on it."""
    access.require(acting_user, Can.MANAGE, project)
    if project.is_core:
        raise Invalid(f"“{project.title}” is a core registry, which everybody in the organization sees.")
    if visibility != Project.Visibility.RESTRICTED:
        raise Invalid(f"“{project.title}” is restricted and stays so; make another registry for the organization.")
    project.visibility = visibility
    project.updated_at = Now()
    project.save(update_fields=["visibility", "updated_at"])
    _record(project, acting_user, changed="visibility", visibility=visibility)


def _accept_all(registry: Registry, accepts_all_types: bool, acting_user: User) -> None:
    """Accept all types, or only those of a list; a new list begins with the types of the collections that are there."""
    project = registry.project
    access.require(acting_user, Can.MANAGE, project)
    registry.accepts_all_types = accepts_all_types
    registry.save(update_fields=["accepts_all_types"])
    if not accepts_all_types:
        used = ArtifactType.objects.filter(project=project).values_list("name", flat=True)
        AcceptedType.objects.bulk_create(
            [AcceptedType(registry=registry, name=name) for name in used if name not in registry.type_names]
        )
    _record(project, acting_user, changed="types", accepts_all_types=accepts_all_types)


def _record(project: Project, acting_user: User, **data: object) -> None:
    audit.record(Verb.REGISTRY_CHANGED, acting_user=acting_user, project=project, **data)  # type: ignore[arg-type]  # data has names of its own


@transaction.atomic
def rename_registry(project: Project, name: str, *, acting_user: User) -> None:
    """Give a registry another name; the old one leads to it from now on. The name that it has changes nothing."""
    access.require(acting_user, Can.MANAGE, project)
    stored = naming.registry_project_name(name)
    current = Project.objects.select_for_update().filter(pk=project.pk).first()
    if current is None:
        raise NotFound(access.NO_PLACE)
    if current.name == stored:
        return
    if project.is_core:
        raise Invalid(
            f"“{project.title}” is a core registry and keeps its name; make a registry of your own.",
            field="name",
            value=name,
        )
    if project.entity.projects.filter(name_key=key_of(stored)).exclude(pk=project.pk).exists():
        raise name_taken(Organization.objects.get(entities=project.entity_id), stored)
    renamed_from = project.title
    try:
        with transaction.atomic():
            give_name(project, stored, former_key=current.name_key, acting_user=acting_user)
    except IntegrityError:  # somebody took the name at the same moment
        raise name_taken(Organization.objects.get(entities=project.entity_id), stored) from None
    search_index.remember(project, SearchTerm.Kind.REGISTRY, project.title)
    _record(project, acting_user, changed="name", renamed_from=renamed_from)


@transaction.atomic
def choose_icon(project: Project, icon: str, colour: str, *, acting_user: User) -> None:
    """Give a registry a sign and a colour of those there are; both empty leaves it to its types and name."""
    access.require(acting_user, Can.MANAGE, project)
    if icon not in ("", *ICONS) or colour not in ("", *COLOURS):
        raise Invalid("There is no such icon; choose one of those that are offered.")
    registry = locked_registry(project)
    chosen = f"{icon} {colour}".rstrip()
    if registry.icon != chosen:
        registry.icon = chosen
        registry.save(update_fields=["icon"])
        _record(project, acting_user, changed="icon", icon=chosen)


@transaction.atomic
def make_owner(project: Project, person: User, *, acting_user: User) -> None:
    """Say who answers for a registry: a label, which grants nothing. It has to be somebody who can see it."""
    access.require(acting_user, Can.MANAGE, project)
    registry = locked_registry(project)
    if access.role_in(person, project) is None:
        raise Invalid(f"“{person.name}” can't see “{project.title}”; add them to it before they answer for it.")
    if registry.owner_id != person.pk:
        registry.owner = person
        registry.save(update_fields=["owner"])
        _record(project, acting_user, changed="owner", owner=person.name)


@transaction.atomic
def delete_registry(project: Project, *, acting_user: User) -> None:
    """Delete a registry with its collections and links; the linked versions stay in their projects."""
    access.require(acting_user, Can.MANAGE, project)
    if not project.is_registry:
        raise Invalid(f"“{project.name}” is no registry.")
    if project.is_core:
        raise Invalid(f"“{project.title}” is a core registry and stays; delete its collections instead.")

    def delete() -> None:
        held = locks.lock_collections(lambda: project.collections.values_list("pk", flat=True))
        registry = locked_registry(project)
        if Project.objects.select_for_update().filter(pk=project.pk).first() is None:
            raise NotFound(access.NO_PLACE)
        if project.collections.count() != len(held):  # one was made while the project's lock was waited for
            raise locks.Moved
        audit.record(
            Verb.REGISTRY_DELETED,
            acting_user=acting_user,
            project=project,
            collections=registry.collection_count,
            versions=registry.version_count,
        )
        Project.objects.filter(pk=project.pk).delete()

    locks.settled(delete)
