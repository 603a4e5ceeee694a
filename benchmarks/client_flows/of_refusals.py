"""Refusals: each within seconds, by a sentence that tells what to do."""

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
    # In a process of its own: in 0.19, linking uses the key of the process whatever the Api was given.
    said = script(
        f"import wandb\n"
        f"mine = wandb.Api(overrides={{'entity': {TEAM!r}}}).artifact({source(f'{name}:v0')!r})\n"
        f"linked = wandb.Api(overrides={{'entity': {TEAM!r}}}).artifact({registered(f'{name}:v0')!r})\n"
        f"mine.description = 'scribble'\n"
        f"for act in (mine.save, linked.unlink, lambda: mine.link({registered(f'{name}-other')!r})):\n"
        f"    try:\n"
        f"        act()\n"
        f"    except Exception as error:\n"
        f"        print(error)\n",
        VIEWER_KEY,
    )
    assert said.lower().count("permission") >= 3, said
    assert api().artifact(f"{registered(name)}:v0").description != "scribble"
    assert not api().artifact_exists(f"{registered(name)}-other:v0")


@flow("refused: a wrong key, an entity that isn't there")
def strangers() -> None:
    begin = "wandb.init(entity={!r}, project='flows')"
    for call, key, words in (
        (begin.format(TEAM), "z" * 40, ("not logged in",)),
        (begin.format("no-such-team"), "", ("no-such-team",)),
        ("wandb.Api().viewer", "z" * 40, ("not logged in", "verifying the API key", "invalid or missing")),
    ):
        # The time counts from where the client is imported, which on a busy machine takes longer than the refusal.
        said = script(
            f"import time, wandb\n"
            f"began = time.monotonic()\n"
            f"try:\n"
            f"    {call}\n"
            f"except BaseException as error:\n"
            f"    print(error)\n"
            f"print('SECONDS', time.monotonic() - began, flush=True)\n",
            key,
        )
        assert any(word in said for word in words), said[-1500:]
        assert float(said.partition("SECONDS ")[2].split()[0]) < LONGEST_REFUSAL, said


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
