"""Cross checks of doubles: what computing loses is no difference, what anybody would see is one."""

import math

import duckdb
import pytest

from jobs.quality.crosschecks import _near


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        # Half of the sixth decimal lies between them: rounded to six, they would be 1.019687 and 1.019688.
        (math.nextafter(1.0196875, 0.0), 1.0196875, True),
        (0.0, 0.0, True),
        (57_862.0, math.nextafter(57_862.0, math.inf), True),
        (57_862.0, 57_862.000000001, False),
        (1.019687, 1.019688, False),
        (0.0, 0.000000001, False),
        (1.0, None, False),
    ],
)
def test_doubles_are_compared_by_their_distance(left: float, right: float | None, equal: bool) -> None:
    query = f"SELECT {_near('v', 'w')} FROM (SELECT ?::DOUBLE AS v, ?::DOUBLE AS w)"
    ((a, b),) = duckdb.execute(query, [left, right]).fetchall()
    assert (a == b) is equal
