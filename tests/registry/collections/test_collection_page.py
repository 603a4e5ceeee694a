"""One collection: its versions, their metrics, its card and tags, unlinking."""

import re

import pytest
from django.test import Client

from artifacts.actions import aliases_and_tags
from artifacts.models import ArtifactVersion, Collection, Membership, Project
from registry.actions import registries
from registry.actions.link import link_by_name
from registry.tables import metrics
from tests import factories
from tests.conftest import World

COLLECTION = "/orgs/Acme Corp/registry/model/detectors"


def shown(client: Client, path: str, **headers: str) -> str:
    response = client.get(path, headers=headers)
    assert response.status_code == 200
    return response.content.decode()


def linked(world: World, count: int = 1, **summary: float) -> list[Membership]:
    source = factories.project(world.team, "detector", user=world.bob)
    made = []
    for number in range(count):
        numbers = {name: value + number / 100 for name, value in summary.items()}
        run = factories.run(source, user=world.bob, summary={**numbers, "_step": 3, "note": "x", "ok": True})
        version = factories.version(source, "yolo", user=world.bob, run=run)
        made.append(link_by_name(version, world.model, "detectors", acting_user=world.bob))
    return made


def numbers(client: Client, query: str = "") -> list[str]:
    return [row.membership.name for row in client.get(COLLECTION + query).context["rows"]]


def test_versions_are_listed_newest_first_with_source_and_maker(client: Client, world: World) -> None:
    registries.protect_alias(world.model, "production", acting_user=world.alice)
    first, second = linked(world, 2)
    aliases_and_tags.add_aliases(first, ["production"], acting_user=world.alice)
    aliases_and_tags.tag_version(second.version, ["int8"], acting_user=world.bob)
    client.force_login(world.carol)
    page = shown(client, COLLECTION)
    assert numbers(client) == ["v1", "v0"]
    for words in ("protected alias </span> production", "latest", "int8", "yolo:v1", "vision/detector", ">View</a>"):
        assert words in page
    assert 'href="/vision/detector/artifacts/model/yolo/v1"' in page
    assert "Unlink version" not in page


def test_a_hundred_versions_are_paged_both_ways(client: Client, world: World) -> None:
    linked(world, 101, val_acc=0.1)
    client.force_login(world.bob)
    first = client.get(COLLECTION)
    second = client.get(COLLECTION + first.context["versions"].older)
    third = client.get(COLLECTION + second.context["versions"].older)
    pages = [[row.membership.index for row in response.context["rows"]] for response in (first, second, third)]
    assert [len(page) for page in pages] == [50, 50, 1]
    assert [index for page in pages for index in page] == list(range(100, -1, -1))
    for address, last in (
        ("", 0.01),
        (f"{third.context['versions'].newer}&", 0.01),
        (second.context["versions"].older, None),
    ):
        [column] = client.get(f"{COLLECTION}{address or '?'}&metrics=1").context["columns"]
        assert column.cells[-1].change == (last and pytest.approx(last)), "the version before stands on the next page"
    assert third.context["versions"].older == ""
    back = client.get(COLLECTION + third.context["versions"].newer)
    assert [row.membership.index for row in back.context["rows"]] == pages[1]
    assert first.context["versions"].newer == ""


def test_versions_are_found_by_number_alias_and_tag(client: Client, world: World) -> None:
    made = linked(world, 4)
    aliases_and_tags.add_aliases(made[0], ["baseline"], acting_user=world.bob)
    aliases_and_tags.tag_version(made[1].version, ["int8-ready"], acting_user=world.bob)
    client.force_login(world.bob)
    assert numbers(client, "?q=v2") == ["v2"]
    assert numbers(client, "?q=BASE") == ["v0"]
    assert numbers(client, "?q=int8") == ["v1"]
    assert numbers(client, "?q=%25") == []
    assert "No versions match the filter" in shown(client, f"{COLLECTION}?q=zzz")


def test_htmx_gets_the_versions_alone(client: Client, world: World) -> None:
    linked(world)
    client.force_login(world.bob)
    page = shown(client, COLLECTION, HX_Request="true")
    assert page.lstrip().startswith('<section id="version-rows"')
    assert "<html" not in page


def test_metrics_are_columns_with_the_best_marked_and_the_change_shown(client: Client, world: World) -> None:
    linked(world, 3, val_acc=0.9, val_loss=0.3, epoch=1)
    client.force_login(world.bob)
    assert "val_acc" not in shown(client, COLLECTION)
    response = client.get(f"{COLLECTION}?metrics=1")
    columns = {column.name: column for column in response.context["columns"]}
    assert set(columns) == {"val_acc", "val_loss"}
    accuracy, loss = columns["val_acc"], columns["val_loss"]
    assert [cell.is_best for cell in accuracy.cells] == [True, False, False]
    assert [cell.is_best for cell in loss.cells] == [False, False, True]
    assert [cell.is_better for cell in accuracy.cells] == [True, True, None]
    assert [cell.is_better for cell in loss.cells] == [False, False, None]
    page = response.content.decode()
    assert "best: </span>0.92" in page
    assert "<svg" in page
    assert 'aria-label="val_acc from v0 to v2: 0.9 to 0.92"' in page
    turned = client.get(f"{COLLECTION}?metrics=1&best=lower").context["columns"]
    assert {column.is_lower_better for column in turned} == {True}
    chosen = client.get(f"{COLLECTION}?metrics=1&column=epoch&metric=epoch").context
    assert [column.name for column in chosen["columns"]] == ["epoch"]
    assert chosen["drawn"].name == "epoch"


def test_metrics_of_a_project_that_one_cannot_see_stay_hidden(client: Client, world: World) -> None:
    linked(world, 2, val_acc=0.9)
    Project.objects.filter(name="detector").update(visibility=Project.Visibility.RESTRICTED)
    client.force_login(world.carol)
    response = client.get(f"{COLLECTION}?metrics=1")
    page = response.content.decode()
    assert response.context["columns"] == []
    assert "No metrics to compare" in page
    assert "a project you can’t see" in page
    assert "vision/detector" not in page


@pytest.mark.parametrize(
    ("summary", "expected"),
    [
        ({"a": 1, "b": {"c": 2.5}}, {"a": 1, "b.c": 2.5}),
        ({"_step": 1, "wandb": {"x": 1}, "text": "x", "flag": True, "none": None, "list": [1]}, {}),
        ({"bad": float("inf"), "worse": float("nan")}, {}),
        ({"a": {"b": {"c": {"d": {"e": 1}}}}}, {}),
        ("not an object", {}),
    ],
)
def test_only_finite_numbers_of_a_summary_are_metrics(summary: object, expected: dict[str, float]) -> None:
    assert dict(metrics._numbers(summary)) == expected


def test_a_row_shows_some_of_many_tags_and_names_the_rest(client: Client, world: World) -> None:
    [link] = linked(world)
    names = [f"tag-{number:02}" for number in range(20)]
    aliases_and_tags.tag_version(link.version, names, acting_user=world.bob)
    aliases_and_tags.tag_collection(link.collection, names, acting_user=world.bob)
    client.force_login(world.carol)
    for path in (COLLECTION, COLLECTION.removesuffix("/detectors")):
        [row] = re.findall(r"<tr>\s*<t[dh] .*?</tr>", shown(client, path).partition("<tbody>")[2], re.DOTALL)
        assert re.findall(r'<span class="tag">([^<]+)', row) == names[:6]
        assert f'title="{", ".join(names[6:])}">14 more</span>' in row


def test_metrics_are_offered_as_people_count() -> None:
    row = {f"m{number}": 1.0 for number in (10, 2, 1, 11, 3, 4, 5)}
    assert metrics.pick([row]) == ["m1", "m2", "m3", "m4", "m5", "m10"]
    assert metrics.all_names([row])[-2:] == ["m10", "m11"]


def test_a_plot_needs_two_values_and_survives_equal_ones() -> None:
    column = metrics.columns_of([{"x": 1.0}, {}, {"x": 1.0}], ["x"])[0]
    assert metrics.plot_of(column, ["v2", "v1", "v0"]) is not None
    assert metrics.plot_of(metrics.columns_of([{"x": 1.0}], ["x"])[0], ["v0"]) is None


def test_a_deleted_version_is_shown_as_deleted(client: Client, world: World) -> None:
    from django.utils import timezone

    made = linked(world, 2)
    ArtifactVersion.objects.filter(pk=made[0].version_id).update(deleted_at=timezone.now())
    client.force_login(world.bob)
    page = shown(client, COLLECTION)
    assert numbers(client) == ["v1", "v0"]
    assert page.count(">deleted <time") == 1


def test_the_card_is_markdown_and_is_edited(client: Client, world: World) -> None:
    linked(world)
    client.force_login(world.bob)
    address = f"{COLLECTION}/-/description"
    assert client.post(address, {"description": "# Hi\n\n**bold** <script>alert(1)</script>"}).status_code == 302
    page = shown(client, COLLECTION)
    assert "<strong>bold</strong>" in page
    assert "<script>alert" not in page
    assert "**bold**" in shown(client, address)


def test_tags_are_added_and_removed(client: Client, world: World) -> None:
    linked(world)
    client.force_login(world.bob)
    client.post(f"{COLLECTION}/-/tags", {"tag": "night, day"})
    assert 'aria-label="Remove tag night"' in shown(client, COLLECTION)
    assert client.post(f"{COLLECTION}/-/tags", {"tag": "a/b"}).status_code == 422
    client.post(f"{COLLECTION}/-/tags/remove", {"tag": "night"})
    assert list(Collection.objects.get(name="detectors").tags.values_list("name", flat=True)) == ["day"]


def test_unlinking_asks_first_and_keeps_the_source(client: Client, world: World) -> None:
    linked(world, 2)
    client.force_login(world.bob)
    address = f"{COLLECTION}/v1/-/unlink"
    assert "Unlink detectors:v1?" in shown(client, address)
    assert numbers(client) == ["v1", "v0"]
    assert client.post(address, headers={"HX-Request": "true"}).status_code == 204
    assert numbers(client) == ["v0"]
    assert ArtifactVersion.objects.count() == 2
    assert client.get(address).status_code == 404


def test_a_protected_alias_keeps_its_version_from_members(client: Client, world: World) -> None:
    (made,) = linked(world)
    registries.protect_alias(world.model, "production", acting_user=world.alice)
    aliases_and_tags.add_aliases(made, ["production"], acting_user=world.alice)
    client.force_login(world.bob)
    response = client.post(f"{COLLECTION}/v0/-/unlink")
    assert response.status_code == 422
    assert "protected alias “production”" in response.content.decode()
    assert numbers(client) == ["v0"]


def test_a_linked_version_has_its_page_by_number_and_alias(client: Client, world: World) -> None:
    linked(world, 2)
    client.force_login(world.carol)
    assert client.get(f"{COLLECTION}/v9").status_code == 404
    assert client.get(f"{COLLECTION}/nothing").status_code == 404
    assert client.get("/orgs/acme-corp/registry/Model/detectors/v1")["Location"] == (
        "/orgs/Acme%20Corp/registry/model/detectors/v1"
    )
    for reference in ("v0", "latest"):
        assert "wandb-registry-model/detectors:v" in shown(client, f"{COLLECTION}/{reference}")
