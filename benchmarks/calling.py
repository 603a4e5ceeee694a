"""The client's calls that `benchmarks.client_calls` measures: runs in a process of its own, as the unmodified client of one person.

Says for each call what the server needed for it: `{"call": …, "requests": …, "cpu": milliseconds}`.
"""

import itertools
import json
import os
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import wandb

PAGE = 50
FILES = 20
_numbers = itertools.count()


class Meter:
    """What the processes of a server have used, and how many requests they have logged."""

    def __init__(self, process: int, log: str) -> None:
        self.processes = [process, *descendants(process)]
        self.log = Path(log)
        began, used = time.monotonic(), self.cpu()
        time.sleep(3)
        self.idle = (self.cpu() - used) / (time.monotonic() - began)  # what it uses a second when nobody asks

    def cpu(self) -> float:
        """Seconds of CPU that every thread has used, to the nanosecond."""
        files = (path for process in self.processes for path in Path(f"/proc/{process}/task").glob("*/schedstat"))
        return sum(int(path.read_text().split()[0]) for path in files) / 1e9

    def requests(self) -> int:
        """How many requests the log has."""
        return self.log.read_bytes().count(b'"linkyard.request"')

    def measure(self, call: Callable[[], object]) -> tuple[int, float]:
        """The requests and the milliseconds of CPU of one call; what still runs behind it counts."""
        requests, began, used = self.requests(), time.monotonic(), self.cpu()
        call()
        time.sleep(0.05)
        spent = self.cpu() - used - self.idle * (time.monotonic() - began)
        return self.requests() - requests, spent * 1000


def descendants(process: int) -> list[int]:
    """The processes that a process started, and theirs."""
    found = []
    for path in Path(f"/proc/{process}/task").glob("*/children"):
        for child in map(int, path.read_text().split()):
            found += [child, *descendants(child)]
    return found


def first(rows: Iterable[Any]) -> list[Any]:
    """The client's first page of a list."""
    return list(itertools.islice(rows, PAGE))


def fresh(name: str = "measured") -> wandb.Artifact:
    """An artifact with content that was never there."""
    number = next(_numbers)
    artifact = wandb.Artifact(name, "model", metadata={"acc": number})
    for each in range(FILES):
        with artifact.new_file(f"{each}.bin", mode="wb") as out:
            out.write(os.urandom(512))
    return artifact


class Calls:
    """Every call, by what a person would call it; a method of one argument first makes what it is then measured on."""

    def __init__(self, place: dict[str, str]) -> None:
        self.api = wandb.Api()
        self.place = place
        self.project = f"{place['team']}/source"
        self.registry = f"{place['organization']}/wandb-registry-model"
        self.target = f"{self.registry}/measured"
        self.type = "model"

    def anew(self) -> wandb.Api:
        """The same Api without what it remembers of runs and projects."""
        self.api.flush()
        return self.api

    def logged(self) -> Any:
        """A version that was just logged."""
        return self.run.log_artifact(fresh()).wait()

    def linked(self) -> Any:
        """The place of a version that was just linked."""
        return self.logged().link(self.target)

    def started(self) -> None:
        """A run, started and finished."""
        with wandb.init(entity=self.place["team"], project="source"):
            pass

    def reading(self) -> Iterable[tuple[str, Callable[[], object]]]:
        """The calls that change nothing, and ask anew each time."""
        api, run = self.api, f"{self.project}/{self.place['run']}"
        yield "Api.artifact, by alias", lambda: api.artifact(f"{self.registry}/detectors:latest")
        yield "Api.artifact_exists", lambda: api.artifact_exists(f"{self.registry}/detectors:latest")
        yield (
            "Api.artifact_collection_exists",
            lambda: api.artifact_collection_exists(f"{self.project}/yolo", self.type),
        )
        yield "Api.artifact_types, a page", lambda: first(api.artifact_types(self.project))
        yield "Api.artifact_collections, a page", lambda: first(api.artifact_collections(self.project, self.type))
        yield "Api.artifact_collection", lambda: api.artifact_collection(self.type, f"{self.project}/yolo")
        yield "Api.artifacts, a page", lambda: first(api.artifacts(self.type, f"{self.project}/yolo", per_page=PAGE))
        organization = self.place["organization"]
        model = api.registry("model", organization=organization)
        yield "Api.registry", lambda: api.registry("model", organization=organization)
        yield "Api.registries, a page", lambda: first(api.registries(organization, per_page=PAGE))
        yield "collections(), a page", lambda: first(model.collections(per_page=PAGE))
        yield "collections({tag}), a page", lambda: first(model.collections({"tag": "red"}, per_page=PAGE))
        yield (
            "collections({regex}), a page",
            lambda: first(model.collections({"name": {"$regex": "^co"}}, per_page=PAGE)),
        )
        yield "versions(), a page", lambda: first(model.versions(per_page=PAGE))
        yield (
            "versions({tag, metadata}), a page",
            lambda: first(model.versions({"tag": "even", "metadata.acc": {"$gte": 0}}, per_page=PAGE)),
        )
        yield "Registry.user_members, all", model.user_members
        yield "Registry.team_members, all", model.team_members
        version = api.artifact(f"{self.registry}/detectors:latest")
        source = version.source_qualified_name
        yield "Artifact.files, a page", lambda: first(version.files(per_page=PAGE))
        yield "Artifact.linked_artifacts, all", lambda: api.artifact(source).linked_artifacts
        # The client asks for each run that it finds by itself, so of a version that many used it is as many requests.
        yield "Artifact.used_by, one run", api.artifact(f"{self.registry}/detectors:v0").used_by
        yield "Artifact.logged_by", lambda: api.artifact(f"{self.project}/yolo:latest").logged_by()
        yield "Api.run", lambda: self.anew().run(run)
        yield "Api.runs, a page", lambda: first(self.anew().runs(self.project, per_page=PAGE))
        yield (
            "Api.runs({tag, config}), a page",
            lambda: first(self.anew().runs(self.project, {"tags": "gpu", "config.lr": {"$gte": 0}}, per_page=PAGE)),
        )
        found = api.run(run)
        yield "Run.history, 100 samples", lambda: found.history(samples=100, pandas=False)
        yield "Run.scan_history, all", lambda: list(found.scan_history(keys=["_step", "loss"]))
        yield "Run.files, a page", lambda: first(found.files(per_page=PAGE))
        yield "Run.logged_artifacts, a page", lambda: first(found.logged_artifacts(per_page=PAGE))
        yield "Run.used_artifacts, a page", lambda: first(found.used_artifacts(per_page=PAGE))
        yield "Api.users, by part of a name", lambda: api.users("person1")
        yield "Api.team, with all members", lambda: api.team(self.place["team"])
        yield "Api.viewer, with all teams and keys", lambda: wandb.Api().viewer

    def prepared(self) -> Iterable[tuple[str, Callable[[], Any], Callable[[Any], object]]]:
        """The calls that need something new each time, with what makes it: changes, and what the client would remember."""

        def page_of_projects(api: wandb.Api) -> None:
            first(api.projects(self.place["team"], per_page=PAGE))

        yield "Api.projects, a page", wandb.Api, page_of_projects

        yield "init and finish", nothing, lambda _: self.started()
        self.run = wandb.init(entity=self.place["team"], project="source")
        yield f"log_artifact, {FILES} new files", fresh, lambda artifact: self.run.log_artifact(artifact).wait()
        yield "log_artifact, nothing new", self.same, lambda artifact: self.run.log_artifact(artifact).wait()
        yield "link", self.logged, lambda artifact: artifact.link(self.target)
        yield "use_artifact", nothing, lambda _: self.run.use_artifact(f"{self.target}:latest")
        yield (
            f"download, {FILES} files",
            self.logged,
            lambda artifact: artifact.download(f"there{next(_numbers)}", skip_cache=True),
        )
        yield "save of description, metadata, tags, alias", self.edited, lambda artifact: artifact.save()
        yield "save of a collection's description", self.collection, lambda collection: collection.save()
        yield "unlink", self.linked, lambda artifact: artifact.unlink()
        yield "delete of a version", self.logged, lambda artifact: artifact.delete(delete_aliases=True)
        yield "create_registry", nothing, lambda _: self.created()
        colleague = self.api.user(self.place["colleague"])
        yield "Registry.add_members", self.created, lambda registry: registry.add_members(colleague)
        yield "Registry.delete", self.created, lambda registry: registry.delete()
        yield "run.log, 1,000 steps, and finish", nothing, lambda _: self.told()

    def same(self) -> wandb.Artifact:
        """An artifact with the content that it has each time."""
        artifact = wandb.Artifact("same", "model")
        with artifact.new_file("same.txt") as out:
            out.write("same")
        return artifact

    def edited(self) -> Any:
        """A version with changes that wait to be saved."""
        artifact = self.linked()
        artifact.description = "Better."
        artifact.metadata["score"] = 1
        artifact.tags += ["good"]
        artifact.aliases.append("best")
        return artifact

    def collection(self) -> Any:
        """A collection with a change that waits to be saved."""
        found = self.api.artifact_collection(self.type, self.target)
        found.description = f"The {next(_numbers)}th."
        return found

    def created(self) -> Any:
        """A registry that is new."""
        name = f"made{self.place['run']}{next(_numbers)}"
        return self.api.create_registry(name, visibility="organization", organization=self.place["organization"])

    def told(self) -> None:
        """A run with a history."""
        self.run.finish()
        with wandb.init(entity=self.place["team"], project="source") as run:
            for step in range(1_000):
                run.log({"loss": 1 / (step + 1)})


def nothing() -> None:
    """What needs no preparation."""


def main() -> None:
    """Say one line for each call; the first time of each isn't counted."""
    place, process, log, times = json.loads(sys.argv[1]), int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
    wanted = sys.argv[5]
    meter, calls = Meter(process, log), Calls(place)
    reading = ((name, nothing, lambda _, call=call: call()) for name, call in calls.reading())
    for name, make, call in itertools.chain(reading, calls.prepared()):
        if wanted not in name:
            continue
        measured = []
        for _ in range(times + 1):
            made = make()
            if make is not nothing:
                time.sleep(0.1)  # until the server is done with the preparation
            measured.append(meter.measure(lambda made=made, call=call: call(made)))
        requests, cpu = (sum(each) / times for each in zip(*measured[1:], strict=True))
        print(json.dumps({"call": name, "requests": requests, "cpu": cpu}), flush=True)


if __name__ == "__main__":
    main()
