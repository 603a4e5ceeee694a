"""Projects (a registry is one of them), roles granted on them, and the names that are kept."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from artifacts.models.natural import NaturalKey
from artifacts.models.organizations import Entity, Organization, Role
from artifacts.models.people import User
from artifacts.naming import REGISTRY_PREFIX, key_of


class ProjectQuerySet(models.QuerySet["Project"]):
    """Projects and registries."""

    def named(self, name: str) -> "ProjectQuerySet":
        """Those of this name in any capitalization."""
        return self.filter(name_key=key_of(name))

    def ordinary(self) -> "ProjectQuerySet":
        """Projects that runs are logged to."""
        return self.filter(kind=Project.Kind.PROJECT)

    def registries(self) -> "ProjectQuerySet":
        """Projects that versions are linked into."""
        return self.filter(kind=Project.Kind.REGISTRY)

    def with_entity(self) -> "ProjectQuerySet":
        """Together with the entity and whom it belongs to."""
        return self.select_related("entity__organization", "entity__user")


class Project(models.Model):
    """A container of collections and runs, in an entity; of kind registry in an organization's entity."""

    class Kind(models.TextChoices):
        PROJECT = "project"
        REGISTRY = "registry"

    class Visibility(models.TextChoices):
        TEAM = "team", "Team"
        ORGANIZATION = "organization", "Organization"
        RESTRICTED = "restricted", "Restricted"

    entity = models.ForeignKey(Entity, on_delete=models.DB_CASCADE, related_name="projects")
    name = models.CharField(max_length=128)
    name_key = models.CharField(max_length=160)
    natural_key = NaturalKey()
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.PROJECT)
    visibility = models.CharField(max_length=12, choices=Visibility.choices, default=Visibility.TEAM)
    default_role = models.CharField(max_length=20, choices=Role.choices, default=Role.MEMBER)
    is_core = models.BooleanField(default=False)
    description = models.TextField(blank=True, default="")
    created_by = models.ForeignKey(User, on_delete=models.DB_SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    objects = ProjectQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entity", "name_key"], name="project_name_once_in_its_entity"),
            models.CheckConstraint(
                name="project_visibility_of_its_kind",
                condition=Q(kind="project") | Q(kind="registry", visibility__in=["organization", "restricted"]),
            ),
        ]
        indexes = [models.Index(fields=["kind", "entity", "natural_key"], name="project_list")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_registry(self) -> bool:
        """Whether versions are linked here instead of logged."""
        return self.kind == Project.Kind.REGISTRY

    @property
    def title(self) -> str:
        """The name as pages show it: a registry's without its prefix."""
        return self.name[len(REGISTRY_PREFIX) :] if self.is_registry else self.name


class ProjectMember(models.Model):
    """A role granted on a registry or a restricted project, to a person or to a whole team."""

    project = models.ForeignKey(Project, on_delete=models.DB_CASCADE, related_name="members")
    user = models.ForeignKey(
        User, on_delete=models.DB_CASCADE, null=True, blank=True, related_name="project_memberships"
    )
    team = models.ForeignKey(
        Entity, on_delete=models.DB_CASCADE, null=True, blank=True, related_name="project_memberships"
    )
    role = models.CharField(max_length=20, choices=Role.choices, default=Role.RESTRICTED_VIEWER)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="project_member_is_a_person_or_a_team",
                condition=Q(user__isnull=False, team__isnull=True) | Q(user__isnull=True, team__isnull=False),
            ),
            models.UniqueConstraint(fields=["project", "user"], name="project_person_once"),
            models.UniqueConstraint(fields=["project", "team"], name="project_team_once"),
        ]


class ProtectedAlias(models.Model):
    """An alias that only a registry's administrators may move."""

    project = models.ForeignKey(Project, on_delete=models.DB_CASCADE, related_name="protected_aliases")
    name = models.CharField(max_length=128)
    name_key = models.CharField(max_length=160)

    class Meta:
        verbose_name_plural = "protected aliases"
        constraints = [models.UniqueConstraint(fields=["project", "name_key"], name="protected_alias_once")]

    def __str__(self) -> str:
        return self.name


class ArtifactType(models.Model):
    """A type that a project's collections have or had, such as `model`; the row gives the client an id and a date."""

    project = models.ForeignKey(Project, on_delete=models.DB_CASCADE, related_name="artifact_types")
    name = models.CharField(max_length=128)
    description = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="artifact_type_once")]

    def __str__(self) -> str:
        return self.name


class NameRedirect(models.Model):
    """Where a renamed thing went: the old name in its place, and the one thing that had it."""

    name_key = models.CharField(max_length=160)
    in_entity = models.ForeignKey(Entity, on_delete=models.DB_CASCADE, null=True, related_name="+")
    in_project = models.ForeignKey(Project, on_delete=models.DB_CASCADE, null=True, related_name="+")
    organization = models.ForeignKey(Organization, on_delete=models.DB_CASCADE, null=True, related_name="+")
    entity = models.ForeignKey(Entity, on_delete=models.DB_CASCADE, null=True, related_name="+")
    project = models.ForeignKey(Project, on_delete=models.DB_CASCADE, null=True, related_name="+")
    collection = models.ForeignKey("artifacts.Collection", on_delete=models.DB_CASCADE, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["name_key"], condition=Q(organization__isnull=False), name="organization_redirect_once"
            ),
            models.UniqueConstraint(
                fields=["name_key"], condition=Q(entity__isnull=False), name="entity_redirect_once"
            ),
            models.UniqueConstraint(fields=["in_entity", "name_key"], name="project_redirect_once"),
            models.UniqueConstraint(fields=["in_project", "name_key"], name="collection_redirect_once"),
        ]
