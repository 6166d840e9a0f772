"""What is unknown in FEEL is null where it is a value: in inputs, results and lists of a table (DMN 1.5,
10.3.2)."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.bpmn_checks import check
from orchestrator.engine import expressions, languages
from orchestrator.engine.cells import VALUE, result, unary_test
from orchestrator.engine.editions import Edition
from orchestrator.engine.errors import ExpressionFailed
from orchestrator.engine.expressions import ExpressionError
from orchestrator.engine.translating import Untranslatable
from tests.engine.diagrams import Play, document
from tests.engine.test_decisions import BODY, decide, table

REFUSED = "refused"
SEEN = {"gap": None, "four": 4, "yes": True, "no": False, "word": "w"}
VALUES = {
    "gap > 3": None,
    "3 >= gap": None,
    "gap <= gap": None,
    "not(gap > 3)": None,
    "four > 3": True,
    "not(four > 3)": False,
    "gap between 1 and 9": None,
    "four between gap and 9": None,
    "four between gap and 2": False,
    "gap in [1..9]": None,
    "gap in (< 1, > 9)": None,
    "yes and gap": None,
    "no and gap": False,
    "gap and no": False,
    "no or gap": None,
    "gap or yes": True,
    "not(gap)": None,
    "not(four)": None,
    "word and yes": None,
    "gap != null and gap > 3": False,
    "gap = null or gap > 3": True,
    "(gap > 3) = null": True,
    "(gap > 3) = (gap < 3)": True,
    "(gap > 3) = true": False,
    "(gap > 3) = false": False,
    "not((gap > 3) = false)": True,
    "gap = 3": False,
    "gap != 3": True,
    "[gap > 3, four > 3]": [None, True],
    "{a: gap > 3}.a": None,
    "if yes then gap > 3 else four": None,
    "if gap > 3 then 1 else 2": 2,
    "if not(gap > 3) then 1 else 2": 2,
    "(if yes then gap > 3 else no) = null": True,
    "count([gap > 3])": 1,
    "all([yes, gap])": None,
    "all([no, gap])": False,
    "all([])": True,
    "any([no, gap])": None,
    "any([gap > 3, yes])": True,
    "any([no])": False,
    "any([word])": REFUSED,
    "all([four])": REFUSED,
    "decimal(four, gap)": None,
    "decimal(2.345, 2)": 2.34,
    "decimal(-3.5, 0)": -4,
    'number("1e3")': REFUSED,
    'number(" 1 ")': REFUSED,
    'number("1_0")': REFUSED,
    'number("-0.5")': -0.5,
    "string(yes)": "true",
    "string(four)": "4",
    "string(gap)": None,
    "string([word])": REFUSED,
    "is defined(gap)": False,
    "is defined(nowhere)": False,
    "is defined(four)": True,
    "2 ** 3": 8,
    "2 ** 3 ** 2": 64,
    "-2 ** 2": 4,
    "2 * 3 ** 2": 18,
    "2 ** -1": 0.5,
    "four ** 0.5": 2,
    "0 ** 0": 1,
    "four ** gap": None,
    "word ** 2": REFUSED,
    "10 ** 99": REFUSED,
    "(-8) ** 0.5": None,
    "four in 4": True,
    "four in (4)": True,
    "four in true": None,
    "four in ([4], 5)": True,
    "[1, 2] in ([1, 2])": True,
    "[1, 2] in [1, 2]": False,
    "007 + 1": 8,
    '"\\U01F40E"': "\U0001f40e",
    '"\\\\U01F40E"': "\\U01F40E",
}
"""Expression of FEEL → its value."""


@pytest.mark.parametrize("text", VALUES)
def test_an_unknown_truth_is_null_where_it_is_a_value(text: str) -> None:
    value: Any = REFUSED
    try:
        value = expressions.evaluate_cell(languages.from_feel(text), SEEN)
    except ExpressionError:
        assert VALUES[text] == REFUSED
    assert value == VALUES[text]
    assert isinstance(value, bool) is isinstance(VALUES[text], bool)


@pytest.mark.parametrize(
    "text",
    ['"a" = 1', "[1] = 1", "true != 0", '"\\U12"'],
)
def test_two_kinds_of_written_values_and_unknown_signs_are_refused(
    text: str,
) -> None:
    with pytest.raises(Untranslatable):
        languages.from_feel(text)


INPUTS = ["x > 3", "not(x)", "x and true", "x in [1..3]", "all([x])"]


@pytest.mark.parametrize("read", INPUTS)
def test_an_unknown_input_fulfils_neither_true_nor_false(read: str) -> None:
    rows = [("true", '"yes"'), ("false", '"no"'), ("null", '"unknown"')]
    content = table(rows, 'hitPolicy="FIRST"', read=read)
    assert decide(content, x=None) == "unknown"


def test_a_table_in_force_keeps_what_it_gave() -> None:
    assert result("x > 3", Edition.FOURTH) == "x > 3"
    assert result("x > 3", Edition.FIFTH) != "x > 3"


@pytest.mark.parametrize("edition", [Edition.FOURTH, Edition.FIFTH])
def test_a_total_counts_no_truth(edition: Edition) -> None:
    content = table(
        [("-", "1"), ("-", "true")], 'hitPolicy="COLLECT" aggregation="SUM"'
    )
    resources = {"r.dmn": content}
    if edition is Edition.FOURTH:
        play = Play(BODY, "", {"x": 1}, resources, edition=edition)
        assert play.outcome.variables["out"] == 2
        return
    with pytest.raises(ExpressionFailed, match="SUM只用于数字"):
        Play(BODY, "", {"x": 1}, resources, edition=edition)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (('not("a"), "b"', "1"), "整格"),
        (("not 5", "1"), "not"),
        (('"a""b"', "1"), "紧挨着"),
        (("-", "[1] + x"), "concatenate"),
        (("[1] < [2]", "1"), "concatenate"),
        (("-", 'date("2026-03-01") < time("08:00:00")'), "第 1 行"),
    ],
)
def test_what_is_no_feel_and_would_mean_something_else_is_refused(
    row: tuple[str, str], told: str
) -> None:
    findings = check({"p.bpmn": document(BODY), "r.dmn": table([row])})
    assert any(told in found.message for found in findings)


CELLS = {
    ('not("a")', 5): False,
    ('not("a")', None): True,
    ('not("a")', "b"): True,
    ('not("a", "b")', True): False,
    ("not(1)", "x"): False,
    ("not(true)", "x"): False,
    ('!= "a"', 5): False,
    ('!= "a"', "b"): True,
    ('not(? in ("a", "b"))', 5): False,
    ("not(w)", 5): False,
    ("not(w)", "other"): True,
    ("not(listed)", "x"): True,
    ("not(listed)", 1): False,
    ('not(date("2026-03-01"))', 5): False,
    ('not("a", > 5)', 3): False,
    ("?", "x"): True,
    ("?", None): True,
    ("not(?)", "x"): False,
}
"""(Cell, the input's value) → whether it is fulfilled."""


@pytest.mark.parametrize(("cell", "value"), CELLS)
def test_a_value_of_another_kind_is_neither_the_same_nor_different(
    cell: str, value: Any
) -> None:
    test = unary_test(cell)
    seen = {"w": "w", "listed": [1, 2], VALUE: value}
    fulfilled = test is None or expressions.evaluate_cell(test, seen)
    assert bool(fulfilled) is CELLS[cell, value]


@pytest.mark.parametrize("edition", [Edition.FOURTH, Edition.FIFTH])
def test_a_table_in_force_keeps_what_not_meant(edition: Edition) -> None:
    test = unary_test('not("a")', edition)
    assert test is not None
    assert bool(expressions.evaluate_cell(test, {VALUE: 5})) is (
        edition is Edition.FOURTH
    )


@pytest.mark.parametrize(
    "cell",
    ["not()", '"a" != 1'],
)
def test_a_cell_that_would_mean_something_else_is_refused(cell: str) -> None:
    content = table([(cell, "1")])
    findings = check({"p.bpmn": document(BODY), "r.dmn": content})
    assert any(found.severity == "error" for found in findings)


def test_values_of_an_output_need_no_order_unless_the_policy_asks() -> None:
    content = table([("-", '"foo"')]).replace(
        b'name="out"/>',
        b'name="out"><outputValues><text>starts with(?, "f")</text></outputValues></output>',
    )
    assert check({"p.bpmn": document(BODY), "r.dmn": content}) == []
    assert decide(content, x=1) == "foo"
