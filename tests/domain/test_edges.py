"""The edges of a boundary, and what lies around a point."""

from __future__ import annotations

import pytest

from orchestrator.domain.points import GroundPoint, metres_between
from orchestrator.domain.shapes import around, edges

TRIANGLE = {
    "type": "Polygon",
    "coordinates": [
        [[119.4, 32.1], [119.6, 32.2], [119.5, 32.3], [119.4, 32.1]]
    ],
}


def test_the_edges_are_the_least_and_the_most_of_all_points() -> None:
    assert edges(TRIANGLE) == {
        "west": 119.4,
        "south": 32.1,
        "east": 119.6,
        "north": 32.3,
    }
    assert set(edges(None).values()) == {None}


@pytest.mark.parametrize("latitude", [18.2, 32.2, 53.4])
def test_what_lies_around_reaches_as_far_to_each_side(latitude) -> None:
    here = GroundPoint(latitude, 119.5)
    found = around(here, 2000)
    up = metres_between(here, GroundPoint(found.north, 119.5))
    along = metres_between(here, GroundPoint(latitude, found.east))
    assert up == pytest.approx(2000, rel=0.01)
    assert along == pytest.approx(2000, rel=0.01)
