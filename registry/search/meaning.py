"""What somebody means by `type:mod` or `tag:vis`: the things of this name, else those whose name or a word in it begins so.

Of what they may see only. Only what was typed is read so; what a facet's box or a saved search names is meant to the letter.
"""

from collections.abc import Iterable, Mapping, Sequence

from artifacts.models import Project
from artifacts.naming import key_of
from registry.search.address import (
    MOST_CHOSEN,
    Address,
    registry_labels,
)
from registry.search.find import (
    aliases_named,
    tags_named,
)
from registry.search.hits import (
    Narrowing,
    ranked,
)
from registry.search.sql import (
    among,
    each_value,
    listed,
    one_of,
    rows_of,
)

A_WORD_BEGINS = 2  # the last rank of `ranked` that counts here
MOST_TYPES = 200


def as_meant(address: Address, visible: Mapping[int, Project]) -> Address:
    """The address with the names that there are in place of what was typed for them; what fits nothing stays, and finds nothing."""
    if typed := address.free.get("registry"):
        labels = {*registry_labels(visible).values(), *(project.title for project in visible.values())}
        address = address.meaning("registry", {value: fitting(value, labels) for value in typed})
    if typed := address.free.get("type"):
        types = types_in(visible)
        address = address.meaning("type", {value: fitting(value, types) for value in typed})
    for name, named in (("tag", tags_named), ("alias", aliases_named)):
        typed = address.free.get(name, ())
        if typed:
            known = known_keys(visible, name, typed)  # spelt in whatever way: the facet takes them by key
            loose = [value for value in typed if key_of(value) not in known]
            held = {
                value: [hit.name for hit in named(visible, key_of(value), Narrowing(), MOST_CHOSEN)] for value in loose
            }
            address = address.meaning(name, {value: fitting(value, set(names)) for value, names in held.items()})
    return address


def fitting(typed: str, names: Iterable[str]) -> list[str]:
    """The names that are this one but for capitals, else those that begin so or have a word that does, the nearest first."""
    key = key_of(typed)
    by_rank = sorted((ranked(key_of(name), key), name.casefold(), name) for name in names if key in key_of(name))
    exact = [name for rank, _, name in by_rank if rank == 0]
    return ([typed] if typed in exact else exact) or [name for rank, _, name in by_rank if rank <= A_WORD_BEGINS][
        :MOST_CHOSEN
    ]


def known_keys(visible: Mapping[int, Project], kind: str, typed: Sequence[str]) -> set[str]:
    """Which of some names a tag or an alias there bears or bore, by key."""
    keys, values = one_of(map(key_of, typed))
    named = f"SELECT t.name_key FROM artifacts_searchterm t WHERE t.name_key {keys} AND t.kind = %s AND t.project_id {among()}"
    return {key for (key,) in rows_of(named, [*values, kind, listed(visible)])}


def types_in(visible: Mapping[int, Project]) -> list[str]:
    """The types of the collections in some registries, by name. From each type the index leads to the next: none is counted."""
    next_type = "SELECT MIN(c.type) FROM artifacts_collection c WHERE c.kind = 'portfolio' AND c.project_id = "
    rows = rows_of(
        f"WITH RECURSIVE types(project, name) AS (SELECT each.value, ({next_type}each.value) FROM {each_value()} "
        f"UNION ALL SELECT types.project, ({next_type}types.project AND c.type > types.name) FROM types WHERE types.name IS NOT NULL) "
        f"SELECT DISTINCT name FROM types WHERE name IS NOT NULL ORDER BY name LIMIT {MOST_TYPES}",
        [listed(visible)],
    )
    return [name for (name,) in rows]


def instead(address: Address, visible: Mapping[int, Project]) -> dict[str, Sequence[str]]:
    """Where nothing was found among the types or registries that were asked for: which there are, at most so many as can be chosen."""
    found: dict[str, Sequence[str]] = {}
    if address.chosen.get("type"):
        found["type"] = types_in(visible)[:MOST_CHOSEN]
    if address.chosen.get("registry"):
        found["registry"] = sorted(registry_labels(visible).values(), key=str.casefold)[:MOST_CHOSEN]
    return {name: values for name, values in found.items() if values}
