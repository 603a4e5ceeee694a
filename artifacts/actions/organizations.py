"""What is done to organizations, teams and their members."""

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from artifacts import access, audit, naming
from artifacts.actions.people import RETRIED_WITHIN, default_entity, refuse_taken, retire
from artifacts.errors import Conflict, Invalid, NotFound
from artifacts.models import (
    DefaultEntity,
    Entity,
    Invitation,
    Organization,
    OrganizationMember,
    ProjectMember,
    Role,
    TeamMember,
    User,
    Verb,
)
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
        raise Conflict(f"An organization “{name}” exists; choose another name.", field="name", value=name)
    slug = naming.slug_of(name)
    if key_of(slug) in naming.RESERVED_ENTITIES or Entity.objects.named(slug).exists():
        slug = f"{slug}-org"
    refuse_taken(key_of(slug), slug, by_operator=acting_user is None)
    organization = Organization.objects.create(name=name, name_key=key_of(name))
    Entity.objects.create(name=slug, name_key=key_of(slug), kind=Entity.Kind.ORGANIZATION, organization=organization)
    audit.record(Verb.ORGANIZATION_CREATED, acting_user=acting_user, name=name, organization=organization)
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
    audit.record(Verb.ORGANIZATION_DELETED, acting_user=acting_user, name=organization.name)
    organization.delete()


@transaction.atomic
def create_team(
    name: str, organization: Organization, *, members: Iterable[tuple[User, str]] = (), acting_user: User | None
) -> Entity:
    """Make a team with its members, who join the organization too (a viewer as viewer); who is from elsewhere is invited."""
    access.require_management(
        acting_user is None or access.manages_organization(acting_user, organization), organization.name
    )
    name = naming.entity_name(name)
    refuse_taken(key_of(name), name, by_operator=acting_user is None)
    team = Entity.objects.create(name=name, name_key=key_of(name), kind=Entity.Kind.TEAM, organization=organization)
    audit.record(Verb.TEAM_CREATED, acting_user=acting_user, name=name, organization=organization)
    for user, role in members:
        _join_or_invite(team, user, member_role(role), acting_user)
    return team


@transaction.atomic
def add_member(
    place: Organization | Entity, user: User, role: str, *, acting_user: User | None
) -> OrganizationMember | TeamMember | Invitation:
    """Add somebody to an organization or a team, or change the role they have there; who is from elsewhere is invited."""
    _require_manager(place, acting_user)
    return _join_or_invite(place, user, member_role(role), acting_user)


@transaction.atomic
def invite(team: Entity, user: User, role: str, *, acting_user: User) -> TeamMember | Invitation:
    """Add a colleague to a team, or invite somebody from elsewhere; whoever belongs to it keeps their role, and again is a Conflict.

    Unless they have just joined in that role: then the request is repeated, because its answer got lost.
    """
    _require_manager(team, acting_user)
    member = team.members.filter(user=user).first()
    if member is None:
        return _join_or_invite(team, user, member_role(role), acting_user)  # type: ignore[return-value]  # of a team
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
            name=team.name,
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


def _join_or_invite(
    place: Organization | Entity, user: User, role: Role, acting_user: User | None
) -> OrganizationMember | TeamMember | Invitation:
    """The one rule of who comes in without being asked: members of the organization, oneself, and whom the site's administrators bring."""
    organization = organization_of(place)
    is_brought = acting_user is None or acting_user.is_admin or acting_user.pk == user.pk
    if not is_brought and not organization.members.filter(user=user).exists():
        return _invite(place, user, role, acting_user)
    join(place, user, role, acting_user)
    member: OrganizationMember | TeamMember = place.members.get(user=user)
    return member


def organization_of(place: Organization | Entity) -> Organization:
    """The organization that is joined with a place; only teams and organizations can be."""
    if isinstance(place, Organization):
        return place
    if not place.is_team or place.organization is None:
        raise Invalid(f"“{place.name}” is no team; choose a team.")
    return place.organization


def _invite(place: Organization | Entity, user: User, role: Role, acting_user: User | None) -> Invitation:
    """Ask somebody from elsewhere; nothing of theirs changes until they accept. Asking the same again is one invitation."""
    organization = organization_of(place)
    Organization.objects.select_for_update().get(pk=organization.pk)
    held = Invitation.objects.to(place).filter(user=user).first()
    if held is None:
        team = None if isinstance(place, Organization) else place
        held = Invitation.objects.create(
            organization=organization, team=team, user=user, role=role, invited_by=acting_user
        )
        _record(Verb.MEMBER_INVITED, organization, team, user, role, acting_user)
    elif held.role != role:
        raise Conflict(
            f"“{user.name}” is invited to “{place.name}” already, as {held.role}, and hasn't answered yet; "
            "withdraw that invitation first."
        )
    return held


def join(place: Organization | Entity, user: User, role: Role, acting_user: User | None) -> None:
    """Bring somebody in, or change their role, judged already; what they log without naming an entity goes where it went before."""
    before = default_entity(user)
    had_choice = before.is_team or user.organization_memberships.exclude(organization=organization_of(place)).exists()
    if isinstance(place, Organization):
        _join(place, user, role, acting_user)
    else:
        _join_team(place, user, role, acting_user)
    Invitation.objects.to(place).filter(user=user).delete()
    if had_choice and default_entity(user) != before:
        DefaultEntity.objects.update_or_create(user=user, defaults={"entity": before})


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
    organization = organization_of(team)
    if not organization.members.filter(user=user).exists():
        _join(organization, user, Role.VIEWER if role == Role.VIEWER else Role.MEMBER, acting_user)
    member = team.members.filter(user=user).first()
    if member is None:
        TeamMember.objects.create(team=team, user=user, role=role)
        _record(Verb.MEMBER_ADDED, organization, team, user, role, acting_user)
    elif member.role != role:
        member.role = role
        member.save(update_fields=["role"])
        _record(Verb.MEMBER_CHANGED, organization, team, user, role, acting_user)


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
    Invitation.objects.filter(organization=place, user=user).delete()
    _record(Verb.MEMBER_REMOVED, place, None, user, "", acting_user)


def _keep_an_administrator(organization: Organization, member: OrganizationMember) -> None:
    if member.role == Role.ADMIN and not organization.members.filter(role=Role.ADMIN).exclude(pk=member.pk).exists():
        raise Conflict(f"“{organization.name}” needs an administrator; make somebody else one first.")


def answered(invitation: Invitation, acting_user: User) -> None:
    """Leave a trace of an invitation that ended without anybody joining."""
    verb = Verb.INVITATION_DECLINED if invitation.user_id == acting_user.pk else Verb.INVITATION_WITHDRAWN
    _record(verb, invitation.organization, invitation.team, invitation.user, invitation.role, acting_user)


def _record(
    verb: Verb, organization: Organization | None, team: Entity | None, user: User, role: str, acting_user: User | None
) -> None:
    place = team or organization
    audit.record(
        verb,
        acting_user=acting_user,
        place=str(place),
        organization=organization,
        member=user.name,
        role=str(role),
    )
