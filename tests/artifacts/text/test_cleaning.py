"""Text and JSON from outside become what both databases can store."""

import pytest

from artifacts.errors import Invalid
from artifacts.text.cleaning import clean_json, clean_text


def test_text_from_outside_is_made_storable() -> None:
    assert clean_text("a\x00b\ud800") == "ab?"
    assert clean_json({"a\x00": [float("nan"), float("-inf"), 2**70, True, None]}) == {
        "a": ["NaN", "-Infinity", float(2**70), True, None]
    }
    deep: object = 1
    for _ in range(80):
        deep = [deep]
    with pytest.raises(Invalid):
        clean_json(deep)
