"""The map is true: each room is on it, what it names is in the code, and so is each file that is cited. And a class has its name alone."""

import ast
import re
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
MAP = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
PACKAGES = ("artifacts", "registry", "registry_site")
PATHS = sorted(set(re.findall(r"`((?:artifacts|registry|registry_site|templates|tests)/[\w/.]*)`", MAP)))
# `tests/client/conftest.py`, (tests/test_links.py), "components/alias.html": a file below one of our folders, or of templates/.
CITED = re.compile(
    r"(?<![\w/.-])(?P<path>(?:artifacts|registry|registry_site|templates|components|static|tests|benchmarks|docs)/[\w/.-]+\.(?:py|html|css|js))\b"
)
CITING = sorted(
    path
    for place, kind in (
        *((".", "README.md"), ("docs", "*.md"), ("registry_site", "*.graphql"), ("templates", "*.html")),
        *((folder, kind) for folder in ("static/css", "static/js") for kind in ("*.css", "*.js")),
        *((package, "*.py") for package in (*PACKAGES, "tests", "benchmarks")),
    )
    for path in (ROOT.glob(kind) if place == "." else (ROOT / place).rglob(kind))
)
STEPS = sorted(set(re.findall(r"`(\w+)`\s+in\s+`([\w/]+\.py)`", MAP)))


def rooms(package: str) -> list[str]:
    """The folders and modules directly in a package, as the map writes them."""
    inside = [path for path in (ROOT / package).iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()]
    return sorted(
        f"{package}/{path.name}{'/' if path.is_dir() else ''}" for path in inside if path.name != "__init__.py"
    )


@cache
def names_in(path: str) -> set[str]:
    """The functions and classes of a module, those inside classes too."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}


def classes() -> dict[str, list[str]]:
    """The modules of each class, by its name; migrations apart, which Django names."""
    found = defaultdict(list)
    for path in (path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))):
        if path.parent.name != "migrations":
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.ClassDef):
                    found[node.name].append(str(path.relative_to(ROOT)))
    return found


@pytest.mark.parametrize("package", PACKAGES)
def test_every_room_is_on_the_map(package: str) -> None:
    assert [room for room in rooms(package) if f"`{room}`" not in MAP] == []


@pytest.mark.parametrize("path", PATHS)
def test_what_the_map_names_is_there(path: str) -> None:
    assert (ROOT / path).exists()


@pytest.mark.parametrize(("name", "path"), STEPS)
def test_the_walks_lead_through_functions_that_are_there(name: str, path: str) -> None:
    assert name in names_in(path)


def test_the_walks_are_walks() -> None:
    """Fails where the words of the page no longer fit the pattern by which its steps are found."""
    assert len(STEPS) > 25


def test_one_name_for_one_class() -> None:
    """Two things of one name are confused when they are searched for; `Command` is what Django wants each command to be."""
    assert {name: modules for name, modules in classes().items() if len(modules) > 1 and name != "Command"} == {}


def test_each_file_that_is_cited_is_there() -> None:
    """In documents, docstrings, comments, the schema and includes: files move, and what points at them has to move along."""
    cited = {
        (path.relative_to(ROOT).as_posix(), found["path"])
        for path in CITING
        for found in CITED.finditer(path.read_text(encoding="utf-8"))
    }
    assert len(cited) > 200
    gone = {one for one in cited if not (ROOT / one[1]).exists() and not (ROOT / "templates" / one[1]).exists()}
    assert sorted(gone) == []
