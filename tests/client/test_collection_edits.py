"""Collections edited through the client: what a colleague's client and the pages then show."""

import pytest

from artifacts.models import AuditEvent, Collection, Membership, NameRedirect
from registry.actions.link import link_by_name
from registry.actions.registries import protect_alias
from tests import factories
from tests.client.conftest import Client
from tests.client.refusals import refusals, together
from tests.conftest import World

pytestmark = pytest.mark.client

READ = """
api = wandb.Api()
def read(kind, name):
    row = api.artifact_collection(kind, name)
    return [row.name, row.type, row.description, sorted(row.tags), sorted(row.aliases), row.is_sequence()]
"""


@pytest.fixture(autouse=True)
def linked(world: World) -> None:
    """vision/detector/yolo with two versions, both in `detectors` of the registry model."""
    project = factories.project(world.team, user=world.bob)
    for number in range(2):
        version = factories.version(project, user=world.bob)
        link_by_name(version, world.model, "detectors", aliases=[f"x{number}"], acting_user=world.bob)


def test_collections_are_renamed_described_tagged_and_a_sequence_gets_another_type(
    client: Client, world: World
) -> None:
    source = factories.project(world.team, user=world.bob)
    for _ in range(2):
        factories.version(source, "nano", user=world.bob)
    said = client.run(
        """
        api = wandb.Api()
        row = api.artifact_collection("model", "wandb-registry-model/detectors")
        say(row.entity, row.project, row.organization, row.updated_at >= row.created_at, repr(row), row.project_id)
        say(row.project_internal_id, sorted(version.version for version in row.artifacts(per_page=1)))
        loaded = row.load("acme-corp", "wandb-registry-model", "model", "detectors")
        assert (loaded.name, loaded.id) == ("detectors", row.id)
        row.name, row.description, row.tags = "finders", "# All of **them**", ["vision", "on device"]
        row.save()
        row.tags = ["vision", "fast"]
        row.save()
        row.save()
        say(row.id == wandb.Api().artifact_collection("model", "wandb-registry-model/finders").id)

        row = api.artifact_collection("model", "vision/detector/nano")
        row.type, row.name, row.description, row.tags = "weights", "nanov8", "By bob", {"mine"}
        row.save()
        other = wandb.Api().artifact_collection("weights", "vision/detector/nanov8")
        other.change_type("checkpoint")
        other.change_type("checkpoint")
        say(other.type)
        """
    )
    assert said[:5] == ["acme-corp", "wandb-registry-model", None, True, "<ArtifactCollection detectors (model)>"]
    assert said[7:] == [["v0", "v1"], True, "checkpoint"]
    seen = client.run(
        READ
        + """
say(read("model", "wandb-registry-model/finders"))
old = api.artifact("wandb-registry-model/detectors:x0")
say(old.version, old.id == api.artifact("wandb-registry-model/finders:v0").id, [row.name for row in old.files()])
say(read("checkpoint", "vision/detector/nanov8"))
say([version.type for version in api.artifacts("checkpoint", "vision/detector/nanov8")])
say(api.artifact("vision/detector/nano:latest").version, sorted(kind.name for kind in api.artifact_types("vision/detector")))
say(api.artifact_collection_exists("vision/detector/nanov8", "model"), read("model", "wandb-registry-model/finders")[1])
""",
        user="carol",
    )
    assert seen[0] == [
        "finders", "model", "# All of **them**", ["fast", "vision"], ["latest", "x0", "x1"], False
    ]  # fmt: skip
    # The old name leads on, in the client as on the page.
    assert seen[1:4] == ["v0", True, ["model.bin"]]
    old = client.opens("/orgs/acme-corp/registry/model/detectors", user="carol")
    assert old.redirect_chain[-1][0].endswith("/registry/model/finders")
    text = old.content.decode()
    assert "<strong>them</strong>" in text
    assert "fast" in text
    assert "on device" not in text
    # A sequence's type changes with all its versions; links that exist stay of theirs.
    assert seen[4] == ["nanov8", "checkpoint", "By bob", ["mine"], ["latest"], True]
    assert seen[5:] == [["checkpoint"] * 2, "v1", ["checkpoint", "model", "weights"], False, "model"]
    assert "nanov8" in client.opens("/vision/detector/artifacts/checkpoint", user="carol").content.decode()
    events = AuditEvent.objects.filter(collection_number=Collection.objects.get(name="finders").pk)
    assert events.filter(verb="collection.changed").count() == 2  # saved three times, changed once each


def test_deleting_takes_the_links_and_leaves_the_sources_unless_those_are_deleted(client: Client, world: World) -> None:
    said = together(
        client,
        """
        api_of("bob").artifact_collection("model", "wandb-registry-model/detectors").delete()
        api = wandb.Api()
        say(api.artifact_collection_exists("wandb-registry-model/detectors", "model"), list(api.registry("model").versions()))
        version = api.artifact("vision/detector/yolo:v1")
        say(version.linked_artifacts)
        version.link("wandb-registry-model/again")
        api.artifact_collection("model", "vision/detector/yolo").delete()
        """,
        user="alice",
    )
    assert said == [False, [], []]
    assert client.opens("/orgs/acme-corp/registry/model/detectors").status_code == 410
    seen = client.run(
        """
        api = wandb.Api()
        say(api.artifact_exists("vision/detector/yolo:v0"), api.artifact_exists("wandb-registry-model/again:v0"))
        say([row.name for row in api.registry("model").collections()])
        """,
        user="carol",
    )
    assert seen == [False, False, ["again"]]
    assert not Membership.objects.live().exists()


def test_what_may_not_be_done_to_a_collection(client: Client, world: World) -> None:
    protect_alias(world.model, "x0", acting_user=world.alice)
    link_by_name(Membership.objects.first().version, world.model, "best", acting_user=world.bob)  # type: ignore[union-attr]
    before = """
carol = api_of("carol")
def changed(path, /, kind="model", api=api, **fields):
    row = api.artifact_collection(kind, path)
    for field, value in fields.items():
        setattr(row, field, value)
    row.save()
place = "wandb-registry-model/"
"""
    events = AuditEvent.objects.count()
    told = refusals(
        client,
        [
            'changed(place + "detectors", name="finders")',
            'api.artifact_collection("model", place + "detectors").delete()',
            'changed(place + "best", name="detectors")',
            'changed(place + "best", name="a/b")',
            'changed(place + "best", name="")',
            'changed(place + "best", type="dataset")',
            'api.artifact_collection("model", place + "best").change_type("dataset")',
            'changed("vision/detector/yolo", type="weights")',
            'changed("vision/detector/yolo", type="job")',
            'changed("vision/detector/yolo", type="a:b")',
            'changed(place + "best", tags=["no/slash"])',
            'changed(place + "best", description="x", api=carol)',
            'changed("vision/detector/yolo", name="x", api=carol)',
            'carol.artifact_collection("model", place + "best").delete()',
        ],
        before=before,
    )
    expected = [
        ("CommError", "holds the protected alias “x0”"),
        ("CommError", "holds the protected alias “x0”"),
        ("CommError", "A collection named “detectors” exists"),
        ("ValidationError", "Artifact names must not contain"),
        ("CommError", "is empty"),
        ("ValueError", "Type can only be changed if the artifact collection is a sequence"),
        ("CommError", "needs to be a sequence"),
        ("CommError", "unlink them there first, or log to a collection of the new type"),
        ("CommError", "reserved for internal use"),
        ("CommError", "contains “:”"),
        ("ValidationError", "Invalid tag"),
    ]
    expected += [("CommError", "permission denied: your role in")] * 3
    for one, (kind, part) in zip(told, expected, strict=True):
        assert (one.kind, part in one.text) == (kind, True), f"{kind} {part}: {one}"
    assert AuditEvent.objects.count() == events
    assert not NameRedirect.objects.exists()
