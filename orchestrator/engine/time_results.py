"""What kind of value an expression of ours gives where a time is asked for, as far as it can be told before
it runs, and whether a time can come of it."""

from __future__ import annotations

import ast

from orchestrator.engine import (
    expressions,
    feel_temporal,
    timers,
    truths,
)
from orchestrator.engine.feel_temporal import (
    DATE,
    MOMENT,
    MONTHS,
    SPAN,
    TIME,
)
from orchestrator.sentences import say, sentence_of

TEXT, NUMBER, TRUTH, LIST, GROUP, NULL = (
    *("text", "number", "truth", "list", "group", "null"),
)
NAME = "name"
"""A word of a language, such as a day of the week."""
ANY = "any"
"""What is known when it runs."""
LASTING = "duration"
"""A duration of days and hours, or of months."""
TODAY = "today"
"""A day that always is over when the clock is set."""
_WORDS = {
    **dict.fromkeys(
        (TEXT, NAME),
        say("文字"),
    ),
    NUMBER: say("数字"),
    TRUTH: say("真假值"),
    LIST: say("列表"),
    GROUP: say("一组值"),
    NULL: say("空值"),
    TIME: say("时刻，没有日期"),
    TODAY: say("今天，设定时已经开始"),
    **dict.fromkeys((LASTING, SPAN, MONTHS), say("时长")),
    DATE: say("日期"),
    MOMENT: say("日期加时刻"),
}
_FROM_TEXT = {
    "date": DATE,
    "time": TIME,
    "date and time": MOMENT,
    "years and months duration": MONTHS,
    "last day of month": DATE,
    "day of week": NAME,
    "month of year": NAME,
    "day of year": NUMBER,
    "week of year": NUMBER,
    "is": TRUTH,
    "string join": TEXT,
    "split": LIST,
}
"""FEEL's function → the kind of what it gives."""
_OF_OURS = {
    **dict.fromkeys(
        ("str", "upper", "lower", "trim"),
        TEXT,
    ),
    **dict.fromkeys(
        ("len", "round", "int", "float"),
        NUMBER,
    ),
    "sorted": LIST,
    "put": GROUP,
}
_POINTS = (
    DATE,
    TIME,
    MOMENT,
)
_LENGTHS = (
    SPAN,
    MONTHS,
    LASTING,
)
_ZEROS = {
    SPAN: "PT0S",
    MONTHS: "P0M",
}
FOLLOW_UP = "followUpDate"
"""The form of a task's follow-up: a day that has begun is one."""
_ONCE = (
    TEXT,
    ANY,
    *_LENGTHS,
    MOMENT,
    DATE,
)
_FITTING = {
    "timeCycle": (TEXT, ANY),
    "timeDuration": _ONCE,
    "timeDate": _ONCE,
    FOLLOW_UP: (*_ONCE, TODAY),
}


def objection(ours: str, form: str) -> str:
    """Why the expression never gives a timer of that form, or does not in one branch of a choice, as a
    Chinese clause; empty where it may, and for what is no expression, which its own check tells."""
    try:
        expressions.compile_checked(ours)
    except expressions.ExpressionRefused:
        return ""
    tree = ast.parse(ours.strip(), mode="eval").body
    leaves = _leaves(tree)
    if len(leaves) > 1:
        # In one branch nothing may be given, which stops the instance if it is taken.
        leaves = [leaf for leaf in leaves if _kind(leaf) != NULL]
    problems = (_of_leaf(leaf, form) for leaf in leaves)
    return next(filter(None, problems), "")


def at_once(ours: str) -> str:
    """The expression, of which a duration below zero is one that is over at once, as in Camunda 8: our timers
    take none. Of a choice each branch is looked at alone. Raises SyntaxError for what is no expression."""
    tree = ast.parse(ours.strip(), mode="eval").body
    if isinstance(tree, ast.IfExp):
        return _of_choice(tree, ours)
    kind = _kind(tree)
    if kind not in _LENGTHS or not _may_be_below_zero(tree):
        return ours
    if kind == LASTING:
        return f"max({ours}, ({ours}) * 0)"
    return f'max({ours}, feel("duration", "{_ZEROS[kind]}"))'


def _of_choice(tree: ast.IfExp, ours: str) -> str:
    written = [ast.unparse(node) for node in (tree.body, tree.orelse)]
    body, orelse = map(at_once, written)
    if [body, orelse] == written:
        return ours
    return f"({body}) if {ast.unparse(tree.test)} else ({orelse})"


def _may_be_below_zero(tree: ast.expr) -> bool:
    """Whether something is taken away in it, or multiplied or divided by what may be below zero."""
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp) and isinstance(
            node.op,
            (ast.Mult, ast.Div),
        ):
            sides = (node.left, node.right)
            if not any(isinstance(side, ast.Constant) for side in sides):
                return True
        if isinstance(
            node,
            (ast.USub, ast.Sub),
        ):
            return True
        if _function(node) == "years and months duration":
            return True
    return False


def _leaves(node: ast.expr) -> list[ast.expr]:
    """What the expression may give: the branches of a choice."""
    if isinstance(node, ast.IfExp):
        return [*_leaves(node.body), *_leaves(node.orelse)]
    return [node]


def _of_leaf(
    node: ast.expr,
    form: str,
) -> str:
    if isinstance(
        node,
        ast.Constant,
    ) and isinstance(node.value, str):
        return _of_text(node.value, form)
    kind = _kind(node)
    if kind in _FITTING[form]:
        return ""
    if form == "timeCycle" and kind in _LENGTHS:
        return say("结果是时长，周期请写成 cycle(时长)")
    return say("结果是{kind}，不是时限", kind=_WORDS[kind])


def _of_text(
    text: str,
    form: str,
) -> str:
    try:
        timers.check_text(form, text)
    except timers.TimerTextInvalid as invalid:
        return sentence_of(invalid)
    return ""


def _kind(node: ast.expr) -> str:
    """The kind of value that the node gives, whatever the variables are; ANY where they decide."""
    if isinstance(node, ast.Constant):
        return _of_constant(node.value)
    if isinstance(node, ast.Name):
        words = {
            "null": NULL,
            "None": NULL,
            "true": TRUTH,
            "false": TRUTH,
        }
        return words.get(node.id, ANY)
    if isinstance(
        node,
        (ast.List, ast.ListComp, ast.Tuple),
    ):
        return LIST
    if isinstance(node, ast.IfExp):
        return _shared([node.body, node.orelse])
    if isinstance(node, ast.Call):
        return _of_call(node)
    if isinstance(node, ast.Attribute):
        return _of_part(node)
    if isinstance(node, ast.BinOp):
        return _of_calculation(node)
    if isinstance(
        node,
        ast.UnaryOp,
    ) and isinstance(node.op, ast.USub):
        return _kind(node.operand)
    if truths.is_truth(ast.unparse(node)):
        return TRUTH
    return ANY


def _of_constant(value: object) -> str:
    if value is None:
        return NULL
    if isinstance(value, bool):
        return TRUTH
    return TEXT if isinstance(value, str) else NUMBER


def _shared(nodes: list[ast.expr]) -> str:
    """The one kind of all these; what is nothing goes with any."""
    kinds = {_kind(node) for node in nodes} - {NULL}
    return kinds.pop() if len(kinds) == 1 else ANY


def _function(node: ast.AST) -> str:
    """The function that is called, of FEEL's own by the name that stands in it."""
    if not isinstance(
        node,
        ast.Call,
    ) or not isinstance(node.func, ast.Name):
        return ""
    name = node.func.id
    if name not in ("feel", "clock") or not node.args:
        return name
    first = node.args[0]
    return str(first.value) if isinstance(first, ast.Constant) else name


def _of_call(node: ast.Call) -> str:
    name = _function(node)
    if name == "now":
        return MOMENT
    if name == "today":
        return TODAY
    count = len(node.args)
    if name == "duration" and count == 2:
        return _of_duration(node.args[1])
    if name in ("min", "max") and count > 1:
        return _shared(node.args)
    if name == "abs" and count == 1:
        return _kind(node.args[0])
    if truths.is_truth(ast.unparse(node)):
        return TRUTH
    return _FROM_TEXT.get(name) or _OF_OURS.get(name) or ANY


def _of_duration(given: ast.expr) -> str:
    """A written one says whether it counts months."""
    if isinstance(given, ast.Constant):
        found = feel_temporal.read(given.value)
        if found is not None:
            return found.kind
    return LASTING


def _of_part(node: ast.Attribute) -> str:
    kind = _kind(node.value)
    if kind in (*_POINTS, TODAY, *_LENGTHS):
        return SPAN if node.attr == "time offset" else NUMBER
    return ANY


def _of_calculation(node: ast.BinOp) -> str:
    left, right = (
        DATE if kind == TODAY else kind
        for kind in (_kind(node.left), _kind(node.right))
    )
    if TEXT in (left, right) and isinstance(node.op, ast.Add):
        return TEXT
    takes = isinstance(node.op, ast.Sub)
    if takes and right in _POINTS:
        return SPAN
    if isinstance(
        node.op,
        (ast.Add, ast.Sub),
    ):
        return _of_sum(left, right)
    if left in _LENGTHS and right in _LENGTHS:
        return NUMBER
    if left == right == NUMBER:
        return NUMBER
    if isinstance(node.op, ast.Div):
        if left in _LENGTHS:
            return left
        return ANY
    return next((kind for kind in (left, right) if kind in _LENGTHS), ANY)


def _of_sum(left: str, right: str) -> str:
    for one, other in ((left, right), (right, left)):
        if one in _POINTS and other in _LENGTHS:
            return one
        if one == LASTING and other in _LENGTHS:
            return other
        if one == NUMBER and other == ANY:
            return NUMBER
    return left if left == right else ANY
