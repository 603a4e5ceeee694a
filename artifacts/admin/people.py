"""The source side in the admin panel. What is changed here goes through the same actions as everywhere, with their audit."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import ModelAdmin
from django.contrib.auth.models import Group
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html

from artifacts.actions import organizations, people
from artifacts.errors import DomainError
from artifacts.models import (
    ApiKey,
    AuditEvent,
    Entity,
    OrganizationMember,
    Project,
    ProjectMember,
    Run,
    TeamMember,
    User,
)
from artifacts.models.organizations import MEMBER_ROLES
from artifacts.naming import clean_text, key_of

if TYPE_CHECKING:
    AnyAdmin = ModelAdmin[Any]
    AnyForm = forms.ModelForm[Any]
    AnyPaginator = Paginator[Any]
else:
    AnyAdmin, AnyForm, AnyPaginator = ModelAdmin, forms.ModelForm, Paginator

COUNTED = 10_000
admin.site.unregister(Group)  # roles are ours (access.py)


class BoundedPaginator(AnyPaginator):
    """Counts no further than a person would page: a table of millions opens as quickly as a small one."""

    @cached_property
    def count(self) -> int:
        """At most COUNTED."""
        return len(self.object_list.order_by().values_list("pk", flat=True)[:COUNTED])  # type: ignore[attr-defined]


class Rows(AnyAdmin):
    """A table of the panel: newest first, cheap to open; a refusal of the domain is said above the form."""

    show_full_result_count = False
    list_per_page = 50
    ordering = ("-pk",)
    paginator = BoundedPaginator
    actions = None

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Names are compared by their keys."""
        return super().get_search_results(request, queryset, key_of(clean_text(search_term[:200])))

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """No secret is guessed letter by letter through the address."""
        if "digest" in lookup or "password" in lookup or "sealed" in lookup:
            return False
        return super().lookup_allowed(lookup, value, request)

    def changeform_view(self, request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        """A refusal changed nothing: the form again, as it was filled in, with its sentence above."""
        try:
            return super().changeform_view(request, *args, **options)
        except DomainError as error:
            request.refusal = str(error)  # type: ignore[attr-defined]
            return super().changeform_view(request, *args, **options)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        """After a refusal the same form, which doesn't pass and says why."""
        form = super().get_form(request, obj, change, **options)
        refusal = getattr(request, "refusal", "")
        if not refusal:
            return form

        def refuse(self: AnyForm) -> None:
            """What was typed is good as far as a form can tell."""
            raise forms.ValidationError(refusal)

        return type("Refused", (form,), {"clean": refuse})

    def delete_view(self, request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        """The same after the confirmation."""
        try:
            return super().delete_view(request, *args, **options)
        except DomainError as error:
            return self._refused(request, error)

    def _refused(self, request: HttpRequest, error: DomainError) -> HttpResponse:
        messages.error(request, str(error))
        return HttpResponseRedirect(request.get_full_path())

    def get_deleted_objects(
        self, objs: Iterable[Any], request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Only what was chosen: listing all that goes with it would read whole tables."""
        names = [str(row) for row in objs]
        return (
            [f"{name} and all that belongs to it" for name in names],
            {str(self.opts.verbose_name_plural): len(names)},
            set(),
            [],
        )

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Never past the actions."""
        for row in queryset:
            self.delete_model(request, row)


class ReadOnly(Rows):
    """What the product alone writes."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody changes."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody deletes."""
        return False


def become(row: Model, made: Model) -> None:
    """Let the panel's unsaved row be the one that an action made."""
    row.__dict__.update(made.__dict__)


class UserForm(AnyForm):
    """A person, with a field for a new password."""

    new_password = forms.CharField(
        label="New password",
        required=False,
        strip=False,
        max_length=4096,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="12 characters or more. Empty: it stays as it is; a new person can't log in to the pages yet.",
    )

    class Meta:
        model = User
        fields = ("name", "full_name", "email", "is_admin", "is_active")


@admin.register(User)
class UserAdmin(Rows):
    """People."""

    form = UserForm
    list_display = ("name", "full_name", "email", "is_admin", "is_active", "created_at")
    list_filter = ("is_admin", "is_active")
    search_fields = ("name_key", "full_name", "email")
    readonly_fields = ("api_keys", "created_at", "last_login")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """A new person is active."""
        if obj is None:
            return ["name", "full_name", "email", "new_password", "is_admin"]
        return ["name", "full_name", "email", "new_password", "is_admin", "is_active", *self.readonly_fields]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """A name stays: it is in addresses."""
        return list(self.readonly_fields) if obj is None else [*self.readonly_fields, "name"]

    @admin.display(description="API keys")
    def api_keys(self, user: User) -> str:
        """A link to them."""
        address = reverse("admin:artifacts_apikey_changelist")
        return format_html('<a href="{}?user__id__exact={}">API keys of {}</a>', address, user.pk, user.name)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Makes or changes a person."""
        admin_user: User = request.user  # type: ignore[assignment]
        given = form.cleaned_data
        password = given.get("new_password") or None
        fields = {name: given[name] for name in ("full_name", "email", "is_admin") if name in given}
        if not change:
            become(obj, people.create_user(given["name"], **fields, password=password, acting_user=admin_user))
            return
        people.change_user(obj, **fields, is_active=given["is_active"], acting_user=admin_user)
        if password:
            people.set_password(User.objects.get(pk=obj.pk), password, acting_user=admin_user)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Deletes a person with their personal entity."""
        people.delete_user(obj, acting_user=request.user)  # type: ignore[arg-type]


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnly):
    """Keys by their first letters; the rest is known to nobody. They can be revoked."""

    list_display = ("prefix", "user", "description", "created_at", "last_used_at", "revoked_at")
    list_select_related = ("user",)
    list_filter = (("revoked_at", admin.EmptyFieldListFilter),)
    search_fields = ("prefix", "user__name_key", "description")
    fields = ("prefix", "user", "description", "created_at", "last_used_at", "revoked_at")
    actions: ClassVar[list[str]] = ["revoke"]  # type: ignore[assignment,misc]

    @admin.action(description="Revoke selected API keys", permissions=["view"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        """At once."""
        for row in queryset.select_related("user"):
            people.revoke_api_key(row, acting_user=request.user)  # type: ignore[arg-type]
        messages.success(request, "The selected keys are revoked.")


class TeamForm(AnyForm):
    """A team to be made."""

    class Meta:
        model = Entity
        fields = ("name", "organization")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "organization" in self.fields:  # not where everything is read-only
            self.fields["organization"].required = True
            self.instance.kind = Entity.Kind.TEAM


@admin.register(Entity)
class EntityAdmin(Rows):
    """Teams, people's own namespaces and those of organizations. Teams are made here."""

    form = TeamForm
    list_display = ("name", "kind", "organization", "created_at")
    list_select_related = ("organization",)
    list_filter = ("kind",)
    search_fields = ("name_key",)
    raw_id_fields = ("organization",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """What is known afterwards is more than what is asked."""
        return ["name", "organization"] if obj is None else ["name", "kind", "organization", "user", "created_at"]

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """It only has members, which are a table of their own."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """It goes with its organization or its person."""
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Makes a team."""
        given = form.cleaned_data
        become(obj, organizations.create_team(given["name"], given["organization"], acting_user=request.user))  # type: ignore[arg-type]


class MemberAdmin(Rows):
    """Who belongs to a place; only the role changes."""

    place: ClassVar[str]
    list_filter = ("role",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Somebody else or somewhere else is another row."""
        return [] if obj is None else [self.place, "user", "created_at"]

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        """Only the roles that a place knows."""
        if db_field.name == "role":
            options["choices"] = [(role.value, role.label) for role in MEMBER_ROLES]
        return super().formfield_for_choice_field(db_field, request, **options)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Adds, or changes the role."""
        place = getattr(obj, self.place)
        organizations.add_member(place, obj.user, form.cleaned_data["role"], acting_user=request.user)  # type: ignore[arg-type]
        become(obj, place.members.get(user=obj.user))

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Takes somebody out."""
        organizations.remove_member(getattr(obj, self.place), obj.user, acting_user=request.user)  # type: ignore[arg-type]


@admin.register(OrganizationMember)
class OrganizationMemberAdmin(MemberAdmin):
    """Roles in organizations."""

    place = "organization"
    list_display = ("user", "organization", "role", "created_at")
    list_select_related = ("user", "organization")
    search_fields = ("user__name_key", "organization__name_key")
    raw_id_fields = ("user", "organization")
    fields = ("organization", "user", "role")


@admin.register(TeamMember)
class TeamMemberAdmin(MemberAdmin):
    """Roles in teams."""

    place = "team"
    list_display = ("user", "team", "role", "created_at")
    list_select_related = ("user", "team")
    search_fields = ("user__name_key", "team__name_key")
    raw_id_fields = ("user", "team")
    fields = ("team", "user", "role")


@admin.register(Project)
class ProjectAdmin(ReadOnly):
    """Projects, registries among them."""

    list_display = ("name", "entity", "kind", "visibility", "is_core", "created_by", "created_at")
    list_select_related = ("entity", "created_by")
    list_filter = ("kind", "visibility")
    search_fields = ("name_key", "entity__name_key")


@admin.register(ProjectMember)
class ProjectMemberAdmin(ReadOnly):
    """Roles granted on registries and restricted projects; they are changed on the registry's own page."""

    list_display = ("project", "user", "team", "role", "created_at")
    list_select_related = ("project", "user", "team")
    list_filter = ("role",)
    search_fields = ("project__name_key", "user__name_key", "team__name_key")


@admin.register(Run)
class RunAdmin(ReadOnly):
    """Runs."""

    list_display = ("name", "display_name", "project", "state", "created_by", "created_at")
    list_select_related = ("project", "created_by")
    list_filter = ("state",)
    search_fields = ("=name", "display_name")
    exclude = ("config", "summary")


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnly):
    """Who did what, as it was written down then."""

    list_display = ("created_at", "actor_name", "verb", "label", "organization")
    list_select_related = ("organization",)
    list_filter = ("verb",)
    search_fields = ("actor_name", "label", "organization__name_key")


from artifacts.admin import versions as version_admin  # noqa: E402, F401 – their tables stand in the panel too
