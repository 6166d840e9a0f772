"""Why a decision table is not run: its hit policy, the language of a cell, what a cell says."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from orchestrator.engine import (
    cells,
    decimals,
    dmn_nodes,
    expressions,
    feel_columns,
    feel_times,
    type_refs,
    vain_comparisons,
    written_in,
)
from orchestrator.engine.decision_tables import (
    AGGREGATIONS,
    HIT_POLICIES,
    ORDERED,
    SINGLE,
    DecisionTable,
    Output,
)
from orchestrator.errors import Finding
from orchestrator.sentences import say

TWO = 2
_OF_SAMENESS = ("fits", "differs", "misses")
"""Functions of cells that ask whether values are the same."""
_NEGATED = re.compile(r"not\s*\(")
_WITHOUT_BRACKETS = re.compile(r"not\s+[\"'\d-]")
_EMPTY_NOT = re.compile(r"not\s*\(\s*\)")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_BESIDE = re.compile(r'""\s*""')
"""Two texts that nothing stands between."""
_ESCAPED = re.compile(r"\\[\"']")
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
    if policy in ORDERED and not any(column.order for column in columns):
        yield say(
            "的命中策略是 {policy}，要有一个输出列按重要程度列出可取的值",
            policy=policy,
        )
    has_default = any(column.otherwise for column in columns)
    if policy not in SINGLE and aggregation is None and has_default:
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
                "“{text}”用 {written} 书写，本系统不运行它，请改写成 FEEL，表达式语言选 FEEL",
                text=text[:60],
                written=written,
            )


def of_readings(decision: Any) -> Iterator[str]:
    """Cells that are FEEL as well as ours and that nobody writes for what FEEL makes of them, a sentence
    each."""
    for node in decision.iter():
        if dmn_nodes.local(node) not in _CELLS:
            continue
        text = dmn_nodes.text(node)
        # A quote behind a backslash ends no text.
        bare = _ESCAPED.sub("  ", text)
        why = _other_reading(bare)
        is_test = dmn_nodes.local(node) == "inputEntry"
        if not why and not is_test and not cells.is_feel(text):
            why = _several_values(bare)
        if not why and not (
            cells.is_feel_test(text) if is_test else cells.is_feel(text)
        ):
            why = _group_by_variables(bare)
        if why:
            yield say("“{text}”{why}", text=text[:60], why=why)


def _several_values(text: str) -> str:
    """Why a result or an input may not be several values beside each other, such as `1,5`."""
    if len(cells.split(text, ",")) < TWO:
        return ""
    return say(
        "是用逗号隔开的几个值，这里只能有一个：小数写成 1.5，列表写成 [1, 5]"
    )


def _group_by_variables(text: str) -> str:
    """Why a text that is no FEEL may not hold `{a: 1}`: with us `a` would be a variable, whose value is the
    key."""
    try:
        tree = ast.parse(text.replace("?", "x"), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict) and not all(
            isinstance(key, ast.Constant) for key in node.keys
        ):
            return say("里的上下文不能照 FEEL 读，请把各项先存成变量")
    return ""


def of_names(columns: tuple[Output, ...]) -> Iterator[str]:
    """Outputs of one name: the second would hide the first."""
    counted = Counter(column.name for column in columns if column.name)
    for name, count in counted.items():
        if count > 1:
            yield say(
                "有 {count} 个输出列都叫“{name}”，只会留下一个，请改名",
                count=count,
                name=name,
            )


def of_two_meanings(
    table: DecisionTable,
    required: Iterable[DecisionTable | None],
) -> Iterator[str]:
    """Names that are drawn both as input data and as what a required decision gives."""
    for needed in filter(None, required):
        for name in dict.fromkeys((*needed.outputs, needed.variable)):
            if name in table.input_data:
                yield say(
                    "的输入数据“{name}”与依赖的决策“{decision}”给出的结果同名，分不清读哪一个，请改名",
                    name=name,
                    decision=needed.name,
                )


def of_types(
    rules: Iterable[tuple[str | None, ...]],
    types: tuple[str | None, ...],
    labels: list[str],
) -> Iterator[str]:
    """Cells of a column of texts that compare its value with a number or a truth, as no text is, or by size
    with a text that is written as a number; and what `feel_columns` tells. `labels`: what the columns are
    called."""
    rules = list(rules)
    yield from feel_columns.of_kinds(rules, types, labels)
    for number, tests in enumerate(rules, 1):
        for test, type_ref, label in zip(tests, types, labels, strict=False):
            if type_ref != "string" or test is None:
                continue
            for value in _ordered(test):
                yield say(
                    "第 {number} 行“{label}”按大小与“{value}”比较，而列的类型是文字（string），"
                    "文字逐字比较，请把列的类型改为数字（number）",
                    number=number,
                    label=label[:60],
                    value=value,
                )
            for value in _no_texts(test):
                yield say(
                    "第 {number} 行“{label}”与“{value}”比较，而列的类型是文字（string），"
                    '没有文字与它相等，请改列的类型，或把它写成 "{value}"',
                    number=number,
                    label=label[:60],
                    value=value,
                )


def _asked(node: ast.expr) -> bool:
    return _is_named(node, cells.VALUE)


def _ordered(test: str) -> Iterator[str]:
    """The numbers, truths and texts of numbers that the input's value itself is more or less than."""
    for node in ast.walk(ast.parse(test.strip(), mode="eval")):
        if not isinstance(node, ast.Compare) or not _is_order(node):
            continue
        sides = [node.left, *node.comparators]
        if not any(map(_asked, sides)):
            continue
        for side in sides:
            yield from _written(side)
            text = getattr(side, "value", None)
            if isinstance(text, str) and type_refs.is_number_text(text):
                yield text


def _is_order(node: ast.Compare) -> bool:
    return isinstance(node.ops[0], (ast.Lt, ast.LtE, ast.Gt, ast.GtE))


def _no_texts(test: str) -> Iterator[str]:
    """The numbers and truths that the input's value itself is compared with, whether it is the same."""
    for node in ast.walk(ast.parse(test.strip(), mode="eval")):
        if isinstance(node, ast.Compare) and not _is_order(node):
            sides = [node.left, *node.comparators]
        elif isinstance(node, ast.Call) and any(
            _is_named(node.func, name) for name in _OF_SAMENESS
        ):
            sides = list(node.args)
        else:
            continue
        if not any(map(_asked, sides)):
            continue
        for side in sides:
            yield from _written(side)


def of_readability(table: DecisionTable) -> Iterator[str]:
    """What can be read and would never work; a table that was deployed with it still decides as it did."""
    for column in table.columns:
        why = expressions.unreadable(column.name)
        if why:
            yield say(
                "的输出列“{name}”{why}，表达式读不到它，请改名",
                name=column.name,
                why=why,
            )
    cells_of = [
        text for rule in table.rules for text in (*rule.tests, *rule.results)
    ]
    for text in filter(None, (*table.inputs, *cells_of)):
        word = vain_comparisons.compared_in_vain(text)
        if word:
            yield say(
                "“{text}”拿“{word}”比较大小：它是真假或空值，请改写",
                text=text[:60],
                word=word,
            )


def labels_of(decision: Any) -> list[str]:
    """What the inputs of the table are called."""
    table = dmn_nodes.child(decision, "decisionTable")
    return [
        node.get("label")
        or dmn_nodes.text(dmn_nodes.child(node, "inputExpression"))
        for node in (() if table is None else table)
        if dmn_nodes.local(node) == "input"
    ]


def remarks(decision: Any, table: DecisionTable) -> Iterator[Finding]:
    """Cells of a column of texts that look for its value in a list that is not written out: a number has
    become a text there."""
    name = decision.get("name") or decision.get("id")
    columns = list(zip(table.input_types, labels_of(decision), strict=False))
    for rule in table.rules:
        for test, (type_ref, label) in zip(rule.tests, columns, strict=False):
            if type_ref == "string" and test and _looks_in_a_list(test):
                reason = say(
                    "第 {number} 行“{label}”在列表里找：列的类型是文字（string），"
                    "数字先变成文字再找，列表里也要是文字",
                    number=rule.number,
                    label=label[:60],
                )
                yield Finding(
                    "decision-table",
                    decision.get("id"),
                    say("决策表“{label}”{reason}", label=name, reason=reason),
                    "note",
                )


def _looks_in_a_list(test: str) -> bool:
    return any(
        isinstance(node, ast.Compare)
        and isinstance(node.ops[0], (ast.In, ast.NotIn))
        and _asked(node.left)
        and any(
            isinstance(inner, ast.Name)
            for inner in ast.walk(node.comparators[0])
        )
        for node in ast.walk(ast.parse(test.strip(), mode="eval"))
    )


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
        yield str(node.value).lower()
    elif isinstance(node, ast.Name) and node.id in ("true", "false"):
        yield node.id


def _is_named(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _other_reading(text: str) -> str:
    bare = cells.without_quoted(text)
    if "//" in bare:
        return say("里的“//”在 FEEL 中是备注，在本系统是整除，请去掉")
    parts = [part.strip() for part in cells.split(text, ",")]
    if len(parts) > 1 and not all(parts):
        return say("多了一个逗号，请去掉")
    if len(parts) > 1 and any(map(_NEGATED.match, parts)):
        return say("只能整格写成 not(…)，请把它拆成两行")
    if _EMPTY_NOT.fullmatch(text.strip()):
        return say("里的 not(…) 没有写内容，请填写或去掉")
    if any(map(_WITHOUT_BRACKETS.match, parts)):
        return say("用 not 否定文字或数字，请写成 not(…)")
    if _BESIDE.search(_QUOTED.sub('""', text)):
        return say("两段文字紧挨着，FEEL 没有这种写法，请用逗号或加号隔开")
    return next(filter(None, map(_of_part, parts)), "")


def _of_part(text: str) -> str:
    try:
        plain = feel_times.in_one_word(text.lstrip("<>=!").replace("?", "x"))
        tree = ast.parse(plain, mode="eval")
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
    if any(map(_is_list_sum, ast.walk(tree))):
        return say(
            "把列表相加或比较大小，FEEL 没有这种写法，拼接请用 concatenate(a, b)"
        )
    if any(map(_is_of_two_kinds, ast.walk(tree))):
        return say("两边写的不是同一种值，不能比较，请把两边写成同一种")
    if chosen:
        return say(
            "用 and 或 or 取文字或数字，而它们在 FEEL 中只判断真假，请改写成 if … then … else …",
        )
    return ""


def _is_list_sum(node: ast.AST) -> bool:
    if isinstance(node, ast.BinOp):
        return ast.List in {type(node.left), type(node.right)}
    if isinstance(node, ast.Compare):
        sides = {type(side) for side in (node.left, *node.comparators)}
        return _is_order(node) and ast.List in sides
    return False


def _is_of_two_kinds(node: ast.AST) -> bool:
    if not isinstance(node, ast.Compare):
        return False
    sides = [node.left, *node.comparators]
    kinds = {
        decimals.kind(side.value)
        for side in sides
        if isinstance(side, ast.Constant) and side.value is not None
    }
    if isinstance(node.ops[0], (ast.In, ast.NotIn)):
        return False
    return len(kinds) > 1


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
                "{where}“{written}”不能用：{refused}",
                where=where,
                written=(written or text)[:60],
                refused=refused,
            ),
        ]
    return []
