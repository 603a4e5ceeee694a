"""Finding versions, types and collections through the public API, as a colleague who only reads."""

import pytest

from artifacts.actions import aliases_and_tags
from artifacts.models import ArtifactVersion
from registry.actions.link import link_by_name
from tests import factories
from tests.client.conftest import Client
from tests.client.refusals import refusals
from tests.conftest import World

pytestmark = pytest.mark.client


@pytest.fixture
def versions(world: World) -> list[ArtifactVersion]:
    """Three versions of vision/detector/yolo, all linked to `detectors` of the registry model; two more collections."""
    project = factories.project(world.team, user=world.bob)
    made = [factories.version(project, user=world.bob, files={"a.bin": 10, "dir/b.bin": 20}) for _ in range(3)]
    for number, version in enumerate(made):
        link_by_name(version, world.model, "detectors", aliases=[f"x{number}"], acting_user=world.bob)
    aliases_and_tags.tag_version(made[0], ["even", "small"], acting_user=world.bob)
    aliases_and_tags.tag_version(made[2], ["even"], acting_user=world.bob)
    factories.version(project, "tiny", user=world.bob)
    factories.version(project, "coco", "dataset", user=world.bob)
    return made


def test_versions_are_listed_paged_and_found_by_every_way_of_writing_their_name(
    client: Client, versions: list[ArtifactVersion]
) -> None:
    said = client.run(
        """
        api, path = wandb.Api(), "vision/detector/yolo"
        found = api.artifacts("model", path, per_page=2)
        say(len(found), [next(found).name, next(found).name])
        rest = wandb.Api().artifacts("model", path, per_page=2, start=found.cursor)
        say([version.name for version in rest], [version.name for version in found], rest.cursor is not None)
        say([version.version for version in api.artifacts("model", path, order="+createdAt")])
        say([version.version for version in api.artifacts("model", path, tags=["even"])])
        say([version.version for version in api.artifacts("model", path, tags=["even", "small"])])
        say([version.version for version in api.artifact_versions("model", path)])
        linked = api.artifacts("model", "wandb-registry-model/detectors")
        say([(version.qualified_name, version.is_link, sorted(version.aliases)) for version in linked[0:1]])

        api = wandb.Api(overrides={"entity": "vision", "project": "detector"})
        names = ("vision/detector/yolo:v2", "detector/yolo:latest", "yolo:v2", "yolo", "wandb-registry-model/detectors:x2",
                 "acme-corp/wandb-registry-model/detectors", "Acme Corp/wandb-registry-Model/detectors:v2")
        say(len({api.artifact(name, type="model").id for name in names}))
        version = api.artifact("yolo:v0")
        files = version.files(per_page=1)
        say(len(files), [(file.name, file.size) for file in files], files.path, repr(files))
        say([file.name for file in version.files(names=["dir/b.bin"])], version.url)
        say([api.artifact_exists(name) for name in names])
        say([api.artifact_exists(*words) for words in (
            ("yolo:v3",), ("yolo:v2", "dataset"), ("nowhere/yolo:v0",), ("wandb-registry-model/absent:v0",),
            ("wandb-registry-nowhere/detectors:v0",), ("strangers/detector/yolo:v0",))])
        say([api.artifact_collection_exists(name, kind) for name, kind in (
            ("yolo", "model"), ("vision/detector/tiny", "model"), ("wandb-registry-model/detectors", "model"),
            ("yolo", "dataset"), ("absent", "model"), ("wandb-registry-nowhere/detectors", "model"))])
        """,
        user="carol",
    )
    assert said[:2] == [3, ["yolo:v2", "yolo:v1"]]
    assert said[2:5] == [["yolo:v0"], ["yolo:v2", "yolo:v1", "yolo:v0"], True]
    assert said[5:9] == [["v0", "v1", "v2"], ["v2", "v0"], ["v0"], ["v2", "v1", "v0"]]
    assert said[9] == [["acme-corp/wandb-registry-model/detectors:v2", True, ["latest", "x2"]]]
    said = said[10:]
    assert said[0] == 1
    assert said[1:5] == [
        2, [["a.bin", 10], ["dir/b.bin", 20]], ["vision", "detector", "yolo:v0"],
        "<ArtifactFiles vision/detector/yolo:v0 (2)>",
    ]  # fmt: skip
    assert said[5] == ["dir/b.bin"]
    assert "yolo" in client.opens(str(said[6]), user="carol").content.decode()
    assert said[7:] == [[True] * 7, [False] * 6, [True, True, True, False, False, False]]


def test_types_and_their_collections(client: Client, versions: list[ArtifactVersion]) -> None:
    said = client.run(
        """
        api, path = wandb.Api(), "vision/detector"
        types = api.artifact_types(path)
        say(sorted(kind.name for kind in types), [kind.name for kind in api.artifact_types("wandb-registry-model")])
        model = api.artifact_type("model", path)
        say(model.name == model.type == "model", model.id == model.load().id, repr(model))
        say(model.collection("yolo").id == api.artifact_collection("model", path + "/yolo").id)
        def names(**wanted):
            return [row.name for row in model.collections(**wanted)]
        say(names(), names(order="name"), names(order="-createdAt"), names(filters={"name": {"$regex": "^t"}}))
        say(names(filters={"name": {"$in": ["yolo", "tiny"]}, "tag": {"$size": 0}}, order="+name", per_page=1))
        pages = api.artifact_collections(path, "model", order="name", per_page=1)
        say(len(pages), next(pages).name)
        say([row.name for row in api.artifact_collections(path, "model", order="name", start=pages.cursor)])
        project = api.project("detector", "vision")
        say([row.name for row in project.collections(order="name")], len(project.collections(filters={"type": "dataset"})))
        say(sorted(kind.name for kind in project.artifacts_types()))
        say([row.name for row in api.artifact_collections("wandb-registry-model", "model")])
        """,
        user="carol",
    )
    assert said[:2] == [["dataset", "model"], ["model"]]
    assert said[2:6] == [True, True, "<ArtifactType model>", True]
    assert said[6:10] == [["tiny", "yolo"], ["tiny", "yolo"], ["tiny", "yolo"], ["tiny"]]
    assert said[10] == ["tiny", "yolo"]
    assert said[11:14] == [2, "tiny", ["yolo"]]
    assert said[14:] == [["coco", "tiny", "yolo"], 1, ["dataset", "model"], ["detectors"]]


def test_what_is_not_there_is_refused_as_the_client_says_it(client: Client, versions: list[ArtifactVersion]) -> None:
    said = refusals(
        client,
        [
            'api.artifact("vision/detector/yolo:v9")',
            'api.artifact("vision/detector/absent:v0")',
            'api.artifact("vision/absent/yolo:v0")',
            'api.artifact("absent/detector/yolo:v0")',
            'api.artifact("strangers/detector/yolo:v0")',
            'api.artifact("vision/detector/yolo:v0", type="dataset")',
            'api.artifact("wandb-registry-model/detectors:nope")',
            'api.artifact("wandb-registry-nowhere/detectors:v0")',
            'api.artifact("Elsewhere/wandb-registry-model/detectors:v0")',
            'api.artifact_type("absent", "vision/detector")',
            'api.artifact_collection("model", "vision/detector/absent")',
            'next(api.artifact_types("vision/absent"))',
            'next(api.artifacts("model", "vision/detector/absent"))',
            'next(api.artifacts("modle", "vision/detector/yolo"))',
            'next(api.artifacts("model", "nowhere/detector/yolo"))',
            'next(api.artifact_collections("vision/absent", "model"))',
            'next(api.artifact_collections("vision/detector", "modle"))',
            'next(api.runs("vision/absent"))',
            'next(api.runs("vision/detector", order="-accuracy"))',
            'next(api.artifacts("model", "vision/detector/yolo", order="digest"))',
            'next(api.artifact_type("model", "vision/detector").collections(filters={"owner": "x"}))',
            'next(api.artifacts("model", "vision/detector/yolo", start="no cursor"))',
        ],
        user="carol",
    )
    told = [(one.kind, one.text) for one in said]
    assert told[:9] == [
        ("CommError", "artifact membership 'yolo:v9' not found in 'vision/detector'"),
        ("CommError", "artifact membership 'absent:v0' not found in 'vision/detector'"),
        ("CommError", "project 'absent' not found under entity 'vision'"),
        ("CommError", "project 'detector' not found under entity 'absent'"),
        ("CommError", "project 'detector' not found under entity 'strangers'"),
        ("CommError", "type 'dataset' specified but this artifact is of type 'model'"),
        ("CommError", "artifact membership 'detectors:nope' not found in 'acme-corp/wandb-registry-model'"),
        ("CommError", "project 'wandb-registry-nowhere' not found under entity 'acme-corp'"),
        ("CommError", told[8][1]),
    ]
    assert "Expecting the organization name or entity name to match 'Acme Corp'" in told[8][1]
    assert told[9:11] == [
        ("CommError", "Could not find artifact type 'absent'"),
        ("CommError", "Could not find artifact type 'model'"),
    ]
    parts = [
        "project “absent” not found under entity “vision”",
        "Collection “absent” not found in “detector”",
        "artifact type “modle” not found in “detector”",
        "project “detector” not found under entity “nowhere”",
        "project “absent” not found under entity “vision”",
        "artifact type “modle” not found in “detector”",
        "project “absent” not found under entity “vision”",
        "isn't ordered by “accuracy”; take one of: id, name, display_name, created_at",
        "isn't ordered by “digest”",
        "Invalid filter fields: owner; must be one of",
        "not one of this list",
    ]
    for (_, text), part in zip(told[11:], parts, strict=True):
        assert part in text
