"""Drawn boundaries: what is none is told in a sentence, what overlaps or leaves a gap is refused, what fits
is taken."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.domain.drawings import (
    MOST_POINTS,
    MOST_TEXT,
    lost_square_metres,
    objections,
    read_drawing,
)
from tests.domain.test_shapes import X, Y, square

NAMES = {"a": "一组", "b": "二组", "c": "三组", "d": "四组"}
BEFORE = {"a": square(0), "b": square(1), "c": square(0, 1)}


def text(*areas: tuple[str, object]) -> str:
    features = [
        {"type": "Feature", "properties": {"id": area}, "geometry": geometry}
        for area, geometry in areas
    ]
    return json.dumps({"type": "FeatureCollection", "features": features})


def polygon(*corners: tuple[object, object]) -> dict:
    return {"type": "Polygon", "coordinates": [[list(c) for c in corners]]}


def many_corners(count: int) -> dict:
    return polygon(*((X + n / 1e6, Y + n % 2 / 1e6) for n in range(count)))


BOW_TIE = polygon((X, Y), (X + 1, Y + 1), (X + 1, Y), (X, Y + 1))
UNREADABLE = {
    "no JSON": ("{", "FeatureCollection"),
    "a list": ("[]", "FeatureCollection"),
    "a number": ('{"features": 5}', "FeatureCollection"),
    "NaN": ('{"features": [NaN]}', "普通数字"),
    "nested": ("[" * 50_000, "FeatureCollection"),
    "too long": (" " * 10 + "x" * MOST_TEXT, "个字符"),
    "no feature": ('{"features": [5]}', "第 1 个要素"),
    "no id": ('{"features": [{"geometry": null}]}', "缺少片区编号"),
    "half a character": (text(("\ud800", square(0))), "看不见的字符"),
    "a control character": (text(("a\x07", square(0))), "看不见的字符"),
    "a long id": (text(("a" * 41, square(0))), "超过 40 个字符"),
    "no geometry": (text(("a", 5)), "没有边界"),
    "a point": (text(("a", {"type": "Point", "coordinates": [X, Y]})), "面"),
    "letters": (text(("a", polygon(("x", Y), (X, Y), (X, X)))), "不是数字"),
    "endless": (text(("a", polygon((1e308, Y), (X, Y), (X, X)))), "不是数字"),
    "two corners": (text(("a", polygon((X, Y), (X + 1, Y)))), "3 个不同"),
    "a bow tie": (text(("a", BOW_TIE)), "自相交"),
    "swapped": (text(("a", polygon((32, 119), (33, 119), (33, 120)))), "写反"),
    "abroad": (text(("a", polygon((2, 48), (3, 48), (3, 49)))), "中国范围"),
    "corners": (text(("a", many_corners(MOST_POINTS + 1))), "个顶点"),
    "twice": (text(("a", square(0)), ("a", square(0))), "重复"),
}


@pytest.mark.parametrize("what", UNREADABLE)
def test_what_is_no_drawing_is_told(what: str) -> None:
    written, words = UNREADABLE[what]
    (reason,) = read_drawing(written).reasons
    assert words in reason
    assert reason.encode() and "边界边界" not in reason


TOO_FEW = polygon((X, Y), (X + 1, Y), (X, Y), (X + 1, Y))


@pytest.mark.parametrize("boundary", [BOW_TIE, TOO_FEW])
def test_a_crossing_is_told_without_the_librarys_english(boundary) -> None:
    (reason,) = read_drawing(text(("a", boundary))).reasons
    assert not re.search("[A-Z]|[a-z]{2}", reason)


@given(
    st.floats(0.0004, 0.004),
    st.floats(0.0004, 0.004),
    st.floats(-0.003, 0.003),
)
def test_both_sides_of_a_gap_are_named(left, right, lean) -> None:
    names = {"w": "西组", "e": "东组", "n": "北组", "s": "南组"}
    middle = X + 0.01
    before = {
        "w": polygon(
            (X, Y), (middle, Y), (middle + lean, Y + 0.01), (X, Y + 0.01)
        ),
        "e": polygon(
            (middle, Y),
            (X + 0.02, Y),
            (X + 0.02, Y + 0.01),
            (middle + lean, Y + 0.01),
        ),
        "n": polygon(
            (X, Y + 0.01),
            (X + 0.02, Y + 0.01),
            (X + 0.02, Y + 0.02),
            (X, Y + 0.02),
        ),
        "s": polygon(
            (X, Y - 0.01), (X + 0.02, Y - 0.01), (X + 0.02, Y), (X, Y)
        ),
    }
    pulled = polygon(
        (X, Y),
        (middle, Y),
        (middle - left + lean / 2, Y + 0.005),
        (middle + lean, Y + 0.01),
        (X, Y + 0.01),
    )
    pushed = polygon(
        (middle, Y),
        (X + 0.02, Y),
        (X + 0.02, Y + 0.01),
        (middle + lean, Y + 0.01),
        (middle + right + lean / 2, Y + 0.005),
    )
    drawing = read_drawing(text(("w", pulled), ("e", pushed)))
    gaps = objections(drawing, before, names, before)
    assert gaps
    assert all("西组" in gap and "东组" in gap for gap in gaps)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "features",
                        "properties",
                        "id",
                        "geometry",
                        "type",
                        "coordinates",
                    ]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=20,
    )
)
def test_nothing_that_is_typed_raises(value: object) -> None:
    read_drawing(json.dumps({"features": [value]}))
    read_drawing(
        json.dumps(
            {
                "features": [
                    {
                        "properties": {"id": "a"},
                        "geometry": {"type": "Polygon", "coordinates": value},
                    }
                ]
            }
        )
    )


def test_an_empty_text_changes_nothing_and_an_open_ring_is_closed() -> None:
    assert not read_drawing("  ").areas and not read_drawing("").reasons
    drawing = read_drawing(
        text(("a", polygon((X, Y), (X, Y + 1), (X + 1, Y))))
    )
    ring = drawing.areas["a"]["coordinates"][0]
    assert drawing.reasons == () and ring[0] == ring[-1]


def reasons(*areas: tuple[str, object]) -> list[str]:
    drawing = read_drawing(text(*areas))
    assert drawing.reasons == ()
    return objections(drawing, BEFORE, NAMES, {"a", "b", "d"})


def test_what_fits_is_taken_also_for_an_area_that_was_never_drawn() -> None:
    assert reasons(("d", square(1, 1))) == []
    wider = polygon(
        (X, Y), (X + 0.012, Y), (X + 0.012, Y + 0.01), (X, Y + 0.01)
    )
    narrower = polygon(
        (X + 0.012, Y),
        (X + 0.02, Y),
        (X + 0.02, Y + 0.01),
        (X + 0.012, Y + 0.01),
    )
    assert reasons(("a", wider), ("b", narrower)) == []
    (overlap,) = reasons(("a", wider))
    assert "“一组”与“二组”的边界重叠" in overlap


def test_what_an_exported_file_holds_besides_is_no_change() -> None:
    whole = [*BEFORE.items(), ("d", None)]
    drawing = read_drawing(text(*whole))
    assert drawing.reasons == ()
    assert objections(drawing, BEFORE, NAMES, {"a"}) == []


@pytest.mark.parametrize(
    ("area", "boundary", "words"),
    [
        ("x", square(3), "本辖区没有的片区“x”"),
        ("c", square(0, 1, 0.009), "请把它所在的网格也选入"),
        ("a", square(40), "本辖区以外约"),
    ],
)
def test_what_is_not_the_plans_own_is_refused(area, boundary, words) -> None:
    assert any(words in reason for reason in reasons((area, boundary)))


def test_ground_between_areas_that_nobody_has_any_more_is_a_gap() -> None:
    ring = [square(column, row) for row in range(3) for column in range(3)]
    before = {str(number): boundary for number, boundary in enumerate(ring)}
    names = {area: f"{area}组" for area in before}
    smaller = read_drawing(text(("4", square(1.02, 1.02, 0.0095))))
    (gap,) = objections(smaller, before, names, before)
    assert "平方米不属于任何片区" in gap and "4组" in gap
    same = read_drawing(text(("4", square(1, 1))))
    assert objections(same, before, names, before) == []


def test_ground_that_leaves_the_district_is_measured() -> None:
    half = read_drawing(text(("a", square(0, 0, 0.005))))
    lost = lost_square_metres(half, {"a": square(0)})
    assert lost == pytest.approx(0.75 * 1112 * 1112 * 0.846, rel=0.02)
    assert lost_square_metres(read_drawing(""), BEFORE) == 0
