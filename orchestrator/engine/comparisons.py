"""Finds where an expression compares a variable with a written value, as `decision == "approve"` does.

The deployment checks compare these values with those that the forms offer."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from orchestrator.engine import expressions, loops

_SYMBOLS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Is: "==",
    ast.IsNot: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """`decision == "approve"`: the variable with one value; one of these for each value of a list."""

    variable: str
    how: str
    """`==`, `!=`, `<`, `<=`, `>`, `>=`; `one of` for a value of a list; `holds` for `"a" in variable`."""
    value: Any


def comparisons(text: str, script: bool = False) -> tuple[Comparison, ...]:
    """Every comparison of a lone variable with a written value in the expression or script. Raises
    ExpressionRefused."""
    if script:
        expressions.compile_script(text)
    else:
        expressions.compile_checked(text)
    tree: ast.AST = (
        ast.parse(text.strip())
        if script
        else ast.parse(expressions.unwrap(text), mode="eval")
    )
    # A name that a loop gives its entries is no variable there.
    free = frozenset(map(id, loops.free_names(tree)))
    return tuple(
        comparison
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare)
        for comparison in _of(node, free)
    )


def _of(node: ast.Compare, free: frozenset[int]) -> Iterator[Comparison]:
    """The comparisons of variables in one `a < b < c`. A name is a variable when the id of its node is in
    `free`; the names that a loop gives to entries are not."""
    left = node.left
    for operator, right in zip(node.ops, node.comparators, strict=True):
        if isinstance(operator, (ast.In, ast.NotIn)):
            yield from _membership(left, right, free)
        else:
            symbol = _SYMBOLS[type(operator)]
            if _is_variable(left, free) and _is_value(right):
                yield Comparison(_name(left), symbol, _value(right))
            elif _is_variable(right, free) and _is_value(left):
                yield Comparison(
                    _name(right),
                    symbol.translate(str.maketrans("<>", "><")),
                    _value(left),
                )
        left = right


def _membership(
    left: ast.expr,
    right: ast.expr,
    free: frozenset[int],
) -> Iterator[Comparison]:
    if _is_variable(left, free) and isinstance(right, (ast.List, ast.Tuple)):
        yield from (
            Comparison(_name(left), "one of", _value(value))
            for value in right.elts
            if _is_value(value)
        )
    if _is_variable(right, free) and _is_value(left):
        yield Comparison(_name(right), "holds", _value(left))


def _is_variable(node: ast.expr, free: frozenset[int]) -> bool:
    if not isinstance(node, ast.Name) or id(node) not in free:
        return False
    return node.id not in expressions.LITERALS


def _is_value(node: ast.expr) -> bool:
    literal = isinstance(node, ast.Name) and node.id in expressions.LITERALS
    negative = (
        isinstance(node, ast.UnaryOp)
        and isinstance(node.op, ast.USub)
        and isinstance(node.operand, ast.Constant)
    )
    return isinstance(node, ast.Constant) or literal or negative


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    return ""


def _value(node: ast.expr) -> Any:
    if isinstance(node, ast.Name):
        return expressions.LITERALS[node.id]
    return ast.literal_eval(node)
