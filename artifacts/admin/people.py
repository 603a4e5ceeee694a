"""People, keys, teams and members in the admin panel. What is changed here goes through the product's own actions, with their audit."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from artifacts.actions import organizations, people
from artifacts.admin.tables import AnyForm, PanelTable, ReadOnly, become
from artifacts.models import ApiKey, Entity, OrganizationMember, TeamMember, User
from artifacts.models.organizations import MEMBER_ROLES

admin.site.unregister(Group)  # roles are ours (access.py)


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
class UserAdmin(PanelTable):
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


class TeamAdminForm(AnyForm):
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
class EntityAdmin(PanelTable):
    """Teams, people's own namespaces and those of organizations. Teams are made here."""

    form = TeamAdminForm
    list_display = ("name", "kind", "organization", "created_at")
    list_select_related = ("organization",)
    list_filter = ("kind",)
    search_fields = ("name_key",)
    raw_id_fields = ("organization",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """A new team is asked for two fields; the others are known afterwards."""
        return ["name", "organization"] if obj is None else ["name", "kind", "organization", "user", "created_at"]

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nothing about it changes but its members, which are a table of their own."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """It goes with its organization or its person."""
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Makes a team."""
        given = form.cleaned_data
        become(obj, organizations.create_team(given["name"], given["organization"], acting_user=request.user))  # type: ignore[arg-type]


class MemberAdmin(PanelTable):
    """Who belongs to a place; only the role changes."""

    place: ClassVar[str]
    list_filter = ("role",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """The person and the place stay: for others there are other rows."""
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
