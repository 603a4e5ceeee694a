"""The published side in the admin panel: organizations (made with their registries), registries, collections, protected aliases."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from artifacts import addresses
from artifacts.actions import organizations
from artifacts.admin.tables import AnyForm, PanelTable, ReadOnly, become
from artifacts.errors import Invalid
from artifacts.models import Collection, Organization, Project, ProtectedAlias, User
from artifacts.naming import distinct
from registry.actions import registries
from registry.models import Registry


class OrganizationForm(AnyForm):
    """An organization to be made."""

    owner = forms.CharField(
        label="First administrator", required=False, max_length=64, help_text="The name of somebody with an account."
    )

    class Meta:
        model = Organization
        fields = ("name",)

    def clean_owner(self) -> User | None:
        """The person of this name."""
        name = self.cleaned_data["owner"]
        found = User.objects.named(name).first() if name else None
        if name and found is None:
            raise forms.ValidationError(f"Nobody here is called “{name}”; check the name, or make the account first.")
        return found


@admin.register(Organization)
class OrganizationAdmin(PanelTable):
    """Organizations."""

    form = OrganizationForm
    list_display = ("name", "created_at")
    search_fields = ("name_key",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """The first administrator is asked for once."""
        return ["name", "owner"] if obj is None else ["name", "created_at"]

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Its members are a table of their own."""
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Makes it with its core registries."""
        given = form.cleaned_data
        become(obj, registries.create_organization(given["name"], owner=given["owner"], acting_user=request.user))  # type: ignore[arg-type]

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete the organization with its teams, registries and all that they hold."""
        organizations.delete_organization(obj, acting_user=request.user)  # type: ignore[arg-type]


class RegistryAdminForm(AnyForm):
    """A registry to be made, or its description."""

    organization = forms.CharField(max_length=64, help_text="The organization's name.")
    name = forms.CharField(max_length=113)
    visibility = forms.ChoiceField(choices=[("organization", "Organization"), ("restricted", "Restricted")])
    types = forms.CharField(
        label="Accepted types", required=False, help_text="With commas between them; empty: all types."
    )
    description = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 4}))

    class Meta:
        model = Registry
        fields = ()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance.pk:
            self.fields = {"description": self.fields["description"]}
            self.fields["description"].initial = self.instance.project.description


@admin.register(Registry)
class RegistryAdmin(PanelTable):
    """Registries."""

    form = RegistryAdminForm
    list_display = ("project", "organization", "collection_count", "version_count", "last_linked_at")
    list_select_related = ("project__entity__organization", "owner")
    search_fields = ("project__name_key", "project__entity__name_key")

    @admin.display(description="Organization")
    def organization(self, registry: Registry) -> str:
        """Whose it is."""
        return str(registry.project.entity.organization)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """What is asked for to make a registry; of one that is there only the description can be changed."""
        if obj is None:
            return ["organization", "name", "visibility", "types", "description"]
        return ["project", "owner", "description", "collection_count", "version_count", "last_linked_at"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """The rest is counted, or settled on the registry's own page."""
        return [] if obj is None else ["project", "owner", "collection_count", "version_count", "last_linked_at"]

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """It is deleted on its own page, which says what it holds."""
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Makes it, or describes it."""
        user: User = request.user  # type: ignore[assignment]
        given = form.cleaned_data
        if change:
            registries.describe_registry(obj.project, given["description"], acting_user=user)
            return
        organization = addresses.organization(user, given["organization"])
        types = distinct(part.strip() for part in given["types"].split(",") if part.strip())
        made = registries.create_registry(
            organization,
            given["name"],
            description=given["description"],
            visibility=given["visibility"],
            types=types,
            acting_user=user,
        )
        become(obj, made)


@admin.register(Collection)
class CollectionAdmin(ReadOnly):
    """Collections of projects and registries; those of registries can be deleted here."""

    list_display = ("name", "project", "kind", "type", "version_count", "created_by", "created_at")
    list_select_related = ("project", "created_by")
    list_filter = ("kind",)
    search_fields = ("name_key", "project__name_key")

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """What was logged stays; the links of a registry's collection may go."""
        return not isinstance(obj, Collection) or obj.is_portfolio

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete the collection with its links; the linked versions stay in their projects."""
        registries.delete_collection(obj, acting_user=request.user)  # type: ignore[arg-type]


class ProtectedAliasForm(AnyForm):
    """An alias to protect."""

    class Meta:
        model = ProtectedAlias
        fields = ("project", "name")

    def clean_project(self) -> Project:
        """Only registries can be chosen."""
        project: Project = self.cleaned_data["project"]
        if not project.is_registry:
            raise forms.ValidationError(f"“{project.name}” is no registry; choose a registry.")
        return project


@admin.register(ProtectedAlias)
class ProtectedAliasAdmin(PanelTable):
    """Aliases that only a registry's administrators may move."""

    form = ProtectedAliasForm
    list_display = ("name", "project")
    list_select_related = ("project",)
    search_fields = ("name_key", "project__name_key")
    raw_id_fields = ("project",)
    fields = ("project", "name")

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Another name is another row."""
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Protects it."""
        project, name = form.cleaned_data["project"], form.cleaned_data["name"]
        registries.protect_alias(project, name, acting_user=request.user)  # type: ignore[arg-type]
        made = ProtectedAlias.objects.filter(project=project, name=name).first()
        if made is None:
            raise Invalid(f"“{name}” is protected already, in other capitals.")
        become(obj, made)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Lets everybody who may link move it again."""
        registries.unprotect_alias(obj.project, obj.name, acting_user=request.user)  # type: ignore[arg-type]
