"""Who has a role of their own in a registry: people and teams of its organization."""

from collections.abc import Iterable

from django.db import transaction

from artifacts import access, audit, naming
from artifacts.access import Can
from artifacts.errors import Conflict, Invalid, NotFound
from artifacts.models import Entity, OrganizationMember, Project, ProjectMember, Role, User, Verb
from registry.models import Registry

type Holder = User | Entity


@transaction.atomic
def add_members(registry: Project, holders: Iterable[Holder], *, acting_user: User) -> None:
    """Let people and teams in as restricted viewers; whoever has a role here already keeps it."""
    _lock(registry, acting_user)
    for holder in holders:
        _refuse_strangers(registry, holder)
        _, is_new = ProjectMember.objects.get_or_create(
            project=registry, **_key(holder), defaults={"role": Role.RESTRICTED_VIEWER}
        )
        if is_new:
            _record(Verb.MEMBER_ADDED, registry, holder, Role.RESTRICTED_VIEWER, acting_user)


@transaction.atomic
def remove_members(registry: Project, holders: Iterable[Holder], *, acting_user: User) -> None:
    """Take away the roles that people and teams have here; those without one are passed over."""
    _lock(registry, acting_user)
    for holder in holders:
        row = ProjectMember.objects.filter(project=registry, **_key(holder)).first()
        if row is not None:
            _keep_an_administrator(row)
            row.delete()
            _record(Verb.MEMBER_REMOVED, registry, holder, "", acting_user)


@transaction.atomic
def change_role(registry: Project, holder: Holder, role: str, *, acting_user: User) -> None:
    """Give a member another role; the one that it has changes nothing."""
    _lock(registry, acting_user)
    if role not in Role.values:
        raise Invalid(f"“{naming.shown(role)}” is no role; take one of {', '.join(Role.values)}.")
    row = ProjectMember.objects.filter(project=registry, **_key(holder)).first()
    if row is None:
        raise NotFound(f"“{registry.title}” has no such member; add it first.")
    if row.role != role:
        _keep_an_administrator(row)
        row.role = role
        row.save(update_fields=["role"])
        _record(Verb.MEMBER_CHANGED, registry, holder, role, acting_user)


@transaction.atomic
def set_role(registry: Project, holder: Holder, role: str, *, acting_user: User) -> None:
    """Give somebody a role of their own here whether or not they have one; an empty one takes it away."""
    if not role:
        remove_members(registry, [holder], acting_user=acting_user)
        return
    add_members(registry, [holder], acting_user=acting_user)
    change_role(registry, holder, role, acting_user=acting_user)


def _lock(registry: Project, acting_user: User) -> None:
    """Let only administrators pass, and one after the other: so the last two can't both step down at once."""
    access.require(acting_user, Can.MANAGE, registry)
    if not registry.is_registry:
        raise Invalid(f"“{registry.name}” is no registry; people get into a project through its team.")
    Registry.objects.select_for_update().get(project=registry)


def _key(holder: Holder) -> dict[str, Holder]:
    return {"user" if isinstance(holder, User) else "team": holder}


def _refuse_strangers(registry: Project, holder: Holder) -> None:
    """Refuse whoever isn't of the organization, as if there were nobody."""
    organization = registry.entity.organization_id
    if isinstance(holder, User):
        is_of_it = OrganizationMember.objects.filter(organization=organization, user=holder).exists()
    else:
        is_of_it = holder.is_team and holder.organization_id == organization
    if not is_of_it:
        raise NotFound("The organization has no such member or team; add people to it first.")


def _keep_an_administrator(row: ProjectMember) -> None:
    others = ProjectMember.objects.filter(project=row.project_id, role=Role.ADMIN).exclude(pk=row.pk)
    if row.role == Role.ADMIN and not others.exists():
        raise Conflict("This is the last administrator of the registry; make another member one first.")


def _record(verb: Verb, registry: Project, holder: Holder, role: str, acting_user: User) -> None:
    audit.record(
        verb,
        acting_user=acting_user,
        project=registry,
        member=holder.name,
        place=registry.title,
        role=str(role),
    )
