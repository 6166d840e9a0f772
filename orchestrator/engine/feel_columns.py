"""Why the cells of a column of days, times, durations, numbers or truths would never decide: they compare its
value with one of another kind, which is never the same and has no order with it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from orchestrator.engine import cells, feel_temporal, feel_types
from orchestrator.engine.feel_temporal import DATE, DURATIONS, MOMENT, TIME
from orchestrator.sentences import say

_DURATION = "duration"
_LIKE = {
    _DURATION: (_DURATION,),
    DATE: (DATE, MOMENT),
    MOMENT: (DATE, MOMENT),
    TIME: (TIME,),
}
"""Kind of a column → kinds with which its values compare."""
_CALLED = {
    **{name: name for name in _LIKE},
    **dict.fromkeys(DURATIONS, _DURATION),
    "today": DATE,
    "now": MOMENT,
}
_COMPARED_BY = ("fits", "differs", "misses")
_KINDS_OF_CONSTANTS: dict[str, tuple[type, ...]] = {
    "number": (int, float),
    "boolean": (bool,),
}
_IN_WORDS = {
    "number": say("数字"),
    "boolean": say("是否"),
    DATE: say("日期"),
    TIME: say("时刻"),
    MOMENT: say("日期加时刻"),
    _DURATION: say("时长"),
}


def of_kinds(
    rules: Iterable[tuple[str | None, ...]],
    types: tuple[str | None, ...],
    labels: list[str],
) -> Iterator[str]:
    """A sentence for each such cell. `labels`: what the columns are called."""
    for number, tests in enumerate(rules, 1):
        for test, type_ref, label in zip(tests, types, labels, strict=False):
            column = feel_types.kind_of(type_ref) or ""
            if test is None:
                continue
            for value in _of_another_kind(test, column):
                yield say(
                    "第 {number} 行“{label}”与“{value}”比较，而列的类型是“{kind}”，"
                    "两种值不能比较，请改列的类型或改写这一格",
                    number=number,
                    label=label[:60],
                    value=value[:60],
                    kind=_IN_WORDS[column],
                )
            if column not in _LIKE:
                continue
            others = _others(test, column)
            if others and column == _DURATION:
                yield say(
                    '第 {number} 行“{label}”比较时长，另一边不是时长，请写成 duration("P3D") 这样',
                    number=number,
                    label=label[:60],
                )
            elif others:
                yield say(
                    "第 {number} 行“{label}”比较{kind}，另一边是{other_kind}，不能比较，请改写或改列的类型",
                    number=number,
                    label=label[:60],
                    kind=_IN_WORDS[column],
                    other_kind=_IN_WORDS[others[0]],
                )


def _of_another_kind(test: str, column: str) -> Iterator[str]:
    """The texts, numbers and truths that the value of a column of numbers or truths is compared with, and
    that are none of its kind."""
    if column not in _KINDS_OF_CONSTANTS:
        return
    for node in ast.walk(ast.parse(test.strip(), mode="eval")):
        for side in _sides(node):
            written = ast.unparse(side)
            kind: type | None = None
            if isinstance(side, ast.Constant) and side.value is not None:
                kind = type(side.value)
            elif written in ("true", "false"):
                kind = bool
            if kind and kind not in _KINDS_OF_CONSTANTS[column]:
                yield f'"{written[1:-1]}"' if kind is str else written


def _others(test: str, column: str) -> list[str]:
    """The kinds beside the column's value that are unlike it; a text in a column of days may be a day."""
    kinds = [
        _kind(side)
        for node in ast.walk(ast.parse(test.strip(), mode="eval"))
        for side in _sides(node)
    ]
    return [
        kind
        for kind in kinds
        if kind
        and kind not in _LIKE[column]
        and (column == _DURATION or kind in _LIKE)
    ]


def _sides(node: ast.AST) -> list[ast.expr]:
    """What the input's value itself is compared with, and how it is read; empty for any other part."""
    if isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
    elif isinstance(node, ast.Call) and _name(node.func) in _COMPARED_BY:
        sides = list(node.args)
    else:
        return []
    return sides if any(map(_is_asked, sides)) else []


def _is_asked(side: ast.expr) -> bool:
    if isinstance(side, ast.Call) and _name(side.func) == "moment":
        side = side.args[0]
    return _name(side) == cells.VALUE


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def _kind(side: ast.expr) -> str:
    """What it surely gives; empty where that is known only when it runs."""
    if isinstance(side, ast.Call):
        return _called(side)
    if not isinstance(side, ast.Constant) or side.value is None:
        return ""
    found = feel_temporal.read(side.value)
    return "other" if found is None else _CALLED[found.kind]


def _called(side: ast.Call) -> str:
    place = 1 if _name(side.func) == "moment" else 0
    if _name(side.func) not in ("feel", "clock", "moment"):
        return ""
    given = side.args[place] if len(side.args) > place else None
    if not isinstance(given, ast.Constant):
        return ""
    return _CALLED.get(str(given.value), "")
