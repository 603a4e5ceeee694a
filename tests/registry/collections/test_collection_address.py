"""What a collection's address says is one value, and the table of its versions needs nothing else of a request."""

import pytest
from django.http import QueryDict

from registry.actions.link import link_by_name
from registry.tables.collection_address import CollectionAddress
from registry.tables.version_table import version_table
from tests import factories
from tests.conftest import World

EVERYTHING = "q=alias:prod&sort=size&metrics=1&show=tags&show=metadata.rows&show=-&column=loss&column=acc&best=lower&metric=acc&after=W10"


@pytest.mark.parametrize("query", ["", "show=-", "before=W10", EVERYTHING])
def test_an_address_says_what_it_was_read_from(query: str) -> None:
    address = CollectionAddress.read(QueryDict(query))
    said = QueryDict(mutable=True)
    said.update(address.query())
    assert said.urlencode(safe=":") == query
    assert CollectionAddress.read(said) == address


@pytest.mark.parametrize(
    "query", ["sort=colour", "sort=-version", "metrics=2", "best=mine", "best=auto", "q=&metric=", "x=1"]
)
def test_what_it_cannot_say_counts_as_not_said(query: str) -> None:
    assert CollectionAddress.read(QueryDict(query)) == CollectionAddress()
    assert CollectionAddress.read(QueryDict(query)).query() == {}


def test_a_form_keeps_all_but_what_it_changes_and_the_page() -> None:
    address = CollectionAddress.read(QueryDict(EVERYTHING))
    assert address.kept("show", "column") == [
        ("q", "alias:prod"),
        ("sort", "size"),
        ("metrics", "1"),
        ("best", "lower"),
        ("metric", "acc"),
    ]


def test_a_table_is_computed_from_an_address_without_a_request(world: World) -> None:
    source = factories.project(world.team, "detector", user=world.bob)
    detectors = factories.portfolio(world.model, "detectors", user=world.bob)
    for number, acc in enumerate((0.5, 0.75)):
        run = factories.run(source, user=world.bob, summary={"loss": 1 - acc, "acc": acc})
        version = factories.version(source, "yolo", user=world.bob, run=run, files={"f": number})
        link_by_name(version, world.model, "detectors", acting_user=world.bob)
    address = CollectionAddress(
        order="version", has_metrics=True, metrics=("acc",), best="lower", filter_text="colour:red"
    )
    table = version_table(detectors, address, world.bob, set())
    assert [row.membership.name for row in table.rows] == ["v0", "v1"]
    [column] = table.measured.columns
    assert [(cell.value, cell.is_best) for cell in column.cells] == [(0.5, True), (0.75, False)]
    assert table.measured.drawn is column
    assert [cells for _, _, cells in table.lines] == [[column.cells[0]], [column.cells[1]]]
    assert len(table.filter_faults) == 1
