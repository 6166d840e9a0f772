"""How Camunda 7 and Flowable turn one kind of value into another (EL 2.2, 1.8 and 1.18), in one table: each
expression over each value has theirs here, or stops. Theirs stands beside it as their converter gives it."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from orchestrator.bpmn_import import texts
from orchestrator.engine import expressions
from orchestrator.engine.expressions import ExpressionError

FAILS = "fails"
VALUES: dict[str, Any] = {
    "null": None,
    "true": True,
    "false": False,
    "0": 0,
    "1": 1,
    "5": 5,
    "-5": -5,
    "2.5": 2.5,
    "''": "",
    "' '": " ",
    "'abc'": "abc",
    "'5'": "5",
    "'6'": "6",
    "'5.0'": "5.0",
    "'2.5'": "2.5",
    "'true'": "true",
    "'TRUE'": "TRUE",
    "'false'": "false",
    "[]": [],
    "[5]": [5],
    "{}": {},
}
TABLE = """
!x                |t   . t !   !   !   !    !    t   t t     t   t   t     t     .     .     t     !    ! !
not x             |t   . t !   !   !   !    !    t   t t     t   t   t     t     .     .     t     !    ! !
x && y            |.   t . !   !   !   !    !    .   . .     .   .   .     .     t     t     .     !    ! !
x || y            |t   t t !   !   !   !    !    t   t t     t   t   t     t     t     t     t     !    ! !
x?7:8             |8   7 8 !   !   !   !    !    8   8 8     8   8   8     8     7     7     8     !    ! !
x==5              |.   ! ! .   .   t   .    .    .   ! !     t   .   !     !     !     !     !     !    ! !
x!=5              |t   ! ! t   t   .   t    t    t   ! !     .   t   !     !     !     !     !     !    ! !
5==x              |.   ! ! .   .   t   .    .    .   ! !     t   .   !     !     !     !     !     !    ! !
x==0              |.   ! ! t   .   .   .    .    t   ! !     .   .   !     !     !     !     !     !    ! !
x==2.5            |.   ! ! .   .   .   .    t    .   ! !     .   .   .     t     !     !     !     !    ! !
x=='abc'          |.   . . !   !   !   !    !    .   . t     .   .   .     .     .     .     .     .    . .
x=='5'            |.   . . .   .   t   .    .    .   . .     t   .   .     .     .     .     .     .    . .
x==''             |.   . t t   .   .   .    .    t   . .     .   .   .     .     .     .     .     .    . .
x==true           |.   t . !   !   !   !    !    .   . .     .   .   .     .     t     t     .     !    ! !
x==false          |.   . t !   !   !   !    !    t   t t     t   t   t     t     .     .     t     !    ! !
x==null           |t   . . .   .   .   .    .    .   . .     .   .   .     .     .     .     .     .    . .
x=='[5]'          |.   . . !   !   !   !    !    .   . .     .   .   .     .     .     .     .     .    t .
x<3               |.   ! ! t   t   .   t    t    t   ! !     .   .   !     !     !     !     !     !    ! !
x>=3              |.   ! ! .   .   t   .    .    .   ! !     t   t   !     !     !     !     !     !    ! !
x<'b'             |.   ! ! !   !   !   !    !    t   t t     t   t   t     t     .     t     .     t    t .
x+1               |1   ! ! 1   2   6   -4   3.5  1   ! !     6   7   6.0   3.5   !     !     !     !    ! !
x-1               |-1  ! ! -1  0   4   -6   1.5  -1  ! !     4   5   4.0   1.5   !     !     !     !    ! !
x*2               |0   ! ! 0   2   10  -10  5.0  0   ! !     10  12  10.0  5.0   !     !     !     !    ! !
x/2               |0.0 ! ! 0.0 0.5 2.5 -2.5 1.25 0.0 ! !     2.5 3.0 2.5   1.25  !     !     !     !    ! !
x%3               |0   ! ! 0   1   2   -2   2.5  0   ! !     2   0   2.0   2.5   !     !     !     !    ! !
-x                |0   ! ! 0   -1  -5  5    -2.5 0   ! !     -5  -6  -5.0  -2.5  !     !     !     !    ! !
empty x           |t   . . .   .   .   .    .    t   . .     .   .   .     .     .     .     .     t    . t
x.equals('5')     |!   . . .   .   .   .    .    .   . .     t   .   .     .     .     .     .     .    . .
'5'.equals(x)     |.   . . .   .   .   .    .    .   . .     t   .   .     .     .     .     .     .    . .
x.length()        |!   ! ! !   !   !   !    !    0   1 3     1   1   3     3     4     4     5     !    ! !
x.size()          |!   ! ! !   !   !   !    !    !   ! !     !   !   !     !     !     !     !     0    1 0
x.isEmpty()       |!   ! ! !   !   !   !    !    t   . .     .   .   .     .     .     .     .     t    . t
x.substring(0,3)  |!   ! ! !   !   !   !    !    !   ! "abc" !   !   "5.0" "2.5" "tru" "TRU" "fal" !    ! !
x.substring(2)    |!   ! ! !   !   !   !    !    !   ! "c"   !   !   "0"   "5"   "ue"  "UE"  "lse" !    ! !
x.startsWith('a') |!   ! ! !   !   !   !    !    .   . t     .   .   .     .     .     .     .     !    ! !
x.contains('b')   |!   ! ! !   !   !   !    !    .   . t     .   .   .     .     .     .     .     .    . !
x.intValue()      |!   ! ! 0   1   5   -5   2    !   ! !     !   !   !     !     !     !     !     !    ! !
x.booleanValue()  |!   t . !   !   !   !    !    !   ! !     !   !   !     !     !     !     !     !    ! !
x[0]              |!   ! ! !   !   !   !    !    !   ! !     !   !   !     !     !     !     !     null 5 null
x.get(0)          |!   ! ! !   !   !   !    !    !   ! !     !   !   !     !     !     !     !     !    5 null
"""
"""Expression | what the others give for each of VALUES, `y` being true: t true, . false, ! fails."""
WORDS = {"t": True, ".": False, "null": None, "!": FAILS}


def _read(cell: str) -> Any:
    return WORDS[cell] if cell in WORDS else ast.literal_eval(cell)


ROWS = {
    text.strip(): [_read(cell) for cell in cells.split()]
    for text, _bar, cells in (
        line.rpartition("|") for line in TABLE.strip().splitlines()
    )
}


@pytest.mark.parametrize("text", ROWS)
@pytest.mark.parametrize("name", VALUES)
def test_a_value_is_theirs_or_the_expression_stops(
    text: str, name: str
) -> None:
    theirs = ROWS[text][list(VALUES).index(name)]
    read = texts.condition(f"${{{text}}}")
    assert read.problem == ""
    try:
        ours = expressions.evaluate(read.text, {"x": VALUES[name], "y": True})
    except ExpressionError:
        return
    assert theirs is not FAILS
    assert ours == theirs
    assert isinstance(ours, bool) is isinstance(theirs, bool)


REFUSED = (
    "x.equals(5)",
    "5.equals(x)",
    "x.contains(5)",
    "x == 'a' + 'b'",
)
"""What depends on Java's kinds of numbers, or is an error whatever the variables are."""


@pytest.mark.parametrize("text", REFUSED)
def test_what_no_value_is_sure_of_is_refused(text: str) -> None:
    assert texts.condition(f"${{{text}}}").problem


RUNS = {
    "x == 5": (5, True),
    "x != 'abc'": ("b", True),
    "!x": (False, True),
    "x.equals('abc')": ("abc", True),
    "x >= 3": (4, True),
    "x % 3": (-7, -1),
    "x ? 'a' : 'b'": (True, "a"),
    "x + 1": (4, 5),
    "empty x": ([], True),
    "!empty x": ([1], True),
    "x == null || empty x": ({}, True),
    "not empty x": (0, True),
    "x == ''": ("", True),
    "x.substring(0, 2)": ("abc", "ab"),
    "x[0]": (["a"], "a"),
    "x.length()": ("abc", 3),
    "x.size()": ([1], 1),
    "x.isEmpty()": ("", True),
}


@pytest.mark.parametrize("text", RUNS)
def test_values_of_the_kind_that_is_meant_run(text: str) -> None:
    value, result = RUNS[text]
    ours = texts.condition(f"${{{text}}}").text
    assert expressions.evaluate(ours, {"x": value}) == result


@pytest.mark.parametrize(
    "text",
    [
        "x / 0",
        "x % 0",
        "x * 9223372036854775807",
        "9223372036854775807 + x",
        "-9223372036854775807 - x",
    ],
)
def test_what_has_no_number_stops(text: str) -> None:
    """Theirs is infinite or begins anew below zero."""
    ours = texts.condition(f"${{{text}}}")
    with pytest.raises(ExpressionError):
        expressions.evaluate(ours.text, {"x": 5})


@pytest.mark.parametrize("size", [10**400, -(10**400)])
@pytest.mark.parametrize("text", ["甲", "12"])
def test_a_number_that_is_too_large_beside_a_text_is_refused(
    text: str, size: int
) -> None:
    with pytest.raises(ExpressionError, match="数字过大"):
        expressions.evaluate("x == size", {"x": text, "size": size})
