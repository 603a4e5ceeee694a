"""Lists of what isn't there: the sentence of look-ups, where the client can't read a null on the way to a page."""

import pytest

from tests import factories
from tests.conftest import World
from tests.wandb_api.asking import ask, refusal

NO_PROJECT = "project “absent” not found under entity “vision”"
HERE, ELSEWHERE = {"entity": "vision", "project": "detector"}, {"entity": "vision", "project": "absent"}
LISTS = [
    ("ProjectArtifacts", {**ELSEWHERE, "type": "model", "collection": "yolo"}, NO_PROJECT),
    ("ProjectArtifacts", {**HERE, "type": "modle", "collection": "yolo"}, "artifact type “modle” not found"),
    ("ProjectArtifacts", {**HERE, "type": "model", "collection": "absent"}, "Collection “absent” not found in"),
    ("ProjectArtifacts", {**HERE, "type": "model", "collection": "coco"}, "“coco” is of type “dataset”, not “model”"),
    ("ProjectArtifactTypes", ELSEWHERE, NO_PROJECT),
    ("ProjectArtifactTypes", {"entity": "strangers", "project": "theirs"}, "project “theirs” not found under"),
    ("ProjectArtifactCollections", ELSEWHERE, NO_PROJECT),
    ("ArtifactTypeArtifactCollections", {**ELSEWHERE, "type": "model"}, NO_PROJECT),
    ("ArtifactTypeArtifactCollections", {**HERE, "type": "modle"}, "artifact type “modle” not found"),
    ("Runs", {**ELSEWHERE, "perPage": 5, "filters": "{}"}, NO_PROJECT),
    ("RunFiles", {**HERE, "name": "absent", "fileNames": []}, "run “absent” not found"),
    ("GetProjects", {"entity": "absent"}, "entity “absent” not found"),
    ("FetchRegistries", {"organization": "absent"}, "Organization “absent” not found"),
]


@pytest.fixture
def project(world: World) -> None:
    project = factories.project(world.team, user=world.bob)
    factories.version(project, name="yolo", user=world.bob)
    factories.version(project, name="coco", type_name="dataset", user=world.bob)
    factories.project(world.strangers, user=world.mallory, name="theirs")


@pytest.mark.parametrize(("operation", "place", "said"), LISTS)
def test_a_list_of_what_is_not_there_is_refused_in_a_sentence(
    world: World, project: None, operation: str, place: dict[str, object], said: str
) -> None:
    assert said in refusal(world.bob, operation, **place)


def test_a_look_up_of_what_is_not_there_answers_null_as_the_client_reads_it(world: World, project: None) -> None:
    assert ask(world.bob, "ProjectArtifactType", **ELSEWHERE, type="model")["project"] is None
    assert ask(world.bob, "ProjectArtifactType", **HERE, type="modle")["project"]["artifactType"] is None
    found = ask(world.bob, "ProjectArtifactCollection", **HERE, type="model", name="coco")
    assert found["project"]["artifactType"]["artifactCollection"] is None
