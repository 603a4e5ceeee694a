"""The table of a collection's versions: which columns it has, how it is sorted, and its card's editor."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from artifacts.models import Collection
from registry.actions.link import link_by_name
from registry.tables import parallel_coordinates
from registry.tables.columns import axes_of
from registry.views.collections.card import OUTLINE, mark_of
from tests import factories
from tests.conftest import World

COLLECTION = "/orgs/Acme Corp/registry/model/detectors"
CARD = {"HX-Request": "true", "HX-Target": "collection-card"}


def stock(world: World, sizes: list[int]) -> None:
    source = factories.project(world.team, "detector", user=world.bob)
    for number, size in enumerate(sizes):
        run = factories.run(source, user=world.bob, summary={"val_acc": number / 10, f"metric{number % 9}": 1})
        metadata = {"epochs": number, "lang": "en", "data": {"rows": size}}
        version = factories.version(
            source, "yolo", user=world.bob, run=run, metadata=metadata, files={f"f{number}": size}
        )
        link_by_name(version, world.model, "detectors", acting_user=world.bob)


def numbers(client: Client, query: str = "") -> list[str]:
    return [row.membership.name for row in client.get(COLLECTION + query).context["rows"]]


def test_columns_and_their_order_are_in_the_address(client: Client, world: World) -> None:
    stock(world, [30, 10, 20])
    client.force_login(world.carol)
    plain = client.get(COLLECTION).content.decode()
    for head in ("Aliases", "Tags", "Source Version", "Linked by"):
        assert f">{head}</th>" in plain
    assert "wandb-registry-model/detectors" in plain
    page = client.get(f"{COLLECTION}?show=tags&show=metadata.data.rows&show=digest&show=metadata.gone").content.decode()
    assert ">Aliases</th>" not in page
    assert ">Digest</th>" in page
    assert 'title="metadata.data.rows">data.rows</th>' in page
    assert '<span class="clip" title="20">20</span>' in page
    assert ">gone</th>" in page
    assert "<th" in client.get(f"{COLLECTION}?show=-").content.decode()
    assert numbers(client, "?sort=size") == ["v1", "v2", "v0"]
    assert numbers(client, "?sort=-size") == ["v0", "v2", "v1"]
    assert numbers(client, "?sort=version") == ["v0", "v1", "v2"]
    assert numbers(client, "?sort=linked") == ["v0", "v1", "v2"]
    assert numbers(client, "?sort=colour") == ["v2", "v1", "v0"]
    context = client.get(f"{COLLECTION}?metrics=1&column=val_acc&sort=size").context
    # The change is against the version before, not against the row below.
    assert [cell.change and round(cell.change, 6) for cell in context["columns"][0].cells] == [0.1, 0.1, None]
    assert context["parallel"].best == "v2"


def test_what_the_address_says_stays_through_pages_and_forms(client: Client, world: World) -> None:
    client.force_login(world.bob)
    asked = "?metrics=1&sort=size&show=tags&show=source&show=metadata.lang&q=metadata.lang:en+tag!=x"

    def count() -> int:
        client.get(COLLECTION + asked)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(COLLECTION + asked).status_code == 200
        return len(queries)

    stock(world, [1, 2])
    few = count()
    stock(world, [number % 7 for number in range(53)])
    assert count() <= few
    response = client.get(COLLECTION + asked)
    older = response.context["versions"].older
    assert "show=tags&show=source&show=metadata.lang" in older
    assert sorted([*numbers(client, asked), *numbers(client, older)]) == sorted(f"v{number}" for number in range(55))
    page = response.content.decode()
    assert '<input type="hidden" name="show" value="metadata.lang">' in page
    assert 'value="metadata.lang:en tag!=x"' in page
    wrong = client.get(f"{COLLECTION}?q=colour:red+v3")
    assert [row.membership.name for row in wrong.context["rows"]] == ["v3"]
    assert "“colour:” isn’t a filter here" in wrong.content.decode()


def test_a_picture_needs_two_axes_and_breaks_where_a_value_is_missing() -> None:
    assert parallel_coordinates.picture(["v1", "v0"], ["a"], [{"a": 1}, {"a": 2}]) is None
    assert parallel_coordinates.picture(["v1", "v0"], ["a", "b"], [{"a": 1}, {"a": 2}]) is None
    rows = [{"a": 1.0, "b": 2.0, "c": 3.0}, {"a": 2.0, "c": 1e308, "b": -1e308}, {"a": 1.5, "c": 4.0}]
    drawn = parallel_coordinates.picture(["v2", "v1", "v0"], ["a", "b", "c"], rows, best="v2")
    assert drawn is not None
    assert [way.name for way in drawn.ways] == ["v1", "v0", "v2"]
    assert drawn.ways[1].path.count("M") == 2
    assert drawn.ways[1].label == "v0: a 1.5, c 4"
    assert axes_of([{"a": 1, "b": "x", "c": 1}, {"a": 2, "c": 1}], [], most=3) == ["a"]
    assert axes_of([{"a": 1, "c": 1}, {"a": 2}], ["c"], most=3) == ["c"]


def test_the_card_is_previewed_outlined_and_kept_when_somebody_else_saved(client: Client, world: World) -> None:
    factories.portfolio(world.model, "detectors", user=world.bob)
    client.force_login(world.bob)
    address = f"{COLLECTION}/-/description"
    begun = client.get(address).content.decode()
    assert "Use the recommended outline" in begun
    assert f'name="mark" value="{mark_of("")}"' in begun
    assert OUTLINE in client.post(address, {"step": "outline", "description": " "}).content.decode()
    kept = client.post(address, {"step": "outline", "description": "mine"}).content.decode()
    assert "mine</textarea>" in kept
    assert "## Summary" not in kept
    assert "<strong>b</strong>" in client.post(address, {"step": "preview", "description": "**b**"}).content.decode()
    seen = client.post(f"{address}/preview", {"description": "# x <b>\n\n**b**"}, headers=CARD).content.decode()
    assert "<strong>b</strong>" in seen
    assert "<b>" not in seen
    Collection.objects.update(description="theirs")
    response = client.post(address, {"description": "mine", "mark": mark_of("")}, headers=CARD)
    assert response.status_code == 422
    shown = response.content.decode()
    assert "Somebody else saved another description meanwhile" in shown
    assert "mine</textarea>" in shown
    assert ">theirs</pre>" in shown
    assert Collection.objects.get(name="detectors").description == "theirs"
    response = client.post(address, {"description": "mine", "mark": mark_of("theirs")}, headers=CARD)
    assert response.status_code == 200
    assert "Saved the description" in response["HX-Trigger"]
    assert Collection.objects.get(name="detectors").description == "mine"
    assert client.post(address, {"description": "x" * 100_001}).status_code == 422
    assert client.get(f"{COLLECTION}/-/card", headers=CARD).status_code == 200


@pytest.mark.parametrize("path", ["/-/description/preview", "/-/tags/remove"])
def test_a_viewer_may_not_write(client: Client, world: World, path: str) -> None:
    factories.portfolio(world.model, "detectors", user=world.bob)
    client.force_login(world.carol)
    assert client.post(COLLECTION + path, {"description": "x", "tag": "x"}).status_code == 403
    assert client.get(f"{COLLECTION}/-/card", headers=CARD).status_code == 200
    client.force_login(world.mallory)
    assert client.post(COLLECTION + path, {}).status_code == 404
    assert client.get(f"{COLLECTION}/-/card", headers=CARD).status_code == 404
