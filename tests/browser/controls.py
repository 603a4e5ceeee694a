"""Which controls the pages have, and which of them the browser tests press; a run of all of them fails if one is left.

A control's name holds no thing's name, so the same control beside another thing, or of a test's own world, is the same.
"""

import json
import os
import re
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.urls import Resolver404, resolve
from playwright.sync_api import BrowserContext, ConsoleMessage, Page

SCRIPT = (Path(__file__).parent / "controls.js").read_text(encoding="utf-8")
# One template under several addresses.
SAME = (
    (r"^registry:version(-tab.*)?$", r"artifacts:version\1"),
    (r"^registry:collection-compare$", "artifacts:compare"),
    (r"^registry:organization-home$", "registry:home"),
    (r"^artifacts:project-(runs|workspace)$", "artifacts:project"),
    (r"^artifacts:account-keys$", "artifacts:account"),
    (r"^artifacts:browser-type$", "artifacts:browser"),
)
# One component wherever it stands.
EVERYWHERE = {"copy", "copy-from", "close", "dismiss", "theme-switch"}
# What the walk finds and nobody can press, and why.
NOT_PRESSED = {
    "turns artifacts:collection metrics": "a project's collection has no metrics: links only drop the word that the walk gave",
    "turns registry:registry name": "the same; a registry has no such filter",
}
type Fact = dict[str, str]


def route(address: str) -> str:
    """The name of what an address leads to, with the tab where there are some."""
    try:
        found = resolve(urlsplit(address).path)
    except Resolver404:
        return "elsewhere"
    name = "/".join(filter(None, [found.view_name, found.kwargs.get("tab")]))
    for old, new in SAME:
        name = re.sub(old, new, name)
    return name


def turned(fact: Fact) -> str:
    """What a link to the page that it stands on changes there; a column to sort by counts for itself."""
    old, new = (dict(parse_qsl(urlsplit(fact[name]).query)) for name in ("page", "url"))
    changed = {key for key in old | new if old.get(key) != new.get(key)}
    changed = changed - {"after", "before", "open"} or changed  # these only go along
    column = new.get("sort", "").lstrip("-")
    return ",".join(sorted(f"sort={column}" if key == "sort" and column.isalpha() else key for key in changed))


def name_of(fact: Fact) -> str | None:
    """The control's own name; none for a link that leads elsewhere and does no more."""
    here = route(fact["page"]) if fact["page"] else "every page"
    marks, words = fact["marks"], re.sub(r"\d+", "N", fact["words"].split(":")[0])[:40]
    head = re.sub(r"-tab/.*", "", here)  # the same on all tabs
    if marks in EVERYWHERE:
        return f"{fact['kind']} {marks}"
    match fact["kind"]:
        case "fold":
            return f"fold {here} {fact['name']}"
        case "button":
            return f"button {head} {marks or words}"
        case "submit":
            step = f" {fact['name']}={fact['value']}" if fact["name"] == "step" else f" {fact['name'].split('_')[0]}"
            return f"submit {fact['method']} {route(fact['url'])}{step}".strip()
        case "field":
            return f"field {fact['method']} {route(fact['url'])} {re.sub(r'\d+', 'N', fact['name'])} {marks}".strip()
    if "#" in fact["url"]:
        return f"jump {words}" if here == "every page" else None
    target = route(fact["url"])
    if fact["kind"] == "opens" and target != here:
        return f"opens {head} {fact['method']} {target}"
    change = turned(fact) if target == here else ""
    return f"turns {here} {change} {marks}".strip() if change or marks else None


def place() -> Path:
    """Where the processes of a run write down what they saw."""
    folder = Path(os.environ.get("CTL_DIR") or os.environ["LINKYARD_TEST_HOME"]) / "controls"
    folder.mkdir(exist_ok=True)
    return folder


def note(kind: str, names: set[str]) -> None:
    with (place() / f"{os.getpid()}.{kind}").open("a", encoding="utf-8") as file:
        file.writelines(f"{name}\n" for name in sorted(names))


def noted(kind: str) -> set[str]:
    return {line for file in place().glob(f"*.{kind}") for line in file.read_text(encoding="utf-8").splitlines()}


def look(page: Page) -> None:
    """Write down the controls of a page."""
    note("there", {name for fact in page.evaluate("controlsHere()") if (name := name_of(fact))})


def listen(context: BrowserContext) -> None:
    """Write down what is pressed in a browser."""

    def heard(said: ConsoleMessage) -> None:
        if said.type == "debug" and said.text.startswith("pressed "):
            name = name_of(json.loads(said.text.removeprefix("pressed ")))
            note("pressed", {name} if name else set())

    context.add_init_script(SCRIPT)
    context.on("console", heard)


def never_pressed() -> list[str]:
    """The controls that no test pressed, if all tests of this folder ran."""
    return sorted(noted("there") - noted("pressed") - set(NOT_PRESSED)) if noted("all") else []


def note_what_runs(session: pytest.Session) -> None:
    """Write down that every test of this folder is going to run, if it is."""
    chosen = {item.path for item in session.items}
    options = session.config.option
    is_part = options.keyword or options.deselect or any("::" in argument for argument in session.config.args)
    if not is_part and chosen >= set(Path(__file__).parent.glob("test_*.py")):
        note("all", {"yes"})
