"""Where a version can be linked to: collections by registry, or new ones; and why the other registries aren't offered."""

from dataclasses import dataclass, field

from django.db.models import Q

from artifacts import access
from artifacts.access import Can
from artifacts.models import Alias, ArtifactVersion, Collection, Membership, Organization, Project, Role, User
from artifacts.models.collections import CollectionQuerySet
from artifacts.naming import LATEST, key_of
from registry.models import Registry, RegistryQuerySet
from registry.views.linking.address import CREATE_REGISTRY, NEW, NEW_COLLECTION, NEW_REGISTRY, TargetAddress
from registry.views.linking.choice import MOST_OPTIONS, ChoiceControl, Option

MOST_REGISTRIES = 500
MOST_NAMED = 3


@dataclass
class Targets:
    """The controls of the first step, and what is said around them."""

    target: ChoiceControl
    registry: ChoiceControl
    is_new: bool = False
    makes_registry: bool = False
    left_out: list[str] = field(default_factory=list)
    chosen: Collection | None = None
    can_create: bool = False

    @property
    def is_open(self) -> bool:
        """Whether there is anything to choose."""
        return not self.registry.is_empty

    @property
    def is_new_registry(self) -> bool:
        """Whether a registry is made, too."""
        return self.is_new and self.makes_registry


def organization_for(version: ArtifactVersion) -> Organization:
    """Whose registries may hold a version."""
    organization = version.project.entity.organization
    assert organization is not None  # a team's, or the version would have been refused
    return organization


def read_targets(user: User, version: ArtifactVersion, address: TargetAddress) -> Targets:
    """Where somebody may link a version, as far as an address has chosen."""
    organization = organization_for(version)
    seen = Registry.objects.where(user, Can.VIEW).of_organization(organization)
    takes = seen.filter(Q(accepts_all_types=True) | Q(accepted_types__name=version.type)).distinct()
    takes = takes.select_related("project").order_by("project__natural_key")
    opened = takes.where(user, Can.LINK)
    projects = [row.project for row in opened[:MOST_REGISTRIES]]
    targets = Targets(
        target=ChoiceControl("target", "Select a register model", prompt="Choose a collection", later=["target-more"]),
        registry=ChoiceControl("registry", "Registry", prompt="Choose a registry", later=["target-more-registry"]),
        can_create=access.creates_registries(user, organization),
        left_out=_left_out(seen, takes, opened, version.type),
    )
    _offer_collections(targets, version, opened, projects, address.target)
    _offer_registries(targets, projects, address.registry)
    targets.target.hint = f"Collections of type {version.type} where you may link, by registry."
    return targets


def _offer_collections(
    targets: Targets, version: ArtifactVersion, opened: RegistryQuerySet, projects: list[Project], asked: str
) -> None:
    choice = targets.target
    found = Collection.objects.portfolios().filter(project__in=opened.order_by().values("project"), type=version.type)
    found = found.order_by("project__natural_key", "natural_key").select_related("project")
    choice.value = asked
    rows = choice.read(found, _holding(found, projects, asked) if asked not in {"", NEW_COLLECTION} else None)
    targets.is_new = asked == NEW_COLLECTION or (asked == NEW and not choice.is_long) or not (rows or asked)
    if targets.is_new:
        choice.value = NEW_COLLECTION if choice.is_long else NEW
        rows = [] if choice.is_long else rows  # what is made stands below, not behind what there is
    held = Membership.objects.filter(version=version, collection__in=rows)
    marks = {row.collection_id: _mark(row) for row in held}
    choice.offer([(_value(row), f"{row.name}{marks.get(row.pk, '')}") for row in rows])
    groups: dict[str, list[Option]] = {}
    for row, option in zip(rows, choice.options, strict=False):
        groups.setdefault(row.project.title, []).append(option)
    value = NEW_COLLECTION if choice.is_long else NEW
    choice.grouped = [
        *groups.items(),
        *([("New", [(value, NEW_COLLECTION)])] if projects or targets.can_create else []),
    ]
    targets.chosen = next((row for row in rows if _value(row) == asked), None)


def _value(collection: Collection) -> str:
    return f"{collection.project.title}/{collection.name}"


def _mark(membership: Membership) -> str:
    words = f" · {membership.name} holds this version"
    return f"{words}, deprecated" if membership.is_deprecated else words


def _holding(found: CollectionQuerySet, projects: list[Project], asked: str) -> CollectionQuerySet:
    """The collections whose name, or whose registry's, holds what is typed."""
    title, _, name = asked.rpartition("/")
    if title:
        here = [project.pk for project in projects if key_of(project.title) == key_of(title)]
        return found.filter(project__in=here, name_key__contains=key_of(name))
    named = [project.pk for project in projects if key_of(asked) in key_of(project.title)]
    return found.filter(Q(name_key__contains=key_of(asked)) | Q(project__in=named))


def _offer_registries(targets: Targets, projects: list[Project], asked: str) -> None:
    choice = targets.registry
    titles = [project.title for project in projects]
    choice.is_ready, choice.is_long = True, len(titles) > MOST_OPTIONS
    value = CREATE_REGISTRY if choice.is_long else NEW_REGISTRY
    extra = [(value, CREATE_REGISTRY)] if targets.can_create else []
    default = next(iter([*titles, *(value for value, _ in extra)]), "")
    targets.makes_registry = (asked or default) == NEW_REGISTRY
    choice.value = value if targets.makes_registry else asked or ("" if choice.is_long else default)
    if choice.is_long and asked and not targets.makes_registry:
        titles = [title for title in titles if key_of(asked) in key_of(title)]
    choice.offer([(title, title) for title in titles])
    choice.options += extra


def _left_out(seen: RegistryQuerySet, takes: RegistryQuerySet, opened: RegistryQuerySet, type_name: str) -> list[str]:
    """Why registries that somebody sees aren't offered, a sentence for each reason."""
    others = seen.exclude(pk__in=takes.order_by().values("pk"))
    said = []
    if names := _titles(others):
        verb = "doesn’t" if len(names) == 1 else "don’t"
        said.append(f"{_joined(names)} {verb} accept type {type_name}.")
    if names := _titles(takes.exclude(pk__in=opened.order_by().values("pk"))):
        said.append(f"You may only view {_joined(names)}; linking there needs the role of a member.")
    return said


def _titles(found: RegistryQuerySet) -> list[str]:
    rows = found.select_related("project").order_by("project__natural_key")[:MOST_REGISTRIES]
    return [row.project.title for row in rows]


def _joined(names: list[str]) -> str:
    """Registries in a sentence, the first few of many by name."""
    if len(names) == 1:
        return names[0]
    if len(names) <= MOST_NAMED:
        return f"{len(names)} registries ({', '.join(names)})"
    return f"{len(names)} registries ({', '.join(names[:MOST_NAMED])}, …)"


@dataclass(frozen=True)
class TargetDetails:
    """What the chosen collection holds already."""

    collection: Collection
    role: Role | None
    aliases: list[str]
    held: Membership | None


def details_of(user: User, version: ArtifactVersion, collection: Collection) -> TargetDetails:
    """What is said about a collection before a version is linked to it."""
    project = Project.objects.with_entity().get(pk=collection.project_id)
    names = Alias.objects.filter(collection=collection).exclude(name=LATEST).order_by("name_key")
    return TargetDetails(
        collection=collection,
        role=access.role_in(user, project),
        aliases=list(names.values_list("name", flat=True)[:12]),
        held=Membership.objects.in_collection(collection).filter(version=version).first(),
    )
