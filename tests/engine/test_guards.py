"""A variable is needed where the expression stops without it, or leaves a hole, and nowhere else."""

from __future__ import annotations

import pytest

from orchestrator.engine import expressions, guards

GUARDED = (
    'defined("x") and x > 3',
    'not defined("x") or x > 3',
    'x > 3 if defined("x") else false',
    'false if not defined("x") else x > 3',
    'variable("x", 0) > 3',
    'defined("x")',
    'defined("x") and (x == "a" or x == "b")',
    'defined("x") and defined("y") and x > y',
    'not (not defined("x") or not defined("y")) and x > y',
    '[z for z in [1, 2] if defined("x") and x > z]',
    'len([z for z in [1, 2] if defined("x") if x > z]) > 0',
    '(defined("x") and x or 0) + 1',
    "variable('x') and x > 3",
    "variable('x') != null and x > 3",
    "variable('x') is not null and x > 3",
    "variable('x') == null or x > 3",
    "not (null == variable('x')) and x > 3",
    "variable('x', null) is not None and x > 3",
    "x > 3 if variable('x') != null else false",
    "false if variable('x') is None else x > 3",
    'defined("x") == true and x > 3',
    'defined("x") is true and x > 3',
    'True == defined("x") and x > 3',
    'defined("x") != false and x > 3',
    'defined("x") is not False and x > 3',
    'defined("x") == false or x > 3',
    'x > 3 if defined("x") is true else false',
)
NEEDED = (
    "x > 3",
    "defined(x)",
    'defined("x") or x > 3',
    'x > 3 and defined("x")',
    'defined("y") and x > 3',
    'x > 3 if defined("y") else x > 4',
    'x if not defined("x") else 0',
    'variable("y", x) == 1',
    "[z for z in x]",
    'not defined("x") and x > 3',
    '(defined("x") or defined("y")) and true and x > 3 or x > 4',
    'defined("x") is not null and x > 3',
    'defined("x") == false and x > 3',
    'defined("x") != true and x > 3',
    'defined("x") is true or x > 3',
    "variable('x') == null and x > 3",
    "variable('x') != 3 and x > 3",
    "variable('x', 0) != null and x > 3",
    "variable('y') != null and x > 3",
    "variable(x) != null",
)
LENIENT = (
    "x or 0",
    "(x or 0) + 1",
    "x is None",
    "x != null",
    "null == x",
    "x is not None and x > 3",
    "x is None or x > 3",
    "x + 1 if x else 0",
    "0 if not x else x + 1",
    "'有' if x else '无'",
    "x and x > 3 or false",
)
"""Enough where a missing variable is read as nothing; a condition stops at it."""
LEAVES_A_HOLE = (
    "x",
    "x > 3",
    "x or y",
    "y or x",
    "x + 1",
    "x or x",
    "not x + 1",
)


def _stops(text: str) -> bool:
    try:
        expressions.evaluate(text, {"y": 1})
    except expressions.ExpressionError as error:
        assert "还没有值" in str(error)
        return True
    return False


@pytest.mark.parametrize("text", GUARDED)
def test_what_is_read_behind_a_guard_is_not_needed(text: str) -> None:
    assert guards.names_needed(text) == set()
    assert guards.names_needed(text, lenient=True) == set()
    assert not _stops(text)


@pytest.mark.parametrize("text", (*NEEDED, *LENIENT))
def test_what_stops_the_expression_is_needed(text: str) -> None:
    assert "x" in guards.names_needed(text)
    assert _stops(text)


@pytest.mark.parametrize("text", LENIENT)
def test_a_text_has_more_guards(text: str) -> None:
    assert guards.names_needed(text, lenient=True) == set()
    expressions.evaluate_leniently(text, {})


@pytest.mark.parametrize("text", LEAVES_A_HOLE)
def test_a_hole_in_a_text_is_needed(text: str) -> None:
    assert guards.names_needed(text, lenient=True)


SCRIPTS = (
    ('if defined("x"):\n    a = x', False),
    ('if not defined("x"):\n    a = 0\nelse:\n    a = x', False),
    ('a = x if defined("x") else 0', False),
    ("if variable('x') != null:\n    a = x", False),
    ('if defined("x"):\n    a = 1\nb = x', True),
    ("a = x or 0", True),
    ("if x > 3:\n    a = 1", True),
)


@pytest.mark.parametrize(("script", "stops"), SCRIPTS)
def test_a_script_asks_in_its_branches(script: str, stops: bool) -> None:
    assert ("x" in guards.names_needed(script, script=True)) is stops
    if stops:
        with pytest.raises(expressions.ExpressionError, match="还没有值"):
            expressions.execute(script, {})
    else:
        expressions.execute(script, {})
