"""Expressions put together by chance: each has a value that JSON keeps, or is refused with a sentence."""

from __future__ import annotations

import json
import random

import pytest

from orchestrator.engine import expressions

MANY = 1_500
VALUES = {
    "big": 10**18,
    "t": "x" * 90_000,
    "l": [[1, 2], [3]],
    "n": None,
    "g": {"k": 1, "l": {"k": [1]}},
    "b": True,
    "f": 0.1,
    "e": [],
    "o": {},
    "nums": list(range(5_000)),
    "neg": -3,
    "cy": "中文𠀀👵",
    "mix": [1, "a", None, True, {"k": 1}, [2]],
    "nan": "NaN",
    "sc": "1E+999999",
    "huge": "9" * 90_000,
    "d": "2026-11-29",
    "pt": "PT99999999999999999999H",
    "old": "0000-00-00",
    "far": "9999-12-31T23:59:59-23:59",
    "ar": "١٢٣",
}
LEAVES = [
    *VALUES,
    *("1", "-1", "0", "1e18", "1e-18", "1e400", "'x'", "None", "True"),
    *("not n", "l[1e0]", "f ** big", "2 ** 1e9", "neg ** 0.5", "0 ** -1"),
    *("1/0", "1//0", "1%0", "'%s' % t", "l*3", "t*3", "big*big*big", "-t"),
]
SIGNS = (
    *("+", "-", "*", "/", "//", "%", "**", "==", "!=", "<", ">="),
    *("in", "not in", "is", "and", "or"),
)
NAMES = sorted(expressions.FUNCTIONS)


def made(chance: random.Random, depth: int) -> str:
    """The text of an expression of at most that depth."""
    kind = chance.random()
    if depth == 0 or kind < 0.4:
        return chance.choice(LEAVES)
    inside = [made(chance, depth - 1) for _number in range(3)]
    if kind < 0.7:
        given = inside[: chance.choice([0, 1, 1, 1, 2, 2, 3])]
        return f"{chance.choice(NAMES)}({', '.join(given)})"
    if kind < 0.9:
        return f"({inside[0]} {chance.choice(SIGNS)} {inside[1]})"
    if kind < 0.95:
        return f"[{inside[0]} for z in {inside[1]}]"
    return f"{inside[0]}[{inside[1]}]"


@pytest.mark.parametrize("seed", range(2))
def test_an_expression_has_a_value_or_is_refused(
    seed: int,
) -> None:
    chance = random.Random(seed)
    kept = 0
    for _number in range(MANY):
        text = made(chance, 3)
        try:
            value = expressions.evaluate(text, VALUES)
            json.dumps(value, allow_nan=False)
            kept += 1
        except (
            expressions.ExpressionError,
            expressions.ExpressionRefused,
        ) as refused:
            said = str(refused).replace(text, "")
            assert any("一" <= sign <= "鿿" for sign in said), text
    assert kept > MANY / 10
