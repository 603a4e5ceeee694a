"""Refusals: each within seconds, by a sentence that tells what to do."""

import time

import wandb
from flow import (
    LONGEST_REFUSAL,
    PERSONAL,
    PROJECT,
    TEAM,
    VIEWER_KEY,
    api,
    artifact,
    flow,
    fresh,
    logged,
    new_registry,
    refused,
    registered,
    script,
    source,
)


@flow("refused: linking from a personal entity")
def personal() -> None:
    name = fresh("mine")
    with wandb.init(entity=PERSONAL, project=PROJECT) as run:
        made = run.log_artifact(artifact(name)).wait()
        with refused("personal"):
            run.link_artifact(made, registered(name))
    assert not api().artifact_exists(f"{registered(name)}:v0")


@flow("refused: a viewer links, edits, logs")
def viewer() -> None:
    name = fresh("zoo")
    logged(name).link(registered(name))
    theirs = api(VIEWER_KEY).artifact(source(f"{name}:v0"))
    with refused("permission"):
        theirs.link(registered(f"{name}-other"))
    theirs.description = "scribble"
    with refused("permission"):
        theirs.save()
    with refused("permission"):
        api(VIEWER_KEY).artifact(f"{registered(name)}:v0").unlink()
    assert api().artifact(f"{registered(name)}:v0").description != "scribble"


@flow("refused: a wrong key, an entity that isn't there")
def strangers() -> None:
    begin = f"import wandb\nwandb.init(entity={{!r}}, project={PROJECT!r}, settings=wandb.Settings(silent=False))\n"
    for text, key, word in (
        (begin.format(TEAM), "z" * 40, "not logged in"),
        (begin.format("no-such-team"), "", "no-such-team"),
        ("import wandb\nprint(wandb.Api().viewer.username)\n", "z" * 40, "not logged in"),
    ):
        began = time.monotonic()
        said = script(text, key)
        assert time.monotonic() - began < LONGEST_REFUSAL, f"It took {time.monotonic() - began:.1f} s: {said}"
        assert word in said, said[-1500:]


@flow("refused: a type that the registry or the collection doesn't accept")
def types() -> None:
    registry = new_registry(["model"])
    name = fresh("data")
    dataset = logged(name, "dataset")
    with refused("type"):
        dataset.link(registered(name, registry.name))
    logged(f"{name}-m").link(registered(name, registry.name))
    with refused("type"):
        dataset.link(registered(name, registry.name))
    with wandb.init(entity=TEAM, project=PROJECT) as run, refused("type"):
        run.log_artifact(artifact(name, "model"))


@flow("refused: what isn't there, a link to an unknown registry")
def missing() -> None:
    name = fresh("zoo")
    version = logged(name)
    for path in (source("nope:v0"), f"{TEAM}/no-project/nope:v0", registered("nope:v0"), source(f"{name}:v9")):
        with refused("not found"):
            api().artifact(path)
    with refused("not found", "find"):
        version.link(f"wandb-registry-no-such/{name}")
    with refused("not found", "could not find", "unable"):
        api().run(f"{TEAM}/{PROJECT}/norun").load(force=True)
