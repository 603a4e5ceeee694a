"""The tables that search reads, by the names that its statements have for them, and the objects that it makes of their rows.

Not read whole: a description or metadata may be long, and of five hundred candidates a few are shown.
"""

from collections.abc import Iterable

from artifacts.models import (
    Alias,
    ArtifactVersion,
    Blob,
    Collection,
    CollectionTag,
    Entity,
    LinkedFile,
    LinkedFilePart,
    ManifestEntry,
    Membership,
    Organization,
    Project,
    ProtectedAlias,
    SearchGram,
    SearchTerm,
    VersionTag,
)
from registry.search.sql import Row, Table, name_pieces

TERM = Table(SearchTerm, "term")
GRAM = Table(SearchGram, "gram")
LINKED_FILE = Table(LinkedFile, "linked_file")
LINKED_FILE_PART = Table(LinkedFilePart, "linked_file_part")
ENTRY = Table(ManifestEntry, "entry")
BLOB = Table(Blob, "blob")
VERSION = Table(ArtifactVersion, "version")
ALIAS = Table(Alias, "alias", "id", "name", "name_key", "created_at")
CHOSEN_ALIAS = Table(Alias, "chosen_alias")
PROTECTED_ALIAS = Table(ProtectedAlias, "protected_alias")
COLLECTION_TAG = Table(CollectionTag, "collection_tag")
VERSION_TAG = Table(VersionTag, "version_tag")
COLLECTION = Table(
    Collection, "collection",
    "id", "project", "kind", "type", "name", "name_key", "version_count", "created_at", "last_added_at",
)  # fmt: skip
MEMBERSHIP = Table(
    Membership, "membership",
    "id", "collection", "version", "index", "created_at", "deprecated_at", "deprecation", "successor",
)  # fmt: skip
PROJECT = Table(
    Project, "project", "id", "entity", "name", "name_key", "kind", "visibility", "description", "created_at"
)
ENTITY = Table(Entity, "entity", "id", "name", "name_key", "kind", "organization", "user")
ORGANIZATION = Table(Organization, "organization", "id", "name", "name_key")

name_pieces(
    is_portfolio=f"{{collection.kind}} = '{Collection.Kind.PORTFOLIO.value}'",
    first_is_portfolio=f"{{first_collection.kind}} = '{Collection.Kind.PORTFOLIO.value}'",
    is_sequence=f"{{collection.kind}} = '{Collection.Kind.SEQUENCE.value}'",
    # Joins, to stand behind the table that they lead from.
    its_version="JOIN {version} ON {version.id} = {membership.version_id} AND {version.deleted_at} IS NULL",
    its_collection="JOIN {collection} ON {collection.id} = {membership.collection_id}",
    its_project="JOIN {project} ON {project.id} = {collection.project_id}",
    its_owner="JOIN {entity} ON {entity.id} = {project.entity_id} "
    "LEFT JOIN {organization} ON {organization.id} = {entity.organization_id}",
    # What is selected for the objects below.
    of_membership="{membership.columns}, {collection.columns}",
    of_project="{project.columns}, {entity.columns}, {organization.columns}",
)


def membership_of(row: Row, start: int = 0) -> Membership:
    """The membership with its collection, from the columns `{of_membership}`."""
    membership = MEMBERSHIP.object_of(row, start)
    membership.collection = COLLECTION.object_of(row, start + MEMBERSHIP.width)
    return membership


def projects_of(rows: Iterable[Row], start: int = 0) -> list[Project]:
    """The projects with their owners, from the columns `{of_project}`; those of one owner share it."""
    entities: dict[int, Entity] = {}
    found = []
    for row in rows:
        project = PROJECT.object_of(row, start)
        if project.entity_id not in entities:
            place = start + PROJECT.width
            entity = entities[project.entity_id] = ENTITY.object_of(row, place)
            place += ENTITY.width
            entity.organization = ORGANIZATION.object_of(row, place) if row[place] is not None else None
        project.entity = entities[project.entity_id]
        found.append(project)
    return found
