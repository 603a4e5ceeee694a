"""The folders of `registry` by name, and what may not creep into its tables."""

import ast
from pathlib import Path

import registry

HERE = Path(registry.__file__).parent
FOLDERS = {"actions", "history", "migrations", "search", "tables", "views"}
FILES = {"admin", "apps", "forms", "models", "urls"}
VIEWS = {"collections", "linking", "registries", "search"}


def folders(place: Path) -> set[str]:
    return {entry.name for entry in place.iterdir() if entry.is_dir() and entry.name != "__pycache__"}


def test_each_subject_has_its_room() -> None:
    assert folders(HERE) == FOLDERS
    assert {entry.stem for entry in HERE.glob("*.py")} - {"__init__"} == FILES
    assert len((FOLDERS | FILES) - {"migrations"}) == 10
    assert folders(HERE / "views") == VIEWS
    assert {entry.stem for entry in (HERE / "views").glob("*.py")} - {"__init__"} == {"fetch", "code_samples"}


def test_tables_and_history_know_no_request() -> None:
    for path in [*(HERE / "tables").glob("*.py"), *(HERE / "history").glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                # Only where things are: no page is answered from here.
                is_of_views = ".views" in (node.module or "") and node.module != "artifacts.views.url_of"
                assert not is_of_views, f"{path.name} imports {node.module}"
                assert node.module != "django.http", path.name
            assert not (isinstance(node, ast.arg) and node.arg == "request"), path.name
