"""Versions, where they are linked, their aliases and files in the admin panel: all to be read, none to be written."""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html

from artifacts.admin.tables import ReadOnly
from artifacts.models import Alias, ArtifactVersion, ManifestEntry, Membership
from artifacts.templatetags.linkyard import binary_size


@admin.register(ArtifactVersion)
class ArtifactVersionAdmin(ReadOnly):
    """Versions: content never changes."""

    list_display = ("__str__", "project", "state", "bytes", "file_count", "created_by", "created_at")
    list_select_related = ("sequence__project", "created_by")
    list_filter = ("state",)
    search_fields = ("=digest", "sequence__name_key__startswith")
    exclude = ("metadata",)
    readonly_fields = ("files",)

    @admin.display(description="Project")
    def project(self, version: ArtifactVersion) -> str:
        """Where it was logged."""
        return version.sequence.project.name

    @admin.display(description="Size", ordering="size")
    def bytes(self, version: ArtifactVersion) -> str:
        """As pages say it."""
        return binary_size(version.size)

    @admin.display(description="Files")
    def files(self, version: ArtifactVersion) -> str:
        """A link to its manifest."""
        address = reverse("admin:artifacts_manifestentry_changelist")
        return format_html('<a href="{}?version__id__exact={}">{} files</a>', address, version.pk, version.file_count)


@admin.register(Membership)
class MembershipAdmin(ReadOnly):
    """Places of versions: logged in their sequence, linked everywhere else."""

    list_display = ("__str__", "project", "version", "created_by", "created_at")
    list_select_related = ("collection__project", "version__sequence", "created_by")
    list_filter = ("collection__kind",)
    search_fields = ("collection__name_key__startswith",)
    raw_id_fields = ("collection", "version")

    @admin.display(description="Project")
    def project(self, membership: Membership) -> str:
        """The project, or the registry's."""
        return membership.collection.project.name


@admin.register(Alias)
class AliasAdmin(ReadOnly):
    """Names that point at versions; they are moved on the version's own page."""

    list_display = ("name", "membership", "created_at")
    list_select_related = ("membership__collection",)
    search_fields = ("name_key__startswith",)


@admin.register(ManifestEntry)
class ManifestEntryAdmin(ReadOnly):
    """Files of versions; opened from a version."""

    list_display = ("path", "version", "bytes", "digest")
    list_select_related = ("version__sequence",)
    search_fields = ("=path",)
    exclude = ("blob",)

    @admin.display(description="Size", ordering="size")
    def bytes(self, entry: ManifestEntry) -> str:
        """As pages say it."""
        return binary_size(entry.size)
