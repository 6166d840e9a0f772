"""What counts as true in the languages of other tools.

Python and ours take any text that is not empty for true. In FEEL only `true` is true, and what is unknown is
neither true nor, negated, true. JUEL takes every text but `true` for false.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from orchestrator.engine.syntaxes import COUNTS
from orchestrator.engine.translating import (
    ADD,
    AND,
    ATOM,
    COMPARE,
    MULTIPLY,
    NOT,
    OR,
    TERNARY,
    UNARY,
    Part,
    Untranslatable,
    bound,
    negated,
    short,
)
from orchestrator.sentences import say

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
_TURNED = (*_ORDERS, ast.Is, ast.IfExp)
"""In a truth that may be unknown, so that `not` in front of it says too much."""
_STRENGTHS: dict[type[ast.AST], int] = {
    ast.IfExp: TERNARY,
    ast.Or: OR,
    ast.And: AND,
    ast.Not: NOT,
    ast.Compare: COMPARE,
    ast.BinOp: ADD,
    ast.USub: UNARY,
    ast.UAdd: UNARY,
}
"""How tightly each kind of node binds; every calculation as loosely as the loosest."""
_TRUTH_FUNCTIONS = frozenset(
    (
        *("defined", "bool", "any", "all", "truth", "fits", "differs"),
        *("misses", "same", "alike"),
    ),
)
_NUMBER_FUNCTIONS = frozenset(
    ("len", "sum", "abs", "round", "int", "float"),
)
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
    ast.ListComp,
    ast.GeneratorExp,
)
"""What JUEL cannot say."""


def feel_truth(part: Part) -> Part:
    """The part as a truth of FEEL: only `true` itself."""
    return _truth(part, "is")


def juel_truth(part: Part) -> Part:
    """The part as a truth of JUEL. The text `true`, which counts there, is refused when it is compared."""
    return _truth(part, "==")


def only_truth(part: Part) -> Part:
    """A whole condition of Camunda 7, Flowable or Camunda 8: a text, a number or nothing is no answer there,
    and stops the instance."""
    if is_truth(part[0]):
        return part
    return f"truth({part[0]})", ATOM


def feel_not(part: Part) -> Part:
    """FEEL's `not(…)`: what is unknown stays unknown, which is not true."""
    node = _read(part[0])
    if not isinstance(node, ast.IfExp) and not is_truth(part[0]):
        return f"{bound(part, ADD)} is false", COMPARE
    if not any(isinstance(inner, _TURNED) for inner in ast.walk(node)):
        return negated(part)
    return written(turned(node))


def feel_order(left: Part, operator: str, right: Part) -> Part:
    """`<=` or `>=` of FEEL: of two values that are both unknown it is not true, as it is with us and in JUEL.
    A written value beside the other is enough to tell."""
    text = f"{bound(left, ADD)} {operator} {bound(right, ADD)}"
    if operator not in ("<=", ">=") or _is_written(left) or _is_written(right):
        return text, COMPARE
    return short(f"{text} and {bound(right, ADD)} is not null", AND)


def feel_equal(left: Part, operator: str, right: Part) -> Part | None:
    """`=` or `!=` of FEEL beside a truth that may be unknown; None where neither side is one. Raises
    Untranslatable where neither is `true` or `false`."""
    for one, other in ((left, right), (right, left)):
        if not _may_be_unknown(one[0]):
            continue
        if other[0] not in _WORDS:
            raise Untranslatable(
                say("比较的结果不能再与别的值比较，请先存成变量"),
            )
        holds = one if other[0] == "true" else feel_not(one)
        return holds if operator == "==" else negated(holds)
    return None


def _may_be_unknown(text: str) -> bool:
    return is_truth(text) and _asks_unknown(_read(text))


def _asks_unknown(node: ast.AST) -> bool:
    """Whether a comparison of what may be unknown decides it. What a function or another comparison makes of
    one is known."""
    if isinstance(node, ast.Compare):
        return isinstance(node.ops[0], (*_ORDERS, ast.Is))
    if isinstance(node, ast.Call):
        return _turned_loop(node) is not None and any(
            _asks_unknown(loop.elt)
            for loop in node.args
            if isinstance(loop, ast.GeneratorExp)
        )
    return any(map(_asks_unknown, ast.iter_child_nodes(node)))


def _is_written(part: Part) -> bool:
    """Whether it is a number or a text itself, or a count that always is one."""
    if part[0] in COUNTS.values():
        return True
    try:
        return ast.literal_eval(part[0].strip()) is not None
    except (ValueError, SyntaxError):
        return False


def juel_sum(left: Part, right: Part) -> Part:
    """JUEL's `+`, which adds numbers and never joins texts; with us it does either. Raises Untranslatable for
    a text."""
    if any(_is_text(side) for side in (left, right)):
        raise Untranslatable(
            say("“+”在那里只用于数字，不拼接文字，请改写成文字模板"),
        )
    if _is_number(_read(left[0])) or _is_number(_read(right[0])):
        return f"{bound(left, ADD)} + {bound(right, MULTIPLY)}", ADD
    return f"sum([{left[0]}, {right[0]}])", ATOM


def _is_text(part: Part) -> bool:
    node = _read(part[0])
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _is_number(node: ast.AST) -> bool:
    """Whether it gives a number, whatever the variables are."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, (int, float))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _is_number(node.left) or _is_number(node.right)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.func.id in _NUMBER_FUNCTIONS
    return isinstance(node, (ast.BinOp, ast.UnaryOp)) and not isinstance(
        getattr(node, "op", None),
        ast.Not,
    )


def is_number(text: str) -> bool:
    """Whether the expression of ours gives a number, whatever the variables are."""
    return _is_number(_read(text))


def is_truth(text: str) -> bool:
    """Whether the expression of ours gives true or false, whatever the variables are."""
    return _is_truth(_read(text))


def counts_texts(node: ast.AST) -> bool:
    """Whether an expression, as Python reads it, takes something for true, adds what may be texts or
    calculates a remainder that JUEL takes otherwise. One that JUEL cannot say is ours."""
    nodes = list(ast.walk(node))
    if _is_ours_alone(nodes):
        return False
    return any(
        isinstance(inner, ast.Mod)
        or (
            isinstance(inner, ast.BinOp)
            and isinstance(inner.op, ast.Add)
            and not _is_number(inner)
        )
        or (
            isinstance(inner, (ast.BoolOp, ast.UnaryOp)) and _asks_texts(inner)
        )
        for inner in nodes
    )


def is_ours_alone(text: str) -> bool:
    """Whether the expression says something that JUEL cannot."""
    return _is_ours_alone(ast.walk(_read(text)))


def _is_ours_alone(nodes: Iterable[ast.AST]) -> bool:
    return any(isinstance(inner, _OURS_ALONE) for inner in nodes)


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


def written(node: ast.expr) -> Part:
    """The node as a part: brackets that stood around it are gone from its text."""
    if isinstance(node, (ast.BoolOp, ast.UnaryOp)):
        strength = _STRENGTHS[type(node.op)]
    else:
        strength = _STRENGTHS.get(type(node), ATOM)
    return ast.unparse(node), strength


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


def turned(node: ast.expr) -> ast.expr:
    """What is true where the truth is false; where it is unknown, neither is."""
    if isinstance(node, ast.BoolOp):
        other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        parts = [
            turned(value) for value in node.values if not _is_guard(value)
        ]
        return ast.BoolOp(other, parts) if len(parts) > 1 else parts[0]
    if loop := _turned_loop(node):
        return loop
    if isinstance(node, ast.IfExp):
        first, second = turned(node.body), turned(node.orelse)
        return ast.IfExp(node.test, first, second)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return node.operand
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        (sign,) = node.ops
        (right,) = node.comparators
        if isinstance(sign, ast.Is) and isinstance(right, ast.Name):
            word = _WORDS[right.id == "true"]
            return ast.Compare(node.left, [sign], [ast.Name(word)])
        if isinstance(sign, (ast.Lt, ast.Gt)):
            operator = ">=" if isinstance(sign, ast.Lt) else "<="
            sides = written(node.left), written(right)
            return _read(feel_order(sides[0], operator, sides[1])[0])
        if opposite := _OPPOSITES.get(type(sign)):
            return ast.Compare(node.left, [opposite()], node.comparators)
    if not _is_truth(node):
        return ast.Compare(node, [ast.Is()], [ast.Name("false")])
    return ast.UnaryOp(ast.Not(), node)


def _turned_loop(node: ast.expr) -> ast.expr | None:
    """FEEL's `some` and `every`: some entry is not, or every one; None for anything else."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
        return None
    other = {"any": "all", "all": "any"}.get(node.func.id)
    loop = node.args[0] if node.args else None
    if other is None or not isinstance(loop, ast.GeneratorExp):
        return None
    opposite = ast.GeneratorExp(turned(loop.elt), loop.generators)
    return ast.Call(ast.Name(other), [opposite], [])


def _is_guard(node: ast.expr) -> bool:
    """What `feel_order` adds to a comparison: nothing else is written with `is not` where it is one of
    several conditions."""
    return isinstance(node, ast.Compare) and any(
        isinstance(sign, ast.IsNot) for sign in node.ops
    )


def means_otherwise(text: str) -> bool:
    """Whether an expression of ours means something else in the others.

    `a == b == c` is one chain here, `execution` is the running instance there, a text is no truth and has no
    entries there.
    """
    tree = ast.parse(text.strip(), mode="eval")
    if counts_texts(tree):
        return True
    nodes = list(ast.walk(tree))
    chained = any(
        isinstance(node, ast.Compare) and len(node.ops) > 1 for node in nodes
    )
    return (
        chained
        or any(_picks_by_place(node) for node in nodes)
        or any(_asks_execution(node) for node in nodes)
    )


def _picks_by_place(node: ast.AST) -> bool:
    """Whether it is `holder[…]` with anything but a written name."""
    if not isinstance(node, ast.Subscript):
        return False
    place = node.slice
    return not (
        isinstance(place, ast.Constant) and isinstance(place.value, str)
    )


def _asks_execution(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "execution"
    )
