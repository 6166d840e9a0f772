"""Which variables an expression cannot do without, and which it reads only where it has made sure of them:
`defined("x") and x > 3`."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from functools import lru_cache

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
        asked = _asked_for(node)
        if holds and asked:
            return frozenset({asked})
        if not self.lenient:
            return _NONE
        if isinstance(node, ast.Name):
            if holds:
                return frozenset({node.id})
            return _NONE
        name, is_none = _compared_with_nothing(node)
        if not name:
            return _NONE
        if is_none is holds:
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
        elif self.lenient and (
            isinstance(node, ast.Name) or _compared_with_nothing(node)[0]
        ):
            return
        elif isinstance(node, ast.Compare | ast.UnaryOp):
            for child in ast.iter_child_nodes(node):
                yield from self.needed(child, sure)
        else:
            yield from self.needed(node, sure)

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
    if not isinstance(node, ast.Call):
        return ""
    function = node.func
    if not isinstance(function, ast.Name):
        return ""
    if function.id != "defined":
        return ""
    for given in node.args:
        if isinstance(given, ast.Constant):
            return str(given.value)
    return ""


def _compared_with_nothing(node: ast.expr) -> tuple[str, bool]:
    """`x` of `x is None` and of `x is not None`, and whether it is the first; an empty name for anything
    else."""
    if not isinstance(node, ast.Compare):
        return "", False
    if len(node.ops) != 1:
        return "", False
    operator = node.ops[0]
    sides = (node.left, node.comparators[0])
    others = [side for side in sides if not _is_nothing(side)]
    if len(others) != 1:
        return "", False
    (asked,) = others
    if not isinstance(asked, ast.Name):
        return "", False
    if isinstance(operator, ast.Is | ast.Eq):
        return asked.id, True
    if isinstance(operator, ast.IsNot | ast.NotEq):
        return asked.id, False
    return "", False


def _is_nothing(node: ast.expr) -> bool:
    """Whether it is `None` or `null`."""
    if isinstance(node, ast.Name):
        return node.id == "null"
    return isinstance(node, ast.Constant) and node.value is None
