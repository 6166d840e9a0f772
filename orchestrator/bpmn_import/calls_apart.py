"""Called processes of Camunda 7 and its relatives get what is mapped alone; ours share all variables."""

from __future__ import annotations

from typing import Any

from lxml import etree

from orchestrator.bpmn_import import names, placing
from orchestrator.bpmn_import.report import Report
from orchestrator.engine.xml import camunda, tag
from orchestrator.sentences import say

_BUSINESS_KEY = "#{execution.processBusinessKey}"


def convert(root: Any, report: Report) -> None:
    """Calls that map nothing into the called process say so."""
    if names.is_ours(root):
        return
    for call in root.iter(tag("callActivity")):
        mapped = call.findall(f"{tag('extensionElements')}/{camunda('in')}")
        if any(value.get("businessKey") is None for value in mapped):
            continue
        if not mapped:
            added = etree.SubElement(placing.extensions(call), camunda("in"))
            added.set("businessKey", _BUSINESS_KEY)
        sentence = say(
            "没有写明传入哪些变量：与原系统一样，被调用的流程拿不到也改不了这里的变量，"
            "只带回写明的；要共用请写传入和带回全部变量",
        )
        report.mapped(call, "calledElement", sentence)
