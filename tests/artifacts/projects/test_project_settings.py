"""A project's settings: its name, which the old one leads to, and its description."""

import pytest
from django.test import Client

from artifacts.actions.projects import find_or_create_project
from artifacts.models import AuditEvent, Project
from tests import factories
from tests.conftest import World

SETTINGS = "/vision/detector/-/settings"


@pytest.fixture
def project(world: World) -> Project:
    return factories.project(world.team, "detector", user=world.bob)


@pytest.mark.django_db
def test_an_administrator_renames_and_the_old_name_leads_on(world: World, project: Project, client: Client) -> None:
    client.force_login(world.alice)
    answer = client.post(SETTINGS, {"name": "finder", "description": "Finds things."}, follow=True)
    assert answer.redirect_chain == [("/vision/finder/-/settings", 302)]
    assert "Saved the project’s settings" in answer.content.decode()
    assert client.get(SETTINGS).headers["Location"] == "/vision/finder/-/settings"
    shown = client.get("/vision/detector", follow=True)
    assert shown.redirect_chain[-1][0] == "/vision/finder"
    assert "Finds things." in shown.content.decode()
    # A job that still says the old name logs to the same project, and makes no new one.
    assert find_or_create_project(world.team, "Detector", acting_user=world.bob) == project
    assert Project.objects.ordinary().count() == 1
    events = AuditEvent.objects.filter(verb="project.changed").order_by("pk")
    assert [event.data for event in events] == [
        {"project": "finder", "changed": "name", "renamed_from": "detector"},
        {"project": "finder", "changed": "description"},
    ]
    # The same again leaves no trace, other capitals are another way to write the name, and the old name can be taken back.
    client.post("/vision/finder/-/settings", {"name": "finder", "description": "Finds things."})
    assert events.count() == 2
    client.post("/vision/finder/-/settings", {"name": "Detector", "description": ""})
    project.refresh_from_db()
    assert (project.name, project.description) == ("Detector", "")
    assert client.get("/vision/finder", follow=True).redirect_chain[-1][0] == "/vision/Detector"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "This field is required."),
        ("Other", "A project named “Other” exists in “vision”; choose another name."),
        ("a/b", "a/b"),
        ("settings", "is an address of this site; choose another one."),
        ("wandb-registry-x", "begins like a registry"),
    ],
)
@pytest.mark.django_db
def test_a_name_that_can_not_be_is_refused_beside_the_field(
    world: World, project: Project, client: Client, name: str, sentence: str
) -> None:
    factories.project(world.team, "other", user=world.bob)
    client.force_login(world.alice)
    answer = client.post(SETTINGS, {"name": name, "description": "kept as typed"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in page
    assert "kept as typed</textarea>" in page
    assert "<h1>detector</h1>" in page
    project.refresh_from_db()
    assert (project.name, project.description) == ("detector", "")


@pytest.mark.django_db
def test_a_member_describes_a_viewer_reads_a_stranger_sees_nothing(
    world: World, project: Project, client: Client
) -> None:
    client.force_login(world.bob)
    assert 'name="name"' not in client.get(SETTINGS).content.decode()
    client.post(SETTINGS, {"name": "stolen", "description": "By bob"})
    project.refresh_from_db()
    assert (project.name, project.description) == ("detector", "By bob")
    client.force_login(world.carol)
    shown = client.get(SETTINGS).content.decode()
    assert "By bob" in shown
    assert "<textarea" not in shown
    assert client.post(SETTINGS, {"description": "no"}).status_code == 403
    client.force_login(world.mallory)
    assert client.get(SETTINGS).status_code == 404
    assert client.post(SETTINGS, {"description": "no"}).status_code == 404
