"""The search box of a collection: what is read out of a text, and which versions it leaves on both databases."""

from typing import Any

import pytest

from artifacts.actions import aliases_and_tags
from artifacts.listing.search_box import MOST_CONDITIONS, parse
from artifacts.models import Membership
from artifacts.versions.filters import VOCABULARY, applied
from registry.actions.link import link_by_name
from tests import factories
from tests.conftest import World

ODD = 'it\'s 100% \\ "ok"'
METADATA: list[dict[str, Any]] = [
    {"accuracy": 0.5, "lang": "en", "nested": {"lr": 1e-3}, "ok": True},
    {"accuracy": 0.95, "lang": "de", "nested": {"lr": 0.5}, "ok": False, "note": ODD},
    {"accuracy": "0.99", "lang": "en", "nothing": None},
    {"accuracy": True, "epochs": 12},
]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", []),
        ("   ", []),
        ("prod", [("", "$contains", "prod")]),
        ('"two words" x', [("", "$contains", "two words"), ("", "$contains", "x")]),
        ("v3", [("", "$contains", "v3")]),
        ("alias:prod tag:fast", [("alias", "$eq", "prod"), ("tag", "$eq", "fast")]),
        ('TAG:"int8 ready"', [("tag", "$eq", "int8 ready")]),
        ("alias != prod", [("alias", "$ne", "prod")]),
        ("version:3", [("version", "$eq", "v3")]),
        ("version:>=v3", [("version", "$gte", "v3")]),
        ("version >= 3 version<9", [("version", "$gte", "v3"), ("version", "$lt", "v9")]),
        ("metadata.accuracy > 0.9", [("metadata.accuracy", "$gt", 0.9)]),
        ("metadata.accuracy>.9", [("metadata.accuracy", "$gt", 0.9)]),
        ("metadata.n=-3", [("metadata.n", "$eq", -3)]),
        ("metadata.a.b == 1e-3", [("metadata.a.b", "$eq", 0.001)]),
        ('metadata.lang = "en"', [("metadata.lang", "$eq", "en")]),
        ("metadata.lang:en", [("metadata.lang", "$eq", "en")]),
        ('metadata.n = "3"', [("metadata.n", "$eq", "3")]),
        ('metadata.q = "a \\"b\\" \\\\"', [("metadata.q", "$eq", 'a "b" \\')]),
        ("metadata.ok:true metadata.none:null", [("metadata.ok", "$eq", True), ("metadata.none", "$eq", None)]),
        ("metadata.lang", [("metadata.lang", "$exists", True)]),
        ("metadata.lang prod", [("metadata.lang", "$exists", True), ("", "$contains", "prod")]),
    ],
)
def test_a_text_is_read_as_conditions(text: str, parts: list[tuple[str, str, Any]]) -> None:
    query = parse(text, VOCABULARY)
    assert [(part.name, part.operator, part.value) for part in query.conditions] == parts
    assert query.faults == []


@pytest.mark.parametrize(
    ("text", "kept", "said"),
    [
        ("colour:red v3", 1, "“colour:” isn’t a filter here"),
        ("metadata>3 v3", 1, "“metadata>” isn’t a filter here"),
        ("alias.x:3 v3", 1, "“alias.x:” isn’t a filter here"),
        ("v3 alias:", 1, "“alias:” has no value behind it; write one, such as alias:production."),
        ("v3 metadata.accuracy >", 1, "such as metadata.accuracy > 0.9."),
        ("version:abc v3", 1, "needs a version’s number"),
        ("tag>fast v3", 1, "has no order; write tag:fast or tag!=fast."),
        ("metadata.x > 1e999 v3", 1, "larger than a number can be"),
        (" ".join(["x"] * 30), MOST_CONDITIONS, "Only the first 20 conditions"),
        ("x" * 600, 1, "Only the first 500 characters"),
    ],
)
def test_what_cannot_be_read_is_said_and_the_rest_kept(text: str, kept: int, said: str) -> None:
    query = parse(text, VOCABULARY)
    assert len(query.conditions) == kept
    assert len(query.faults) == 1
    assert said in query.faults[0]


@pytest.fixture
def places(world: World) -> list[Membership]:
    """detectors v0 to v3, and a neighbour that holds the same names."""
    source = factories.project(world.team, "detector", user=world.bob)
    made = []
    for number, metadata in enumerate(METADATA):
        version = factories.version(source, "yolo", user=world.bob, metadata=metadata)
        made.append(link_by_name(version, world.model, "detectors", aliases=[f"a{number}"], acting_user=world.bob))
    aliases_and_tags.tag_version(made[1].version, ["int8 ready"], acting_user=world.bob)
    link_by_name(made[1].version, world.model, "others", aliases=["a0"], acting_user=world.bob)
    return made


CASES: list[tuple[str, list[int], str]] = [
    ("v2", [2], ""),
    ("A1", [1], ""),
    ("int8", [1], ""),
    ("int8 ready", [1], ""),
    ("int8 a0", [], ""),
    ("%", [], ""),
    ("alias:A0", [0], ""),
    ("alias!=a0", [1, 2, 3], ""),
    ("alias:a", [], ""),
    ('tag:"int8 ready"', [1], ""),
    ("version>=1 version<3", [1, 2], ""),
    ("version:99999999999", [0, 1, 2, 3], "needs a version’s number"),
    ("metadata.accuracy > 0.4", [0, 1], ""),  # neither the text "0.99" nor true
    ("metadata.accuracy > 0.9", [1], ""),
    ("metadata.accuracy <= 0.5", [0], ""),
    ('metadata.accuracy >= "0.9"', [2], ""),
    ('metadata.accuracy = "0.99"', [2], ""),
    ("metadata.accuracy = 0.95", [1], ""),
    ("metadata.accuracy = true", [3], ""),
    ("metadata.nested.lr < 0.1", [0], ""),
    ("metadata.lang:en", [0, 2], ""),
    ("metadata.lang != en", [1, 3], ""),
    ("metadata.lang > da", [0, 1, 2], ""),
    ("metadata.ok:true", [0], ""),
    ("metadata.nothing:null", [0, 1, 2, 3], ""),
    ("metadata.epochs", [3], ""),
    ("metadata.epochs:12 a3", [3], ""),
    ("metadata.epochs > 9223372036854775808", [], ""),
    ("metadata.ok > true", [0, 1, 2, 3], "Only a number, a text or a moment can be compared"),
    ("metadata.it's)- = 1", [], ""),
    ("metadata.a..b = 1", [], ""),  # a key may have two dots
]


def test_conditions_leave_the_right_versions(places: list[Membership]) -> None:
    collection = places[0].collection
    for text, expected, said in CASES:
        query = parse(text, VOCABULARY)
        found = applied(Membership.objects.in_collection(collection), query).order_by("index")
        assert (text, [row.index for row in found]) == (text, expected)
        assert (not query.faults) == (not said), (text, query.faults)
        assert said in "".join(query.faults)
    quoted = ODD.replace("\\", "\\\\").replace('"', '\\"')
    found = applied(Membership.objects.in_collection(collection), parse(f'metadata.note = "{quoted}"', VOCABULARY))
    assert [row.index for row in found] == [1]
