"""Which variables an expression cannot do without, and which it reads only where it has made sure of them:
`defined("x") and x > 3`."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TypeGuard

from orchestrator.engine import expressions
from orchestrator.engine.loops import LOOPS, target_of
from orchestrator.engine.walking import LITERALS

_Names = frozenset[str]
_NONE: _Names = frozenset()


@lru_cache(maxsize=4096)
def names_needed(
    text: str, script: bool = False, lenient: bool = False
) -> _Names:
    """Variables whose absence stops the expression or script or, where it is `lenient`, leaves a hole in what
    it gives. Raises ExpressionRefused."""
    read = expressions.names_read(text, script)
    walk = _Walk(lenient)
    if script:
        found = walk.block(ast.parse(text.strip()).body, _NONE)
    else:
        tree = ast.parse(expressions.unwrap(text), mode="eval")
        found = walk.needed(tree.body, _NONE)
    return read & frozenset(found)


class _Walk:
    def __init__(self, lenient: bool) -> None:
        self.lenient = lenient
        """Whether a missing variable is read as nothing."""

    def block(
        self,
        statements: Sequence[ast.stmt],
        sure: _Names,
    ) -> Iterator[str]:
        """What the statements need where the names in `sure` have a value."""
        for statement in statements:
            if isinstance(statement, ast.If):
                test = statement.test
                yield from self._asked(test, sure)
                known = sure | self.when(test)
                yield from self.block(statement.body, known)
                known = sure | self.when(test, False)
                yield from self.block(statement.orelse, known)
            elif isinstance(statement, ast.Assign | ast.AugAssign):
                yield from self.needed(statement.value, sure)

    def needed(
        self,
        node: ast.AST,
        sure: _Names,
    ) -> Iterator[str]:
        """The names that are looked up in the node and are not in `sure`."""
        if isinstance(node, ast.Name):
            yield from {node.id} - sure - LITERALS.keys()
        elif isinstance(node, ast.BoolOp):
            yield from self._one_after_another(node, sure)
        elif isinstance(node, ast.IfExp):
            yield from self._asked(node.test, sure)
            known = sure | self.when(node.test)
            yield from self.needed(node.body, known)
            known = sure | self.when(node.test, False)
            yield from self.needed(node.orelse, known)
        elif isinstance(node, ast.Compare | ast.UnaryOp):
            yield from self._asked(node, sure)
        elif isinstance(node, LOOPS):
            yield from self._loop(node, sure)
        elif isinstance(node, ast.Call):
            for part in node.args:
                yield from self.needed(part, sure)
        else:
            for child in ast.iter_child_nodes(node):
                yield from self.needed(child, sure)

    def when(self, node: ast.expr, holds: bool = True) -> _Names:
        """The names that have a value where the node holds, or where it does not."""
        denied = _denied(node)
        if denied:
            return self.when(denied, not holds)
        if isinstance(node, ast.BoolOp):
            parts = [self.when(value, holds) for value in node.values]
            if isinstance(node.op, ast.And) is holds:
                return _NONE.union(*parts)
            return parts[0].intersection(*parts[1:])
        compared = _compared(node)
        if compared:
            return self._when_compared(
                *compared,
                holds,
            )
        if not holds:
            return _NONE
        asked = _asked_for(node)
        if asked:
            return frozenset({asked})
        return self._looked_up(node)

    def _when_compared(
        self,
        asked: ast.expr,
        literal: bool | None,
        is_same: bool,
        holds: bool,
    ) -> _Names:
        """As `when`, of `asked == literal`, or of `!=` where it `is_same` no more."""
        if literal is not None:
            if not _asked_for(asked):
                return _NONE
            is_so = literal is is_same
            return self.when(
                asked,
                holds is is_so,
            )
        if is_same is holds:
            return _NONE
        return self._looked_up(asked)

    def _looked_up(
        self,
        node: ast.expr,
    ) -> _Names:
        """The variable that the node is and that is nothing where it has no value; none for anything else."""
        if isinstance(node, ast.Name):
            if self.lenient:
                return frozenset({node.id})
            return _NONE
        if not _is_call(node, "variable"):
            return _NONE
        given, *others = node.args
        for other in others:
            if not _is_nothing(other):
                return _NONE
        name = _text(given)
        if not name:
            return _NONE
        return frozenset({name})

    def _one_after_another(
        self,
        node: ast.BoolOp,
        sure: _Names,
    ) -> Iterator[str]:
        goes_on = isinstance(node.op, ast.And)
        for value in node.values[:-1]:
            yield from self._asked(value, sure)
            sure |= self.when(value, goes_on)
        yield from self.needed(node.values[-1], sure)

    def _asked(
        self,
        node: ast.expr,
        sure: _Names,
    ) -> Iterator[str]:
        """As needed, of a node that only says yes or no: nothing in the place of a variable says no."""
        denied = _denied(node)
        if denied:
            yield from self._asked(denied, sure)
        elif self._looked_up(node) or self._is_compared_with_nothing(node):
            return
        elif isinstance(node, ast.Compare | ast.UnaryOp):
            for child in ast.iter_child_nodes(node):
                yield from self.needed(child, sure)
        else:
            yield from self.needed(node, sure)

    def _is_compared_with_nothing(
        self,
        node: ast.expr,
    ) -> bool:
        compared = _compared(node)
        if compared is None:
            return False
        asked, literal, _is_same = compared
        if literal is not None:
            return False
        return bool(self._looked_up(asked))

    def _loop(
        self,
        node: ast.ListComp | ast.GeneratorExp,
        sure: _Names,
    ) -> Iterator[str]:
        for part in node.generators:
            yield from self.needed(part.iter, sure)
            sure |= {target_of(part)}
            for test in part.ifs:
                yield from self._asked(test, sure)
                sure |= self.when(test)
        yield from self.needed(node.elt, sure)


def _denied(node: ast.AST) -> ast.expr | None:
    """`x` of `not x`; None for anything else."""
    if not isinstance(node, ast.UnaryOp):
        return None
    if isinstance(node.op, ast.Not):
        return node.operand
    return None


def _asked_for(node: ast.expr) -> str:
    """`x` of `defined("x")`; empty for anything else."""
    if _is_call(node, "defined"):
        return _text(node.args[0])
    return ""


def _is_call(
    node: ast.expr,
    name: str,
) -> TypeGuard[ast.Call]:
    """Whether it is a call of that function with arguments."""
    if not isinstance(node, ast.Call):
        return False
    if not node.args:
        return False
    function = node.func
    if not isinstance(function, ast.Name):
        return False
    return function.id == name


def _text(node: ast.expr) -> str:
    """The text that is written there; empty for anything else."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    return ""


def _compared(node: ast.expr) -> tuple[ast.expr, bool | None, bool] | None:
    """`a`, `None` and true of `a == None` or `a is None`, false at the end where they are to differ; with
    `True` or `False` likewise. None for anything else."""
    if not isinstance(node, ast.Compare):
        return None
    if len(node.ops) != 1:
        return None
    operator = node.ops[0]
    if not isinstance(operator, _ASKS_THE_SAME):
        return None
    left = node.left
    right = node.comparators[0]
    for asked, other in (
        (left, right),
        (right, left),
    ):
        literal = _literal(other)
        if literal is None or isinstance(literal, bool):
            return (
                asked,
                literal,
                isinstance(operator, ast.Is | ast.Eq),
            )
    return None


_ASKS_THE_SAME = (
    ast.Is,
    ast.Eq,
    ast.IsNot,
    ast.NotEq,
)


def _literal(node: ast.expr) -> object:
    """What the literal stands for; the node itself where it is none."""
    if isinstance(node, ast.Name):
        return LITERALS.get(node.id, node)
    if isinstance(node, ast.Constant):
        return node.value
    return node


def _is_nothing(node: ast.expr) -> bool:
    """Whether it is `None` or `null`."""
    return _literal(node) is None
