"""Versions: logged, used, edited."""

import os
import sys
from datetime import timedelta
from pathlib import Path

import wandb
from flow import PROJECT, TEAM, MiB, api, artifact, file, flow, fresh, logged, registered, source


@flow("log an artifact: files, metadata, aliases, tags, the same again")
def log_an_artifact() -> None:
    name = fresh("zoo")
    made = wandb.Artifact(name, "model", description="d", metadata={"acc": 0.9, "nest": {"k": [1, 2]}})
    made.add_file(file(b"one"), name="one.bin")
    with made.new_file("sub dir/two.txt") as out:
        out.write("two")
    with wandb.init(entity=TEAM, project=PROJECT) as run:
        version = run.log_artifact(made, aliases=["best"], tags=["seen"]).wait()
    assert (version.version, sorted(version.aliases), version.tags) == ("v0", ["best", "latest"], ["seen"])
    assert (version.metadata, version.description) == ({"acc": 0.9, "nest": {"k": [1, 2]}}, "d")
    assert sorted(each.name for each in version.files()) == ["one.bin", "sub dir/two.txt"]
    assert logged(name, content=b"other").version == "v1"
    assert logged(name, content=b"other", aliases=["again"]).version == "v1"
    assert sorted(api().artifact(source(f"{name}:v1")).aliases) == ["again", "latest"]


@flow("use and download by alias, number and `latest`")
def use_and_download() -> None:
    name = fresh("zoo")
    content = os.urandom(70_000)
    linked = logged(name, content=content, aliases=["best"])
    linked.link(registered(name), aliases=["prod"])
    with wandb.init(entity=TEAM, project=PROJECT) as run:
        for place, alias in ((source(name), "best"), (source(name), "v0"), (registered(name), "latest"), (name, "v0")):
            used = run.use_artifact(f"{place}:{alias}", type="model")
            folder = Path(used.download(root=fresh("download")))
            assert (folder / "w.bin").read_bytes() == content
            used.verify(root=str(folder))
        entry = run.use_artifact(f"{registered(name)}:prod")
        get = entry.get_entry if hasattr(entry, "get_entry") else entry.get_path
        assert Path(get("w.bin").download(root=fresh("one"))).read_bytes() == content


def lower_parts(size: int) -> bool:
    """Make the client fetch parts of this size instead of 100 MiB, wherever its version keeps that number.

    The threshold for sending in parts, 2 GiB, is inside its binary.
    """
    from wandb.sdk.artifacts.storage_policies import wandb_storage_policy as policy

    usual, found = 100 * MiB, False
    for module in (policy, sys.modules.get("wandb.sdk.artifacts.storage_policies._multipart")):
        for name, value in list(vars(module).items()) if module else ():
            if name == "_DOWNLOAD_PART_SIZE_BYTES":
                setattr(module, name, size)
                found = True
            named, placed = getattr(value, "__kwdefaults__", None) or {}, getattr(value, "__defaults__", None) or ()
            if usual in [*named.values(), *placed]:
                value.__kwdefaults__ = {key: size if each == usual else each for key, each in named.items()}
                value.__defaults__ = tuple(size if each == usual else each for each in placed)
                found = True
    return found


@flow("download in parts")
def download_in_parts() -> None:
    assert lower_parts(5 * MiB)
    content = b"".join(bytes([number]) * MiB for number in range(12))
    version = logged(fresh("large"), content=content)
    folder = Path(version.download(root=fresh("parts"), multipart=True, skip_cache=True))
    assert (folder / "w.bin").read_bytes() == content


@flow("edit a version: description, metadata, aliases, tags, TTL")
def edit_a_version() -> None:
    name = fresh("zoo")
    logged(name).link(registered(name))
    version = api().artifact(f"{registered(name)}:v0")
    version.description, version.metadata["k"] = "edited", 1
    version.aliases.append("staging")
    version.tags.append("reviewed")
    version.save()
    seen = api().artifact(f"{registered(name)}:staging")
    assert (seen.version, seen.description, seen.metadata["k"], seen.tags) == ("v0", "edited", 1, ["reviewed"])
    seen.aliases.remove("staging")
    seen.tags.remove("reviewed")
    seen.save()
    assert not api().artifact_exists(f"{registered(name)}:staging")
    assert api().artifact(f"{registered(name)}:v0").tags == []
    kept = api().artifact(source(f"{name}:v0"))
    kept.ttl = timedelta(days=3)
    kept.save()
    assert api().artifact(source(f"{name}:v0")).ttl == timedelta(days=3)


@flow("an incremental draft")
def draft() -> None:
    name = fresh("data")
    with wandb.init(entity=TEAM, project=PROJECT) as run:
        first = wandb.Artifact(name, "dataset")
        first.add_file(file(b"1"), name="one")
        first.add_file(file(b"2"), name="two")
        changed = run.log_artifact(first).wait().new_draft()
        changed.add_file(file(b"3"), name="three")
        changed.remove("one")
        second = run.log_artifact(changed).wait()
        assert (second.version, set(second.manifest.entries)) == ("v1", {"two", "three"})
        added = wandb.Artifact(name, "dataset", incremental=True)
        added.add_file(file(b"4"), name="four")
        assert set(run.log_artifact(added).wait().manifest.entries) == {"two", "three", "four"}


@flow("one version from several processes: `upsert_artifact`, `finish_artifact`")
def distributed() -> None:
    name = fresh("parts")
    with wandb.init(entity=TEAM, project=PROJECT, group="together") as run:
        for number in range(2):
            part = wandb.Artifact(name, "dataset")
            part.add_file(file(b"part %d" % number), name=f"part{number}")
            run.upsert_artifact(part, distributed_id=name)
        last = wandb.Artifact(name, "dataset")
        last.add_file(file(b"last"), name="last")
        whole = run.finish_artifact(last, distributed_id=name).wait()
    assert sorted(whole.manifest.entries) == ["last", "part0", "part1"]


@flow("references to files, addresses and other artifacts; a table")
def references() -> None:
    base = logged(fresh("base"), "dataset", b"plain")
    name = fresh("refs")
    made = wandb.Artifact(name, "dataset")
    made.add_reference(Path(file(b"refdata")).resolve().as_uri(), name="near")
    made.add_reference("https://example.invalid/x", name="far", checksum=False)
    get = base.get_entry if hasattr(base, "get_entry") else base.get_path
    made.add_reference(get("w.bin"), name="inner")
    rows = wandb.Artifact(f"{name}-rows", "dataset")  # the table's alone: whoever reads it fetches all of its artifact
    rows.add(wandb.Table(columns=["a"], data=[[1], [2]]), "rows")
    with wandb.init(entity=TEAM, project=PROJECT) as run:
        run.log_artifact(made).wait()
        run.log_artifact(rows).wait()
    seen = api().artifact(source(f"{name}:v0"))
    assert seen.manifest.entries["far"].ref == "https://example.invalid/x"
    assert [row[0] for row in api().artifact(source(f"{name}-rows:v0")).get("rows").data] == [1, 2]
    get = seen.get_entry if hasattr(seen, "get_entry") else seen.get_path
    assert Path(get("inner").download(root=fresh("inner"))).read_bytes() == b"plain"


@flow("lineage: `logged_by`, `used_by`, a run's artifacts")
def lineage() -> None:
    name = fresh("zoo")
    with wandb.init(entity=TEAM, project=PROJECT) as producer:
        producer.log_artifact(artifact(name)).wait()
    with wandb.init(entity=TEAM, project=PROJECT) as consumer:
        consumer.use_artifact(f"{name}:latest")
    seen = api().artifact(source(f"{name}:v0"))
    assert seen.logged_by().id == producer.id
    assert [run.id for run in seen.used_by()] == [consumer.id]
    assert [each.name for each in api().run(f"{TEAM}/{PROJECT}/{producer.id}").logged_artifacts()] == [f"{name}:v0"]
    assert [each.name for each in api().run(f"{TEAM}/{PROJECT}/{consumer.id}").used_artifacts()] == [f"{name}:v0"]
