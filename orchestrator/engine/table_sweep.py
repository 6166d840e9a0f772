"""Which rows of a decision table a value fulfils, for all values of one column at once.

A cell changes its answer only at the values that it names itself. So it is asked once at each of them and
once between each two, however many values the whole column has.
"""

from __future__ import annotations

import ast
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from operator import xor
from typing import Any

from orchestrator.engine import expressions
from orchestrator.engine.cells import VALUE


def row_masks(tests: Sequence[str | None], values: Sequence[Any]) -> list[int]:
    """For each value a bit for each row (the first row is bit 0) whose cell it fulfils; an empty cell is
    fulfilled by any.

    The cells compare with constants of the same kind as the values; a value may also be None, True or False.
    """
    ordered = sorted(
        (value, place)
        for place, value in enumerate(values)
        if value is not None and not isinstance(value, bool)
    )
    line = [value for value, _place in ordered]
    changes = [0] * (len(line) + 1)
    single = {
        place: 0
        for place, value in enumerate(values)
        if value is None or isinstance(value, bool)
    }
    for number, test in enumerate(tests):
        bit = 1 << number
        for begin, end in _fulfilled(test, line):
            changes[begin] ^= bit
            changes[end] ^= bit
        for place in single:
            if _holds(test, values[place]):
                single[place] |= bit
    masks = accumulate(changes[: len(line)], xor)
    by_place = single | {
        place: mask
        for (_value, place), mask in zip(ordered, masks, strict=True)
    }
    return [by_place[place] for place in range(len(values))]


def work(tests: Sequence[str | None]) -> int:
    """How many values the cells look at while they are asked: each at about twice the values that it names,
    and it may go through all of these each time."""
    sizes = [len(_constants(test)) for test in tests]
    return sum((2 * size + 1) * (size + 1) for size in sizes)


def _fulfilled(
    test: str | None,
    line: Sequence[Any],
) -> Iterator[tuple[int, int]]:
    """The stretches of a sorted line of values that fulfil the cell: from, up to and without."""
    marks: list[int] = [0, len(line)]
    for constant in _constants(test):
        marks += (bisect_left(line, constant), bisect_right(line, constant))
    marks.sort()
    for begin, end in pairwise(marks):
        if begin < end and _holds(test, line[begin]):
            yield begin, end


def _holds(test: str | None, value: Any) -> bool:
    return test is None or bool(
        expressions.evaluate_cell(test, {VALUE: value})
    )


def _constants(test: str | None) -> list[Any]:
    """The numbers and texts that the cell names."""
    if test is None:
        return []
    nodes = parts(ast.parse(test, mode="eval"))
    read = (
        ast.literal_eval(node)
        for node in nodes
        if isinstance(node, ast.Constant | ast.UnaryOp)
    )
    return [
        constant
        for constant in read
        if constant is not None and not isinstance(constant, bool)
    ]


def parts(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes of an expression; a number with its sign is one, and a value beside days is itself."""
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "moment":
        yield from parts(node.args[0])
        return
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "differs":
        for argument in node.args:
            yield from parts(argument)
        return
    if _is_signed(node):
        yield node
        return
    if not isinstance(node, ast.UnaryOp):
        yield node
    for child in ast.iter_child_nodes(node):
        yield from parts(child)


def _is_signed(node: ast.AST) -> bool:
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)
