"""No listing costs more queries with 500 rows than with 5, whether the client's own page or 500 rows are asked for at once."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import reduce
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from graphql import GraphQLList, TypeInfo, TypeInfoVisitor, Visitor, get_named_type, get_nullable_type, parse, visit

from registry_site.fsck.invariant import look
from registry_site.fsck.rows import ROWS
from registry_site.wandb_api.engine import ids
from registry_site.wandb_api.schema import SDL, executable
from tests.wandb_api import crowds
from tests.wandb_api.asking import ask, document, documents, nodes, post
from tests.wandb_api.client_documents import client_documents
from tests.wandb_api.crowds import Crowd
from tests.wandb_api.engine.test_client_operations import NOT_SERVED

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("query counts")]
SCHEMA = executable(SDL.read_text(encoding="utf-8"), {})
FEW, MANY = 5, 500
WHOLE = 10**6  # of a list that isn't paged


@dataclass(frozen=True)
class Listing:
    """An operation of the client, where its answer has the list, how long that is, and how many queries are the most."""

    operation: str
    rows: str
    most: int
    variables: Callable[[Crowd], dict[str, Any]] = lambda crowd: {}
    page: int = WHOLE  # of the client, or the most that one answer has
    size: Callable[[int], int] = lambda number: number
    mentions: str = ""  # what tells the document from others of its name
    per_page: str = "perPage"  # the variable of the document for the size of the page, if it has one

    @property
    def text(self) -> str:
        """The document."""
        if not self.mentions:
            return document(self.operation)
        return next(text for text in documents(self.operation) if self.mentions in text)

    @property
    def pages(self) -> list[int]:
        """The sizes of pages that are asked for."""
        return [self.page, MANY] if f"${self.per_page}" in self.text else [self.page]

    def __str__(self) -> str:
        return f"{self.operation} {self.mentions}".strip()


def of_project(**more: Any) -> Callable[[Crowd], dict[str, Any]]:
    return lambda crowd: {**crowd.project_path, **more}


def of_registry(**more: Any) -> Callable[[Crowd], dict[str, Any]]:
    return lambda crowd: {**crowd.registry_path, **more}


def of_organization(**more: Any) -> Callable[[Crowd], dict[str, Any]]:
    return lambda crowd: {"organization": crowd.organization.name, **more}


def of_run(word: str = "name", **more: Any) -> Callable[[Crowd], dict[str, Any]]:
    return lambda crowd: {**crowd.project_path, word: crowd.run.name, **more}


def of_team(word: str) -> Callable[[Crowd], dict[str, Any]]:
    return lambda crowd: {word: crowd.team.name}


def of_version(word: str = "id", **more: Any) -> Callable[[Crowd], dict[str, Any]]:
    return lambda crowd: {word: crowd.version_id, **more}


def every_file(crowd: Crowd) -> dict[str, Any]:
    entries = [{"name": f"{number}.bin", "digest": "x"} for number in range(crowd.size)]
    return {"id": crowd.version_id, "storageLayout": "V2", "manifestVersion": "1", "entries": entries}


YOLO = {"type": "model", "collection": "yolo"}
DETECTORS = {"type": "model", "collection": "detectors"}
TYPE = "project.artifactType"
VERSIONS = f"{TYPE}.artifactCollection.artifacts"
LINKS = "organization.orgEntity.artifactMemberships"
COLLECTIONS = "organization.orgEntity.artifactCollections"
REGISTRIES = "organization.orgEntity.projects"
TAGGED = '{"$and": [{"tag": {"$in": ["even"]}}, {"metadata.acc": {"$gte": 0}}]}'

LISTINGS = [
    Listing("ProjectArtifactTypes", "project.artifactTypes", 6, of_project(), 50),
    Listing("ArtifactTypeArtifactCollections", f"{TYPE}.artifactCollections", 9, of_project(type="model"), 50),
    Listing("ProjectArtifactCollections", "project.artifactCollections", 8, of_project(), 50),
    Listing("ProjectArtifactCollections", "project.artifactCollections", 8, of_registry(order="-name"), 50),
    Listing("ProjectArtifacts", VERSIONS, 19, of_project(**YOLO), 50),
    Listing("ProjectArtifacts", VERSIONS, 20, of_registry(**DETECTORS, filters=TAGGED, order="createdAt"), 50),
    Listing(
        "ArtifactCollectionAliases",
        "artifactCollection.aliases",
        4,
        lambda crowd: {"id": ids.encode("ArtifactPortfolio", crowd.detectors.pk)},
        1_000,
        size=lambda number: number + 1,
    ),
    Listing(
        "ArtifactOfType",
        f"{TYPE}.artifactCollections",
        13,
        lambda crowd: {"entityName": crowd.team.name, "projectName": "source", "artifactTypeName": "model"},
        100,
    ),
    Listing(
        "ArtifactMembershipFiles",
        "project.artifactCollection.artifactMembership.files",
        9,
        of_registry(collection="detectors", alias="latest"),
        50,
    ),
    Listing(
        "GetArtifactMembershipFileUrls",
        "project.artifactCollection.artifactMembership.files",
        9,
        of_registry(collection="detectors", alias="latest"),
        50,
    ),
    Listing("ArtifactFileURLsByManifestEntries", "artifact.filesByManifestEntries", 5, every_file, 100),
    Listing(
        "FetchLinkedArtifacts",
        "artifact.artifactMemberships",
        9,
        of_version("artifactID"),
        size=lambda number: number + 1,
    ),
    Listing("ArtifactByID", "artifact.aliases", 11, of_version(), size=lambda number: 3 * (number + 1)),
    Listing(
        "ArtifactMembershipByName",
        "project.artifactCollectionMembership.artifact.aliases",
        18,
        of_registry(name="detectors:latest", includeAliases=True),
        size=lambda number: 3 * (number + 1),
    ),
    Listing("ArtifactUsedBy", "artifact.usedBy", 7, of_version(), size=lambda number: number + 1),
    Listing("FetchRegistries", REGISTRIES, 10, of_organization(), 100),
    Listing("FetchRegistries", REGISTRIES, 10, of_organization(order="-created_at"), 100),
    Listing(
        "FetchRegistry", "entity.project.artifactTypes", 8, lambda crowd: {"entity": crowd.team.name, "name": "source"}
    ),
    Listing("RegistryCollections", COLLECTIONS, 10, of_organization(collectionFilter='{"tag": "red"}'), 100),
    Listing("RegistryCollections", COLLECTIONS, 10, of_organization(order="name"), 100),
    Listing("RegistryVersions", LINKS, 16, of_organization(), 100, size=lambda number: 2 * number - 1),
    Listing(
        "RegistryVersions",
        LINKS,
        22,  # PostgreSQL first reads the names that the expression matches
        of_organization(
            registryFilter='{"name": {"$regex": "model"}}',
            collectionFilter='{"name": "detectors"}',
            artifactFilter=TAGGED,
            includeAliases=True,
        ),
        100,
    ),
    Listing("RegistryUserMembers", "project.members", 6, of_registry()),
    Listing("RegistryTeamMembers", "project.teamMembers", 11, of_registry()),
    Listing("Runs", "project.runs", 15, of_project(), 50, mentions="summaryMetrics"),
    Listing("Runs", "project.runs", 13, of_project(), 50, mentions="LightweightRunFragment on"),
    Listing(
        "Runs",
        "project.runs",
        15,
        of_project(
            filters='{"$and": [{"tags": {"$in": ["gpu"]}}, {"config.lr": {"$gte": 0}}, {"state": "finished"}]}',
            order="-created_at",
        ),
        50,
        mentions="summaryMetrics",
    ),
    Listing("RunFiles", "project.run.files", 9, of_run(), 50, per_page="fileLimit"),
    Listing("RunInputArtifacts", "project.run.artifacts", 19, of_run("run"), 100),
    Listing("RunOutputArtifacts", "project.run.artifacts", 17, of_run("run"), 100),
    Listing("RunFullHistory", "project.run.history", 7, of_run(samples=MANY), mentions="history("),
    Listing("RunFullHistory", "project.run.events", 7, of_run(samples=MANY), mentions="events("),
    Listing("RunHistoryKeys", "project.run.historyKeys.keys", 7, of_run(), size=lambda number: number + 2),
    Listing(
        "RunSampledHistory",
        "project.run.sampledHistory.0",
        7,
        of_run(specs=['{"keys": ["_step", "loss"], "samples": 500}']),
    ),
    Listing("HistoryPage", "project.run.history", 7, of_run("run", minStep=0, maxStep=MANY, pageSize=MANY)),
    Listing(
        "SampledHistoryPage",
        "project.run.sampledHistory.0",
        7,
        of_run("run", spec='{"keys": ["_step", "loss"], "minStep": 0, "maxStep": 500, "samples": 500}'),
    ),
    Listing("RunConsoleLogPage", "project.run.logLines", 7, of_run("runName"), 100, per_page="first"),
    Listing("RunConsoleLogTail", "project.run.logLines", 7, of_run("runName"), 100, per_page="last"),
    Listing("GetProjects", "models", 14, of_team("entity"), 200, size=lambda number: number + 1),
    Listing("GetTeamEntity", "entity.members", 6, of_team("name"), size=lambda number: number + 2),
    Listing("SearchUsers", "users", 5, lambda crowd: {"query": "person"}, 100),
    Listing("GetViewer", "viewer.teams", 6, size=lambda number: number + 1),
    Listing("GetViewer", "viewer.apiKeys", 6, size=lambda number: number + 1),
    Listing("Viewer", "viewer.teams", 5, size=lambda number: number + 1),
    Listing("FetchOrgInfoFromEntity", "entity.user.organizations", 5, lambda crowd: {"entity": crowd.user.name}),
]

CHANGED = (
    "It answers with the one thing that was changed; FetchRegistry, ProjectArtifacts and the like list the same fields."
)
SENT = "It answers with what was sent, which is bounded by the size of a request."
AUTOMATIONS = "Automations are measured where they are tested."
ONE = "It answers with one line, one file or one thing, and no list of it grows."
SERVED = "What the server has of this is fixed by its code."
EXCEPTIONS = {
    "AddArtifactCollectionTags": SENT,
    "CreateArtifactFiles": SENT,
    "CreateRunFiles": SENT,
    "RunResumeStatus": ONE,
    "CreateArtifactManifest": ONE,
    "Run": ONE,
    "UpdateArtifactManifest": ONE,
    "UpsertBucket": ONE,
    "GetAutomationsLegacy": AUTOMATIONS,
    "GetEntityAutomations": AUTOMATIONS,
    "GetEntityAutomationsLegacy": AUTOMATIONS,
    "GetOrgAutomations": AUTOMATIONS,
    "GetProject": "One project with its maker, whose teams and keys GetProjects lists.",
    "IntegrationsByEntity": AUTOMATIONS,
    "LinkArtifact": CHANGED,
    "OrgFeatureFlags": SERVED,
    "ProjectArtifactCollection": "One collection, whose tags ProjectArtifactCollections lists.",
    "RenameRegistry": CHANGED,
    "RunParquetHistory": SERVED,
    "ServerFeaturesQuery": SERVED,
    "UpdateArtifact": CHANGED,
    "UpdateArtifactPortfolio": CHANGED,
    "UpdateArtifactSequence": CHANGED,
    "UpdateArtifactSequenceType": CHANGED,
    "UpsertRegistry": CHANGED,
}


def listed_fields(text: str) -> set[str]:
    """The fields of a document that answer a connection or a list, each with its type."""
    types = TypeInfo(SCHEMA)
    found: set[str] = set()

    class Lists(Visitor):
        def enter_field(self, node: Any, *_: Any) -> None:
            kind, owner = types.get_type(), types.get_parent_type()
            if kind is None or owner is None or owner.name.endswith("Connection"):
                return
            is_list = isinstance(get_nullable_type(kind), GraphQLList)
            if is_list or get_named_type(kind).name.endswith("Connection"):
                found.add(f"{owner.name}.{node.name.value}")

    visit(parse(text), TypeInfoVisitor(types, Lists()))
    return found


@pytest.fixture(scope="module")
def both(empty_database: None, django_db_blocker: Any) -> Iterator[tuple[Crowd, Crowd]]:
    """Few and many rows, made once for all of these tests."""
    with django_db_blocker.unblock(), transaction.atomic():
        few, many = crowds.make(FEW, "few"), crowds.make(MANY, "many")
        for crowd in (few, many):
            ask(crowd.user, "Viewer")  # the key is made, and used for the first time
        yield few, many
        transaction.set_rollback(True)


def length(answer: dict[str, Any], path: str) -> int:
    """How many rows an answer has there; the edges of a connection."""
    found = reduce(lambda place, name: place[int(name) if name.isdigit() else name], path.split("."), answer)
    return len(found["edges"] if isinstance(found, dict) and "edges" in found else found)


def cost(crowd: Crowd, listing: Listing, page: int) -> int:
    """The queries of one answer, which must have as many rows as there are, or as fit on the page."""
    variables = {**listing.variables(crowd), listing.per_page: page}
    with CaptureQueriesContext(connection) as queries:
        answer = post(crowd.user, listing.text, variables)
    assert "errors" not in answer, answer["errors"]
    assert length(answer["data"], listing.rows) == min(listing.size(crowd.size), page)
    return len(queries)


def test_the_rows_are_such_as_the_product_leaves(both: tuple[Crowd, Crowd]) -> None:
    assert [finding.line for finding in look(ROWS, repair=False) if not finding.holds] == []


@pytest.mark.parametrize("listing", LISTINGS, ids=str)
def test_a_listing_costs_the_same_however_long_it_is(listing: Listing, both: tuple[Crowd, Crowd]) -> None:
    few, many = both
    queries = cost(few, listing, listing.page)
    assert [cost(many, listing, page) for page in listing.pages] == [queries] * len(listing.pages)
    assert queries <= listing.most


NESTED = """{
  project(entityName: "few-team", name: "source") { artifactType(name: "model") { artifactCollections { edges { node {
    name artifacts(first: 2) { totalCount pageInfo { hasNextPage endCursor } edges { version } }
  } } } } }
}"""
REST = """query ($after: String) {
  project(entityName: "few-team", name: "source") { artifactCollection(name: "yolo") {
    artifacts(first: 2, after: $after) { edges { version } pageInfo { hasNextPage } }
  } }
}"""


def test_lists_within_a_list_each_end_at_their_own_place(both: tuple[Crowd, Crowd]) -> None:
    answer = post(both[0].user, NESTED, {})["data"]
    found = {
        node["name"]: node["artifacts"] for node in nodes(answer["project"]["artifactType"]["artifactCollections"])
    }
    assert {name: len(page["edges"]) for name, page in found.items()} == {
        "yolo": 2,
        **{f"sequence{number}": 1 for number in range(FEW - 1)},
    }
    assert {name for name, page in found.items() if page["pageInfo"]["hasNextPage"]} == {"yolo"}
    assert [edge["version"] for edge in found["yolo"]["edges"]] == ["v4", "v3"]
    assert found["yolo"]["totalCount"] == FEW
    after = found["yolo"]["pageInfo"]["endCursor"]
    rest = post(both[0].user, REST, {"after": after})["data"]["project"]["artifactCollection"]["artifacts"]
    assert [edge["version"] for edge in rest["edges"]] == ["v2", "v1"]
    assert rest["pageInfo"]["hasNextPage"]


def test_every_operation_that_answers_a_list_is_measured_or_excepted() -> None:
    listing = {each.name for each in client_documents() if each.name not in NOT_SERVED and listed_fields(each.text)}
    measured = {each.operation for each in LISTINGS}
    assert listing - measured == set(EXCEPTIONS)
    assert all(EXCEPTIONS.values())
