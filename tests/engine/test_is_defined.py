"""FEEL's `is defined` beside comparisons that may be unknown: it is no guard of theirs."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.bpmn_checks import check
from orchestrator.engine import cells, expressions
from tests.engine.diagrams import document
from tests.engine.test_decisions import BODY, table

ROWS = [{"a": 5}, {"a": 1}]
VALUES: list[tuple[str, dict[str, Any], Any]] = [
    ("is defined(a) and is defined(b) or c > 1", {"c": 1}, False),
    ("is defined(a) and is defined(b) or c > 1", {"a": 1, "b": 1}, True),
    ("not(is defined(x) and y > 3)", {"y": 5}, True),
    ("not(is defined(x) and y > 3)", {"x": 1, "y": 5}, False),
    ("not(is defined(x) and y > 3)", {"x": 1, "y": None}, None),
    ("[is defined(x) and y > 3]", {"y": 5}, [False]),
    ("[is defined(x) and y > z]", {"x": 1, "y": 5, "z": None}, [None]),
    ("not(some x in l satisfies x.a > 3 and is defined(k))", {}, True),
    (
        "not(some x in l satisfies x.a > 3 and is defined(k))",
        {"k": 1},
        False,
    ),
    ("not(y >= z and is defined(x))", {"y": 1, "z": 1}, True),
    ("is defined(x) = false", {}, True),
    ("is defined(x)", {"x": ""}, True),
    ("is defined(x)", {"x": False}, True),
    ("is defined(x)", {"x": None}, False),
]


@pytest.mark.parametrize(("text", "given", "value"), VALUES)
def test_a_result_says_what_is_defined(
    text: str, given: dict[str, Any], value: Any
) -> None:
    ours = cells.result(text)
    assert ours is not None
    seen = {"c": 0, "l": ROWS, **given}
    assert expressions.evaluate(ours, seen) == value


def test_conditions_of_nothing_else_are_read_in_cells_and_results() -> None:
    text = "is defined(a) and is defined(b) or x > 1"
    for row in (("-", text), (f"not({text})", "1")):
        content = table([row])
        assert check({"p.bpmn": document(BODY), "r.dmn": content}) == []
