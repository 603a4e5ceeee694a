"""What the client asks about runs, in its own documents."""

import io
import json
from typing import Any

import pytest

from artifacts.actions import streams
from artifacts.actions.saving import receive
from artifacts.models import Project, Run, RunFile, RunUse
from registry_site.wandb_api.engine import ids
from tests import factories
from tests.conftest import World
from tests.wandb_api.asking import ask, nodes, post, queries_of, refusal

PLACE = {"entity": "vision", "project": "detector"}


@pytest.fixture
def project(world: World) -> Project:
    return factories.project(world.team, user=world.bob)


@pytest.fixture
def run(world: World, project: Project) -> Run:
    made = factories.run(
        project,
        user=world.bob,
        name="abc",
        config={"lr": {"value": 0.1}, "_wandb": {"value": {"t": {"1": 2}, "x": 1}}},
        summary={"loss": 0.5},
    )
    log(made, world, {"wandb-history.jsonl": [{"loss": 1 / (n + 1), "_step": n * 2} for n in range(20)]})
    log(made, world, {"wandb-events.jsonl": [{"system.cpu": 5.5, "_runtime": 1}]})
    made.tag_rows.create(name="nightly")
    return made


def log(run: Run, world: World, files: dict[str, list[Any]]) -> None:
    content = {
        name: {"offset": 0, "content": [line if isinstance(line, str) else json.dumps(line) for line in lines]}
        for name, lines in files.items()
    }
    streams.receive(run, streams.read_request({"files": content}), acting_user=world.bob)
    run.refresh_from_db()


UPSERT = """mutation U($input: UpsertBucketInput!) { upsertBucket(input: $input) { inserted bucket {
    id name displayName config summaryMetrics state tags notes jobType group host commit project { name entity { name } } } } }"""


def upserted(user: Any, **fields: Any) -> Any:
    answer = post(user, UPSERT, {"input": fields})
    return answer["data"]["upsertBucket"] if "errors" not in answer else answer["errors"][0]["message"]


def test_a_run_starts_with_nothing_but_a_key(world: World) -> None:
    made = upserted(world.bob)
    assert made["inserted"] is True
    bucket = made["bucket"]
    assert bucket["project"] == {"name": "uncategorized", "entity": {"name": "vision"}}
    assert len(bucket["name"]) == 8
    assert bucket["displayName"].endswith("-1")
    assert bucket["state"] == "running"
    assert upserted(world.bob)["bucket"]["displayName"].endswith("-2")


def test_a_run_is_started_once_and_goes_on(world: World) -> None:
    fields = {
        "entityName": "vision",
        "modelName": "new",
        "name": "run1",
        "config": '{"lr": {"value": NaN}}',
        "tags": ["b", "a", "b", " "],
        "groupName": "g" * 500,
        "jobType": "train",
        "displayName": "Mine",
        "host": "box",
    }
    first, again = upserted(world.bob, **fields), upserted(world.bob, **fields)
    assert (first["inserted"], again["inserted"]) == (True, False)
    assert first["bucket"] == again["bucket"]
    assert json.loads(first["bucket"]["config"]) == {"lr": {"value": "NaN"}}
    assert first["bucket"]["tags"] == ["b", "a"]
    assert first["bucket"]["group"] == "g" * 256
    Run.objects.update(state="finished", exit_code=0)
    assert upserted(world.bob, entityName="vision", modelName="new", name="run1")["bucket"]["state"] == "running"
    assert Run.objects.get().config == {"lr": {"value": "NaN"}}


def test_an_update_by_id_changes_what_it_names(world: World, run: Run) -> None:
    number = ids.encode("Run", run.pk)
    bucket = upserted(world.bob, id=number, notes="good", tags=[], config='{"lr": {"value": 2}}')["bucket"]
    assert (bucket["notes"], bucket["tags"], bucket["state"], bucket["displayName"]) == (
        "good",
        [],
        "finished",
        "sunny-sky-1",
    )
    assert "role" in upserted(world.carol, id=number, notes="no")
    assert "not found" in upserted(world.mallory, id=number, notes="no")


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"entityName": "nowhere"}, "entity “nowhere” not found"),
        ({"entityName": "acme-corp"}, "holds no runs"),
        ({"entityName": "strangers"}, "not found"),
        ({"entityName": "vision", "modelName": "wandb-registry-x"}, "begins like a registry"),
        ({"entityName": "vision", "modelName": "p", "name": "a/b"}, "doesn't fit an address"),
        ({"config": "[1]"}, "not a JSON object"),
        ({"config": "{"}, "not JSON"),
    ],
)
def test_a_run_is_refused_in_a_sentence(world: World, fields: dict[str, str], sentence: str) -> None:
    assert sentence in upserted(world.bob, **fields)
    assert not Run.objects.exists()


def test_resuming_reads_where_the_run_stopped(world: World, run: Run) -> None:
    model = ask(world.bob, "RunResumeStatus", name="abc", **PLACE)["model"]
    bucket = model["bucket"]
    assert (bucket["historyLineCount"], bucket["eventsLineCount"], bucket["logLineCount"]) == (20, 1, 0)
    (last,) = json.loads(bucket["historyTail"])
    assert json.loads(last)["_step"] == 38
    assert json.loads(bucket["wandbConfig"]) == {"t": {"1": 2}}
    assert ask(world.bob, "RunResumeStatus", name="unknown", **PLACE)["model"]["bucket"] is None
    assert ask(world.mallory, "RunResumeStatus", name="abc", **PLACE)["model"] is None


def test_a_run_as_the_public_api_reads_it(world: World, run: Run) -> None:
    found = ask(world.carol, "Run", name="abc", **PLACE)["project"]["run"]
    assert int(found["projectId"]) == run.project_id
    assert json.loads(found["config"])["lr"] == {"value": 0.1}
    assert json.loads(found["summaryMetrics"]) == {"loss": 0.5}
    assert json.loads(found["systemMetrics"])["system.cpu"] == 5.5
    assert (found["state"], found["tags"], found["readOnly"]) == ("finished", ["nightly"], True)
    assert found["user"]["username"] == "bob"
    keys = found["historyKeys"]
    assert keys["lastStep"] == 38
    assert keys["keys"]["loss"]["typeCounts"] == [{"type": "number", "count": 20}]
    assert ask(world.carol, "Run", name="unknown", **PLACE)["project"]["run"] is None
    assert ask(world.mallory, "Run", name="abc", **PLACE)["project"] is None


def test_history_by_range_and_by_sample(world: World, run: Run) -> None:
    def steps(lines: list[str]) -> list[int]:
        return [json.loads(line)["_step"] for line in lines]

    page = ask(world.bob, "HistoryPage", run="abc", minStep=0, maxStep=10, pageSize=1000, **PLACE)
    assert steps(page["project"]["run"]["history"]) == [0, 2, 4, 6, 8]
    full = ask(world.bob, "RunFullHistory", name="abc", samples=3, **PLACE)["project"]["run"]["history"]
    assert steps(full) == [0, 20, 38]
    spec = json.dumps({"keys": ["_step", "loss"], "samples": 2})
    found = ask(world.bob, "RunSampledHistory", name="abc", specs=[spec], **PLACE)["project"]["run"]
    assert found["sampledHistory"] == [[{"_step": 0, "loss": 1.0}, {"_step": 38, "loss": 0.05}]]
    assert "keys" in refusal(world.bob, "RunSampledHistory", name="abc", specs=["{}"], **PLACE)
    # A page as the client asks for it since 0.23, with its last step, and as before, with the step after that.
    pages = [
        json.dumps({"keys": ["_step", "loss"], "samples": samples, "minStep": low, "maxStep": high})
        for low, high, samples in ((0, 10, 11), (11, 38, 28), (0, 10, 10), (10, 39, 1000))
    ]
    found = ask(world.bob, "RunSampledHistory", name="abc", specs=pages, **PLACE)["project"]["run"]
    said = [[row["_step"] for row in rows] for rows in found["sampledHistory"]]
    assert said == [[0, 2, 4, 6, 8, 10], [*range(12, 39, 2)], [0, 2, 4, 6, 8], [*range(10, 39, 2)]]
    parquet = ask(world.bob, "RunParquetHistory", runName="abc", liveKeys=["loss"], **PLACE)["project"]["run"]
    assert parquet["parquetHistory"] == {"parquetUrls": [], "liveData": [{"_step": 0}]}


def test_the_console_page_by_page(world: World, run: Run) -> None:
    lines = [f"line {number}" for number in range(5)]
    lines += [
        "ERROR 2026-11-24T03:00:00.5 oh no",
        '{"ts": "2026-11-24T03:00:01Z", "content": "as JSON", "level": "error"}',
    ]
    log(run, world, {"output.log": lines})
    place = {**PLACE, "runName": "abc"}
    found, after = [], None
    while True:
        answer = ask(world.bob, "RunConsoleLogPage", first=3, after=after, **place)["project"]["run"]
        found += nodes(answer["logLines"])
        after = answer["logLines"]["pageInfo"]["endCursor"]
        if not answer["logLines"]["pageInfo"]["hasNextPage"]:
            break
    assert answer["logLineCount"] == 7
    assert [line["line"] for line in found] == [*lines[:5], "oh no", "as JSON"]
    assert [line["level"] for line in found] == [None] * 5 + ["error", "error"]
    tail = nodes(ask(world.bob, "RunConsoleLogTail", last=2, **place)["project"]["run"]["logLines"])
    assert [line["number"] for line in tail] == [5, 6]


def test_files_of_a_run(world: World, run: Run) -> None:
    names = ["config.yaml", "media/a.png", "config.yaml"]
    made = ask(world.bob, "CreateRunFiles", run="abc", files=names, **PLACE)["createRunFiles"]
    assert made["runID"]
    assert [file["name"] for file in made["files"]] == ["config.yaml", "media/a.png"]
    assert all(file["uploadUrl"].startswith("http://") for file in made["files"])
    again = ask(world.bob, "CreateRunFiles", run="abc", files=names, **PLACE)["createRunFiles"]
    assert len(again["files"]) == 2
    for row in RunFile.objects.filter(run=run):
        receive.receive_run_file(row.pk, io.BytesIO(b"abc"), size=3, acting_user=world.bob)
    marked = ask(world.bob, "MarkRunFilesUploaded", run="abc", files=names, **PLACE)
    assert marked["markRunFilesUploaded"]["success"] is True
    listing = {"name": "abc", "fileNames": [], "upload": False, **PLACE}
    found = ask(world.carol, "RunFiles", **listing)["project"]["run"]
    assert found["fileCount"] == 2
    first = nodes(found["files"])[0]
    assert (first["name"], first["sizeBytes"], first["md5"]) == ("config.yaml", 3, "kAFQmDzST7DWlj99KOF/cg==")
    assert first["url"] == "http://testserver/files/vision/detector/abc/config.yaml"
    some = ask(world.carol, "RunFiles", **{**listing, "fileNames": ["media/a.png"]})["project"]["run"]["files"]
    assert [node["name"] for node in nodes(some)] == ["media/a.png"]
    like = ask(world.carol, "RunFiles", pattern="%.y_ml", **listing)["project"]["run"]["files"]
    assert [node["name"] for node in nodes(like)] == ["config.yaml"]
    assert "permission denied" in refusal(world.carol, "CreateRunFiles", run="abc", files=["x"], **PLACE)
    for name in ("../x", "/x", "", "a//b", "a\nb", "x" * 2000):
        assert "name" in refusal(world.bob, "CreateRunFiles", run="abc", files=[name], **PLACE)


def test_versions_that_a_run_used_and_logged(world: World, project: Project, run: Run) -> None:
    logged = factories.version(project, user=world.bob, run=run)
    used = factories.version(project, "data", "dataset", user=world.bob)
    hidden_place = factories.project(world.strangers, user=world.mallory)
    hidden = factories.version(hidden_place, "secret", user=world.mallory)
    RunUse.objects.bulk_create(RunUse(run=run, version=version) for version in (used, hidden))
    place = {**PLACE, "run": "abc"}
    found = ask(world.bob, "RunInputArtifacts", **place)["project"]["run"]["artifacts"]
    assert [node["id"] for node in nodes(found)] == [ids.encode("Artifact", used.pk)]
    assert found["totalCount"] == 1
    found = ask(world.bob, "RunOutputArtifacts", **place)["project"]["run"]["artifacts"]
    assert [node["id"] for node in nodes(found)] == [ids.encode("Artifact", logged.pk)]


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({}, ["abc", "old", "other"]),
        ({"state": "finished"}, ["abc"]),
        ({"state": "crashed"}, ["old"]),
        ({"$or": [{"state": "running"}, {"state": "crashed"}]}, ["old", "other"]),
        ({"config.lr": 0.1}, ["abc"]),
        ({"config.lr.value": {"$gt": 0.05}}, ["abc"]),
        ({"summary_metrics.loss": {"$lt": 1}}, ["abc"]),
        ({"tags": {"$in": ["nightly"]}}, ["abc"]),
        ({"tags": "nightly"}, ["abc"]),
        ({"jobType": "eval"}, ["other"]),
        ({"display_name": {"$regex": "^sunny"}}, ["abc", "old"]),
        ({"username": "alice"}, ["other"]),
        ({"duration": {"$gte": 60}}, ["old"]),
        ({"$not": {"duration": {"$gte": 60}}}, ["abc", "other"]),
        ({"jobType": None}, ["abc", "old"]),
        ({"jobType": {"$exists": True}}, ["other"]),
        ({"jobType": {"$exists": False}, "notes": {"$in": [None, "x"]}}, ["abc", "old"]),
    ],
)
def test_runs_are_filtered(world: World, run: Run, filters: dict[str, Any], names: list[str]) -> None:
    old = factories.run(run.project, user=world.bob, name="old", state="running", summary={"_runtime": 61.5})
    Run.objects.filter(pk=old.pk).update(heartbeat_at="2020-01-01T00:00:00Z")
    factories.run(
        run.project, user=world.alice, name="other", state="running", job_type="eval", display_name="calm", heartbeat_at=run.heartbeat_at
    )  # fmt: skip
    found = ask(world.bob, "Runs", filters=json.dumps(filters), order="+created_at", **PLACE)["project"]
    assert sorted(node["name"] for node in nodes(found["runs"])) == names
    assert found["runCount"] == len(names)


@pytest.mark.parametrize(
    "variables", [{"filters": '{"secret": 1}'}, {"filters": "{"}, {"order": "-password"}, {"filters": '{"config": 1}'}]
)
def test_other_filters_and_orders_are_refused(world: World, run: Run, variables: dict[str, str]) -> None:
    assert refusal(world.bob, "Runs", **variables, **PLACE)


def test_runs_page_by_page(world: World, project: Project) -> None:
    for number in range(5):
        factories.run(project, user=world.bob, name=f"r{number}")
    names: list[str] = []
    cursor = None
    for _ in range(3):
        page = ask(world.bob, "Runs", perPage=2, order="-created_at", cursor=cursor, **PLACE)["project"]["runs"]
        names += [node["name"] for node in nodes(page)]
        cursor = page["pageInfo"]["endCursor"]
    assert not page["pageInfo"]["hasNextPage"]
    assert sorted(names) == [f"r{number}" for number in range(5)]


def test_a_list_of_runs_takes_the_same_queries_however_long(world: World, project: Project) -> None:
    def add(count: int) -> None:
        for _ in range(count):
            made = factories.run(project, user=world.bob)
            made.tag_rows.create(name="t")
            log(made, world, {"wandb-history.jsonl": [{"loss": 1}], "wandb-events.jsonl": [{"cpu": 1}]})

    add(2)
    few = queries_of(world.bob, "Runs", perPage=50, **PLACE)
    add(20)
    assert queries_of(world.bob, "Runs", perPage=50, **PLACE) == few


def test_a_run_is_deleted(world: World, project: Project, run: Run) -> None:
    logged = factories.version(project, user=world.bob, run=run)
    delete = "mutation D($id: ID!) { deleteRun(input: {id: $id}) { success } }"
    number = {"id": ids.encode("Run", run.pk)}
    assert "permission denied" in post(world.carol, delete, number)["errors"][0]["message"]
    assert "not found" in post(world.mallory, delete, number)["errors"][0]["message"]
    assert post(world.bob, delete, number)["data"]["deleteRun"]["success"] is True
    logged.refresh_from_db()
    assert logged.run_id is None
