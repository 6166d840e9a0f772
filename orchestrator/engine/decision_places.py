"""Cells of a decision table that read an entry of a list by its number, of which the first is 1 in FEEL and 0
in our language."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from orchestrator.engine import cells, dmn_names, dmn_nodes, written_in
from orchestrator.engine.decision_tables import DecisionTable, Rule
from orchestrator.engine.editions import CURRENT, Edition
from orchestrator.sentences import say


def ambiguity(text: str, edition: Edition = CURRENT) -> str:
    """Why a text of which FEEL and our language both make something must not be guessed at; empty when they
    agree, and since the fifth edition where it is FEEL, which has no entry 0."""
    places = written_in.places(text)
    if not places:
        return ""
    one_counts = edition >= Edition.FIFTH and cells.is_feel(text, edition)
    if one_counts and not any(map(_is_zero, places)):
        return ""
    return _counts_otherwise()


def _counts_otherwise() -> str:
    return say(
        "按序号取值：FEEL 从 1 数起，本系统从 0 数起，请先在流程中把要用的值存成变量",
    )


def _is_zero(place: ast.expr) -> bool:
    return isinstance(place, ast.Constant) and place.value == 0


def of_places(decision: Any, table: DecisionTable) -> Iterator[str]:
    """Tests that are no FEEL and read an entry by its number, a sentence each: the same place counts from 1
    or from 0 by what stands beside it."""
    for text, rule, test in _tests(decision, table):
        places = written_in.places(test)
        if all(isinstance(place, ast.Slice) for place in places):
            continue
        if not cells.is_feel_test(text, table.edition):
            yield say(
                "第 {number} 行“{text}”{why}",
                number=rule.number,
                text=text[:60],
                why=_counts_otherwise(),
            )


def _tests(
    decision: Any,
    table: DecisionTable,
) -> Iterator[tuple[str, Rule, str]]:
    """Each test that asks something, with its row: as it is written, and as our expression."""
    read = dmn_nodes.child(dmn_names.as_table(decision), "decisionTable")
    rows = [node for node in read if dmn_nodes.local(node) == "rule"]
    for node, rule in zip(rows, table.rules, strict=False):
        entries = [
            dmn_nodes.text(entry)
            for entry in node
            if dmn_nodes.local(entry) == "inputEntry"
        ]
        for text, test in zip(entries, rule.tests, strict=False):
            if test is not None:
                yield text, rule, test
