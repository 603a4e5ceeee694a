"""What is done to organizations, teams and their members."""

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from artifacts import access, audit, naming
from artifacts.actions.people import RETRIED_WITHIN, refuse_taken, retire
from artifacts.errors import Conflict, Invalid, NotFound
from artifacts.models import Entity, Organization, OrganizationMember, ProjectMember, Role, TeamMember, User, Verb
from artifacts.models.organizations import MEMBER_ROLES
from artifacts.naming import key_of


def member_role(role: str) -> Role:
    """The role that a word names in an organization or a team."""
    if role not in MEMBER_ROLES:
        raise Invalid(f"“{naming.shown(role)}” is no role; take admin, member or viewer.")
    return Role(role)


@transaction.atomic
def create_organization(name: str, *, owner: User | None = None, acting_user: User | None) -> Organization:
    """Make an organization and its entity (registries are made by `registry.actions.registries`)."""
    access.require_management(acting_user is None or acting_user.is_admin, "this site")
    name = naming.organization_name(name)
    if Organization.objects.filter(name_key=key_of(name)).exists():
        raise Conflict(f"An organization “{name}” exists; choose another name.")
    slug = naming.slug_of(name)
    if key_of(slug) in naming.RESERVED_ENTITIES or Entity.objects.named(slug).exists():
        slug = f"{slug}-org"
    refuse_taken(key_of(slug), slug, by_operator=acting_user is None)
    organization = Organization.objects.create(name=name, name_key=key_of(name))
    Entity.objects.create(name=slug, name_key=key_of(slug), kind=Entity.Kind.ORGANIZATION, organization=organization)
    audit.record(Verb.ORGANIZATION_CREATED, acting_user=acting_user, label=name, organization=organization)
    if owner is not None:
        _join(organization, owner, Role.ADMIN, acting_user)
    return organization


@transaction.atomic
def delete_organization(organization: Organization, *, acting_user: User | None) -> None:
    """Delete an organization with its teams, registries and all they hold."""
    access.require_management(acting_user is None or acting_user.is_admin, "this site")
    for entity in organization.entities.all():
        retire(entity.name_key)
    # Without the organization: its own events go with it.
    audit.record(Verb.ORGANIZATION_DELETED, acting_user=acting_user, label=organization.name)
    organization.delete()


@transaction.atomic
def create_team(
    name: str, organization: Organization, *, members: Iterable[tuple[User, str]] = (), acting_user: User | None
) -> Entity:
    """Make a team with its members, who join the organization too (a viewer as viewer)."""
    access.require_management(
        acting_user is None or access.manages_organization(acting_user, organization), organization.name
    )
    name = naming.entity_name(name)
    refuse_taken(key_of(name), name, by_operator=acting_user is None)
    team = Entity.objects.create(name=name, name_key=key_of(name), kind=Entity.Kind.TEAM, organization=organization)
    audit.record(Verb.TEAM_CREATED, acting_user=acting_user, label=name, organization=organization)
    for user, role in members:
        _join_team(team, user, member_role(role), acting_user)
    return team


@transaction.atomic
def add_member(place: Organization | Entity, user: User, role: str, *, acting_user: User | None) -> None:
    """Add somebody to an organization or a team, or change the role they have there."""
    _require_manager(place, acting_user)
    if isinstance(place, Organization):
        _join(place, user, member_role(role), acting_user)
    else:
        _join_team(place, user, member_role(role), acting_user)


@transaction.atomic
def invite(team: Entity, user: User, role: str, *, acting_user: User) -> TeamMember:
    """Add somebody to a team in a role; whoever belongs to it keeps theirs, and inviting them again is a Conflict.

    Unless they have just joined in that role: then the request is repeated, because its answer got lost.
    """
    _require_manager(team, acting_user)
    member = team.members.filter(user=user).first()
    if member is None:
        _join_team(team, user, member_role(role), acting_user)
        return team.members.get(user=user)
    if member.role != role or member.created_at < timezone.now() - RETRIED_WITHIN:
        raise Conflict(
            f"“{user.name}” belongs to “{team.name}” already, as {member.role}; change the role in the team's settings."
        )
    return member


@transaction.atomic
def keep_versions(team: Entity, seconds: int | None, *, by_admins: bool, acting_user: User) -> None:
    """Set how long a team's versions without a policy of their own are kept (None: without end), and who sets policies.

    It counts for versions that are there already too. Setting what is set leaves no trace.
    """
    _require_manager(team, acting_user)
    if not team.is_team:
        raise Invalid(f"“{team.name}” is no team; choose a team.")
    if seconds is not None and seconds <= 0:
        raise Invalid("Versions can't be kept for less than a day; give the days, or switch the policy off.")
    current = Entity.objects.select_for_update().get(pk=team.pk)
    team.ttl_seconds, team.ttl_by_admins = seconds, by_admins
    if (current.ttl_seconds, current.ttl_by_admins) != (seconds, by_admins):
        team.save(update_fields=["ttl_seconds", "ttl_by_admins"])
        audit.record(
            Verb.TEAM_CHANGED,
            acting_user=acting_user,
            label=team.name,
            organization=team.organization,
            changed="time to live",
            seconds=seconds,
            by_admins=by_admins,
        )


def _require_manager(place: Organization | Entity, acting_user: User | None) -> None:
    if acting_user is None:
        return
    if isinstance(place, Organization):
        manages = access.manages_organization(acting_user, place)
    else:
        manages = access.manages_team(acting_user, place)
    access.require_management(manages, place.name)


def _join(organization: Organization, user: User, role: Role, acting_user: User | None) -> None:
    """Add somebody to an organization, or change their role there; the last administrator stays one."""
    Organization.objects.select_for_update().get(pk=organization.pk)  # two last administrators can't both step down
    member = organization.members.filter(user=user).first()
    if member is None:
        OrganizationMember.objects.create(organization=organization, user=user, role=role)
        _record(Verb.MEMBER_ADDED, organization, None, user, role, acting_user)
    elif member.role != role:
        _keep_an_administrator(organization, member)
        member.role = role
        member.save(update_fields=["role"])
        _record(Verb.MEMBER_CHANGED, organization, None, user, role, acting_user)


def _join_team(team: Entity, user: User, role: Role, acting_user: User | None) -> None:
    """Add somebody to a team, or change their role there; who is new to its organization joins that too, as member or as viewer."""
    if not team.is_team or team.organization is None:
        raise Invalid(f"“{team.name}” is no team; choose a team.")
    if not team.organization.members.filter(user=user).exists():
        _join(team.organization, user, Role.VIEWER if role == Role.VIEWER else Role.MEMBER, acting_user)
    member = team.members.filter(user=user).first()
    if member is None:
        TeamMember.objects.create(team=team, user=user, role=role)
        _record(Verb.MEMBER_ADDED, team.organization, team, user, role, acting_user)
    elif member.role != role:
        member.role = role
        member.save(update_fields=["role"])
        _record(Verb.MEMBER_CHANGED, team.organization, team, user, role, acting_user)


@transaction.atomic
def remove_member(place: Organization | Entity, user: User, *, acting_user: User | None) -> None:
    """Take somebody out of a team, or out of an organization with all its teams and registries; oneself always may."""
    if acting_user is None or acting_user.pk != user.pk:
        _require_manager(place, acting_user)
    if not isinstance(place, Organization):
        if not place.members.filter(user=user).delete()[0]:
            raise NotFound(f"“{user.name}” isn't a member of “{place.name}”.")
        _record(Verb.MEMBER_REMOVED, place.organization, place, user, "", acting_user)
        return
    Organization.objects.select_for_update().get(pk=place.pk)
    member = place.members.filter(user=user).first()
    if member is None:
        raise NotFound(f"“{user.name}” isn't a member of “{place.name}”.")
    _keep_an_administrator(place, member)
    member.delete()
    TeamMember.objects.filter(team__organization=place, user=user).delete()
    ProjectMember.objects.filter(project__entity__organization=place, user=user).delete()
    _record(Verb.MEMBER_REMOVED, place, None, user, "", acting_user)


def _keep_an_administrator(organization: Organization, member: OrganizationMember) -> None:
    if member.role == Role.ADMIN and not organization.members.filter(role=Role.ADMIN).exclude(pk=member.pk).exists():
        raise Conflict(f"“{organization.name}” needs an administrator; make somebody else one first.")


def _record(
    verb: Verb, organization: Organization | None, team: Entity | None, user: User, role: str, acting_user: User | None
) -> None:
    place = team or organization
    audit.record(
        verb,
        acting_user=acting_user,
        label=f"{user.name} in {place}",
        organization=organization,
        member=user.name,
        role=str(role),
    )
