"""Every template compiles, every partial that a view names exists, and nothing needs what the CSP forbids."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import get_template, render_to_string
from django.test import override_settings

ROOT = Path(settings.BASE_DIR)
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
COMPONENTS = sorted((ROOT / "templates" / "components").glob("*.html"))
# page(request, "registry/linking/sidebar.html", {…}, partial="source-fields"), on one line or several
PAGE = re.compile(r'"(?P<template>[\w/]+\.html)"(?P<rest>(?:(?!\.html").)*?)\bpartial="(?P<partial>[\w-]+)"', re.DOTALL)
MOST = 140  # characters in a line
ROW = re.compile(r"<(?:tr|th|td)\b")
LANGUAGE = re.compile(r"{%.*?%}|{{.*?}}|{#.*?#}", re.DOTALL)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT / "templates").as_posix()


def partials() -> list[tuple[str, str, str]]:
    found = []
    for app in ("artifacts", "registry", "registry_site"):
        for path in sorted((ROOT / app).rglob("*.py")):
            for match in PAGE.finditer(path.read_text()):
                found.append((path.name, match["template"], match["partial"]))
    return found


class Forbidden(HTMLParser):
    """Collects what `script-src 'self'` and `style-src 'self'` would stop."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        if tag == "style" or (tag == "script" and "src" not in names):
            self.found.append(f"<{tag}>")
        self.found += [f"<{tag} {name}>" for name in names if name == "style" or re.match(r"on|hx-on|hx-vars", name)]
        self.found += [
            f"<{tag} {name}={value}>" for name, value in attrs if (value or "").startswith(("javascript:", "js:"))
        ]


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_the_template_compiles(path: Path) -> None:
    get_template(name_of(path))


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_the_template_has_no_inline_script_or_style(path: Path) -> None:
    parser = Forbidden()
    parser.feed(LANGUAGE.sub("", path.read_text()))
    assert parser.found == []


@pytest.mark.parametrize("path", COMPONENTS, ids=name_of)
def test_the_component_says_its_variables_on_its_first_line(path: Path) -> None:
    first = path.read_text().splitlines()[0]
    assert first.startswith(f"{{# {path.stem}: ")
    assert first.endswith("#}")


@pytest.mark.parametrize("path", COMPONENTS, ids=name_of)
def test_the_component_is_for_more_than_one_screen(path: Path) -> None:
    """Two templates name it, or one that is itself part of many screens: a component, the frame of every page, a tag."""
    name = name_of(path)
    users = [one for one in TEMPLATES if name in one.read_text()]
    shared = [one for one in users if one in COMPONENTS or one.name == "base.html"]
    tags = [one for one in (ROOT / "artifacts" / "templatetags").glob("*.py") if name in one.read_text()]
    assert len(users) > 1 or shared or tags, (
        f"only {[name_of(one) for one in users]} includes it: it belongs beside that"
    )


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_the_template_has_no_long_line(path: Path) -> None:
    lines = enumerate(path.read_text().splitlines(), 1)
    assert [(number, len(line)) for number, line in lines if len(line) > MOST] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_rows_and_cells_of_tables_begin_a_line_each(path: Path) -> None:
    lines = enumerate(LANGUAGE.sub("", path.read_text()).splitlines(), 1)
    assert [number for number, line in lines if len(ROW.findall(line)) > 1] == []


def test_every_partial_that_a_view_names_exists() -> None:
    for view, template, partial in partials():
        assert get_template(f"{template}#{partial}"), f"{view} names {template}#{partial}"


# Nothing is collected in tests, so static files have no other names there.
@override_settings(STORAGES={"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}})
def test_the_error_page_needs_neither_request_nor_database() -> None:
    shown = render_to_string(
        "error.html", {"status": 404, "title": "Not here", "sentence": "Ask ada.", "number": "e-1"}
    )
    for words in ("Not here", "<p>Ask ada.</p>", "Go to Registry", 'data-copy="e-1"'):
        assert words in shown
    assert "Something broke on our side" in render_to_string("error.html")


def test_our_scripts_stay_small_in_all() -> None:
    """The one of every page and the one that only the tab Lineage loads besides, comments and all."""
    assert sum(path.stat().st_size for path in (ROOT / "static" / "js").rglob("*") if path.is_file()) <= 15_000
