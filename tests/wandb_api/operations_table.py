"""Which of the client's GraphQL operations are served, by what, and for which of its calls: docs/client-operations.md.

uv run python -m tests.wandb_api.operations_table        writes the file anew; a test fails while it isn't up to date
"""

import ast
import os
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from graphql import GraphQLSchema, TypeInfo, TypeInfoVisitor, Visitor, parse, visit

from tests.wandb_api.client_documents import client_documents, operations, package_directory, version

PLACE = Path(__file__).resolve().parents[2] / "docs" / "client-operations.md"
CORE = "`wandb-core`"  # the client's own process, which runs talk to
MOST_CALLS = 4

# Operations that are valid here and that their resolver always refuses, with a sentence of its own.
REFUSED = {
    "CreateServiceAccount": "Service accounts come later; make an account for the job and use its API key.",
}

HEAD = """# The client's operations

Every GraphQL operation that `wandb` {version} can send (its Python package and `wandb-core` inside it). Written by
`uv run python -m tests.wandb_api.operations_table`; a test fails while this page isn't up to date.

{served} of {all} are served: valid against the schema and answered by the modules of `registry_site/wandb_api` that are named.
The others are refused in a sentence, with status 200, so that no client repeats them.
"""


def table() -> str:
    """The page."""
    from registry_site.wandb_api.schema import schema

    built = schema()
    unserved = reasons()
    found: dict[str, list[str]] = defaultdict(list)
    for each in client_documents():
        found[each.name].append(each.text)
    names = sorted(found.keys() | unserved.keys(), key=str.lower)
    callers = calls()
    served = [name for name in names if name not in unserved]
    lines = [HEAD.format(version=version(), served=len(served), all=len(names)), "## Served\n"]
    lines += ["| operation | kind | answered in | used by |", "|---|---|---|---|"]
    for name in served:
        modules = ", ".join(f"`{module}`" for module in areas(built, found[name]))
        lines.append(f"| `{name}` | {kind_of(found[name][0])} | {modules} | {shown(callers, name)} |")
    lines += ["\n## Refused\n", "| operation | why | used by |", "|---|---|---|"]
    lines += [f"| `{name}` | {unserved[name]} | {shown(callers, name)} |" for name in names if name in unserved]
    return "\n".join(lines) + "\n"


def reasons() -> Mapping[str, str]:
    """Why operations are not served, by their names."""
    from tests.wandb_api.engine.test_client_operations import NOT_SERVED

    return {**NOT_SERVED, **REFUSED}


def kind_of(text: str) -> str:
    """Whether a document reads or changes."""
    return operations(parse(text))[0].operation.value


def fields_of(schema: GraphQLSchema, text: str) -> list[str]:
    """The fields that a document selects, as “Type.field”, in its order; of an interface those of its types."""
    types = TypeInfo(schema)
    found: list[str] = []

    class Fields(Visitor):
        def enter_field(self, node: Any, *_: Any) -> None:
            owner = types.get_parent_type()
            for kind in [owner, *schema.get_possible_types(owner)] if hasattr(owner, "resolve_type") else [owner]:  # type: ignore[arg-type]
                found.append(f"{kind.name if kind else ''}.{node.name.value}")

    visit(parse(text), TypeInfoVisitor(types, Fields()))
    return found


def areas(schema: GraphQLSchema, texts: list[str]) -> list[str]:
    """The modules that decide about what documents answer: those of their resolvers that check access of their own."""
    from registry_site.wandb_api.engine.resolve import RESOLVERS

    found: dict[str, None] = {}
    for text in texts:
        for field in fields_of(schema, text):
            registered = RESOLVERS.get(field)
            if registered and registered.permission.how != "parent":
                found[registered.function.__module__.rsplit(".", 1)[1]] = None
    return list(found)


def is_served(schema: GraphQLSchema, text: str) -> bool:
    """Whether every field at the root of a valid document has a resolver."""
    from registry_site.wandb_api.engine.resolve import RESOLVERS

    roots = [field for field in fields_of(schema, text) if field.split(".")[0] in {"Query", "Mutation"}]
    return all(field in RESOLVERS or "__" in field for field in roots)


def calls() -> Mapping[str, set[str]]:
    """The functions and classes of the package that use an operation, by its name."""
    found: dict[str, set[str]] = defaultdict(set)
    constants: dict[str, set[str]] = defaultdict(set)  # of the package's modules, and the operations in their texts
    trees = []
    for path in sorted(package_directory().rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        trees.append((path, tree))
        for node in tree.body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                constants[node.targets[0].id] |= named_in(node.value)
    known = {name: names for name, names in constants.items() if names}
    for path, tree in trees:
        if path.parent.name == "_generated":
            continue
        for caller, node in inside(tree):
            found_here = named_in(node) | (known.get(node.id, set()) if isinstance(node, ast.Name) else set())
            for name in found_here if caller else ():
                found[name].add(caller)
    for each in client_documents():
        if each.origin.startswith("bin/"):
            found[each.name].add(CORE)
    return found


NAMED = re.compile(r"\b(?:query|mutation)\s+(\w+)\s*(?:\(\s*(?:\$|$)|\{)", re.M)


def named_in(node: ast.AST) -> set[str]:
    """The operations that the text of a constant defines."""
    return set(NAMED.findall(node.value)) if isinstance(node, ast.Constant) and isinstance(node.value, str) else set()


def inside(tree: ast.Module, prefix: str = "") -> Iterator[tuple[str, ast.AST]]:
    """Every node with the function or method that it stands in; a property of a class counts for the class."""

    def walk(node: ast.AST, owner: str) -> Iterator[tuple[str, ast.AST]]:
        for child in ast.iter_child_nodes(node):
            named = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            within = owner
            if named and owner.count(".") < 1:
                within = f"{owner}.{child.name}".strip(".")  # type: ignore[attr-defined]
            yield within, child
            yield from walk(child, within)

    yield from walk(tree, prefix)


def shown(callers: Mapping[str, set[str]], name: str) -> str:
    """Who uses an operation, the first few of them."""
    found = sorted(callers.get(name, ()), key=lambda caller: (caller == CORE, caller.lower()))
    words = [caller if caller == CORE else f"`{caller}`" for caller in found[:MOST_CALLS]]
    return ", ".join(words) + (f" and {len(found) - MOST_CALLS} more" if len(found) > MOST_CALLS else "")


def main() -> None:
    """Write the page."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import django

    django.setup()
    PLACE.write_text(table(), encoding="utf-8")


if __name__ == "__main__":
    main()
