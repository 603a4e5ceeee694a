"""Collections, the numbered places of versions in them, and the names that point there."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from artifacts.models.natural import NaturalKey
from artifacts.models.people import User
from artifacts.models.projects import Project
from artifacts.naming import LATEST


class CollectionQuerySet(models.QuerySet["Collection"]):
    """Collections."""

    def sequences(self) -> "CollectionQuerySet":
        """Those that versions are logged into."""
        return self.filter(kind=Collection.Kind.SEQUENCE)

    def portfolios(self) -> "CollectionQuerySet":
        """Those that versions are linked into."""
        return self.filter(kind=Collection.Kind.PORTFOLIO)

    def in_project(self, project: Project) -> "CollectionQuerySet":
        """Those of one project or registry."""
        return self.filter(project=project)

    def with_place(self) -> "CollectionQuerySet":
        """Together with the project and its entity."""
        return self.select_related("project__entity__organization")

    def with_tags(self) -> "CollectionQuerySet":
        """Together with their tags."""
        return self.prefetch_related("tags")


class Collection(models.Model):
    """A named, ordered list of versions of one type in one project: a sequence is logged into, a portfolio linked into."""

    class Kind(models.TextChoices):
        SEQUENCE = "sequence"
        PORTFOLIO = "portfolio"

    project = models.ForeignKey(Project, on_delete=models.DB_CASCADE, related_name="collections")
    kind = models.CharField(max_length=9, choices=Kind.choices)
    type = models.CharField(max_length=128)
    name = models.CharField(max_length=128)
    name_key = models.CharField(max_length=160)
    natural_key = NaturalKey()
    description = models.TextField(blank=True, default="")
    next_index = models.BigIntegerField(default=0)
    version_count = models.BigIntegerField(default=0)
    created_by = models.ForeignKey(User, on_delete=models.DB_SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())
    last_added_at = models.DateTimeField(null=True, blank=True)

    objects = CollectionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "name_key"], name="collection_name_once_in_its_project"),
            models.CheckConstraint(
                condition=Q(next_index__gte=F("version_count"), version_count__gte=0),
                name="collection_counts_no_more_than_it_numbered",
            ),
        ]
        indexes = [
            models.Index(fields=["project", "kind", "type", "natural_key"], name="collection_list_of_a_type"),
            models.Index(fields=["project", "kind", "natural_key"], name="collection_list"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_portfolio(self) -> bool:
        """Whether versions are linked here."""
        return self.kind == Collection.Kind.PORTFOLIO

    @property
    def path(self) -> str:
        """How the client addresses it inside an entity: `project/collection`."""
        return f"{self.project.name}/{self.name}"

    def take_index(self) -> int:
        """Claim the next vN. Call inside a transaction: the UPDATE locks the row, a rollback gives the number back."""
        self.next_index = F("next_index") + 1
        self.version_count = F("version_count") + 1
        self.last_added_at = Now()
        self.save(update_fields=["next_index", "version_count", "last_added_at"])  # RETURNING refreshes all three
        return self.next_index - 1


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Places of versions in collections."""

    def in_collection(self, collection: Collection) -> "MembershipQuerySet":
        """Those of one collection."""
        return self.filter(collection=collection)

    def newest_first(self) -> "MembershipQuerySet":
        """The highest number first."""
        return self.order_by("-index")

    def live(self) -> "MembershipQuerySet":
        """Without those whose version was deleted."""
        return self.filter(version__deleted_at__isnull=True)

    def with_aliases(self) -> "MembershipQuerySet":
        """Together with the names that point at them."""
        return self.prefetch_related("aliases")


class Membership(models.Model):
    """A version's place in a collection. Every committed version has one in its own sequence; one in a portfolio is a link."""

    collection = models.ForeignKey(Collection, on_delete=models.DB_CASCADE, related_name="memberships")
    version = models.ForeignKey("artifacts.ArtifactVersion", on_delete=models.DB_CASCADE, related_name="memberships")
    index = models.BigIntegerField()
    created_by = models.ForeignKey(User, on_delete=models.DB_SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    # A link that should no longer be used: since when, who said so and why, and which version of the collection to use instead.
    deprecated_at = models.DateTimeField(null=True, blank=True)
    deprecated_by = models.ForeignKey(User, on_delete=models.DB_SET_NULL, null=True, blank=True, related_name="+")
    deprecation = models.CharField(max_length=1000, blank=True, default="")
    successor = models.ForeignKey("self", on_delete=models.DB_SET_NULL, null=True, blank=True, related_name="+")

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["collection", "index"], name="index_once_in_its_collection"),
            models.UniqueConstraint(fields=["collection", "version"], name="version_once_in_a_collection"),
            models.CheckConstraint(condition=Q(index__gte=0), name="index_from_zero"),
        ]

    def __str__(self) -> str:
        return f"{self.collection.name}:{self.name}"

    @property
    def name(self) -> str:
        """The number as it is shown: `v3`."""
        return f"v{self.index}"

    @property
    def is_link(self) -> bool:
        """Whether this place is in a portfolio."""
        return self.collection.is_portfolio

    @property
    def is_deprecated(self) -> bool:
        """Whether it should no longer be used."""
        return self.deprecated_at is not None

    @property
    def full_name(self) -> str:
        """What code needs to fetch it, such as `wandb-registry-model/detectors:v3`."""
        return f"{self.collection.path}:{self.name}"

    @property
    def alias_names(self) -> list[str]:
        """The aliases, `latest` first, then as they were given (sorted here so that a prefetched list is used)."""
        rows = sorted(self.aliases.all(), key=lambda alias: (alias.name != LATEST, alias.pk))
        return [alias.name for alias in rows]


class AliasQuerySet(models.QuerySet["Alias"]):
    """Aliases."""

    def protected(self) -> "AliasQuerySet":
        """Those that only administrators of their registry may move."""
        return self.filter(collection__project__protected_aliases__name_key=F("name_key"))


class Alias(models.Model):
    """A movable name on one membership, unique in its collection."""

    collection = models.ForeignKey(Collection, on_delete=models.DB_CASCADE, related_name="aliases")
    membership = models.ForeignKey(Membership, on_delete=models.DB_CASCADE, related_name="aliases")
    name = models.CharField(max_length=128)
    name_key = models.CharField(max_length=160)
    created_at = models.DateTimeField(db_default=Now())

    objects = AliasQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "aliases"
        constraints = [models.UniqueConstraint(fields=["collection", "name_key"], name="alias_once_in_its_collection")]
        indexes = [
            models.Index(fields=["name_key"], name="alias_name"),
            models.Index(fields=["name_key", "id"], name="alias_newest_of_a_name"),
        ]

    def __str__(self) -> str:
        return self.name


class CollectionTag(models.Model):
    """A descriptive label of a collection."""

    collection = models.ForeignKey(Collection, on_delete=models.DB_CASCADE, related_name="tags")
    name = models.CharField(max_length=128)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["collection", "name"], name="collection_tag_once")]
        indexes = [models.Index(fields=["name"], name="collection_tag_name")]

    def __str__(self) -> str:
        return self.name
