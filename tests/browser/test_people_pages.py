"""The shell, one's own settings, and who belongs where, by hand."""

import re

from playwright.sync_api import expect

from artifacts.actions import organizations, people
from artifacts.models import ApiKey, Entity, OrganizationMember, Secret, TeamMember, User
from registry.actions import registries
from tests import factories
from tests.browser.test_seed_document import Visit
from tests.conftest import World


def test_somebody_sets_up_their_own_account(world: World, visit: Visit) -> None:
    page = visit(world.bob, "/settings")
    page.get_by_label("Description").fill("laptop")
    page.get_by_role("button", name="Create API key").click()
    expect(page.get_by_text("Copy it now.")).to_be_visible()
    page.get_by_role("link", name=re.compile("^Revoke")).click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("Revoked just now")).to_be_visible()
    assert ApiKey.objects.get(user=world.bob).revoked_at is not None
    page.get_by_label("Full name").fill("Bob Builder")
    page.get_by_role("button", name="Save profile").click()
    expect(page.get_by_label("Full name")).to_have_value("Bob Builder")
    page.get_by_role("combobox", name="Default entity").select_option(label="bob")
    page.get_by_role("button", name="Save default entity").click()
    expect(page.get_by_role("combobox", name="Default entity").locator("option:checked")).to_have_text(
        re.compile("bob")
    )
    page.get_by_role("combobox", name="Theme").select_option(label="Dark")
    page.get_by_role("button", name="Save theme").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.locator("[data-theme-switch]").first.click()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")


def colleague(world: World, name: str) -> User:
    """Somebody of the organization who is in no team yet: whoever belongs elsewhere is asked first."""
    user = people.create_user(name, acting_user=None)
    organizations.add_member(world.organization, user, "member", acting_user=None)
    return user


def test_somebody_from_elsewhere_is_invited_and_joins_by_accepting(world: World, visit: Visit) -> None:
    page = visit(world.alice, "/vision/settings")
    invited = page.get_by_role("group", name="Invited")
    for is_first in (True, False):
        page.get_by_label("Name", exact=True).first.fill("mallory")
        page.get_by_role("button", name="Add member").click()
        expect(invited.get_by_role("row").filter(has_text="mallory")).to_be_visible()
        if is_first:
            page.get_by_role("button", name="Withdraw the invitation of mallory").click()
            expect(invited).to_have_count(0)
    assert not TeamMember.objects.filter(team=world.team, user=world.mallory).exists()

    visit(world.mallory, "/settings/invitations")
    page.get_by_role("button", name="Accept: join vision").click()
    expect(page.get_by_role("button", name="Accept: join vision")).to_have_count(0)
    assert TeamMember.objects.filter(team=world.team, user=world.mallory).exists()

    organizations.add_member(world.elsewhere, world.bob, "member", acting_user=world.mallory)
    visit(world.bob, "/settings/invitations")
    page.get_by_role("button", name="Decline to join Elsewhere").click()
    expect(page.get_by_role("button", name="Decline to join Elsewhere")).to_have_count(0)
    assert not OrganizationMember.objects.filter(organization=world.elsewhere, user=world.bob).exists()


def test_members_come_get_roles_and_go(world: World, visit: Visit) -> None:
    dora = colleague(world, "dora")
    page = visit(world.alice, "/vision/settings")
    page.get_by_label("Name", exact=True).first.fill("dora")
    page.get_by_role("button", name="Add member").click()
    members = page.get_by_role("group", name="Members")
    expect(members.get_by_role("row").filter(has_text="dora")).to_be_visible()
    page.get_by_label("Role of dora").select_option(label="Viewer")
    expect(page.locator("#toasts")).to_contain_text("dora")
    page.get_by_role("link", name="Remove dora").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(members.get_by_role("row").filter(has_text="dora")).to_have_count(0)
    assert not TeamMember.objects.filter(team=world.team, user=dora).exists()

    form = page.get_by_role("form", name="New secret")
    form.get_by_label("Secret name").fill("TOKEN")
    form.get_by_label("Value").fill("s3cret")
    form.get_by_role("button", name="New secret").click()
    page.get_by_role("link", name="Replace secret TOKEN").click()
    page.get_by_role("dialog").get_by_label("Value").fill("other")
    page.get_by_role("dialog").get_by_role("button", name="Replace value").click()
    page.get_by_role("link", name="Delete secret TOKEN").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("No secrets yet.")).to_be_visible()
    assert not Secret.objects.exists()

    page.goto("/".join(page.url.split("/")[:3]) + "/orgs/Acme%20Corp/settings")
    page.get_by_label("Team name").fill("speech")
    page.get_by_role("button", name="Create team").click()
    expect(page.get_by_role("heading", name="speech")).to_be_visible()
    assert Entity.objects.teams().filter(name="speech").exists()


def test_the_shell_leads_everywhere_also_on_a_phone(world: World, visit: Visit) -> None:
    registries.create_organization("Second", owner=world.alice, acting_user=None)
    factories.automation(world.model, "watch", user=world.alice)
    page = visit(world.alice, "/orgs/Acme%20Corp/registry")
    page.get_by_role("button", name=re.compile("^Organization: Acme Corp")).click()
    page.get_by_role("link", name="Second").click()
    expect(page.get_by_role("button", name="Organization: Second")).to_be_visible()
    page.go_back()
    page.get_by_role("button", name="Star dataset").click()
    expect(page.get_by_role("button", name="Star dataset")).to_have_attribute("aria-pressed", "true")

    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(page.url)
    expect(page.get_by_role("link", name="Members")).not_to_be_visible()
    page.get_by_role("button", name="Open navigation").click()
    page.get_by_role("link", name="Members").click()
    expect(page.get_by_role("heading", name="Members")).to_be_visible()

    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto("/".join(page.url.split("/")[:3]) + "/orgs/Acme%20Corp/registry/model/-/automations")
    created = page.get_by_role("columnheader", name="Created", exact=True).bounding_box()
    acts = page.get_by_role("columnheader", name="Actions").bounding_box()
    assert created is not None
    assert acts is not None
    assert created["x"] + created["width"] <= acts["x"] + 1  # the actions, which stay in sight, cover nothing
    page.get_by_role("button", name="Disable watch").click()
    expect(page.get_by_role("button", name="Enable watch")).to_be_visible()
    page.get_by_role("link", name="Delete automation watch").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("No automations here")).to_be_visible()
