"""What Camunda 7, Operaton, Flowable and Activiti do otherwise than we: a text that reads a variable that
nobody has set is an error there, and a standard loop is passed over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from orchestrator.bpmn_import import names, placing
from orchestrator.bpmn_import.report import Report
from orchestrator.engine.element_parts import (
    MISSING_VARIABLES,
    STOP,
    properties_of,
)
from orchestrator.engine.xml import tag
from orchestrator.sentences import say

_CONDITIONS = (
    "conditionExpression",
    "completionCondition",
    "condition",
    "script",
)
"""Texts that stop at a missing variable in every diagram."""
_COLLECTION = "multiInstanceLoopCharacteristics"
_DIALECTS = [names.DIALECTS[space] for space in names.CAMUNDA_LIKE]


def convert(root: Any, dialect: str, report: Report) -> None:
    """Marks each process whose texts read variables, and takes standard loops off."""
    if names.is_ours(root) or dialect not in _DIALECTS:
        return
    shared = list(_named(root))
    for process in root.iter(tag("process")):
        if MISSING_VARIABLES in properties_of(process):
            continue
        texts = (*shared, *_texts(process))
        if any("${" in text or "#{" in text for text in texts):
            _mark(process, report)
    for loop in list(root.iter(tag("standardLoopCharacteristics"))):
        _done_once(loop, report)


def _mark(process: Any, report: Report) -> None:
    placing.prop(process, MISSING_VARIABLES, STOP)
    sentence = say(
        "名称、人员、时间、输入输出参数用到还没有的变量时，原系统会停下；本系统照此办理"
        "（流程的扩展属性 missingVariables），删去这个属性就按空值继续",
    )
    report.mapped(process, MISSING_VARIABLES, sentence)


def _named(root: Any) -> Iterator[str]:
    """Names and codes of what the events of every process of the file refer to."""
    for kind in ("message", "signal", "error", "escalation"):
        for node in root.iter(tag(kind)):
            yield from map(str, node.attrib.values())


def _texts(process: Any) -> Iterator[str]:
    """Every text of the process that may hold an expression, conditions and scripts left out."""
    for node in process.iter():
        if not isinstance(node.tag, str):
            continue
        name = names.local(node.tag)
        if name == _COLLECTION:
            yield "${}"  # what it goes over must be a list there
        if name not in _CONDITIONS:
            yield from (node.text or "", *map(str, node.attrib.values()))


def _done_once(loop: Any, report: Report) -> None:
    step = loop.getparent()
    step.remove(loop)
    sentence = say(
        "循环标记在原系统里不起作用，这一步只办一次，已去掉标记；"
        "要反复办理，请画一条连回来的线，或改用多实例",
    )
    report.mapped(step, "standardLoopCharacteristics", sentence)
