"""One control of a dialog in which something is chosen: a list while it is short, a search field with a list when it is long."""

from dataclasses import dataclass, field

from django.db.models import Model, QuerySet

from artifacts.naming import key_of

MOST_OPTIONS = 50
PICKED = "pick_"
Option = tuple[str, str]


@dataclass
class Choice:
    """What can be chosen, what is; a long list is searched instead, and shows what holds the typed part."""

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
    # Headings with their options; without any the options stand in one list.
    grouped: list[tuple[str, list[Option]]] = field(default_factory=list)
    # The ids of what is shown anew, too, while somebody types into a search field.
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
        """Their selectors, for htmx."""
        return ",".join(f"#{name}" for name in self.later)

    def offer(self, names: list[Option]) -> None:
        """The options, of which one more than are shown were read."""
        self.is_cut = len(names) > MOST_OPTIONS
        self.options = names[:MOST_OPTIONS]


def by_name[Row: Model](
    choice: Choice, found: QuerySet[Row], asked: str, *, missing: str, is_final: bool
) -> Row | None:
    """Offer rows by their names, and answer the one that is asked for, else the only one there is.

    What is typed into a search field is a part of a name until the form is sent; only then it is wrong.
    """
    choice.is_ready = True
    names = list(found.values_list("name", flat=True)[: MOST_OPTIONS + 1])
    choice.is_long = len(names) > MOST_OPTIONS
    is_alone = len(names) == 1
    if choice.is_long and asked:
        names = list(found.filter(name_key__contains=key_of(asked)).values_list("name", flat=True)[: MOST_OPTIONS + 1])
    choice.offer([(name, name) for name in names])
    if not asked:
        row = found.first() if is_alone else None
        choice.value = names[0] if is_alone else ""
        return row
    row = found.filter(name_key=key_of(asked)).first()
    choice.value = row.name if row is not None else asked  # type: ignore[attr-defined]
    if row is None and (is_final or not choice.is_long):
        choice.error = missing
    return row


def picked_in(asked: dict[str, str]) -> str:
    """The control in whose list an entry was picked, which keeps the focus."""
    return next((name.removeprefix(PICKED) for name in asked if name.startswith(PICKED)), "")


def narrowed(asked: dict[str, str], trigger: str, later: dict[str, tuple[str, ...]]) -> dict[str, str]:
    """What a form says after a choice was made in it: an entry picked from a list counts, and what hung on the choice is open again.

    `trigger` is the id of the control that htmx says was changed.
    """
    picked = {name.removeprefix(PICKED): value for name, value in asked.items() if name.startswith(PICKED)}
    changed = picked_in(asked) or trigger.removeprefix("id_")
    reset = later.get(changed, ())
    kept = {name: value for name, value in asked.items() if name not in reset and not name.startswith(PICKED)}
    return kept | picked
