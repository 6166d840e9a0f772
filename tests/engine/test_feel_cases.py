"""Every expression of the table is right, or refused with a sentence: none gives another value."""

from __future__ import annotations

from html import escape
from typing import Any

import pytest

from orchestrator.engine import decisions, expressions, xml
from orchestrator.engine.decision_tables import DecisionTable
from orchestrator.engine.expressions import ExpressionError
from tests.engine.feel_cases import REFUSED, RIGHT, SEEN
from tests.engine.test_decisions import HEAD


@pytest.fixture(scope="module")
def document() -> Any:
    """One decision an expression."""
    drawn = "".join(
        f'<decision id="{number}" name="d{number}"><variable name="out"/><literalExpression>'
        f"<text>{escape(text)}</text></literalExpression></decision>"
        for number, text in enumerate([*RIGHT, *REFUSED])
    )
    root, _problems = xml.parse(f"{HEAD}{drawn}</definitions>".encode())
    return root


@pytest.fixture(scope="module")
def tables(document: Any) -> dict[str, DecisionTable]:
    return decisions.read_tables(document)


@pytest.fixture(scope="module")
def refused(document: Any) -> set[str | None]:
    return {
        finding.element_id
        for finding in decisions.findings(document)
        if finding.severity == "error"
    }


def _value(table: DecisionTable) -> Any:
    (rule,) = table.rules
    (result,) = rule.results
    return expressions.evaluate_cell(result or "null", SEEN)


@pytest.mark.parametrize(("number", "text"), list(enumerate(RIGHT)))
def test_an_expression_has_the_value_of_the_standard(
    number: int,
    text: str,
    tables: dict[str, DecisionTable],
    refused: set[str | None],
) -> None:
    assert str(number) not in refused
    value = _value(tables[str(number)])
    assert value == RIGHT[text]
    assert isinstance(value, bool) is isinstance(RIGHT[text], bool)


@pytest.mark.parametrize(
    ("number", "text"), list(enumerate(REFUSED, len(RIGHT)))
)
def test_what_we_have_no_value_for_is_told(
    number: int,
    text: str,
    tables: dict[str, DecisionTable],
    refused: set[str | None],
) -> None:
    if str(number) in refused:
        return
    with pytest.raises(ExpressionError):
        _value(tables[str(number)])
