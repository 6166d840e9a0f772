"""What a called process of SpiffWorkflow declares to take and to give is what its calls hand over."""

from __future__ import annotations

from typing import Any

from lxml import etree

from orchestrator.bpmn_import import placing
from orchestrator.bpmn_import.report import Report
from orchestrator.engine.element_parts import declared_data
from orchestrator.engine.xml import camunda, tag
from orchestrator.sentences import say


def convert(root: Any, report: Report) -> None:
    """Writes it at every call of a process of this file that maps nothing itself."""
    declared = {
        process.get("id"): declared_data(process)
        for process in root.iter(tag("process"))
    }
    for call in root.iter(tag("callActivity")):
        row = declared.get(call.get("calledElement"))
        if row is None or not any(row) or _maps(call):
            continue
        for way, names in zip(("in", "out"), row, strict=True):
            _hand_over(call, way, names)
        taken, given = ("、".join(names) or say("全部变量") for names in row)
        sentence = say(
            "被调用的流程写明了收进和交出的变量，已写成传入“{taken}”、带回“{given}”",
            taken=taken,
            given=given,
        )
        report.mapped(call, "ioSpecification", sentence)


def _maps(call: Any) -> bool:
    holder = call.find(tag("extensionElements"))
    return holder is not None and any(
        holder.find(camunda(way)) is not None for way in ("in", "out")
    )


def _hand_over(call: Any, way: str, names: list[str]) -> None:
    holder = placing.extensions(call)
    if not names:
        etree.SubElement(holder, camunda(way)).set("variables", "all")
    for name in names:
        mapping = etree.SubElement(holder, camunda(way))
        mapping.set("source", name)
        mapping.set("target", name)
