"""Decision tables (DMN): read from the XML, each cell compiled to a restricted expression, decided over a set of variables.

Cells are written as the DMN editors write them: `-`, `"a","b"`, `not("a")`, `>= 10`, `[1..5]`, or a condition with `?` for the input's value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator.engine import expressions, xml
from orchestrator.errors import Finding

HIT_POLICIES = ("UNIQUE", "FIRST", "ANY", "COLLECT", "RULE ORDER")
AGGREGATIONS = ("SUM", "MIN", "MAX", "COUNT")
VALUE = "输入值"
"""Name under which a cell's expression sees its input."""

_COMPARISON = re.compile(r"^(<=|>=|!=|==|=|<|>)\s*(.+)$", re.DOTALL)
_INTERVAL = re.compile(r"^([\[\](])\s*(.+?)\s*\.\.\s*(.+?)\s*([\[\])])$", re.DOTALL)


class DecisionFailed(ValueError):
    """The table gives no answer on these variables; the message is a Chinese sentence."""


@dataclass(frozen=True, slots=True)
class Rule:
    number: int
    tests: tuple[str | None, ...]
    """One expression over VALUE for each input; None is true for all."""
    results: tuple[str | None, ...]
    """One expression for each output."""


@dataclass(frozen=True, slots=True)
class DecisionTable:
    id: str
    hit_policy: str
    aggregation: str | None
    inputs: tuple[str, ...]
    """Expressions over the variables."""
    outputs: tuple[str, ...]
    """Names of the variables it sets."""
    rules: tuple[Rule, ...]

    def decide(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Output name → value; None when no rule matches, lists for COLLECT and RULE ORDER. Raises DecisionFailed and ValueError."""
        with expressions.shared_work():
            return self._decide(variables)

    def _decide(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        values = [expressions.evaluate(text, variables) for text in self.inputs]
        seen = [{**variables, VALUE: value} for value in values]
        hits = [rule for rule in self.rules if _matches(rule, seen)]
        if self.hit_policy == "UNIQUE" and len(hits) > 1:
            rows = "、".join(str(rule.number) for rule in hits)
            raise DecisionFailed(f"第 {rows} 行同时符合，而表的命中策略是唯一（UNIQUE），请改规则或命中策略")
        answers = [[None if text is None else expressions.evaluate(text, variables) for text in hit.results] for hit in hits]
        if self.hit_policy == "ANY" and any(answer != answers[0] for answer in answers):
            raise DecisionFailed("符合的各行结果不一致，而表的命中策略是任一（ANY），请改规则")
        if self.hit_policy in ("COLLECT", "RULE ORDER"):
            columns = {name: [answer[i] for answer in answers] for i, name in enumerate(self.outputs)}
            return {name: self._aggregate(column) for name, column in columns.items()}
        chosen = answers[0] if answers else [None] * len(self.outputs)
        return dict(zip(self.outputs, chosen, strict=True))

    def _aggregate(self, column: list[Any]) -> Any:
        if self.aggregation is None:
            return column
        if not column and self.aggregation in ("MIN", "MAX"):
            return None
        return expressions.aggregate(self.aggregation, column)


def read_tables(root: Any) -> dict[str, DecisionTable]:
    """The decision tables of a DMN document, by decision id; what the findings refuse is left out."""
    return {table.id: table for decision in _decisions(root) for table, reasons in (_read(decision),) if table and not reasons}


def decision_names(content: bytes) -> list[tuple[str, str]]:
    """(id, name) of the decisions of a DMN file; none while it cannot be read."""
    root, _problems = xml.parse(content)
    return (
        [(node.get("id") or "", node.get("name") or node.get("id") or "") for node in _decisions(root)]
        if root is not None
        else []
    )


def findings(root: Any) -> Iterator[Finding]:
    """Everything in a DMN document that would not decide as it is written."""
    for decision in _decisions(root):
        _table, reasons = _read(decision)
        for reason in reasons:
            label = decision.get("name") or decision.get("id")
            yield Finding("decision-table", decision.get("id"), f"决策表「{label}」{reason}")


def _matches(rule: Rule, seen: list[dict[str, Any]]) -> bool:
    return all(test is None or expressions.evaluate(test, each) for test, each in zip(rule.tests, seen, strict=True))


def _decisions(root: Any) -> Iterator[Any]:
    return (node for node in root.iter() if _local(node) == "decision")


def _read(decision: Any) -> tuple[DecisionTable | None, list[str]]:
    reasons = []
    if any(_local(node) == "requiredDecision" for node in decision.iter()):
        reasons.append("依赖另一个决策，本系统只运行单张决策表，请在流程中依次放两个业务规则任务")
    table = next((child for child in decision if _local(child) == "decisionTable"), None)
    if table is None:
        return None, [*reasons, "没有决策表，请画成决策表"]
    policy, aggregation = (table.get("hitPolicy") or "UNIQUE").upper(), table.get("aggregation")
    if policy not in HIT_POLICIES:
        reasons.append(f"的命中策略 {policy} 不受支持，可用 {'、'.join(HIT_POLICIES)}")
    if aggregation is not None and aggregation not in AGGREGATIONS:
        reasons.append(f"的汇总方式 {aggregation} 不受支持，可用 {'、'.join(AGGREGATIONS)}")
    inputs = [_text(_child(node, "inputExpression")) for node in table if _local(node) == "input"]
    outputs = [node.get("name") or node.get("label") or "" for node in table if _local(node) == "output"]
    if not all(inputs):
        reasons.append("有一个输入列没有填写表达式")
    if not outputs or not all(name.isidentifier() for name in outputs):
        reasons.append("的输出列都要有名称（变量名，不含空格和点）")
    for text in filter(None, inputs):
        reasons += _refusals("的输入", text)
    rules = []
    for number, node in enumerate((each for each in table if _local(each) == "rule"), 1):
        entries = [_text(each) for each in node if _local(each) == "inputEntry"]
        results = [_text(each) for each in node if _local(each) == "outputEntry"]
        if len(entries) != len(inputs) or len(results) != len(outputs):
            reasons.append(f"第 {number} 行的格数与列数不符")
            continue
        if any(len(text) > expressions.MAX_LENGTH for text in (*entries, *results)):
            reasons.append(f"第 {number} 行有一格超过 {expressions.MAX_LENGTH} 个字符，请分成几行")
            continue
        tests = [_test(text) for text in entries]
        for written, compiled in zip((*entries, *results), (*tests, *results), strict=True):
            if compiled:
                reasons += _refusals(f"第 {number} 行", compiled, written)
        rules.append(Rule(number, tuple(tests), tuple(text or None for text in results)))
    read = DecisionTable(decision.get("id") or "", policy, aggregation, tuple(inputs), tuple(outputs), tuple(rules))
    return read, reasons


def _refusals(where: str, text: str, written: str | None = None) -> list[str]:
    try:
        expressions.compile_checked(text)
    except expressions.ExpressionRefused as refused:
        return [f"{where}「{(written or text)[:60]}」不能用：{refused}"]
    return []


def _test(text: str) -> str | None:
    """A cell as an expression over VALUE, None for a cell that is true for all."""
    if text in ("", "-"):
        return None
    inner = _negated(text)
    if inner is not None:
        return f"not ({_any_of(inner)})"
    return _any_of(text)


def _any_of(text: str) -> str:
    return " or ".join(f"({_one(part.strip())})" for part in _split(text, ","))


def _one(text: str) -> str:
    pieces = _split(text, "?")
    if len(pieces) > 1:
        return VALUE.join(pieces)
    if found := _COMPARISON.match(text):
        operator = {"=": "=="}.get(found[1], found[1])
        # An order needs a value: nothing is neither more nor less.
        known = f"{VALUE} is not None and " if operator in ("<", "<=", ">", ">=") else ""
        return f"{known}{VALUE} {operator} ({found[2]})"
    if found := _INTERVAL.match(text):
        low = "<=" if found[1] == "[" else "<"
        high = "<=" if found[4] == "]" else "<"
        return f"{VALUE} is not None and ({found[2]}) {low} {VALUE} {high} ({found[3]})"
    return f"{VALUE} == ({text})"


def _negated(text: str) -> str | None:
    """What stands inside a `not(…)` that is the whole cell."""
    found = re.match(r"^not\s*\((.*)\)$", text, re.DOTALL)
    if found is None:
        return None
    depth = 0
    for character in _without_quoted(found[1]):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth < 0:
            return None
    return found[1]


def _without_quoted(text: str) -> str:
    return re.sub(r"\"[^\"]*\"|'[^']*'", "", text)


def _split(text: str, mark: str) -> list[str]:
    """The text cut at each `mark` outside quotes; a comma also outside brackets."""
    parts, quote, depth, start = [], "", 0, 0
    for i, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character == mark and (mark != "," or depth == 0):
            parts.append(text[start:i])
            start = i + 1
        elif character in "([{)]}":
            depth += 1 if character in "([{" else -1
    return [*parts, text[start:]]


def _local(node: Any) -> str:
    return node.tag.rpartition("}")[2] if isinstance(node.tag, str) else ""


def _child(node: Any, name: str) -> Any:
    return next((child for child in node if _local(child) == name), None)


def _text(node: Any) -> str:
    """The text of a cell's `text` child, stripped."""
    text = _child(node, "text") if node is not None else None
    return (text.text or "").strip() if text is not None else ""
