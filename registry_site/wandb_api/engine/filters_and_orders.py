"""What each list of the client can be filtered and ordered by, in the client's words; `artifacts/listing/filters.py` applies them."""

import re
from collections.abc import Mapping
from typing import Any

from artifacts.errors import DomainError, Invalid
from artifacts.listing.filter_values import (
    NONE,
    Reader,
    moment_value,
    number_value,
    text_value,
    truth_value,
    version_value,
)
from artifacts.listing.filters import Field, FilterColumn, Json, Names, in_both_spellings, offered
from artifacts.models import Alias, CollectionTag, VersionTag
from artifacts.naming import shown
from registry_site.wandb_api.engine import ids
from registry_site.wandb_api.engine.paging import Key

PROJECT = ("Project", "ProjectInternalId")
COLLECTION = ("ArtifactPortfolio", "ArtifactSequence", "ArtifactCollection")


def id_value(*type_names: str) -> Reader:
    """The reader of an id: as this server gave it out, or the number inside."""

    def read(value: Any) -> Any:
        if isinstance(value, str) and not re.fullmatch(r"[0-9]{1,19}", value):
            try:
                return ids.decode(value, *type_names)
            except DomainError:
                return NONE
        return number_value(value)

    return read


def project_fields(before: str = "") -> dict[str, Field]:
    """The fields of a project or registry that lies behind `before` ("project__")."""
    return in_both_spellings(
        {
            "id": FilterColumn(f"{before}pk", id_value(*PROJECT)),
            "project_id": FilterColumn(f"{before}pk", id_value(*PROJECT)),
            "name": FilterColumn(f"{before}name", text_value, is_text=True),
            "entity_id": FilterColumn(f"{before}entity_id", id_value("Entity")),
            "description": FilterColumn(f"{before}description", text_value, is_text=True, unset=""),
            "created_at": FilterColumn(f"{before}created_at", moment_value),
            "updated_at": FilterColumn(f"{before}updated_at", moment_value),
        }
    )


def collection_fields(before: str = "") -> dict[str, Field]:
    """The fields of a collection that lies behind `before`."""
    number = FilterColumn(f"{before}pk", id_value(*COLLECTION))
    name = FilterColumn(f"{before}name", text_value, is_text=True)
    tag = Names(CollectionTag, "collection", f"{before}pk")
    return in_both_spellings(
        {
            "id": number,
            "collection_id": number,
            "artifact_collection_id": number,
            "name": name,
            "collection_name": name,
            "artifact_collection_name": name,
            "tag": tag,
            "tags": tag,
            "type": FilterColumn(f"{before}type", text_value, is_text=True),
            "description": FilterColumn(f"{before}description", text_value, is_text=True, unset=""),
            "created_at": FilterColumn(f"{before}created_at", moment_value),
            "updated_at": FilterColumn(f"{before}updated_at", moment_value),
        }
    )


AUTOMATION_FIELDS = in_both_spellings(
    {
        "id": FilterColumn("pk", id_value("Trigger")),
        "name": FilterColumn("name", text_value, is_text=True),
        "description": FilterColumn("description", text_value, is_text=True, unset=""),
        "enabled": FilterColumn("enabled", truth_value),
        "created_at": FilterColumn("created_at", moment_value),
        "updated_at": FilterColumn("updated_at", moment_value),
    }
)
ALIAS = Names(Alias, "membership")
TAG = Names(VersionTag, "version", "version_id")
VERSION = FilterColumn("index", version_value)
METADATA = Json("version__metadata")
NUMBER = FilterColumn("version_id", id_value("Artifact"))
MEMBERSHIP_FIELDS = in_both_spellings(
    {
        "id": NUMBER,
        "artifact_id": NUMBER,
        "version": VERSION,
        "version_index": VERSION,
        "tag": TAG,
        "tags": TAG,
        "alias": ALIAS,
        "aliases": ALIAS,
        "metadata": METADATA,
        "artifact_metadata": METADATA,
        "state": FilterColumn("version__state", text_value, is_text=True),
        "digest": FilterColumn("version__digest", text_value, is_text=True),
        "created_at": FilterColumn("version__created_at", moment_value),
        "artifact_created_at": FilterColumn("version__created_at", moment_value),
        "updated_at": FilterColumn("version__updated_at", moment_value),
        "acm_created_at": FilterColumn("created_at", moment_value),
        "linked_at": FilterColumn("created_at", moment_value),
        "artifact_size": FilterColumn("version__size", number_value),
        "size": FilterColumn("version__size", number_value),
    }
)
NAMED_ORDERS = {"id": "pk", "name": "name", "created_at": "created_at", "updated_at": "updated_at"}
MEMBERSHIP_ORDERS = {
    "id": "pk",
    "version": "index",
    "version_index": "index",
    "created_at": "version__created_at",
    "artifact_created_at": "version__created_at",
    "updated_at": "version__updated_at",
    "artifact_size": "version__size",
    "size": "version__size",
    "acm_created_at": "created_at",
    "linked_at": "created_at",
}


def key_for(
    order: str | None, orders: Mapping[str, str], *, default: Key, inside: Mapping[str, Field] | None = None
) -> Key:
    """The key of a page for the client's `order`: "-created_at", "createdAt" and the like.

    `inside` are the fields whose values inside JSON the list is ordered by too, as its refusal tells.
    """
    if not order:
        return default
    sign = "-" if order.startswith("-") else ""
    name = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in order.lstrip("+-"))
    if name not in orders:
        paths = offered({key: field for key, field in (inside or {}).items() if isinstance(field, Json)})
        said = shown(order.lstrip("+-"))
        raise Invalid(f"This list isn't ordered by “{said}”; take one of: {', '.join([*orders, *paths])}.")
    column = orders[name]
    return f"{sign}pk" if column == "pk" else (f"{sign}{column}", f"{sign}pk")
