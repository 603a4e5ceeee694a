"""Registries as the client makes, saves, renames and deletes them, and their members."""

import json

import pytest

from artifacts import access
from artifacts.actions import people
from artifacts.models import AuditEvent, Collection, Project, ProjectMember, Role
from registry.actions.registries import create_registry
from registry.models import Registry
from registry_site.wandb_api.engine import ids
from tests.conftest import World
from tests.wandb_api.asking import ask, change, nodes, refusal, refused_change
from tests.wandb_api.conftest import Linked

NEW = {"entityName": "acme-corp", "name": "wandb-registry-Golden Sets", "access": "PRIVATE"}


def make(world: World, **fields: object) -> Project:
    """Golden Sets, made by bob."""
    made = change(world.bob, "UpsertRegistry", **{**NEW, **fields})
    return Project.objects.with_entity().get(pk=ids.decode(made["project"]["id"], "Project"))


def registries_of(world: World, **variables: object) -> list[str]:
    found = ask(world.bob, "FetchRegistries", organization="Acme Corp", **variables)["organization"]["orgEntity"]
    return [node["name"].removeprefix("wandb-registry-") for node in nodes(found["projects"])]


def test_making_says_what_happened(world: World) -> None:
    fields = {**NEW, "description": "d0", "allowAllArtifactTypesInRegistry": True}
    made = [change(world.bob, "UpsertRegistry", **fields) for _ in range(2)]
    assert [row.pop("inserted") for row in made] == [True, False]
    assert made[0] == made[1]
    assert made[0]["project"]["name"] == "wandb-registry-Golden Sets"
    assert AuditEvent.objects.filter(verb="registry.created", label="Golden Sets").count() == 1
    changed = change(world.bob, "UpsertRegistry", **{**fields, "description": "d1"})
    assert (changed["inserted"], changed["project"]["description"]) == (False, "d1")
    assert change(world.alice, "UpsertRegistry", **{**fields, "description": "d1"})["inserted"] is False


def test_its_maker_is_its_administrator(world: World) -> None:
    registry = make(world, access="RESTRICTED")
    assert access.role_in(world.bob, registry) == Role.ADMIN
    assert access.role_in(world.carol, registry) is None


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"name": "wandb-registry-"}, "cannot be empty"),
        ({"name": "wandb-registry-" + "x" * 114}, "113"),
        ({"name": "wandb-registry-a/b"}, "contains"),
        ({"artifactTypes": [{"name": "a/b"}], "allowAllArtifactTypesInRegistry": False}, "contains"),
        ({"artifactTypes": [{"name": "a"}], "allowAllArtifactTypesInRegistry": True}, "leave the types out"),
        ({"allowAllArtifactTypesInRegistry": False}, "accept no type"),
    ],
)
def test_what_cannot_be_a_registry_is_refused(world: World, fields: dict[str, object], reason: str) -> None:
    before = Project.objects.count()
    assert reason in refused_change(world.bob, "UpsertRegistry", **{**NEW, **fields})
    assert Project.objects.count() == before


def test_viewers_and_strangers_make_none(world: World) -> None:
    assert "viewers of" in refused_change(world.carol, "UpsertRegistry", **NEW)
    hidden = refused_change(world.mallory, "UpsertRegistry", **NEW)
    assert hidden == refused_change(world.mallory, "UpsertRegistry", **{**NEW, "entityName": "acme-cord"}).replace(
        "cord", "corp"
    )


def test_settings_are_saved_and_types_only_added(world: World) -> None:
    registry = make(world, description="d0")
    fields = {**NEW, "access": "RESTRICTED", "allowAllArtifactTypesInRegistry": False, "artifactTypes": [{"name": "t"}]}
    saved = change(world.bob, "UpsertRegistry", **fields)["project"]
    assert (saved["access"], saved["allowAllArtifactTypes"], saved["description"]) == ("RESTRICTED", False, "d0")
    assert [node["name"] for node in nodes(saved["artifactTypes"])] == ["t"]
    saved = change(world.bob, "UpsertRegistry", **{**fields, "artifactTypes": [{"name": "u"}]})["project"]
    assert [node["name"] for node in nodes(saved["artifactTypes"])] == ["t", "u"]
    assert "stays so" in refused_change(world.bob, "UpsertRegistry", **{**fields, "access": "PRIVATE"})
    assert Registry.objects.get(project=registry).type_names == ["t", "u"]


def test_members_change_the_description_and_nothing_else(world: World) -> None:
    change(world.alice, "UpsertRegistry", **NEW, description="d0")
    saved = change(world.bob, "UpsertRegistry", **NEW, description="d1")["project"]
    assert saved["description"] == "d1"
    assert "permission denied" in refused_change(world.bob, "UpsertRegistry", **{**NEW, "access": "RESTRICTED"})
    types = {"artifactTypes": [{"name": "t"}], "allowAllArtifactTypesInRegistry": False}
    assert "permission denied" in refused_change(world.bob, "UpsertRegistry", **NEW, **types)
    assert "permission denied" in refused_change(world.carol, "UpsertRegistry", **NEW, description="d2")
    core = {**NEW, "name": "wandb-registry-model"}
    assert "core registry" in refused_change(world.alice, "UpsertRegistry", **core, description="x")
    assert "core registry" in refused_change(world.alice, "UpsertRegistry", **{**core, "access": "RESTRICTED"})


def test_a_rename_keeps_the_id_and_frees_the_name(world: World) -> None:
    registry = make(world)
    fields = {"entityName": "acme-corp", "oldProjectName": NEW["name"], "newProjectName": "wandb-registry-Silver"}
    assert "permission denied" in refused_change(world.carol, "RenameRegistry", **fields)
    for _ in range(2):
        renamed = change(world.bob, "RenameRegistry", **fields)
        assert (renamed["inserted"], renamed["project"]["id"]) == (False, ids.encode("Project", registry.pk))
    gone = ask(world.bob, "FetchRegistry", name=NEW["name"], entity="acme-corp")
    assert gone["entity"]["project"] is None
    again = change(world.bob, "UpsertRegistry", **NEW)
    assert again["inserted"]
    assert again["project"]["id"] != renamed["project"]["id"]
    fields = {"entityName": "acme-corp", "oldProjectName": "wandb-registry-Silver", "newProjectName": NEW["name"]}
    assert "exists" in refused_change(world.bob, "RenameRegistry", **fields)
    core = {"entityName": "acme-corp", "oldProjectName": "wandb-registry-model", "newProjectName": "wandb-registry-m"}
    assert "core registry" in refused_change(world.alice, "RenameRegistry", **core)


def test_an_ordinary_project_is_renamed_by_its_administrators(linked: Linked, world: World) -> None:
    old = linked.project.name
    fields = {"entityName": "vision", "oldProjectName": old, "newProjectName": "finder"}
    assert "permission denied" in refused_change(world.bob, "RenameRegistry", **fields)
    renamed = change(world.alice, "RenameRegistry", **fields)
    assert renamed["project"]["id"] == ids.encode("Project", linked.project.pk)
    linked.project.refresh_from_db()
    assert linked.project.name == "finder"
    logged = change(world.bob, "UpsertRegistry", entityName="vision", name=old)
    assert (logged["inserted"], logged["project"]["id"]) == (False, renamed["project"]["id"])


def test_deleting_a_registry_leaves_the_sources(linked: Linked, world: World) -> None:
    registry = make(world)
    number = ids.encode("Project", registry.pk)
    assert "permission denied" in refusal(world.carol, "DeleteRegistry", id=number)
    missing = refusal(world.mallory, "DeleteRegistry", id=ids.encode("Project", 10**6))
    assert refusal(world.mallory, "DeleteRegistry", id=number) == missing
    assert "core registry" in refusal(world.alice, "DeleteRegistry", id=ids.encode("Project", world.model.pk))
    assert "No registry" in refusal(world.bob, "DeleteRegistry", id=ids.encode("Project", linked.project.pk))
    assert ask(world.bob, "DeleteRegistry", id=number)["deleteModel"]["success"]
    assert not Project.objects.filter(pk=registry.pk).exists()
    assert Collection.objects.sequences().count() == 1


def test_registries_are_listed_filtered_and_ordered(world: World) -> None:
    make(world)
    assert sorted(registries_of(world)) == ["Golden Sets", "dataset", "model"]
    for wanted, expected in (
        ({"name": "wandb-registry-model"}, ["model"]),
        ({"name": {"$regex": "^wandb-registry-.*(del|set)$"}}, ["model", "dataset"]),
        ({"name": {"$in": ["wandb-registry-model", "nope"]}}, ["model"]),
        (
            {"$or": [{"name": {"$contains": "Gold"}}, {"description": {"$contains": "Models"}}]},
            ["model", "Golden Sets"],
        ),
        ({"id": world.model.pk}, ["model"]),
    ):
        assert sorted(registries_of(world, filters=json.dumps(wanted))) == sorted(expected)
    assert registries_of(world, order="-name") == ["model", "dataset", "Golden Sets"]
    assert registries_of(world, order="created_at")[-1] == "Golden Sets"
    assert len(registries_of(world, perPage=1)) == 1
    restricted = Project.objects.filter(pk=world.dataset.pk)
    restricted.update(visibility="restricted")
    assert "dataset" not in registries_of(world)
    assert ask(world.mallory, "FetchRegistries", organization="Acme Corp") == {"organization": None}


def test_collections_and_versions_are_searched_across_registries(linked: Linked, world: World) -> None:
    def collections(**variables):
        found = ask(world.carol, "RegistryCollections", organization="Acme Corp", **variables)
        return {node["name"] for node in nodes(found["organization"]["orgEntity"]["artifactCollections"])}

    def versions(**variables):
        found = ask(world.carol, "RegistryVersions", organization="acme-corp", **variables)["organization"]["orgEntity"]
        places = nodes(found["artifactMemberships"])
        return [f"{place['artifactCollection']['name']}:v{place['versionIndex']}" for place in places]

    one = json.dumps({"id": world.model.pk})
    assert collections(registryFilter=one) == {"detectors", "best"}
    assert collections(registryFilter=json.dumps({"id": world.dataset.pk})) == set()
    assert collections(collectionFilter=json.dumps({"name": {"$regex": "st$"}})) == {"best"}
    assert collections(collectionTypes=["SEQUENCE"]) == set()
    assert versions() == ["best:v0", "detectors:v2", "detectors:v1", "detectors:v0"]
    assert versions(artifactFilter=json.dumps({"tag": "even"})) == ["detectors:v0"]
    assert versions(
        collectionFilter=json.dumps({"name": "detectors"}), artifactFilter=json.dumps({"alias": "latest"})
    ) == ["detectors:v2"]
    wanted = {"$and": [{"metadata.acc": {"$gt": 0.05}}, {"metadata.acc": {"$lt": 0.15}}]}
    assert versions(artifactFilter=json.dumps(wanted)) == ["detectors:v1"]
    assert versions(artifactFilter=json.dumps({"$or": [{"alias": "x0"}, {"alias": "x1"}]})) == [
        "detectors:v1", "detectors:v0"
    ]  # fmt: skip


def member_operations(world: World, project: Project) -> list[tuple[str, dict[str, object]]]:
    number, bob = ids.encode("Project", project.pk), ids.encode("User", world.bob.pk)
    team = ids.encode("Entity", world.team.pk)
    return [
        ("CreateRegistryMembers", {"projectId": number, "userIds": [bob], "teamIds": [team]}),
        ("UpdateUserRegistryRole", {"projectId": number, "userId": bob, "userProjectRole": "viewer"}),
        ("UpdateTeamRegistryRole", {"projectId": number, "teamId": team, "teamProjectRole": "member"}),
        ("DeleteRegistryMembers", {"projectId": number, "userIds": [bob], "teamIds": [team]}),
    ]


def test_roles_are_given_changed_and_taken_and_each_may_be_repeated(world: World) -> None:
    operations = member_operations(world, world.model)
    seen = []
    for operation, fields in operations:
        for _ in range(2):
            assert change(world.alice, operation, **fields)["success"]
        seen.append(sorted(ProjectMember.objects.filter(project=world.model).values_list("role", flat=True)))
    assert seen == [["restricted_viewer"] * 2, ["restricted_viewer", "viewer"], ["member", "viewer"], []]
    verbs = list(AuditEvent.objects.filter(project_number=world.model.pk).values_list("verb", flat=True))
    assert [verbs.count(f"member.{act}") for act in ("added", "changed", "removed")] == [2, 2, 2]


def test_only_administrators_give_roles(world: World) -> None:
    for operation, fields in member_operations(world, world.model):
        assert "permission denied" in refused_change(world.bob, operation, **fields)
        missing = refused_change(world.mallory, operation, **{**fields, "projectId": ids.encode("Project", 10**6)})
        assert refused_change(world.mallory, operation, **fields) == missing
    assert not ProjectMember.objects.filter(project=world.model).exists()


def test_strangers_unknown_roles_and_the_last_administrator_are_refused(world: World) -> None:
    registry = make(world)
    number, bob = ids.encode("Project", registry.pk), ids.encode("User", world.bob.pk)
    stranger = {"userIds": [ids.encode("User", world.mallory.pk)]}
    assert "No colleague" in refused_change(world.bob, "CreateRegistryMembers", projectId=number, **stranger)
    foreign = {"teamIds": [ids.encode("Entity", world.strangers.pk)]}
    assert "No team" in refused_change(world.bob, "CreateRegistryMembers", projectId=number, **foreign)
    for role in ("root", "ADMIN", "admin ", ""):
        fields = {"projectId": number, "userId": bob, "userProjectRole": role}
        assert "no role" in refused_change(world.bob, "UpdateUserRegistryRole", **fields)
    fields = {"projectId": number, "userId": bob, "userProjectRole": "viewer"}
    assert "last administrator" in refused_change(world.bob, "UpdateUserRegistryRole", **fields)
    assert "last administrator" in refused_change(world.bob, "DeleteRegistryMembers", projectId=number, userIds=[bob])
    carol = ids.encode("User", world.carol.pk)
    assert change(world.bob, "CreateRegistryMembers", projectId=number, userIds=[carol])["success"]
    change(world.bob, "UpdateUserRegistryRole", projectId=number, userId=carol, userProjectRole="admin")
    assert change(world.bob, "UpdateUserRegistryRole", **fields)["success"]


def test_a_site_administrator_is_no_colleague_of_strangers(world: World) -> None:
    root = people.create_user("root", is_admin=True, acting_user=None)
    assert ask(root, "FetchOrganization", org="Acme Corp")["organization"]["name"] == "Acme Corp"
    number = ids.encode("Project", world.model.pk)
    users = {"userIds": [ids.encode("User", world.mallory.pk)]}
    assert "no such member" in refused_change(root, "CreateRegistryMembers", projectId=number, **users)


def test_an_ordinary_project_is_made_where_people_log(world: World) -> None:
    fields = {"name": "fresh", "entityName": "vision"}
    made = change(world.bob, "CreateProject", **fields)
    assert (made["inserted"], made["project"]["name"], made["model"]["entityName"]) == (True, "fresh", "vision")
    assert change(world.bob, "CreateProject", **fields)["inserted"] is False
    assert "permission denied" in refused_change(world.carol, "CreateProject", name="x", entityName="vision")
    assert "begins like a registry" in refused_change(
        world.bob, "CreateProject", name="wandb-registry-x", entityName="vision"
    )


def test_deleting_a_registry_again_by_its_id_is_no_error(world: World) -> None:
    registry = create_registry(world.organization, "Gone", acting_user=world.alice).project
    number = ids.encode("Project", registry.pk)
    for _ in range(2):
        assert "errors" not in ask(world.alice, "DeleteRegistry", id=number)
    assert "No registry has this id" in refusal(world.mallory, "DeleteRegistry", id=number)
