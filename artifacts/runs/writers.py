"""Several processes that write to one run, each counting its own lines from 0: where their lines are in the run's, without a database."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

MOST_PLACES = 64  # remembered of one stream of a writer: a repeat is the last request or a few before it
GREATEST = ("_step", "_timestamp", "_runtime")
DEEPEST = 8


class Place(NamedTuple):
    """A writer's lines from `offset` on that are the run's from `line` on."""

    offset: int
    line: int
    size: int


class Piece(NamedTuple):
    """The part of a request from `start` on that belongs at a line of the run."""

    start: int
    line: int
    size: int


@dataclass
class Places:
    """Where a writer's lines of one stream are, in the order of their offsets; those below `forgotten` came long ago."""

    held: list[Place] = field(default_factory=list)
    forgotten: int = 0

    @classmethod
    def read(cls, kept: Mapping[str, object] | None) -> "Places":
        """What `kept` wrote."""
        kept = kept or {}
        held, forgotten = kept.get("held"), kept.get("forgotten")
        return cls(
            [Place(*one) for one in held] if isinstance(held, list) else [],
            forgotten if isinstance(forgotten, int) else 0,
        )

    def kept(self) -> dict[str, object]:
        """As JSON."""
        return {"held": [list(place) for place in self.held], "forgotten": self.forgotten}

    def take(self, offset: int, count: int, end: int) -> list[Piece]:
        """Find the lines from `offset` on among the run's, in the order of the run's; new ones go to the run's `end`."""
        pieces: list[Piece] = []
        following = max(offset, self.forgotten)
        for place in [*self.held, Place(offset + count, 0, 0)]:
            # What lies between two places is new, like what lies beyond the last.
            fresh = min(place.offset, offset + count) - following
            if fresh > 0:
                pieces.append(Piece(following - offset, end, fresh))
                self._add(Place(following, end, fresh))
                end += fresh
                following += fresh
            known = min(place.offset + place.size, offset + count) - following
            if known > 0 and following >= place.offset:
                pieces.append(Piece(following - offset, place.line + following - place.offset, known))
                following += known
        return sorted(pieces, key=lambda piece: piece.line)

    def _add(self, new: Place) -> None:
        last = self.held[-1] if self.held else None
        if last and (last.offset + last.size, last.line + last.size) == (new.offset, new.line):
            self.held = [*self.held[:-1], last._replace(size=last.size + new.size)]
        else:
            self.held = sorted([*self.held, new])
        if len(self.held) > MOST_PLACES:
            oldest, *self.held = self.held
            self.forgotten = oldest.offset + oldest.size


def merged(former: object, said: Mapping[str, object], depth: int = 0) -> dict[str, object]:
    """A writer's summary or configuration taken into what the others said: its keys win, and theirs stay."""
    found: dict[str, object] = dict(former) if isinstance(former, Mapping) else {}
    for key, value in said.items():
        held = found.get(key)
        is_inner = isinstance(value, Mapping) and isinstance(held, Mapping) and "_type" not in value
        if is_inner and isinstance(value, Mapping) and depth < DEEPEST:
            found[key] = merged(held, value, depth + 1)
        elif key in GREATEST and isinstance(held, int | float) and isinstance(value, int | float):
            found[key] = max(held, value)
        else:
            found[key] = value
    return found
