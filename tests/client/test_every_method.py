"""Every public method and property that the client has for artifacts, registries, members, runs, automations and people is used by
a script of these tests, or is left out here with a reason.

A script is any text in tests/client that is Python. Where the script shows what a name stands for (`run = api.run(…)`), a member counts
for that class only; where it doesn't, for every class that has it.
"""

import ast
import json
import subprocess
import sys
import textwrap
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parent
PUBLIC = "wandb.apis.public"
SEARCH = f"{PUBLIC}.registries.registries_search"
CLASSES = {
    "Api": PUBLIC,
    "Artifact": "wandb",
    "ArtifactCollection": PUBLIC,
    "ArtifactType": PUBLIC,
    "Collections": SEARCH,
    "File": PUBLIC,
    "Member": PUBLIC,
    "Project": PUBLIC,
    "Registries": SEARCH,
    "Registry": f"{PUBLIC}.registries",
    "Run": PUBLIC,
    "Runs": PUBLIC,
    "Team": PUBLIC,
    "User": PUBLIC,
    "Versions": SEARCH,
}
MEMBERS = """
import importlib, json, sys
found = {}
for name, module in json.loads(sys.argv[1]).items():
    kind = getattr(importlib.import_module(module), name)
    owners = {each: next((base for base in kind.__mro__ if each in vars(base)), object) for each in dir(kind)}
    found[name] = [each for each, owner in owners.items() if each[0] != "_" and owner.__module__.startswith("wandb")]
print(json.dumps(found))
"""

LISTS = "Plumbing of the client's lists, which iteration, `len()` and indices go through."
NOTEBOOK = "How a notebook shows it; asks the server for nothing."
SWEEPS = "Sweeps are not part of a registry."
LAUNCH = "Launch (queues, agents, jobs) is not part of a registry."
REPORTS = "Reports and custom charts are pages of their own kind."
LOCAL = "Nothing but the client's own memory."
PLUMBING = dict.fromkeys(
    ("QUERY", "convert_objects", "cursor", "last_response", "length", "more", "next", "update_variables"), LISTS
)
SHOWN = dict.fromkeys(("display", "snake_to_camel", "to_html"), NOTEBOOK)
LEFT_OUT = {
    **dict.fromkeys(("Api.create_custom_chart", "Api.reports"), REPORTS),
    **dict.fromkeys(("Api.create_run_queue", "Api.job", "Api.list_jobs", "Api.queued_run", "Api.run_queue"), LAUNCH),
    **dict.fromkeys(("Api.upsert_run_queue",), LAUNCH),
    **dict.fromkeys(("Api.sweep", "Project.sweeps", "Run.sweep", "Run.sweep_name"), SWEEPS),
    **dict.fromkeys(("Api.user_agent", "Artifact.json_encode", "User.user_api"), LOCAL),
    "Api.sync_tensorboard": "Reads files of TensorBoard into a run, which is tested by its own methods.",
}

# What a call or an attribute of this name stands for, and what is in the lists.
GIVES = {
    "Api": "Api",
    **dict.fromkeys(("Artifact", "artifact", "use_artifact", "log_artifact", "link", "link_artifact"), "Artifact"),
    **dict.fromkeys(("new_draft", "source_artifact", "wait", "upsert_artifact", "finish_artifact"), "Artifact"),
    **dict.fromkeys(("artifact_collection", "collection", "source_collection"), "ArtifactCollection"),
    **dict.fromkeys(("artifacts", "linked_artifacts", "logged_artifacts", "used_artifacts"), "Artifacts"),
    "artifact_collections": "ArtifactCollections",
    "artifact_type": "ArtifactType",
    "create_registry": "Registry",
    "create_team": "Team",
    "init": "a run that is being logged",
    "project": "Project",
    "registries": "Registries",
    "registry": "Registry",
    "run": "Run",
    "runs": "Runs",
    "team": "Team",
    "user": "User",
    "viewer": "User",
}
HOLDS = {
    **dict.fromkeys(("ArtifactCollections", "Collections"), "ArtifactCollection"),
    **dict.fromkeys(("Artifacts", "Versions"), "Artifact"),
    "Registries": "Registry",
    "Runs": "Run",
}


@lru_cache
def members() -> dict[str, list[str]]:
    """The public members of each class, as the installed client has them."""
    command = [sys.executable, "-c", MEMBERS, json.dumps(CLASSES)]
    found: dict[str, list[str]] = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return found


def texts(tree: ast.AST) -> Iterator[str]:
    """Every text in a module, an f-string with a word in each of its gaps."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "gap" for part in node.values)


def scripts() -> Iterator[ast.Module]:
    """The texts in the tests that are Python."""
    for path in sorted(SCRIPTS.glob("*.py")):
        if path.name == Path(__file__).name:
            continue
        for text in texts(ast.parse(path.read_text(encoding="utf-8"))):
            if "." in text:
                try:
                    yield ast.parse(textwrap.dedent(text))
                except (SyntaxError, ValueError):
                    continue


def kinds_of(node: ast.expr, names: dict[str, set[str]]) -> set[str]:
    """The classes that an expression is of, as far as it shows; none if it doesn't."""
    match node:
        case ast.Name(id=name):
            return names.get(name, set())
        case ast.Call(func=ast.Name(id="list" | "iter" | "sorted"), args=[inner, *_]):
            return kinds_of(inner, names)
        case ast.Call(func=ast.Name(id="next"), args=[inner, *_]) | ast.Subscript(value=inner):
            return elements_of(inner, names)
        case ast.Call(func=ast.Attribute(value=owner, attr="collections" | "versions" as name)):
            registry = {"Api", "Registry", "Registries", "Collections"} & kinds_of(owner, names)
            return {name.capitalize()} if registry else set()
        case ast.Call(func=ast.Attribute(attr=name)) | ast.Attribute(attr=name):
            return {GIVES[name]} if name in GIVES else set()
    return set()


def elements_of(node: ast.expr, names: dict[str, set[str]]) -> set[str]:
    """The classes of what is in a list."""
    return {HOLDS[kind] for kind in kinds_of(node, names) if kind in HOLDS}


def bound(tree: ast.Module, names: dict[str, set[str]]) -> Iterator[tuple[ast.expr, set[str]]]:
    """The names that a script gives to things, with the classes of these."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            yield from ((target, kinds_of(node.value, names)) for target in node.targets)
        elif isinstance(node, ast.For | ast.comprehension):
            yield node.target, elements_of(node.iter, names)
        elif isinstance(node, ast.withitem) and node.optional_vars is not None:
            yield node.optional_vars, kinds_of(node.context_expr, names)


def used(trees: Iterable[ast.Module]) -> dict[str, set[str]]:
    """For each attribute that scripts use the classes that it was used of; "" where that doesn't show."""
    found: dict[str, set[str]] = defaultdict(set)
    for tree in trees:
        names: dict[str, set[str]] = defaultdict(set)
        for _ in range(2):  # what the first round learns of names, the second follows
            for target, kinds in list(bound(tree, names)):
                if isinstance(target, ast.Name):
                    names[target.id] |= kinds
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute):
                found[node.attr] |= kinds_of(node.value, names) or {""}
        for name in read_by_name(tree):
            found[name].add("")
    return found


def read_by_name(tree: ast.Module) -> Iterator[str]:
    """The words of lists in a script that reads attributes by `getattr(thing, name)`, one after the other."""
    if any(isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "getattr"
           and isinstance(node.args[1], ast.Name) for node in ast.walk(tree)):  # fmt: skip
        for node in ast.walk(tree):
            if isinstance(node, ast.Tuple | ast.List):
                yield from (
                    part.value for part in node.elts if isinstance(part, ast.Constant) and isinstance(part.value, str)
                )


@pytest.mark.client
def test_every_public_member_is_used_by_a_script_or_left_out_with_a_reason() -> None:
    seen = used(scripts())
    missing = [
        f"{kind}.{name}"
        for kind, names in members().items()
        for name in names
        if f"{kind}.{name}" not in LEFT_OUT and name not in PLUMBING and name not in SHOWN
        if not seen[name] & {kind, ""}
    ]
    assert not missing, "No script uses " + ", ".join(missing)


@pytest.mark.client
def test_what_is_left_out_exists() -> None:
    known = {f"{kind}.{name}" for kind, names in members().items() for name in names}
    assert set(LEFT_OUT) <= known
    assert PLUMBING.keys() | SHOWN.keys() <= {name for names in members().values() for name in names}


@pytest.mark.parametrize(
    ("script", "seen"),
    [
        ("wandb.Api().run('a/b/c').delete()", {"Run"}),
        ("api = wandb.Api()\nfor version in api.registries().versions():\n    version.delete()", {"Artifact"}),
        ("with wandb.init() as run:\n    run.delete()", {"a run that is being logged"}),
        ("thing.delete()", {""}),
    ],
)
def test_a_member_counts_for_the_class_that_the_script_shows(script: str, seen: set[str]) -> None:
    assert used([ast.parse(script)])["delete"] == seen
