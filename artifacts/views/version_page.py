"""The page of a version, in its own project or in a registry: what the visitor may do there, and where it is done."""

from dataclasses import dataclass
from functools import cached_property

from artifacts import access
from artifacts.access import Can
from artifacts.models import ArtifactVersion, Collection, Entity, Membership, Project
from artifacts.views.answers import HtmxHttpRequest
from artifacts.views.shell import in_organization
from artifacts.views.url_of import act_url, path_of, source_url, version_url

TABS = {"version": "Version", "metadata": "Metadata", "usage": "Usage", "files": "Files", "lineage": "Lineage"}


@dataclass
class VersionPage:
    """A version in a collection, and what the visitor may do there and in the project that it was logged to."""

    membership: Membership
    verbs: frozenset[Can]
    source_verbs: frozenset[Can]

    @property
    def version(self) -> ArtifactVersion:
        """The version whose page it is."""
        return self.membership.version

    @property
    def collection(self) -> Collection:
        """The collection in which the version has this number."""
        return self.membership.collection

    @property
    def project(self) -> Project:
        """The project or registry that judges access."""
        return self.membership.collection.project

    @property
    def is_link(self) -> bool:
        """Whether this is a link, in a registry or in a project."""
        return self.membership.is_link

    @property
    def is_in_registry(self) -> bool:
        """Whether its page is the registry's, not the artifact browser's."""
        return self.project.is_registry

    @property
    def title(self) -> str:
        """The heading of the page: `detectors:v11`."""
        return f"{self.collection.name}:{self.membership.name}"

    @property
    def full_name(self) -> str:
        """What code needs to fetch it: a link without the organization, a source version with its entity."""
        return path_of(self.membership, self.membership.name)

    @property
    def can_download(self) -> bool:
        """Whether the visitor may have the bytes."""
        return Can.DOWNLOAD in self.verbs

    @property
    def can_name(self) -> bool:
        """Whether the visitor may set aliases here."""
        return Can.EDIT in self.verbs and not self.version.is_deleted

    @property
    def can_edit(self) -> bool:
        """Whether the visitor may change what all places of the version share: that is decided by its own project."""
        return Can.EDIT in self.source_verbs and not self.version.is_deleted

    @property
    def can_unlink(self) -> bool:
        """Whether the visitor may end this link."""
        return self.is_link and Can.LINK in self.verbs

    @property
    def is_personal(self) -> bool:
        """Whether it was logged to a person's own entity: such versions can't be published."""
        return self.version.project.entity.kind == Entity.Kind.PERSONAL

    @property
    def can_publish(self) -> bool:
        """Whether “Link to registry” is offered: which registries take it, or why none does, its dialog says."""
        return not self.is_link and self.can_download and not self.version.is_deleted

    @property
    def sees_source(self) -> bool:
        """Whether the project that it was logged to exists for the visitor."""
        return Can.VIEW in self.source_verbs

    @cached_property
    def source(self) -> Membership:
        """The version's place in its own sequence."""
        return source_of(self.version) if self.is_link else self.membership

    def url(self, tab: str = "version") -> str:
        """The address of a tab."""
        return version_url(self.membership, tab)

    @property
    def source_url(self) -> str:
        """Where the version is in its own project."""
        return source_url(self.version)

    @property
    def source_name(self) -> str:
        """Its path in its own project, `vision/detector/yolo:v7`."""
        return path_of(self.source, self.source.name)

    def act_url(self, name: str, **query: str) -> str:
        """The address of an act on this version, such as "describe" or "unlink"."""
        return act_url(self.membership, name, **query)

    @property
    def can_deprecate(self) -> bool:
        """Whether the visitor may say that this link should no longer be used."""
        return self.is_in_registry and Can.EDIT in self.verbs

    @cached_property
    def successor(self) -> Membership | None:
        """The version to use instead of this one."""
        if self.membership.successor_id is None:
            return None
        found = self.membership.successor
        if found is not None:
            found.collection = self.collection
        return found

    @property
    def successor_url(self) -> str:
        """The address of the successor; empty where there is none."""
        return version_url(self.successor) if self.successor else ""

    @property
    def deprecation_comment(self) -> str:
        """What code that uses this version should say, empty where nothing is to be said."""
        if not self.membership.is_deprecated:
            return ""
        instead = f"\n# Use {path_of(self.successor, self.successor.name)} instead." if self.successor else ""
        return f"# {self.membership.name} is deprecated: {self.membership.deprecation}{instead}"


def version_page_of(request: HtmxHttpRequest, membership: Membership) -> VersionPage:
    """The page of a membership whose project was already judged."""
    collection, version = membership.collection, membership.version
    if version.sequence_id == collection.pk:
        version.sequence = collection
    else:
        version.sequence = Collection.objects.with_place().get(pk=version.sequence_id)
    verbs = access.verbs_in(request.user, collection.project)
    is_source = version.sequence_id == collection.pk
    in_organization(request, collection.project.entity.organization)
    source_verbs = verbs if is_source else access.verbs_in(request.user, version.project)
    return VersionPage(membership=membership, verbs=verbs, source_verbs=source_verbs)


def source_of(version: ArtifactVersion) -> Membership:
    """A version's place in the sequence that it was logged to, without reading it."""
    return Membership(collection=version.sequence, version=version, index=version.index or 0)
