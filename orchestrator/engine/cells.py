"""Cells of a decision table: a unary test as an expression over the input's value, a result as an expression
over the variables.

Cells are written as the DMN editors write them: `-`, `"a","b"`, `not("a")`, `>= 10`, `[1..5]`, a condition
with `?` for the input's value, or FEEL.
"""

from __future__ import annotations

import re
from contextlib import suppress
from functools import lru_cache

from orchestrator.engine import expressions, feel_cells, feel_times, languages
from orchestrator.engine.editions import CURRENT, Edition
from orchestrator.engine.feel_cells import VALUE
from orchestrator.engine.translating import Untranslatable

__all__ = ["VALUE", "result", "split", "unary_test"]

_COMPARISON = re.compile(r"^(<=|>=|!=|==|=|<|>)\s*(.+)$", re.DOTALL)
_INTERVAL = re.compile(
    r"^([\[\](])\s*(.+?)\s*\.\.\s*(.+?)\s*([\[\])])$",
    re.DOTALL,
)
MOST_MIDDLES = 4
"""Pairs of points in a range: one is its middle, the others stand in texts."""
_MARK = "dmn_value"
"""Stands for the input's value while a text is read as FEEL."""


@lru_cache(maxsize=20_000)
def unary_test(text: str, edition: Edition = CURRENT) -> str | None:
    """A cell as an expression over VALUE, None for a cell that is true for all. What is wrong with it is
    found when it is compiled."""
    if text in ("", "-"):
        return None
    if edition >= Edition.THIRD:
        with suppress(Untranslatable):
            return feel_cells.unary_test(text, edition)
    if _is_feel_alone(text, edition):
        return text
    inner = _negated(text)
    if inner is not None:
        return f"not ({_any_of(inner, edition)})"
    return _any_of(text, edition)


@lru_cache(maxsize=20_000)
def result(text: str, edition: Edition = CURRENT) -> str | None:
    """A result or an input as an expression of ours, also where it is written in FEEL; None for an empty
    cell."""
    if not text:
        return None
    lasting = feel_times.duration(text)
    if lasting:
        return f'"{lasting}"'
    return _ours(text, edition)


def is_feel_test(text: str, edition: Edition = CURRENT) -> bool:
    """Whether a cell is FEEL as a whole, and none of its tests an expression of ours."""
    if edition < Edition.THIRD:
        return False
    try:
        feel_cells.unary_test(text, edition)
    except Untranslatable:
        return False
    return True


def is_feel(text: str, edition: Edition = CURRENT) -> bool:
    """Whether a result or an input is FEEL, which counts where it is an expression of ours as well."""
    if edition < Edition.THIRD:
        return False
    try:
        if _is_feel_alone(text, edition):
            feel_cells.result(text, edition)
        else:
            plain = feel_times.plain(text.strip(), edition)
            languages.from_feel(plain, edition)
    except Untranslatable:
        return False
    return True


def _ours(text: str, edition: Edition) -> str:
    """What the text means in FEEL and as an expression of ours, whichever of them it is; the text with its
    fault where it is neither. Where it is both, FEEL counts, up to the second edition ours."""
    if _is_feel_alone(text, edition):
        with suppress(Untranslatable):
            return feel_cells.result(text, edition)
        return text
    text = feel_times.plain(text.strip(), edition)
    readings = [text]
    with suppress(Untranslatable):
        readings.append(languages.from_feel(text, edition))
    if edition >= Edition.THIRD:
        readings.reverse()
    return next(filter(_compiles, readings), text)


def _is_feel_alone(text: str, edition: Edition) -> bool:
    """Whether days or times stand in it, which only FEEL's comparisons bring into one form."""
    return edition >= Edition.FOURTH and bool(feel_times.kinds(text))


def _compiles(text: str) -> bool:
    try:
        expressions.compile_checked(text)
    except expressions.ExpressionRefused:
        return False
    return True


def _any_of(text: str, edition: Edition) -> str:
    return " or ".join(
        f"({_one(part.strip(), edition)})" for part in split(text, ",")
    )


def _one(text: str, edition: Edition) -> str:
    def ours(part: str) -> str:
        return _ours(part, edition)

    pieces = split(text, "?")
    if len(pieces) > 1:
        return ours(_MARK.join(pieces)).replace(_MARK, VALUE)
    if match := _COMPARISON.match(text):
        operator = {"=": "=="}.get(match[1], match[1])
        # An order needs a value: nothing is neither more nor less.
        if operator in ("<", "<=", ">", ">="):
            known = f"{VALUE} is not None and "
        else:
            known = ""
        return f"{known}{_value(match[2])} {operator} ({ours(match[2])})"
    if match := _interval(text):
        if match[1] == "[":
            low = "<="
        else:
            low = "<"
        if match[4] == "]":
            high = "<="
        else:
            high = "<"
        value = _value(match[2], match[3])
        return f"{VALUE} is not None and ({ours(match[2])}) {low} {value} {high} ({ours(match[3])})"
    return f"{_value(text)} == ({ours(text)})"


def _interval(text: str) -> re.Match[str] | None:
    """The cell as a range; of very many points none, whose every pair would be tried as the middle."""
    if text.count("..") > MOST_MIDDLES:
        return None
    return _INTERVAL.match(text)


def _value(*against: str) -> str:
    """The input's value: a day by itself is its midnight where it is compared with instants."""
    if not all(feel_times.is_instant(value) for value in against):
        return VALUE
    return f'({VALUE} + "{feel_times.MIDNIGHT}" if {VALUE} is not None and len({VALUE}) == 10 else {VALUE})'


def _negated(text: str) -> str | None:
    """What stands inside a `not(…)` that is the whole cell."""
    match = re.match(r"^not\s*\((.*)\)$", text, re.DOTALL)
    if match is None:
        return None
    depth = 0
    for character in without_quoted(match[1]):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth < 0:
            return None
    return match[1]


def without_quoted(text: str) -> str:
    """The text without what stands in quotes."""
    return re.sub(r"\"[^\"]*\"|'[^']*'", "", text)


def split(text: str, mark: str) -> list[str]:
    """The text cut at each `mark` outside quotes; a comma also outside brackets."""
    parts = []
    quote = ""
    depth = 0
    start = 0
    for i, character in enumerate(text):
        if quote:
            if character == quote:
                quote = ""
        elif character in "\"'":
            quote = character
        elif character == mark and (mark != "," or depth == 0):
            parts.append(text[start:i])
            start = i + 1
        elif character in "([{)]}":
            depth += 1 if character in "([{" else -1
    return [*parts, text[start:]]
