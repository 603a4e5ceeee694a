"""What the address of a collection's page asks of the table of its versions. Its query is read and written here only."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.datastructures import MultiValueDict

from registry.tables.columns import SORTS

NEWEST_FIRST = "-version"
DIRECTIONS = {
    "auto": "Best: as each metric says",
    "higher": "Best: the highest",
    "lower": "Best: the lowest",
}


@dataclass(frozen=True)
class CollectionAddress:
    """Filter, order, columns and page of the table; empty stands for what is shown without being asked for.

    `shown` are columns of the versions and `metadata.<key>`, `metrics` those of their runs, `best` which value of a metric is the best,
    `drawn` the metric of the line, `before` and `after` the place in the list where a page ends or begins.
    """

    filter_text: str = ""
    order: str = NEWEST_FIRST
    has_metrics: bool = False
    shown: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    best: str = "auto"
    drawn: str = ""
    before: str = ""
    after: str = ""

    @classmethod
    def read(cls, query: MultiValueDict[str, str]) -> "CollectionAddress":
        """What a query says; what it can't say counts as not said."""
        order, best = query.get("sort", ""), query.get("best", "")
        return cls(
            filter_text=query.get("q", ""),
            order=order if order in SORTS else NEWEST_FIRST,
            has_metrics=query.get("metrics") == "1",
            shown=tuple(query.getlist("show")),
            metrics=tuple(query.getlist("column")),
            best=best if best in DIRECTIONS else "auto",
            drawn=query.get("metric", ""),
            before=query.get("before", ""),
            after=query.get("after", ""),
        )

    def query(self) -> MultiValueDict[str, str]:
        """The query that says this."""
        query: MultiValueDict[str, str] = MultiValueDict()
        for name, value in self._pairs():
            query.appendlist(name, value)
        return query

    def kept(self, *changed: str) -> list[tuple[str, str]]:
        """What a form that changes some of it sends along; a changed list begins at its first page."""
        return [(name, value) for name, value in self._pairs() if name not in {*changed, "before", "after"}]

    def _pairs(self) -> Iterator[tuple[str, str]]:
        """Names and values of the query, without what is so anyway."""
        pairs = [
            ("q", self.filter_text),
            ("sort", self.order if self.order != NEWEST_FIRST else ""),
            ("metrics", "1" if self.has_metrics else ""),
            *(("show", name) for name in self.shown),
            *(("column", name) for name in self.metrics),
            ("best", self.best if self.best != "auto" else ""),
            ("metric", self.drawn),
            ("before", self.before),
            ("after", self.after),
        ]
        return ((name, value) for name, value in pairs if value)
