"""A registry made, changed, renamed and deleted through the client, as colleagues and the pages see it."""

import pytest

from artifacts.models import Project
from registry.actions.link import link_by_name
from registry.actions.registries import create_registry
from registry.models import Registry
from tests import factories
from tests.client.conftest import Client
from tests.client.refusals import refusals, together
from tests.conftest import World

pytestmark = pytest.mark.client

READ = """
api = wandb.Api()
def read(name):
    row = api.registry(name)
    return [row.name, row.description, row.visibility, row.allow_all_artifact_types, sorted(row.artifact_types)]
"""


def test_a_registry_is_made_and_each_of_its_settings_saved(client: Client, world: World) -> None:
    said = together(
        client,
        """
        api = wandb.Api()
        made = api.create_registry("Golden Models", visibility="organization", description="d0", artifact_types=["model"])
        say(made.name, made.full_name, made.path, made.entity, made.organization, made.visibility, made.artifact_types[:])
        say(made.allow_all_artifact_types, made.created_at == made.updated_at, made.internal_id != made.id)
        made.description = "# Only the **best**"
        made.save()
        made.artifact_types.append("dataset")
        made.artifact_types.append("by mistake")
        made.artifact_types.remove("by mistake")
        made.save()
        try:
            made.artifact_types.remove("model")
        except ValueError as error:
            say(str(error))
        made.save()
        made.load()
        say(made.description, sorted(made.artifact_types), made.updated_at > made.created_at)
        made.description = ""
        made.save()

        made = api.create_registry("open", visibility="organization")
        say(made.allow_all_artifact_types, made.artifact_types[:])
        made.artifact_types.append("model")
        try:
            made.save()
        except ValueError as error:
            say(str(error))
        made.allow_all_artifact_types = False
        made.save()
        say(made.allow_all_artifact_types, made.artifact_types[:])
        made.allow_all_artifact_types = True
        made.save()

        # An administrator lets the core registry take another type; its own stays.
        core = api_of("alice").registry("model")
        core.artifact_types.append("weights")
        core.save()
        """,
    )
    assert said[:4] == [
        "Golden Models", "wandb-registry-Golden Models", ["acme-corp", "wandb-registry-Golden Models"], "acme-corp"
    ]  # fmt: skip
    assert said[4:10] == ["Acme Corp", "organization", ["model"], False, True, True]
    assert "model" in str(said[10])
    assert said[11:14] == ["# Only the **best**", ["dataset", "model"], True]
    # No types means all of them; then a list that only grows.
    assert said[14:16] == [True, []]
    assert str(said[16]).startswith("Cannot update artifact types when `allows_all_artifact_types` is True")
    assert said[17:] == [False, ["model"]]
    seen = client.run(READ + 'say(read("golden models"), read("open"), read("model")[3:])', user="carol")
    assert seen == [
        ["Golden Models", "", "organization", False, ["dataset", "model"]],
        ["open", "", "organization", True, ["model"]],
        [False, ["model", "weights"]],
    ]
    assert Registry.objects.get(project=world.model).type_names == ["model", "weights"]
    page = client.opens("/orgs/acme-corp/registry/Golden Models", user="carol")
    assert "Golden Models" in page.content.decode()


def test_a_rename_leads_on_and_a_deletion_leaves_the_sources(client: Client, world: World) -> None:
    project = create_registry(world.organization, "Gold", acting_user=world.bob).project
    version = factories.version(factories.project(world.team, user=world.bob), user=world.bob)
    link_by_name(version, project, "detectors", aliases=["best"], acting_user=world.bob)
    said = together(
        client,
        """
        api = wandb.Api()
        row = api.registry("Gold")
        number = row.id
        row.name, row.description = "Silver", "Second"
        row.save()
        say(row.id == number, row.full_name, wandb.Api().registry("Silver").description)

        carol = api_of("carol")
        old = carol.artifact("wandb-registry-Gold/detectors:best")
        say(old.project, old.url)
        say([row.name for row in carol.registries(order="name")])
        try:
            carol.registry("Gold")
        except ValueError as error:
            say(str(error))
        """,
    )
    assert said[:3] == [True, "wandb-registry-Silver", "Second"]
    said = said[3:]
    assert said[0] == "wandb-registry-Silver"
    assert client.opens(str(said[1]), user="carol").status_code == 200
    assert said[2:] == [
        ["Silver", "dataset", "model"],
        "Failed to load registry 'Gold' in organization 'Acme Corp'.",
    ]
    page = client.opens("/orgs/acme-corp/registry/Gold/detectors", user="carol")
    assert page.redirect_chain[-1][0].endswith("/registry/Silver/detectors")
    said = together(
        client,
        """
        api = wandb.Api()
        api.registry("Silver").delete()
        api.create_registry("Silver", visibility="organization")
        api = api_of("carol")
        say(list(api.registry("Silver").collections()), api.artifact("vision/detector/yolo:v0").linked_artifacts)
        say([api.artifact_exists(f"wandb-registry-{name}/detectors:best") for name in ("Gold", "Silver")])
        """,
    )
    assert said == [[], [], [False, False]]
    assert client.opens("/orgs/acme-corp/registry/Gold", user="carol").status_code == 404


def test_a_restricted_registry_exists_for_its_members_only(client: Client, world: World) -> None:
    said = together(
        client,
        """
        api, carol = wandb.Api(), api_of("carol")
        def seen_by_carol():
            return [row.name for row in carol.registries(order="name")]
        made = api.create_registry("secret", visibility="restricted", description="Quiet")
        other = api.create_registry("later", visibility="organization")
        say(seen_by_carol())
        other.visibility = "restricted"
        other.save()
        say(wandb.Api().registry("later").visibility, seen_by_carol())

        row = api.registry("secret")
        row.add_members(api.user("carol"), api.team("vision").id)
        say([(member.user.username, member.role) for member in row.user_members()])
        say([(member.team.name, member.role) for member in row.team_members()])
        row.update_member(row.team_members()[0], "member").update_member(api.user("carol"), role="viewer")
        say(len(row.members()), seen_by_carol())

        # carol is a member through her team, which is more than her own role.
        hers = carol.registry("secret")
        say([member.role for member in hers.members()], hers.visibility, hers.team_members()[0].team.members[0]["name"])
        hers.description = "Loud"
        hers.save()
        row.load()
        say(row.description)
        row.remove_members(*[member for member in row.members() if member.role != "admin"])
        for act in (carol.registry, lambda name: carol.create_registry(name, visibility="organization")):
            try:
                act("secret")
            except ValueError as error:
                say(str(error), str(error.__cause__))
        """,
    )
    assert said[:3] == [["dataset", "later", "model"], "restricted", ["dataset", "model"]]
    assert said[3] == [["bob", "admin"], ["carol", "restricted_viewer"]]
    assert said[4:7] == [[["vision", "restricted_viewer"]], 3, ["dataset", "model", "secret"]]
    assert said[7:11] == [["admin", "viewer", "member"], "restricted", "alice", "Loud"]
    assert said[11] == "Failed to load registry 'secret' in organization 'Acme Corp'."
    assert "viewers of “Acme Corp” can't make registries" in str(said[14])
    assert "carol" not in client.opens("/orgs/acme-corp/registry/secret/-/members", user="alice").content.decode()
    assert client.opens("/orgs/acme-corp/registry/secret", user="carol").status_code == 404


def test_what_may_not_be_done_to_a_registry(client: Client, world: World) -> None:
    create_registry(world.organization, "Gold", visibility="restricted", types=["model"], acting_user=world.bob)
    before = """
alice = api_of("alice")
def saved(registry, /, api=api, **fields):
    row = api.registry(registry)
    for field, value in fields.items():
        setattr(row, field, value)
    row.save()
def typed(name, kind):
    row = api.registry(name)
    row.artifact_types.append(kind)
    row.save()
"""
    names = ["Gold", "", "a/b", "x" * 114]
    told = refusals(
        client,
        [
            *(f'api.create_registry({name!r}, visibility="organization")' for name in names),
            'api.create_registry("new", visibility="public")',
            'api.create_registry("new", visibility="organization", artifact_types=["a:b"])',
            'api.create_registry("new", visibility="organization", organization="Elsewhere")',
            'saved("Gold", visibility="organization")',
            'saved("Gold", name="model")',
            'saved("model", name="models")',
            'saved("model", description="Ours")',
            'typed("model", "weights")',
            'api.registry("model").delete()',
            'api.registry("model").add_members(api.user("carol"))',
            'api.registry("Gold").update_member(api.user("carol"), "viewer")',
            'api.registry("Gold").update_member(api.user("bob"), "owner")',
            'api.registry("Gold").remove_members(api.user("bob"))',
            'api.registry("Gold").add_members()',
            'api.registry("Gold").add_members("nonsense")',
            'api.registry("nowhere")',
            'saved("model", name="models", api=alice)',
            'alice.registry("model").delete()',
        ],
        before=before,
    )
    expected = [
        ("ValueError", "Registry 'Gold' already exists in organization 'Acme Corp', please use a different name."),
        ("ValueError", "Registry name cannot be empty"),
        ("ValueError", "Invalid project/registry name 'a/b', cannot contain characters: '/'"),
        ("ValueError", "must be 113 characters or less"),
        ("ValueError", "Invalid visibility 'public'. Expected one of: 'organization', 'restricted'"),
        ("ValueError", "Artifact types"),
        ("CommError", "Organization 'Elsewhere' not found."),
        ("ValueError", "“Gold” is restricted and stays so"),
        ("WandbApiFailedError", "A registry named “model” exists"),
        ("WandbApiFailedError", "permission denied: your role in “model” is member and this needs admin"),
        ("ValueError", "“model” is a core registry, whose description is fixed"),
        ("ValueError", "permission denied: your role in “model” is member and this needs admin"),
        ("ValueError", "permission denied: your role in “model” is member and this needs admin"),
        ("WandbApiFailedError", "permission denied: your role in “model” is member and this needs admin"),
        ("WandbApiFailedError", "“Gold” has no such member; add it first."),
        ("WandbApiFailedError", "“owner” is no role; take one of admin, member, viewer, restricted_viewer."),
        ("WandbApiFailedError", "This is the last administrator of the registry"),
        ("TypeError", "Must provide at least one member"),
        (told[18].kind, ""),
        ("ValueError", "Failed to load registry 'nowhere' in organization 'Acme Corp'."),
        ("WandbApiFailedError", "“model” is a core registry and keeps its name"),
        ("ValueError", "“model” is a core registry and stays"),
    ]
    for one, (kind, part) in zip(told, expected, strict=True):
        assert (one.kind, part in one.text + one.cause) == (kind, True), one
    assert list(Project.objects.registries().order_by("name").values_list("name", flat=True)) == [
        "wandb-registry-Gold",
        *["wandb-registry-dataset"] * 2,
        *["wandb-registry-model"] * 2,
    ]
