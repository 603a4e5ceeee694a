"""What the facets of a search leave, as values and as conditions of its statements.

Every condition here begins with AND, to stand behind another one, and is empty where nothing was chosen.
"""

from dataclasses import dataclass

from registry.search.hits import Kind
from registry.search.sql import NOTHING, Statement, sql


@dataclass(frozen=True)
class Narrowing:
    """The values that are chosen of each facet, of which one has to fit; a facet of which none is chosen leaves everything."""

    kinds: frozenset[Kind] = frozenset()
    registries: frozenset[int] | None = None
    types: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    aliases: frozenset[str] = frozenset()  # by key

    @property
    def names_something(self) -> bool:
        """Whether something is chosen by which results can be found without words."""
        return self.registries is not None or bool(self.types or self.tags or self.aliases)

    def takes(self, kind: Kind) -> bool:
        """Whether anything of this kind can be left: registries have no type, tag and alias, tags no type and alias."""
        if self.kinds and kind not in self.kinds:
            return False
        if kind == Kind.REGISTRY:
            return not self.types and not self.tags and not self.aliases
        return kind != Kind.TAG or not (self.types or self.aliases)


EVERYTHING = Narrowing()


def type_fits(narrowing: Narrowing) -> Statement:
    """That `collection` has one of the types."""
    return sql(" AND {collection.type:one_of types}", types=narrowing.types) if narrowing.types else NOTHING


def collection_fits(narrowing: Narrowing) -> Statement:
    """That `collection` has one of the types, bears one of the tags itself, and one of the aliases on any of its versions."""
    condition = type_fits(narrowing)
    if narrowing.tags:
        condition += sql(
            " AND EXISTS (SELECT 1 FROM {collection_tag} "
            "WHERE {collection_tag.collection_id} = {collection.id} AND {collection_tag.name:one_of tags})",
            tags=narrowing.tags,
        )
    if narrowing.aliases:
        condition += sql(
            " AND EXISTS (SELECT 1 FROM {chosen_alias} "
            "WHERE {chosen_alias.collection_id} = {collection.id} AND {chosen_alias.name_key:one_of aliases})",
            aliases=narrowing.aliases,
        )
    return condition


def membership_fits(narrowing: Narrowing) -> Statement:
    """That `membership` in `collection` has one of the types, tags and aliases."""
    return type_fits(narrowing) + labels_fit(narrowing)


def labels_fit(narrowing: Narrowing, m: str = "membership") -> Statement:
    """That a membership `m` has one of the tags, on its collection or its version, and one of the aliases."""
    condition = NOTHING
    if narrowing.tags:
        condition += sql(
            f" AND (EXISTS (SELECT 1 FROM {{collection_tag}} "
            f"WHERE {{collection_tag.collection_id}} = {{{m}.collection_id}} AND {{collection_tag.name:one_of tags}}) "
            f"OR EXISTS (SELECT 1 FROM {{version_tag}} "
            f"WHERE {{version_tag.version_id}} = {{{m}.version_id}} AND {{version_tag.name:one_of tags}}))",
            tags=narrowing.tags,
        )
    if narrowing.aliases:
        condition += sql(
            f" AND EXISTS (SELECT 1 FROM {{chosen_alias}} "
            f"WHERE {{chosen_alias.membership_id}} = {{{m}.id}} AND {{chosen_alias.name_key:one_of aliases}})",
            aliases=narrowing.aliases,
        )
    return condition
