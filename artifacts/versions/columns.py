"""What tables of versions can show of each beside their fixed columns: keys of the metadata."""

from collections.abc import Sequence

from artifacts.listing.columns import small_json
from artifacts.models import ArtifactVersion, Membership
from artifacts.text.json_values import leaves


def metadata_of(memberships: Sequence[Membership]) -> list[dict[str, object]]:
    """The metadata of a page's versions laid flat, in one query; empty where it is too large for a table."""
    read = small_json(ArtifactVersion, {membership.version_id for membership in memberships}, "metadata")
    return [leaves(read.get(membership.version_id, {})) for membership in memberships]
