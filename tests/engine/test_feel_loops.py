"""What FEEL asks of lists: `some`, `every`, `for`, filters, places, paths over lists.

The values are written by hand from DMN 1.3, tables 53 to 55 and 10.3.2.5 to 10.3.2.14.
"""

from __future__ import annotations

import ast
from contextlib import suppress

import pytest

from orchestrator.engine import (
    expressions,
    feel_cells,
    languages,
    visible_names,
    walking,
)
from orchestrator.engine.comparisons import comparisons
from orchestrator.engine.editions import Edition
from orchestrator.engine.expressions import ExpressionError, ExpressionRefused
from orchestrator.engine.translating import Untranslatable

REFUSED = "refused"
SEEN = {
    "numbers": [1, 2, 3, 4],
    "rows": [{"n": "a", "v": 1}, {"n": "b", "v": 5}],
    "none": [],
    "gaps": [1, None, 5],
    "flags": [True, False],
    "limit": 2,
    "v": 9,
    "text": "abc",
    "nothing": None,
    "order": {"lines": [{"price": 2}, {"price": 3}]},
}
VALUES = {
    "some x in numbers satisfies x > 3": True,
    "some x in none satisfies true": False,
    "every x in numbers satisfies x > 1": False,
    "every x in none satisfies false": True,
    "some x in numbers, y in numbers satisfies x + y = 8": True,
    "some x in gaps satisfies x > 4": True,
    "not(some x in numbers satisfies x > 9)": True,
    "not(some x in gaps satisfies x > 9)": None,
    "not(every x in gaps satisfies x > 0)": None,
    "not(every x in gaps satisfies x > 1)": True,
    "some x in rows satisfies x.v in [4..6]": True,
    "limit > 1 and some x in numbers satisfies x = 1": True,
    'if some x in numbers satisfies x = 2 then "y" else "n"': "y",
    "for x in numbers return x * 2": [2, 4, 6, 8],
    "for x in 1..3 return x * x": [1, 4, 9],
    "for x in 3..1 return x": [3, 2, 1],
    "for x in [1, 2], y in [3, 4] return x * y": [3, 4, 6, 8],
    "for x in [[1], [2, 3]], y in x return y": [1, 2, 3],
    "for x in rows return {name: x.n}": [{"name": "a"}, {"name": "b"}],
    "for limit in [7] return limit": [7],
    "sum(for x in rows return x.v)": 6,
    "numbers[item > 2]": [3, 4],
    "numbers[item > limit]": [3, 4],
    "numbers[item > 2 and item < 4][1]": 3,
    "numbers[not(item > 2)]": [1, 2],
    "rows[v > 2].n": ["b"],
    "rows[item.v > 2].n": ["b"],
    'rows[n = "a"][1].v': 1,
    "rows[v > limit].v": [5],
    "rows[absent = null].n": ["a", "b"],
    "for v in [5] return rows[v = 5].n": [["b"]],
    "rows[some v in [5] satisfies v = 5].n": ["a", "b"],
    "rows[count(numbers[item = v]) = 1].n": ["a"],
    "for x in [1, 5] return rows[v = x].n": [["a"], ["b"]],
    "count(numbers[item > 2]) >= 2": True,
    "numbers[limit]": 2,
    "numbers[limit + 1]": 3,
    "numbers[count(numbers)]": 4,
    "numbers[limit - 4]": 3,
    "numbers[limit * 9]": None,
    "sum(rows.v)": 6,
    "max(rows.v)": 5,
    "count(order.lines)": 2,
    "sum(order.lines.price)": 5,
    'list contains(rows.n, "a")': True,
    "all(flags)": False,
    "any(flags)": True,
    "all([true, true])": True,
    "some x in gaps satisfies x > 9": None,
    "for x in gaps return x > 2": [False, None, True],
}
"""Expression of FEEL → its value."""


@pytest.mark.parametrize("text", VALUES)
def test_a_list_is_gone_through_as_the_standard_says(text: str) -> None:
    value = expressions.evaluate(languages.from_feel(text), SEEN)
    assert (value, type(value)) == (VALUES[text], type(VALUES[text]))


@pytest.mark.parametrize(
    "text",
    [
        "some x in text satisfies true",
        "some x in nothing satisfies true",
        "rows[v]",
        "numbers[flags]",
        "numbers[text]",
    ],
)
def test_what_is_no_list_or_no_place_stops_it(text: str) -> None:
    with pytest.raises(ExpressionError):
        expressions.evaluate(languages.from_feel(text), SEEN)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("for x in numbers return partial", "partial"),
        ("for x in numbers satisfies x", "return"),
        ("some x numbers satisfies x", "in"),
        ("some 1 in numbers satisfies x", "变量名"),
        ('numbers["1"]', "下标"),
        ("a" + "[b" * 9 + "]" * 9, "嵌套"),
    ],
)
def test_what_cannot_be_said_is_told(text: str, said: str) -> None:
    with pytest.raises(Untranslatable, match=said):
        languages.from_feel(text)


def test_a_cell_goes_through_lists_too_and_keeps_how_it_counted() -> None:
    """A place that is worked out counts from 0 in the cells of tables that are in force."""
    test = feel_cells.unary_test("some x in ? satisfies x > limit")
    assert test is not None
    seen = {feel_cells.VALUE: [1, 3], "limit": 2}
    assert expressions.evaluate(test, seen) is True
    with pytest.raises(Untranslatable):
        feel_cells.unary_test("numbers[limit]", Edition.FOURTH)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[x * y for x in numbers if x > 2 for y in flags2]", [30, 40]),
        ("any(x > 3 for x in numbers)", True),
        ("sum(x.v for x in rows)", 6),
        ("[[y for y in numbers if y < x] for x in [2, 3]]", [[1], [1, 2]]),
    ],
)
def test_our_own_language_goes_through_lists_as_python_does(
    text: str, value: object
) -> None:
    seen = {**SEEN, "flags2": [10]}
    assert expressions.evaluate(text, seen) == value
    assert expressions.names_read(text) <= {"numbers", "rows", "flags2"}


@pytest.mark.parametrize(
    "text",
    [
        "len(x for x in y)",
        "(x for x in y)",
        "any((x for x in y), 1)",
        "[a for a, b in y]",
        "[true for true in y]",
        "[x for _x in y]",
    ],
)
def test_a_loop_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ExpressionRefused):
        expressions.compile_checked(text)


def test_going_through_lists_takes_from_the_budget() -> None:
    loops = " ".join(f"for {name} in numbers" for name in "abcdefghij")
    with pytest.raises(ExpressionError, match="计算量过大"):
        expressions.evaluate(f"[a {loops}]", SEEN)


def test_each_round_pays_for_the_list_of_the_loop_inside() -> None:
    listed = f"[{', '.join(['1 + 1'] * 40)}]"
    tree = ast.parse(f"[1 for a in many for b in {listed}[0:0]]", mode="eval")
    work = visible_names.Work(1_000_000)
    seen = {"many": [0] * 1_000}
    scope = visible_names.VisibleNames(seen, work.spend, lenient=False)
    walking.program(tree).run(scope)
    assert 1_000_000 - work.left > 1_000 * len(list(ast.walk(tree)))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("rows[count(numbers[item > item_2]) = 1].n", ["a", "b"]),
        (
            "for item_2 in [1] return rows[v = rows[v > item_2][1].v].n",
            [["b"]],
        ),
        ("numbers[9]", None),
        ("order[1]", REFUSED),
    ],
)
def test_a_place_or_a_filter_hides_no_name_of_the_text(
    text: str, value: object
) -> None:
    seen = {**SEEN, "item_2": 3}
    given: object = REFUSED
    with suppress(ExpressionError, Untranslatable):
        given = expressions.evaluate(languages.from_feel(text), seen)
    assert given == value


def test_functions_are_no_names_of_entries() -> None:
    seen = {"rows": [{"len": 1}, {"len": 2}]}
    ours = languages.from_feel("rows[count(rows)].len")
    assert expressions.evaluate(ours, seen) == 2


def test_a_name_of_a_loop_is_no_variable_that_a_form_has() -> None:
    assert comparisons("any(x == 'a' for x in rows)") == ()


def test_a_call_without_arguments_is_told_in_a_sentence() -> None:
    with pytest.raises(ExpressionError, match="feel 的参数个数不对"):
        expressions.evaluate("feel()", {})
