"""A version's page and its tabs, in its project and in a registry: what is shown, to whom, with how many queries."""

import ast
import html
import re
import shlex
from dataclasses import dataclass

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from artifacts.actions import aliases_and_tags, people, versions
from artifacts.models import (
    ArtifactVersion,
    Membership,
    MetricSeries,
    OrganizationMember,
    Project,
    Role,
    Run,
    RunUse,
    User,
)
from artifacts.runs.history import Series
from registry.actions import link, registries
from tests import factories
from tests.conftest import World

CANARY = "<script>alert('canary')</script>{{7*7}}"
TABS = ["", "/metadata", "/usage", "/files", "/lineage"]
SOURCE = "/vision/detector/artifacts/model/yolo/v0"
LINKED = "/orgs/Acme%20Corp/registry/model/detectors/v0"


@dataclass
class Shown:
    """A version logged by a run, linked once, used once."""

    project: Project
    run: Run
    version: ArtifactVersion
    source: Membership
    linked: Membership


@pytest.fixture
def shown(world: World) -> Shown:
    project = factories.project(world.team, user=world.bob)
    summary = {"val_acc": 0.9313, "_runtime": 3, "wandb": {"x": 1}, "note": CANARY}
    run = factories.run(project, user=world.bob, display_name="sunny-sky-3", job_type="train", summary=summary)
    series = Series()
    for step in range(50):
        series.add(step, step / 50)
    MetricSeries.objects.create(
        run=run,
        key="val_acc",
        count=50,
        minimum=0,
        maximum=0.98,
        last=0.98,
        width=series.width,
        buckets=series.packed(),
    )
    metadata = {"epochs": 60, "nested": {"deep": {"lr": 0.004}}, "canary": CANARY}
    version = factories.version(project, user=world.bob, run=run, metadata=metadata)
    versions.describe_version(version, description="Good on *pallets*.", acting_user=world.bob)
    aliases_and_tags.tag_version(version, ["int8-ready"], acting_user=world.bob)
    portfolio = factories.portfolio(world.model, user=world.alice)
    linked = link.link_version(version, portfolio, aliases=["staging"], acting_user=world.bob)
    reader = factories.run(project, user=world.bob, display_name="eval-1", job_type="evaluate")
    RunUse.objects.create(run=reader, version=version, through=portfolio, used_as="detectors:staging")
    source = Membership.objects.get(collection=version.sequence, version=version)
    return Shown(project, run, version, source, linked)


def get(client: Client, user: object, address: str, status: int = 200) -> str:
    client.force_login(user)  # type: ignore[arg-type]
    response = client.get(address)
    assert response.status_code == status, response.content.decode()[:2000]
    return response.content.decode()


@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize("place", [SOURCE, LINKED])
def test_each_tab_is_for_those_who_see_the_place(
    world: World, shown: Shown, client: Client, place: str, tab: str
) -> None:
    assert client.get(place + tab).status_code == 302
    get(client, world.mallory, place + tab, 404)
    get(client, world.carol, place + tab)
    page = get(client, world.bob, place + tab)
    assert page.count('aria-current="page"') >= 2
    assert "<script>alert" not in page


def test_an_unknown_tab_is_not_there(world: World, shown: Shown, client: Client) -> None:
    get(client, world.bob, f"{SOURCE}/nothing", 404)
    client.force_login(world.bob)
    assert client.get(f"{SOURCE}/overview").headers["Location"] == SOURCE


def test_a_linked_version_shows_its_full_name_and_its_source(world: World, shown: Shown, client: Client) -> None:
    page = get(client, world.bob, LINKED)
    for words in ("Version overview", "Full Name", "wandb-registry-model/detectors:v0", "Source Version", "Linked By"):
        assert words in page
    assert f'href="{SOURCE}"' in page
    assert "vision/detector/yolo:v0" in page
    assert "sunny-sky-3" in page
    assert "<em>pallets</em>" in page
    assert "0.9313" in page
    assert '<svg class="spark"' in page
    assert "Link to registry" not in page
    assert reverse("registry:unlink", args=["Acme Corp", "model", "detectors", "v0"]) in page


def test_a_source_version_shows_where_it_is_linked_and_how_to_link_it(
    world: World, shown: Shown, client: Client
) -> None:
    page = get(client, world.bob, SOURCE)
    assert "vision/detector/yolo:v0" in page
    assert "Linked To" in page
    assert f'href="{LINKED}"' in page
    modal = reverse("registry:link-modal", args=["vision", "detector", "yolo", "v0"])
    assert f'href="{modal}" hx-get="{modal}" hx-target="#dialog"' in page
    assert "Source Version" not in page


def test_a_personal_version_says_why_it_cannot_be_linked(world: World, client: Client) -> None:
    project = factories.project(world.bob.personal, "mine", user=world.bob)
    factories.version(project, user=world.bob)
    page = get(client, world.bob, "/bob/mine/artifacts/model/yolo/v0")
    assert "personal entity" in page
    assert "link-to-registry" in page  # its dialog gives the reason too


def test_an_alias_leads_to_the_version_and_says_which(world: World, shown: Shown, client: Client) -> None:
    page = get(client, world.bob, "/vision/detector/artifacts/model/yolo/latest")
    assert "points at v0 now" in page
    page = get(client, world.bob, "/orgs/Acme%20Corp/registry/model/detectors/staging/usage")
    assert "points at v0 now" in page


def reader_of_the_link_alone(world: World, default: Role = Role.MEMBER) -> User:
    """Somebody of the organization who is in no team: sees the registry and nothing of the project."""
    dan = people.create_user("dan", acting_user=None)
    OrganizationMember.objects.create(organization=world.organization, user=dan, role=Role.MEMBER)
    Project.objects.filter(pk=world.model.pk).update(default_role=default)
    return dan


def test_a_reader_of_the_link_learns_nothing_of_a_project_they_cannot_see(
    world: World, shown: Shown, client: Client
) -> None:
    user = reader_of_the_link_alone(world)
    page = get(client, user, LINKED)
    assert "a project you can’t see" in page
    assert "a run you can’t see" in page
    for tab in TABS:
        page = get(client, user, LINKED + tab)
        for secret in ("sunny-sky-3", "vision/detector", "eval-1", "0.9313"):
            assert secret not in page, (tab, secret)
    assert "1 run in projects you can’t see" in get(client, user, f"{LINKED}/usage")
    assert "hidden run" in get(client, user, f"{LINKED}/lineage")
    assert "in a project you can’t see" in get(client, user, f"{LINKED}/metadata")
    get(client, user, SOURCE, 404)


def test_who_may_only_look_sees_names_but_gets_no_bytes(world: World, shown: Shown, client: Client) -> None:
    user = reader_of_the_link_alone(world, Role.RESTRICTED_VIEWER)
    page = get(client, user, f"{LINKED}/files?path=model.bin")
    assert "model.bin" in page
    assert "You may look, not download." in page
    assert "Download" not in page
    get(client, user, shown_file(shown.linked), 403)
    assert "use_artifact" not in get(client, user, f"{LINKED}/usage")


def shown_file(membership: Membership) -> str:
    project = membership.collection.project
    address = [project.entity.name, project.name, membership.collection.name, membership.name]
    return reverse("artifacts:version-file", args=address) + "?path=model.bin"


def test_links_that_the_visitor_cannot_see_are_not_listed(world: World, shown: Shown, client: Client) -> None:
    secret = registries.create_registry(
        world.organization, "Secret Things", visibility="restricted", acting_user=world.alice
    )
    collection = factories.portfolio(secret.project, "hush", user=world.alice)
    link.link_version(shown.version, collection, aliases=["whispered"], acting_user=world.alice)
    assert "Secret Things" in get(client, world.alice, SOURCE)
    for page in (get(client, world.bob, SOURCE), get(client, world.bob, LINKED)):
        assert "Secret Things" not in page
        assert "hush" not in page
        assert "whispered" not in page


def test_metadata_is_a_tree_that_can_be_filtered(world: World, shown: Shown, client: Client) -> None:
    page = get(client, world.bob, f"{SOURCE}/metadata")
    assert escape(CANARY) in page
    assert "0.004" in page
    assert 'data-copy-from="#metadata-json"' in page
    tree = (
        get(client, world.bob, f"{SOURCE}/metadata?q=LR").split('id="metadata-tree"')[1].split('id="metadata-json"')[0]
    )
    assert "0.004" in tree
    assert "epochs" not in tree


def test_usage_names_the_version_by_number_or_alias(world: World, shown: Shown, client: Client) -> None:
    page = get(client, world.bob, f"{LINKED}/usage")
    assert "Usage API" in page
    assert "use_artifact" in page
    assert "acme-corp" in page
    assert "eval-1" in page
    assert "detectors:staging" in page
    assert "wandb-registry-model/detectors:staging" in get(client, world.bob, f"{LINKED}/usage?by=staging")
    assert "wandb-registry-model/detectors:v0" in get(client, world.bob, f"{LINKED}/usage?by=%22evil")


def test_code_to_copy_survives_names_with_quotes(world: World, shown: Shown, client: Client) -> None:
    registry = registries.create_registry(world.organization, 'The "best" $', acting_user=world.alice).project
    link.link_by_name(shown.version, registry, "it's", acting_user=world.alice)
    page = html.unescape(get(client, world.alice, '/orgs/Acme Corp/registry/The "best" $/it\'s/v0/usage'))
    blocks = [re.sub("<[a-z/][^>]*>", "", part.split("</pre>")[0]) for part in page.split("<pre")[1:]]
    code = [block.partition(">")[2] for block in blocks]
    path = 'wandb-registry-The "best" $/it\'s:v0'
    for text in code[:2]:
        compile(text, "snippet", "exec")
        assert path in [node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant)]
    assert shlex.split(code[2]) == ["wandb", "artifact", "get", f"acme-corp/{path}"]


def test_usage_names_the_collection_where_the_run_said_no_name(world: World, shown: Shown, client: Client) -> None:
    RunUse.objects.update(used_as="")
    assert '<td class="mono">wandb-registry-model/detectors</td>' in get(client, world.bob, f"{LINKED}/usage")


def test_a_deleted_version_says_so_and_gives_no_files(world: World, shown: Shown, client: Client) -> None:
    ArtifactVersion.objects.filter(pk=shown.version.pk).update(deleted_at=timezone.now())
    for place in (SOURCE, LINKED):
        assert "This version was deleted." in get(client, world.bob, place)
        usage = get(client, world.bob, f"{place}/usage")
        assert "Code can’t fetch it any more." in usage
        assert "use_artifact" not in usage.partition("Used by")[0]
        files = get(client, world.bob, f"{place}/files")
        assert "The files are gone" in files
        assert "Choose a file" not in files
    get(client, world.bob, shown_file(shown.source), 404)
    lonely = factories.version(shown.version.sequence.project, "lonely", user=world.bob)
    address = SOURCE.replace("/yolo/", "/lonely/") + "/lineage"
    assert "Use the version in a run" in get(client, world.bob, address)
    ArtifactVersion.objects.filter(pk=lonely.pk).update(deleted_at=timezone.now())
    lineage = get(client, world.bob, address)
    assert "No runs are recorded for this version" in lineage
    assert "Use the version in a run" not in lineage


@pytest.mark.parametrize("place", [SOURCE, LINKED])
def test_a_tab_costs_the_same_queries_for_two_rows_and_for_fifty(
    world: World, shown: Shown, client: Client, place: str, django_assert_max_num_queries: object
) -> None:
    most = {"": 34, "/metadata": 24, "/usage": 25, "/files": 24, "/lineage": 25}
    more(world, shown, 2)
    few = {}
    for tab, number in most.items():
        get(client, world.bob, place + tab)
        with django_assert_max_num_queries(number) as counted:  # type: ignore[operator]
            client.get(place + tab)
        few[tab] = len(counted.captured_queries)
    more(world, shown, 48)
    for tab, number in few.items():
        with django_assert_max_num_queries(number):  # type: ignore[operator]
            client.get(place + tab)


def more(world: World, shown: Shown, count: int) -> None:
    """Further versions, and for this one runs that used it, links, tags and aliases."""
    for _ in range(count):
        factories.version(shown.project, user=world.bob)
        reader = factories.run(shown.project, user=world.bob)
        RunUse.objects.create(run=reader, version=shown.version, used_as="yolo:latest")
        portfolio = factories.portfolio(world.model, f"p{reader.name}", user=world.alice)
        link.link_version(shown.version, portfolio, acting_user=world.bob)
        aliases_and_tags.tag_version(shown.version, [f"tag-{reader.name}"], acting_user=world.bob)
        aliases_and_tags.add_aliases(shown.source, [f"a-{reader.name}"], acting_user=world.bob)


def test_runs_that_used_it_are_paged(world: World, shown: Shown, client: Client) -> None:
    for _ in range(55):
        reader = factories.run(shown.project, user=world.bob)
        RunUse.objects.create(run=reader, version=shown.version)
    page = get(client, world.bob, f"{SOURCE}/usage")
    address = page.split("older")[0] and next(
        part.split('"')[0] for part in page.split('href="') if part.startswith(f"{SOURCE}/usage?after=")
    )
    assert "eval-1" not in page
    assert "eval-1" in get(client, world.bob, address)
    get(client, world.bob, f"{SOURCE}/usage?after=%00x")


def test_a_version_of_references_alone_says_where_its_bytes_are(world: World, client: Client) -> None:
    project = factories.project(world.team, user=world.bob)
    made = factories.version(project, "refs", user=world.bob, files={"a.bin": 1, "b.bin": 2})
    address = "/vision/detector/artifacts/model/refs/v0/files"
    assert "These files are references" not in get(client, world.bob, address)
    made.entries.update(ref="s3://bucket/x")
    page = get(client, world.bob, address)
    assert "These files are references" in page
    assert "as a zip" not in page
    made.entries.filter(path="a.bin").update(ref="")
    assert "as a zip" in get(client, world.bob, address)
