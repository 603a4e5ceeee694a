"""What the address of a table says: what is looked for, the order, the columns, the page."""

from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.http import QueryDict

from artifacts.views.answers import pairs_without


@dataclass(frozen=True)
class TableAddress:
    """`?q=…&sort=…&show=…` of a table of runs or versions; `query` is the whole, which the links to its other pages keep."""

    words: str = ""
    sort: str = ""
    columns: tuple[str, ...] = ()
    query: QueryDict = field(default_factory=QueryDict)

    @classmethod
    def read(cls, query: QueryDict) -> "TableAddress":
        """Read the query of an address."""
        return cls(query.get("q", ""), query.get("sort", ""), tuple(query.getlist("show")), query)

    def kept(self, *changed: str) -> list[tuple[str, str]]:
        """What a form that changes some names leaves in the address."""
        return pairs_without(self.query, *changed)

    def with_words(self, words: str) -> str:
        """The query of the same table with other words in its search box, from its first page on."""
        return f"?{urlencode([*self.kept('q'), ('q', words)] if words else self.kept('q'))}"
