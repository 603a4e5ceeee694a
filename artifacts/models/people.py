"""People and their API keys."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models
from django.db.models.functions import Now

from artifacts.naming import key_of


class UserQuerySet(models.QuerySet["User"]):
    """People, found by what they call themselves."""

    def named(self, name: str) -> "UserQuerySet":
        """Whoever has this name in any capitalization."""
        return self.filter(name_key=key_of(name))

    def get_by_natural_key(self, name: str) -> "User":
        """Django's login asks by this."""
        return self.named(name).get()


class User(AbstractBaseUser):
    """A person. `is_admin` is a site administrator: the admin panel, and organization administrator everywhere."""

    name = models.CharField(max_length=64)
    name_key = models.CharField(max_length=64, unique=True)
    full_name = models.CharField(max_length=200, blank=True, default="")
    email = models.EmailField(blank=True, default="")
    is_admin = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    has_printed_password = models.BooleanField(default=False)  # it stands in a log: another one is asked for
    created_at = models.DateTimeField(db_default=Now())

    objects = UserQuerySet.as_manager()
    USERNAME_FIELD = "name_key"
    EMAIL_FIELD = "email"
    key_in_use: int | None = None  # the number of the API key by which this request came

    def __str__(self) -> str:
        return self.name

    @property
    def is_staff(self) -> bool:
        """Django's admin panel asks this."""
        return self.is_admin

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """For Django's admin panel only; the product asks `access`."""
        return self.is_active and self.is_admin

    def has_perms(self, perm_list: object, obj: object = None) -> bool:
        """For Django's admin panel only."""
        return self.is_active and self.is_admin

    def has_module_perms(self, app_label: str) -> bool:
        """For Django's admin panel only."""
        return self.is_active and self.is_admin


class ApiKey(models.Model):
    """A key for the client. Only its SHA-256 is stored; the key itself is shown once."""

    user = models.ForeignKey(User, on_delete=models.DB_CASCADE, related_name="api_keys")
    description = models.CharField(max_length=200, blank=True, default="")
    prefix = models.CharField(max_length=12)
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField(db_default=Now())
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "API key"
        constraints = [models.UniqueConstraint(fields=["digest"], name="api_key_digest_once")]

    def __str__(self) -> str:
        return f"{self.prefix}…"


class WrongGuesses(models.Model):
    """How often somebody guessed wrongly since a window began: a name or an address, known by a digest alone."""

    who = models.CharField(max_length=64, unique=True)
    count = models.PositiveIntegerField(default=1)
    until = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["until"], name="wrong_guesses_until")]
