"""Why a decision table is not run: its hit policy, the language of a cell, what a cell says."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from orchestrator.engine import cells, dmn_nodes, expressions, written_in
from orchestrator.engine.decision_tables import (
    AGGREGATIONS,
    HIT_POLICIES,
    ORDERED,
    SINGLE,
    Output,
)
from orchestrator.sentences import say

TWO = 2
_CELLS = (
    "inputExpression",
    "inputEntry",
    "outputEntry",
    "literalExpression",
    "defaultOutputEntry",
)


def of_policy(
    policy: str,
    aggregation: str | None,
    columns: tuple[Output, ...],
) -> Iterator[str]:
    """Why this hit policy cannot be run with that aggregation and those columns, a sentence each."""
    if policy not in HIT_POLICIES:
        yield say(
            "的命中策略 {policy} 不受支持，可用 {listed}",
            policy=policy,
            listed="、".join(HIT_POLICIES),
        )
    if aggregation is not None and aggregation not in AGGREGATIONS:
        yield say(
            "的汇总方式 {aggregation} 不受支持，可用 {listed}",
            aggregation=aggregation,
            listed="、".join(AGGREGATIONS),
        )
    elif aggregation is not None and policy != "COLLECT":
        yield say(
            "写了汇总方式 {aggregation}，汇总只用于收集（COLLECT），请改命中策略或去掉汇总",
            aggregation=aggregation,
        )
    elif aggregation is not None and len(columns) > 1:
        yield say(
            "有 {count} 个输出列，汇总（{aggregation}）只用于一个输出列，请拆成几张表",
            count=len(columns),
            aggregation=aggregation,
        )
    if policy in ORDERED and not all(column.order for column in columns):
        yield say(
            "的命中策略是 {policy}，每个输出列都要按重要程度列出可取的值",
            policy=policy,
        )
    if policy not in SINGLE and any(column.otherwise for column in columns):
        yield say(
            "的命中策略 {policy} 给出多行结果，没有默认值，请去掉输出列的默认值",
            policy=policy,
        )


def of_languages(decision: Any, whole: str | None) -> Iterator[str]:
    """Cells of a language that is neither FEEL nor ours must not be read as if they were; a bare name or
    value is the same in each."""
    for node in decision.iter():
        written = node.get("expressionLanguage") or whole
        if written:
            text = dmn_nodes.text(node)
        else:
            text = ""
        if not text or written_in.language(written) in (
            written_in.OURS,
            written_in.FEEL,
        ):
            continue
        if dmn_nodes.local(node) == "inputEntry" or not written_in.is_bare(
            text,
        ):
            yield say(
                "「{text}」用 {written} 书写，本系统不运行它，请改写成 FEEL，表达式语言选 FEEL",
                text=text[:60],
                written=written,
            )


def ambiguity(text: str) -> str:
    """Why a text of which FEEL and our language both make something must not be guessed at; empty when they
    agree."""
    if written_in.counts_from(text):
        return say(
            "按序号取值：FEEL 从 1 数起，本系统从 0 数起，请先在流程中把要用的值存成变量",
        )
    return ""


def of_readings(decision: Any) -> Iterator[str]:
    """Cells that are FEEL as well as ours and that nobody writes for what FEEL makes of them, a sentence
    each."""
    for node in decision.iter():
        if dmn_nodes.local(node) not in _CELLS:
            continue
        text = dmn_nodes.text(node)
        why = _other_reading(text)
        if not why and dmn_nodes.local(node) != "inputEntry":
            why = _several_values(text)
        if why:
            yield say("「{text}」{why}", text=text[:60], why=why)


def _several_values(text: str) -> str:
    """Why a result or an input may not be several values beside each other, such as `1,5`."""
    if len(cells.split(text, ",")) < TWO:
        return ""
    return say(
        "是用逗号隔开的几个值，这里只能有一个：小数写成 1.5，列表写成 [1, 5]",
    )


def of_names(columns: tuple[Output, ...]) -> Iterator[str]:
    """Outputs of one name: the second would hide the first."""
    counted = Counter(column.name for column in columns if column.name)
    for name, count in counted.items():
        if count > 1:
            yield say(
                "有 {count} 个输出列都叫「{name}」，只会留下一个，请改名",
                count=count,
                name=name,
            )


def of_types(
    rules: Iterable[tuple[str | None, ...]],
    types: tuple[str | None, ...],
) -> Iterator[str]:
    """Cells of a column of texts that compare its value with a number or a truth, as no text is."""
    for tests in rules:
        for test, type_ref in zip(tests, types, strict=True):
            if type_ref != "string" or test is None:
                continue
            for value in _no_texts(test):
                yield say(
                    "有一列的类型是文字（string），其中一格却与「{value}」比较，文字永远不会符合，"
                    '请改列的类型，或把它写成 "{value}"',
                    value=value,
                )


def _no_texts(test: str) -> Iterator[str]:
    """The numbers and truths that the input's value itself is compared with."""
    for node in ast.walk(ast.parse(test.strip(), mode="eval")):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
        elif isinstance(node, ast.Call) and _is_named(node.func, "fits"):
            sides = list(node.args)
        else:
            continue
        if not any(_is_named(side, cells.VALUE) for side in sides):
            continue
        for side in sides:
            yield from _written(side)


def _written(node: ast.expr) -> Iterator[str]:
    """Numbers and truths that the node is, or that stand in the list that it is."""
    if isinstance(node, ast.List):
        for entry in node.elts:
            yield from _written(entry)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield from (f"-{value}" for value in _written(node.operand))
    elif isinstance(node, ast.Constant) and isinstance(
        node.value,
        (bool, int, float),
    ):
        yield str(node.value)
    elif isinstance(node, ast.Name) and node.id in ("true", "false"):
        yield node.id


def _is_named(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _other_reading(text: str) -> str:
    bare = cells.without_quoted(text)
    if "//" in bare:
        return say("里的「//」在 FEEL 中是备注，在本系统是整除，请去掉")
    parts = [part.strip() for part in cells.split(text, ",")]
    if len(parts) > 1 and not all(parts):
        return say("多了一个逗号，请去掉")
    return next(filter(None, map(_of_part, parts)), "")


def _of_part(text: str) -> str:
    try:
        tree = ast.parse(text.lstrip("<>=!").replace("?", "x"), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    if isinstance(tree.body, ast.Tuple):
        return say("是括号里的几个值，FEEL 没有这种写法，请去掉括号")
    chosen = any(
        _is_no_truth(value)
        for node in ast.walk(tree)
        if isinstance(node, ast.BoolOp)
        for value in node.values
    )
    if chosen:
        return say(
            "用 and 或 or 取文字或数字，而它们在 FEEL 中只判断真假，请改写成 if … then … else …",
        )
    return ""


def _is_no_truth(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return not isinstance(node.value, bool)
    return isinstance(node, (ast.List, ast.Dict, ast.BinOp))


def of_expression(
    where: str,
    text: str,
    written: str | None = None,
) -> list[str]:
    """Why our evaluator takes no such text, told with what was `written` before it was translated; [] when it
    does."""
    try:
        expressions.compile_checked(text)
    except expressions.ExpressionRefused as refused:
        return [
            say(
                "{where}「{written}」不能用：{refused}",
                where=where,
                written=(written or text)[:60],
                refused=refused,
            ),
        ]
    return []
