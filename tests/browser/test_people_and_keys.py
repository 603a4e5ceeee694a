"""What the other files don't press of accounts, organizations, teams and automations."""

import re

from playwright.sync_api import Locator, Page, expect

from artifacts.actions import organizations, people
from artifacts.models import ApiKey, Automation, Integration, OrganizationMember, User
from tests import factories
from tests.browser.test_seed_document import Visit
from tests.conftest import World


def root(page: Page) -> str:
    return "/".join(page.url.split("/")[:3])


def wrong(form: Locator) -> Locator:
    """The sentences beside the fields of a form."""
    return form.locator(".error")


def test_a_password_and_an_address_are_changed_and_what_is_wrong_is_said_beside_its_field(
    world: World, visit: Visit
) -> None:
    world.bob.set_password("correct horse battery")
    world.bob.save()
    page = visit(world.bob, "/settings")
    form = page.locator("form[action='/settings/password']")
    old, new = form.get_by_label("Current password"), form.get_by_label("New password", exact=True)
    again, send = form.get_by_label("New password again"), form.get_by_role("button", name="Change password")
    for words, sentence in (
        (("wrong", "another long sentence", "another long sentence"), old),
        (("correct horse battery", "another long sentence", "something else"), again),
        (("correct horse battery", "1234567890123", "1234567890123"), new),
    ):
        for field, text in zip((old, new, again), words, strict=True):
            field.fill(text)
        send.click()
        expect(sentence).to_have_attribute("aria-invalid", "true")
        expect(sentence).to_be_focused()
        expect(wrong(form)).not_to_have_count(0)
    for field, text in (
        (old, "correct horse battery"),
        (new, "another long sentence"),
        (again, "another long sentence"),
    ):
        field.fill(text)
    again.press("Enter")
    expect(wrong(form)).to_have_count(0)
    assert User.objects.get(name="bob").check_password("another long sentence")

    profile = page.locator("form[action='/settings/profile']")
    profile.get_by_label("E-mail address").fill("bob@acme")
    profile.get_by_label("Full name").fill("Bob Builder")
    profile.get_by_role("button", name="Save profile").click()
    expect(wrong(profile)).not_to_have_count(0)
    expect(profile.get_by_label("Full name")).to_have_value("Bob Builder")
    profile.get_by_label("E-mail address").fill("bob@acme.example")
    profile.get_by_role("button", name="Save profile").dblclick()
    expect(wrong(profile)).to_have_count(0)
    expect(profile.get_by_label("E-mail address")).to_have_value("bob@acme.example")
    assert User.objects.get(name="bob").email == "bob@acme.example"

    page.goto(f"{root(page)}/authorize")
    page.get_by_label("Description").fill("laptop")
    page.get_by_role("button", name="Create API key").dblclick()
    expect(page.get_by_role("heading", name="Your API key")).to_be_visible()
    assert [key.description for key in ApiKey.objects.filter(user=world.bob)] == ["laptop"]


def test_the_organization_gets_members_with_roles_and_loses_them(world: World, visit: Visit) -> None:
    people.create_user("dora", acting_user=None)
    User.objects.filter(pk=world.alice.pk).update(is_admin=True)  # so that dora isn't asked whether she joins
    page = visit(world.alice, "/orgs/Acme%20Corp/-/members")
    form = page.locator("#members form.addbar")
    form.get_by_label("Name").fill("nobody")
    form.get_by_label("Role").select_option("viewer")
    form.get_by_label("Name").press("Enter")
    expect(wrong(form)).not_to_have_count(0)
    expect(form.get_by_label("Name")).to_have_value("nobody")
    expect(form.get_by_label("Role")).to_have_value("viewer")
    form.get_by_label("Name").fill("dora")
    form.get_by_role("button", name="Add member").click()
    dora = page.get_by_role("group", name="Members").get_by_role("row").filter(has_text="dora")
    expect(dora.get_by_label("Role of dora")).to_have_value("viewer")
    dora.get_by_label("Role of dora").select_option("admin")
    expect(page.locator("#toasts")).to_contain_text("dora is now Admin.")
    assert OrganizationMember.objects.get(user__name="dora").role == "admin"
    dora.get_by_role("link", name="Remove dora").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(dora.get_by_role("link", name="Remove dora")).to_be_focused()
    dora.get_by_role("link", name="Remove dora").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(dora).to_have_count(0)
    assert not OrganizationMember.objects.filter(user__name="dora").exists()

    # The last administrator can't be taken away, and is told so where it was tried.
    page.get_by_role("link", name="Leave").click()
    page.get_by_role("dialog").get_by_role("button", name="Leave").click()
    expect(page.get_by_role("dialog")).to_contain_text(re.compile("administrator"))
    assert OrganizationMember.objects.filter(user=world.alice, role="admin").exists()


def test_a_team_is_given_rules_and_what_it_delivers_to(world: World, visit: Visit) -> None:
    dora = people.create_user("dora", acting_user=None)
    organizations.add_member(world.organization, dora, "member", acting_user=None)
    page = visit(world.alice, "/vision/settings")
    add = page.locator("#members form.addbar")
    add.get_by_label("Name").fill("dora")
    add.get_by_label("Role").select_option("viewer")
    add.get_by_role("button", name="Add member").click()
    expect(page.get_by_label("Role of dora")).to_have_value("viewer")

    kept = page.locator("#ttl form")
    kept.get_by_label("TTL permissions").select_option(index=1)
    kept.get_by_label("Set team’s default TTL policy").check()
    kept.get_by_label("Duration").fill("")
    kept.get_by_role("button", name="Review and save settings").click()
    expect(wrong(kept)).not_to_have_count(0)
    expect(kept.get_by_label("Set team’s default TTL policy")).to_be_checked()
    kept.get_by_label("Duration").fill("30")
    kept.get_by_role("button", name="Review and save settings").click()
    page.get_by_role("region", name="Save the TTL settings of vision?").get_by_role(
        "button", name="Save settings"
    ).click()
    expect(page.locator("#ttl").get_by_label("Duration")).to_have_value("30")
    expect(wrong(kept)).to_have_count(0)
    world.team.refresh_from_db()
    assert (world.team.ttl_seconds, world.team.ttl_by_admins) == (30 * 86_400, True)

    secret = page.get_by_role("form", name="New secret")
    secret.get_by_label("Secret name").fill("TOKEN")
    secret.get_by_label("Value").fill("s3cret")
    secret.get_by_role("button", name="New secret").click()
    hook = page.get_by_role("form", name="New webhook")
    hook.get_by_label("Webhook name").fill("deploy")
    hook.get_by_label("Endpoint URL").fill("ftp://example.com/")
    hook.get_by_label("Access token").select_option("TOKEN")
    hook.get_by_label("Secret").select_option("TOKEN")
    hook.get_by_role("button", name="New webhook").click()
    expect(wrong(hook)).not_to_have_count(0)
    expect(hook.get_by_label("Endpoint URL")).to_be_focused()
    expect(hook.get_by_label("Endpoint URL")).to_be_in_viewport()
    expect(hook.get_by_label("Webhook name")).to_have_value("deploy")
    expect(hook.get_by_label("Access token")).to_have_value("TOKEN")
    hook.get_by_label("Endpoint URL").fill("https://example.com/deploy")
    hook.get_by_role("button", name="New webhook").click()
    expect(page.get_by_role("group", name="Webhooks")).to_contain_text("https://example.com/deploy")

    slack = page.get_by_role("form", name="New Slack channel")
    slack.get_by_label("Slack workspace").fill("acme")
    slack.get_by_label("Channel").fill("releases")
    slack.get_by_label("Incoming webhook URL").fill("nonsense")
    slack.get_by_role("button", name="New Slack channel").click()
    expect(wrong(slack)).not_to_have_count(0)
    expect(slack.get_by_label("Slack workspace")).to_have_value("acme")
    slack.get_by_label("Incoming webhook URL").fill("https://hooks.slack.com/services/T/B/x")
    slack.get_by_role("button", name="New Slack channel").click()
    expect(page.get_by_role("group", name="Slack channels")).to_contain_text("#releases")
    page.get_by_role("link", name="Delete Slack channel releases").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("No Slack channels yet.")).to_be_visible()
    assert [(row.name, row.url) for row in Integration.objects.all()] == [("deploy", "https://example.com/deploy")]


def test_a_projects_automation_is_switched_off_and_deleted_although_a_colleague_was_faster(
    world: World, visit: Visit
) -> None:
    project = factories.project(world.team, "detector", user=world.bob)
    automation = factories.automation(project, "watch", user=world.bob)
    page = visit(world.bob, "/vision/detector/-/automations")
    page.get_by_role("button", name="Disable watch").click()
    expect(page.get_by_role("button", name="Enable watch")).to_be_visible()
    assert not Automation.objects.get().enabled
    page.get_by_role("button", name="Enable watch").click()
    expect(page.get_by_role("button", name="Disable watch")).to_be_visible()
    page.get_by_role("link", name="Delete automation watch").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("No automations here")).to_be_visible()
    assert not Automation.objects.filter(pk=automation.pk).exists()

    gone = factories.automation(project, "later", user=world.bob)
    page.reload()
    page.get_by_role("link", name="Delete automation later").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    gone.delete()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.locator("[data-request-error]")).to_be_visible()
