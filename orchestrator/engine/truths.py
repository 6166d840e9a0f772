"""What counts as true in the languages of other tools.

Python and ours take any text that is not empty for true. In FEEL only `true` is true, and what is unknown is
neither true nor, negated, true. JUEL takes every text but `true` for false.
"""

from __future__ import annotations

import ast

from orchestrator.engine.translating import (
    ADD,
    COMPARE,
    OR,
    Part,
    bound,
    negated,
)

_ORDERS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.GtE,
    ast.LtE: ast.Gt,
    ast.Gt: ast.LtE,
    ast.GtE: ast.Lt,
}
_OPPOSITES: dict[type[ast.cmpop], type[ast.cmpop]] = {
    **_ORDERS,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_TRUTH_FUNCTIONS = frozenset(("defined", "bool", "any", "all"))
_WORDS = ("true", "false")
_OURS_ALONE = (
    ast.IfExp,
    ast.In,
    ast.NotIn,
    ast.Is,
    ast.IsNot,
    ast.List,
    ast.Tuple,
    ast.Call,
)
"""What JUEL cannot say."""


def feel_truth(part: Part) -> Part:
    """The part as a truth of FEEL: only `true` itself."""
    return _truth(part, "is")


def juel_truth(part: Part) -> Part:
    """The part as a truth of JUEL. The text `true`, which counts there, is refused when it is compared."""
    return _truth(part, "==")


def feel_not(part: Part) -> Part:
    """FEEL's `not(…)`: what is unknown stays unknown, which is not true."""
    if not is_truth(part[0]):
        return f"{bound(part, ADD)} is false", COMPARE
    node = _read(part[0])
    if not any(
        isinstance(inner, (*_ORDERS, ast.Is)) for inner in ast.walk(node)
    ):
        return negated(part)
    turned = _turned(node)
    if isinstance(turned, ast.BoolOp):
        return ast.unparse(turned), OR
    return ast.unparse(turned), COMPARE


def juel_not(part: Part) -> Part:
    """JUEL's `!x`."""
    return negated(juel_truth(part))


def is_truth(text: str) -> bool:
    """Whether the expression of ours gives true or false, whatever the variables are."""
    return _is_truth(_read(text))


def counts_texts(node: ast.AST) -> bool:
    """Whether an expression, as Python reads it, takes something for true or calculates a remainder that JUEL
    takes otherwise. One that JUEL cannot say is ours."""
    nodes = list(ast.walk(node))
    if any(isinstance(inner, _OURS_ALONE) for inner in nodes):
        return False
    return any(
        isinstance(inner, ast.Mod)
        or (
            isinstance(inner, (ast.BoolOp, ast.UnaryOp)) and _asks_texts(inner)
        )
        for inner in nodes
    )


def _asks_texts(node: ast.BoolOp | ast.UnaryOp) -> bool:
    if isinstance(node, ast.BoolOp):
        return not _is_truth(node)
    return isinstance(node.op, ast.Not) and not _is_truth(node.operand)


def _truth(part: Part, sign: str) -> Part:
    if is_truth(part[0]):
        return part
    return f"{bound(part, ADD)} {sign} true", COMPARE


def _read(text: str) -> ast.expr:
    return ast.parse(text.strip(), mode="eval").body


def _is_truth(node: ast.expr) -> bool:
    if isinstance(node, ast.BoolOp):
        return all(_is_truth(value) for value in node.values)
    if isinstance(node, ast.IfExp):
        return _is_truth(node.body) and _is_truth(node.orelse)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.func.id in _TRUTH_FUNCTIONS
    if isinstance(node, ast.Name):
        return node.id in _WORDS
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, ast.Not)
    return isinstance(node, ast.Compare)


def _turned(node: ast.expr) -> ast.expr:
    """What is true where the truth is false."""
    if isinstance(node, ast.BoolOp):
        other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        return ast.BoolOp(other, [_turned(value) for value in node.values])
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return node.operand
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        (sign,) = node.ops
        (right,) = node.comparators
        if isinstance(sign, ast.Is) and isinstance(right, ast.Name):
            word = _WORDS[right.id == "true"]
            return ast.Compare(node.left, [sign], [ast.Name(word)])
        if opposite := _OPPOSITES.get(type(sign)):
            return ast.Compare(node.left, [opposite()], node.comparators)
    return ast.UnaryOp(ast.Not(), node)
