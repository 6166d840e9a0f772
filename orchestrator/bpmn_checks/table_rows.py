"""Rows of a decision table against each other and against the values that its columns allow. Whoever writes
the table is told; a deployment is not, because a table may leave out what never comes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from orchestrator.engine import decisions, dmn_nodes, table_gaps, xml
from orchestrator.engine.decision_tables import SINGLE, DecisionTable
from orchestrator.engine.table_gaps import Case
from orchestrator.engine.table_trials import allowed_texts
from orchestrator.errors import Finding
from orchestrator.sentences import say

MOST_TOLD = 3
"""Places of one kind that are told; the others are counted."""


def row_remarks(resource: str, content: bytes) -> Iterator[Finding]:
    """The remarks on all decision tables of a DMN file that can be read."""
    root, _problems = xml.parse(content)
    if root is None:
        return
    tables = decisions.read_tables(root)
    for node in decisions.decision_nodes(root):
        table = tables.get(node.get("id") or "")
        drawn = dmn_nodes.child(node, "decisionTable")
        if table is None or drawn is None or not table.rules:
            continue
        label = node.get("name") or node.get("id")
        for message in (*_of_rows(table, drawn), *_not_allowed(drawn)):
            yield Finding(
                "decision-table",
                node.get("id"),
                say("决策表“{label}”{reason}", label=label, reason=message),
                "note",
                resource,
            )


def _of_rows(table: DecisionTable, drawn: Any) -> Iterator[str]:
    clauses = [node for node in drawn if dmn_nodes.local(node) == "input"]
    allowed = [allowed_texts(clause, "inputValues") for clause in clauses]
    heads = [_heading(clause) for clause in clauses]
    try:
        cases = list(table_gaps.cases(table, allowed))
    except table_gaps.TooMany:
        yield say(
            "条件的组合太多，没有检查重叠的行和没写到的情况，请拆成几张表，或自己核对",
        )
        return
    except table_gaps.OtherKinds as mixed:
        yield say(
            "“{column}”这一列的种类对不上（{kinds}），没有检查重叠的行和没写到的情况，请把格子和列的类型写成同一种",
            column=heads[mixed.column],
            kinds="、".join(mixed.kinds),
        )
        return
    if not cases:
        return
    without_default = not any(column.otherwise for column in table.columns)
    if table.hit_policy in SINGLE and without_default:
        yield from _listed(
            [_in_words(case, heads) for case in cases if not case.rows],
            say("有没写到的情况，没有一行命中"),
        )
    if table.hit_policy in ("UNIQUE", "ANY"):
        yield from _listed(_overlaps(table, cases, heads), say("有重叠的行"))
    reached = _reached(table, cases)
    for rule in table.rules:
        if rule.number not in reached:
            yield say(
                "第 {number} 行永远不会用到：前面的行已包括它，或者它的条件互相矛盾",
                number=rule.number,
            )


def _reached(table: DecisionTable, cases: Sequence[Case]) -> set[int]:
    """Rows that decide in some case."""
    if table.hit_policy == "FIRST":
        return {case.rows[0] for case in cases if case.rows}
    return {number for case in cases for number in case.rows}


def _overlaps(
    table: DecisionTable, cases: Sequence[Case], heads: Sequence[str]
) -> list[str]:
    """The rows that match at once, each group with a case; with ANY those of the same results are left
    out."""
    results = {rule.number: rule.results for rule in table.rules}
    first: dict[tuple[int, ...], Case] = {}
    for case in cases:
        same = len({results[number] for number in case.rows}) < 2
        if len(case.rows) > 1 and not (same and table.hit_policy == "ANY"):
            first.setdefault(case.rows, case)
    return [
        say(
            "第 {numbers} 行（{words}）",
            numbers="、".join(map(str, numbers)),
            words=_in_words(case, heads),
        )
        for numbers, case in first.items()
    ]


def _listed(places: Sequence[str], what: str) -> Iterator[str]:
    if not places:
        return
    shown = "；".join(places[:MOST_TOLD])
    if len(places) > MOST_TOLD:
        count = len(places)
        shown = say("{shown}……共 {count} 种", shown=shown, count=count)
    yield say("{what}：{shown}", what=what, shown=shown)


def _in_words(case: Case, heads: Sequence[str]) -> str:
    return "，".join(
        f"{heads[column]}：{words}" for column, words in case.values
    )


def _heading(clause: Any) -> str:
    expression = dmn_nodes.child(clause, "inputExpression")
    return clause.get("label") or dmn_nodes.text(expression)


def _not_allowed(drawn: Any) -> Iterator[str]:
    """Cells that name a text which their column does not allow."""
    for kind, entry in (("input", "inputEntry"), ("output", "outputEntry")):
        clauses = [node for node in drawn if dmn_nodes.local(node) == kind]
        rows = [node for node in drawn if dmn_nodes.local(node) == "rule"]
        for column, clause in enumerate(clauses):
            allowed = allowed_texts(clause, f"{kind}Values")
            if not allowed:
                continue
            for number, row in enumerate(rows, 1):
                cells = [
                    node for node in row if dmn_nodes.local(node) == entry
                ]
                written = dmn_nodes.text(cells[column])
                yield from _foreign(written, allowed, number)


def _foreign(
    written: str, allowed: Sequence[str], number: int
) -> Iterator[str]:
    inner = written.removeprefix("not(").removesuffix(")")
    for part in inner.split(","):
        text = part.strip()
        quoted = len(text) > 1 and text[0] == text[-1] == '"'
        if quoted and text[1:-1] not in allowed:
            yield say(
                "第 {number} 行写了“{text}”，不在这一列允许的值里：{allowed}",
                number=number,
                text=text[1:-1][:60],
                allowed="、".join(allowed[:20]),
            )
