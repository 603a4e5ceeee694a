"""Filters: every operator, every value literal, and nothing but listed fields."""

import json
import time
from contextlib import nullcontext, suppress

import pytest

from artifacts.actions import aliases_and_tags
from artifacts.errors import Invalid
from artifacts.listing.filter_values import MOST_VALUES
from artifacts.listing.filters import DEEPEST, MOST_CONDITIONS, filtered
from artifacts.models import ArtifactVersion, Membership
from registry_site.wandb_api.engine import ids
from registry_site.wandb_api.engine.filters_and_orders import MEMBERSHIP_FIELDS, collection_fields
from tests.conftest import World
from tests.wandb_api.conftest import Linked


@pytest.fixture
def rows(linked: Linked, world: World) -> list[ArtifactVersion]:
    """detectors v0 to v2: acc 0.0, 0.1, 0.2; nest.k 0, 1, 2; v0 tagged `even` and `x_y`, aliases x0, x1, x2; v1 has lists."""
    aliases_and_tags.tag_version(linked.versions[0], ["x_y"], acting_user=world.bob)
    odd = {"acc": 0.2, "nest": {"k": 2}, "name": 'it\'s 100% \\ "ok"', "it's)->>": True, "none": None}
    ArtifactVersion.objects.filter(pk=linked.versions[2].pk).update(metadata=odd)
    lists = {"acc": 0.1, "nest": {"k": 1, "seen": ["cat", "dog", 3, True, None]}, "none": [], "name": "resnet-50"}
    ArtifactVersion.objects.filter(pk=linked.versions[1].pk).update(metadata=lists)
    return linked.versions


def left(wanted: object) -> list[int]:
    places = Membership.objects.filter(collection__name="detectors").order_by("index")
    return list(filtered(places, json.dumps(wanted), MEMBERSHIP_FIELDS).values_list("index", flat=True))


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({}, [0, 1, 2]),
        (None, [0, 1, 2]),
        ({"version": "v1"}, [1]),
        ({"version": 1}, [1]),
        ({"version": {"$in": ["v0", 2, "nope"]}}, [0, 2]),
        ({"version": {"$nin": ["v0"]}}, [1, 2]),
        ({"version": {"$gte": "v1", "$lt": 2}}, [1]),
        ({"version": {"$ne": 1}}, [0, 2]),
        ({"version": 2**64}, []),
        ({"version": {"$ne": 2**64}}, [0, 1, 2]),
        ({"version": "latest"}, []),
        ({"tag": "even"}, [0]),
        ({"tag": {"$ne": "even"}}, [1, 2]),
        ({"tag": {"$in": ["even", "odd"]}}, [0]),
        ({"tag": {"$exists": True}}, [0]),
        ({"tag": {"$exists": False}}, [1, 2]),
        ({"tag": {"$contains": "x_"}}, [0]),
        ({"tag": {"$contains": "%"}}, []),
        ({"tag": {"$contains": "v_n"}}, []),
        ({"tags": {"$regex": "^ev"}}, [0]),
        ({"tag": {"$not": {"$regex": "^ev"}}}, [1, 2]),
        ({"alias": {"$regex": "[12]$"}}, [1, 2]),
        ({"aliases": {"$gt": "x1"}}, [2]),
        ({"$and": [{"tag": "even"}, {"tag": "x_y"}]}, [0]),
        ({"$or": [{"alias": "x1"}, {"tag": "even"}]}, [0, 1]),
        ({"$or": [{}, {"tag": "even"}]}, [0, 1, 2]),
        ({"$nor": [{"alias": "x1"}, {"tag": "even"}]}, [2]),
        ({"$not": {"alias": "x1"}}, [0, 2]),
        ({"alias": {"$or": ["x0", "x2"]}}, [0, 2]),
        ({"metadata.acc": 0.1}, [1]),
        ({"metadata.acc": {"$gt": 0.05, "$lte": 0.2}}, [1, 2]),
        ({"metadata.nest.k": 2}, [2]),
        ({"metadata.nest.k": {"$in": [0, 1]}}, [0, 1]),
        ({"metadata.name": {"$contains": "100%"}}, [2]),
        ({"metadata.name": {"$contains": "1__%"}}, []),
        ({"metadata.name": "it's 100% \\ \"ok\""}, [2]),
        ({"metadata.name": "' OR 1=1--"}, []),
        ({"metadata.it's)->>": True}, [2]),
        ({"metadata.name": {"$exists": True}}, [1, 2]),
        ({"metadata.name": {"$exists": False}}, [0]),
        ({"metadata.acc": {"$ne": 0.1}}, [0, 2]),
        ({"metadata.name": {"$ne": "x"}}, [0, 1, 2]),
        ({"$not": {"metadata.name": "x"}}, [0, 1, 2]),
        ({"metadata.none": None}, [0, 2]),
        ({"metadata.none": {"$ne": None}}, [1]),
        ({"metadata.none": {"$in": [None, "x"]}}, [0, 2]),
        ({"metadata.none": {"$nin": [None]}}, [1]),
        ({"metadata.none": {"$exists": True}}, [1, 2]),
        ({"tag": None}, [1, 2]),
        ({"tag": {"$ne": None}}, [0]),
        ({"tag": {"$in": [None, "even"]}}, [0, 1, 2]),
        ({"tag": {"$nin": [None]}}, [0]),
        ({"tag": ["x_y", "even"]}, [0]),
        ({"tag": ["even"]}, []),
        ({"tag": {"$ne": []}}, [0]),
        ({"metadata.acc": 2**70}, []),
        ({"metadata.0": 1}, []),
        ({"artifact_size": {"$gt": 100}}, [0, 1, 2]),
        ({"created_at": {"$gte": "2020-01-01"}}, [0, 1, 2]),
        ({"linked_at": {"$lt": "2020-01-01 12:00:00"}}, []),
        ({"createdAt": {"$gt": "2020-01-01T00:00:00Z"}, "state": "COMMITTED"}, [0, 1, 2]),
        ({"id": "not an id"}, []),
    ],
)  # fmt: skip
def test_a_filter_leaves_what_it_says(rows: list[ArtifactVersion], wanted: object, expected: list[int]) -> None:
    assert left(wanted) == expected


LISTS: list[tuple[object, list[int]]] = [
    ({"metadata.nest.seen": {"$all": ["dog", "cat"]}}, [1]),
    ({"metadata.nest.seen": {"$all": ["dog", "cow"]}}, []),
    ({"metadata.nest.seen": {"$all": [3, True, None]}}, [1]),
    ({"metadata.nest.seen": {"$all": [1]}}, []),
    ({"metadata.nest.seen": {"$all": [False]}}, []),
    ({"metadata.nest.seen": {"$all": ["3"]}}, []),
    ({"metadata.nest.seen": {"$all": ["do"]}}, []),
    ({"metadata.nest.seen": {"$all": []}}, []),
    ({"metadata.nest.seen": {"$size": 5}}, [1]),
    ({"metadata.nest.seen": {"$not": {"$size": 5}}}, [0, 2]),
    ({"metadata.none": {"$size": 0}}, [1]),
    ({"metadata.name": {"$size": 9}}, []),
    ({"metadata.nest": {"$all": [1]}}, []),
    ({"metadata.nest.k": {"$all": [2]}}, [2]),
    ({"metadata.acc": {"$all": [0.1]}}, [1]),
    ({"$nor": [{"metadata.nest.seen": {"$all": ["dog"]}}]}, [0, 2]),
    ({"metadata.name": {"$regex": "^res.*[0-9]$"}}, [1]),
    ({"metadata.name": {"$not": {"$regex": "^res"}}}, [0, 2]),
    ({"metadata.nest.k": {"$regex": "1"}}, []),
    ({"metadata.nest.seen": {"$regex": "cat"}}, []),
    ({"tag": {"$all": ["even", "x_y"]}}, [0]),
    ({"tag": {"$all": ["even", "odd"]}}, []),
    ({"tag": {"$size": 2}}, [0]),
    ({"tags": {"$size": 0}}, [1, 2]),
    ({"alias": {"$size": 2}}, [2]),
    ({"aliases": {"$all": ["x2", "latest"], "$size": 2}}, [2]),
    ({"version": {"$all": ["v1"]}}, [1]),
    ({"version": {"$all": [1, 2]}}, []),
    ({"version": {"$size": 1}}, []),
]


def test_lists_and_tags_are_asked_for_all_of_some_values_for_their_size_and_texts_by_a_pattern(
    rows: list[ArtifactVersion],
) -> None:
    assert [left(wanted) for wanted, _ in LISTS] == [expected for _, expected in LISTS]


def test_an_id_is_taken_as_it_was_given_out_and_as_number(rows: list[ArtifactVersion]) -> None:
    number = rows[1].pk
    for value in (number, str(number), ids.encode("Artifact", number)):
        assert left({"artifact_id": value}) == [1]
    assert left({"artifact_id": {"$in": [ids.encode("User", number)]}}) == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "not JSON"),
        ("[" * 90_000, "not JSON"),
        ("[]", "is an object"),
        ("7", "is an object"),
        ('{"collection__project__entity__name": "x"}', "Invalid filter fields: collection__project__entity__name"),
        ('{"password": "x"}', "must be one of"),
        ('{"metadata": "x"}', "Invalid filter fields"),
        ('{"metadata.": "x"}', "Invalid filter fields"),
        (json.dumps({"metadata." + ".".join("a" * 21): "x"}), "no path"),
        ('{"metadata.\\"": 1}', "no path"),
        ('{"metadata.a": {"$eq": {"b": 1}}}', "“metadata.a”: A value inside JSON is compared with text, a number"),
        (json.dumps({"metadata.a": [1] * (MOST_VALUES + 1)}), "“metadata.a”: .*too long"),
        (json.dumps({f"metadata.{n}.b.c.d.e": {"$all": [1] * 20} for n in range(9)}), "more than"),
        ('{"version": {"$regex": "x"}}', "doesn't exist for this field"),
        ('{"created_at": {"$contains": "x"}}', "doesn't exist for this field"),
        ('{"metadata.a": {"$regex": "("}}', "no regular expression"),
        ('{"metadata.a": {"$all": "x"}}', "take a list"),
        ('{"metadata.a": {"$all": [["x"]]}}', "text, a number"),
        ('{"tag": {"$all": [7]}}', "text"),
        ('{"tag": {"$size": "2"}}', "whole number"),
        ('{"tag": {"$size": -1}}', "whole number"),
        ('{"metadata.a": {"$size": true}}', "whole number"),
        (json.dumps({"metadata.a": {"$all": ["x"] * (MOST_CONDITIONS + 1)}}), "more than"),
        ('{"$where": "1"}', "where a field is expected"),
        ('{"tag": {"$where": "1"}}', "doesn't exist"),
        ('{"tag": 7}', "text"),
        ('{"tag": [7]}', "“tag”: This field is compared with text"),
        ('{"tag": {"$in": "a"}}', "take a list"),
        ('{"tag": {"$exists": 1}}', "true or false"),
        ('{"tag": {"$regex": "("}}', "no regular expression"),
        ('{"tag": {"$regex": "(?=a)"}}', "no regular expression"),
        ('{"$or": {}}', "list of filters"),
        ('{"$and": []}', "list of filters"),
        ('{"version": 1.5}', "whole number"),
        ('{"version": true}', "whole number"),
        ('{"created_at": "yesterday"}', "a moment"),
        ('{"metadata.a": {"$gt": null}}', "can be compared"),
        ('{"tag": "' + "x" * 100_001 + '"}', "are the most"),
        (json.dumps({"tag": {"$in": ["x"] * (MOST_VALUES + 1)}}), "too long"),
        (json.dumps({"$or": [{"tag": "x"}] * (MOST_CONDITIONS + 1)}), "more than"),
        ('{"$not":' * (DEEPEST + 1) + "{}" + "}" * (DEEPEST + 1), "levels deep"),
        ('{"tag": ' + '{"$not":' * (DEEPEST + 1) + '"x"' + "}" * (DEEPEST + 2), "levels deep"),
        (json.dumps({"tag": {"$regex": "x" * 501}}), "shorter"),
        ('{"$and": [' + ",".join(["{}"] * 30_000) + "]}", "parts"),
        ('{"$or": [' + ",".join(["{}"] * 30_000) + "]}", "parts"),
        ('{"digest": {"$or": [' + ",".join(["{}"] * 9_000) + "]}}", "parts"),
        ("{" + ",".join(f'"metadata.k{n}": {{}}' for n in range(4_500)) + "}", "parts"),
        (json.dumps({"tag": {"$regex": "a{0,1000}" * 50}}), "understands .pattern too large"),
        (json.dumps({"digest": {"$contains": "x" * 501}}), "shorter"),
    ],
)
def test_a_filter_that_cannot_be_is_refused(db: None, text: str, reason: str) -> None:
    started = time.monotonic()
    with pytest.raises(Invalid, match=reason):
        list(filtered(Membership.objects.all(), text, MEMBERSHIP_FIELDS))
    assert time.monotonic() - started < 2


def test_a_pattern_that_never_ends_elsewhere_ends(linked: Linked) -> None:
    started = time.monotonic()
    pattern = json.dumps({"name": {"$regex": "(a+)+" * 20 + "$"}, "tag": {"$regex": "((x*)*)*y"}})
    assert list(filtered(linked.detectors.__class__.objects.all(), pattern, collection_fields())) == []
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("value", ["' OR 1=1--", "%", "_", "\\", "\x00", "\ud800", '"', "->>", ")"])
def test_every_value_is_literal(rows: list[ArtifactVersion], value: str) -> None:
    for operator in ("$eq", "$contains", "$gt", "$regex", "$all"):
        for name in ("tag", "alias", "metadata.name", "digest"):
            with nullcontext() if operator != "$regex" else suppress(Invalid):
                left({name: {operator: [value] if operator == "$all" else value}})


BEYOND_NUMBERS: list[tuple[str, list[int]]] = [
    ("Infinity", [0]),
    ("NaN", [2]),
    ('{"$in": [NaN, -Infinity]}', [1, 2]),
    ('{"$all": [Infinity]}', [0]),
    ('{"$gt": 1e308}', [0]),
    ('{"$lt": -1e308}', [1]),
    ('{"$gt": -Infinity}', [0]),
    ('{"$gte": -Infinity}', [0, 1]),
    ('{"$lt": Infinity}', [1]),
    ('{"$lte": Infinity}', [0, 1]),
    ('{"$gt": 1e999}', []),
    ('{"$gt": NaN}', []),
    ('{"$lte": NaN}', []),
    (f'{{"$lt": 1{"0" * 305}}}', [1]),
    ('{"$gt": "Inf"}', [0, 2]),
    ('{"$not": {"$gt": 0}}', [1, 2]),
]


def test_infinities_are_numbers_and_what_is_no_number_has_no_order(rows: list[ArtifactVersion]) -> None:
    for version, value in zip(rows, ["Infinity", "-Infinity", "NaN"], strict=True):
        ArtifactVersion.objects.filter(pk=version.pk).update(metadata={"acc": value})
    found = []
    for condition, _ in BEYOND_NUMBERS:
        places = Membership.objects.filter(collection__name="detectors").order_by("index")
        left_over = filtered(places, f'{{"metadata.acc": {condition}}}', MEMBERSHIP_FIELDS)
        found.append((condition, [place.index for place in left_over]))
    assert found == BEYOND_NUMBERS


DOTS: list[tuple[object, list[int]]] = [
    ({"metadata.val.acc": 0.9}, [0, 1]),
    ({"metadata.val.acc": {"$gt": 0.95}}, [2]),
    ({"metadata.val.acc": None}, []),
    ({"metadata.val.acc": {"$exists": True}}, [0, 1, 2]),
    ({"metadata.a.b.c.d": 1}, [0]),
    ({"metadata.a.b.c.d": 2}, [1]),
    ({"metadata.a.b.c.d": "x"}, [2]),
    ({"metadata.a.b.c.d": {"$regex": "x"}}, [2]),
    ({"metadata.a.b.c.d": {"$contains": "X"}}, [2]),
    ({"metadata.one.two.three.four.five.six": 7}, [0, 1]),
    ({"metadata.top.1": 5}, [0]),
    ({"metadata.top.1": 6}, [1]),
    ({"metadata.top.1": 8}, [2]),
    ({"metadata.trailing.": True}, [0]),
]


def test_a_key_with_a_dot_is_found_wherever_the_dots_stand(rows: list[ArtifactVersion]) -> None:
    """Where a row has it both ways, the nested one counts."""
    for version, metadata in zip(
        rows,
        [
            {"val.acc": 0.9, "a": {"b": {"c": {"d": 1}}}, "top": {"1": 5}, "trailing.": True}
            | {"one": {"two.three.four": {"five": {"six": 7}}}},
            {"val": {"acc": 0.9}, "a.b": {"c.d": 2}, "top": [4, 6], "one.two.three.four.five.six": 7},
            {"val": {"acc": 1}, "val.acc": 0.9, "a": {"b.c.d": "x"}, "top.1": 8},
        ],
        strict=True,
    ):
        ArtifactVersion.objects.filter(pk=version.pk).update(metadata=metadata)
    assert [(wanted, left(wanted)) for wanted, _ in DOTS] == DOTS


WHOLE_LISTS: list[tuple[object, list[int]]] = [
    ({"metadata.l": [1, 2]}, [0, 1]),
    ({"metadata.l": {"$eq": [1.0, 2]}}, [0, 1]),
    ({"metadata.l": [2, 1]}, []),
    ({"metadata.l": ["1", "2"]}, []),
    ({"metadata.l": {"$ne": [1, 2]}}, [2]),
    ({"metadata.l": {"$in": [[1, 2], "é"]}}, [0, 1, 2]),
    ({"metadata.l": {"$nin": [[1, 2]]}}, [2]),
    ({"metadata.l": 2}, [0, 1]),
    ({"metadata.l": {"$ne": 2}}, [2]),
    ({"metadata.l": {"$in": [2, "zoo"]}}, [0, 1]),
    ({"metadata.l": "é"}, [2]),
    ({"metadata.l": ["é", True, None, [], {"k": [0.5]}, "NaN"]}, [2]),
    ({"metadata.l": ["é", 1, None, [], {"k": [0.5]}, float("nan")]}, []),
    ({"metadata.l": ["é", True, None, [], {"k": [0.5]}, float("nan")]}, [2]),
    ({"metadata.l": ["é", True, None, [], {"k": [0.25]}, "NaN"]}, []),
    ({"metadata.l": ["é", True, None, [], {"j": [0.5]}, "NaN"]}, []),
    ({"metadata.l": None}, []),
    ({"metadata.l": []}, []),
    ({"metadata.l": {"$in": []}}, []),
]


def test_a_list_is_asked_for_as_a_whole_and_by_what_it_holds(rows: list[ArtifactVersion]) -> None:
    lists = [[1, 2], [1.0, 2.0], ["é", True, None, [], {"k": [0.5]}, "NaN"]]
    for version, value in zip(rows, lists, strict=True):
        ArtifactVersion.objects.filter(pk=version.pk).update(metadata={"l": value})
    assert [(wanted, left(wanted)) for wanted, _ in WHOLE_LISTS] == WHOLE_LISTS
