"""What a condition compares with what, as the checks hold it against the forms."""

from __future__ import annotations

import pytest

from orchestrator.engine.comparisons import Comparison, comparisons
from orchestrator.engine.expressions import ExpressionRefused, names_assigned

SEEN = {
    'decision == "approve"': [("decision", "==", "approve")],
    '${decision != "approve"}': [("decision", "!=", "approve")],
    '"approve" == decision': [("decision", "==", "approve")],
    "5 < amount": [("amount", ">", 5)],
    "1 < amount <= 3": [("amount", ">", 1), ("amount", "<=", 3)],
    "amount > -1": [("amount", ">", -1)],
    "urgent == true and note == null": [
        ("urgent", "==", True),
        ("note", "==", None),
    ],
    "effective_on is not None": [("effective_on", "!=", None)],
    'decision in ["a", "b"]': [
        ("decision", "one of", "a"),
        ("decision", "one of", "b"),
    ],
    'decision not in ("a",)': [("decision", "one of", "a")],
    '"a" in chosen': [("chosen", "holds", "a")],
    'len(chosen) > 0 or variable("x") == "y"': [],
    "one == other": [],
    'x == "a" and any(x == "b" for x in listed)': [("x", "==", "a")],
    'any(d == "b" for x in listed if x == 1)': [("d", "==", "b")],
    'row["kind"] == "a" or row.kind == "b"': [],
}


@pytest.mark.parametrize("text", SEEN)
def test_a_comparison_of_a_variable_with_a_written_value_is_seen(
    text: str,
) -> None:
    assert list(comparisons(text)) == [
        Comparison(*each) for each in SEEN[text]
    ]


def test_a_script_is_read_too() -> None:
    script = 'if decision == "approve":\n    level = "county"\nelse:\n    level = "city"'
    assert list(comparisons(script, script=True)) == [
        Comparison("decision", "==", "approve")
    ]
    assert names_assigned(script) == {"level"}


def test_what_is_outside_the_subset_is_refused() -> None:
    with pytest.raises(ExpressionRefused):
        comparisons('__import__("os") == 1')


@pytest.mark.parametrize(
    ("text", "advice"),
    {
        'decision = "a"': "两个等号",
        'decision = = "a"': "两个等号",
        "decision == “a”": "半角",
        'decision == "a" && urgent': "写 and",
        "（urgent）": "半角",
        "decision ==": "请检查",
    }.items(),
)
def test_a_text_that_does_not_compile_is_answered_with_how_to_write_it(
    text: str, advice: str
) -> None:
    with pytest.raises(ExpressionRefused, match=advice):
        comparisons(text)
