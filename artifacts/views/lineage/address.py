"""What the address of a lineage graph says: how deep, what is unfolded, taken out of its group and hidden, what is shown beside it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from urllib.parse import urlencode

from django.http import QueryDict

from artifacts.lineage.graph import EVERYTHING
from artifacts.text.cleaning import clean_text

DEPTHS = {"3": ("3 levels each way", 3), "direct": ("Direct only", 1), "all": ("Everything", EVERYTHING)}
USUAL = "3"
KEY = re.compile(r"[rv][1-9]\d{0,17}", re.ASCII)
COLUMN = re.compile(r"0|-?[1-9]\d{0,3}", re.ASCII)
GROUP = re.compile(rf"(?:run|artifact)-(?:{COLUMN.pattern})", re.ASCII)
OPENED = re.compile(rf"({GROUP.pattern})(?:\.({KEY.pattern}))?", re.ASCII)
MOST_NAMED = 20
MOST_OPENED = 6


@dataclass(frozen=True)
class LineageAddress:
    """What an address says of a graph; what it says wrongly is ignored."""

    depth: str = USUAL
    around: int = 0  # the column in the middle of what is drawn of a long graph; the version's own is 0
    opened: Mapping[str, str] = field(default_factory=dict)  # a group, and the member behind which its page begins
    out: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    node: str = ""
    group: str = ""
    words: str = ""
    after: int = 0

    @classmethod
    def read(cls, query: QueryDict) -> "LineageAddress":
        """Read the query of an address."""
        depth, group, after = query.get("depth", ""), query.get("group", ""), query.get("after", "")
        around = query.get("around", "")
        opened = (OPENED.fullmatch(text) for text in query.getlist("open")[:MOST_OPENED])
        return cls(
            depth=depth if depth in DEPTHS else USUAL,
            around=int(around) if COLUMN.fullmatch(around) else 0,
            opened={match[1]: match[2] or "" for match in opened if match},
            out=_keys(query.getlist("out"), KEY),
            hidden=_keys(query.getlist("hide"), KEY, GROUP),
            node=query.get("node", "")[:40],
            group=group if GROUP.fullmatch(group) else "",
            words=clean_text(query.get("find", "")[:100]).strip(),
            after=int(after) if KEY.fullmatch(f"v{after}") else 0,
        )

    @property
    def levels(self) -> int:
        """How many levels each way."""
        return DEPTHS[self.depth][1]

    def pairs(self) -> Iterator[tuple[str, str]]:
        """What the picture depends on, as parts of an address."""
        if self.depth != USUAL:
            yield "depth", self.depth
        if self.around:
            yield "around", str(self.around)
        yield from (("open", f"{name}.{after}" if after else name) for name, after in self.opened.items())
        if self.out:
            yield "out", ".".join(self.out)
        if self.hidden:
            yield "hide", ".".join(self.hidden)

    @cached_property
    def _rest(self) -> str:
        return "".join(f"&{name}={value}" for name, value in self.pairs())

    def to_node(self, key: str) -> str:
        """Where a node of the picture leads: the same picture with the node beside it."""
        return f"?node={key}{self._rest}"

    def to_group(self, key: str) -> str:
        """Where a group of the picture leads."""
        return f"?group={key}{self._rest}"

    def query(self, **changes: object) -> str:
        """The query of the same graph with some of what it says changed."""
        changed = replace(self, **changes)  # type: ignore[arg-type]
        beside = [
            ("group", changed.group),
            ("find", changed.words),
            ("after", changed.after or ""),
            ("node", changed.node),
        ]
        return f"?{urlencode([*changed.pairs(), *((name, value) for name, value in beside if value)])}"

    def extracted(self, key: str) -> str:
        """The query of this graph with a member taken out of its group."""
        return self.query(out=(*self.out, key)[-MOST_NAMED:])

    def put_back(self, key: str) -> str:
        """The query of this graph with a member that was taken out put back into its group."""
        return self.query(out=_without(self.out, key))

    def hiding(self, key: str) -> str:
        """The query of this graph with a node or a group hidden; nothing is shown beside the picture then."""
        return self.query(hidden=(*self.hidden, key)[-MOST_NAMED:], node="", group="", words="", after=0)

    def unfolded(self, group: str, after: str = "") -> str:
        """The query of this graph with a page of the group's members unfolded: the one behind the member `after`."""
        return self.query(opened={**self.opened, group: after})

    def folded(self, group: str) -> str:
        """The query of this graph with the group folded."""
        return self.query(opened={name: after for name, after in self.opened.items() if name != group})


def _keys(texts: Iterable[str], *kinds: re.Pattern[str]) -> tuple[str, ...]:
    """The keys that some texts name, each once; a text may name several, joined by full stops. What is no key is left out."""
    known = (key for text in texts for key in text[:1000].split(".") if any(kind.fullmatch(key) for kind in kinds))
    return tuple(dict.fromkeys(known))[:MOST_NAMED]


def _without(keys: tuple[str, ...], key: str) -> tuple[str, ...]:
    return tuple(other for other in keys if other != key)
