"""One control of a dialog in which something is chosen: a list while it is short, a search field with a list when it is long."""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model, QuerySet

from artifacts.naming import key_of

MOST_OPTIONS = 50
Option = tuple[str, str]


@dataclass
class ChoiceControl:
    """What can be chosen, and what is. Above `MOST_OPTIONS` it is searched, and shows only what holds the typed part.

    `is_ready` is false while something before it must be chosen first; `is_cut` says that more was found than is shown.
    `grouped` has headings with their options; without any, `options` stand in one list. `later` are the ids of what is shown anew
    while somebody types into the search field.
    """

    name: str
    label: str
    value: str = ""
    options: list[Option] = field(default_factory=list)
    is_long: bool = False
    is_cut: bool = False
    prompt: str = ""
    hint: str = ""
    note: str = ""
    error: str = ""
    is_ready: bool = False
    grouped: list[tuple[str, list[Option]]] = field(default_factory=list)
    later: list[str] = field(default_factory=list)

    @property
    def groups(self) -> list[tuple[str, list[Option]]]:
        """The options below their headings; an empty heading isn't shown."""
        return self.grouped or [("", self.options)]

    @property
    def is_empty(self) -> bool:
        """Whether nothing can be chosen."""
        return not any(options for _, options in self.groups)

    @property
    def later_ids(self) -> str:
        """What is shown anew while somebody types, as the selectors that htmx takes."""
        return ",".join(f"#{name}" for name in self.later)

    def read[Row](self, everything: QuerySet[Any, Row], part: QuerySet[Any, Row] | None) -> list[Row]:
        """The first rows of all that can be chosen; where these are too many for a list, of the part that is asked for, if one is.

        One more than `MOST_OPTIONS` is read, by which it is known that there are others.
        """
        rows = list(everything[: MOST_OPTIONS + 1])
        self.is_ready, self.is_long = True, len(rows) > MOST_OPTIONS
        return list(part[: MOST_OPTIONS + 1]) if self.is_long and part is not None else rows

    def offer(self, options: list[Option]) -> None:
        """Show these options, of which one more than `MOST_OPTIONS` stands for all others."""
        self.is_cut = len(options) > MOST_OPTIONS
        self.options = options[:MOST_OPTIONS]


def offer_by_name[Named: Model](
    choice: ChoiceControl, found: QuerySet[Named], asked: str, *, missing: str, is_final: bool
) -> Named | None:
    """Offer rows by their names, and answer the one that is asked for, else the only one there is.

    What is typed into a search field is a part of a name until the form is sent; only then a name that nothing has is refused,
    with the sentence `missing`.
    """
    every_name = found.values_list("name", flat=True)
    names = choice.read(every_name, every_name.filter(name_key__contains=key_of(asked)) if asked else None)
    choice.offer([(name, name) for name in names])
    if not asked:
        is_alone = len(names) == 1
        row = found.first() if is_alone else None
        choice.value = names[0] if is_alone else ""
        return row
    row = found.filter(name_key=key_of(asked)).first()
    choice.value = row.name if row is not None else asked  # type: ignore[attr-defined]
    if row is None and (is_final or not choice.is_long):
        choice.error = missing
    return row
