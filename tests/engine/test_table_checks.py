"""An expression of a decision table that never has a value is told when the table is checked."""

from __future__ import annotations

import pytest

from orchestrator.bpmn_checks import check
from tests.engine.diagrams import document
from tests.engine.test_decisions import BODY, table


@pytest.mark.parametrize(
    ("result", "why"),
    [
        ("1 / 0", "除数为零"),
        ("2 + true", "加号只用于数字"),
        ('date("2026-01-31") + duration("P1M")', "没有这一天"),
        ('number("五")', "不是数字"),
        ('matches("a", "(")', "匹配规则"),
    ],
)
def test_a_result_that_never_has_a_value_is_told_at_the_check(
    result: str, why: str
) -> None:
    for content in (table([("-", result)]), table([("-", "1")], read=result)):
        told = [
            found.message
            for found in check({"p.bpmn": document(BODY), "r.dmn": content})
        ]
        assert any(
            "每次都算不出来，请改写" in message and why in message
            for message in told
        )


@pytest.mark.parametrize(
    "result",
    [
        "if false then 1 / 0 else 2",
        "1 / x",
        "today()",
        "null",
        'string join(["a"], "-")',
        "for i in [0] return 1 / i",
        "{a: 1, b: a + 1}",
        f"1 / 0 + count([{', '.join('1' * 100)}])",
    ],
)
def test_a_result_that_may_have_a_value_is_taken(result: str) -> None:
    content = table([("-", result)])
    assert check({"p.bpmn": document(BODY), "r.dmn": content}) == []
