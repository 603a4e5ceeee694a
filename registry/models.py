"""What a registry has beyond being a project: what it accepts, who answers for it, what it holds."""

from django.db import models
from django.db.models import Exists, OuterRef
from django.db.models.functions import Coalesce, Now

from artifacts.access import Can, projects_condition
from artifacts.models import Organization, Project, User

# What an administrator may choose as a registry's sign: Lucide's names, and the colours of the stylesheet's glyphs.
ICONS = (
    "layers",
    "box",
    "database",
    "shield-check",
    "rocket",
    "flask-conical",
    "eye",
    "audio-lines",
    "languages",
    "brain",
    "bot",
    "scale",
)
COLOURS = {"a": "Petrol", "b": "Blue", "c": "Amber", "d": "Green"}


class RegistryQuerySet(models.QuerySet["Registry"]):
    """Registries."""

    def where(self, user: User, can: Can) -> "RegistryQuerySet":
        """The registries in which somebody may do this."""
        return self.filter(projects_condition(user, can, "project__"))

    def of_organization(self, organization: Organization) -> "RegistryQuerySet":
        """The registries that an organization owns."""
        return self.filter(project__entity__organization=organization)

    def core(self) -> "RegistryQuerySet":
        """The registries that every organization has from the start."""
        return self.filter(project__is_core=True)

    def custom(self) -> "RegistryQuerySet":
        """The registries that somebody made."""
        return self.filter(project__is_core=False)

    def as_cards(self, user: User) -> "RegistryQuerySet":
        """Together with what a card shows: the project, the types, whether this person starred it, the last link."""
        return (
            self.select_related("project")
            .prefetch_related("accepted_types")
            .annotate(
                is_starred=Exists(Star.objects.filter(registry=OuterRef("pk"), user=user)),
                active_at=Coalesce("last_linked_at", "project__created_at"),
            )
        )


class Registry(models.Model):
    """The published side of a project of kind registry. An owner is a label and grants nothing."""

    project = models.OneToOneField(Project, on_delete=models.DB_CASCADE, related_name="registry")
    owner = models.ForeignKey(User, on_delete=models.DB_SET_NULL, null=True, blank=True, related_name="+")
    accepts_all_types = models.BooleanField(default=True)
    icon = models.CharField(max_length=64, blank=True, default="")
    collection_count = models.BigIntegerField(default=0)
    version_count = models.BigIntegerField(default=0)
    last_linked_at = models.DateTimeField(null=True, blank=True)

    objects = RegistryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "registries"

    def __str__(self) -> str:
        return self.project.title

    @property
    def type_names(self) -> list[str]:
        """The types it accepts by name, in alphabetical order; with `accepts_all_types` those once saved."""
        return sorted(accepted.name for accepted in self.accepted_types.all())

    @property
    def icon_name(self) -> str:
        """The chosen sign, empty where its types say it."""
        return self.icon.partition(" ")[0]

    @property
    def icon_colour(self) -> str:
        """The chosen colour, empty where its name decides."""
        return self.icon.partition(" ")[2]

    def accepts(self, type_name: str) -> bool:
        """Whether a version of this type may be linked here."""
        return self.accepts_all_types or type_name in self.type_names


class AcceptedType(models.Model):
    """A type that a registry accepts. Once saved it stays: collections may already rely on it."""

    registry = models.ForeignKey(Registry, on_delete=models.DB_CASCADE, related_name="accepted_types")
    name = models.CharField(max_length=128)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["registry", "name"], name="accepted_type_once")]

    def __str__(self) -> str:
        return self.name


class Star(models.Model):
    """A registry that a person wants to see first."""

    registry = models.ForeignKey(Registry, on_delete=models.DB_CASCADE, related_name="stars")
    user = models.ForeignKey(User, on_delete=models.DB_CASCADE, related_name="stars")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "registry"], name="star_once")]


class RecentSearch(models.Model):
    """What a person searched for lately, as its address says it. Nobody else sees it, and they may forget it."""

    user = models.ForeignKey(User, on_delete=models.DB_CASCADE, related_name="recent_searches")
    query_string = models.CharField(max_length=2000)
    searched_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "recent searches"
        constraints = [models.UniqueConstraint(fields=["user", "query_string"], name="recent_search_once")]

    def __str__(self) -> str:
        return self.query_string


class SavedSearch(models.Model):
    """A search that a person wants to repeat: what its address says behind the question mark. Nobody else sees it."""

    user = models.ForeignKey(User, on_delete=models.DB_CASCADE, related_name="saved_searches")
    name = models.CharField(max_length=128)
    name_key = models.CharField(max_length=160)
    query_string = models.CharField(max_length=2000)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "saved searches"
        constraints = [models.UniqueConstraint(fields=["user", "name_key"], name="saved_search_name_once")]

    def __str__(self) -> str:
        return self.name
