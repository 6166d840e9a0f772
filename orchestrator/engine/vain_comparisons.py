"""Comparisons whose result is known before they run: a truth value or nothing that is put in order, or
compared with a text."""

from __future__ import annotations

import ast

from orchestrator.engine.expressions import (
    LITERALS,
    compile_checked,
    unwrap,
)

_ORDERS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)


def compared_in_vain(text: str, *, with_written: bool = False) -> str:
    """The literal that the expression asks to be larger or smaller than something, such as `None` in `None >
    3`, or also to be the same as a text, number or list of such `with_written`; empty without one.

    Raises ExpressionRefused.
    """
    compile_checked(text)
    for node in ast.walk(ast.parse(unwrap(text), mode="eval")):
        if not isinstance(node, ast.Compare):
            continue
        sides = [node.left, *node.comparators]
        for number, operator in enumerate(node.ops):
            pair = sides[number : number + 2]
            word = next(filter(None, map(_literal, pair)), "")
            is_order = isinstance(operator, _ORDERS)
            if not word:
                continue
            if is_order:
                return word
            if with_written and any(map(_is_written, pair)):
                return word
    return ""


def _is_written(node: ast.expr) -> bool:
    """Whether it is a text or a number, or a list of such alone."""
    if isinstance(node, ast.List | ast.Tuple):
        return all(map(_is_written, node.elts))
    if isinstance(node, ast.UnaryOp):
        return _is_written(node.operand)
    if isinstance(node, ast.Constant):
        return not _literal(node)
    return False


def _literal(node: ast.AST) -> str:
    """How a truth value or the empty value is written; empty for any other part of an expression."""
    if isinstance(node, ast.Constant) and (
        node.value is None or isinstance(node.value, bool)
    ):
        return str(node.value)
    if isinstance(node, ast.Name) and node.id in LITERALS:
        return node.id
    return ""
