"""Which rows of a decision table match at once, and for which inputs none does.

Every value that a cell names is tried, and one between each two and beyond the last: a table decides alike on
all values in between.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce
from itertools import product
from typing import Any

from orchestrator.engine import decimals
from orchestrator.engine.cells import VALUE
from orchestrator.engine.decision_tables import DecisionTable
from orchestrator.engine.table_sweep import parts, row_masks, work
from orchestrator.sentences import say

MOST_CASES = 20_000
"""Combinations of values; a table with more is not looked at."""
MOST_MATCHES = 4_000_000
"""Combinations times rows."""
MOST_WORK = 1_000_000
"""Values that the cells of all columns look at: about a second."""
_EMPTY = "null"
"""How a cell names the value of a variable that has none."""
_ORDERS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
_KINDS: dict[str, type[Any]] = {
    **dict.fromkeys(("integer", "long", "double", "number"), float),
    "boolean": bool,
    "string": str,
    "date": str,
}
"""Type of a column → the kind of values that its cells name."""
_Sample = tuple[str, Any]
"""A value in words, and the value."""


@dataclass(frozen=True, slots=True)
class Case:
    values: tuple[tuple[int, str], ...]
    """(column from 0, its value in words); columns that any value fulfils are left out."""
    rows: tuple[int, ...]
    """Numbers of the rows that match, from 1."""


class _NotForeseen(Exception):
    """A cell that reads other variables or calls a function: its values are not known beforehand."""


class OtherKinds(Exception):
    """A column whose cells name values of several kinds, or of another kind than the column's type: one of
    them fulfils no cell of the others, or is refused beside it."""

    def __init__(self, column: int, kinds: tuple[str, ...]) -> None:
        super().__init__(column, kinds)
        self.column = column
        """From 0."""
        self.kinds = kinds
        """What the cells name and the column wants, in words."""


class TooMany(Exception):
    """The table tells more combinations apart than are looked at."""


def cases(
    table: DecisionTable,
    allowed: Sequence[Sequence[str]],
) -> Iterator[Case]:
    """Every combination of values that the table tells apart, with the rows that match; none where that is
    not foreseen. `allowed`: the texts that each column allows, empty where it says nothing.

    Raises OtherKinds. Raises TooMany for a table of more than MOST_CASES combinations, or MOST_MATCHES with
    its rows, or whose cells look at more than MOST_WORK values.
    """
    columns = range(len(table.inputs))
    try:
        samples = [
            list(_samples(table, column, allowed[column]))
            for column in columns
        ]
        count = reduce(lambda size, values: size * len(values), samples, 1)
        if count > MOST_CASES or count * len(table.rules) > MOST_MATCHES:
            raise TooMany
        tests = [test for rule in table.rules for test in rule.tests]
        if work(tests) > MOST_WORK:
            raise TooMany
        masks = [
            row_masks(
                [rule.tests[column] for rule in table.rules],
                [value for _words, value in samples[column]],
            )
            for column in columns
        ]
    except (_NotForeseen, ValueError, OverflowError):
        return
    everything = (1 << len(table.rules)) - 1
    for chosen in product(*(range(len(values)) for values in samples)):
        mask = everything
        for column, number in enumerate(chosen):
            mask &= masks[column][number]
        words = tuple(
            (column, samples[column][number][0])
            for column, number in enumerate(chosen)
            if len(samples[column]) > 1
        )
        yield Case(words, tuple(_numbers(mask)))


def _numbers(mask: int) -> Iterator[int]:
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length()
        mask ^= lowest


def _samples(
    table: DecisionTable,
    column: int,
    allowed: Sequence[str],
) -> Iterator[_Sample]:
    tests = [rule.tests[column] for rule in table.rules]
    written = [test for test in tests if test]
    named, ordered = _constants(written)
    constants = set(named)
    empty = any(map(_asks_for_nothing, written))
    if empty:
        yield say("空"), None
    type_ref = table.input_types[column] if table.input_types else None
    kinds = {type(value) for value in constants}
    wanted = _KINDS.get(type_ref or "")
    several = {_kind(value) for value in named} | {wanted} - {None}
    if constants and len(several) > 1:
        raise OtherKinds(column, tuple(sorted(map(_word, several))))
    if not constants and empty:
        yield say("其他值"), "\0"
    elif not constants:
        yield say("任意"), None
    elif kinds == {bool} or type_ref == "boolean":
        yield say("是"), True
        yield say("否"), False
    elif kinds <= {int, float}:
        yield from _numbers_tried(sorted(constants), type_ref)
    elif kinds == {str} and not ordered:
        yield from _texts_tried(sorted(constants), allowed)
    elif kinds == {str}:
        yield from _days_tried(sorted(constants))
    else:
        raise _NotForeseen


def _kind(value: Any) -> type[Any]:
    if isinstance(value, bool):
        return bool
    return float if isinstance(value, (int, float)) else type(value)


def _word(kind: Any) -> str:
    return decimals.kind(kind())


def _constants(tests: Sequence[str]) -> tuple[list[Any], bool]:
    """The values that the cells name, and whether one is compared by order."""
    constants: list[Any] = []
    ordered = False
    for test in tests:
        for node in parts(ast.parse(test, mode="eval")):
            if isinstance(node, ast.Call | ast.BinOp | ast.Attribute):
                raise _NotForeseen
            if isinstance(node, ast.Name) and node.id not in (VALUE, _EMPTY):
                constants.append(_named(node.id))
            if isinstance(node, ast.Compare):
                ordered |= any(isinstance(op, _ORDERS) for op in node.ops)
            if isinstance(node, ast.Constant | ast.UnaryOp):
                constants.append(ast.literal_eval(node))
    return [value for value in constants if value is not None], ordered


def _asks_for_nothing(test: str) -> bool:
    """Whether a cell names the empty value."""
    return any(
        isinstance(node, ast.Name) and node.id == _EMPTY
        for node in ast.walk(ast.parse(test, mode="eval"))
    )


def _named(name: str) -> bool:
    truths = {"true": True, "false": False}
    if name not in truths:
        raise _NotForeseen
    return truths[name]


def _numbers_tried(
    numbers: Sequence[Any],
    type_ref: str | None,
) -> Iterator[_Sample]:
    whole = type_ref in ("integer", "long")
    first = numbers[0]
    yield say("小于 {number}", number=first), first - 1
    for number, following in zip(numbers, [*numbers[1:], None], strict=True):
        yield say("等于 {number}", number=number), number
        if following is None:
            yield say("大于 {number}", number=number), number + 1
        elif not whole:
            between = (number + following) / 2
            yield _between(number, following), between
        elif following - number > 1:
            yield _between(number, following), number + 1


def _between(low: Any, high: Any) -> str:
    return say("{low} 与 {high} 之间", low=low, high=high)


def _texts_tried(
    texts: Sequence[str],
    allowed: Sequence[str],
) -> Iterator[_Sample]:
    if allowed:
        yield from ((f"“{text}”", text) for text in allowed)
        return
    yield from ((f"“{text}”", text) for text in texts)
    yield say("其他值"), "\0"


def _days_tried(texts: Sequence[str]) -> Iterator[_Sample]:
    try:
        days = [date.fromisoformat(text) for text in texts]
    except ValueError as no_day:
        raise _NotForeseen from no_day
    for day in dict.fromkeys(_around(days)):
        yield day.isoformat(), day.isoformat()


def _around(days: Sequence[date]) -> Iterator[date]:
    """Each day with the days before and after it; the calendar's first and last have one of them."""
    for day in days:
        if day != date.min:
            yield day - timedelta(days=1)
        yield day
        if day != date.max:
            yield day + timedelta(days=1)
