"""Entries of a list that the cells of tables read by their number: each edition counts as it did."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from orchestrator.bpmn_checks import check
from orchestrator.engine import cells, expressions
from orchestrator.engine.editions import Edition
from orchestrator.engine.expressions import ExpressionError
from tests.engine.diagrams import document
from tests.engine.test_decisions import BODY, table

REFUSED = "refused"
SEEN = {"l": [3, 4], "i": 1, "g": {"a": 1}}
TESTS = {
    ("> l[i]", 4): (False, True),
    ("l[i], 3", 4): (True, False),
    ("[l[i]..5]", 3): (False, True),
    ("not(l[i])", 3): (True, False),
    ("l[i]", 3): (False, True),
    ("?[i] > 2", (1, 3)): (True, False),
    ("sum(?[i]) > 1", ((1,), (3,))): (True, False),
}
"""(cell, the input's value) → whether it is fulfilled up to the fourth edition, and since the fifth."""
RESULTS = {
    "l[i]": (4, 3),
    "l[i] + 1": (5, 4),
    "3 if l[i] > 1 else 2": (3, 3),
    "l[i + 1]": (REFUSED, 4),
    "l[-1]": (4, 4),
    "l[i + 2]": (REFUSED, None),
    "g[i]": (REFUSED, REFUSED),
}
PAST_THE_END = {"l[3]": (REFUSED, None), "l[-3]": (REFUSED, None)}


def _value(text: str | None, edition: Edition, **more: Any) -> Any:
    assert text is not None
    with suppress(ExpressionError):
        return expressions.evaluate(text, {**SEEN, **more}, edition)
    return REFUSED


@pytest.mark.parametrize(("cell", "value"), TESTS)
@pytest.mark.parametrize("edition", Edition)
def test_a_test_counts_as_in_its_edition(
    cell: str, value: Any, edition: Edition
) -> None:
    text = cells.unary_test(cell, edition)
    listed = list(value) if isinstance(value, tuple) else value
    expected = TESTS[cell, value][edition >= Edition.FIFTH]
    assert _value(text, edition, **{cells.VALUE: listed}) is expected


@pytest.mark.parametrize("cell", [*RESULTS, *PAST_THE_END])
@pytest.mark.parametrize("edition", Edition)
def test_a_result_counts_as_in_its_edition(
    cell: str, edition: Edition
) -> None:
    expected = (RESULTS | PAST_THE_END)[cell][edition >= Edition.FIFTH]
    assert _value(cells.result(cell, edition), edition) == expected


@pytest.mark.parametrize(
    ("cell", "result", "is_refused"),
    [
        ("?[i] > 2", "1", False),
        ("?[i] == 2", "1", True),
        ("> l[i], ?[i] == 2", "1", True),
        ('?[0:2] == "ab"', "1", False),
        ("get value(g, i) > 2", "1", False),
        ("-", "l[i]", False),
        ("-", "l[-1]", False),
        ("-", "l[0]", True),
        ("-", "3 if l[i] > 1 else 2", True),
    ],
)
def test_a_place_that_counts_by_what_stands_beside_it_is_refused(
    cell: str, result: str, is_refused: bool
) -> None:
    content = table([(cell, result)])
    found = check({"p.bpmn": document(BODY), "r.dmn": content})
    assert any("从 0 数起" in f.message for f in found) is is_refused
    assert is_refused or found == []
