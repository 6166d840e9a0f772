"""The tree of an expression or script as closures over `operations`: what runs is ours, and each step counts
its work."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from orchestrator.engine import (
    comparing,
    decimals,
    feel_counting,
    feel_temporal,
    functions,
    loops,
    operations,
    sizes,
)
from orchestrator.engine.comparing import refuse_truths
from orchestrator.engine.decimals import Refused
from orchestrator.engine.editions import Edition
from orchestrator.engine.values import Value
from orchestrator.engine.visible_names import VisibleNames
from orchestrator.sentences import say


class ExpressionRefused(ValueError):
    """The text is outside the allowed subset; the message is a Chinese sentence for the designer."""


Step = Callable[[VisibleNames], Any]
LITERALS = {"true": True, "false": False, "null": None}
SPECIAL: dict[str, Callable[..., Any]] = {
    "defined": VisibleNames.is_defined,
    "variable": VisibleNames.value_or,
    "clock": VisibleNames.by_the_clock,
}
_CALCULATIONS: dict[
    type[ast.operator],
    tuple[str, Callable[[Any, Any], Any]],
] = {
    ast.Sub: (say("减号"), lambda left, right: left - right),
    ast.Mult: (say("乘号"), lambda left, right: left * right),
    ast.Div: (say("除号"), decimals.quotient),
    ast.FloorDiv: (say("整除号"), decimals.floor),
    ast.Mod: (say("百分号"), decimals.modulo),
}
_SIGNS: dict[type[ast.operator], str] = {
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
}
"""Operators that days, times and durations have too."""
_COMPARISONS: dict[type[ast.cmpop], comparing.Comparing] = {
    ast.Eq: comparing.compared,
    ast.NotEq: lambda left, right, spend, edition: (
        not comparing.compared(left, right, spend, edition)
    ),
    ast.Lt: comparing.ordered(lambda number: number < 0),
    ast.LtE: comparing.ordered(lambda number: number <= 0),
    ast.Gt: comparing.ordered(lambda number: number > 0),
    ast.GtE: comparing.ordered(lambda number: number >= 0),
    ast.In: lambda left, right, spend, edition: operations.contains(
        right,
        left,
        spend,
        edition,
    ),
    ast.NotIn: lambda left, right, spend, edition: (
        not operations.contains(right, left, spend, edition)
    ),
    ast.Is: comparing.same,
    ast.IsNot: lambda left, right, spend, edition: (
        not comparing.same(left, right, spend, edition)
    ),
}


@dataclass(frozen=True, slots=True)
class Program:
    """A compiled expression or script."""

    step: Step
    size: int
    """Nodes of its tree: the least work that a run takes."""
    stored: frozenset[str]
    """Variables that it sets."""
    read: frozenset[str]
    """Variables that it reads, without those it sets."""

    def run(self, scope: VisibleNames) -> Value:
        """The value of the expression, or what the script sets, as values of JSON. Raises Refused,
        Missing."""
        scope.spend(self.size)
        try:
            return sizes.plain(self.step(scope), scope.spend)
        except RecursionError:
            raise Refused(say("列表嵌套太深")) from None


def program(tree: ast.Module | ast.Expression) -> Program:
    """The tree, which the whitelist has passed, as a program. Raises ExpressionRefused for a name that cannot
    be set."""
    nodes = list(ast.walk(tree))
    names = list(loops.free_names(tree))
    called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    stored = {node.id for node in names if isinstance(node.ctx, ast.Store)}
    # A name like a function's is fine: the variable wins, and what stands before a bracket is the function.
    reserved = stored & LITERALS.keys()
    if reserved:
        raise ExpressionRefused(
            say(
                "“{listed}”是保留名称，不能赋值",
                listed="、".join(sorted(reserved)),
            ),
        )
    # An augmented assignment reads what it sets.
    read = {
        node.id
        for node in names
        if isinstance(node.ctx, ast.Load) and id(node) not in called
    } - LITERALS.keys()
    if isinstance(tree, ast.Module):
        step = _script(tree)
    else:
        step = _step(tree.body)
    return Program(
        step,
        len(nodes),
        frozenset(stored),
        frozenset(read - stored),
    )


def _script(tree: ast.Module) -> Step:
    block = _block(tree.body)

    def run(scope: VisibleNames) -> dict[str, Any]:
        block(scope)
        return scope.assigned

    return run


def _block(statements: list[ast.stmt]) -> Step:
    steps = [_statement(statement) for statement in statements]

    def run(scope: VisibleNames) -> None:
        for step in steps:
            step(scope)

    return run


def _statement(node: ast.stmt) -> Step:
    if isinstance(node, ast.If):
        return _choice(
            _step(node.test),
            _block(node.body),
            _block(node.orelse),
        )
    if isinstance(node, ast.Assign):
        return _assignment(
            [
                target.id
                for target in node.targets
                if isinstance(target, ast.Name)
            ],
            _step(node.value),
        )
    if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
        value = ast.BinOp(
            ast.Name(node.target.id, ast.Load()),
            node.op,
            node.value,
        )
        return _assignment([node.target.id], _step(value))
    return lambda scope: None


def _assignment(names: list[str], value: Step) -> Step:
    def run(scope: VisibleNames) -> None:
        result = value(scope)
        scope.assigned.update(dict.fromkeys(names, result))

    return run


def _choice(test: Step, then: Step, otherwise: Step) -> Step:
    return lambda scope: (
        then(scope) if comparing.truth(test(scope)) else otherwise(scope)
    )


def _step(node: ast.expr) -> Step:
    return _STEPS[type(node)](node)


def _constant(node: ast.Constant) -> Step:
    value = (
        Decimal(repr(node.value))
        if isinstance(node.value, float)
        else node.value
    )
    return lambda scope: value


def _name(node: ast.Name) -> Step:
    name = node.id
    if name in LITERALS:
        literal = LITERALS[name]
        return lambda scope: literal
    return lambda scope: scope.look_up(name)


def _logic(node: ast.BoolOp) -> Step:
    parts = [_step(value) for value in node.values]
    stops = isinstance(node.op, ast.Or)

    def run(scope: VisibleNames) -> Any:
        value = None
        for part in parts:
            value = part(scope)
            if comparing.truth(value) is stops:
                return value
        return value

    return run


def _unary(node: ast.UnaryOp) -> Step:
    operand = _step(node.operand)
    if isinstance(node.op, ast.Not):
        return lambda scope: not comparing.truth(operand(scope))
    negative = isinstance(node.op, ast.USub)
    what = say("负号") if negative else say("正号")

    def run(scope: VisibleNames) -> Any:
        value = operand(scope)
        if feel_temporal.is_one(value) and negative:
            return feel_counting.negated(value)
        refuse_truths([value], what, scope.edition)
        counted = decimals.number(value, what)
        return -counted if negative else counted

    return run


def _binary(node: ast.BinOp) -> Step:
    left = _step(node.left)
    right = _step(node.right)
    what, operation = _CALCULATIONS.get(type(node.op), (say("加号"), None))
    sign = _SIGNS.get(type(node.op), "%")

    def run(scope: VisibleNames) -> Any:
        values = left(scope), right(scope)
        refuse_truths(values, what, scope.edition)
        if operation is None:
            return operations.add(*values, scope.spend)
        if feel_temporal.are_points(sign, *values):
            return feel_counting.calculated(sign, *values, what)
        return decimals.calculate(operation, *values, what)

    return run


def _compare(node: ast.Compare) -> Step:
    first = _step(node.left)
    rest = [
        (_COMPARISONS[type(op)], _step(value))
        for op, value in zip(node.ops, node.comparators, strict=True)
    ]

    def run(scope: VisibleNames) -> bool:
        left = first(scope)
        for comparison, step in rest:
            right = step(scope)
            if not comparison(left, right, scope.spend, scope.edition):
                return False
            left = right
        return True

    return run


def _listed(node: ast.List | ast.Tuple) -> Step:
    parts = [_step(value) for value in node.elts]
    return lambda scope: [part(scope) for part in parts]


def _grouped(node: ast.Dict) -> Step:
    parts = [
        (_step(key), _step(value))
        for key, value in zip(node.keys, node.values, strict=True)
        if key is not None
    ]
    return lambda scope: {
        operations.key_of(key(scope)): value(scope) for key, value in parts
    }


def _subscript(node: ast.Subscript) -> Step:
    holder = _step(node.value)
    if not isinstance(node.slice, ast.Slice):
        key = _step(node.slice)
        return lambda scope: operations.pick(
            holder(scope),
            key(scope),
            scope.spend,
        )
    ends = [
        None if value is None else _step(value)
        for value in (node.slice.lower, node.slice.upper, node.slice.step)
    ]

    def run(scope: VisibleNames) -> Any:
        results = [
            None if end is None else operations.bound(end(scope))
            for end in ends
        ]
        if results[2] == 0:
            raise Refused(say("切片的步长不能是零"))
        return operations.pick(holder(scope), slice(*results), scope.spend)

    return run


def _entries(given: list[Any]) -> list[Any]:
    """The values, those that stand in lists written out."""
    return [
        value
        for part in given
        for value in (part if isinstance(part, (list, tuple)) else [part])
    ]


def _call(node: ast.Call) -> Step:
    if isinstance(node.func, ast.Name):
        name = node.func.id
    else:
        name = ""
    parts = [_step(arg) for arg in node.args]

    def run(scope: VisibleNames) -> Any:
        given = [part(scope) for part in parts]
        try:
            if name == "str" and scope.edition is Edition.FIRST:
                return sizes.text_of(given[0], scope.spend, *given[1:])
            if name in functions.OF_NUMBERS:
                refuse_truths(_entries(given), f"{name} ", scope.edition)
            if name in SPECIAL:
                return SPECIAL[name](scope, *given)
            return functions.FUNCTIONS[name](scope.spend, given)
        except (TypeError, IndexError):
            raise Refused(say("{name} 的参数个数不对", name=name)) from None

    return run


def _attribute(node: ast.Attribute) -> Step:
    holder = _step(node.value)
    name = node.attr
    return lambda scope: operations.member(holder(scope), name)


def _conditional(node: ast.IfExp) -> Step:
    return _choice(_step(node.test), _step(node.body), _step(node.orelse))


def _loop(node: ast.ListComp | ast.GeneratorExp) -> Step:
    return loops.step(node, _step)


_STEPS: dict[type[ast.expr], Callable[[Any], Step]] = {
    ast.ListComp: _loop,
    ast.GeneratorExp: _loop,
    ast.Constant: _constant,
    ast.Name: _name,
    ast.BoolOp: _logic,
    ast.UnaryOp: _unary,
    ast.BinOp: _binary,
    ast.Compare: _compare,
    ast.List: _listed,
    ast.Tuple: _listed,
    ast.Dict: _grouped,
    ast.Subscript: _subscript,
    ast.Call: _call,
    ast.Attribute: _attribute,
    ast.IfExp: _conditional,
}
