"""Organizations, the entities that own projects, and who belongs to them."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from artifacts.models.people import User
from artifacts.naming import key_of


class Role(models.TextChoices):
    """Who somebody is in a place. What a role may do stands in `access.GRANTS`. The values are the client's."""

    ADMIN = "admin", "Admin"
    MEMBER = "member", "Member"
    VIEWER = "viewer", "Viewer"
    RESTRICTED_VIEWER = "restricted_viewer", "Restricted Viewer"


MEMBER_ROLES = [Role.ADMIN, Role.MEMBER, Role.VIEWER]


class Organization(models.Model):
    """The tenant: owns teams and, through its own entity, registries."""

    name = models.CharField(max_length=64)
    name_key = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.name


class EntityQuerySet(models.QuerySet["Entity"]):
    """Namespaces."""

    def named(self, name: str) -> "EntityQuerySet":
        """The entity of this name in any capitalization."""
        return self.filter(name_key=key_of(name))

    def teams(self) -> "EntityQuerySet":
        """Only teams."""
        return self.filter(kind=Entity.Kind.TEAM)

    def with_owner(self) -> "EntityQuerySet":
        """Together with the organization or the person it belongs to."""
        return self.select_related("organization", "user")


class Entity(models.Model):
    """A namespace that owns projects: a team, a person's own, or an organization's (which holds its registries)."""

    class Kind(models.TextChoices):
        TEAM = "team"
        PERSONAL = "personal"
        ORGANIZATION = "organization"

    name = models.CharField(max_length=70)
    name_key = models.CharField(max_length=70, unique=True)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    organization = models.ForeignKey(
        Organization, on_delete=models.DB_CASCADE, null=True, blank=True, related_name="entities"
    )
    user = models.OneToOneField(User, on_delete=models.DB_CASCADE, null=True, blank=True, related_name="personal")
    description = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())
    # How long versions without a policy of their own are kept, and whether only administrators set policies.
    ttl_seconds = models.BigIntegerField(null=True, blank=True)
    ttl_by_admins = models.BooleanField(default=False)

    objects = EntityQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "entities"
        constraints = [
            models.CheckConstraint(
                name="entity_has_the_owner_of_its_kind",
                condition=Q(kind="personal", user__isnull=False, organization__isnull=True)
                | Q(kind__in=["team", "organization"], user__isnull=True, organization__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["organization"], condition=Q(kind="organization"), name="one_entity_for_each_organization"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_team(self) -> bool:
        """Whether versions logged here may be linked to the organization's registries."""
        return self.kind == Entity.Kind.TEAM


class OrganizationMember(models.Model):
    """A person's role in an organization."""

    organization = models.ForeignKey(Organization, on_delete=models.DB_CASCADE, related_name="members")
    user = models.ForeignKey(User, on_delete=models.DB_CASCADE, related_name="organization_memberships")
    role = models.CharField(max_length=20, choices=Role.choices, default=Role.MEMBER)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "user"], name="organization_member_once"),
            models.CheckConstraint(condition=Q(role__in=MEMBER_ROLES), name="organization_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.organization}: {self.role}"


class TeamMember(models.Model):
    """A person's role in a team."""

    team = models.ForeignKey(Entity, on_delete=models.DB_CASCADE, related_name="members")
    user = models.ForeignKey(User, on_delete=models.DB_CASCADE, related_name="team_memberships")
    role = models.CharField(max_length=20, choices=Role.choices, default=Role.MEMBER)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "user"], name="team_member_once"),
            models.CheckConstraint(condition=Q(role__in=MEMBER_ROLES), name="team_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.team}: {self.role}"


class InvitationQuerySet(models.QuerySet["Invitation"]):
    """Invitations."""

    def to(self, place: "Organization | Entity") -> "InvitationQuerySet":
        """Those to an organization itself, or to a team."""
        if isinstance(place, Organization):
            return self.filter(organization=place, team__isnull=True)
        return self.filter(team=place)


class Invitation(models.Model):
    """What an administrator asks of somebody from elsewhere: to join an organization, and a team of it. They join when they accept."""

    organization = models.ForeignKey(Organization, on_delete=models.DB_CASCADE, related_name="invitations")
    team = models.ForeignKey(Entity, on_delete=models.DB_CASCADE, null=True, blank=True, related_name="invitations")
    user = models.ForeignKey(User, on_delete=models.DB_CASCADE, related_name="invitations")
    role = models.CharField(max_length=20, choices=Role.choices, default=Role.MEMBER)
    invited_by = models.ForeignKey(User, on_delete=models.DB_SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    objects = InvitationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "user"], condition=Q(team__isnull=True), name="organization_invitation_once"
            ),
            models.UniqueConstraint(fields=["team", "user"], name="team_invitation_once"),
            models.CheckConstraint(condition=Q(role__in=MEMBER_ROLES), name="invitation_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user} to {self.place}: {self.role}"

    @property
    def place(self) -> "Organization | Entity":
        """What is joined."""
        return self.team or self.organization


class DefaultEntity(models.Model):
    """Where a person's runs go when the client names no entity (a table of its own: User has no domain key)."""

    user = models.OneToOneField(User, on_delete=models.DB_CASCADE, related_name="default_entity_choice")
    entity = models.ForeignKey(Entity, on_delete=models.DB_CASCADE, related_name="+")


class RetiredName(models.Model):
    """A deleted person's, team's or organization's name, kept from others until `until`."""

    name_key = models.CharField(max_length=70, unique=True)
    until = models.DateTimeField()

    def __str__(self) -> str:
        return self.name_key
