"""What the server says of itself."""

from typing import Any

from registry_site.wandb_api.engine.context import Context
from registry_site.wandb_api.engine.resolve import Permission, resolves

# Only what is fully served: the client asks for them once (`serverInfo`) and does without the rest.
FEATURES = [
    "ARTIFACT_COLLECTION_MEMBERSHIP_FILES",
    "ARTIFACT_COLLECTION_MEMBERSHIP_FILE_DOWNLOAD_HANDLER",
    "ARTIFACT_COLLECTIONS_FILTERING_SORTING",
    "ARTIFACT_MEMBERSHIP_IN_LINK_ARTIFACT_RESPONSE",
    "ARTIFACT_REGISTRY_SEARCH",
    "ARTIFACT_TAGS",
    "ARTIFACT_V2_DOWNLOAD_HANDLER_SUPPORTS_ARTIFACT_ID",
    "AUTOMATIONS_ON_ORGANIZATION",
    "AUTOMATION_ACTION_NO_OP",
    "AUTOMATION_EVENT_ADD_ARTIFACT_TAG",
    "AUTOMATION_EVENT_ADD_COLLECTION_TAG",
    "AUTOMATION_EVENT_REMOVE_ARTIFACT_TAG",
    "AUTOMATION_EVENT_REMOVE_COLLECTION_TAG",
    "AUTOMATION_EVENT_RUN_METRIC",
    "AUTOMATION_EVENT_RUN_METRIC_CHANGE",
    "AUTOMATION_EVENT_RUN_METRIC_ZSCORE",
    "AUTOMATION_EVENT_RUN_STATE",
    "AUTOMATION_EVENT_UNLINK_ARTIFACT",
    "AUTOMATION_SCOPE_ENTITY",
    "CLIENT_IDS",
    "FILESTREAM_GZIP",
    "INCLUDE_ARTIFACT_TYPES_IN_REGISTRY_CREATION",
    "LARGE_FILENAMES",
    "MARK_RUN_FILES_UPLOADED",
    "PROJECT_ARTIFACT_COLLECTION_MEMBERSHIP",
    "QUERY_AUTOMATIONS_ON_ENTITY",
    "TOTAL_COUNT_IN_FILE_CONNECTION",
    "USE_ARTIFACT_WITH_ENTITY_AND_PROJECT_INFORMATION",
]
OLDEST_CLIENT = "0.19.11"  # as tried by benchmarks/client_versions.py
NEWEST_CLIENT = "0.31.0"
VERSION = "0.1.0"


@resolves("Query.serverInfo", permission=Permission.PUBLIC)
def server_info(source: None, context: Context) -> dict[str, Any]:
    return {
        "features": [{"name": name, "is_enabled": True} for name in FEATURES],
        "cli_version_info": {"min_cli_version": OLDEST_CLIENT, "max_cli_version": NEWEST_CLIENT},
        "latest_local_version_info": {
            "out_of_date": False,
            "latest_version_string": VERSION,
            "version_on_this_instance_string": VERSION,
        },
    }


@resolves("UpsertBucketPayload.serverSettings", permission=Permission.PARENT)
def server_settings(source: dict[str, Any], context: Context) -> dict[str, Any]:
    """No message for the terminal; `wandb sync` of clients before 0.25 fails where the server has no such type."""
    return {"server_messages": []}
