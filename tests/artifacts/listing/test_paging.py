"""Pages of the web app: each row once whichever way one turns them, and a cursor that isn't ours is no cursor."""

import base64
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import pytest
from django.db.models import F, FloatField
from django.db.models.functions import Cast, Now

from artifacts.listing.paging import page_of, page_of_list
from artifacts.models import Collection
from artifacts.models.collections import CollectionQuerySet
from tests import factories
from tests.conftest import World

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
ORDERS = [("natural_key",), ("-pk",), ("-version_count", "-pk"), ("created_at", "pk"), ("-created_at", "-pk"),
          ("-moment", "-pk"), ("ratio", "pk"), ("description", "-version_count", "pk")]  # fmt: skip


@pytest.fixture
def rows(world: World) -> CollectionQuerySet:
    """Seven collections; the database wrote some of their moments, and Django the others, two of them the same."""
    for number in range(7):
        made = factories.portfolio(world.model, f"zoo{number}", user=world.alice)
        moment = Now() if number % 2 else NOON + timedelta(microseconds=number // 4)
        Collection.objects.filter(pk=made.pk).update(
            description=f"text {number % 2}", version_count=number % 3, next_index=9, created_at=moment
        )
    found = Collection.objects.filter(project=world.model)
    return found.annotate(moment=F("created_at"), ratio=Cast("version_count", FloatField()) / 7.0)


def asked(address: str) -> dict[str, str]:
    return dict(parse_qsl(address.removeprefix("?")))


@pytest.mark.parametrize("columns", ORDERS, ids="+".join)
def test_each_row_is_on_one_page_there_and_back(rows: CollectionQuerySet, columns: Sequence[str]) -> None:
    pages = [page_of(rows, columns, {}, size=2)]
    assert pages[0].newer == ""
    while pages[-1].older:
        pages.append(page_of(rows, columns, asked(pages[-1].older), size=2))
    assert [row for page in pages for row in page.rows] == list(rows.order_by(*columns))
    back = [page_of(rows, columns, asked(pages[-1].newer), size=2)]
    while back[-1].newer:
        back.append(page_of(rows, columns, asked(back[-1].newer), size=2))
    assert [page.rows for page in reversed(back)] == [page.rows for page in pages[:-1]]


@pytest.mark.parametrize("columns", ORDERS, ids="+".join)
def test_a_page_goes_on_behind_a_row_that_is_gone(rows: CollectionQuerySet, columns: Sequence[str]) -> None:
    following = list(rows.order_by(*columns))[3:]
    first = page_of(rows, columns, {}, size=3)
    Collection.objects.filter(pk=first.rows[-1].pk).delete()
    assert page_of(rows, columns, asked(first.older), size=10).rows == following


def test_what_else_the_address_says_is_kept(rows: CollectionQuerySet) -> None:
    page = page_of(rows, ("-pk",), {"q": "zoo", "after": "", "open": "x"}, size=2)
    assert {name: value for name, value in asked(page.older).items() if name != "after"} == {"q": "zoo"}


def cursor(*values: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode()


@pytest.mark.parametrize(
    "text",
    ["", "x", "é", "W10", cursor(), cursor(1), cursor({}, 1, 1), cursor({"moment": "yesterday"}, 3, 3), cursor("zoo", 3, 3),
     cursor({"moment": 5}, 3, 3), cursor({"other": 1}, 3, 3), cursor(None, 3, 3), cursor([1], 3, 3), "A" * 5_000],
)  # fmt: skip
def test_a_cursor_that_is_not_of_this_list_gives_its_beginning(rows: CollectionQuerySet, text: str) -> None:
    page = page_of(rows, ("-created_at", "-pk"), {"after": text}, size=2)
    assert page.rows == list(rows.order_by("-created_at", "-pk")[:2])
    assert page.newer == ""


def test_two_lists_of_a_page_are_turned_apart(rows: CollectionQuerySet) -> None:
    table = page_of(rows, ("pk",), {"find": "zoo"}, size=2)
    both = asked(table.older)
    tree = page_of(rows, ("-pk",), both, size=3, names=("from", "to"))
    assert tree.newer == ""
    both = asked(tree.older)
    assert sorted(both) == ["after", "find", "from"]
    order = list(rows.order_by("pk"))
    assert page_of(rows, ("pk",), both, size=2).rows == order[2:4]
    assert page_of(rows, ("-pk",), both, size=3, names=("from", "to")).rows == order[::-1][3:6]


def test_a_list_in_memory_is_turned_there_and_back() -> None:
    items = list("abcdefg")
    pages = [page_of_list(items, str.upper, {"kind": "x"}, size=3)]
    while pages[-1].older:
        pages.append(page_of_list(items, str.upper, asked(pages[-1].older), size=3))
    assert [("".join(page.rows), page.start) for page in pages] == [("abc", 0), ("def", 3), ("g", 6)]
    assert (pages[0].newer, pages[1].newer) == ("", "?kind=x&before=D")
    assert "".join(page_of_list(items, str.upper, asked(pages[2].newer), size=3).rows) == "def"
    assert page_of_list(items, str.upper, {"after": "?", "before": "?"}, size=3).rows == ["a", "b", "c"]
    assert page_of_list([], str.upper, {}).older == ""


def test_a_cursor_holds_the_longest_path(rows: CollectionQuerySet) -> None:
    Collection.objects.filter(pk=rows[0].pk).update(description="🗀" * 1024)
    first = page_of(rows, ("-description", "pk"), {}, size=1)
    assert page_of(rows, ("-description", "pk"), asked(first.older), size=1).newer
