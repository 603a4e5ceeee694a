"""What a dialog shows before a version is linked: what the link will hold, and who holds the aliases that may move."""

from dataclasses import dataclass

from artifacts import access
from artifacts.access import Can
from artifacts.actions.aliases_and_tags import may_move, protected_keys
from artifacts.models import Alias, ArtifactVersion, Collection, ManifestEntry, Membership, User
from artifacts.naming import LATEST
from registry.tables import metrics

MOST_FILES = 5
MOST_METRICS = 4
MOST_ALIASES = 50


@dataclass(frozen=True)
class LinkPreview:
    """A version, its first files, and what its run measured, each with its change against the version named by `against`."""

    version: ArtifactVersion
    files: list[str]
    metrics: list[tuple[str, metrics.Cell]]
    against: str


def preview(user: User, version: ArtifactVersion, collection: Collection | None = None) -> LinkPreview:
    """What will be linked; with a collection, compared with its newest version."""
    newest = Membership.objects.in_collection(collection).live().newest_first() if collection else None
    held = newest.select_related("version__sequence__project").first() if newest is not None else None
    pair = [Membership(version=version), *([held] if held else [])]
    projects = {version.project.pk, *([held.version.project.pk] if held else [])}
    seen = set(access.visible_projects(user).filter(pk__in=projects).values_list("pk", flat=True))
    numbers = metrics.summaries(pair, seen)
    columns = metrics.columns_of(numbers, metrics.pick(numbers[:1])[:MOST_METRICS])
    return LinkPreview(
        version=version,
        files=list(ManifestEntry.objects.of_version(version).values_list("path", flat=True)[:MOST_FILES]),
        metrics=[(column.name, column.cells[0]) for column in columns],
        against=held.name if held else "",
    )


@dataclass(frozen=True)
class KnownAlias:
    """An alias of a collection, and the version that holds it; whether the visitor may move it from there is `is_open`."""

    name: str
    holder: str
    is_open: bool


def known_aliases(user: User, collection: Collection) -> list[KnownAlias]:
    """The aliases that a collection has, but for `latest`, which moves by itself."""
    protected = protected_keys(collection.project)
    is_administrator = access.allowed(user, Can.MANAGE, collection.project)
    rows = Alias.objects.filter(collection=collection).exclude(name=LATEST).select_related("membership")
    return [
        KnownAlias(
            name=alias.name,
            holder=alias.membership.name,
            is_open=may_move(alias.name, protected, is_administrator=is_administrator),
        )
        for alias in rows.order_by("name_key")[:MOST_ALIASES]
    ]
