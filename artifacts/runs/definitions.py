"""What a script declared of its metrics with `define_metric`: the x axis of each, and those that are not to be drawn.

The client keeps it in the configuration, as numbered fields: https://github.com/wandb/wandb, wandb_internal.proto, MetricRecord.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

NAME, GLOB, AXIS, AXIS_INDEX, OPTIONS = "1", "2", "4", "5", "6"
HIDDEN = 2  # among the options
MOST = 10_000


@dataclass(frozen=True)
class Definition:
    """One declaration: the metric that serves as x axis, empty for the step, and whether it is to be drawn."""

    axis: str = ""
    is_hidden: bool = False


UNDEFINED = Definition()


@dataclass(frozen=True)
class Definitions:
    """The declarations of a run, by name and by what names begin with (`val/*`)."""

    names: dict[str, Definition] = field(default_factory=dict)
    beginnings: dict[str, Definition] = field(default_factory=dict)

    def of(self, key: str) -> Definition:
        """What was declared of a metric: by its name, else by the longest beginning that it has."""
        if key in self.names:
            return self.names[key]
        fitting = [beginning for beginning in self.beginnings if key.startswith(beginning)]
        return self.beginnings[max(fitting, key=len)] if fitting else UNDEFINED

    def axes(self) -> list[str]:
        """The metrics that serve as x axis, in the order of their declaration."""
        every = [*self.names.values(), *self.beginnings.values()]
        return list(dict.fromkeys(one.axis for one in every if one.axis))

    def hides_any(self) -> bool:
        """Whether there is something not to be drawn."""
        return any(one.is_hidden for one in (*self.names.values(), *self.beginnings.values()))

    def hidden(self, keys: Iterable[str]) -> list[str]:
        """Those of the metrics that are not to be drawn."""
        return [key for key in keys if self.of(key).is_hidden]


def definitions_in(config: object) -> Definitions:
    """The declarations in a run's configuration; none where it has none, or what no client would write."""
    records = _records(config)
    found = Definitions()
    for record in records:
        options = record.get(OPTIONS)
        is_hidden = isinstance(options, list) and HIDDEN in options
        name, beginning = record.get(NAME), record.get(GLOB)
        if isinstance(name, str) and name:
            found.names[_plain(name)] = Definition(_axis(record, records), is_hidden)
        elif isinstance(beginning, str) and beginning.endswith("*"):
            found.beginnings[_plain(beginning[:-1])] = Definition(_axis(record, records), is_hidden)
    return found


def _records(config: object) -> list[Mapping[str, object]]:
    for name in ("_wandb", "value", "m"):
        config = config.get(name) if isinstance(config, Mapping) else None
    return [one if isinstance(one, Mapping) else {} for one in config[:MOST]] if isinstance(config, list) else []


def _axis(record: Mapping[str, object], records: list[Mapping[str, object]]) -> str:
    """The x axis by its name, or by the place of its own declaration, counted from 1."""
    name, place = record.get(AXIS), record.get(AXIS_INDEX)
    if isinstance(place, int) and not isinstance(place, bool) and 0 < place <= len(records):
        name = records[place - 1].get(NAME)
    return _plain(name) if isinstance(name, str) and name != record.get(NAME) else ""


def _plain(name: str) -> str:
    """The client writes a dot that belongs to a key as `\\.`."""
    return name.replace("\\.", ".")
