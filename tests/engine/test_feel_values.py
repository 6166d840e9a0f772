"""Functions of FEEL that our language has no words for, as DMN 1.5, 10.3.4, defines them."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.engine import expressions, languages
from orchestrator.engine.expressions import ExpressionError
from orchestrator.engine.translating import Untranslatable

REFUSED = "refused"
VALUES = {
    "round half up(2.5, 0)": 3,
    "round half up(-2.5, 0)": -3,
    "round half down(2.5, 0)": 2,
    "round up(1.121, 2)": 1.13,
    "round down(-1.129, 2)": -1.12,
    "round half up(125, -1)": 130,
    "round half up(nothing, 0)": None,
    'round half up("1", 0)': REFUSED,
    "round up(true, 0)": REFUSED,
    "round up(1, 0.5)": REFUSED,
    "round up(1, 99)": REFUSED,
    'string join(["a", null, "b"], ",")': "a,b",
    'string join(["a", "b"])': "ab",
    "string join([1])": REFUSED,
    'substring before("a-b", "-")': "a",
    'substring before("ab", "-")': "",
    'substring after("a-b-c", "-")': "b-c",
    'substring after("ab", "-")': "",
    'split("a;b", ";")': ["a", "b"],
    'distinct values([1, 1.0, "1", true])': [1, "1", True],
    "union([1], [1, 2])": [1, 2],
    "flatten([[1, [2]], 3])": [1, 2, 3],
    "index of([1, 2, 1], 1)": [1, 3],
    "remove([1, 2, 3], 1)": [2, 3],
    "remove([1, 2, 3], -1)": [1, 2],
    "remove([1, 2], 3)": REFUSED,
    "insert before([1, 2], 2, 5)": [1, 5, 2],
    "product([2, 3, 0.5])": 3,
    "product([])": None,
    "median([3, 1, 2, 4])": 2.5,
    "median([])": None,
    "sqrt(16)": 4,
    "sqrt(-1)": None,
    "count(distinct values(letters)) = 1": True,
    "if sqrt(four) = 2 then 1 else 2": 1,
}
"""Expression of FEEL → its value."""
SEEN = {"nothing": None, "four": 4, "letters": ["a", "a"], "dot": "."}


@pytest.mark.parametrize("text", VALUES)
def test_a_function_gives_what_the_standard_says(text: str) -> None:
    ours = languages.from_feel(text)
    value: Any = REFUSED
    try:
        value = expressions.evaluate(ours, SEEN)
    except ExpressionError:
        assert VALUES[text] == REFUSED
    assert value == VALUES[text]
    assert isinstance(value, bool) is isinstance(VALUES[text], bool)


@pytest.mark.parametrize(
    "text",
    [
        'split("a.b", ".")',
        'split("a.b", dot)',
        "sqrt(1, 2)",
        "string join()",
        "round half up(1)",
    ],
)
def test_a_pattern_or_another_number_of_arguments_is_refused(
    text: str,
) -> None:
    with pytest.raises(Untranslatable):
        languages.from_feel(text)


def test_a_text_that_would_be_too_long_is_not_joined() -> None:
    ours = languages.from_feel("string join(listed, mark)")
    seen = {"listed": ["a"] * 300, "mark": "-" * 1_000}
    with pytest.raises(ExpressionError, match="100000"):
        expressions.evaluate(ours, seen)
