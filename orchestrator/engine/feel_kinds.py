"""What FEEL makes of two values of different kinds beside each other (DMN 1.5, 10.3.2.13): neither the same
nor different, but null. Since the fifth edition of the rules."""

from __future__ import annotations

import ast

from orchestrator.engine import language_parts, truths
from orchestrator.engine.translating import (
    ADD,
    ATOM,
    COMPARE,
    OR,
    TERNARY,
    Part,
    bound,
    negated,
    short,
)

_DIFFERS = "differs"
_MISSES = "misses"
"""What `fits` says, negated."""
_ORDERS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
_EQUALS = (ast.Eq, ast.NotEq)
_MEMBERS = (ast.In, ast.NotIn)
_WORDS = ("true", "false")


def negation(part: Part) -> Part:
    """FEEL's `not(…)`: true where the part is false, and not where it is unknown."""
    node = _read(part[0])
    if not isinstance(
        node,
        ast.IfExp,
    ) and not truths.is_truth(part[0]):
        return f"{bound(part, ADD)} is false", COMPARE
    turned = truths.turned(_Plain().visit(node))
    return truths.written(_Apart().visit(turned))


def value(part: Part) -> Part:
    """The part as a value of FEEL: null where it is neither true nor false. Raises Untranslatable where it
    becomes too long."""
    if not is_open(part):
        return part
    fails = bound(
        negation(part),
        OR,
    )
    return short(
        f"true if {bound(part, OR)} else (false if {fails} else null)",
        TERNARY,
    )


def equality(
    left: Part,
    operator: str,
    right: Part,
) -> Part:
    """`=` or `!=` of FEEL (`operator` as we write it). Raises Untranslatable for two written values of two
    kinds."""
    language_parts.require_one_kind(
        left,
        right,
    )
    for one, other in ((left, right), (right, left)):
        if not is_open(one) or other[0] not in _WORDS:
            continue
        # Null is neither true nor false, and so differs from both.
        holds = one if other[0] == "true" else negation(one)
        known = holds if operator == "==" else negated(holds)
        return f"bool({known[0]})", ATOM
    if left[0] not in _WORDS and right[0] not in _WORDS:
        left, right = value(left), value(right)
    if operator == "==":
        return f"{bound(left, ADD)} == {bound(right, ADD)}", COMPARE
    node = _read(f"{bound(left, ADD)} != {bound(right, ADD)}")
    return truths.written(_Apart().visit(node))


def is_open(part: Part) -> bool:
    """Whether it is a truth that may be unknown."""
    return truths.is_truth(part[0]) and _is_open(_read(part[0]))


def _is_open(node: ast.AST) -> bool:
    """Whether a comparison of what may be unknown decides it. What a function makes of one is known."""
    if isinstance(
        node,
        ast.Compare,
    ):
        sign = node.ops[0]
        if isinstance(
            sign,
            _EQUALS,
        ):
            return not _are_one_kind(
                node.left,
                node.comparators[0],
            )
        if isinstance(
            sign,
            _MEMBERS,
        ):
            listed = node.comparators[0]
            return isinstance(
                listed,
                ast.List,
            ) and bool(listed.elts)
        return isinstance(
            sign,
            (*_ORDERS, ast.Is),
        )
    if isinstance(
        node,
        ast.Call,
    ):
        loop = node.args[0] if node.args else None
        if isinstance(
            loop,
            ast.GeneratorExp,
        ):
            return _is_open(loop.elt)
        return _name_of(node) in (_DIFFERS, _MISSES, "fits")
    return any(
        map(
            _is_open,
            ast.iter_child_nodes(node),
        )
    )


def _are_one_kind(
    left: ast.expr,
    right: ast.expr,
) -> bool:
    """Whether the two always are of one kind, or one of them is null, which every value may be compared
    with."""
    kinds = {_kind(left), _kind(right)}
    return "null" in kinds or (len(kinds) == 1 and None not in kinds)


def _kind(node: ast.expr) -> str | None:
    """The kind of value that the node always gives; None where it is not known beforehand."""
    if isinstance(
        node,
        ast.Name,
    ):
        words = {"true": "truth", "false": "truth", "null": "null"}
        return words.get(node.id)
    if isinstance(
        node,
        ast.Constant,
    ):
        named = {str: "text", int: "number", float: "number", bool: "truth"}
        return named.get(type(node.value))
    if isinstance(
        node,
        (ast.List, ast.ListComp),
    ):
        return "list"
    text = ast.unparse(node)
    if truths.is_truth(text):
        return "truth"
    return "number" if truths.is_number(text) else None


class _Apart(ast.NodeTransformer):
    """`a != b` is true of two values of one kind alone."""

    def visit_Compare(
        self,
        node: ast.Compare,
    ) -> ast.expr:
        self.generic_visit(node)
        left, sign, right = node.left, node.ops[0], node.comparators[0]
        if isinstance(
            sign,
            ast.NotEq,
        ) and not _are_one_kind(
            left,
            right,
        ):
            return _call(
                _DIFFERS,
                [left, right],
            )
        if (
            isinstance(
                sign,
                ast.NotIn,
            )
            and isinstance(
                right,
                ast.List,
            )
            and right.elts
        ):
            return _call(
                _DIFFERS,
                [left, *right.elts],
            )
        return node

    def visit_UnaryOp(
        self,
        node: ast.UnaryOp,
    ) -> ast.expr:
        self.generic_visit(node)
        operand = node.operand
        if not isinstance(node.op, ast.Not) or not isinstance(
            operand,
            ast.Call,
        ):
            return node
        if _name_of(operand) != "fits":
            return node
        return _call(
            _MISSES,
            operand.args,
        )


class _Plain(ast.NodeTransformer):
    """As a negation is turned around: `differs(a, b)` is `a != b` there."""

    def visit_Call(
        self,
        node: ast.Call,
    ) -> ast.expr:
        self.generic_visit(node)
        if _name_of(node) == _MISSES:
            return ast.UnaryOp(
                ast.Not(),
                _call(
                    "fits",
                    node.args,
                ),
            )
        if _name_of(node) != _DIFFERS:
            return node
        left, *others = node.args
        if len(others) == 1:
            return ast.Compare(
                left,
                [ast.NotEq()],
                others,
            )
        listed = ast.List(
            others,
            ast.Load(),
        )
        return ast.Compare(
            left,
            [ast.NotIn()],
            [listed],
        )


def _call(
    name: str,
    arguments: list[ast.expr],
) -> ast.Call:
    return ast.Call(
        ast.Name(
            name,
            ast.Load(),
        ),
        arguments,
        [],
    )


def _name_of(node: ast.AST) -> str:
    if isinstance(
        node,
        ast.Call,
    ) and isinstance(
        node.func,
        ast.Name,
    ):
        return node.func.id
    return ""


def _read(text: str) -> ast.expr:
    return ast.parse(
        text.strip(),
        mode="eval",
    ).body
