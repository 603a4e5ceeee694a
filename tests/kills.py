"""A server under load is killed at a random moment and started again; what it had acknowledged must all be there.

Savers speak the client's protocol over plain HTTP: create, upload, commit, link. Each acknowledged answer is written to a ledger on
disk before the next call, and a call that got no answer is repeated as the client repeats it, whatever the server did with it.
"""

import base64
import hashlib
import json
import os
import random
import secrets
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.serving import Serving

ENTITY, PROJECT, REGISTRY = "vision", "kills", "wandb-registry-model"
ORGANIZATION = "acme-corp"
PATIENCE = 60.0
CREATE = """mutation Create($input: CreateArtifactInput!) {
  createArtifact(input: $input) { artifact { id state } } }"""
MANIFEST = """mutation Manifest($input: CreateArtifactManifestInput!, $upload: Boolean!) {
  createArtifactManifest(input: $input) { artifactManifest { id file @include(if: $upload) { id uploadUrl } } } }"""
FILES = """mutation Files($input: CreateArtifactFilesInput!) {
  createArtifactFiles(input: $input) { files { edges { node { uploadUrl } } } } }"""
COMMIT = "mutation Commit($input: CommitArtifactInput!) { commitArtifact(input: $input) { artifact { id digest versionIndex } } }"
LINK = "mutation Link($input: LinkArtifactInput!) { linkArtifact(input: $input) { versionIndex } }"
READ = """query Read($entity: String!, $project: String!, $collection: String!, $version: String!) {
  project(name: $project, entityName: $entity) { artifactCollection(name: $collection) {
    artifactMembership(aliasName: $version) { versionIndex artifact { id state }
      files(first: 100) { edges { node { name directUrl } } } } } } }"""


class Lost(AssertionError):
    """An acknowledged answer that isn't true any more."""


@dataclass
class Ledger:
    """What was acknowledged, each row on disk before the saver goes on."""

    path: Path
    rows: list[dict[str, Any]] = field(default_factory=list)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def write(self, **row: Any) -> None:
        """Append a row."""
        with self._guard, self.path.open("a") as file:
            file.write(json.dumps(row) + "\n")
            file.flush()
            os.fsync(file.fileno())
            self.rows.append(row)


@dataclass
class Line:
    """One machine's way to the server."""

    server: Serving

    def ask(self, document: str, variables: dict[str, Any]) -> dict[str, Any]:
        """One operation, answered."""
        body = json.dumps({"query": document, "variables": variables, "operationName": ""}).encode()
        key = base64.b64encode(f"api:{self.server.key}".encode()).decode()
        headers = {"Content-Type": "application/json", "Authorization": f"Basic {key}"}
        answer = json.loads(self.send("POST", f"{self.server.url}/graphql", body, headers))
        if answer.get("errors"):
            raise Lost(json.dumps(answer["errors"])[:500])
        data: dict[str, Any] = answer["data"]
        return data

    def send(self, method: str, url: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> bytes:
        """One request, repeated until it is answered, as the client does."""
        until = time.monotonic() + PATIENCE
        while True:
            request = urllib.request.Request(url, data=body, headers=headers or {}, method=method)
            try:
                with urllib.request.urlopen(request, timeout=30) as response:
                    content: bytes = response.read()
                    return content
            except urllib.error.HTTPError as error:
                if error.code not in {429, 502, 503, 504}:
                    raise Lost(f"{method} {url}: {error.code} {error.read()[:300]!r}") from None
            except OSError:
                pass  # the server is gone; it comes back
            except Exception as error:  # an answer that was cut
                if not isinstance(error, urllib.error.URLError | EOFError) and "Incomplete" not in type(error).__name__:
                    raise
            if time.monotonic() > until:
                raise Lost(f"{method} {url}: no answer for {PATIENCE:.0f} s")
            time.sleep(0.05)


def digest(content: bytes) -> str:
    """The client's digest of a file."""
    return base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()


def save(line: Line, name: str, collection: str, ledger: Ledger) -> None:
    """Log a version and link it, the calls in the client's order."""
    files = {"model.bin": os.urandom(random.randint(1, 200_000)), "notes.txt": secrets.token_hex(8).encode()}
    digests = {path: digest(content) for path, content in files.items()}
    whole = hashlib.md5(b"wandb-artifact-manifest-v1\n", usedforsecurity=False)
    for path in sorted(files):
        whole.update(f"{path}:{digests[path]}\n".encode())
    place = {"entityName": ENTITY, "projectName": PROJECT}
    wanted = {"artifactTypeName": "model", "artifactCollectionName": name, "digest": whole.hexdigest()}
    options = {"digestAlgorithm": "MANIFEST_MD5", "clientID": secrets.token_hex(32), "enableDigestDeduplication": True}
    made = line.ask(CREATE, {"input": {**place, **wanted, **options}})["createArtifact"]["artifact"]
    contents = {path: {"digest": digests[path], "size": len(files[path])} for path in files}
    policy = {"storagePolicy": "wandb-storage-policy-v1", "storagePolicyConfig": {"storageLayout": "V2"}}
    manifest = json.dumps({"version": 1, **policy, "contents": contents}).encode()
    listed = {"artifactID": made["id"], "name": "wandb_manifest.json", "runName": "", **place}
    first = line.ask(MANIFEST, {"input": {**listed, "digest": "", "type": "FULL"}, "upload": False})[
        "createArtifactManifest"
    ]
    number = first["artifactManifest"]["id"]
    specs = [
        {"artifactID": made["id"], "artifactManifestID": number, "name": path, "md5": digests[path]} for path in files
    ]
    claims = line.ask(FILES, {"input": {"artifactFiles": specs, "storageLayout": "V2"}})
    for path, edge in zip(files, claims["createArtifactFiles"]["files"]["edges"], strict=True):
        if edge["node"]["uploadUrl"]:
            line.send("PUT", edge["node"]["uploadUrl"], files[path])
    second = line.ask(MANIFEST, {"input": {**listed, "digest": digest(manifest), "type": "FULL"}, "upload": True})
    line.send("PUT", second["createArtifactManifest"]["artifactManifest"]["file"]["uploadUrl"], manifest)
    hashes = {path: hashlib.sha256(content).hexdigest() for path, content in files.items()}
    source = {"entity": ENTITY, "project": PROJECT, "collection": name, "id": made["id"], "files": hashes}
    acknowledge(lambda: commit(line, made["id"]), ledger, source)
    target = {"entity": ORGANIZATION, "project": REGISTRY, "collection": collection, "id": made["id"], "files": hashes}
    acknowledge(lambda: link(line, made["id"], collection), ledger, target)


def acknowledge(act: Callable[[], int], ledger: Ledger, place: dict[str, Any]) -> None:
    """Write down the number that was answered; asking again must answer the same."""
    index = act()
    ledger.write(index=index, **place)
    again = act()
    if again != index:
        raise Lost(f"the repeated request got v{again} and the first one v{index}: {place}")


def commit(line: Line, number: str) -> int:
    """Commit; the version's number."""
    data = line.ask(COMMIT, {"input": {"artifactID": number}})
    return int(data["commitArtifact"]["artifact"]["versionIndex"])


def link(line: Line, number: str, collection: str) -> int:
    """Link; the linked version's number."""
    aliases = [{"artifactCollectionName": collection, "alias": "newest"}]
    wanted = {"artifactID": number, "artifactPortfolioName": collection, "aliases": aliases}
    place = {"entityName": ORGANIZATION, "projectName": REGISTRY}
    return int(line.ask(LINK, {"input": {**wanted, **place}})["linkArtifact"]["versionIndex"])


def check(server: Serving, rows: list[dict[str, Any]]) -> None:
    """Every invariant holds, and each row of the ledger is readable with the bytes that were sent."""
    fsck = server.manage("fsck", "--deep", "--json")
    if fsck.returncode:
        broken = [row for row in json.loads(fsck.stdout)["checks"] if not row["ok"]] if fsck.stdout else fsck.stderr
        raise Lost(f"fsck: {broken}")
    line = Line(server)
    for row in rows:
        place = {name: row[name] for name in ("entity", "project", "collection")}
        found = line.ask(READ, {**place, "version": f"v{row['index']}"})
        membership = (found["project"]["artifactCollection"] or {}).get("artifactMembership")
        if membership is None or membership["artifact"]["id"] != row["id"]:
            raise Lost(f"v{row['index']} of {place} is {membership}, not {row['id']}")
        urls = {edge["node"]["name"]: edge["node"]["directUrl"] for edge in membership["files"]["edges"]}
        for path, expected in row["files"].items():
            if hashlib.sha256(line.send("GET", urls[path])).hexdigest() != expected:
                raise Lost(f"{path} of v{row['index']} of {place} has other bytes than were sent")


def kill_often(server: Serving, times: int, *, savers: int = 4, say: Callable[[str], None] = print) -> int:
    """Kill and start again so often, with savers at work all the time; how many answers were acknowledged."""
    ledger = Ledger(server.directory / "ledger.jsonl")
    over, faults = threading.Event(), list[BaseException]()

    def work(number: int) -> None:
        try:
            while not over.is_set():
                save(Line(server), f"model{number}", f"collection{number % 2}", ledger)
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=work, args=(number,), daemon=True) for number in range(savers)]
    for thread in threads:
        thread.start()
    checked = 0
    for time_number in range(times):
        time.sleep(random.uniform(0.05, 0.8))
        server.stop(kill=True)
        server.start()
        rows = list(ledger.rows)
        if faults:
            break
        # Each kill looks at what came since the last one; the end looks at everything.
        check(server, rows[checked:])
        checked = len(rows)
        say(f"kill {time_number + 1}: {len(rows)} acknowledged")
    over.set()
    for thread in threads:
        thread.join(PATIENCE)
    if faults:
        raise faults[0]
    check(server, ledger.rows)
    numbers_are_contiguous(ledger.rows)
    return len(ledger.rows)


def numbers_are_contiguous(rows: list[dict[str, Any]]) -> None:
    """No number was burned or given twice: every save was acknowledged in the end, so 0, 1, 2, … without a gap."""
    held: dict[tuple[str, str], list[int]] = {}
    for row in rows:
        held.setdefault((row["project"], row["collection"]), []).append(row["index"])
    for place, numbers in held.items():
        if sorted(numbers) != list(range(len(numbers))):
            raise Lost(f"{place} has the numbers {sorted(numbers)}")
