"""A registry's settings in a real browser: every control of an administrator, one after the other."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from artifacts.models import Project, Role, User
from registry.actions import registries
from registry.models import Registry
from tests.conftest import World

type Visit = Callable[[User, str], Page]


def test_an_administrator_sets_up_a_registry(world: World, visit: Visit) -> None:
    mine = registries.create_registry(world.organization, "Mine", acting_user=world.bob).project
    page = visit(world.bob, "/orgs/Acme Corp/registry/Mine")
    page.get_by_role("link", name="Registry settings").click()
    page.get_by_label("Name", exact=True).fill("Golden Datasets")
    page.get_by_label("Description").fill("Frozen sets.")
    page.get_by_role("button", name="Save", exact=True).first.click()
    expect(page.get_by_role("heading", name="Golden Datasets")).to_be_visible()
    page.get_by_label("rocket").check(force=True)
    page.get_by_role("button", name="Save icon").click()
    expect(page.get_by_label("rocket")).to_be_checked()
    assert Registry.objects.get(project=mine).icon == "rocket"
    page.get_by_role("combobox", name="Accepted artifact types").select_option("Specify types")
    page.get_by_role("button", name="Save", exact=True).last.click()
    page.get_by_label("New type").fill("dataset")
    page.get_by_role("button", name="Add type").click()
    page.get_by_role("textbox", name="Protected alias").fill("frozen")
    page.get_by_role("button", name="Protect alias").click()
    page.get_by_role("button", name="Remove protected alias frozen").click()
    expect(page.get_by_role("button", name="Remove protected alias frozen")).to_have_count(0)
    assert Registry.objects.get(project=mine).type_names == ["dataset"]

    page.get_by_label("Include users and teams").fill("vision, nobody")
    page.get_by_role("button", name="Add access").click()
    expect(page.get_by_text("Neither a member nor a team")).to_be_visible()
    page.get_by_label("Include users and teams").fill("vision")
    page.get_by_role("button", name="Add access").click()
    expect(page.get_by_label("Registry role of vision")).to_have_value("restricted_viewer")
    page.get_by_label("Registry role of vision").focus()
    with page.expect_response(lambda answer: answer.request.method == "GET" and answer.url.endswith("/-/settings")):
        page.get_by_label("Registry role of vision").select_option("Viewer")
    expect(page.get_by_text("vision is now Viewer")).to_be_visible()
    expect(page.get_by_label("Registry role of vision")).to_be_focused()
    page.get_by_label("Member", exact=True).fill("carol")
    page.get_by_role("button", name="Add new member").click()
    carol = page.get_by_role("group", name="Registry members and roles").get_by_role("row").filter(has_text="carol")
    expect(carol.get_by_label("Registry role of carol")).to_have_value("restricted_viewer")
    carol.get_by_role("button", name="Actions").click()
    page.get_by_role("button", name="Make owner").locator("visible=true").click()
    expect(carol).to_contain_text("Owner")
    page.get_by_role("link", name="Delete the access of vision").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("link", name="Delete the access of vision")).to_have_count(0)
    assert {(row.user or row.team).name: row.role for row in mine.members.all()} == {
        "bob": Role.ADMIN,
        "carol": Role.RESTRICTED_VIEWER,
    }

    page.get_by_role("link", name="Restrict…").click()
    page.get_by_role("dialog").get_by_role("button", name="Restrict registry").click()
    expect(page.get_by_text("Golden Datasets is restricted now")).to_be_visible()
    expect(page.get_by_role("link", name="Restrict…")).to_have_count(0)
    page.get_by_role("link", name="Delete registry…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Type the name of the registry").fill("golden")
    dialog.get_by_role("button", name="Delete").click()
    expect(dialog.get_by_text("This is not the name")).to_be_visible()
    dialog.get_by_label("Type the name of the registry").fill("Golden Datasets")
    dialog.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="Core registries")).to_be_visible()
    assert not Project.objects.filter(pk=mine.pk).exists()
