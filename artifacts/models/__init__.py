"""The nouns of the source side. What each word means stands in docs/glossary.md."""

from artifacts.models.automations import Automation, Integration, Secret
from artifacts.models.collections import Alias, Collection, CollectionTag, Membership
from artifacts.models.events import AuditEvent, Verb
from artifacts.models.files import Blob, Manifest, ManifestEntry, Upload, UploadPart
from artifacts.models.lineage import RunOutput, RunUse
from artifacts.models.organizations import (
    DefaultEntity,
    Entity,
    Invitation,
    Organization,
    OrganizationMember,
    RetiredName,
    Role,
    TeamMember,
)
from artifacts.models.people import ApiKey, User, WrongGuesses
from artifacts.models.projects import ArtifactType, NameRedirect, Project, ProjectMember, ProtectedAlias
from artifacts.models.runs import HistoryChunk, MetricSeries, Run, RunFile, RunTag, RunWriter
from artifacts.models.search import LinkedFile, LinkedFilePart, SearchGram, SearchTerm
from artifacts.models.versions import ArtifactVersion, ClientId, MergedVersion, VersionReference, VersionTag

__all__ = [
    "Alias",
    "ApiKey",
    "ArtifactType",
    "ArtifactVersion",
    "AuditEvent",
    "Automation",
    "Blob",
    "ClientId",
    "Collection",
    "CollectionTag",
    "DefaultEntity",
    "Entity",
    "HistoryChunk",
    "Integration",
    "Invitation",
    "LinkedFile",
    "LinkedFilePart",
    "Manifest",
    "ManifestEntry",
    "Membership",
    "MergedVersion",
    "MetricSeries",
    "NameRedirect",
    "Organization",
    "OrganizationMember",
    "Project",
    "ProjectMember",
    "ProtectedAlias",
    "RetiredName",
    "Role",
    "Run",
    "RunFile",
    "RunOutput",
    "RunTag",
    "RunUse",
    "RunWriter",
    "SearchGram",
    "SearchTerm",
    "Secret",
    "TeamMember",
    "Upload",
    "UploadPart",
    "User",
    "Verb",
    "VersionReference",
    "VersionTag",
    "WrongGuesses",
]
