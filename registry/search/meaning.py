"""What somebody means by `type:mod` or `tag:vis`: the things of this name, else those whose name or a word in it begins so.

Of what they may see only. Only what was typed is read so; what a facet's box or a saved search names is meant to the letter.
"""

from collections.abc import Iterable, Mapping, Sequence

from artifacts.models import Project, SearchTerm
from artifacts.naming import key_of
from registry.search.address import MOST_CHOSEN, SearchAddress, registry_labels
from registry.search.hits import ranked
from registry.search.names import aliases_named, known_keys, tags_named
from registry.search.narrowing import EVERYTHING
from registry.search.without_words import types_in

A_WORD_BEGINS = 2  # the last rank of `ranked` that counts here
NAMED = ((SearchTerm.Kind.TAG, tags_named), (SearchTerm.Kind.ALIAS, aliases_named))


def as_meant(address: SearchAddress, visible: Mapping[int, Project]) -> SearchAddress:
    """The address with the names that there are in place of what was typed for them; what fits nothing stays, and finds nothing."""
    if typed := address.free.get("registry"):
        labels = {*registry_labels(visible).values(), *(project.title for project in visible.values())}
        address = address.meaning("registry", {value: fitting(value, labels) for value in typed})
    if typed := address.free.get("type"):
        types = types_in(visible)
        address = address.meaning("type", {value: fitting(value, types) for value in typed})
    for kind, named in NAMED:
        if typed := address.free.get(kind.value, ()):
            known = known_keys(visible, kind, typed)  # spelt in whatever way: the facet takes them by key
            meant = {}
            for value in typed:
                if key_of(value) not in known:
                    hits = named(visible, key_of(value), EVERYTHING, MOST_CHOSEN)
                    meant[value] = fitting(value, {hit.name for hit in hits})
            address = address.meaning(kind.value, meant)
    return address


def fitting(typed: str, names: Iterable[str]) -> list[str]:
    """The names that are this one but for capitals, else those that begin so or have a word that does, the nearest first."""
    key = key_of(typed)
    by_rank = sorted((ranked(key_of(name), key), name.casefold(), name) for name in names if key in key_of(name))
    exact = [name for rank, _, name in by_rank if rank == 0]
    return ([typed] if typed in exact else exact) or [name for rank, _, name in by_rank if rank <= A_WORD_BEGINS][
        :MOST_CHOSEN
    ]


def instead(address: SearchAddress, visible: Mapping[int, Project]) -> dict[str, Sequence[str]]:
    """What to offer where nothing was found: by facet, the types or registries that there are, as many as can be chosen."""
    found: dict[str, Sequence[str]] = {}
    if address.chosen.get("type"):
        found["type"] = types_in(visible)[:MOST_CHOSEN]
    if address.chosen.get("registry"):
        found["registry"] = sorted(registry_labels(visible).values(), key=str.casefold)[:MOST_CHOSEN]
    return {name: values for name, values in found.items() if values}
