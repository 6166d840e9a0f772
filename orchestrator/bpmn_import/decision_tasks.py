"""Flowable's decision tasks, service tasks of the type `dmn`, are business rule tasks."""

from __future__ import annotations

from typing import Any

from orchestrator.bpmn_import import placing
from orchestrator.bpmn_import.names import ACTIVITI, FLOWABLE, local, namespace
from orchestrator.bpmn_import.report import Report
from orchestrator.engine.xml import camunda, tag
from orchestrator.sentences import say

_KEY = "decisionTableReferenceKey"
_WITHOUT_HITS = "decisionTaskThrowErrorOnNoHits"


def convert(root: Any, report: Report) -> None:
    """Rewrites each that names its table and goes on where no rule matches; any other stays a service that
    nobody here runs."""
    for node in list(root.iter(tag("serviceTask"))):
        written = next(
            (
                f"{{{space}}}type"
                for space in (FLOWABLE, ACTIVITI)
                if node.get(f"{{{space}}}type") == "dmn"
            ),
            None,
        )
        if written is None:
            continue
        fields = _fields(node)
        said = {field.get("name"): _text(field) for field in fields}
        key = said.get(_KEY, "")
        if not key or "{" in key or said.get(_WITHOUT_HITS) == "true":
            continue
        del node.attrib[written]
        for field in fields:
            placing.remove(field)
        node.tag = tag("businessRuleTask")
        node.set(camunda("decisionRef"), key)
        sentence = say(
            "决策任务已改为业务规则任务，引用决策表“{key}”，发布时要一并发布；结果按输出列的"
            "名称存入变量。没有命中时原系统不动这些变量，这里置空；命中多行的表在原系统里以“{key}”"
            "存成列表，这里每列存成列表，请核对后面用到它们的条件",
            key=key,
        )
        report.mapped(node, "type", sentence)


def _fields(node: Any) -> list[Any]:
    holder = node.find(tag("extensionElements"))
    if holder is None:
        return []
    return [
        element
        for element in holder
        if local(element.tag) == "field"
        and namespace(element.tag) in (FLOWABLE, ACTIVITI)
    ]


def _text(field: Any) -> str:
    inside = "".join(field.itertext()).strip()
    return inside or str(field.get("stringValue") or "").strip()
