"""Functions of FEEL that our language has no words for, as DMN 1.5, 10.3.4, defines them."""

from __future__ import annotations

import contextlib
import json
from contextlib import suppress
from typing import Any

import pytest

from orchestrator.engine import expressions, language_parts, languages
from orchestrator.engine.expressions import ExpressionError, ExpressionRefused
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
    "0 ** -1": None,
    "(-8) ** 0.5": None,
    "(-2) ** 3": -8,
    "0 ** 0": 1,
    "9 ** 99": REFUSED,
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
        "sqrt(1, 2)",
        "string join()",
        "round half up(1)",
    ],
)
def test_another_number_of_arguments_is_refused(
    text: str,
) -> None:
    with pytest.raises(Untranslatable):
        languages.from_feel(text)


ODD = {
    "infinite": float("inf"),
    "unknown": float("nan"),
    "large": 10**400,
    "tiny": 1e-300,
    "long": "123456789012345678." + "1234567890" * 4,
}
"""Numbers of which some are none that we count with."""


@pytest.mark.parametrize("name", [*ODD, "float(long)", "1e999", "-1e999"])
@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "[{}, -{}]",
        "{} + 1",
        "0 * {}",
        "7 // {}",
        "7 % {}",
        "1 / {}",
        "round({}, 30)",
        "round({}, -5)",
        "int({})",
        "float({})",
        "str({})",
        "[1, 2][{}]",
        "[1, 2][:{}]",
        "put(null, {}, 1)",
        "sorted([1, {}])",
        "{} == 1",
        "{} in [1]",
        'feel("**", {}, 2)',
        'feel("**", 2, {})',
        'feel("**", 0, -{})',
        'feel("sqrt", {})',
        'feel("round half up", {}, 2)',
        'feel("..", {}, {})',
        'feel("[]", [1], {})',
        'feel("median", [{}, 1])',
        'feel("product", [{}, {}])',
    ],
)
def test_an_odd_number_gives_a_value_of_json_or_a_sentence(
    text: str, name: str
) -> None:
    value: Any = None
    with suppress(ExpressionError, ExpressionRefused):
        value = expressions.evaluate(text.replace("{}", name), ODD)
    assert text == "{}" or json.dumps(value, allow_nan=False)


def test_a_text_that_would_be_too_long_is_not_joined() -> None:
    ours = languages.from_feel("string join(listed, mark)")
    seen = {"listed": ["a"] * 300, "mark": "-" * 1_000}
    with pytest.raises(ExpressionError, match="100000"):
        expressions.evaluate(ours, seen)


@pytest.mark.parametrize(
    ("begin", "end"),
    [("(a in (", "))"), ("[1, a in (", ")]")],
)
def test_what_stands_in_brackets_is_read_once(
    begin: str,
    end: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A range that was tried first would be read twice at each depth."""
    read = 0
    token = language_parts.WordReader.token

    def counted(reader: language_parts.WordReader) -> tuple[str, str]:
        nonlocal read
        read += 1
        return token(reader)

    counts = []
    monkeypatch.setattr(language_parts.WordReader, "token", counted)
    for depth in (2, 4, 8):
        read = 0
        with contextlib.suppress(Untranslatable):
            languages.plain_feel(f"a in {begin * depth}1{end * depth}")
        counts.append(read)
    assert counts[2] < counts[1] * 4 < counts[0] * 16
    assert languages.plain_feel("a in ((1 + 2)..3)") == (
        "a > (1 + 2) and a < 3"
    )


@pytest.mark.parametrize(
    ("text", "ours"),
    [
        (
            "a in [for x in 1..3 return x]",
            'a in [[x for x in feel("..", 1, 3)]]',
        ),
        ("a in ([1..2[, 5)", "a >= 1 and a < 2 or a in [5]"),
        ("a in (]1..3[, 7)", "a > 1 and a < 3 or a in [7]"),
    ],
)
def test_a_range_inside_a_bracket_is_none_of_the_bracket(
    text: str,
    ours: str,
) -> None:
    assert languages.plain_feel(text) == ours
