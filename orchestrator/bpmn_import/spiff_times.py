"""SpiffWorkflow reads every time as an expression of Python: a name stands for a variable."""

from __future__ import annotations

import ast
from typing import Any

from orchestrator.bpmn_import import texts
from orchestrator.bpmn_import.names import DIALECTS, SPIFF
from orchestrator.bpmn_import.report import Report
from orchestrator.engine import expressions
from orchestrator.engine.xml import tag
from orchestrator.sentences import say

_TIMES = ("timeDuration", "timeDate", "timeCycle")


def convert(root: Any, dialect: str, report: Report) -> None:
    """Puts what is no written time and reads variables into `${…}`."""
    if dialect != DIALECTS[SPIFF]:
        return
    for kind in _TIMES:
        for node in root.iter(tag(kind)):
            text = (node.text or "").strip()
            if not texts.time(text, kind).problem:
                continue
            if not _reads_variables(text):
                continue
            node.text = f"${{{text}}}"
            sentence = say("时间“{text}”按变量取值", text=text)
            report.mapped(node, kind, sentence)


def _reads_variables(text: str) -> bool:
    """Whether it is an expression of ours that reads one, calls nothing and can stand in `${…}`."""
    if "{" in text or "}" in text:
        return False
    try:
        tree = ast.parse(text, mode="eval")
        expressions.compile_checked(text)
    except (SyntaxError, ValueError, expressions.ExpressionRefused):
        return False
    calls = any(isinstance(node, ast.Call) for node in ast.walk(tree))
    return not calls and bool(expressions.names_read(text))
