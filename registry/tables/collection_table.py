"""The collections of a registry as its page lists them: what the address asks for, and which rows that are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Q
from django.db.models.functions import Coalesce

from artifacts.models import Alias, Collection, CollectionTag, Membership, Project, VersionTag
from artifacts.models.collections import CollectionQuerySet
from artifacts.naming import key_of

SORTS: dict[str, tuple[str, Sequence[str]]] = {
    "name": ("Name", ("natural_key",)),
    "-name": ("Name, backwards", ("-natural_key",)),
    "-linked": ("Last linked", ("-active_at", "-pk")),
    "linked": ("Linked longest ago", ("active_at", "pk")),
    "-versions": ("Most versions", ("-version_count", "-pk")),
    "versions": ("Fewest versions", ("version_count", "pk")),
}


@dataclass(frozen=True)
class RegistryAddress:
    """What narrows the list, its order, and the collection whose row is open; empty stands for everything."""

    words: str = ""
    type: str = ""
    tag: str = ""
    alias: str = ""
    order: str = "name"
    opened: str = ""

    @classmethod
    def read(cls, query: Mapping[str, str]) -> "RegistryAddress":
        """What a query says; an order that isn't known counts as not said."""
        order = query.get("sort", "")
        return cls(
            words=query.get("q", ""),
            type=query.get("type", ""),
            tag=query.get("tag", ""),
            alias=query.get("alias", ""),
            order=order if order in SORTS else "name",
            opened=query.get("open", ""),
        )

    @property
    def is_filtered(self) -> bool:
        """Whether anything is left out."""
        return any((self.words, self.type, self.tag, self.alias))


def collections_of(project: Project, address: RegistryAddress) -> CollectionQuerySet:
    """The collections of a registry that an address asks for."""
    found = Collection.objects.portfolios().in_project(project).with_tags().select_related("project")
    found = found.annotate(active_at=Coalesce("last_added_at", "created_at"))
    if words := key_of(address.words.replace("\0", "")).strip():
        tagged = CollectionTag.objects.filter(name__icontains=words).values("collection")
        found = found.filter(Q(name_key__contains=words) | Q(pk__in=tagged))
    if address.type:
        found = found.filter(type=address.type)
    if tag := address.tag.replace("\0", ""):
        tagged = CollectionTag.objects.filter(name=tag).values("collection")
        on_versions = Membership.objects.filter(
            collection__project=project, version__in=VersionTag.objects.filter(name=tag).values("version")
        )
        found = found.filter(Q(pk__in=tagged) | Q(pk__in=on_versions.values("collection")))
    if alias := key_of(address.alias.replace("\0", "")):
        found = found.filter(pk__in=Alias.objects.filter(name_key=alias).values("collection"))
    return found
