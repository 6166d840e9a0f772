"""What differs between two states of a decision table, in an official's words, row by row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from orchestrator.engine.decision_tables import DecisionTable, Rule
from orchestrator.sentences import joined, say

TABLE_FACTS: Mapping[str, str] = {
    "name": say("名称"),
    "hit_policy": say("命中规则"),
    "aggregation": say("汇总"),
    "inputs": say("输入"),
    "input_types": say("输入的类型"),
    "inputs_allowed": say("输入允许的值"),
    "data_allowed": say("变量允许的值"),
    "outputs": say("输出"),
    "columns": say("输出的设置"),
    "variable": say("结果的名称"),
    "required": say("先作的决策"),
    "input_data": say("用到的变量"),
    "by_id": say("按编号读结果"),
    "by_standard": say("类型不符的值不换算"),
    "data_types": say("变量的类型"),
}
"""Attribute of a table → what an official calls it."""
TABLE_IRRELEVANT = frozenset({"id", "rules", "before", "edition", "spaced"})
"""What names the table, its rows and the tables before it, which are compared one by one, by which rules it
is read (a draft is read by those that it will get), and the variables of its names with spaces."""


def table_facts(table: DecisionTable) -> Mapping[str, str]:
    """Label → value in words, of everything about a table but its rows."""
    return {
        label: _said(getattr(table, name))
        for name, label in TABLE_FACTS.items()
    }


def compare_table(old: DecisionTable, new: DecisionTable) -> Iterator[str]:
    """What differs in the table, in its rows, and in the decisions that are made before it."""
    called = new.name or new.id
    nothing = say("无")
    facts = table_facts(new)
    for part, then in table_facts(old).items():
        if then != facts[part]:
            yield say(
                "决策表“{id}”的{part}由“{then}”改为“{now}”",
                id=called,
                part=part,
                then=then or nothing,
                now=facts[part] or nothing,
            )
    if len(old.rules) != len(new.rules):
        sentence = say(
            "由 {rows} 行改为 {after} 行",
            rows=len(old.rules),
            after=len(new.rules),
        )
        yield say("决策表“{id}”{told}", id=called, told=sentence)
    for before, after in zip(old.rules, new.rules, strict=False):
        if (before.tests, before.results) != (after.tests, after.results):
            yield say(
                "决策表“{id}”第 {row} 行由“{then}”改为“{now}”",
                id=called,
                row=after.number,
                then=_row(before),
                now=_row(after),
            )
    there = {table.id: table for table in old.before}
    for table in new.before:
        if table.id in there:
            yield from compare_table(there[table.id], table)


def _row(rule: Rule) -> str:
    given = _cells(rule.tests)
    outcome = _cells(rule.results)
    return f"{given} → {outcome}"


def _cells(cells: Sequence[str | None]) -> str:
    return "，".join(cell or "-" for cell in cells)


def _said(value: Any) -> str:
    if value is None or value is False:
        return ""
    if value is True:
        return say("是")
    if isinstance(value, frozenset):
        return joined("、", sorted(value))
    if isinstance(value, tuple):
        return joined("、", [_column(entry) for entry in value])
    return str(value)


def _column(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, str):
        return value
    if isinstance(value, tuple):
        return " ".join(value)
    parts = [value.name, value.type_ref, value.otherwise, *value.order]
    return " ".join(str(part) for part in parts if part)
