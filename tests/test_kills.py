"""A `kill -9` of the whole server at a random moment of saves and links loses nothing that was acknowledged."""

import pytest

from benchmarks.serving import Serving
from tests import kills

TIMES = 10


@pytest.mark.client
@pytest.mark.xdist_group("kills")
def test_ten_kills_lose_nothing_that_was_acknowledged() -> None:
    with Serving() as server:
        assert kills.kill_often(server, TIMES) > TIMES
