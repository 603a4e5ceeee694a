from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from artifacts.errors import Invalid
from artifacts.listing.paging import beyond
from artifacts.models import Collection
from registry_site.wandb_api.engine.paging import (
    LARGEST_FIRST,
    Key,
    connection,
    cursor_of,
    page_size,
    read_cursor,
    whole,
    write_cursor,
)
from tests import factories
from tests.conftest import World

values = st.one_of(
    st.integers(-(2**63), 2**63 - 1),
    st.text(max_size=50),
    st.datetimes(timezones=st.just(UTC)),
)


@given(values, st.integers(1))
def test_a_cursor_gives_back_the_values_of_its_row(value: object, pk: int) -> None:
    columns = ("-column", "pk")
    row = SimpleNamespace(column=value, pk=pk)
    assert read_cursor(cursor_of(row, columns), columns) == [value, pk]


def test_a_column_may_lie_behind_a_relation() -> None:
    row = SimpleNamespace(version=SimpleNamespace(size=5), pk=1)
    assert read_cursor(cursor_of(row, ("version__size",)), ("version__size",)) == [5]


@pytest.mark.parametrize("other", [("index",), ("-pk",), ("-index", "pk")])
def test_a_cursor_of_another_order_is_refused(other: tuple[str, ...]) -> None:
    with pytest.raises(Invalid):
        read_cursor(write_cursor([3], ("-index",)), other)


@pytest.mark.parametrize("text", ["", ":", "WzNd", "WzNd:x", "-1", "' OR 1=1--", "x" * 1_000_000, "é:é", "\ud800:x"])
def test_a_forged_cursor_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        read_cursor(text, ("-pk",))


@given(st.text(max_size=80))
def test_no_text_but_ours_is_a_cursor(text: str) -> None:
    with pytest.raises(Invalid):
        read_cursor(text, ("-pk",))


def test_a_changed_cursor_is_refused() -> None:
    plain, signature = write_cursor([3], ("-pk",)).split(":")
    with pytest.raises(Invalid):
        read_cursor(f"{plain[:-1]}x:{signature}", ("-pk",))


@pytest.mark.parametrize(
    ("first", "size"), [(None, 100), (1, 1), (50, 50), (5_000, LARGEST_FIRST), (2**31 - 1, LARGEST_FIRST)]
)
def test_a_page_is_as_large_as_asked_within_bounds(first: int | None, size: int) -> None:
    assert page_size(first) == size


@pytest.mark.parametrize("first", [0, -1, -(2**31)])
def test_a_page_without_rows_is_refused(first: int) -> None:
    with pytest.raises(Invalid):
        page_size(first)


@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 30)), unique_by=lambda row: row[1], max_size=30),
    st.sampled_from(["pk", "-pk"]),
    st.sampled_from(["column", "-column"]),
    st.integers(1, 7),
)
def test_pages_hold_every_row_once_and_in_order(
    rows: list[tuple[int, int]], second: str, column: str, size: int
) -> None:
    signs = [-1 if name.startswith("-") else 1 for name in (column, second)]
    ordered = sorted(rows, key=lambda row: (signs[0] * row[0], signs[1] * row[1]))
    seen: list[tuple[int, int]] = []
    while page := [
        row
        for row in ordered
        if not seen or holds(beyond(Collection.objects.all(), (column, second), seen[-1], None), row)
    ][:size]:
        seen += page
    assert seen == ordered


def holds(condition: object, row: tuple[int, int]) -> bool:
    """Whether a Q of `beyond` holds for a row, worked out without a database."""
    if isinstance(condition, tuple):
        (name, comparison), wanted = condition[0].split("__"), condition[1]
        value = row[0] if name == "column" else row[1]
        return {"gt": value > wanted, "lt": value < wanted, "gte": value >= wanted, "lte": value <= wanted}[comparison]
    results = [holds(child, row) for child in condition.children]  # type: ignore[attr-defined]
    return all(results) if condition.connector == "AND" else any(results)  # type: ignore[attr-defined]


def test_a_whole_list_is_one_page() -> None:
    page = whole(["a", "b"], node=str.upper)
    assert [edge["node"] for edge in page["edges"]] == ["A", "B"]
    assert page["page_info"]["has_next_page"] is False
    assert page["total_count"]() == 2


def test_moments_keep_their_zone() -> None:
    moment = datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert read_cursor(write_cursor([moment], ("created_at",)), ("created_at",)) == [moment]


@pytest.mark.parametrize("key", ["-pk", "name", ("description", "-pk"), ("-created_at", "pk"), ("-description", "-pk")])
def test_pages_of_rows_are_one_small_query_each(
    world: World, key: Key, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(7):
        collection = factories.portfolio(world.model, f"zoo{number}", user=world.alice)
        Collection.objects.filter(pk=collection.pk).update(description=f"text {number % 2}")
    rows = Collection.objects.filter(project=world.model)
    seen: list[Collection] = []
    after = None
    while True:
        with django_assert_num_queries(1) as queries:
            page = connection(rows, first=2, after=after, key=key, total=rows.count)
        assert "COUNT" not in queries[0]["sql"]
        assert "OFFSET" not in queries[0]["sql"]
        seen += [edge["node"] for edge in page["edges"]]
        if not page["page_info"]["has_next_page"]:
            break
        after = page["page_info"]["end_cursor"]()
    assert seen == list(rows.order_by(*((key,) if isinstance(key, str) else key)))
    assert page["total_count"]() == 7


def test_an_empty_page_ends_there(world: World) -> None:
    page = connection(Collection.objects.none(), node=str)
    assert page["edges"] == []
    assert page["page_info"]["has_next_page"] is False
    assert page["page_info"]["end_cursor"] is None
