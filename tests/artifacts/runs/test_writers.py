"""Where the lines of several writers are among the run's: each once, whatever comes again, late or in another order."""

from hypothesis import given
from hypothesis import strategies as st

from artifacts.runs.writers import MOST_PLACES, Place, Places, merged

REQUESTS = st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 12), st.integers(1, 5)), max_size=30)


@given(REQUESTS)
def test_each_line_of_each_writer_has_one_place_and_keeps_it(requests: list[tuple[str, int, int]]) -> None:
    writers = {"a": Places(), "b": Places()}
    end, found = 0, dict[tuple[str, int], int]()
    for name, offset, count in requests:
        writers[name] = Places.read(writers[name].kept())
        pieces = writers[name].take(offset, count, end)
        lines = {piece.start + n: piece.line + n for piece in pieces for n in range(piece.size)}
        assert sorted(lines) == list(range(count))
        for start, line in lines.items():
            assert found.setdefault((name, offset + start), line) == line
        end = max(end, 1 + max(lines.values()))
    assert sorted(found.values()) == list(range(end))


def test_what_came_long_ago_is_forgotten_and_not_stored_again() -> None:
    places = Places()
    for number in range(MOST_PLACES + 10):
        places.take(number, 1, 2 * number)  # another writer has every second line
    assert len(places.held) == MOST_PLACES
    assert places.take(0, 10, 1000) == []
    assert places.take(9, 2, 1000) == [(1, 20, 1)]


def test_lines_that_follow_each_other_are_one_place() -> None:
    places = Places()
    for number in range(100):
        places.take(number * 3, 3, number * 3)
    assert places.held == [Place(0, 0, 300)]


def test_what_several_say_is_joined() -> None:
    ours = {"loss": {"min": 1, "picture": 3}, "_step": 7, "_timestamp": 5.5, "media": {"_type": "x", "a": 1}}
    said = {"loss": {"max": 2}, "_step": 3, "_timestamp": 6.5, "media": {"_type": "y"}, "acc": 1}
    assert merged(ours, said) == {
        "loss": {"min": 1, "picture": 3, "max": 2},
        "_step": 7,
        "_timestamp": 6.5,
        "media": {"_type": "y"},
        "acc": 1,
    }
    assert merged(None, {"a": 1}) == {"a": 1}
