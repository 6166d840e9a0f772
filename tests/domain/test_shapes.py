"""Boundaries: what is none, what overlaps, what hangs together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.domain import shapes

X, Y = 119.47, 32.19


def square(column: float, row: float = 0.0, size: float = 0.01) -> dict:
    west, south = X + column * 0.01, Y + row * 0.01
    ring = [
        [west, south],
        [west + size, south],
        [west + size, south + size],
        [west, south + size],
        [west, south],
    ]
    return {"type": "Polygon", "coordinates": [ring]}


WRONG = {
    "a point": ({"type": "Point", "coordinates": [X, Y]}, "应是 Polygon"),
    "nothing": (None, "应是 Polygon"),
    "letters": ({"type": "Polygon", "coordinates": [["a"]]}, "坐标有误"),
    "a bow tie": (
        {
            "type": "Polygon",
            "coordinates": [
                [[X, Y], [X + 1, Y + 1], [X + 1, Y], [X, Y + 1], [X, Y]]
            ],
        },
        "自相交",
    ),
    "swapped": (
        {
            "type": "Polygon",
            "coordinates": [[[32, 119], [33, 119], [33, 120], [32, 119]]],
        },
        "不在中国范围内",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_no_boundary_is_told(what: str) -> None:
    given_, told = WRONG[what]
    assert told in shapes.objection(given_)


def test_neighbours_do_not_overlap_and_a_metre_over_the_line_does() -> None:
    assert shapes.overlaps({"甲": square(0), "乙": square(1)}) == []
    assert shapes.overlaps(
        {"甲": square(0), "乙": square(0.9), "丙": square(5)}
    ) == [("甲", "乙")]


def test_areas_hang_together_along_a_side_and_not_across_a_gap() -> None:
    assert shapes.in_one_piece([square(0), square(1), square(2)])
    assert not shapes.in_one_piece([square(0), square(2)])
    assert shapes.in_one_piece([square(0)]) and shapes.in_one_piece([])


def test_a_hairs_breadth_left_by_the_drawing_hand_is_no_gap() -> None:
    assert shapes.in_one_piece([square(0), square(1.0005)])


def test_outlines_are_remembered_up_to_a_number_and_a_size(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shapes, "_OUTLINES", {})
    monkeypatch.setattr(shapes, "KEPT", 2)
    drawn = [shapes.joined([square(column)]) for column in range(3)]
    assert len(shapes._OUTLINES) == 2
    kept = dict(shapes._OUTLINES)
    assert shapes.joined([square(2)]) == drawn[2]
    assert kept == shapes._OUTLINES
    monkeypatch.setattr(shapes, "LARGEST_KEPT", 10)
    assert shapes.joined([square(7)]) is not None
    assert kept == shapes._OUTLINES


@given(st.lists(st.integers(0, 6), min_size=1, max_size=6, unique=True))
def test_the_outline_covers_what_was_joined_and_nothing_else(
    columns: list[int],
) -> None:
    joined = shapes.joined(square(each) for each in columns)
    assert joined is not None
    area = shapes.shape(joined).area
    assert area == pytest.approx(len(columns) * 1e-4, rel=1e-3)
    runs = 1 + sum(
        b - a > 1
        for a, b in zip(sorted(columns), sorted(columns)[1:], strict=False)
    )
    assert (joined["type"] == "Polygon") == (runs == 1)
